"""Arguments that several commands take, each said once, and what reads them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.reports import LANGUAGES, Level
from checker.table import suggest

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Sequence

    from checker.table import Table


def add_report(parser: ArgumentParser, tells: str, written: str) -> None:
    """Adds what a report tells and in whose words.

    Args:
        parser: the command's.
        tells: whose reports tell, as "the report tells".
        written: whose are written, as "the report is written".
    """
    parser.add_argument(
        "--feedback",
        choices=[level.value for level in Level],
        default=Level.HINT.value,
        help=f"how much {tells}, least first (default: hint)",
    )
    parser.add_argument("--language", choices=list(LANGUAGES), default="en", help=f"what {written} in")
    parser.add_argument("--hints", metavar="FILE", type=Path, help="the course's own hints, a .po file")


def add_names(parser: ArgumentParser, option: str, what: str, table: Table[Any], default: Sequence[str]) -> None:
    """Adds an option that lists names of a table between commas; `what` says what they are."""
    parser.add_argument(
        option,
        metavar="LIST",
        type=names_of(table),
        default=tuple(default),
        help=f"{what}, of {', '.join(table)}, or none (default: {','.join(default)})",
    )


def whole_number(most: int) -> Callable[[str], int]:
    """Reads an argument that is a whole number from 1 to `most`."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
            raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {most}")
        return int(text)

    return number


def names_of(table: Table[Any]) -> Callable[[str], tuple[str, ...]]:
    """Reads an argument that lists names of a table between commas: each once, none of them for `none`."""

    def names(text: str) -> tuple[str, ...]:
        listed = [name.strip() for name in text.split(",") if name.strip()]
        if listed == ["none"]:
            return ()
        for name in listed:
            if name not in table:
                raise ArgumentTypeError(f"unknown {table.kind} {name!r}; {suggest(name, [*table, 'none'])}")
        return tuple(dict.fromkeys(table[name].name for name in listed))

    return names
