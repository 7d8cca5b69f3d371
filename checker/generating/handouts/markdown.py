"""The handout as Markdown: mathematics between dollar signs, as GitHub, GitLab and Jupyter show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.generating.blank import NAME
from checker.generating.handouts.layout import facts, rows, tables, tasks
from checker.generating.holes import Piece, joined
from checker.reports.markdown import code, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.generating.handouts.content import Given, Group, Handout, Line


class Markdown:
    """Markdown in a dialect: how it escapes a text, and what stands around a formula on a line of its own."""

    def __init__(self, escape: Callable[[str], str] = escaped, display: str = "$$") -> None:
        self._escape, self._display = escape, display

    def heading(self, text: str) -> str:
        """A heading of the second level."""
        return f"\n## {text}\n\n"

    def sentence(self, text: str) -> str:
        """A paragraph."""
        return f"\n{self._escape(text)}\n"

    def lead(self, text: str) -> str:
        """A paragraph with an empty line behind it."""
        return f"\n{self._escape(text)}\n\n"

    def formulas(self, lines: Sequence[Line]) -> str:
        """A paragraph for each."""
        return "".join(f"{self._display}{line.left} = {line.right}{self._display}\n\n" for line in lines)

    def numbers(self, givens: Sequence[Given]) -> list[Piece]:
        """Tables and formulas."""
        found: list[Piece] = []
        single = list(tables(givens, 8))
        for place, some in enumerate(single, 1):
            found.append(f"| {' | '.join(f'${each.latex}$' for each in some)} |\n|{' :---: |' * len(some)}\n|")
            for each in some:
                found += [" ", each.numbers[0], " |"]
            last = place == len(single) and not any(each.shape for each in givens)
            found.append("\n" if last else "\n\n")
        for row in rows(givens):
            found.append(self._display)
            for place, each in enumerate(row):
                found += [r" \qquad " if place else "", f"{each.latex} = ", *matrix(each)]
            found.append(f"{self._display}\n\n")
        return found

    def questions(self, groups: Sequence[Group]) -> str:
        """A table for each kind."""
        found = ["\n## Questions\n"]
        for group in groups:
            found.append(
                f"\n### {group.heading}\n\n| | step | | answer | points |\n| ---: | --- | --- | --- | ---: |\n"
            )
            for each in group.questions:
                cells = f"{each.number} | ${each.latex}$ | {code(each.label)} | {escaped(each.asks)} | {each.worth}"
                found.append(f"| {cells} |\n")
        return "".join(found)

    def items(self, texts: Sequence[str]) -> str:
        """A list."""
        return "".join(f"- {escaped(text)}\n" for text in texts)


def pieces(handout: Handout, picture: str = "") -> list[Piece]:
    """The handout, in pieces; `picture` is the file of the network's picture beside it."""
    markdown = Markdown()
    found: list[Piece] = [f"# {escaped(handout.title)}\n\n**", NAME, f"** · {handout.total}\n"]
    if picture:
        found.append(f"\n![The network]({picture})\n")
    return joined([*found, *facts(handout, markdown), *tasks(handout, markdown)])


def matrix(given: Given) -> list[Piece]:
    """An array as LaTeX: a vector is a column, what has more than two axes is written as nested brackets."""
    if len(given.shape) > 2:
        return _nested(given.shape, list(given.numbers))
    columns = given.shape[1] if len(given.shape) == 2 else 1
    found: list[Piece] = [r"\begin{pmatrix}"]
    for place, number in enumerate(given.numbers):
        if place:
            found.append(" & " if place % columns else r" \\ ")
        found.append(number)
    return [*found, r"\end{pmatrix}"]


def _nested(shape: tuple[int, ...], numbers: list[Piece]) -> list[Piece]:
    if not shape:
        return [numbers[0]]
    size = len(numbers) // shape[0]
    found: list[Piece] = [r"\left["]
    for i in range(shape[0]):
        found += [", "] if i else []
        found += _nested(shape[1:], numbers[i * size : (i + 1) * size])
    return [*found, r"\right]"]
