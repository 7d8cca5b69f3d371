"""A problem, right answers to it, and submissions, as the tests of classes need them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM = """format: check-backprop/problem@1
id: neuron
title: One sigmoid neuron
given: {x1: 1, x2: 0.5, y: 1}
parameters: {w1: 0.8, w2: -0.4, b: 0.1}
forward:
  z: w1*x1 + w2*x2 + b
  a: sigmoid(z)
loss:
  L: (a - y)^2 / 2
update: {optimizer: sgd, learning_rate: 0.1}
"""
RIGHT = {
    "z": 0.7, "a": 0.66819, "L": 0.05505, "dL_da": -0.33181, "da_dz": 0.22171, "dL_dz": -0.07357, "dL_dw1": -0.07357,
    "dL_dw2": -0.03678, "dL_db": -0.07357, "w1_new": 0.80736, "w2_new": -0.39632, "b_new": 0.10736,
}  # fmt: skip


def submission(answers, student="ada", problem="neuron"):
    lines = "".join(f"  {name}: {value}\n" for name, value in answers.items())
    return f"format: check-backprop/submission@1\nproblem: {problem}\nstudent: {student}\nanswers:\n{lines}"


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}
