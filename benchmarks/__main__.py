"""Every ratio in one table: python -m benchmarks. Ends with status 1 where a target is missed."""

from __future__ import annotations

import sys

from benchmarks import derivation, grading, hostile, reading, startup
from benchmarks.ratios import show


def main() -> int:
    figures = [figure for each in (startup, reading, grading, derivation, hostile) for figure in each.measure()]
    show(figures)
    return int(any(figure.verdict == "missed" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
