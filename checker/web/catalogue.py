"""The problems that the page offers: those of the folder that `serve` was given, then those that are shipped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, CheckerError
from checker.find import contents, find_problem, known_ids
from checker.shipped import data_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_LISTED = 300

_TEMPLATE = re.compile(r"^vary[ \t]*:", re.MULTILINE)


class Listed(NamedTuple):
    """A problem of the list."""

    id: str
    shipped: bool


def folders(own: Path | None) -> tuple[Path, ...]:
    """Where problems are looked for, first things first."""
    return (*([own] if own is not None else []), data_folder("problem_sets"))


def template_folders(places: Sequence[Path]) -> tuple[Path, ...]:
    """Where templates are looked for: among one's own problems, then the shipped ones."""
    return (*places[:-1], places[-1] / "templates")


def listed(places: Sequence[Path]) -> list[Listed]:
    """The problems of these folders by id, the last folder being the shipped one."""
    return _listed(places, templates=False)


def templates(places: Sequence[Path]) -> list[Listed]:
    """The templates of these folders by id, the last folder being the shipped one."""
    return _listed(template_folders(places), templates=True)


def _listed(places: Sequence[Path], *, templates: bool) -> list[Listed]:
    own = {name for name in known_ids(places[:-1]) if _is_template(name, places[:-1]) is templates}
    shipped = [name for name in known_ids(places[-1:]) if name not in own]
    return [*(Listed(name, False) for name in sorted(own)), *(Listed(name, True) for name in sorted(shipped))][
        :MOST_LISTED
    ]


def _is_template(problem: str, places: Sequence[Path]) -> bool:
    try:
        return is_template(text_of(problem, places))
    except CheckerError:
        return False  # it is listed as a problem, and says what is wrong with it when it is chosen


def is_template(text: str) -> bool:
    """Whether a file's text is that of a template, whose numbers are still to be drawn."""
    return _TEMPLATE.search(text) is not None


def text_of(problem: str, places: Sequence[Path]) -> str:
    """The text of a listed problem.

    Raises:
        CheckerError: there is none, or it cannot be read.
    """
    path = find_problem(problem, list(places), None)
    try:
        return contents(path, AuthorError).decode("utf-8-sig")
    except UnicodeDecodeError:
        from checker.errors import Finding, Place

        raise AuthorError(Finding("the file is not UTF-8", Place(path.name), "save it as UTF-8")) from None
