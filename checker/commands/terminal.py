"""The terminal: exit statuses, results on standard output, everything else on standard error, nothing that moves it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAM = "check-backprop"
FULL, LESS, UNUSABLE, OURS, INTERRUPTED = 0, 1, 2, 3, 130
MOST_LINES = 50  # of one error
LONGEST_LINE = 2000


class UsageError(Exception):
    """The command line says something that cannot be done; the text says what can."""


def emit(text: str) -> None:
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


def emit_lines(lines: Iterable[str]) -> None:
    """Prints a result line by line, each of them made harmless."""
    emit("".join(f"{line}\n" for line in shown(lines)))


def complain(*lines: str) -> None:
    """Says what is wrong; of a long complaint only the beginning."""
    said = list(shown(line for text in lines for line in text.split("\n")))
    if len(said) > MOST_LINES:
        said[MOST_LINES:] = [f"and {len(said) - MOST_LINES} more"]
    if sys.stderr is None:
        return  # nobody is listening
    try:
        sys.stderr.write("".join(f"{line}\n" for line in said))
    except OSError:
        return


def shown(lines: Iterable[str]) -> Iterable[str]:
    """The lines, without what could turn or colour the terminal, and none too long."""
    from checker.reports.plain import cut, printable

    return (cut(printable(line), LONGEST_LINE) for line in lines)
