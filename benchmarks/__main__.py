"""Every ratio in one table: python -m benchmarks [--write]. Ends with status 1 where a target is missed."""

from __future__ import annotations

import argparse
import sys

from benchmarks import batch, derivation, grading, hostile, reading, startup
from benchmarks.ratios import keep, show

MEASURED = {
    "startup": startup.measure,
    "reading": reading.measure,
    "grading": grading.measure,
    "batch": batch.measure,
    "derivation": derivation.measure,
    "hostile": hostile.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Every ratio in one table.")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    write = parser.parse_args().write
    figures = []
    for name, measure in MEASURED.items():
        of_this = measure()
        if write:
            keep(name, of_this)
        figures += of_this
    show(figures)
    return int(any(figure.verdict == "missed" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
