"""`check-backprop completion`: a script by which a shell completes commands, options and files."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from checker.commands.terminal import FULL, PROGRAM, emit

if TYPE_CHECKING:
    from argparse import Namespace


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    from shtab import SUPPORTED_SHELLS

    parser.add_argument("shell", metavar="SHELL", choices=SUPPORTED_SHELLS, help=f"{', '.join(SUPPORTED_SHELLS)}")


def run(options: Namespace) -> int:
    """Print the script; 0."""
    import shtab

    from checker.commands import COMMANDS

    parser = ArgumentParser(PROGRAM)
    commands = parser.add_subparsers()
    for command in COMMANDS.values():
        command.configure(commands.add_parser(command.name, help=command.summary))
    for action in (action for parser in commands.choices.values() for action in parser._actions):  # noqa: SLF001
        if action.metavar in ("DIR", "FILE", "FOLDER", "PROBLEM", "SUBMISSION", "TEMPLATE"):
            action.complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE  # type: ignore[attr-defined]
    script = shtab.complete(parser, options.shell).rstrip("\n")
    if options.shell == "bash":  # a bare word that begins no command is a submission's file
        script = script.replace("complete -o bashdefault", "complete -o bashdefault -o default")
    emit(f"{script}\n")
    return FULL
