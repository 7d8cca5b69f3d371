"""Every file of a batch but the database, rendered from it: written beside its place, then moved there whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from checker.batch.kept import Face, Kept
from checker.batch.quickjson import QuickJson, quick
from checker.errors import AuthorError, Finding, Place
from checker.reports import FORMATS, Level

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from checker.batch.record import Outcome
    from checker.batch.work import Part, WantedReport
    from checker.outcome import Grade

WORKPLACE = ".unfinished"  # where a file is written before it is moved to its place
MOST_FACES = 50


class Reporter:
    """Draws the reports of a block at one feedback level. Steps that read the same are drawn once."""

    def __init__(self, level: Level, part: Part) -> None:
        self.level = level
        self.kept = Kept.load(part.kept)
        self.face = Face.load(part.face)
        self._variants = part.variants
        self._faces: dict[str, Face] = {}
        self._grades: tuple[str, Grade] | None = None
        self._quick = QuickJson(self.face, self.kept, level) if quick(level) else None

    def draw(self, wanted: WantedReport) -> str:
        """One report, the same as the format's own of the same grade."""
        outcome = wanted.outcome
        if self._quick is not None and wanted.format == "json":
            problem, title, _ = self._variants[wanted.variant]
            text = self._quick.draw(outcome, problem, title)
            if text is not None:
                return text
        return FORMATS[wanted.format].render(self.grade(outcome, wanted.variant), self.level)

    def grade(self, outcome: Outcome, variant: str) -> Grade:
        """The grade of one of the block's submissions."""
        if self._grades is not None and self._grades[0] == outcome.name:
            return self._grades[1]  # in another format a moment ago
        grade = self.kept.grade(self._face(variant), outcome.position, outcome.student, outcome.name)
        self._grades = outcome.name, grade
        return grade

    def _face(self, variant: str) -> Face:
        face = self._faces.get(variant)
        if face is None:
            if len(self._faces) >= MOST_FACES:
                self._faces.clear()
            problem, title, numbers = self._variants[variant]
            values = np.frombuffer(numbers).tolist()
            program = self.face.program._replace(problem=problem, title=title, values=values)
            face = self._faces[variant] = Face(program)
        return face


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

    def stream(self, name: str, parts: Iterable[bytes]) -> tuple[int, int]:
        """Size and time of change of the file, which now holds these parts; they need not fit into memory."""
        path = self.out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._place.mkdir(exist_ok=True)
            with self._temporary.open("wb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                status = os.fstat(file.fileno())
            self._temporary.replace(path)
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
