"""Every file of a batch but the database, rendered from it: written beside its place, then moved there whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.record import Face, Outcome, grade_of, head_of, step_of
from checker.errors import AuthorError, Finding, Place
from checker.reports import FORMATS, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

WORKPLACE = ".unfinished"  # where a file is written before it is moved to its place
MOST_DRAWN = 50_000  # steps whose text is remembered


class Report(NamedTuple):
    """A student's report to be written: whose, in which format, as which file under `out`, and what it is made from."""

    submission: str
    format: str
    file: str
    key: str


def names(submissions: Iterable[str], formats: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Submission, format and file of every report: `reports/<stem>.json`, subfolders kept."""
    taken: set[str] = set()
    for name in submissions:
        stem = name.rpartition(".")[0] or name
        if stem in taken:  # ada.yaml and ada.yml
            stem = name
        taken.add(stem)
        for each in formats:
            yield name, each, f"reports/{stem}{FORMATS[each].suffix}"


class Reporter:
    """Draws the reports of a class at one feedback level. Steps that read the same are drawn once."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self._drawn: dict[tuple[int, int, str], str] = {}

    def draw(self, face: Face, outcome: Outcome, format: str) -> str:
        """One report, the same as the format's own of the same grade."""
        if format != "json" or self.level.shows(Level.FULL) or not self.level.shows(Level.VERDICT):
            return FORMATS[format].render(grade_of(face, outcome), self.level)
        from checker.reports import data
        from checker.reports.levels import redact

        if len(self._drawn) > MOST_DRAWN:
            self._drawn.clear()
        known, mine, steps = self._drawn, id(face), []
        for number, text in enumerate(outcome.steps.split("\n")) if face.steps else ():
            drawn = known.get((mine, number, text))
            if drawn is None:
                # what a step looks like below `full` does not depend on what is carried
                step = redact(head_of(face, outcome, (step_of(face.steps[number], text, ()),)), self.level).steps[0]
                drawn = known[mine, number, text] = data.written_step(step, self.level)
            steps.append(drawn)
        return data.written(redact(head_of(face, outcome), self.level), self.level, steps)


class Writer:
    """Writes files under `out`, whole or not at all, and leaves those alone that would not change.

    Raises:
        AuthorError: a file cannot be written; those that were there before stay as they were.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._place = out / WORKPLACE
        self._temporary = self._place / str(os.getpid())
        self._folders: set[str] = set()

    def write(self, name: str, data: bytes) -> tuple[int, int]:
        """Size and time of change of the file, which now holds `data`."""
        path = self.out / name
        try:
            try:
                with path.open("rb", buffering=0) as file:
                    status = os.fstat(file.fileno())
                    if status.st_size == len(data) and file.read(len(data) + 1) == data:
                        return status.st_size, status.st_mtime_ns
            except FileNotFoundError:
                folder = os.path.dirname(name)  # noqa: PTH120 - a text, and there are many
                if folder not in self._folders:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._folders.add(folder)
            self._place.mkdir(exist_ok=True)
            with open(self._temporary, "wb", buffering=0) as file:  # noqa: PTH123 - as above
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
                status = os.fstat(file.fileno())
            os.replace(self._temporary, path)  # noqa: PTH105 - as above
        except OSError as error:
            self.clear()
            raise cannot_be_written(path, error) from error
        return status.st_size, status.st_mtime_ns

    def remove(self, name: str) -> None:
        """Remove a file that was rendered once, and the folders that are then empty."""
        path = self.out / name
        try:
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self.out or any(folder.iterdir()):
                    break
                folder.rmdir()
        except OSError as error:
            raise cannot_be_written(path, error) from error

    def clear(self) -> None:
        """Remove what an earlier run left unfinished."""
        try:
            for file in self._place.iterdir():
                file.unlink(missing_ok=True)
            self._place.rmdir()
        except OSError:
            return


def cannot_be_written(path: Path, error: OSError) -> AuthorError:
    """The error for a place where nothing can be written."""
    what = f"it cannot be written: {error.strerror or error}"
    return AuthorError(Finding(what, Place(str(path)), "choose an --out that can be written and has room"))
