"""What is true of a sheet: where its mistake shows first, and which mistakes come to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.students.hand import work
from benchmarks.students.right_work import miscopied, operands

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from benchmarks.diagnosis.task import Task
    from benchmarks.students.hand import Hand, Written
    from benchmarks.students.sheet import Injection, Rule, Sheet, Value

SAME = 1e-9  # relative: two wrong rules that agree so closely are one cause in this problem


class Truth(NamedTuple):
    """The first step where a mistake shows, and every code that comes to the same there."""

    step: str
    codes: frozenset[str]


def units(hand: Hand, right: Value) -> Value:
    """One asked unit for each element."""
    return np.vectorize(hand.unit, otypes=[float])(np.asarray(right))


def differs(hand: Hand, typed: Value, right: Value) -> bool:
    """Whether some element is more than one asked unit away from the right one."""
    return bool(np.any(np.abs(np.asarray(typed) - np.asarray(right)) > units(hand, right) * (1 + 1e-9)))


def first_visible(task: Task, typed: Mapping[str, Value], lines: Collection[str]) -> str | None:
    """The first of these lines whose number right work cannot come to; None where no line tells.

    Right work comes to the true number, and to what follows from the numbers typed before by the right rules, whatever
    was rounded or cut off on the way.
    """
    before: dict[str, Value] = {}
    for line in task.sheet.lines:
        if line.name not in typed:
            continue
        number, right = np.asarray(typed[line.name]), np.asarray(task.sheet.right[line.name])
        if line.name in lines and differs(task.hand, number, right):
            unit = units(task.hand, right) * (1 + 1e-9)
            middle, leeway = task.right_work.range(line.name, before)
            away = np.abs(number - np.asarray(middle))
            if np.any((np.abs(number - right) > unit) & ~(away <= unit + leeway)):
                return line.name
        before[line.name] = typed[line.name]
    return None


def same(one: Value, other: Value) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return bool(np.allclose(one, other, rtol=SAME, atol=1e-12)) if one.shape == other.shape else False


def local_twins(sheet: Sheet, done: Written, step: str, value: Value) -> frozenset[str]:
    """The codes whose wrong rule gives this value at the step, on what the student wrote before."""
    scope = {**sheet.given, **sheet.parameters, **done.values}
    line = next(line for line in sheet.lines if line.name == step)
    found = set()
    with np.errstate(all="ignore"):
        for (code, _), rules in sheet.made.items():
            if step in rules and same(rules[step](scope), value):
                found.add(code)
        right = line.rule(scope)
        if same(-np.asarray(right), value):
            found.add("sign_slip")
        if any(same(np.asarray(right) * 10.0**k, value) for k in (-3, -2, -1, 1, 2, 3)):
            found.add("decimal_shift")
        for name in operands(sheet, line):
            for other in alike(sheet, name):
                if same(miscopied(line.rule, name, other)(scope), value):
                    found.add("wrong_given_copied")
    return frozenset(found)


def alike(sheet: Sheet, name: str) -> list[str]:
    quantities = {**sheet.given, **sheet.parameters}
    shape = np.shape(quantities[name])
    return [
        other
        for other, value in quantities.items()
        if np.shape(value) == shape and not np.array_equal(value, quantities[name])
    ]


class Outcomes:
    """What every mistake of a problem comes to at full precision, worked out once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.finals = [line.name for line in sheet.lines if line.final]
        self.known: list[tuple[str, np.ndarray]] = []
        with np.errstate(all="ignore"):
            for injection in sheet.injections():
                self.known.append((injection.code, self.of(injection.rules)))

    def of(self, rules: Mapping[str, Rule]) -> np.ndarray:
        values = work(self.sheet, lambda _, value: value, rules)
        return np.concatenate([np.ravel(values[name]) for name in self.finals])

    def twins(self, injection: Injection) -> frozenset[str]:
        """The codes that give the same loss and updated parameters, made at whatever step."""
        with np.errstate(all="ignore"):
            mine = self.of(injection.rules)
        return frozenset(code for code, other in self.known if np.allclose(other, mine, rtol=SAME, atol=1e-12))


def family(code: str) -> frozenset[str]:
    """One wrong rule that has several names, by where it is used."""
    missing = {"act_deriv_missing", "act_deriv_missing_hidden_only", "act_deriv_output_missing_only"}
    return frozenset(missing if code in missing else ())
