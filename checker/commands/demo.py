"""`check-backprop demo`: a small course, made up and graded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker.commands.terminal import FULL, emit_lines

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or empty folder")
    parser.add_argument("--seed", metavar="TEXT", default="demo", help="another gives another class (default: demo)")


def run(options: Namespace) -> int:
    """Make the course and say what to open; 0."""
    from checker.commands.progress import Progress
    from checker.demo import make_course, told

    progress = Progress()
    try:
        course = make_course(options.folder, seed=options.seed, progress=progress)
    finally:
        progress.close()
    emit_lines(told(course).splitlines())
    return FULL
