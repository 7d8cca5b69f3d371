"""How much memory a class of 100,000 takes, and that it is no more than a class of 10,000 takes.

python -m benchmarks.big_class [--write] [--quick]

Two workers, a JSON report for each student. The memory of a process is its own peak, as the system counts it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.classroom import PROBLEM, submissions
from benchmarks.ratios import ROOT, Shell, workplace
from benchmarks.record import record
from checker import load_program

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 300.0  # MB in any process
GROWTH = 1.1  # how much more a class ten times as large may take
HEADERS = ["peak memory", "target", "reached", "verdict"]
WRITTEN_AT_ONCE = 5_000


class Peak(NamedTuple):
    """What a run took: MB in the process that was started and in the largest of its workers, and seconds."""

    started: float
    worker: float
    seconds: float

    @property
    def most(self) -> float:
        return max(self.started, self.worker)


def measure(sizes: Sequence[int]) -> list[Peak]:
    """The peaks of classes of these sizes, each made of the one before and more."""
    peaks = []
    with workplace() as folder:
        shell = Shell(folder)
        problems, place = folder / "problems", folder / "class"
        problems.mkdir()
        (problems / "two-two-one.yaml").write_text(PROBLEM, encoding="utf-8")
        program = load_program(problems / "two-two-one.yaml")
        written = 0
        for size in sizes:
            while written < size:
                part = place / f"part{written:06}"
                part.mkdir(parents=True)
                submissions(program, min(WRITTEN_AT_ONCE, size - written), part, seed=written + 1)
                written += WRITTEN_AT_ONCE
            command = shell.check(
                "batch", str(place), "--problems", str(problems), "--out", str(folder / f"out{size}"),
                "--jobs", "2", "--reports", "json",
            )  # fmt: skip
            peaks.append(peak(command, shell))
            print(f"{size:,}: {peaks[-1].started:.0f} MB, workers {peaks[-1].worker:.0f} MB, {peaks[-1].seconds:.0f} s")
    return peaks


def peak(command: Sequence[str], shell: Shell) -> Peak:
    """What a command takes, its workers looked at while they live."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, env=shell.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    own, workers, ended = [0.0], [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            own[0] = max(own[0], _peak_of(process.pid))
            workers[0] = max([workers[0], *(_peak_of(pid) for pid in _children(process.pid))])

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    ended.set()
    watcher.join()
    if status:
        raise SystemExit(f"{' '.join(command)[:200]}: exit status {status}")
    return Peak(own[0], workers[0], time.monotonic() - start)


def _peak_of(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def judged(sizes: Sequence[int], peaks: Sequence[Peak]) -> list[list[str]]:
    """The rows of the record."""
    rows = []
    for size, found in zip(sizes, peaks, strict=True):
        for who, megabytes in (("the process that was started", found.started), ("the largest worker", found.worker)):
            good = "reached" if megabytes <= MOST else "missed"
            rows.append([f"{size:,} submissions: {who}", f"at most {MOST:g} MB", f"{megabytes:.0f} MB", good])
    growth = peaks[-1].most / peaks[0].most
    good = "reached" if growth <= GROWTH else "missed"
    rows.append(["the largest process, ten times the class", f"at most {GROWTH:g} times", f"{growth:.2f} times", good])
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big_class")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--quick", action="store_true", help="classes of 2,000 and 20,000")
    options = parser.parse_args()
    sizes = (2_000, 20_000) if options.quick else (10_000, 100_000)
    rows = judged(sizes, measure(sizes))
    for row in rows:
        print(" | ".join(row))
    if options.write:
        record("big_class", HEADERS, rows, "python -m benchmarks.big_class --write")
    return int(any(row[-1] == "missed" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
