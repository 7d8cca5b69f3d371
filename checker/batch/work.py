"""What workers do: functions of plain data that can run in any process, on any machine that has this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.outcomes import Entry, Outcome, Variant, ungradable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.batch.problems import Task
    from checker.batch.record import Recorder
    from checker.outcome import Choice
    from checker.readings.program import Program
    from checker.reports import Language, Level
    from checker.sheet import FormulaAnswer, FormulaError, FormulaReader, NumberAnswer, Worked

MOST_RECORDERS = 8


class Graded(NamedTuple):
    """What became of a block: an outcome a submission, what is kept of the block, and its family's face.

    `numbers` are the right values of each of its problems, as the face has them.
    """

    outcomes: list[Outcome]
    kept: bytes
    face: bytes
    numbers: list[bytes]


_recorders: dict[str, Recorder] = {}


def prepare() -> None:
    """Import what grading needs; workers that are forked from this process then have it."""
    import checker.batch.record  # noqa: F401 - for them


def grade_part(task: Task, variants: Sequence[Variant], entries: Sequence[Entry]) -> Graded:
    """What became of some submissions to one family of problems.

    Raises:
        Exception: a fault of ours; which of the submissions it was is found by grading each alone.
    """
    recorder = _recorder(task)
    outcomes, kept = recorder.record(entries, variants)
    graded = any(outcome.position >= 0 for outcome in outcomes)
    return Graded(outcomes, kept.dump() if graded else b"", recorder.face.dump(), recorder.numbers(variants))


def grade_one(task: Task, variants: Sequence[Variant], entries: Sequence[Entry]) -> Graded:
    """The same of a single submission, whose faults of ours are its outcome."""
    try:
        return grade_part(task, variants, entries)
    except Exception as error:  # it costs nobody a point
        return failed(entries[0], f"a fault of ours, not of this submission: {type(error).__name__}: {error}")


def failed(entry: Entry, reason: str) -> Graded:
    """What became of a submission that cannot be graded now."""
    return Graded([ungradable(entry, reason, lasting=False)], b"", b"", [])


def _recorder(task: Task) -> Recorder:
    recorder = _recorders.get(task.key)
    if recorder is None:
        from checker.batch.record import Recorder
        from checker.readings.program import load

        program = load(task.program)
        made: list[Program] = []

        def with_mistakes() -> Program:
            if not made:
                made.append(load(task.mistakes))
            return made[0]

        if len(_recorders) >= MOST_RECORDERS:
            _recorders.clear()
        recorder = _recorders[task.key] = Recorder(program, _reader_of(), with_mistakes)
    return recorder


def _reader_of() -> Callable[[Variant], FormulaReader]:
    """What reads formulas among the answers to a problem; nothing is derived before the first one."""
    readers: dict[str, FormulaReader] = {}

    def reader_of(variant: Variant) -> FormulaReader:
        def read(asked: Sequence[FormulaAnswer], numbers: Sequence[NumberAnswer]) -> list[Worked | FormulaError]:
            if variant.key not in readers:
                from checker.formula_answer import FormulaAnswers
                from checker.problem import load_problem

                if len(readers) >= MOST_RECORDERS:
                    readers.clear()
                readers[variant.key] = FormulaAnswers(load_problem(variant.text, variant.source))
            return readers[variant.key](asked, numbers)

        return read

    return reader_of


class Drawn(NamedTuple):
    """A report: under which name, what it was made from, and its text."""

    file: str
    key: str
    text: bytes


def draw_part(level: Level, language: Language, wanted: Sequence[WantedReport], made: Part) -> list[Drawn]:
    """The reports of a block."""
    from checker.batch.reporter import Reporter
    from checker.reports import Speaking

    reporter = Reporter(level, made)
    with Speaking(language):
        return [Drawn(each.file, each.key, reporter.draw(each).encode()) for each in wanted]


def write_part(
    level: Level, language: Language, wanted: Sequence[WantedReport], made: Part, out: str
) -> list[tuple[str, str, int, int]]:
    """The same written where they belong: for each file its name, its key, its size and its time of change."""
    from checker.batch.writer import Writer

    writer = Writer(Path(out))
    drawn = draw_part(level, language, wanted, made)
    return [(each.file, each.key, *writer.write(each.file, each.text)) for each in drawn]


class WantedReport(NamedTuple):
    """A report to be made: of which submission, in which format, as which file, and what it is made from."""

    outcome: Outcome
    choice: Choice | None
    variant: str
    format: str
    file: str
    key: str


class Part(NamedTuple):
    """A block as it was kept: its face, what is kept, and its problems' id, title and numbers by key."""

    face: bytes
    kept: bytes
    variants: dict[str, tuple[str, str, bytes]]
