"""Right work on random networks over every table entry: how many sheets does the marking refuse? It must refuse none.

    python -m benchmarks.right_networks [--sheets 100000] [--networks 240] [--seed 1] [--write]

As `benchmarks.right_sheets`, on the networks that the test suite checks against autograd, at several precisions.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.ratios import ROOT
from benchmarks.right_sheets import TOLERANCES, keep, refused, with_tolerance, written
from checker.problem import load_problem
from checker.readings.compile import compile_problem

if TYPE_CHECKING:
    from checker.model import Tolerance
    from checker.readings.program import Program


def at(program: Program, tolerance: Tolerance) -> Program:
    """The program, asked at another precision."""
    return program._replace(tolerance=tolerance, ask=[item._replace(tolerance=tolerance) for item in program.ask])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=100_000)
    parser.add_argument("--networks", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    cases = list(importlib.import_module("oracle.networks").cases(options.networks, options.seed))
    each = options.sheets // (len(cases) * len(TOLERANCES)) + 1
    total = lost = 0
    tried: Counter[tuple[str, int]] = Counter()
    bad: Counter[tuple[str, int]] = Counter()
    first: dict[tuple[str, int], str] = {}
    start = time.perf_counter()
    for number, case in enumerate(cases):
        problem = load_problem(case.problem_yaml.encode(), f"network {number}")
        program = compile_problem(with_tolerance(problem, TOLERANCES[0]))
        for k, tolerance in enumerate(TOLERANCES):
            right, count, where = refused(at(program, tolerance), each, options.seed * 100_000 + number * 10 + k)
            total += right
            lost += count
            group = case.optimizer or "no update", k
            tried[group] += right
            bad[group] += count
            if count:
                first.setdefault(group, f"network {number} ({case.kind}) at {where}")
    for (optimizer, k), count in tried.items():
        if bad[optimizer, k]:
            say = f"{bad[optimizer, k]} of {count} refused, first in {first[optimizer, k]}"
            print(f"{optimizer}, {written(TOLERANCES[k])}: {say}")
    print(f"{lost} of {total} right sheets refused ({time.perf_counter() - start:.0f} s)")
    if options.write:
        counts = {
            written(tolerance): tuple(sum(n for (_, at), n in group.items() if at == k) for group in (tried, bad))
            for k, tolerance in enumerate(TOLERANCES)
        }
        sizes = f"--sheets {options.sheets} --networks {options.networks}"
        keep("right_networks", counts, f"python -m benchmarks.right_networks {sizes} --write")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
