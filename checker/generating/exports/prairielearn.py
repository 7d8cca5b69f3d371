"""A question folder for PrairieLearn: its variants are those of the set, read from a file of parameters."""

from __future__ import annotations

import json
from hashlib import sha256
from math import lcm
from typing import TYPE_CHECKING, Any
from uuid import UUID

from checker.generating.exports.content import decimal_text
from checker.generating.exports.page import formula, given, pieces

if TYPE_CHECKING:
    from checker.generating.exports.content import Item, Number, Origin, Sheet
    from checker.generating.holes import Piece

QUESTION = """\
<pl-question-panel>
{{{params.picture}}}
{{{params.given}}}
<h2>Questions</h2>
<p>{{params.lost}}</p>
</pl-question-panel>
{{#params.questions}}
<pl-number-input answers-name="{{name}}" weight="{{weight}}" comparison="relabs" rtol="0" atol="{{atol}}" \
display="block" label="{{number}}. \\({{latex}}\\) =" suffix="{{rounding}}" show-help-text="false"></pl-number-input>
{{/params.questions}}
<pl-answer-panel>
{{#params.questions}}
<div>{{{solution}}}</div>
{{/params.questions}}
</pl-answer-panel>
"""
SERVER = '''\
"""Takes one of the variants in parameters.json, the same for the same seed; works nothing out."""

import json
import os


def generate(data):
    path = os.path.join(data["options"]["question_path"], "parameters.json")
    with open(path, encoding="utf-8") as file:
        variants = json.load(file)["variants"]
    variant = variants[int(data["variant_seed"]) % len(variants)]
    data["params"].update(variant["params"])
    data["correct_answers"].update(variant["correct_answers"])
'''


class PrairieLearn:
    """Writes one folder for the set."""

    def __init__(self, origin: Origin, lost: str) -> None:
        self._origin, self._lost = origin, lost
        self._made: dict[Sheet, list[Piece]] = {}
        self._variants: list[str] = []

    def one(self, item: Item) -> dict[str, bytes]:
        """Nothing yet: the variant is kept for the file that all share. Whose it is does not stand there."""
        if item.sheet not in self._made:
            self._made[item.sheet] = pieces(item.sheet)
        numbers = list(item.numbers())
        whole = lcm(*(number.points.denominator for number in numbers))
        questions = [_question(place, number, whole) for place, number in enumerate(numbers, 1)]
        params: dict[str, Any] = {
            "picture": item.sheet.picture,
            "given": given(self._made[item.sheet], item.draw),
            "lost": self._lost,
            "questions": questions,
        }
        answers = {f"q{place}": float(number.value) for place, number in enumerate(numbers, 1)}
        self._variants.append(json.dumps({"params": params, "correct_answers": answers}, ensure_ascii=False))
        return {}

    def shared(self) -> dict[str, bytes]:
        """The folder's four files."""
        origin = self._origin
        info = {
            "uuid": str(UUID(bytes=sha256(origin.mark.encode()).digest()[:16], version=4)),
            "title": origin.title,
            "topic": "Back-propagation",
            "type": "v3",
            "comment": self._lost,
        }
        listed = ",\n  ".join(self._variants)
        files = {
            "info.json": json.dumps(info, ensure_ascii=False, indent=2) + "\n",
            "question.html": QUESTION,
            "server.py": SERVER,
            "parameters.json": f'{{"variants": [\n  {listed}\n]}}\n',
        }
        return {f"exports/prairielearn/{origin.template}/{name}": made.encode() for name, made in files.items()}


def _question(place: int, number: Number, whole: int) -> dict[str, Any]:
    value = formula(f"{number.latex} = {decimal_text(number.value)}")
    return {
        "number": place,
        "name": f"q{place}",
        "label": number.label,
        "latex": number.latex,
        "rounding": number.rounding,
        "atol": decimal_text(number.bound),
        "weight": int(number.points * whole),
        "solution": f"{formula(number.solved.latex)}: {value}",
    }
