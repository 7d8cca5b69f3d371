"""Sheets as a class may hand them in, right and wrong, and when two grades are the same."""

from __future__ import annotations

import pytest

from checker.sheet import FormulaError


def written(value, rng, digits):
    """A value as a student may type it, right or not."""
    if isinstance(value, list):
        return "[" + ", ".join(written(v, rng, digits) for v in value) + "]"
    if rng.random() < 0.08:
        value = rng.choice([-value, 2 * value, value + 1, 0.0])
    if rng.random() < 0.02:
        return rng.choice([".nan", "1/3", "true", "0x1F", "", "1.2.3", "≈ 0.5", "1e999999", "[1, 2]"])
    return rng.choice([f"{value:.{digits}f}", f"{value:.{digits}f}", f"{value:.3g}", f"{value:.6e}"])


def sheet_text(case, rng, student="s1"):
    lines = [
        f"  {name}: {written(case.values[name], rng, 4)}\n"
        for name in case.ask
        if name in case.values
        if rng.random() < 0.95
    ]
    if rng.random() < 0.3:
        rng.shuffle(lines)
    if rng.random() < 0.1:
        lines.insert(
            rng.randrange(len(lines) + 1),
            rng.choice(["  nothing_like_it: 3\n", "\n", "# words\n", lines[0] if lines else "\n"]),
        )
    head = f"format: check-backprop/submission@1\nproblem: p\nstudent: {student}\nanswers:\n"
    return head + "".join(lines)


def no_formula(text, target):
    raise FormulaError("no formulas here")


def close(one, other):
    """Whether two texts of numbers agree but for the last of 12 digits: numpy's exp is not always libm's."""
    if isinstance(one, list):
        return all(map(close, one, other))
    if one == other or one is None or other is None:
        return one == other
    return float(one) == pytest.approx(float(other), rel=1e-9, abs=1e-12)


def assert_same(together, alone):
    assert len(together.steps) == len(alone.steps)
    for step, other in zip(together.steps, alone.steps, strict=True):
        assert close(step.carried, other.carried)
        same = step._replace(carried=None, elements=tuple(e._replace(carried=None) for e in step.elements))
        assert same == other._replace(carried=None, elements=tuple(e._replace(carried=None) for e in other.elements))
    assert together._replace(steps=()) == alone._replace(steps=())
