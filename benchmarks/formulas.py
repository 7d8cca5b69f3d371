"""How long a formula as an answer takes: to be read, to be refused, to be judged, against bounds in seconds.

    python -m benchmarks.formulas [--write]

Bounds are times here, for a hang is a hang on any machine; what is recorded is how much of the bound is used.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from tabulate import tabulate

from benchmarks.ratios import ROOT, seconds
from benchmarks.record import record
from checker.expression.parser import parse
from checker.formula_answer import FormulaAnswers
from checker.formula_answer.reading import LANGUAGE
from checker.problem import load_problem
from checker.sheet import FormulaError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUANTITIES = frozenset(("w1", "w2", "x1", "x2", "b", "z", "a", "y", "W2", "dL_dz2", "x", "a2"))
TYPICAL = (
    "w1 x1 + w2 x2 + b", "1/(1 + e^-z)", "(a - y)*a*(1 - a)*x1", "W2^T @ dL_dz2", "(a2 - y) ⊙ a2 ⊙ (1 - a2)",
    "∂L/∂a · σ'(z)", "w1 - 0.1*(a - y)*x1",
)  # fmt: skip
LATEX = (r"\frac{\partial L}{\partial a}\,\sigma'(z)", r"\frac{1}{1 + e^{-z}}", r"w_{1}x_{1} + w_2 \cdot x_2 + b")


class Bounded(NamedTuple):
    """What was measured, the slowest of its cases, and what it may take, in seconds."""

    job: str
    taken: float
    bound: float

    @property
    def verdict(self) -> str:
        return "reached" if self.taken <= self.bound else "missed"


def slowest(cases: Sequence[str], work: Callable[[str], object], repetitions: int) -> float:
    """The longest time of processor that a case takes, each counted by the fastest of its repetitions."""
    longest = 0.0
    for text in cases:
        taken = []
        for _ in range(repetitions):
            start = time.process_time()
            work(text)
            taken.append(time.process_time() - start)
        longest = max(longest, min(taken))
    return longest


def neuron() -> FormulaAnswers:
    """Formulas as answers to the shipped single neuron, none judged yet."""
    path = ROOT / "problem_sets/neuron-sigmoid.yaml"
    return FormulaAnswers(load_problem(path.read_bytes(), str(path)))


def judge(answers: FormulaAnswers, step: str, text: str) -> None:
    """Judges a formula as the answer to a step; a refusal is as good."""
    try:
        answers.judge(text, answers.names.find(step))
    except FormulaError:
        return


def measure() -> list[Bounded]:
    """Every bound that formulas have."""
    sys.path.insert(0, str(ROOT / "tests"))
    texts = importlib.import_module("texts")

    def read(text: str) -> None:
        for _ in range(20):
            parse(text, LANGUAGE, quantities=QUANTITIES, derivatives={"dL_da"})

    read(TYPICAL[0])  # the grammar is built once
    parsing = slowest(TYPICAL, read, 20) / 20
    answers = neuron()
    judge(answers, "a", "1/(1 + e^-z)")
    refusing = slowest(texts.HOSTILE, lambda text: judge(answers, "a", text), 3)
    # judgements are remembered: for each of these a fresh reader
    awkward = max(_once(text) for text in texts.AWKWARD)
    latex = max(_once(text, "dL_dz") for text in LATEX)
    return [
        Bounded("a typical formula parsed, warm", parsing, 0.001),
        Bounded(f"one of {len(texts.HOSTILE)} hostile texts refused", refusing, 0.05),
        Bounded(f"one of {len(texts.AWKWARD)} awkward wrong answers judged", awkward, 1),
        Bounded("an answer in LaTeX judged", latex, 1),
    ]


def _once(text: str, step: str = "a") -> float:
    taken = []
    for _ in range(2):
        answers = neuron()
        judge(answers, step, "2")  # what is imported when first needed is no part of a formula
        start = time.process_time()
        judge(answers, step, text)
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.formulas")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    write = parser.parse_args().write
    found = measure()
    print(
        tabulate([[f.job, seconds(f.taken), seconds(f.bound), f.verdict] for f in found], ["job", "takes", "may", ""])
    )
    if write:
        rows = [[f.job, seconds(f.bound), f"{100 * f.taken / f.bound:.0f} % of it", f.verdict] for f in found]
        headers = ["job, the slowest case", "may take", "takes", "verdict"]
        record("formulas", headers, rows, "python -m benchmarks.formulas --write")
    return int(any(each.verdict == "missed" for each in found))


if __name__ == "__main__":
    sys.exit(main())
