"""The command line `check-backprop`: which command is meant, and what becomes of what it raises.

Exit status: 0 full marks, 1 less, 2 unusable input or usage, 3 a fault of ours. What a run does not need it does not
import: a student may run the command fifty times an hour.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING

from checker.commands import COMMANDS, Command
from checker.commands.terminal import FULL, INTERRUPTED, OURS, PROGRAM, UNUSABLE, UsageError, complain
from checker.errors import CheckerError, InternalError
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW_COLLECTIONS = 50_000  # new objects between two looks for garbage: what is imported and derived is none


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments and returns its exit status; raises nothing."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(FEW_COLLECTIONS)
    try:
        return _run(arguments)
    except SystemExit as stop:  # argparse, which has said why
        return stop.code if isinstance(stop.code, int) else UNUSABLE if stop.code else FULL
    except UsageError as error:
        complain(f"{PROGRAM}: {error}")
        return UNUSABLE
    except InternalError as error:
        return _our_fault(str(error), arguments)
    except CheckerError as error:
        complain(*map(str, error.findings))
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        complain(f"{PROGRAM}: {error.filename or 'a file'}: {error.strerror or error}")
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
    command.configure(parser)
    return parser


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


def _our_fault(what: str, arguments: list[str]) -> int:
    if "--debug" in arguments:
        import traceback

        traceback.print_exc()
    complain(
        f"{PROGRAM}: a fault of ours, not of your file: {' '.join(what.split())}; "
        "run it again with --debug and send what it prints, with the file, to the authors"
    )
    return OURS
