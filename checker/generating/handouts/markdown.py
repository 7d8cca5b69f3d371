"""The handout as Markdown: mathematics between dollar signs, as GitHub, GitLab and Jupyter show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.generating.blank import NAME
from checker.generating.handouts.content import Given, Handout, rows
from checker.generating.variant import Piece, joined
from checker.reports.markdown import code, escaped

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.generating.handouts.content import Line


def pieces(handout: Handout, picture: str = "") -> list[Piece]:
    """The handout, in pieces; `picture` is the file of the network's picture beside it."""
    found: list[Piece] = [f"# {escaped(handout.title)}\n\n**", NAME, f"** · {handout.total}\n"]
    if picture:
        found.append(f"\n![The network]({picture})\n")
    found += [*facts(handout), *questions(handout), *rules(handout)]
    return joined(found)


def facts(handout: Handout, escape: Callable[[str], str] = escaped, display: str = "$$") -> list[Piece]:
    """What is given: numbers, equations, the update; `escape` and `display` write words and formulas in a dialect."""
    found: list[Piece] = []
    for heading, givens in (("Given", handout.givens), ("Parameters", handout.parameters)):
        if givens:
            found.append(f"\n## {heading}\n\n")
            found += _numbers(givens, display)
    found.append("\n## Equations\n\n")
    found += [_display(line, display) for line in handout.equations]
    if handout.definitions:
        found.append("\nwhere\n\n")
        found += [_display(line, display) for line in handout.definitions]
    found += [f"\n{escape(sentence)}\n" for sentence in _sentences((*handout.notes, *handout.conventions))]
    if handout.update:
        found.append(f"\n{escape(handout.update)}\n\n")
        found += [_display(line, display) for line in handout.rules]
    return joined(found)


def questions(handout: Handout) -> list[Piece]:
    """The questions, a table for each kind."""
    found: list[Piece] = ["\n## Questions\n"]
    number = 0
    for group in handout.groups:
        found.append(f"\n### {group.heading}\n\n| | step | | answer | points |\n| ---: | --- | --- | --- | ---: |\n")
        for question in group.questions:
            number += 1
            said = (
                question.shape
                if handout.same_rounding
                else ", ".join(filter(None, (question.shape, question.rounding)))
            )
            worth = question.points.partition(" ")[0]
            found.append(f"| {number} | ${question.latex}$ | {code(question.label)} | {escaped(said)} | {worth} |\n")
    return found


def rules(handout: Handout) -> list[Piece]:
    """How to round, and how answers are judged."""
    return ["\n## Rounding\n\n", *(f"- {escaped(rule)}\n" for rule in handout.judging)]


def _sentences(words: tuple[str, ...]) -> list[str]:
    return [f"{each[:1].upper()}{each[1:]}." for each in words]


def _display(line: Line, display: str) -> str:
    return f"{display}{line.left} = {line.right}{display}\n\n"


def _numbers(givens: tuple[Given, ...], display: str) -> list[Piece]:
    """Single numbers as a table, arrays as formulas."""
    found: list[Piece] = []
    single = [each for each in givens if not each.shape]
    for start in range(0, len(single), 8):
        some = single[start : start + 8]
        found.append(f"| {' | '.join(f'${each.latex}$' for each in some)} |\n|{' :---: |' * len(some)}\n|")
        for each in some:
            found += [" ", each.numbers[0], " |"]
        found.append("\n\n" if start + 8 < len(single) or len(single) < len(givens) else "\n")
    for row in rows(givens):
        found.append(display)
        for place, each in enumerate(row):
            found += [r" \qquad " if place else "", f"{each.latex} = ", *matrix(each)]
        found.append(f"{display}\n\n")
    return found


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
