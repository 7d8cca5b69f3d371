"""The command `check-backprop`: the only place that prints, reads the environment or exits.

Exit status: 0 full marks, 1 less, 2 unusable input or usage, 3 a fault of ours. What a run does not need it does not
import: a student may run the command fifty times an hour.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import CheckerError, InternalError
from checker.reports import FORMATS, LANGUAGES, PLOTS, SOLUTION_FORMATS, Level
from checker.table import Table, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from checker.cache import Store
    from checker.reports import Language

PROGRAM = "check-backprop"
FULL, LESS, UNUSABLE, OURS, INTERRUPTED = 0, 1, 2, 3, 130
MOST_LINES = 50  # of one error
FEW_COLLECTIONS = 50_000  # new objects between two looks for garbage: what is imported and derived is none
LONGEST_LINE = 2000
MOST_RATES = 7  # learning rates beside the problem's own


class UsageError(Exception):
    """The command line says something that cannot be done; the text says what can."""


class Command(NamedTuple):
    """A command: what it adds to its parser, what it does, giving the exit status, and how it is called.

    `examples` are command lines without the program's name, the most usual first.
    """

    name: str
    summary: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments and returns its exit status; raises nothing."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(FEW_COLLECTIONS)
    try:
        return _run(arguments)
    except SystemExit as stop:  # argparse, which has said why
        return stop.code if isinstance(stop.code, int) else UNUSABLE if stop.code else FULL
    except UsageError as error:
        _complain(f"{PROGRAM}: {error}")
        return UNUSABLE
    except InternalError as error:
        return _our_fault(str(error), arguments)
    except CheckerError as error:
        _complain(*map(str, error.findings))
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _complain(f"{PROGRAM}: {error.filename or 'a file'}: {error.strerror or error}")
        return UNUSABLE
    except Exception as error:  # a fault of ours must not look like a fault of the student's
        return _our_fault(f"{type(error).__name__}: {error}", arguments)


def _run(arguments: list[str]) -> int:
    if not arguments:
        raise UsageError(f"no submission given; write `{PROGRAM} SUBMISSION.yaml`, or `{PROGRAM} --help`")
    first, rest = arguments[0], arguments[1:]
    if first in COMMANDS:
        return _start(COMMANDS[first], rest)
    if not first.startswith("-") and not _is_submission(first):
        raise _mistyped(first)
    return _start(COMMANDS["check"], arguments, bare=True)


def _start(command: Command, arguments: list[str], *, bare: bool = False) -> int:
    parser = _parser(command, bare=bare)
    options, left = parser.parse_known_args(arguments)
    if left:
        known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001 - no other way
        if left[0].startswith("-"):
            raise UsageError(f"unknown option {left[0]!r}; {suggest(left[0], known)}")
        raise UsageError(f"{left[0]!r} is one argument too many; see `{PROGRAM} {command.name} --help`")
    if bare and not _is_submission(options.submission):
        raise _mistyped(options.submission)
    return command.run(options)


def _parser(command: Command, *, bare: bool) -> ArgumentParser:
    if bare:
        width = max(map(len, COMMANDS))
        listed = "\n".join(f"  {each.name:{width}}  {each.summary}" for each in COMMANDS.values())
        parser = ArgumentParser(
            PROGRAM,
            description="Grades back-propagation worked by hand, step by step.",
            epilog=f"commands:\n{listed}\n\n`{PROGRAM} COMMAND --help` says more of each.\n\n{_examples(command)}",
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        from checker import __version__

        parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    else:
        parser = ArgumentParser(
            f"{PROGRAM} {command.name}",
            description=command.summary,
            epilog=_examples(command),
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    _configure(parser, command)
    return parser


def _configure(parser: ArgumentParser, command: Command) -> None:
    command.configure(parser)
    parser.add_argument("--debug", action="store_true", help="show where a fault of ours happened")


def _examples(command: Command) -> str:
    lines = "\n".join(f"  {PROGRAM} {example}" for example in command.examples)
    return f"{'examples' if len(command.examples) > 1 else 'example'}:\n{lines}" if lines else ""


def _is_submission(word: str) -> bool:
    """Whether a bare argument means a file: it is one, or is written like one."""
    written = word.endswith((".yaml", ".yml")) or "/" in word or os.sep in word
    return written or (Path(word).exists() and not Path(word).is_dir())


def _mistyped(word: str) -> UsageError:
    if Path(word).is_dir():
        return UsageError(f"{word!r} is a folder; give one submission, a file")
    return UsageError(f"there is no command and no file {word!r}; {suggest(word, COMMANDS)}")


# ---------------------------------------------------------------- check


def _configure_check(parser: ArgumentParser) -> None:
    parser.add_argument("submission", metavar="SUBMISSION", help="the student's file")
    problem = parser.add_mutually_exclusive_group()
    problem.add_argument("--problems", metavar="DIR", type=Path, help="the folder of the problems")
    problem.add_argument("--problem", metavar="FILE", type=Path, help="the problem's file, whatever its id")
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="how the report is written")
    parser.add_argument(
        "--feedback",
        choices=[level.value for level in Level],
        default=Level.HINT.value,
        help="how much the report tells, least first (default: hint)",
    )
    parser.add_argument("--language", choices=list(LANGUAGES), default="en", help="what the report is written in")
    parser.add_argument("--hints", metavar="FILE", type=Path, help="the course's own hints, a .po file")
    parser.add_argument(
        "--color", "--colour", choices=["auto", "always", "never"], default="auto", help="colours in text"
    )
    parser.add_argument("--no-cache", action="store_true", help="keep nothing between runs")


def _check(options: Namespace) -> int:
    import checker

    if options.problems is not None and not options.problems.is_dir():
        raise UsageError(f"--problems {options.problems}: there is no such folder")
    language = _language(options)
    grade = checker.grade(
        options.submission,
        problem=options.problem,
        problems=() if options.problems is None else (options.problems,),
        store=_store(options),
    )
    colour = _coloured(options.color)
    _emit(FORMATS[options.format].render(grade, Level(options.feedback), colour=colour, language=language))
    # points are sums of shares, thirds among them
    return FULL if grade.awarded >= grade.possible - 1e-9 else LESS


def _language(options: Namespace) -> Language:
    from checker.reports.language import own_language

    return own_language(options.language, options.hints)


def _store(options: Namespace) -> Store:
    from checker.cache import Store, default_folder

    return Store(None if options.no_cache else default_folder(os.environ))


def _coloured(choice: str) -> bool:
    if choice == "auto":
        return (
            sys.stdout is not None
            and sys.stdout.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )
    return choice == "always"


# ---------------------------------------------------------------- solve and lint


def _configure_solve(parser: ArgumentParser) -> None:
    parser.add_argument("problem", metavar="PROBLEM", help="a problem's file, or the id of a shipped problem")
    parser.add_argument(
        "--iterations", metavar="N", type=_whole(10_000), help="repeat the update and show the loss curve"
    )
    parser.add_argument("--digits", metavar="N", type=_whole(1_000), help="significant digits to show")
    parser.add_argument("--step", metavar="NAME", action="append", help="only this step; may be given again")
    parser.add_argument(
        "--closed-form",
        metavar="NAME",
        action="append",
        help="this step also in givens and parameters alone; may be given again",
    )
    parser.add_argument("--format", choices=list(SOLUTION_FORMATS), default="text", help="how the solution is written")
    parser.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help=f"draw the loss curve into this file ({', '.join(_plot_suffixes())}; PNG needs the extra `plot`)",
    )
    parser.add_argument(
        "--learning-rate",
        metavar="X",
        action="append",
        default=[],
        help="compare the loss curve with this learning rate; may be given again",
    )


def _solve(options: Namespace) -> int:
    import checker

    steps, forms = tuple(options.step or ()), tuple(options.closed_form or ())
    form = SOLUTION_FORMATS[options.format]
    plot = None
    if options.plot is not None:
        plot = next((each for each in PLOTS.values() if each.suffix == options.plot.suffix.lower()), None)
        if plot is None:
            raise UsageError(f"--plot {options.plot}: name a file that ends in {' or '.join(_plot_suffixes())}")
    if len(options.learning_rate) > MOST_RATES:
        raise UsageError(f"--learning-rate is given more than {MOST_RATES} times; a picture has no room for more")
    solution = checker.solve(
        options.problem,
        iterations=options.iterations,
        digits=options.digits,
        steps=steps,
        closed_forms=forms,
        mathematics=form.mathematics,
        learning_rates=options.learning_rate,
    )
    if plot is not None:
        if len(solution.loss_curve) < 2:
            raise UsageError("--plot: there is no loss curve, for the problem has no update")
        options.plot.write_bytes(plot.draw(solution))
    _emit(form.render(solution, options.digits))
    return FULL


def _plot_suffixes() -> list[str]:
    return [plot.suffix for plot in PLOTS.values()]


def _configure_lint(parser: ArgumentParser) -> None:
    parser.add_argument(
        "problem", metavar="PROBLEM", nargs="+", help="a problem's file, or the id of a shipped problem"
    )


def _lint(options: Namespace) -> int:
    from checker import blind_spots, lint
    from checker.find import named_file

    status, said = FULL, []
    for problem in options.problem:
        try:
            path = named_file(problem)
            findings, notes = lint(path), blind_spots(path)
        except CheckerError as error:
            _complain(*map(str, error.findings))
            status = UNUSABLE
            continue
        said += [str(finding) for finding in findings] or [f"{path}: nothing to mend"]
        said += [f"note: {note}" for note in notes]  # what cannot be seen is worth knowing, but no fault
        status = max(status, LESS if findings else FULL)
    _emit("".join(f"{line}\n" for line in _shown(said)))
    return status


def _whole(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
            raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {most}")
        return int(text)

    return number


def _configure_batch(parser: ArgumentParser) -> None:
    from checker.batch import command

    command.configure(parser)


def _batch(options: Namespace) -> int:
    from checker.batch import command

    return command.run(options)


def _configure_serve(parser: ArgumentParser) -> None:
    from checker.web import command

    command.configure(parser)


def _serve(options: Namespace) -> int:
    from checker.web import command

    return command.run(options)


def _configure_demo(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or empty folder")
    parser.add_argument("--seed", metavar="TEXT", default="demo", help="another gives another class (default: demo)")


def _demo(options: Namespace) -> int:
    from checker.demo import make_course, told
    from checker.progress import Progress

    progress = Progress()
    try:
        course = make_course(options.folder, seed=options.seed, progress=progress)
    finally:
        progress.close()
    _emit("".join(f"{line}\n" for line in _shown(told(course).splitlines())))
    return FULL


def _configure_completion(parser: ArgumentParser) -> None:
    from shtab import SUPPORTED_SHELLS

    parser.add_argument("shell", metavar="SHELL", choices=SUPPORTED_SHELLS, help=f"{', '.join(SUPPORTED_SHELLS)}")


def _completion(options: Namespace) -> int:
    import shtab

    parser = ArgumentParser(PROGRAM)
    commands = parser.add_subparsers()
    for command in COMMANDS.values():
        _configure(commands.add_parser(command.name, help=command.summary), command)
    for action in (action for parser in commands.choices.values() for action in parser._actions):  # noqa: SLF001
        if action.metavar in ("DIR", "FILE", "FOLDER", "PROBLEM", "SUBMISSION", "TEMPLATE"):
            action.complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE  # type: ignore[attr-defined]
    script = shtab.complete(parser, options.shell).rstrip("\n")
    if options.shell == "bash":  # a bare word that begins no command is a submission's file
        script = script.replace("complete -o bashdefault", "complete -o bashdefault -o default")
    _emit(f"{script}\n")
    return FULL


def _configure_generate(parser: ArgumentParser) -> None:
    from checker.generating import command

    command.configure(parser)


def _generate(options: Namespace) -> int:
    from checker.generating import command

    return command.run(options)


COMMANDS: Table[Command] = Table(
    "command",
    (
        Command(
            "check",
            "grade a submission (the command may be left out)",
            _configure_check,
            _check,
            ("homework.yaml", "homework.yaml --problems problems --feedback full", "homework.yaml --format json"),
        ),
        Command(
            "solve",
            "work a problem out: every step, exact and numeric",
            _configure_solve,
            _solve,
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
            _configure_lint,
            _lint,
            ("lint problem.yaml", "lint problems/*.yaml"),
        ),
        Command(
            "generate",
            "make a set: a different problem for every student, handouts, and the key",
            _configure_generate,
            _generate,
            (
                "generate network-2-2-2 --roster roster.csv --out set",
                "generate template.yaml --roster canvas.csv --out set --key-out private",
                "generate network-2-2-2 --roster ids.txt --out practice --seed 2026",
            ),
        ),
        Command(
            "batch",
            "grade a class: reports, gradebook, class report",
            _configure_batch,
            _batch,
            ("batch class --problems set/problems --out graded", "batch downloaded.zip --out graded --jobs 4"),
        ),
        Command(
            "serve",
            "open the page: calculator, and practice with feedback as you type",
            _configure_serve,
            _serve,
            ("serve", "serve --port 8080 --problems set"),
        ),
        Command(
            "demo",
            "make a small course in an empty folder and grade it, to see what this does",
            _configure_demo,
            _demo,
            ("demo course",),
        ),
        Command(
            "completion",
            "print a script that completes commands and options in a shell",
            _configure_completion,
            _completion,
            ("completion bash >> ~/.bash_completion", "completion zsh > ~/.zfunc/_check-backprop"),
        ),
    ),
)


# ---------------------------------------------------------------- printing


def _emit(text: str) -> None:
    """Prints a result. A reader who has seen enough (`| head`) is no fault of anybody's."""
    stream = sys.stdout
    if stream is None:
        raise UsageError("the result cannot be written: the output is closed")
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _abandon()
    except OSError as error:
        _abandon()
        raise UsageError(f"the result cannot be written: {error.strerror or error}") from None


def _abandon() -> None:
    """Sends what is still buffered nowhere, so that the interpreter does not complain when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _complain(*lines: str) -> None:
    shown = list(_shown(line for text in lines for line in text.split("\n")))
    if len(shown) > MOST_LINES:
        shown[MOST_LINES:] = [f"and {len(shown) - MOST_LINES} more"]
    if sys.stderr is None:
        return  # nobody is listening
    try:
        sys.stderr.write("".join(f"{line}\n" for line in shown))
    except OSError:
        return


def _shown(lines: Iterable[str]) -> Iterable[str]:
    from checker.reports.plain import cut, printable

    return (cut(printable(line), LONGEST_LINE) for line in lines)


def _our_fault(what: str, arguments: list[str]) -> int:
    if "--debug" in arguments:
        import traceback

        traceback.print_exc()
    _complain(
        f"{PROGRAM}: a fault of ours, not of your file: {' '.join(what.split())}; "
        "run it again with --debug and send what it prints, with the file, to the authors"
    )
    return OURS
