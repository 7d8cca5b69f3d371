"""A class folder from end to end: collect, grade in blocks, keep, render."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.blocks import Grading
from checker.batch.options import Class, Options
from checker.batch.pool import Workers
from checker.batch.regrade import changes
from checker.batch.rendering import Rendering
from checker.batch.roll import PassedOver, Roll
from checker.batch.store import Results, copy
from checker.batch.writer import cannot_be_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from checker.batch.found import Passed
    from checker.batch.gradebook import Row
    from checker.batch.regrade import Change
    from checker.cache import Store


class Summary(NamedTuple):
    """What became of a class, and how many submissions were graded anew in this run and files written.

    `passed` lists the files that are no submissions and `reasons` the rows that have no grade, as far as they are not
    too many; `absent` are those on a roster who handed in nothing; `rows` gives the gradebook.
    """

    graded: int
    ungradable: int
    regraded: int
    written: int
    passed: list[Passed]
    passed_over: int
    reasons: list[Row]
    remarks: list[str]
    absent: list[str]
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
    shown = progress or _silent
    workers = Workers(options.jobs, options.timeout, options.pool_from, executor)
    try:
        with _results(out, trying=options.dry_run) as results:
            grading = Grading(folder, out, problems, workers, store, shown, results)
            changed = grading.run()
            if announce is not None:
                announce(changes(results))
            roll = Roll(results, options.keep, known.people, known.lateness)
            tally, passed = roll.count(), PassedOver.of(results)
            remarks = [f"{row.submission}: {row.remark}" for row in tally.remarks]
            written, rows = 0, list(roll) if options.dry_run else []
            if not options.dry_run:
                rendering = Rendering(out, options, known, workers, shown, results)
                written = rendering.run(roll, tally, passed, remarks, changed=changed)
    finally:
        workers.close()
    again = (lambda: iter(rows)) if options.dry_run else lambda: _reopened(out, options, known)
    return Summary(
        tally.graded, tally.ungradable, grading.regraded, written, passed.first, passed.total, tally.reasons, remarks,
        tally.absent or [], again,
    )  # fmt: skip


@contextmanager
def _results(out: Path, *, trying: bool) -> Iterator[Results]:
    """The results below `out`; a copy of them, made away with afterwards, where nothing is to be touched."""
    if not trying:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_be_written(out, error) from error
        with Results(out) as results:
            yield results
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="check-backprop-") as place:
        copy(out, Path(place))
        with Results(Path(place)) as results:
            yield results


def _reopened(out: Path, options: Options, known: Class) -> Iterator[Row]:
    with Results(out) as results:
        results.begin()
        yield from Roll(results, options.keep, known.people, known.lateness)


def _silent(_what: str, _done: int, _total: int) -> None:
    return
