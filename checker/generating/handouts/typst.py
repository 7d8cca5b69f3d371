"""The handout as PDF, by typst: offline, tagged for screen readers, the same bytes wherever it is made."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding
from checker.generating.blank import NAME
from checker.generating.handouts.layout import facts, rows, tables, tasks
from checker.generating.handouts.typstmath import mathematics
from checker.generating.holes import Piece, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.handouts.content import Given, Group, Handout, Line

HEAD = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 20mm, y: 20mm), numbering: "1 / 1")
#set text(font: ("New Computer Modern", "Libertinus Serif"), size: 10.5pt, lang: "en")
#set par(justify: false)
#set math.mat(column-gap: 0.8em, row-gap: 0.35em)
#show math.equation: set text(top-edge: "bounds", bottom-edge: "bounds")
#show math.equation.where(block: true): set block(above: 0.9em, below: 0.9em)
#show heading.where(level: 1): set text(size: 18pt)
#show heading.where(level: 2): it => block(above: 1.4em, below: 0.8em, sticky: true, text(size: 13pt, it.body))
#show heading.where(level: 3): it => block(above: 1.1em, below: 0.6em, sticky: true, text(size: 11pt, it.body))
#show raw: set text(font: "DejaVu Sans Mono", size: 8.5pt)
"""


def content(text: str) -> str:
    """A text as typst's content, whatever marks are in it."""
    return f"#{json.dumps(text, ensure_ascii=False)}"


def quoted(text: str) -> str:
    """A text as a string of typst."""
    return json.dumps(text, ensure_ascii=False)


class Typst:
    """Typst's markup."""

    def heading(self, text: str) -> str:
        """A heading of the second level."""
        return f"== {text}\n"

    def sentence(self, text: str) -> str:
        """A paragraph."""
        return f"{content(text)}\n\n"

    def lead(self, text: str) -> str:
        """The end of a paragraph."""
        return f"{content(text)}\n"

    def formulas(self, lines: Sequence[Line]) -> str:
        """One block, aligned."""
        aligned = " \\ ".join(f"{mathematics(line.left)} &= {mathematics(line.right)}" for line in lines)
        return f"$ {aligned} $\n"

    def numbers(self, givens: Sequence[Given]) -> list[Piece]:
        """Tables and formulas."""
        found: list[Piece] = []
        for some in tables(givens, 10):
            heads = ", ".join(f"[$ {mathematics(each.latex)} $]" for each in some)
            found.append(
                f"#table(columns: {len(some)}, stroke: none, align: center, inset: (x: 9pt, y: 4.5pt), "
                f"table.header({heads}), table.hline(stroke: 0.5pt), "
            )
            for each in some:
                found += ["[$", each.numbers[0], "$], "]
            found.append(")\n")
        for row in rows(givens):
            found.append("$ ")
            for place, each in enumerate(row):
                found += [" wide " if place else "", f"{mathematics(each.latex)} = "]
                found += _array(each.shape, list(each.numbers))
            found.append(" $\n")
        return found

    def questions(self, groups: Sequence[Group]) -> str:
        """A table for each kind."""
        found = ["== Questions\n"]
        for group in groups:
            found.append(
                f"=== {content(group.heading)}\n#table(columns: (8mm, 34mm, auto, 1fr, auto), stroke: none, "
                "inset: 4.5pt, "
                "align: (right + horizon, left + horizon, left + horizon, left + horizon, right + horizon), "
                "table.hline(stroke: 0.6pt), table.header([], [step], [write it as], [], [points]), "
                "table.hline(stroke: 0.4pt), "
            )
            found += [
                f"[{each.number}], [$display({mathematics(each.latex)})$], raw({quoted(each.label)}), "
                f"[{content(each.asks)}], [{each.worth}], table.hline(stroke: 0.2pt + gray), "
                for each in group.questions
            ]
            found.append(")\n")
        return "".join(found)

    def items(self, texts: Sequence[str]) -> str:
        """A list."""
        return "".join(f"- {content(text)}\n" for text in texts)


def pieces(handout: Handout, picture: str = "") -> list[Piece]:
    """The source of the PDF, in pieces; `picture` is the network's SVG."""
    found: list[Piece] = [
        HEAD.format(title=quoted(handout.title)),
        f"= {content(handout.title)}\n#grid(columns: (1fr, auto), [*#",
        NAME,
        f"*], [{content(handout.total)}])\n#line(length: 100%, stroke: 0.8pt)\n",
    ]
    if picture:
        size = re.search(r'width="([\d.]+)"', picture)
        wide = min(170.0, float(size[1]) * 0.22) if size else 100.0
        found.append(
            f'#align(center, image(bytes({quoted(picture)}), format: "svg", width: {wide:.0f}mm, alt: "The network"))\n'
        )
    return joined([*found, *facts(handout, Typst()), *tasks(handout, Typst())])


def _array(shape: tuple[int, ...], numbers: list[Piece]) -> list[Piece]:
    columns = shape[1] if len(shape) == 2 else 1
    if len(shape) > 2:
        size = len(numbers) // shape[0]
        inner: list[Piece] = ["lr(bracket.l "]
        for i in range(shape[0]):
            inner += [" comma "] if i else []
            inner += _array(shape[1:], numbers[i * size : (i + 1) * size])
        return [*inner, " bracket.r)"]
    found: list[Piece] = ["mat("]
    for place, number in enumerate(numbers):
        if place:
            found.append(", " if place % columns else "; ")
        found.append(number)
    return [*found, ")"]


def pdf(source: str) -> bytes:
    """The PDF of a source.

    Raises:
        AuthorError: typst is not installed.
    """
    try:
        import typst
    except ImportError:
        what = "PDF needs the package typst, which is not installed"
        raise AuthorError(Finding(what, None, "run `pip install 'check-backprop[pdf]'`")) from None
    made = typst.compile(source.encode(), format="pdf", ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
