"""The blank submission of a variant: every question with its points and its rounding, ready to be filled in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from checker.generating.holes import Piece, Place, joined
from checker.model import Kind, Shape, Tolerance
from checker.problem.words import shape_in_words
from checker.submission import FORMAT

if TYPE_CHECKING:
    from checker.generating.structure import Structure

IDENTITY, STUDENT, STEM, NAME = (Place(f"@{each}", 0) for each in ("problem", "student", "stem", "name"))
"""Where a student's problem id, own id (as YAML), file name and name go in a text."""

SCHEMA = "../schemas/submission.schema.json"
HEADINGS = {
    Kind.FORWARD: "Forward pass",
    Kind.LOSS: "Loss",
    Kind.LOCAL_DERIVATIVE: "Backward pass",
    Kind.GRADIENT: "Backward pass",
    Kind.OPTIMIZER_STATE: "State of the optimizer",
    Kind.UPDATE: "Updated parameters",
}


def rounding(tolerance: Tolerance) -> str:
    """How an answer is to be rounded, in words.

    >>> rounding(Tolerance(decimals=4)), rounding(Tolerance(significant=3)), rounding(Tolerance(relative=0.01))
    ('4 decimals', '3 significant digits', 'within 1 %')
    """
    parts = []
    if tolerance.decimals is not None:
        parts.append(f"{tolerance.decimals} decimal{'' if tolerance.decimals == 1 else 's'}")
    if tolerance.significant is not None:
        parts.append(f"{tolerance.significant} significant digit{'' if tolerance.significant == 1 else 's'}")
    if tolerance.absolute is not None:
        parts.append(f"within {tolerance.absolute:g}")
    if tolerance.relative is not None:
        parts.append(f"within {100 * tolerance.relative:g} %")
    return " and ".join(parts) or "4 decimals, or 3 significant digits where that is finer"


def points(amount: float) -> str:
    """Points in words.

    >>> points(1.0), points(2.5)
    ('1 point', '2.5 points')
    """
    return f"{amount:g} point{'' if amount == 1 else 's'}"


def blank(structure: Structure) -> list[Piece]:
    """The blank submission, in pieces."""
    program = structure.program
    pieces: list[Piece] = [
        f"# yaml-language-server: $schema={SCHEMA}\n",
        f"# {' '.join(structure.problem.title.split())}\n",
        "#\n",
        "# Write each answer behind its colon: a number (-0.0736), a fraction (-1/3), or a formula in the names of\n",
        "# the problem (a*(1 - a)). What is left empty counts as not answered. Round only what you write down here.\n",
        "# To check it: check-backprop submissions/",
        STEM,
        ".yaml --problems problems\n",
        f"format: {FORMAT}\n",
        "problem: ",
        IDENTITY,
        "\nstudent: ",
        STUDENT,
        "\nanswers:\n",
    ]
    width = max((len(_key(item.label)) for item in structure.asked), default=0) + 2
    heading = ""
    for item in structure.asked:
        step = program.steps[item.step]
        if HEADINGS[Kind(step.kind)] != heading:
            heading = HEADINGS[Kind(step.kind)]
            pieces.append(f"  # {heading}\n")
        shape = () if item.element is not None else step.shape
        shown = f"; {shape_in_words(shape)}, {_empty(shape)}" if shape else ""
        key = f"{_key(item.label)}:"
        pieces.append(f"  {key:{width}}  # {points(item.points)}; {rounding(item.tolerance)}{shown}\n")
    return joined(pieces)


def _key(label: str) -> str:
    return label if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", label) else json.dumps(label, ensure_ascii=False)


def _empty(shape: Shape) -> str:
    """How an array is written, with dots for its numbers."""
    text = "…"
    for size in reversed(shape):
        text = f"[{', '.join([text] * size)}]"
    return text if len(text) <= 60 else "as nested lists"


def yaml_text(text: str) -> str:
    """A text as a YAML scalar that is read as this text.

    >>> yaml_text("ada"), yaml_text("007"), yaml_text("a: b"), yaml_text("null")
    ('ada', '007', '"a: b"', '"null"')
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@+-]*", text) and text.casefold() not in (
        "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    ):  # fmt: skip
        return text
    return json.dumps(text, ensure_ascii=False)
