"""Every file beside the database: what it is made from, and whether it is there already as it would be made."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from checker.batch.intake import digest
from checker.batch.pool import Job
from checker.batch.version import grader_version
from checker.batch.work import Part, WantedReport, draw_part, write_part
from checker.batch.writer import Writer
from checker.outcome import Choice
from checker.reports import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from checker.batch.assignments import Assignment
    from checker.batch.classreport import ClassReport
    from checker.batch.kept import Face
    from checker.batch.options import Class, Options
    from checker.batch.outcomes import Outcome
    from checker.batch.pool import Workers
    from checker.batch.roll import Count, PassedOver, Roll
    from checker.batch.store import Results
    from checker.batch.worksheet import Filled
    from checker.outcome import Grade


class Rendering:
    """Writes every file from what is kept, and leaves those alone that would not change."""

    def __init__(
        self,
        out: Path,
        options: Options,
        known: Class,
        workers: Workers,
        progress: Callable[[str, int, int], None],
        results: Results,
    ) -> None:
        self.out, self.options, self.known, self.workers = out, options, known, workers
        self.progress, self.results, self.writer = progress, results, Writer(out)
        self.writer.clear()
        self.version = grader_version()
        self._faces: dict[str, bytes] | None = None
        self._given: tuple[dict[str, Face], list[Assignment]] | None = None

    def run(self, roll: Roll, tally: Count, passed: PassedOver, remarks: list[str], *, changed: bool) -> int:
        """Write what differs from what is there, and remove what was written for submissions that are gone.

        How many files were written; `remarks` gets what is odd about filling a gradebook.
        """
        try:
            count = self._reports(tally.graded) + self._class_files(roll, tally, passed, remarks)
            gone = self.results.unwanted()
            for name in gone:
                self.writer.remove(name)
        finally:
            self.writer.clear()
        if gone:
            self.results.note_written([], gone)
        if count or changed or gone:
            self.results.tidy()
        return count

    def faces(self) -> dict[str, bytes]:
        """Every family's face."""
        if self._faces is None:
            self._faces = self.results.faces()
        return self._faces

    def assignments(self) -> tuple[dict[str, Face], list[Assignment]]:
        """Every family's face, and the assignments that they make up."""
        from checker.batch.assignments import assignments
        from checker.batch.kept import Face

        if self._given is None:
            faces = {key: Face.load(face) for key, face in self.faces().items()}
            self._given = faces, assignments(self.results, faces)
        return self._given

    # ---------------------------------------------------------------- reports

    def _reports(self, total: int) -> int:
        """Write the students' reports; how many files."""
        if not self.options.reports:
            return 0
        level, language = self.options.feedback, self.options.language
        seen = digest(level.value, self.version, *language.key())
        written, done = 0, 0
        self.progress("reported", 0, total)
        remote = self.workers.given
        for job, parts in self.workers.run(self._report_jobs(seen, remote=remote)):
            for part in parts:
                files = part if not remote else [
                    (each.file, each.key, *self.writer.write(each.file, each.text)) for each in part
                ]  # fmt: skip
                self.results.note_written(files)
                written += len(files)
            done += job.size
            self.progress("reported", done, total)
        return written

    def _report_jobs(self, seen: str, *, remote: bool) -> Iterator[Job]:
        """The reports that are not there as they should be, block by block."""
        several = self.results.several()
        for number, family, found in self.results.graded():
            wanted = list(self._wanted(found, seen, several))
            if not wanted:
                continue
            variants = self.results.numbers(sorted({each.variant for each in wanted}))
            part = Part(self.faces()[family], self.results.block(number), variants)
            submissions = len({each.outcome.name for each in wanted})
            seen_by = self.options.feedback, self.options.language
            if remote:
                yield Job(draw_part, (*seen_by, wanted, part), submissions)
            else:
                yield Job(write_part, (*seen_by, wanted, part, str(self.out)), submissions)

    def _wanted(
        self, found: list[tuple[Outcome, str, str]], seen: str, several: dict[str, tuple[int, int]]
    ) -> Iterator[WantedReport]:
        twice = set(self.results.alike([outcome.name for outcome, _, _ in found]))  # ada.yaml and ada.yml
        wanted = []
        for outcome, key, variant in found:
            stem = outcome.name if outcome.name in twice else outcome.name.rpartition(".")[0] or outcome.name
            choice = None
            if outcome.name in several:
                rank, many = several[outcome.name]
                choice = Choice(rank == 1, many, self.options.keep)
            made = digest(seen, key, variant, *map(str, choice or ()))
            wanted += [
                WantedReport(outcome, choice, variant, form, f"reports/{stem}{FORMATS[form].suffix}", made)
                for form in self.options.reports
            ]
        written = self.results.written([each.file for each in wanted])
        for each in wanted:
            if not self._as_written(each.file, each.key, written.get(each.file)):
                yield each

    def _as_written(self, file: str, key: str, written: tuple[str, int, int] | None) -> bool:
        """Whether a file is there as it was written, and was made from the same."""
        if written is None or written[0] != key:
            return False
        try:
            status = os.lstat(f"{self.out}/{file}")
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == written[1:]

    # ---------------------------------------------------------------- the class

    def _class_files(self, roll: Roll, tally: Count, passed: PassedOver, remarks: list[str]) -> int:
        """The gradebook, the class report and what else is asked for, if anything that they say has changed."""
        options = self.options
        made = hashlib.sha256(f"{self.version}:{options.keep}:{options.pseudonyms}:{self.known.digest}".encode())
        for row in self.results.fingerprint():
            made.update(repr(row if self.known.lateness is not None else row[:-1]).encode(errors="replace"))
        state = made.hexdigest()
        drawn = self._drawn(roll, tally, passed, remarks)
        written = self.results.written(list(drawn))
        if all(self._as_written(name, state, written.get(name)) for name in drawn):
            if self.known.worksheet is not None:
                remarks += self._filled(roll).remarks
            return 0
        for name, draw in drawn.items():
            self.results.note_written([(name, state, *self.writer.stream(name, draw()))])
        return len(drawn)

    def _drawn(
        self, roll: Roll, tally: Count, passed: PassedOver, remarks: list[str]
    ) -> dict[str, Callable[[], Iterable[bytes]]]:
        """What draws each file of the class."""
        from checker.batch import gradebook

        def report() -> ClassReport:
            if not made:
                made.append(self._report(roll, tally, passed))
            return made[0]

        def upload() -> Iterable[bytes]:
            filled = self._filled(roll)
            remarks.extend(filled.remarks)
            return [filled.data]

        made: list[ClassReport] = []
        late = self.known.lateness is not None
        drawn: dict[str, Callable[[], Iterable[bytes]]] = {
            "gradebook.csv": lambda: gradebook.draw(roll, late=late, remarks=tally.remarked > 0),
            "class.json": lambda: report().json(self.results.passed()),
            "class.html": lambda: report().html(),
        }
        if self.options.junit:
            from checker.batch import ci

            drawn["junit.xml"] = lambda: ci.junit(roll, tally)
        if self.options.gradescope:
            from checker.batch import gradescope

            level, language = self.options.feedback, self.options.language
            drawn["results.json"] = lambda: gradescope.draw(roll, self._grades(roll), level, language)
        if self.known.worksheet is not None:
            drawn[self.known.worksheet.name] = upload
        return drawn

    def _report(self, roll: Roll, tally: Count, passed: PassedOver) -> ClassReport:
        from checker.batch.borrowed import borrowed
        from checker.batch.classreport import ClassReport, pseudonyms
        from checker.batch.survey import survey

        faces, given = self.assignments()
        policy = str(self.known.lateness.policy) if self.known.lateness is not None else ""
        called = pseudonyms(roll.standings()) if self.options.pseudonyms else {}
        pictures = list(survey(self.results, tally.counting, faces, given))
        found = borrowed(self.results, tally.counting, faces, given)
        return ClassReport(pictures, tally, passed.first, passed.total, roll, policy, called, found, self.options.keep)

    def _filled(self, roll: Roll) -> Filled:
        assert self.known.worksheet is not None
        given = self.assignments()[1]
        first = {family: each.families[0] for each in given for family in each.families}
        problems = [(each.families[0], each.called, each.topic) for each in given]
        points = (each._replace(problem=first.get(each.problem, each.problem)) for each in roll.points())
        return self.known.worksheet.fill(points, problems)

    def _grades(self, roll: Roll) -> Iterator[Grade]:
        """The grades of what counts, few as they are where somebody asks for them."""
        from checker.batch.reporter import Reporter

        counting = {row.submission for row in roll if row.counts and row.percent is not None}
        for number, family, found in self.results.graded():
            some = [each for each in found if each[0].name in counting]
            if some:
                variants = self.results.numbers(sorted({variant for _, _, variant in some}))
                part = Part(self.faces()[family], self.results.block(number), variants)
                reporter = Reporter(self.options.feedback, part)
                for outcome, _, variant in some:
                    yield reporter.grade(outcome, variant)
