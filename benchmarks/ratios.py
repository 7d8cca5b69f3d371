"""Two jobs timed in turn in one run, and the ratio of the two: all that a figure here ever says.

Absolute times say more about a machine than about a program. The jobs take turns, so that a slow moment of a shared
machine meets both; each is as fast as the fastest of its repetitions, for what disturbs it only ever adds.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parent.parent


class Figure(NamedTuple):
    """What one job takes against another of the same run.

    `target` is the largest ratio that is good enough, or with `at_least` the smallest.
    """

    job: str
    base: str
    ours: float
    theirs: float
    target: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def verdict(self) -> str:
        if self.target is None:
            return "-"
        good = self.ratio >= self.target if self.at_least else self.ratio <= self.target
        return "reached" if good else "missed"

    def recorded(self) -> list[str]:
        """The row of the page: ratios only, for times are the machine's."""
        bound = "at least" if self.at_least else "at most"
        target = "-" if self.target is None else f"{bound} {self.target:g} times"
        return [self.job, self.base, target, f"{self.ratio:.2g} times", self.verdict]

    def row(self) -> list[str]:
        target = "-" if self.target is None else f"{self.target:g}"
        return [
            self.job, self.base, seconds(self.ours), seconds(self.theirs), f"{self.ratio:.3g}", target, self.verdict,
        ]  # fmt: skip


HEADERS = ["job", "against", "ours", "theirs", "ratio", "target", ""]
RECORDED = ["job", "against", "target", "reached", "verdict"]


def main(name: str, measure: Callable[[], Sequence[Figure]]) -> int:
    """A benchmark's command: shows its figures, with --write records them; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    write = parser.parse_args().write
    figures = measure()
    show(figures)
    if write:
        keep(name, figures)
    return int(any(figure.verdict == "missed" for figure in figures))


def keep(name: str, figures: Sequence[Figure]) -> None:
    """Writes the figures into their section of docs/performance.md."""
    record(name, RECORDED, [figure.recorded() for figure in figures], f"python -m benchmarks.{name} --write")


def show(figures: Sequence[Figure]) -> None:
    """Prints the figures as one table."""
    from tabulate import tabulate

    print(tabulate([figure.row() for figure in figures], HEADERS, "simple", disable_numparse=True))


def seconds(time_taken: float) -> str:
    return f"{time_taken:.2f} s" if time_taken >= 1 else f"{time_taken * 1e3:.1f} ms"


def in_turn(jobs: Sequence[Callable[[], object]], repetitions: int) -> list[float]:
    """The shortest time of each job, the jobs taking turns; a round before the first one is not counted.

    What a job's `prepare` does first, where it has one, is not timed.
    """
    shortest = [float("inf")] * len(jobs)
    for repetition in range(repetitions + 1):
        for number, job in enumerate(jobs):
            getattr(job, "prepare", _nothing)()
            start = time.perf_counter()
            job()
            taken = time.perf_counter() - start
            if repetition:
                shortest[number] = min(shortest[number], taken)
    return shortest


def _nothing() -> None:
    return


class Shell:
    """Starts commands as on a student's machine: bytecode compiled once, a cache folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG_"))
        }
        self.environment |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "XDG_CACHE_HOME": str(folder / "cache")}

    def run(self, command: Sequence[str], status: int = 0) -> subprocess.CompletedProcess[str]:
        """The command's end; an unexpected exit status ends the benchmark, for its time would mean nothing."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, cwd=ROOT)
        if done.returncode != status:
            raise SystemExit(f"{' '.join(command)[:200]}: exit status {done.returncode}\n{done.stderr[-2000:]}")
        return done

    def job(self, command: Sequence[str], status: int = 0) -> Callable[[], object]:
        """The command as a job that can be timed."""
        return lambda: self.run(command, status)

    def check(self, *arguments: str) -> list[str]:
        """`check-backprop` with these arguments, as it is installed beside this Python."""
        script = shutil.which("check-backprop", path=str(Path(sys.executable).parent))
        return [*([script] if script else [sys.executable, "-m", "checker"]), *arguments]

    def python(self, code: str, *arguments: str) -> list[str]:
        """This Python with a line of code."""
        return [sys.executable, "-c", code, *arguments]


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="check-backprop-benchmark-") as folder:
        yield Path(folder)
