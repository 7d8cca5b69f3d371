"""`check-backprop batch` on a class, from its folder to its reports, against reading the same files and nothing else.

python -m benchmarks.batch [--write]

Each run is the whole command, its start included, into a folder that is not there yet; the problem was seen before. The
floor is a whole command too, which imports nothing but yaml.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.classroom import PROBLEM, submissions
from benchmarks.ratios import Figure, Shell, in_turn, main, workplace
from checker import load_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLASS = 5_000
READ = """
import os, sys, yaml
for entry in os.scandir(sys.argv[1]):
    with open(entry.path, "rb") as file:
        yaml.load(file.read(), yaml.CSafeLoader)
"""
SMALL = (30, 300, 1_500, 3_000)
NOISE = 1.05  # what two runs of one and the same command differ by on a machine that others use too


class Batches:
    """The command over the class in a folder, as jobs that can be timed."""

    def __init__(self, folder: Path, shell: Shell) -> None:
        self.folder, self.shell = folder, shell

    def fresh(self, name: str, *arguments: str, of: str = "class") -> Callable[[], None]:
        """A run into a folder of its own, which is made away with before each."""
        out = self.folder / name
        command = self._command(out, arguments, of)

        def job() -> None:
            self.shell.run(command)

        return _after(lambda: shutil.rmtree(out, ignore_errors=True), job)

    def again(self, name: str, *arguments: str, of: str = "class") -> Callable[[], object]:
        """A run over what the last run left in the folder of this name."""
        return self.shell.job(self._command(self.folder / name, arguments, of))

    def _command(self, out: Path, arguments: tuple[str, ...], of: str) -> list[str]:
        problems = str(self.folder / "problems")
        return self.shell.check(
            "batch", str(self.folder / of), "--problems", problems, "--out", str(out), *arguments
        )  # fmt: skip


def _after(before: Callable[[], None], job: Callable[[], None]) -> Callable[[], None]:
    """The job with something done first that is not timed: `in_turn` asks for it by this attribute."""
    job.prepare = before  # type: ignore[attr-defined]
    return job


def measure(count: int = CLASS, repetitions: int = 3) -> list[Figure]:
    """One worker against the floor, a rerun against the first run, two workers against one, small classes."""
    with workplace() as folder:
        problems = folder / "problems"
        problems.mkdir()
        (problems / "two-two-one.yaml").write_text(PROBLEM, encoding="utf-8")
        program = load_program(problems / "two-two-one.yaml")
        for name, size in [("class", count), *((f"small-{size}", size) for size in SMALL)]:
            (folder / name).mkdir()
            submissions(program, size, folder / name)
        shell = Shell(folder)
        batches, read = Batches(folder, shell), shell.job(shell.python(READ, str(folder / "class")))
        one, two, bare, json = ("--jobs", "1"), ("--jobs", "2"), ("--reports", "none"), ("--reports", "json")
        whole = in_turn(
            [
                read,
                batches.fresh("bare", *one, *bare), batches.again("bare", *one, *bare),
                batches.fresh("json", *one, *json), batches.again("json", *one, *json),
                batches.fresh("bare-2", *two, *bare), batches.fresh("all", *one), batches.fresh("all-2", *two),
                batches.fresh("markdown", *one, "--reports", "markdown"),
                batches.fresh("html", *one, "--reports", "html"),
            ],
            repetitions,
        )  # fmt: skip
        reading, lean, lean_again, full, full_again, lean_two, default, default_two, markdown, html = whole
        small = []
        for size in SMALL:
            jobs = [batches.fresh(f"s{n}", "--jobs", n, *json, of=f"small-{size}") for n in ("1", "2")]
            small.append(in_turn(jobs, repetitions + 2))
    floor, first = "reading them by CSafeLoader", "the first run"
    graded = f"{count:,} submissions"
    return [
        Figure(f"{graded}, one worker, gradebook and class report", floor, lean, reading, 0.6),
        Figure(f"{graded}, one worker, and a JSON report each", floor, full, reading, 1.0),
        Figure(f"{graded}, one worker, and a Markdown report each", "a JSON report each", markdown, full),
        Figure(f"{graded}, one worker, and a page each", "a JSON report each", html, full),
        Figure("again, nothing changed, gradebook and class report", first, lean_again, lean, 0.15),
        Figure("again, nothing changed, and a JSON report each", first, full_again, full, 0.15),
        Figure(f"{graded}, one worker, reports as JSON and Markdown", "two workers", default, default_two, 1.6, True),
        Figure(f"{graded}, one worker, gradebook and class report", "two workers", lean, lean_two),
        *(
            Figure(f"{size:,} submissions, two workers, and a JSON report each", "one worker", two_, one_, NOISE)
            for size, (one_, two_) in zip(SMALL, small, strict=True)
        ),
    ]


if __name__ == "__main__":
    sys.exit(main("batch", measure))
