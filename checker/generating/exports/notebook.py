"""A Jupyter notebook for each student: the handout, a cell for the answers, and one that writes the submission."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from checker.generating.blank import IDENTITY, NAME, STEM, STUDENT, yaml_text
from checker.generating.handouts import shown
from checker.generating.handouts.layout import facts, tasks
from checker.generating.handouts.markdown import Markdown
from checker.generating.holes import filled, joined
from checker.reports.markdown import escaped
from checker.submission import FORMAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.exports.content import Item, Sheet
    from checker.generating.handouts.content import Given
    from checker.generating.holes import Piece

PICTURE = "network.svg"
WRITING = f"""\
# Run this to write your submission, which is what you hand in.
import json
from pathlib import Path

lines = ["format: {FORMAT}", "problem: " + problem, "student: " + student, "answers:"]
for step, answer in answers.items():
    plain = answer.tolist() if hasattr(answer, "tolist") else answer  # of a NumPy array or number
    lines.append(f"  {{json.dumps(step)}}:" + ("" if plain is None else f" {{json.dumps(plain)}}"))
Path(file).write_text("\\n".join(lines) + "\\n", encoding="utf-8")
print(f"written: {{file}}")
"""


class Notebook:
    """Writes a notebook for each student."""

    def __init__(self, lost: str) -> None:
        self._lost = lost
        self._made: dict[Sheet, list[tuple[str, str, list[Piece]]]] = {}

    def one(self, item: Item) -> dict[str, bytes]:
        """The student's notebook."""
        if item.sheet not in self._made:
            self._made[item.sheet] = _cells(item.sheet, self._lost)
        words = {
            IDENTITY: json.dumps(yaml_text(item.identity)),
            STUDENT: json.dumps(yaml_text(item.student.id)),
            STEM: json.dumps(f"{item.student.stem}.yaml"),
            NAME: escaped(shown(item.student)),
        }
        cells = []
        for name, kind, made in self._made[item.sheet]:
            cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}}
            if kind == "code":
                cell |= {"execution_count": None, "outputs": []}
            elif name == "title" and item.sheet.picture:
                picture = b64encode(item.sheet.picture.encode()).decode("ascii")
                cell["attachments"] = {PICTURE: {"image/svg+xml": picture}}
            cells.append({**cell, "source": filled(made, item.draw, words).strip("\n").splitlines(keepends=True)})
        notebook = {
            "cells": cells,
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        text = json.dumps(notebook, ensure_ascii=False, indent=1)
        return {f"notebooks/{item.student.stem}.ipynb": f"{text}\n".encode()}

    def shared(self) -> dict[str, bytes]:
        """Nothing."""
        return {}


def _cells(sheet: Sheet, lost: str) -> list[tuple[str, str, list[Piece]]]:
    """Each cell's id, kind and text in pieces."""
    made = sheet.handout
    title: list[Piece] = [f"# {escaped(made.title)}\n\n**", NAME, f"** · {made.total}\n\n{escaped(lost)}\n"]
    if sheet.picture:
        title.append(f"\n![The network](attachment:{PICTURE})\n")
    return [
        ("title", "markdown", joined(title)),
        ("given", "markdown", facts(made, Markdown())),
        ("questions", "markdown", tasks(made, Markdown())),
        ("numbers", "code", joined(_numbers((*made.givens, *made.parameters)))),
        ("answers", "code", joined(_answers(sheet))),
        (
            "submission",
            "code",
            joined(["problem = ", IDENTITY, "\nstudent = ", STUDENT, "\nfile = ", STEM, f"\n\n{WRITING}"]),
        ),
    ]


def _numbers(givens: Sequence[Given]) -> list[Piece]:
    """The numbers as Python, for whoever wants to calculate with it."""
    found: list[Piece] = ["# The numbers that are given, to calculate with.\n"]
    for each in givens:
        found += [f"{each.name} = ", *_python(each.shape, list(each.numbers)), "\n"]
    return found


def _python(shape: tuple[int, ...], numbers: list[Piece]) -> list[Piece]:
    if not shape:
        return [numbers[0]]
    size = len(numbers) // shape[0]
    found: list[Piece] = ["["]
    for i in range(shape[0]):
        found += [", "] if i else []
        found += _python(shape[1:], numbers[i * size : (i + 1) * size])
    return [*found, "]"]


def _answers(sheet: Sheet) -> list[Piece]:
    """Every question, to be filled in."""
    found: list[Piece] = [
        "# Put each answer in place of None: a number, a list of numbers, or text such as '-1/3' or 'a*(1 - a)'.\n",
        "answers = {\n",
    ]
    for group in sheet.handout.groups:
        found.append(f"    # {group.heading}\n")
        for question in group.questions:
            said = "; ".join(filter(None, (question.points, question.rounding, question.shape)))
            found.append(f"    {json.dumps(question.label, ensure_ascii=False)}: None,  # {said}\n")
    return [*found, "}\n"]
