"""The commands: what each is for and how it is called. Its arguments and what it does stand in a module of its name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.table import Table

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


class Command(NamedTuple):
    """A command. `examples` are command lines without the program's name, the most usual first.

    Its module in this package, imported when the command is used, has `configure`, which adds its arguments to a
    parser, and `run`, which does it and gives the exit status.
    """

    name: str
    summary: str
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def module(self) -> Any:
        """Where it is done."""
        return import_module(f"{__name__}.{self.name}")

    def configure(self, parser: ArgumentParser) -> None:
        """Adds the command's arguments, and those that every command has."""
        self.module.configure(parser)
        parser.add_argument("--debug", action="store_true", help="show where a fault of ours happened")

    def run(self, options: Namespace) -> int:
        """Does it and gives the exit status."""
        return int(self.module.run(options))


COMMANDS: Table[Command] = Table(
    "command",
    (
        Command(
            "check",
            "grade a submission (the command may be left out)",
            ("homework.yaml", "homework.yaml --problems problems --feedback full", "homework.yaml --format json"),
        ),
        Command(
            "solve",
            "work a problem out: every step, exact and numeric",
            (
                "solve neuron-sigmoid",
                "solve problem.yaml --step dL_dw1 --digits 12",
                "solve xor.yaml --iterations 100 --plot loss.svg",
                "solve mazur-2-2-2 --format html --iterations 100 --learning-rate 2 > worked.html",
                "solve neuron-sigmoid --step dL_dw1 --closed-form dL_dw1 --format latex",
            ),
        ),
        Command(
            "lint",
            "say whether a problem is sound",
            ("lint problem.yaml", "lint problems/*.yaml"),
        ),
        Command(
            "generate",
            "make a set: a different problem for every student, handouts, and the key",
            (
                "generate network-2-2-2 --roster roster.csv --out set",
                "generate template.yaml --roster canvas.csv --out set --key-out private",
                "generate network-2-2-2 --roster ids.txt --out practice --seed 2026",
            ),
        ),
        Command(
            "batch",
            "grade a class: reports, gradebook, class report",
            ("batch class --problems set/problems --out graded", "batch downloaded.zip --out graded --jobs 4"),
        ),
        Command(
            "serve",
            "open the page: calculator, and practice with feedback as you type",
            ("serve", "serve --port 8080 --problems set"),
        ),
        Command(
            "demo",
            "make a small course in an empty folder and grade it, to see what this does",
            ("demo course",),
        ),
        Command(
            "completion",
            "print a script that completes commands and options in a shell",
            ("completion bash >> ~/.bash_completion", "completion zsh > ~/.zfunc/_check-backprop"),
        ),
    ),
)
