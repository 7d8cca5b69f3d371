"""Every file of a batch but the database: written beside its place, then moved there whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WORKPLACE = ".unfinished"  # where a file is written before it is moved to its place


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
