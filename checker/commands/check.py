"""`check-backprop SUBMISSION`: a submission graded."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from checker.commands.arguments import add_report
from checker.commands.terminal import FULL, LESS, UsageError, emit
from checker.reports import FORMATS, Level

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("submission", metavar="SUBMISSION", help="the student's file")
    problem = parser.add_mutually_exclusive_group()
    problem.add_argument("--problems", metavar="DIR", type=Path, help="the folder of the problems")
    problem.add_argument("--problem", metavar="FILE", type=Path, help="the problem's file, whatever its id")
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="how the report is written")
    add_report(parser, "the report tells", "the report is written")
    parser.add_argument(
        "--color", "--colour", choices=["auto", "always", "never"], default="auto", help="colours in text"
    )
    parser.add_argument("--no-cache", action="store_true", help="keep nothing between runs")


def run(options: Namespace) -> int:
    """Grade the submission; 0 for full marks, 1 for less."""
    import checker
    from checker.cache import Store, default_folder
    from checker.reports.language import own_language

    if options.problems is not None and not options.problems.is_dir():
        raise UsageError(f"--problems {options.problems}: there is no such folder")
    language = own_language(options.language, options.hints)
    grade = checker.grade(
        options.submission,
        problem=options.problem,
        problems=() if options.problems is None else (options.problems,),
        store=Store(None if options.no_cache else default_folder(os.environ)),
    )
    colour = _coloured(options.color)
    emit(FORMATS[options.format].render(grade, Level(options.feedback), colour=colour, language=language))
    # points are sums of shares, thirds among them
    return FULL if grade.awarded >= grade.possible - 1e-9 else LESS


def _coloured(choice: str) -> bool:
    if choice == "auto":
        return (
            sys.stdout is not None
            and sys.stdout.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )
    return choice == "always"
