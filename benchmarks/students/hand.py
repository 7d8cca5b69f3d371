"""How a student writes numbers, and a sheet worked and written by such a hand."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.students.sheet import Line, Rule, Sheet, Value


class Hand(NamedTuple):
    """How a student writes numbers: decimals or significant digits; whether full values are carried on, or cut off."""

    decimals: int | None
    significant: int | None
    carries_full: bool = False
    truncates: bool = False

    @property
    def tolerance(self) -> str:
        return f"{{decimals: {self.decimals}}}" if self.decimals else f"{{significant: {self.significant}}}"

    def unit(self, value: float) -> float:
        """One unit of what the problem asks for at this value."""
        if self.decimals:
            return 10.0**-self.decimals
        assert self.significant
        return 10.0 ** (math.floor(math.log10(abs(value))) + 1 - self.significant) if value else 0.0

    def text(self, value: float, *, state: bool) -> str:
        """The number as written. An optimizer's state has three digits at least: nobody writes 0.0000 and divides."""
        if self.decimals:
            places = self.decimals
            if state and value and abs(value) < 10.0 ** (2 - places):
                places = 2 - math.floor(math.log10(abs(value)))
        else:
            assert self.significant
            places = self.significant - 1 - (math.floor(math.log10(abs(value))) if value else 0)
        scaled = Decimal(repr(float(value))).scaleb(places)
        whole = int(scaled) if self.truncates else int(scaled.to_integral_value())
        text = f"{Decimal(whole).scaleb(-places):f}"
        return "0" if not whole else text


def work(
    sheet: Sheet,
    write: Callable[[Line, Value], Value],
    rules: Mapping[str, Rule] | None = None,
) -> dict[str, Value]:
    """Every line worked in order from what was written before; `write` gives what is carried on."""
    v: dict[str, Value] = {**sheet.given, **sheet.parameters}
    found: dict[str, Value] = {}
    rules = rules or {}
    for line in sheet.lines:
        value = rules.get(line.name, line.rule)(v)
        found[line.name] = v[line.name] = write(line, value)
    return found


class Written(NamedTuple):
    """A worked sheet: what is typed at each line (nested lists of texts), its values, and what was carried on."""

    typed: dict[str, Any]
    values: dict[str, Value]
    full: dict[str, Value]


def written(
    sheet: Sheet,
    hand: Hand,
    rules: Mapping[str, Rule] | None = None,
    slips: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Written:
    """The sheet as a student writes it. `slips` change what is written at a line, and so what is carried on."""
    typed: dict[str, Any] = {}
    full: dict[str, Value] = {}
    values: dict[str, Value] = {}

    def write(line: Line, value: Value) -> Value:
        full[line.name] = value
        texts = _texts(value, hand, state=line.state)
        slipped = bool(slips and line.name in slips)
        if slips and line.name in slips:
            texts = slips[line.name](texts)
        typed[line.name] = texts
        values[line.name] = number = numbers(texts)
        return value if hand.carries_full and not slipped else number

    with np.errstate(all="ignore"):
        work(sheet, write, rules)
    return Written(typed, values, full)


def _texts(value: Value, hand: Hand, *, state: bool) -> Any:
    if np.ndim(value) == 0:
        if not math.isfinite(float(value)):
            raise FloatingPointError
        return hand.text(float(value), state=state)
    return [_texts(item, hand, state=state) for item in value]


def numbers(texts: Any) -> Value:
    """What typed texts are worth."""
    return float(texts) if isinstance(texts, str) else np.array([numbers(item) for item in texts])
