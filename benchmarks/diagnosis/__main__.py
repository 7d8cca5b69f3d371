"""The command: draws the problems, shares them out among processes, and prints or writes the figures."""

from __future__ import annotations

import argparse
import multiprocessing
import random
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.diagnosis.bench import Bench
from benchmarks.diagnosis.figures import PRECISIONS, headers, rows, shortfalls, table
from benchmarks.diagnosis.mistakes import Draws
from benchmarks.diagnosis.task import Programs, Task
from benchmarks.diagnosis.truth import Outcomes
from benchmarks.record import record
from benchmarks.students.problems import random_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.diagnosis.tally import Tally

CASES, QUICK = 600, 150  # mistakes made at each precision
MISTAKES = 6  # a problem


def measure(cases: int, seed: int, jobs: int = 1, precisions: Sequence[str] = tuple(PRECISIONS)) -> dict[str, Tally]:
    """All figures by precision, over as many problems as give so many mistakes; the same for any number of jobs."""
    tasks = [(cases, seed, precisions, jobs, job) for job in range(jobs)]
    if jobs == 1:
        parts = [_part(*tasks[0])]
    else:
        with multiprocessing.Pool(jobs) as pool:
            parts = pool.starmap(_part, tasks)
    tallies = parts[0]
    for part in parts[1:]:
        for name, tally in part.items():
            tallies[name].merge(tally)
    return tallies


def _part(cases: int, seed: int, precisions: Sequence[str], jobs: int, job: int) -> dict[str, Tally]:
    """One job's share of the problems. All are drawn, since which mistakes are drawn depends on those before."""
    benches = {name: Bench(PRECISIONS[name]) for name in precisions}
    draws = Draws()
    for number in range(-(-cases // MISTAKES)):
        rng = random.Random(f"{seed}/{number}")
        sheet = random_sheet(rng)
        mistakes = [draws.mistake(sheet, rng, single=n < MISTAKES // 3) for n in range(MISTAKES)]
        if number % jobs == job:
            outcomes, programs = Outcomes(sheet), Programs(sheet, f"p{number}")
            for name, bench in benches.items():
                task = Task(sheet, programs, bench.hand, f"p{number}")
                bench.problem(task, outcomes, mistakes, random.Random(f"{seed}/{number}/{name}"))
    return {name: bench.tally for name, bench in benches.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description="How well mistakes are named.")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} mistakes at each precision instead of {CASES}")
    parser.add_argument("--cases", type=int, help="mistakes made at each precision")
    parser.add_argument("--precision", choices=PRECISIONS, help="one alone, while you work (not with --write)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--codes", action="store_true", help="print the figures of every code too")
    parser.add_argument("--failures", type=int, default=10, help="how many kinds of failure are listed")
    parser.add_argument("--examples", type=int, default=0, help="how many of them with problem and submission")
    options = parser.parse_args()
    if options.write and options.precision:
        parser.error("--write records every precision: leave --precision away")
    start = time.perf_counter()
    cases = options.cases or (QUICK if options.quick else CASES)
    tallies = measure(cases, options.seed, options.jobs, [options.precision] if options.precision else [*PRECISIONS])
    print(table(tallies))
    if options.write:
        asked = f" --cases {options.cases}" if options.cases else " --quick" if options.quick else ""
        command = f"python -m benchmarks.diagnosis --write{asked}"
        record("diagnosis", headers(tallies), rows(tallies, "**{}**"), command, shortfalls(tallies))
    failures: Counter[tuple[str, str, str, str]] = Counter()
    examples: dict[tuple[str, str, str, str], str] = {}
    for tally in tallies.values():
        failures += tally.failures
        examples |= tally.examples
    print(f"\nmost frequent failures, all precisions together ({time.perf_counter() - start:.0f} s)")
    listed = failures.most_common(options.failures)
    print(tabulate([(count, *key) for key, count in listed], ["", "what", "true", "step", "said"]))
    if options.codes:
        codes: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for tally in tallies.values():
            for key, counted in tally.by_code.items():
                codes[key] = [a + b for a, b in zip(codes[key], counted, strict=True)]
        print()
        listed_codes = [(*key, *counted) for key, counted in sorted(codes.items())]
        print(tabulate(listed_codes, ["answered", "code", "cases", "reported", "first"]))
    for key, _ in listed[: options.examples]:
        print(f"\n=== {key}\n{examples[key]}")


if __name__ == "__main__":
    main()
