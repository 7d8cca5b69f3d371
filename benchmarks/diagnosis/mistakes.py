"""Mistakes to be made: drawn evenly by code, and what a slip or a number at random makes of typed texts."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.students.sheet import Injection

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.students.hand import Hand, Written
    from benchmarks.students.sheet import Line, Sheet

SLIPS = ("sign_slip", "decimal_shift", "digit_transposition", "digit_dropped_or_doubled")


class Mistake(NamedTuple):
    """A mistake to be made: a wrong rule, or a slip in writing down what is right."""

    code: str
    injection: Injection
    slips: dict[str, Callable[[Any], Any]]

    @property
    def lines(self) -> list[str]:
        return [*self.injection.rules, *self.slips]


class Draws:
    """Draws mistakes so that every code comes up about equally often."""

    def __init__(self) -> None:
        self.drawn: Counter[str] = Counter()

    def mistake(self, sheet: Sheet, rng: random.Random, *, single: bool = False) -> Mistake:
        by_code: dict[str, list[Injection]] = {}
        for injection in sheet.injections():
            if not (single and len(injection.rules) > 1):
                by_code.setdefault(injection.code, []).append(injection)
        rarest = sorted([*by_code, *SLIPS], key=lambda code: (self.drawn[code], rng.random()))
        code = rarest[0]
        self.drawn[code] += 1
        if code in SLIPS:
            line = rng.choice(sheet.lines).name
            return Mistake(code, Injection(code, {}, ""), {line: slip(code, rng.random())})
        offered = by_code[code]
        habits = [injection for injection in offered if injection.everywhere]
        chosen = rng.choice(habits) if habits and rng.random() < 1 / 3 else rng.choice(offered)
        return Mistake(code, chosen, {})


def slip(code: str, seed: float) -> Callable[[Any], Any]:
    """What a slip makes of typed texts: of one number, or of one element of an array (all signs of it)."""

    def one(text: str, rng: random.Random) -> str:
        if code == "sign_slip":
            return text[1:] if text.startswith("-") else f"-{text}"
        if code == "decimal_shift":
            return _shifted(text, rng.choice((-1, 1)))
        places = [i for i, c in enumerate(text) if c.isdigit()]
        started = [i for i in places if text[: i + 1].strip("-0.")]
        pairs = [(i, j) for i, j in pairwise(started) if text[i] != text[j]]
        if code == "digit_transposition":
            if not pairs:
                return text
            i, j = rng.choice(pairs)
            letters = list(text)
            letters[i], letters[j] = letters[j], letters[i]
            return "".join(letters)
        behind = [i for i in started if "." in text[:i]]
        if not behind:
            return text
        i = rng.choice(behind)
        return text[:i] + text[i + 1 :] if rng.random() < 0.5 else text[: i + 1] + text[i:]

    def changed(texts: Any) -> Any:
        rng = random.Random(seed)
        return anywhere(texts, lambda text: one(text, rng), rng, everywhere=code == "sign_slip")

    return changed


def anywhere(texts: Any, change: Callable[[str], str], rng: random.Random, *, everywhere: bool = False) -> Any:
    """The texts with one of them changed, or all."""
    if isinstance(texts, str):
        return change(texts)
    if everywhere:
        return [anywhere(item, change, rng, everywhere=True) for item in texts]
    k = rng.randrange(len(texts))
    return [anywhere(item, change, rng) if i == k else item for i, item in enumerate(texts)]


def _shifted(text: str, places: int) -> str:

    return f"{Decimal(text).scaleb(places):f}"


def zeros(texts: Any) -> Any:
    return "0" if isinstance(texts, str) else [zeros(item) for item in texts]


def uniform(text: str, rng: random.Random, hand: Hand, line: Line) -> str:
    return hand.text(float(text) * (1 + rng.uniform(-0.6, 0.6)), state=line.state)


def replaced_digit(text: str, rng: random.Random, hand: Hand, line: Line) -> str:
    places = [i for i, c in enumerate(text) if c.isdigit() and text[: i + 1].strip("-0.")]
    if not places:
        return text
    i = rng.choice(places)
    return text[:i] + rng.choice([d for d in "0123456789" if d != text[i]]) + text[i + 1 :]


def other_quantity(sheet: Sheet, honest: Written) -> Callable[..., str]:
    known = [
        float(x)
        for values in (sheet.given, sheet.parameters, honest.values)
        for v in values.values()
        for x in np.ravel(v)
    ]
    known = [x for x in known if x]

    def change(text: str, rng: random.Random, hand: Hand, line: Line) -> str:
        for _ in range(100):
            quantity = rng.choice(known)
            noisy = hand.text(quantity * (1 + rng.uniform(-0.01, 0.01)), state=line.state)
            # where the noise does not show, the quantity itself was copied: that is a mistake with a name
            if noisy != hand.text(quantity, state=line.state):
                return noisy
        return text

    return change
