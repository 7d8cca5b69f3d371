"""A class: a problem of 40 steps, and as many submissions to it as are asked for, some of their answers wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from checker.compare import asked_unit
from checker.readings.lanes import LANES
from checker.readings.numeric import run

if TYPE_CHECKING:
    from pathlib import Path

    from checker.readings.program import Program

PROBLEM = """\
format: check-backprop/problem@1
id: two-two-one
title: Two inputs, two hidden units, one output
given: {x1: 0.35, x2: 0.9, y: 0.5}
parameters: {w1: 0.1, w2: 0.8, w3: 0.4, w4: 0.6, w5: 0.3, w6: 0.9, b1: 0.25, b2: -0.35, b3: 0.15}
forward:
  z1: w1*x1 + w2*x2 + b1
  a1: sigmoid(z1)
  z2: w3*x1 + w4*x2 + b2
  a2: sigmoid(z2)
  z3: w5*a1 + w6*a2 + b3
  a3: sigmoid(z3)
loss:
  L: (a3 - y)^2 / 2
update: {optimizer: sgd, learning_rate: 0.5}
ask: [z1, a1, z2, a2, z3, a3, L,
      dL_da3, da3_dz3, dL_dz3, dL_dw5, dL_dw6, dL_db3, dz3_da1, dz3_da2, dz3_dw5, dz3_dw6,
      dL_da2, da2_dz2, dL_dz2, dL_dw3, dL_dw4, dL_db2, dz2_dw4,
      dL_da1, da1_dz1, dL_dz1, dL_dw1, dL_dw2, dL_db1, dz1_dw1,
      w1_new, w2_new, w3_new, w4_new, w5_new, w6_new, b1_new, b2_new, b3_new]
"""
STEPS = 40


def submissions(program: Program, count: int, folder: Path, wrong: float = 0.08, seed: int = 7) -> list[Path]:
    """Writes so many submissions to the program's problem, and returns their files.

    Every student works the steps in order from the numbers typed so far. One answer in twelve has its sign turned, is
    half or twice what it should be, or is another number altogether; what comes after it follows from it.
    """
    rng = np.random.default_rng(seed)
    values = [np.full(count, value) for value in program.values]
    asked = {item.step: item for item in program.ask}
    lines: list[list[str]] = [[] for _ in range(count)]
    with np.errstate(all="ignore"):
        for number, step in enumerate(program.steps):
            route = step.routes[0]
            run(route.code, program.formulas, values, LANES)
            right = values[route.out[0]] + np.zeros(count)
            values[step.slot] = right
            item = asked.get(number)
            if item is None:
                continue
            mistakes = np.array([-right, right / 2, right * 2, rng.normal(size=count)])
            mistaken = mistakes[rng.integers(0, 4, count), np.arange(count)]
            answer = np.where(rng.random(count) < wrong, mistaken, right)
            unit = float(asked_unit(item.tolerance, np.float64(program.values[step.slot]), LANES))
            decimals = max(0, round(-np.log10(unit)))
            typed = [f"{value:.{decimals}f}" for value in answer]
            values[step.slot] = np.array([float(text) for text in typed])
            for student, text in enumerate(typed):
                lines[student].append(f"  {item.label}: {text}\n")
    files = []
    for student, answers in enumerate(lines):
        path = folder / f"student{student:05}.yaml"
        head = f"format: check-backprop/submission@1\nproblem: {program.problem}\nstudent: student{student:05}\n"
        path.write_text(f"{head}answers:\n{''.join(answers)}", encoding="utf-8")
        files.append(path)
    return files
