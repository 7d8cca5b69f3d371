"""`check-backprop lint`: whether a problem is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.commands.terminal import FULL, LESS, UNUSABLE, complain, emit_lines
from checker.errors import CheckerError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "problem", metavar="PROBLEM", nargs="+", help="a problem's file, or the id of a shipped problem"
    )


def run(options: Namespace) -> int:
    """Look at each problem; 0 where all are sound, 1 where one is not, 2 where one cannot be used."""
    from checker import blind_spots, lint
    from checker.find import named_file

    status, said = FULL, []
    for problem in options.problem:
        try:
            path = named_file(problem)
            findings, notes = lint(path), blind_spots(path)
        except CheckerError as error:
            complain(*map(str, error.findings))
            status = UNUSABLE
            continue
        said += [str(finding) for finding in findings] or [f"{path}: nothing to mend"]
        said += [f"note: {note}" for note in notes]  # what cannot be seen is worth knowing, but no fault
        status = max(status, LESS if findings else FULL)
    emit_lines(said)
    return status
