"""Right work, rounded in every way: how many sheets does the marking refuse? It must refuse none.

    python -m benchmarks.right_sheets [--sheets 103000] [--seed 1] [--write]

A simulated student works every step by a route picked at random from the numbers carried so far, types it rounded or
truncated to the asked digits (or to more), and carries on either what was typed or the full value; but nobody divides
by a number that has been rounded to nothing (`divisors`). Some leave steps out. The arithmetic of a route is the
program's, which the test suite checks against autograd; rounding, typing, leaving out and carrying are done here.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.record import record
from checker import load_problem
from checker.compare import asked_unit
from checker.diagnose.hidden import LeftOut
from checker.diagnose.local import Local
from checker.diagnose.roundings import Roundings
from checker.mark import CORRECT, mark
from checker.model import Problem, Rubric, Tolerance
from checker.readings.compile import compile_problem
from checker.readings.lanes import LANES
from checker.readings.numeric import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.readings.program import Program

ROOT = Path(__file__).parent.parent
TOLERANCES = (
    Tolerance(decimals=3),
    Tolerance(decimals=4),
    Tolerance(decimals=6),
    Tolerance(significant=3),
    Tolerance(),
)


def simulate(program: Program, sheets: int, rng: np.random.Generator, left_out: float = 0.4):
    """Answers of right work, one lane a sheet: by slot the typed number, its unit and whether it is there."""
    answers = {}
    values = [np.full(sheets, v) for v in program.values]
    tolerance = {item.step: item.tolerance for item in program.ask}
    # what kind of worker each sheet is: carries what was typed, carries full values, or decides each time
    habit = rng.integers(0, 3, sheets)
    rounds = rng.integers(0, 3, sheets)
    leaves_out = rng.random(sheets) < 0.5
    dividing = divisors(program)
    with np.errstate(all="ignore"):
        for number, step in enumerate(program.steps):
            asked = number in tolerance
            worked = []
            for route in step.routes:
                run(route.code, program.formulas, values, LANES)
                worked.append([values[out] + np.zeros(sheets) for out in route.out])
            route = rng.integers(0, len(step.routes), sheets)
            given = asked & ~(leaves_out & (rng.random(sheets) < left_out))
            finer = (rng.random(sheets) < 0.1) * rng.integers(1, 5, sheets)
            for element in range(step.size):
                slot = step.slot + element
                exact = np.choose(route, [w[element] for w in worked])
                unit = asked_unit(tolerance.get(number, program.tolerance), program.values[slot], LANES) / 10.0**finer
                truncate = np.where(rounds == 2, rng.random(sheets) < 0.5, rounds == 1)
                scaled = exact / unit
                near = np.rint(scaled)
                # a calculator shows 0.7 for 0.69999999999999996: only what a person would see is cut off
                whole = np.where(np.abs(scaled - near) < 1e-6, near, np.trunc(scaled))
                typed = np.where(truncate, whole, near) * unit
                carries_typed = np.where(habit == 2, rng.random(sheets) < 0.5, habit == 0)
                if slot in dividing:
                    carries_typed &= (typed != 0) | (exact == 0)
                values[slot] = np.where(carries_typed, typed, exact)
                if asked:
                    answers[slot] = (typed, unit, given, np.full(sheets, -1))
    return answers


def divisors(program: Program) -> set[int]:
    """The slots in whose place a 0 leads a later step out of the numbers, or far away: something divides by it.

    Far is more than eight times as far as half of it does, of its true value or of the asked unit: the epsilon below
    Adam's root only hides a pole.
    """
    slots = [slot for step in program.steps for slot in range(step.slot, step.slot + step.size)]
    tolerance = {item.step: item.tolerance for item in program.ask}
    one = np.arange(len(slots))
    lanes = 5 * len(slots)  # five for each slot, in which it is 0, its half, itself, half a unit, a unit
    values = [np.full(lanes, value) for value in program.values]
    found = np.zeros(len(slots), dtype=bool)
    place = 0
    with np.errstate(all="ignore"):
        for number, step in enumerate(program.steps):
            route = step.routes[0]
            run(route.code, program.formulas, values, LANES)
            for slot, out in zip(range(step.slot, step.slot + step.size), route.out, strict=True):
                values[slot] = values[out] + np.zeros(lanes)
                zero, half, true, half_unit, unit = (values[slot][one + part * len(slots)] for part in range(5))
                found |= ~(np.abs(zero - true) <= 8 * np.abs(half - true) + 1e-9)
                found |= ~(np.abs(zero - unit) <= 8 * np.abs(half_unit - unit) + 1e-9)
                least = asked_unit(tolerance.get(number, program.tolerance), program.values[slot])
                values[slot][place :: len(slots)] = 0.0, true[place] / 2, true[place], least / 2, least
                place += 1
    return {slot for slot, divides in zip(slots, found, strict=True) if divides}


def typed_by_a_person(answers) -> np.ndarray:
    """Which sheets have only finite numbers: who has rounded a to 1 and meets ln(1 - a) carries more digits."""
    return np.all([np.isfinite(typed) for typed, _, _, _ in answers.values()], axis=0)


def refused(program: Program, sheets: int, seed: int) -> tuple[int, int, str]:
    """How many of so many sheets are right work, how many of them lose a point, and the first step that does."""
    rng = np.random.default_rng(seed)
    answers = simulate(program, sheets, rng)
    asked = {slot for item in program.ask for slot in _slots(program, item)}
    answers = {slot: answer for slot, answer in answers.items() if slot in asked}
    right = list(program.values)
    marks = mark(program, right, answers, LANES)
    too_far = Roundings(LeftOut(Local(program, right, answers, LANES))).too_far(marks)
    bad = np.zeros(sheets, dtype=bool)
    possible = typed_by_a_person(answers)
    where = ""
    for slot, (_, _, given, _) in answers.items():
        lost = possible & given & ((marks.verdict[slot] != CORRECT) | too_far.get(slot, False))
        if lost.any() and not where:
            where = next(s.name for s in program.steps if s.slot <= slot < s.slot + s.size)
        bad |= lost
    return int(possible.sum()), int(bad.sum()), where


def _slots(program: Program, item) -> list[int]:
    step = program.steps[item.step]
    return list(range(step.slot, step.slot + step.size)) if item.element is None else [step.slot + item.element]


def with_tolerance(problem: Problem, tolerance: Tolerance) -> Problem:
    """The problem, asked in full, at another precision."""
    from dataclasses import replace

    return replace(problem, ask=None, rubric=Rubric(tolerance=tolerance))


def problems() -> list[Problem]:
    """The shipped problems."""
    return [load_problem(path) for path in sorted((ROOT / "problem_sets").glob("*.yaml"))]


def written(tolerance: Tolerance) -> str:
    """The tolerance in words."""
    return ", ".join(f"{value} {name}" for name, value in tolerance._asdict().items() if value) or "default"


def keep(name: str, count: Mapping[str, tuple[int, int]], command: str) -> None:
    """Writes into docs/performance.md how many sheets there were at each precision, and how many lost a point."""
    rows = [
        [what, f"{sheets:,}", "0", f"{lost:,}", "missed" if lost else "reached"]
        for what, (sheets, lost) in count.items()
    ]
    record(name, ["precision asked", "sheets", "may lose a point", "lost a point", "verdict"], rows, command)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=103_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    options = parser.parse_args()
    by_tolerance = dict.fromkeys(map(written, TOLERANCES), (0, 0))
    cases = [(p, t) for p in problems() for t in TOLERANCES]
    each = options.sheets // len(cases) + 1
    total = lost = 0
    start = time.perf_counter()
    for number, (problem, tolerance) in enumerate(cases):
        program = compile_problem(with_tolerance(problem, tolerance))
        right, count, where = refused(program, each, options.seed + number)
        total += right
        lost += count
        before = by_tolerance[written(tolerance)]
        by_tolerance[written(tolerance)] = before[0] + right, before[1] + count
        if count:
            print(f"{problem.id} {tolerance}: {count} of {right} refused, first at {where}")
    print(f"{lost} of {total} right sheets refused ({time.perf_counter() - start:.0f} s)")
    if options.write:
        keep("right_sheets", by_tolerance, f"python -m benchmarks.right_sheets --sheets {options.sheets} --write")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
