"""What a student waits for: one submission of numbers to a problem seen before, against bare imports.

python -m benchmarks.startup [--write]
"""

from __future__ import annotations

import sys

from benchmarks.ratios import ROOT, Figure, Shell, in_turn, main, workplace

IMPORTS = "import argparse, yaml, tabulate"
HEAVY = ("jsonschema", "lark", "numpy", "sympy")
SUBMISSION = str(ROOT / "problem_sets/submissions/neuron-sigmoid.yaml")
NAMED = f"""
import sys
from checker.cli import main
status = main([{SUBMISSION!r}])
print(*sorted({set(HEAVY)!r} & set(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


def measure(repetitions: int = 40) -> list[Figure]:
    """The time of the command, and a proof that it imports nothing heavy."""
    with workplace() as folder:
        shell = Shell(folder)
        shell.run(shell.check(SUBMISSION))  # derives the problem and keeps it
        heavy = shell.run(shell.python(NAMED)).stderr.split()
        if heavy:
            raise SystemExit(f"the fast path imports {', '.join(heavy)}")
        jobs = [shell.job(shell.check(SUBMISSION)), shell.job(shell.python(IMPORTS))]
        ours, theirs = in_turn(jobs, repetitions)
    return [Figure("check-backprop SUBMISSION.yaml, numbers, problem seen before", IMPORTS, ours, theirs, 1.25)]


if __name__ == "__main__":
    sys.exit(main("startup", measure))
