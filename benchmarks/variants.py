"""1,000 variants of every shipped template, held to everything that is promised of them by code that shares nothing.

    python -m benchmarks.variants [--students 1000] [--seed 1] [--write]

The oracle of the tests (`tests/oracle/variants.py`) reads the files of a set as anybody could: it works each problem
out by NumPy, compares gradients with autograd, and looks at every guarantee in the plainest way. Then every blank
submission is filled with the rounded values of the key, and the whole set is graded by `check-backprop batch`.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING

import yaml

from benchmarks.ratios import ROOT, Shell, workplace
from benchmarks.record import record
from checker.generating import generate_set

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = ["template", "variants", "draws for each", "promises broken", "full marks with the key"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants")
    parser.add_argument("--students", type=int, default=1_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    rows, good = [], True
    for template in sorted((ROOT / "problem_sets" / "templates").glob("*.yaml")):
        with workplace() as folder:
            row, broken, full = measure(template, folder, options.students, options.seed)
        rows.append(row)
        good = good and not broken and full == options.students
        print("  ".join(row), flush=True)
        for fault, count in broken.most_common(10):
            print(f"    {count} times: {fault}")
    if options.write:
        record("variants", HEADERS, rows, "python -m benchmarks.variants --write")
    return 0 if good else 1


def measure(template: Path, folder: Path, students: int, seed: str) -> tuple[list[str], Counter[str], int]:
    """A template's row, how often each promise is broken, and how many sheets filled from the key earn full marks."""
    faults = importlib.import_module("oracle.variants").faults
    (folder / "roster.txt").write_text("".join(f"student{n:05}\n" for n in range(students)), encoding="utf-8")
    summary = generate_set(template, folder / "roster.txt", folder / "set", formats=(), seed=seed)
    root = yaml.load(template.read_text(encoding="utf-8"), yaml.BaseLoader)
    found = faults(root["id"], folder / "set", folder / "set-key", root["vary"])
    broken = Counter(fault.partition(": ")[2] for fault in found)
    fill_in(folder)
    full = graded(folder)
    draws = sum(variant.number + 1 for variant in summary.variants) / students
    return [root["id"], f"{students:,}", f"{draws:.1f}", f"{len(found):,}", f"{full:,}"], broken, full


def fill_in(folder: Path) -> None:
    """Every blank submission with the rounded values of its key."""
    (folder / "sheets").mkdir()
    for path in sorted((folder / "set" / "submissions").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        for step in json.loads((folder / "set-key" / "answers" / f"{path.stem}.json").read_bytes())["steps"]:
            answer = json.dumps(step["answer"]).replace('"', "")
            text, count = re.subn(rf"(?m)^  {re.escape(step['step'])}: .*$", f"  {step['step']}: {answer}", text)
            assert count == 1, (path, step["step"])
        (folder / "sheets" / path.name).write_text(text, encoding="utf-8")


def graded(folder: Path) -> int:
    """How many of the sheets earn all points."""
    shell = Shell(folder)
    shell.run(
        shell.check(
            "batch", str(folder / "sheets"), "--problems", str(folder / "set" / "problems"),
            "--out", str(folder / "graded"), "--reports", "none",
        )
    )  # fmt: skip
    with (folder / "graded" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return sum(row["status"] == "graded" and row["awarded"] == row["possible"] for row in csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
