"""A class folder from end to end: collect, grade in blocks, keep, render.

Whatever one submission does (it cannot be read, it breaks the grader, it takes too long, it kills its worker) costs
that submission alone: it is listed as ungradable, with the reason, and never as zero.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
import warnings
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.collect import File, Passed, Unreadable, collect, kind_of
from checker.errors import AuthorError, CheckerError, Finding, Place, SubmissionError
from checker.reports import FORMATS, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from checker.batch.gradebook import Row
    from checker.batch.record import Entry, Face, Outcome, Recorder
    from checker.batch.render import Report, Writer
    from checker.batch.store import Results
    from checker.cache import Store

BLOCK = 500  # submissions graded at once
POOL_FROM = 1_000  # a pool of processes costs more than it saves on a smaller class
CHUNK = 8_000  # submissions read before their blocks are handed out
TIMEOUT = 60.0  # seconds a block may take
REPORTS = ("json", "markdown")


class Options(NamedTuple):
    """How a class is graded and what is written."""

    reports: tuple[str, ...] = REPORTS
    feedback: Level = Level.HINT
    keep: str = "last"
    junit: bool = False
    jobs: int = 1
    timeout: float = TIMEOUT
    pool_from: int = POOL_FROM


class Summary(NamedTuple):
    """What became of a class: the gradebook, what was not graded, and how many were graded anew in this run."""

    rows: list[Row]
    passed: list[Passed]
    regraded: int
    written: int

    @property
    def graded(self) -> int:
        """How many submissions have a grade."""
        return sum(row.status == "graded" for row in self.rows)

    @property
    def ungradable(self) -> int:
        """How many have none."""
        return len(self.rows) - self.graded


class Task(NamedTuple):
    """A problem for workers: everything that grading needs, as data."""

    key: str
    source: str
    problem: bytes
    program: bytes
    mistakes: bytes


def grade_class(
    folder: Path,
    out: Path,
    problems: Path | None = None,
    options: Options = Options(),  # noqa: B008 - immutable
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Grade what is in `folder` and write everything below `out`.

    Raises:
        AuthorError: the folder cannot be read, or `out` cannot be written; what was there before stays whole.
    """
    from checker.batch.render import Writer, cannot_be_written
    from checker.batch.store import Results

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_be_written(out, error) from error
    writer = Writer(out)
    with Results(out) as results:
        writer.clear()
        run = _Run(folder, out, problems, options, executor, store, progress or (lambda *_: None), results)
        try:
            run.grade()
            return run.render(writer)
        finally:
            run.close()
            writer.clear()


class _Problem(NamedTuple):
    """A problem of the class: ready for workers, or why it cannot be used."""

    task: Task | None
    key: str
    reason: str = ""


class _Run:
    def __init__(
        self,
        folder: Path,
        out: Path,
        problems: Path | None,
        options: Options,
        executor: Executor | None,
        store: Store | None,
        progress: Callable[[str, int, int], None],
        results: Results,
    ) -> None:
        self.folder, self.out, self.problems, self.options = folder, out, problems, options
        self.store, self.progress, self.results = store, progress, results
        self.executor, self._given = executor, executor is not None
        self.passed: list[Passed] = []
        self.regraded = 0
        self._version = grader_version()
        self._found: dict[tuple[str, str], _Problem] = {}
        self._loaded: dict[str, _Problem] = {}

    def close(self) -> None:
        if self.executor is not None and not self._given:
            _end(self.executor)

    # ---------------------------------------------------------------- grading

    def grade(self) -> None:
        """Grade what is new or was changed."""
        known = self.results.known()
        present: set[str] = set()
        files: list[File] = []
        for found in collect(self.folder, self.out):
            if isinstance(found, Passed):
                self.passed.append(found)
            else:
                files.append(found)
        new: dict[str, list[tuple[Entry, str]]] = {}
        waiting, seen = 0, 0
        for seen, file in enumerate(files, 1):
            item = self._read(file, known, present)
            if item is not None:
                problem, entry, key = item
                new.setdefault(problem, []).append((entry, key))
                waiting += 1
                if waiting >= CHUNK:
                    self._grade(new, seen, len(files))
                    new, waiting = {}, 0
        self._grade(new, seen, len(files))
        self._lost(present)
        self.results.forget(known.keys() - present)

    def _read(self, file: File, known: dict[str, tuple[str, str]], present: set[str]) -> tuple[str, Entry, str] | None:
        """The problem's key, the submission and its own key, where it must be graded."""
        from checker.batch.record import Entry, ungradable

        try:
            data = file.read()
        except Unreadable as error:
            self.passed.append(Passed(file.name, str(error), lost=True))
            return None
        named = _quick_problem(data)
        if named is None:
            kind = kind_of(data)
            if kind != "submission":
                said = f"it is a {kind}" if kind else "it does not say `format: check-backprop/submission@1`"
                self.passed.append(Passed(file.name, said))
                return None
        present.add(file.name)
        problem = None
        reason = ""
        if named is None:
            named, reason = _named_problem(data, file.name)
        if not reason:
            problem = self._problem(named, file.name)
            reason = problem.reason
        digest = hashlib.sha256(f"{self._version}\0{file.name}\0{file.fallback}\0{reason}\0".encode(errors="replace"))
        digest.update(data)
        key, face = digest.hexdigest(), problem.key if problem is not None else ""
        if known.get(file.name) == (key, face):
            return None
        entry = Entry(file.name, file.fallback, data)
        if reason:
            outcome = ungradable(entry, reason, named, _student(data))
            self.results.keep([(key, face, outcome)], {})
            self.regraded += 1
            return None
        return face, entry, key

    def _lost(self, present: set[str]) -> None:
        """What may have been a submission and cannot be read is listed among them."""
        from checker.batch.collect import _who
        from checker.batch.record import Entry, ungradable

        lost = [each for each in self.passed if each.lost]
        outcomes = [("", "", ungradable(Entry(each.name, _who(each.name), b""), each.reason)) for each in lost]
        if outcomes:
            self.results.keep(outcomes, {})
        present.update(each.name for each in lost)

    def _problem(self, named: str, submission: str) -> _Problem:
        """The problem of a submission. Where --problems is given no student can bring one along."""
        beside = "" if self.problems is not None else submission.rpartition("/")[0]
        problem = self._found.get((named, beside))
        if problem is None:
            problem = self._found[named, beside] = self._find(named, beside, submission)
        return problem

    def _find(self, named: str, beside: str, submission: str) -> _Problem:
        from checker.find import contents, find_problem
        from checker.yamlfile import data_folder

        own = self.problems if self.problems is not None else self.folder / beside
        try:
            path = find_problem(named, [own, data_folder("problem_sets")], Place(submission))
            data = contents(path, AuthorError)
        except CheckerError as error:
            reason = str(error).removeprefix(f"{Place(submission)}: ")
            return _Problem(None, "", reason)
        key = hashlib.sha256(self._version.encode() + b"\0" + data).hexdigest()
        if key not in self._loaded:
            self._loaded[key] = _Problem(Task(key, str(path), data, b"", b""), key)
        return self._loaded[key]

    def _ready(self, key: str) -> _Problem:
        """The problem with its program, derived now if it has not been; what it is like where that fails."""
        from checker import load_program
        from checker.readings.program import dump

        problem = self._loaded[key]
        if problem.task is None or problem.task.program:
            return problem
        try:
            path = problem.task.source
            program = dump(load_program(path, self.store))
            mistakes = dump(load_program(path, self.store, mistakes=True))
            task = problem.task._replace(program=program, mistakes=mistakes)
            self._loaded[key] = _Problem(task, key)
        except CheckerError as error:
            self._loaded[key] = _Problem(None, key, f"the problem cannot be used: {error}")
        except Exception as error:  # a fault of ours costs nobody a point
            self._loaded[key] = _Problem(None, key, f"the problem cannot be worked out: a fault of ours: {error!r}")
        return self._loaded[key]

    def _grade(self, new: dict[str, list[tuple[Entry, str]]], seen: int, total: int) -> None:
        from checker.batch.record import ungradable

        blocks: list[tuple[Task, list[tuple[Entry, str]]]] = []
        for key in sorted(new):
            problem, entries = self._ready(key), new[key]
            if problem.task is None:
                self._keep(key, entries, [ungradable(entry, problem.reason) for entry, _ in entries], {})
                continue
            task = problem.task
            blocks += [(task, entries[start : start + BLOCK]) for start in range(0, len(entries), BLOCK)]
        count = sum(len(block) for _, block in blocks)
        done = seen - count
        self.progress("graded", done, total)
        for (task, block), (outcomes, face) in self._outcomes(blocks, count):
            self._keep(task.key, block, outcomes, {task.key: face} if face is not None else {})
            done += len(block)
            self.progress("graded", done, total)

    def _keep(self, face: str, block: list[tuple[Entry, str]], outcomes: list[Outcome], faces: dict[str, Face]) -> None:
        kept = [(key, face, outcome) for (_, key), outcome in zip(block, outcomes, strict=True)]
        self.results.keep(kept, faces)
        self.regraded += len(kept)

    def _outcomes(
        self, blocks: list[tuple[Task, list[tuple[Entry, str]]]], count: int
    ) -> Iterator[tuple[tuple[Task, list[tuple[Entry, str]]], tuple[list[Outcome], Face | None]]]:
        """Each block with what became of it, as they are done."""
        executor = self._pool(count)
        if executor is None:
            for block in blocks:
                yield block, grade_part(block[0], [entry for entry, _ in block[1]])
            return
        queue = deque(blocks)
        pending: dict[Future[tuple[list[Outcome], Face | None]], tuple[Task, list[tuple[Entry, str]]]] = {}
        failed: list[tuple[Task, list[tuple[Entry, str]]]] = []
        while queue or pending:
            while queue and len(pending) < 2 * max(self.options.jobs, 1) and executor is not None:
                block = queue.popleft()
                try:
                    pending[executor.submit(grade_part, block[0], [entry for entry, _ in block[1]])] = block
                except (BrokenExecutor, RuntimeError):
                    failed.append(block)
            done, _ = wait(pending, timeout=self.options.timeout, return_when=FIRST_COMPLETED)
            if not done:  # nobody has finished anything for as long as one block may take
                failed += pending.values()
                pending.clear()
                executor = self._renewed()
            broken = False
            for future in done:
                block = pending.pop(future)
                try:
                    yield block, future.result()
                except BrokenExecutor:
                    broken = True
                    failed.append(block)
                except Exception:  # whatever it was, each of the block's submissions is tried alone
                    failed.append(block)
            if broken:
                failed += pending.values()
                pending.clear()
                executor = self._renewed()
            if executor is None:
                failed += queue
                queue.clear()
        for block in failed:
            yield block, self._one_by_one(*block)

    def _one_by_one(self, task: Task, block: list[tuple[Entry, str]]) -> tuple[list[Outcome], Face | None]:
        """The outcomes of a block that did not end well: each submission in a process that it can take down."""
        from checker.batch.record import ungradable

        face: Face | None = None
        outcomes: list[Outcome] = []
        alone: Executor | None = None
        for entry, _ in block:
            alone = alone or _processes(1)
            try:
                ((outcome,), face) = alone.submit(grade_part, task, [entry]).result(self.options.timeout)
            except Late:
                reason = f"grading it took longer than {self.options.timeout:g} seconds"
                outcome = ungradable(entry, reason, lasting=False)
                _end(alone)
                alone = None
            except BrokenExecutor:
                outcome = ungradable(entry, "grading it ended the process that did so", lasting=False)
                _end(alone)
                alone = None
            except Exception as error:  # a fault of ours costs nobody a point
                outcome = ungradable(entry, f"a fault of ours: {type(error).__name__}: {error}", lasting=False)
            outcomes.append(outcome)
        if alone is not None:
            _end(alone)
        return outcomes, face

    def _pool(self, count: int) -> Executor | None:
        if self.executor is None and self.options.jobs > 1 and count >= self.options.pool_from:
            self.executor = _processes(self.options.jobs)
        return self.executor

    def _renewed(self) -> Executor | None:
        """Another pool of our own in the place of one that is broken; what was handed to us is not ours to renew."""
        if self._given or self.executor is None:
            self.executor, self._given = None, False
            return None
        _end(self.executor)
        self.executor = _processes(self.options.jobs)
        return self.executor

    # ---------------------------------------------------------------- rendering

    def render(self, writer: Writer) -> Summary:
        """Write what differs from what is there, and remove what was written for submissions that are gone."""
        from checker.batch.gradebook import rows

        brief = list(self.results.brief())
        outcomes = [outcome for _, _, outcome in brief]
        gradebook = rows(outcomes, self.options.keep)
        wanted: dict[str, str] = {}
        written = self._checked(self.results.written())
        count = self._reports(brief, written, wanted, writer)
        count += self._class_files(brief, gradebook, written, wanted, writer)
        gone = written.keys() - wanted.keys()
        for name in sorted(gone):
            writer.remove(name)
        if gone:
            self.results.note_written([], gone)
        if count or self.regraded or gone:
            self.results.tidy()
        return Summary(gradebook, self._passed_over(), self.regraded, count)

    def _passed_over(self) -> list[Passed]:
        """What is no submission; what could not be looked at stands in the gradebook."""
        return sorted(each for each in self.passed if not each.lost)

    def _checked(self, written: dict[str, tuple[str, int, int]]) -> dict[str, str]:
        """By name, what each file was rendered from; '' where it is not any more as it was then."""
        found: dict[str, tuple[int, int]] = {}
        for folder in {os.path.dirname(name) for name in written}:  # noqa: PTH120 - texts, and there are many
            with suppress(OSError), os.scandir(self.out / folder) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        name = f"{folder}/{entry.name}" if folder else entry.name
                        found[name] = status.st_size, status.st_mtime_ns
        return {
            name: key if found.get(name) == (size, changed) else "" for name, (key, size, changed) in written.items()
        }

    def _reports(
        self, brief: list[tuple[str, str, Outcome]], written: dict[str, str], wanted: dict[str, str], writer: Writer
    ) -> int:
        from checker.batch.render import Report, names

        graded = {o.name: (key, face) for key, face, o in brief if o.status == "graded"}
        seen = f"{self.options.feedback.value}:{self._version}:"
        todo: dict[str, list[Report]] = {}
        for submission, form, file in names(graded, self.options.reports):
            key, face = graded[submission]
            wanted[file] = f"{seen}{key}:{face}"
            if written.get(file) != wanted[file]:
                todo.setdefault(submission, []).append(Report(submission, form, file, wanted[file]))
        if not todo:
            return 0
        faces = self.results.faces()
        batches: list[list[str]] = [[]]
        for submission in sorted(todo):
            if len(batches[-1]) >= BLOCK:
                batches.append([])
            batches[-1].append(submission)
        executor, done = self._pool(len(todo)), 0
        pending: deque[tuple[int, Future[list[tuple[str, str, int, int]]]]] = deque()
        self.progress("reported", 0, len(todo))

        def finish(size: int, files: list[tuple[str, str, int, int]]) -> None:
            nonlocal done
            self.results.note_written(files)
            done += size
            self.progress("reported", done, len(todo))

        for batch in batches:
            parts = [(faces[face], outcome, todo[outcome.name]) for _, face, outcome in self.results.whole(batch)]
            if executor is None:
                finish(len(batch), draw_part(self.options.feedback, writer, parts))
                continue
            pending.append((len(batch), executor.submit(draw_apart, self.options.feedback, str(self.out), parts)))
            while len(pending) >= 2 * self.options.jobs:
                size, future = pending.popleft()
                finish(size, future.result())
        for size, future in pending:
            finish(size, future.result())
        return sum(map(len, todo.values()))

    def _class_files(
        self,
        brief: list[tuple[str, str, Outcome]],
        gradebook: list[Row],
        written: dict[str, str],
        wanted: dict[str, str],
        writer: Writer,
    ) -> int:
        """The gradebook, the class report and what else is asked for, if anything that they say has changed."""
        digest = hashlib.sha256(f"{self._version}:{self.options.keep}:{self.passed!r}".encode(errors="replace"))
        for key, face, outcome in brief:
            digest.update(f"{outcome.name}\0{key}\0{face}\0{outcome.reason}\n".encode(errors="replace"))
        state = digest.hexdigest()
        files = ["gradebook.csv", "class.json", "class.html", *(["junit.xml"] if self.options.junit else [])]
        wanted.update(dict.fromkeys(files, state))
        if all(written.get(name) == state for name in files):
            return 0
        from checker.batch import ci, classreport
        from checker.batch.gradebook import draw

        report = classreport.survey(brief, self.results.faces(), gradebook, self._passed_over(), self._wrong_answers)
        drawn = {
            "gradebook.csv": draw(gradebook),
            "class.json": classreport.draw_json(report),
            "class.html": classreport.draw_html(report),
        }
        if self.options.junit:
            drawn["junit.xml"] = ci.junit(gradebook)
        self.results.note_written([(name, state, *writer.write(name, data)) for name, data in drawn.items()])
        return len(drawn)

    def _wrong_answers(self, names: list[str]) -> Iterator[tuple[str, Outcome]]:
        for _, face, outcome in self.results.whole(names):
            yield face, outcome


# -------------------------------------------------------------------- what workers do

_recorders: dict[str, Recorder] = {}


def grade_part(task: Task, entries: Sequence[Entry]) -> tuple[list[Outcome], Face | None]:
    """What became of some submissions to one problem, and the problem's face. This is what a worker runs."""
    from checker.batch.record import ungradable

    recorder = _recorder(task)
    try:
        return recorder.record(entries), recorder.face
    except Exception as error:  # one of them broke it: which one is found by trying each alone
        if len(entries) > 1:
            return [outcome for entry in entries for outcome in grade_part(task, [entry])[0]], recorder.face
        said = f"a fault of ours, not of this submission: {type(error).__name__}: {error}"
        return [ungradable(entries[0], said, lasting=False)], recorder.face


def _recorder(task: Task) -> Recorder:
    recorder = _recorders.get(task.key)
    if recorder is None:
        from checker.batch.record import Recorder
        from checker.readings.program import Program, load

        program = load(task.program)
        made: list[Program] = []

        def with_mistakes() -> Program:
            if not made:
                made.append(load(task.mistakes))
            return made[0]

        formulas: list[Callable[[str, object], object]] = []

        def read(text: str, target: object) -> object:
            if not formulas:
                from checker.formula_answer import FormulaAnswers
                from checker.problem import load_problem

                formulas.append(FormulaAnswers(load_problem(task.problem, task.source)))  # type: ignore[arg-type]
            return formulas[0](text, target)

        if len(_recorders) >= 8:
            _recorders.clear()
        recorder = _recorders[task.key] = Recorder(program, read, with_mistakes)  # type: ignore[arg-type]
    return recorder


def draw_apart(
    level: Level, out: str, parts: list[tuple[Face, Outcome, list[Report]]]
) -> list[tuple[str, str, int, int]]:
    """As `draw_part`, in a worker."""
    from checker.batch.render import Writer

    return draw_part(level, Writer(Path(out)), parts)


def draw_part(
    level: Level, writer: Writer, parts: Iterable[tuple[Face, Outcome, list[Report]]]
) -> list[tuple[str, str, int, int]]:
    """Write these reports: for each file its name, what it was made from, its size and time of change."""
    from checker.batch.render import Reporter

    reporter = Reporter(level)
    return [
        (report.file, report.key, *writer.write(report.file, reporter.draw(face, outcome, report.format).encode()))
        for face, outcome, reports in parts
        for report in reports
    ]


def _processes(count: int) -> ProcessPoolExecutor:
    # a forked worker starts at once; elsewhere it has to import everything again
    method = "fork" if sys.platform == "linux" else "spawn"
    with warnings.catch_warnings():
        # numpy's own threads, which hold no lock while nothing is computed
        warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
        return ProcessPoolExecutor(count, multiprocessing.get_context(method))


def _end(executor: Executor) -> None:
    """End a pool of our own, whatever its workers are doing."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()


# -------------------------------------------------------------------- looking into submissions


def grader_version() -> str:
    """What a grade and its report depend on besides the files: our release, and our source as it stands."""
    import checker

    package = Path(checker.__file__).parent
    digest = hashlib.sha256(checker.__version__.encode())
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".lark", ".html") and "web" not in path.parts[len(package.parts) :]:
            status = path.stat()
            digest.update(f"{path.relative_to(package)}:{status.st_size}:{status.st_mtime_ns};".encode())
    return digest.hexdigest()[:16]


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
    import re

    found = re.search(rb"(?m)^student:[ \t]*([\"']?)([^\"'#\r\n]{1,200})\1[ \t]*(?:#.*)?\r?$", data[:65_536])
    return found[2].decode("utf-8", "replace").strip() if found else ""


def check_options(options: Options) -> None:
    """Raises AuthorError where an option says something that there is not."""
    for name in options.reports:
        if name not in FORMATS:
            raise AuthorError(Finding(f"there is no report format {name!r}", None, f"use {', '.join(FORMATS)} or none"))
