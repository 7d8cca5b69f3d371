"""Grading what is new or was changed: the folder becomes blocks of submissions of one family, each kept when done."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.collect import collect, expected
from checker.batch.found import Passed
from checker.batch.intake import Intake, Refused, Waiting
from checker.batch.outcomes import Entry, Variant, ungradable
from checker.batch.platforms import stem_of
from checker.batch.pool import Job
from checker.batch.problems import Problems
from checker.batch.store import Source
from checker.batch.version import grader_version
from checker.batch.work import Graded, failed, grade_one, grade_part, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from checker.batch.found import File
    from checker.batch.pool import Workers
    from checker.batch.problems import Ready, Task
    from checker.batch.store import Results
    from checker.cache import Store

BLOCK = 2_500  # submissions graded at once
BLOCK_FORMULAS = 1_000  # each is tested by itself, which takes some milliseconds
FORMULA = 20  # as many submissions without one take about as long
BLOCK_SLOTS = 2_000_000  # numbers worked at once: fewer submissions where a problem is large
CHUNK = 500  # files looked up at once
WAITING = 20_000  # submissions that wait for their block to fill, of all families of problems


class Member(NamedTuple):
    """A submission in a block, and its problem made ready."""

    waiting: Waiting
    variant: Variant


class Grading:
    """Grades what is new or was changed in `folder`, and keeps it in `results`."""

    def __init__(
        self,
        folder: Path,
        out: Path,
        problems: Path | None,
        workers: Workers,
        store: Store | None,
        progress: Callable[[str, int, int], None],
        results: Results,
    ) -> None:
        self.folder, self.out = folder, out
        self.workers, self.progress, self.results = workers, progress, results
        version = grader_version()
        self.problems = Problems(folder, problems, version, store)
        self.intake = Intake(self.problems, version)
        self.regraded = 0
        self._seen = 0
        self._kept: list[Refused] = []  # ungradable ones that are not in the database yet
        self._new: list[Waiting] = []
        self._blocks: dict[str, tuple[Task, list[Member]]] = {}  # by family

    def run(self) -> bool:
        """Grade; whether anything is other than after the last run."""
        self.results.begin()
        total = expected(self.folder, self.out)
        self.progress("graded", 0, total)
        for job, parts in self.workers.run(self._jobs()):
            self._keep(job.label, parts)  # type: ignore[arg-type]  # a label is whatever `_job` gave it
            self.progress("graded", min(self._seen, total), total)
        self._flush()
        self.progress("graded", total, total)
        return self.results.settle() or self.regraded > 0

    # ---------------------------------------------------------------- what has to be graded

    def _jobs(self) -> Iterator[Job]:
        """Blocks of submissions of one family, as they fill; the folder is read no faster than they are graded."""
        chunk: list[File] = []
        passed: list[Passed] = []
        for found in collect(self.folder, self.out):
            if isinstance(found, Passed):
                passed.append(found)
                continue
            chunk.append(found)
            if len(chunk) >= CHUNK:
                self._look(chunk, passed)
                chunk = []
                yield from self._full()
        self._look(chunk, passed)
        self._passed_over(passed)
        yield from self._full(last=True)

    def _look(self, chunk: list[File], passed: list[Passed]) -> None:
        """Look at some files: those that are not as they were wait to be graded."""
        known = self.results.known([file.name for file in chunk])
        self._seen += len(chunk)
        for file in chunk:
            found = self.intake.look(file, known.get(file.name))
            if isinstance(found, Waiting):
                self._new.append(found)
            elif isinstance(found, Passed):
                passed.append(found)
            elif found is not None:
                self._ungradable(found)
        if len(self._kept) >= CHUNK:
            self._flush()

    def _ungradable(self, refused: Refused) -> None:
        self._kept.append(refused)
        self.regraded += 1

    def _passed_over(self, passed: list[Passed]) -> None:
        """Note what is no submission; what may have been one and cannot be read is listed among them."""
        lost = [each for each in passed if each.lost]
        self.results.known([each.name for each in lost])
        for each in lost:
            outcome = ungradable(Entry(each.name, stem_of(each.name), b""), each.reason, lasting=False)
            self._kept.append(Refused(outcome, Source()))
        self.results.pass_over([each for each in passed if not each.lost])

    def _full(self, *, last: bool = False) -> Iterator[Job]:
        """The blocks that are full; all of them where these are the last."""
        self._sort()
        crowded = sum(len(members) for _, members in self._blocks.values()) > WAITING
        for family in sorted(self._blocks):
            task, members = self._blocks[family]
            size = max(1, min(BLOCK, BLOCK_SLOTS // max(1, task.slots)))
            while count := _filled(members, size, whole=last or crowded):
                yield self._job(task, members[:count])
                del members[:count]
            if not members:
                del self._blocks[family]

    def _sort(self) -> None:
        """What is new goes to the block of its problem's family, or is ungradable where that is no problem."""
        if not self._new:
            return
        ready: dict[str, Ready] = self.problems.ready({each.found.key: each.found for each in self._new}.values())
        for waiting in self._new:
            problem = ready[waiting.found.key]
            if problem.task is None:
                self._ungradable(waiting.refused(problem.reason))
            else:
                _, members = self._blocks.setdefault(problem.task.key, (problem.task, []))
                members.append(Member(waiting, problem.variant))
        self._new = []

    def _job(self, task: Task, members: list[Member]) -> Job:
        """The grading of a block.

        Where it fails it is done again in parts of about the square root of its size. So one submission that takes too
        long is waited for three times, and the others are not graded one by one.
        """
        prepare()
        variants = _variants(members)
        place = {variant.key: number for number, variant in enumerate(variants)}
        entries = [waiting.entry for waiting, _ in members]  # of the first problem, as most are
        if len(variants) > 1:
            entries = [waiting.entry._replace(variant=place[variant.key]) for waiting, variant in members]
        count = len(members)
        work = count + FORMULA * sum(waiting.formulas for waiting, _ in members)

        def parts() -> list[Job]:
            size = isqrt(count)
            return [self._job(task, members[start : start + size]) for start in range(0, count, size)]

        if count == 1:
            return Job(grade_one, (task, variants, entries), 1, (task, members), None, _failing(entries[0]), work)
        return Job(grade_part, (task, variants, entries), count, (task, members), parts, None, work)

    # ---------------------------------------------------------------- what became of it

    def _keep(self, label: tuple[Task, list[Member]], parts: list[Graded]) -> None:
        """Keep a block, or each of the parts that it had to be graded in."""
        task, members = label
        at = 0
        for part in parts:
            some = members[at : at + len(part.outcomes)]
            at += len(part.outcomes)
            results = [(outcome, member.waiting.source) for member, outcome in zip(some, part.outcomes, strict=True)]
            numbered = zip(_variants(some), part.numbers, strict=True) if part.numbers else ()
            self.results.keep(
                results, part.kept, task.key, part.face,
                [(variant.key, variant.problem, variant.title, numbers) for variant, numbers in numbered],
            )  # fmt: skip
            self.regraded += len(results)

    def _flush(self) -> None:
        """Keep what is ungradable and was found so before it came to grading."""
        if self._kept:
            self.results.keep(self._kept)
            self._kept = []


def _filled(members: list[Member], size: int, *, whole: bool) -> int:
    """How many of these make the next block; 0 where it is not full and more may come."""
    formulas = 0
    for count, (waiting, _) in enumerate(members, 1):
        formulas += waiting.formulas
        if count == size or formulas >= BLOCK_FORMULAS:
            return count
    return len(members) if whole else 0


def _variants(members: Sequence[Member]) -> list[Variant]:
    """The problems of these submissions, each once."""
    return list({member.variant.key: member.variant for member in members}.values())


def _failing(entry: Entry) -> Callable[[str], Graded]:
    return lambda reason: failed(entry, reason)
