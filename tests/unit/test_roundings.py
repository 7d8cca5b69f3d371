"""What is right by the ball of rounding alone is looked at again, one rounding at a time."""

from __future__ import annotations

import numpy as np
import pytest

import checker
from benchmarks.right_sheets import refused
from checker.block import grade_block
from checker.model import Verdict
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.submission import load_submission

PROBLEM = """\
format: check-backprop/problem@1
id: adam
given: {x: 0.5, y: 1}
parameters: {w: 0.8, b: 0.3}
forward: {z: "w*x + b", a: sigmoid(z)}
loss: {L: (a - y)^2/2}
update: {optimizer: adam, learning_rate: 0.5, iterations: 2}
ask: [L, w_new, b_new, L@2, w_new@2, b_new@2]
grading: {tolerance: {significant: 3}}
"""
RIGHT = {"L": 0.0554, "w_new": 1.30, "b_new": 0.800}


def verdicts(tmp_path, answers):
    (tmp_path / "adam.yaml").write_text(PROBLEM, encoding="utf-8")
    lines = "".join(f"  {name}: {value}\n" for name, value in answers.items())
    (tmp_path / "s.yaml").write_text(f"format: check-backprop/submission@1\nproblem: adam\nanswers:\n{lines}")
    grade = checker.grade(tmp_path / "s.yaml", problem=tmp_path / "adam.yaml")
    return {step.step: step.verdict for step in grade.steps}


@pytest.mark.parametrize("wrong", [1.33, 1.27, 1.35])
def test_a_first_step_of_adam_does_not_hang_on_how_the_gradient_was_rounded(tmp_path, wrong):
    """m and v come of one gradient: its rounding cancels out, though each of them by itself may be far off."""
    assert verdicts(tmp_path, RIGHT)["w_new"] is Verdict.CORRECT
    assert verdicts(tmp_path, {**RIGHT, "w_new": wrong})["w_new"] not in (Verdict.CORRECT, Verdict.FOLLOW_THROUGH)


def test_a_class_is_judged_as_each_student_is():
    program = compile_problem(load_problem(PROBLEM.encode(), "adam.yaml"), mistakes=True)
    head = "format: check-backprop/submission@1\nproblem: adam\nstudent: s\nanswers:\n"
    texts = [
        f"{head}  L: 0.0554\n  w_new: {w}\n  b_new: {b}\n" for w in (1.3, 1.31, 1.33, 1.4) for b in (0.8, 0.81, 0.83)
    ]
    submissions = [load_submission(text.encode(), "s.yaml") for text in texts]
    together = grade_block(submissions, program, None, lambda: program)
    for text, grade in zip(texts, together, strict=True):
        (alone,) = grade_block([load_submission(text.encode(), "s.yaml")], program, None, lambda: program)
        assert [step.verdict for step in grade.steps] == [step.verdict for step in alone.steps], text


@pytest.mark.parametrize("seed", range(3))
def test_right_work_is_not_refused(seed):
    program = compile_problem(load_problem(PROBLEM.encode(), "adam.yaml"))
    with np.errstate(all="ignore"):
        sheets, lost, where = refused(program, 300, seed)
    assert sheets
    assert not lost, where
