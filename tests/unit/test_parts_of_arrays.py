"""A problem may ask for some elements of an array: a mistake at one that is asked was made at those that are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import checker
from checker.model import Verdict

ROOT = Path(__file__).resolve().parents[2]
PROBLEM = ROOT / "problem_sets" / "mazur-2-2-2-network.yaml"
X, Y = np.array([0.05, 0.10]), np.array([0.01, 0.99])
W1, W2 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
B1, B2, RATE = 0.35, 0.60, 0.5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sheet(back=lambda delta: W2.T @ delta):
    """A student's work by numpy alone; `back` is how the deltas are carried to the hidden layer."""
    z1 = W1 @ X + B1
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + B2
    a2 = sigmoid(z2)
    da2 = a2 - Y
    delta2 = da2 * a2 * (1 - a2)
    da1 = back(delta2)
    delta1 = da1 * a1 * (1 - a1)
    w1 = W1 - RATE * np.outer(delta1, X)
    return {
        "z1[1]": z1[0], "z2[1]": z2[0], "L": np.sum((a2 - Y) ** 2) / 2, "dL_da2[1]": da2[0], "dL_dz2[1]": delta2[0],
        "dL_da1[1]": da1[0], "dL_dW1[1,1]": delta1[0] * X[0],
        "W1_new[1,1]": w1[0, 0], "W1_new[1,2]": w1[0, 1], "W1_new[2,1]": w1[1, 0], "W1_new[2,2]": w1[1, 1],
    }  # fmt: skip


def graded(tmp_path, answers):
    path = tmp_path / "a.yaml"
    lines = "".join(f"  {name}: {value:.9f}\n" for name, value in answers.items())
    path.write_text(f"format: check-backprop/submission@1\nproblem: x\nanswers:\n{lines}", encoding="utf-8")
    return {step.step: step for step in checker.grade(path, problem=PROBLEM).steps}


@pytest.mark.parametrize(
    ("back", "code"),
    [
        (lambda delta: W2 @ delta, "transposed_weights"),
        (lambda delta: W2[0] * delta[0], "one_path_only"),
        (lambda delta: W2[1] * delta[1], "one_path_only"),
    ],
    ids=["transposed", "first path", "second path"],
)
def test_it_is_charged_once(tmp_path, back, code):
    steps = graded(tmp_path, sheet(back))
    assert steps["dL_da1[1]"].verdict is Verdict.MISCONCEPTION
    assert code in [each.code for each in steps["dL_da1[1]"].diagnosis]
    assert {steps[f"W1_new[{i},{j}]"].verdict for i in (1, 2) for j in (1, 2)} == {Verdict.FOLLOW_THROUGH}


def test_who_worked_the_other_element_rightly_loses_nothing_by_it(tmp_path):
    right, wrong = sheet(), sheet(lambda delta: W2 @ delta)
    mixed = {name: right[name] if name.startswith("W1_new[2") else value for name, value in wrong.items()}
    steps = graded(tmp_path, mixed)
    assert steps["dL_da1[1]"].verdict is Verdict.MISCONCEPTION
    assert steps["W1_new[1,1]"].verdict is Verdict.FOLLOW_THROUGH
    assert {steps[f"W1_new[2,{j}]"].verdict for j in (1, 2)} == {Verdict.CORRECT}


SUMS = """\
format: check-backprop/problem@1
id: sums
given: {x: [1, 2], W: [[0.31, 0.42], [0.123, 0.456]], b: [0.5, 0.199]}
forward:
  h: W @ x + b
  g: 50*h
loss: {L: sum(g)}
ask: ["h[1]", "g[1]", "g[2]"]
grading: {tolerance: {decimals: 2}}
"""


def test_nor_does_who_rounded_it(tmp_path):
    problem, path = tmp_path / "sums.yaml", tmp_path / "a.yaml"
    problem.write_text(SUMS, encoding="utf-8")
    # the first without its bias, 1.15; the second right, 1.234, but carried on as 1.23: 61.50 is within its rounding
    path.write_text(
        "format: check-backprop/submission@1\nproblem: sums\nanswers: {'h[1]': 1.15, 'g[1]': 57.50, 'g[2]': 61.50}\n",
        encoding="utf-8",
    )
    first, follows, right = checker.grade(path, problem=problem).steps
    assert [each.code for each in first.diagnosis] == ["bias_omitted_forward"]
    assert follows.verdict is Verdict.FOLLOW_THROUGH
    assert right.verdict is Verdict.CORRECT
