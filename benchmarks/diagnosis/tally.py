"""Shares and means by figure, and what failed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict


def _two() -> list[float]:
    return [0.0, 0.0]


def _three() -> list[int]:
    return [0, 0, 0]


class Tally:
    """Shares and means by figure, and what failed."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, list[float]] = defaultdict(_two)
        self.failures: Counter[tuple[str, str, str, str]] = Counter()
        self.examples: dict[tuple[str, str, str, str], str] = {}
        self.by_code: defaultdict[tuple[str, str], list[int]] = defaultdict(_three)
        self.unseen = self.made = self.like_right = 0

    def add(self, figure: str, value: float, weight: float = 1.0) -> None:
        self.counts[figure][0] += value
        self.counts[figure][1] += weight

    def fail(self, what: str, code: str, step: str, said: str, example: str) -> None:
        key = (what, code, re.sub(r"\d+", "#", step), said)
        self.failures[key] += 1
        self.examples.setdefault(key, example)

    def merge(self, other: Tally) -> None:
        for figure, (value, weight) in other.counts.items():
            self.add(figure, value, weight)
        self.failures += other.failures
        self.examples = other.examples | self.examples
        for key, counted in other.by_code.items():
            self.by_code[key] = [a + b for a, b in zip(self.by_code[key], counted, strict=True)]
        self.unseen += other.unseen
        self.like_right += other.like_right
        self.made += other.made

    def figure(self, name: str) -> float | None:
        total, weight = self.counts[name]
        if name == "free points after an early 0":
            return total
        return total / weight if weight else None
