"""A class whose grading is killed over and over ends byte for byte as if nothing had happened.

python -m benchmarks.kills [--write] [--quick]

Each run is ended by SIGKILL at a random moment, every third one twice, and is then repeated to its end.
Half of the runs work in processes of their own, which must not outlive the one that was killed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.classroom import PROBLEM, submissions
from benchmarks.ratios import ROOT, Shell, workplace
from benchmarks.record import record
from checker import load_program

if TYPE_CHECKING:
    from pathlib import Path

CLASS, KILLS = 600, 50
RUN = """
import sys
from pathlib import Path
from checker.batch import blocks
from checker.batch.options import Options
from checker.batch.run import grade_class
blocks.BLOCK = 50
folder, problems, out, jobs = sys.argv[1:]
grade_class(Path(folder), Path(out), Path(problems), Options(jobs=int(jobs), pool_from=1, junit=True))
"""
COLUMNS = "name, key, variant, content, student, problem, status, awarded, possible, first_error, reason"


class Killing:
    """A class in a folder, the bytes of an undisturbed run, and runs that are killed."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.shell = folder, Shell(folder)
        (folder / "problems").mkdir()
        (folder / "problems" / "two-two-one.yaml").write_text(PROBLEM, encoding="utf-8")
        (folder / "class").mkdir()
        submissions(load_program(folder / "problems" / "two-two-one.yaml"), count, folder / "class")
        (folder / "class" / "torn.yaml").write_text("format: check-backprop/submission@1\nanswers: {z: [\n")
        self.run("whole", 1)  # derives the problem
        shutil.rmtree(folder / "whole")
        start = time.monotonic()
        self.run("whole", 1)
        self.takes = time.monotonic() - start
        self.whole = self.bytes_of("whole")

    def command(self, out: str, jobs: int) -> list[str]:
        places = [str(self.folder / name) for name in ("class", "problems", out)]
        return self.shell.python(RUN, *places, str(jobs))

    def run(self, out: str, jobs: int) -> None:
        """A run to its end."""
        self.shell.run(self.command(out, jobs))

    def kill(self, out: str, jobs: int, after: float) -> str:
        """A run that is ended after so many seconds; what it had come to."""
        process = subprocess.Popen(
            self.command(out, jobs), env=self.shell.environment, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(after)
        done = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        place = self.folder / out
        if done:
            return "after its end"
        if (place / "reports").is_dir():
            return "while writing"
        return "while grading" if (place / "results.sqlite").is_file() else "before anything was kept"

    def bytes_of(self, out: str) -> dict[str, bytes]:
        """Every file but the database, whose pages lie as they came; and what it says of each submission."""
        place = self.folder / out
        files = {
            str(path.relative_to(place)): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file() and not path.name.startswith("results.sqlite")
        }
        connection = sqlite3.connect(place / "results.sqlite")
        files["results"] = repr(connection.execute(f"SELECT {COLUMNS} FROM results ORDER BY name").fetchall()).encode()
        connection.close()
        return files


def measure(kills: int, count: int, seed: int = 20) -> list[list[str]]:
    """How many of so many runs end with the bytes of one that nobody killed."""
    rng = random.Random(seed)
    moments: Counter[str] = Counter()
    same = 0
    with workplace() as folder:
        killing = Killing(folder, count)
        for number in range(kills):
            out, jobs = f"out{number}", 1 + number % 2
            for _ in range(1 + (number % 3 == 0)):
                moments[killing.kill(out, jobs, rng.uniform(0.15, 1.0) * killing.takes)] += 1
            killing.run(out, 3 - jobs)
            same += killing.bytes_of(out) == killing.whole
            shutil.rmtree(folder / out)
        time.sleep(1)
        left = _left(folder)
    said = ", ".join(f"{times} {moment}" for moment, times in sorted(moments.items(), key=lambda item: -item[1]))
    total = sum(moments.values())
    return [
        [f"the same bytes in the end ({said})", f"{kills} of {kills}", f"{same} of {kills}", _verdict(same == kills)],
        [f"processes that outlive the one that was killed, of {total} kills", "0", str(left), _verdict(left == 0)],
    ]


def _verdict(good: bool) -> str:
    return "reached" if good else "missed"


def _left(folder: Path) -> int:
    """How many processes still work in this folder."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return sum(str(folder / "class") in line for line in listed.stdout.splitlines())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--quick", action="store_true", help="a few kills of a small class")
    options = parser.parse_args()
    rows = measure(6, 150) if options.quick else measure(KILLS, CLASS)
    for row in rows:
        print(" | ".join(row))
    if options.write:
        headers = [f"{CLASS:,} submissions and one that is torn", "target", "reached", "verdict"]
        record("kills", headers, rows, "python -m benchmarks.kills --write")
    return int(any(row[-1] == "missed" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
