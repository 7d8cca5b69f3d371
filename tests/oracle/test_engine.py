"""The engine against HIPS autograd: every step of random networks over every table entry."""

from __future__ import annotations

from typing import Any

import pytest

from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from oracle.networks import Case, cases

CASES = list(cases(240, seed=20))


def flat(value: Any) -> list[float]:
    if isinstance(value, list | tuple):
        return [x for part in value for x in flat(part)]
    return [float(value)]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_every_step_agrees_with_autograd(number: int) -> None:
    case: Case = CASES[number]
    problem = load_problem(case.problem_yaml.encode(), f"case{number}.yaml")
    program = compile_problem(problem)
    steps = {step.name: step for step in program.steps}
    asked = {item.label: program.steps[item.step] for item in program.ask}
    assert set(asked) == set(case.ask)
    for label, step in asked.items():
        found = program.values[step.slot : step.slot + step.size]
        expected = flat(case.values[label])
        assert len(found) == len(expected), label
        for ours, theirs in zip(found, expected, strict=True):
            assert abs(ours - theirs) <= 1e-9 * max(1.0, abs(theirs)), (label, ours, theirs, case.problem_yaml)
    assert steps


def test_every_entry_of_every_table_is_among_the_cases() -> None:
    assert {a for case in CASES for a in case.activations} >= set(ACTIVATIONS)
    assert {case.loss for case in CASES} >= set(LOSSES)
    assert {case.optimizer for case in CASES} >= set(OPTIMIZERS)
