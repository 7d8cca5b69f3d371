"""Files that mean harm through the command, against a file that does not.

python -m benchmarks.hostile [--write]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.ratios import ROOT, Figure, Shell, in_turn, main, workplace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "format: check-backprop/submission@1\nproblem: neuron-sigmoid\nanswers:\n"
NORMAL = ROOT / "problem_sets/submissions/neuron-sigmoid.yaml"
UNUSABLE, LESS = 2, 1


def hostile() -> dict[str, tuple[str, int]]:
    """Text and expected exit status by name; an answer that cannot be read costs only itself, which is status 1."""
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    many = "".join(f" {n:x}: 1\n" for n in range(100_000))  # just within what a file may have
    return {
        "alias bomb": (f"{HEAD}  a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n{levels}", UNUSABLE),
        "40 KB of brackets": (f"{HEAD}  z: {'[' * 20_000}{']' * 20_000}\n", UNUSABLE),
        "more than 1 MiB": (f"{HEAD}{many * 2}", UNUSABLE),
        "1 MiB in one text": (f"{HEAD}  z: {'1' * 1_048_000}\n", UNUSABLE),
        "a number of 90,000 digits": (f"{HEAD}  z: {'1' * 90_000}\n", LESS),
        "a million digits": (f"{HEAD}  z: {'1' * 1_000_000}\n", UNUSABLE),
        "100,000 keys": (f"{HEAD}{many}", UNUSABLE),
    }


def formulas() -> dict[str, tuple[str, int]]:
    """The same for answers that are formulas."""
    return {
        "`9**9**9**9` as an answer": (f"{HEAD}  z: 9**9**9**9\n", LESS),
        "2,000 brackets in a formula": (f"{HEAD}  z: {'(' * 999}w1{')' * 999}\n", LESS),
    }


def measure(repetitions: int = 12) -> list[Figure]:
    """The command on each of them against the same command on a normal file."""
    with workplace() as folder:
        shell = Shell(folder)
        formula = folder / "formula.yaml"
        formula.write_text(f"{HEAD}  z: w1*x1 + w2*x2 + b\n", encoding="utf-8")
        figures = _against("a submission of numbers", NORMAL, 0, hostile(), shell, folder, repetitions)
        return figures + _against("one formula", formula, LESS, formulas(), shell, folder, max(2, repetitions // 3))


def _against(
    base: str, normal: Path, status: int, files: dict[str, tuple[str, int]], shell: Shell, folder: Path, times: int
) -> list[Figure]:
    jobs = [shell.job(shell.check(str(normal)), status)]
    for number, (text, ends) in enumerate(files.values()):
        path = folder / f"{number}-{len(files)}.yaml"
        path.write_text(text, encoding="utf-8")
        jobs.append(shell.job(shell.check(str(path)), ends))
    theirs, *ours = in_turn(jobs, times)
    return [Figure(name, base, each, theirs, 2) for name, each in zip(files, ours, strict=True)]


if __name__ == "__main__":
    sys.exit(main("hostile", measure))
