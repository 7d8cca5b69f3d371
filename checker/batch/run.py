"""A class folder from end to end: collect, grade in blocks, keep, render."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.collect import File, Passed, Unreadable, collect, expected, kind_of
from checker.batch.lateness import Lateness, late_column
from checker.batch.people import People
from checker.batch.platforms import stem_of
from checker.batch.pool import Job, Piece, Workers
from checker.batch.problems import Found, Problems, Ready
from checker.batch.record import Entry, Outcome, Variant, ungradable
from checker.batch.render import Writer, cannot_be_written
from checker.batch.roll import Count, Roll
from checker.batch.spreadsheet import LARGEST, read_spreadsheet
from checker.batch.store import NAME, Result, Results
from checker.batch.work import Graded, Part, WantedReport, draw_part, failed, grade_one, grade_part, write_part
from checker.batch.worksheet import Worksheet
from checker.errors import AuthorError, CheckerError, Finding, SubmissionError
from checker.reports import FORMATS, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from checker.batch.classreport import ClassReport
    from checker.batch.gradebook import Row
    from checker.batch.lateness import Policy
    from checker.batch.store import Known
    from checker.batch.worksheet import Filled
    from checker.cache import Store
    from checker.outcome import Grade

BLOCK = 1_250  # submissions graded at once
BLOCK_SLOTS = 2_000_000  # numbers worked at once: fewer submissions where a problem is large
POOL_FROM = 1_500  # a pool of processes costs more than it saves on a smaller class
CHUNK = 500  # files looked up at once
WAITING = 20_000  # submissions that wait for their block to fill, of all families of problems
TIMEOUT = 60.0  # seconds a block may take
REPORTS = ("json", "markdown")
MOST_PASSED = 1_000  # files passed over that a summary lists


class Options(NamedTuple):
    """How a class is graded and what is written."""

    reports: tuple[str, ...] = REPORTS
    feedback: Level = Level.HINT
    keep: str = "last"
    junit: bool = False
    jobs: int = 1
    timeout: float = TIMEOUT
    pool_from: int = POOL_FROM
    gradescope: bool = False
    roster: Path | None = None
    gradebook: Path | None = None
    column: str | None = None
    due: float | None = None
    late: Policy | None = None
    late_column: str | None = None
    pseudonyms: bool = False
    dry_run: bool = False


class Class(NamedTuple):
    """What is known of the class beside its folder: who is in it, what lateness costs, and the gradebook to fill."""

    people: People
    lateness: Lateness | None
    worksheet: Worksheet | None
    digest: str

    @staticmethod
    def read(options: Options) -> Class:
        """What the options say.

        Raises:
            AuthorError: a file cannot be read, or says something that cannot be used.
        """
        from checker.find import contents

        digest = hashlib.sha256(repr((options.due, options.late, options.late_column, options.column)).encode())
        sheet = worksheet = None
        if options.roster is not None:
            data = contents(options.roster, AuthorError, LARGEST)
            digest.update(data)
            sheet = read_spreadsheet(data, str(options.roster))
        if options.gradebook is not None:
            data = contents(options.gradebook, AuthorError, LARGEST)
            digest.update(data)
            worksheet = Worksheet(data, str(options.gradebook), options.column)
        people = People(sheet) if sheet is not None else worksheet.people if worksheet is not None else People()
        lateness = None
        if options.late is not None:
            column = None
            if options.late_column is not None:
                column = late_column(people, options.late_column, options.due)
            elif options.due is None:
                raise AuthorError(Finding("a late policy needs --due or --late-column", None, "say when it was due"))
            lateness = Lateness(options.late, options.due, people, column)
        return Class(people, lateness, worksheet, digest.hexdigest())


class Summary(NamedTuple):
    """What became of a class, and how many submissions were graded anew in this run and files written.

    `passed` lists the files that are no submissions and `reasons` the rows that have no grade, as far as they are not
    too many; `rows` gives the gradebook.
    """

    graded: int
    ungradable: int
    regraded: int
    written: int
    passed: list[Passed]
    passed_over: int
    reasons: list[Row]
    remarks: list[str]
    rows: Callable[[], Iterator[Row]]

    @property
    def submissions(self) -> int:
        """How many submissions there are."""
        return self.graded + self.ungradable


def grade_class(
    folder: Path,
    out: Path,
    problems: Path | None = None,
    options: Options = Options(),  # noqa: B008 - immutable
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    announce: Callable[[list[Change]], None] | None = None,
) -> Summary:
    """Grade what is in `folder` and write everything below `out`.

    `announce` is told, before anything is written, whose points change though their files do not.

    Raises:
        AuthorError: the folder cannot be read, or `out` cannot be written; what was there before stays whole.
    """
    known = Class.read(options)
    if options.dry_run:
        return _tried(folder, out, problems, options, known, executor, store, progress or _silent, announce)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_be_written(out, error) from error
    writer = Writer(out)
    workers = Workers(options.jobs, options.timeout, options.pool_from, executor)
    with Results(out) as results:
        writer.clear()
        try:
            grading = Grading(folder, out, problems, options, workers, store, progress or _silent, results)
            changed = grading.run()
            _announce(results, announce)
            rendering = Rendering(out, options, known, workers, progress or _silent, results, writer)
            return rendering.run(grading.regraded, changed)
        finally:
            workers.close()
            writer.clear()


def _tried(
    folder: Path,
    out: Path,
    problems: Path | None,
    options: Options,
    known: Class,
    executor: Executor | None,
    store: Store | None,
    progress: Callable[[str, int, int], None],
    announce: Callable[[list[Change]], None] | None,
) -> Summary:
    """What a run would find: all of it happens in a copy of the database, and nothing below `out` is touched."""
    workers = Workers(options.jobs, options.timeout, options.pool_from, executor)
    with tempfile.TemporaryDirectory(prefix="check-backprop-") as place:
        if (out / NAME).is_file():
            with Results(out) as results:
                results.copy(Path(place, NAME))
        with Results(Path(place)) as results:
            try:
                grading = Grading(folder, out, problems, options, workers, store, progress, results)
                grading.run()
            finally:
                workers.close()
            _announce(results, announce)
            roll = Roll(results, options.keep, known.people, known.lateness)
            tally, rows = roll.count(), list(roll)
            passed = [Passed(*each) for each in results.passed()]
            remarks = [f"{row.submission}: {row.remark}" for row in tally.remarks]
            return Summary(
                tally.graded, tally.ungradable, grading.regraded, 0, passed[:MOST_PASSED], len(passed),
                tally.reasons, remarks, lambda: iter(rows),
            )  # fmt: skip


class Change(NamedTuple):
    """A submission whose points are other than they were though its file is the same; None where it has no grade."""

    student: str
    submission: str
    problem: str
    before: float | None
    after: float | None
    possible: float

    @property
    def gain(self) -> float:
        """How many points the student gains."""
        return round((self.after or 0.0) - (self.before or 0.0), 6)


def _announce(results: Results, announce: Callable[[list[Change]], None] | None) -> None:
    if announce is None:
        return
    changes = []
    for outcome, status, awarded, _ in results.earlier():
        before = awarded if status == "graded" else None
        after = outcome.awarded if outcome.status == "graded" else None
        if before != after:
            changes.append(Change(outcome.student, outcome.name, outcome.problem, before, after, outcome.possible))
    announce(changes)


def _silent(_what: str, _done: int, _total: int) -> None:
    return


class _Waiting(NamedTuple):
    """A submission that waits for its block: what is known of it already, and its problem."""

    entry: Entry
    result: Result
    found: Found


class Grading:
    """Grades what is new or was changed, and keeps it."""

    def __init__(
        self,
        folder: Path,
        out: Path,
        problems: Path | None,
        options: Options,
        workers: Workers,
        store: Store | None,
        progress: Callable[[str, int, int], None],
        results: Results,
    ) -> None:
        self.folder, self.out, self.options = folder, out, options
        self.workers, self.progress, self.results = workers, progress, results
        self.version = grader_version()
        self.problems = Problems(folder, problems, self.version, store)
        self.regraded = 0
        self._seen = 0
        self._kept: list[Result] = []  # ungradable ones that are not in the database yet
        self._new: list[_Waiting] = []
        self._blocks: dict[str, list[tuple[_Waiting, Ready]]] = {}  # by family

    def run(self) -> bool:
        """Grade; whether anything is other than after the last run."""
        self.results.begin()
        total = expected(self.folder, self.out)
        self.progress("graded", 0, total)
        done = 0
        for job, parts in self.workers.run(self._jobs()):
            block = job.label
            self._keep(block, parts)  # type: ignore[arg-type]
            done += job.size
            self.progress("graded", min(self._seen, total), total)
        self._flush()
        self.progress("graded", total, total)
        _, changed = self.results.settle()
        return changed or self.regraded > 0

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
            if len(chunk) >= CHUNK or found.state == "":
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
            if not self._unchanged(file, known.get(file.name)):
                self._read(file, known.get(file.name), passed)
        if len(self._kept) >= CHUNK:
            self._flush()

    def _unchanged(self, file: File, known: Known | None) -> bool:
        """Whether the file, by its size and times, and its problem are what they were; then it need not be read."""
        if known is None or not file.state or known.state != file.state or not known.key or not known.variant:
            return False
        return self.problems.find(known.problem, file.name).key == known.variant

    def _read(self, file: File, known: Known | None, passed: list[Passed]) -> None:
        try:
            data = file.read()
        except Unreadable as error:
            passed.append(Passed(file.name, str(error), lost=True))
            return
        named = _quick_problem(data)
        reason = ""
        if named is None:
            kind = kind_of(data)
            if kind != "submission":
                said = f"it is a {kind}" if kind else "it does not say `format: check-backprop/submission@1`"
                passed.append(Passed(file.name, said))
                return
            named, reason = _named_problem(data, file.name)
        found = self.problems.find(named, file.name) if not reason else Found("", None, b"", reason)
        content = hashlib.sha256(data).hexdigest()
        key = _digest(self.version, file.name, file.fallback, found.reason, found.key, content)
        if known is not None and known.key == key and known.state == file.state:
            return
        entry = Entry(file.name, file.fallback, data)
        sender = file.sender
        result = Result(
            Outcome(file.name, "", "", ""), key, found.key, "", content,
            sender.name, sender.id, sender.turn, file.sent if sender.sent is None else sender.sent, file.state,
        )  # fmt: skip
        if found.reason:
            self._kept.append(result._replace(outcome=ungradable(entry, found.reason, named, _student(data))))
            self.regraded += 1
            return
        self._new.append(_Waiting(entry, result, found))

    def _passed_over(self, passed: list[Passed]) -> None:
        """Note what is no submission; what may have been one and cannot be read is listed among them."""
        lost = [each for each in passed if each.lost]
        self.results.known([each.name for each in lost])
        for each in lost:
            outcome = ungradable(Entry(each.name, stem_of(each.name), b""), each.reason, lasting=False)
            self._kept.append(Result(outcome, "", "", "", ""))
        self.results.pass_over([each for each in passed if not each.lost])

    def _full(self, *, last: bool = False) -> Iterator[Job]:
        """The blocks that are full; all of them where these are the last."""
        if self._new:
            ready = self.problems.ready({each.found.key: each.found for each in self._new}.values())
            for waiting in self._new:
                problem = ready[waiting.found.key]
                if problem.task is None:
                    outcome = ungradable(waiting.entry, problem.reason, "", _student(waiting.entry.data))
                    named = _quick_problem(waiting.entry.data) or _named_problem(waiting.entry.data, "")[0]
                    self._kept.append(waiting.result._replace(outcome=outcome._replace(problem=named)))
                    self.regraded += 1
                else:
                    self._blocks.setdefault(problem.task.key, []).append((waiting, problem))
            self._new = []
        crowded = sum(map(len, self._blocks.values())) > WAITING
        for family in sorted(self._blocks):
            members = self._blocks[family]
            task = members[0][1].task
            assert task is not None
            size = max(1, min(BLOCK, BLOCK_SLOTS // max(1, task.slots)))
            while len(members) >= size or (members and (last or crowded)):
                yield self._job(members[:size])
                del members[:size]
            if not members:
                del self._blocks[family]

    def _job(self, members: list[tuple[_Waiting, Ready]]) -> Job:
        task = members[0][1].task
        assert task is not None
        variants: dict[str, Variant] = {}
        for _, ready in members:
            variants.setdefault(ready.variant.key, ready.variant)
        order = {key: place for place, key in enumerate(variants)}
        entries = [waiting.entry._replace(variant=order[ready.variant.key]) for waiting, ready in members]
        listed = list(variants.values())

        def pieces() -> list[Piece]:
            return [
                Piece(grade_one, (task, [listed[entry.variant]], [entry._replace(variant=0)]), _failing(entry))
                for entry in entries
            ]

        return Job(grade_part, (task, listed, entries), len(entries), (members, listed), pieces)

    # ---------------------------------------------------------------- what became of it

    def _keep(self, label: tuple[list[tuple[_Waiting, Ready]], list[Variant]], parts: list[Graded]) -> None:
        members, variants = label
        at = 0
        for part in parts:
            some = members[at : at + len(part.outcomes)]
            at += len(part.outcomes)
            task = some[0][1].task
            assert task is not None
            results = [
                waiting.result._replace(outcome=outcome, family=task.key)
                for (waiting, _), outcome in zip(some, part.outcomes, strict=True)
            ]
            own = variants if len(parts) == 1 else [ready.variant for _, ready in some]
            numbered = zip(own, part.numbers, strict=True) if part.numbers else ()
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


def _failing(entry: Entry) -> Callable[[str], Graded]:
    return lambda reason: failed(entry, reason)


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
        writer: Writer,
    ) -> None:
        self.out, self.options, self.known, self.workers = out, options, known, workers
        self.progress, self.results, self.writer = progress, results, writer
        self.version = grader_version()
        self._faces: dict[str, bytes] | None = None

    def run(self, regraded: int, changed: bool) -> Summary:
        """Write what differs from what is there, and remove what was written for submissions that are gone."""
        count = self._reports()
        roll = Roll(self.results, self.options.keep, self.known.people, self.known.lateness)
        tally = roll.count()
        passed, passed_over = list[Passed](), 0
        for name, reason in self.results.passed():
            passed_over += 1
            if len(passed) < MOST_PASSED:
                passed.append(Passed(name, reason))
        remarks = [f"{row.submission}: {row.remark}" for row in tally.remarks]
        count += self._class_files(roll, tally, passed, passed_over, remarks)
        gone = self.results.unwanted()
        for name in gone:
            self.writer.remove(name)
        if gone:
            self.results.note_written([], gone)
        if count or changed or gone:
            self.results.tidy()
        return Summary(
            tally.graded,
            tally.ungradable,
            regraded,
            count,
            passed,
            passed_over,
            tally.reasons,
            remarks,
            lambda: _reopened(self.out, self.options, self.known),
        )

    def faces(self) -> dict[str, bytes]:
        """Every family's face."""
        if self._faces is None:
            self._faces = self.results.faces()
        return self._faces

    # ---------------------------------------------------------------- reports

    def _reports(self) -> int:
        if not self.options.reports:
            return 0
        seen = _digest(self.options.feedback.value, self.version)
        written, done = 0, 0
        self.progress("reported", 0, 0)
        remote = self.workers.given
        for job, parts in self.workers.run(self._report_jobs(seen, remote=remote)):
            for part in parts:
                files = part if not remote else [
                    (each.file, each.key, *self.writer.write(each.file, each.text)) for each in part
                ]  # fmt: skip
                self.results.note_written(files)
                written += len(files)
            done += job.size
            self.progress("reported", done, 0)
        return written

    def _report_jobs(self, seen: str, *, remote: bool) -> Iterator[Job]:
        """The reports that are not there as they should be, block by block."""
        for number, family, found in self.results.graded():
            wanted = list(self._wanted(found, seen))
            if not wanted:
                continue
            variants = self.results.numbers(sorted({each.variant for each in wanted}))
            part = Part(self.faces()[family], self.results.block(number), variants)
            submissions = len({each.outcome.name for each in wanted})
            if remote:
                yield Job(draw_part, (self.options.feedback, wanted, part), submissions)
            else:
                yield Job(write_part, (self.options.feedback, wanted, part, str(self.out)), submissions)

    def _wanted(self, found: list[tuple[Outcome, str, str]], seen: str) -> Iterator[WantedReport]:
        twice = set(self.results.alike([outcome.name for outcome, _, _ in found]))  # ada.yaml and ada.yml
        wanted = []
        for outcome, key, variant in found:
            stem = outcome.name if outcome.name in twice else outcome.name.rpartition(".")[0] or outcome.name
            made = _digest(seen, key, variant)
            wanted += [
                WantedReport(outcome, variant, form, f"reports/{stem}{FORMATS[form].suffix}", made)
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

    def _class_files(self, roll: Roll, tally: Count, passed: list[Passed], passed_over: int, remarks: list[str]) -> int:
        """The gradebook, the class report and what else is asked for, if anything that they say has changed."""
        options = self.options
        digest = hashlib.sha256(f"{self.version}:{options.keep}:{options.pseudonyms}:{self.known.digest}".encode())
        for row in self.results.fingerprint():
            digest.update(repr(row if self.known.lateness is not None else row[:-1]).encode(errors="replace"))
        state = digest.hexdigest()
        drawn = self._drawn(roll, tally, passed, passed_over, remarks)
        written = self.results.written(list(drawn))
        if all(self._as_written(name, state, written.get(name)) for name in drawn):
            if self.known.worksheet is not None:
                remarks += self._filled(roll).remarks
            return 0
        for name, draw in drawn.items():
            self.results.note_written([(name, state, *self.writer.stream(name, draw()))])
        return len(drawn)

    def _drawn(
        self, roll: Roll, tally: Count, passed: list[Passed], passed_over: int, remarks: list[str]
    ) -> dict[str, Callable[[], Iterable[bytes]]]:
        """What draws each file of the class."""
        from checker.batch import ci, gradebook, gradescope

        def report() -> ClassReport:
            if not made:
                made.append(self._report(roll, tally, passed, passed_over))
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
            drawn["junit.xml"] = lambda: ci.junit(roll, tally)
        if self.options.gradescope:
            drawn["results.json"] = lambda: gradescope.draw(roll, self._grades(roll), self.options.feedback)
        if self.known.worksheet is not None:
            drawn[self.known.worksheet.name] = upload
        return drawn

    def _report(self, roll: Roll, tally: Count, passed: list[Passed], passed_over: int) -> ClassReport:
        from checker.batch.borrowed import borrowed
        from checker.batch.classreport import ClassReport, pseudonyms
        from checker.batch.kept import Face
        from checker.batch.survey import survey

        faces = {key: Face.load(face) for key, face in self.faces().items()}
        policy = str(self.known.lateness.policy) if self.known.lateness is not None else ""
        called = pseudonyms(roll.standings()) if self.options.pseudonyms else {}
        pictures = list(survey(self.results, tally.counting, faces))
        found = borrowed(self.results, tally.counting, faces) if any(each.problems > 1 for each in pictures) else []
        return ClassReport(pictures, tally, passed, passed_over, roll, policy, called, found)

    def _filled(self, roll: Roll) -> Filled:
        assert self.known.worksheet is not None
        problems = [
            (family, *min((problem, title) for problem, title, _ in self.results.numbers(keys).values()))
            for family, keys in self.results.problems()
        ]
        return self.known.worksheet.fill(roll.points(), problems)

    def _grades(self, roll: Roll) -> Iterator[Grade]:
        """The grades of what counts, few as they are where somebody asks for them."""
        from checker.batch.render import Reporter

        counting = {row.submission for row in roll if row.counts and row.percent is not None}
        for number, family, found in self.results.graded():
            some = [each for each in found if each[0].name in counting]
            if some:
                variants = self.results.numbers(sorted({variant for _, _, variant in some}))
                part = Part(self.faces()[family], self.results.block(number), variants)
                reporter = Reporter(self.options.feedback, part)
                for outcome, _, variant in some:
                    yield reporter.grade(outcome, variant)


def _reopened(out: Path, options: Options, known: Class) -> Iterator[Row]:
    with Results(out) as results:
        results.begin()
        yield from Roll(results, options.keep, known.people, known.lateness)


# -------------------------------------------------------------------- looking into submissions


def grader_version() -> str:
    """What a grade and its report depend on besides the files: our release, and our source as it stands."""
    import checker

    package = Path(checker.__file__).parent
    digest = hashlib.sha256(checker.__version__.encode())
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(each for each in folders if each not in ("web", "__pycache__"))
        for name in sorted(names):
            if name.endswith((".py", ".lark", ".html", ".css")):
                status = os.lstat(f"{folder}/{name}")
                where = folder[len(str(package)) :]
                digest.update(f"{where}/{name}:{status.st_size}:{status.st_mtime_ns};".encode())
    return digest.hexdigest()[:16]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()


def _quick_problem(data: bytes) -> str | None:
    """The id of the problem of a submission that begins plainly; None where it has to be read as a whole."""
    if not data.startswith(b"format: check-backprop/submission@1\nproblem: "):
        return None
    named = data[45 : data.find(b"\n", 45)]
    if named.isalnum() or named.replace(b"-", b"").replace(b"_", b"").isalnum():
        text = named.decode("ascii", "replace")
        return text if text.isascii() and text[0].isalpha() and text.lower() not in ("null", "true", "false") else None
    return None


def _named_problem(data: bytes, file: str) -> tuple[str, str]:
    """The id of the problem of any other submission, or why it cannot be read."""
    from checker.submission import load_submission

    try:
        return load_submission(data, file).problem, ""
    except SubmissionError as error:
        return "", str(error)
    except CheckerError:
        raise
    except Exception as error:  # a fault of ours costs nobody a point
        return "", f"a fault of ours, not of this submission: {type(error).__name__}: {error}"


def _student(data: bytes) -> str:
    """Who a file that cannot be graded is by, if it says so on a line of its own."""
    found = re.search(rb"(?m)^student:[ \t]*([\"']?)([^\"'#\r\n]{1,200})\1[ \t]*(?:#.*)?\r?$", data[:65_536])
    return found[2].decode("utf-8", "replace").strip() if found else ""


def check_options(options: Options) -> None:
    """Raises AuthorError where an option says something that there is not."""
    for name in options.reports:
        if name not in FORMATS:
            raise AuthorError(Finding(f"there is no report format {name!r}", None, f"use {', '.join(FORMATS)} or none"))
