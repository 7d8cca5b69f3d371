"""Handouts: what they say, and the formats they are written in."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from checker.table import Table

if TYPE_CHECKING:
    from checker.generating.folder import Folder
    from checker.generating.handouts.content import Handout
    from checker.generating.holes import Draw
    from checker.generating.roster import Student
    from checker.generating.structure import Structure

Drawn = Callable[["Student", "Draw"], bytes]


class Format(NamedTuple):
    """A way to write a handout: `drawn` does once what all students of a structure share, and gives what does the rest.

    It is handed the set's folder, for files that all share.
    """

    name: str
    summary: str
    suffix: str
    drawn: Callable[[Structure, Handout, Folder], Drawn]
    aliases: tuple[str, ...] = ()


def _markdown(structure: Structure, handout: Handout, folder: Folder) -> Drawn:
    from checker.generating.blank import NAME
    from checker.generating.handouts.markdown import pieces
    from checker.generating.handouts.picture import picture as drawn
    from checker.generating.holes import filled
    from checker.reports.markdown import escaped

    svg = drawn(structure, alone=True).encode()
    picture = f"network-{sha256(svg).hexdigest()[:8]}.svg"  # the same for the same network, whoever is in the set
    folder.write(f"handouts/{picture}", svg)
    made = pieces(handout, picture)
    return lambda student, draw: filled(made, draw, {NAME: escaped(shown(student))}).encode()


def _html(structure: Structure, handout: Handout, folder: Folder) -> Drawn:
    from checker.generating.blank import NAME
    from checker.generating.handouts.html import minus, pieces
    from checker.generating.handouts.picture import picture as drawn
    from checker.generating.holes import filled
    from checker.reports.page import text

    made = pieces(handout, drawn(structure))
    return lambda student, draw: filled(made, draw, {NAME: text(shown(student))}, minus).encode()


def shown(student: Student) -> str:
    """Whose handout it is."""
    return f"{student.name} ({student.id})" if student.name else student.id


def _pdf(structure: Structure, handout: Handout, folder: Folder) -> Drawn:
    from checker.generating.blank import NAME
    from checker.generating.handouts.picture import picture as drawn
    from checker.generating.handouts.typst import pdf, pieces, quoted
    from checker.generating.holes import filled

    made = pieces(handout, drawn(structure, alone=True))
    return lambda student, draw: pdf(filled(made, draw, {NAME: quoted(shown(student))}))


def _tex(structure: Structure, handout: Handout, folder: Folder) -> Drawn:
    from checker.generating.blank import NAME
    from checker.generating.handouts.latex import escaped, pieces
    from checker.generating.handouts.picture import units
    from checker.generating.holes import filled

    made = pieces(handout, units(structure))
    return lambda student, draw: filled(made, draw, {NAME: escaped(shown(student))}).encode()


FORMATS: Table[Format] = Table(
    "handout format",
    (
        Format("md", "Markdown with mathematics", ".md", _markdown, ("markdown",)),
        Format("html", "a page that needs nothing else", ".html", _html),
        Format("pdf", "PDF, tagged for screen readers (needs the extra `pdf`)", ".pdf", _pdf),
        Format("tex", "LaTeX, to be set with any of its engines", ".tex", _tex, ("latex",)),
    ),
)
