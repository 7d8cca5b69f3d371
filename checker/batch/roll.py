"""The class in a row: every submission with its grade, which of a student's counts, and what is worth a look."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from checker.batch import gradebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.batch.found import Passed
    from checker.batch.gradebook import Row
    from checker.batch.lateness import Lateness
    from checker.batch.people import People
    from checker.batch.store import Results, Standing
    from checker.batch.worksheet import Points

SMALL = 20_000  # submissions that are held in memory rather than asked for again
MOST_PASSED = 1_000  # files passed over that are held in memory


class Roll:
    """The rows of the gradebook in the order of the submissions; can be gone through again."""

    def __init__(self, results: Results, keep: str, people: People, lateness: Lateness | None) -> None:
        self.results, self.people, self.lateness = results, people, lateness
        self._rows: list[Row] | None = None
        results.rank(people.key, people.doubtful, self._final, keep)

    def __iter__(self) -> Iterator[Row]:
        if self._rows is not None:
            yield from self._rows
            return
        for standing in self.standings():
            yield self.row(standing)

    def standings(self) -> Iterator[Standing]:
        """Every submission with its place among those of one student."""
        yield from self.results.standings()

    def row(self, standing: Standing) -> Row:
        """The gradebook's row of a submission."""
        outcome = standing.outcome
        days, penalty = self._late(outcome.student, outcome.awarded, outcome.possible, standing.sent)
        remark = self.people.remark(outcome.name, outcome.student, standing.sender, standing.sender_id)
        return gradebook.row(outcome, counts=standing.rank == 1, days=days, penalty=penalty, remark=remark)

    def points(self) -> Iterator[Points]:
        """What counts in the end, for an instructor's own gradebook."""
        from checker.batch.worksheet import Points

        for standing in self.standings():
            row = self.row(standing)
            if row.counts:
                doubtful = self.people.doubtful(row.submission, row.student, standing.sender, standing.sender_id)
                yield Points(
                    row.student, standing.family or row.problem, row.final, row.possible or 0.0, doubtful,
                    standing.sender, standing.sender_id,
                )  # fmt: skip

    def _late(self, student: str, awarded: float, possible: float, sent: float) -> tuple[int, float]:
        if self.lateness is None:
            return 0, 0.0
        days = self.lateness.days(student, sent)
        return days, self.lateness.policy.penalty(awarded, possible, days)

    def _final(self, student: str, awarded: float, possible: float, sent: float) -> float:
        return awarded - self._late(student, awarded, possible, sent)[1]

    def count(self) -> Count:
        """What is counted of the rows."""
        found = Count(array("d"), {}, 0, 0, 0, [], [], 0, [], 0)
        there = bytearray(len(self.people.persons))  # who of the roster handed something in
        rows: list[Row] | None = []
        graded = ungradable = late = remarks = others = 0
        for standing in self.standings():
            outcome, row = standing.outcome, self.row(standing)
            if there:
                for place in self.people.places(outcome.name, outcome.student, standing.sender, standing.sender_id):
                    there[place] = True
            if rows is not None:
                rows.append(row)
                if len(rows) > SMALL:
                    rows = None
            if not row.counts:
                others += 1
                if len(found.others) < MOST_REASONS:
                    found.others.append(row)
            if row.remark:
                remarks += 1
                if len(found.remarks) < MOST_REASONS:
                    found.remarks.append(row)
            if row.percent is None:
                ungradable += 1
                if len(found.reasons) < MOST_REASONS:
                    found.reasons.append(row)
                continue
            graded += 1
            if row.counts:
                late += row.late_days > 0
                found.percents.append(row.worth if row.worth is not None else row.percent)
                found.counting.setdefault(standing.block, array("l")).append(outcome.position)
        self._rows = rows
        absent = [person.label for person, seen in zip(self.people.persons, there, strict=True) if not seen]
        return found._replace(
            graded=graded, ungradable=ungradable, late=late, remarked=remarks, not_counting=others,
            absent=absent if self.people else None,
        )  # fmt: skip


MOST_REASONS = 500


class Count(NamedTuple):
    """What a class comes to: the percents of the submissions that count, and where they stand by block and position.

    `late` is how many of those were late. Of the first rows that have no grade there are the `reasons`, of those that
    something is odd about (`remarked` in all) the `remarks`, and of those that do not count (`not_counting` in all),
    since their students handed in another, the `others`. `absent` are those on the roster who handed in nothing, None
    where there is no roster.
    """

    percents: array[float]
    counting: dict[int, array[int]]
    graded: int
    ungradable: int
    late: int
    reasons: list[Row]
    remarks: list[Row]
    remarked: int
    others: list[Row]
    not_counting: int
    absent: list[str] | None = None


class PassedOver(NamedTuple):
    """The files that are no submissions: how many, and the first of them."""

    total: int
    first: list[Passed]

    @staticmethod
    def of(results: Results) -> PassedOver:
        """Those of a class."""
        from checker.batch.found import Passed

        total, first = 0, list[Passed]()
        for total, (name, reason) in enumerate(results.passed(), 1):
            if total <= MOST_PASSED:
                first.append(Passed(name, reason))
        return PassedOver(total, first)
