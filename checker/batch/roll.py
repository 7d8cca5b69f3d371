"""The class in a row: every submission with its grade, which of a student's counts, and what is worth a look."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from checker.batch import gradebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.batch.gradebook import Row
    from checker.batch.store import Results, Standing

SMALL = 20_000  # submissions that are held in memory rather than asked for again


class Roll:
    """The rows of the gradebook in the order of the submissions; can be gone through again."""

    def __init__(self, results: Results, keep: str) -> None:
        self.results, self.keep = results, keep
        self._rows: list[Row] | None = None

    def __iter__(self) -> Iterator[Row]:
        if self._rows is not None:
            yield from self._rows
            return
        held: list[Row] | None = []
        for standing in self.standings():
            row = gradebook.row(standing.outcome, counts=standing.rank == 1)
            if held is not None:
                held.append(row)
                if len(held) > SMALL:
                    held = None
            yield row
        self._rows = held

    def standings(self) -> Iterator[Standing]:
        """Every submission with its place among those of one student."""
        yield from self.results.standings(
            lambda student: student, lambda *_: False, lambda student, awarded, possible, sent: awarded, self.keep
        )

    def count(self) -> Count:
        """What is counted of the rows."""
        found = Count(array("d"), {}, 0, 0, [])
        rows: list[Row] | None = []
        graded = ungradable = 0
        for standing in self.standings():
            outcome = standing.outcome
            row = gradebook.row(outcome, counts=standing.rank == 1)
            if rows is not None:
                rows.append(row)
                if len(rows) > SMALL:
                    rows = None
            if row.percent is None:
                ungradable += 1
                if len(found.reasons) < MOST_REASONS:
                    found.reasons.append(row)
                continue
            graded += 1
            if row.counts:
                found.percents.append(row.percent)
                found.counting.setdefault(standing.block, array("l")).append(outcome.position)
        self._rows = rows
        return found._replace(graded=graded, ungradable=ungradable)


MOST_REASONS = 500


class Count(NamedTuple):
    """What a class comes to: the percents of the submissions that count, and where they stand by block and position.

    `reasons` are the first of the rows that have no grade.
    """

    percents: array[float]
    counting: dict[int, array[int]]
    graded: int
    ungradable: int
    reasons: list[Row]
