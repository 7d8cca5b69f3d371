"""Every file of a batch but the database: written beside its place, then moved there whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

WORKPLACE = ".unfinished"  # where a file is written before it is moved to its place
_BINARY = getattr(os, "O_BINARY", 0)


class Writer:
    """Writes files under `out`, whole or not at all, and leaves those alone that would not change.

    Raises:
        AuthorError: a file cannot be written; those that were there before stay as they were.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._place = out / WORKPLACE
        self._temporary = self._place / str(os.getpid())  # of this process alone
        self._folders: set[str] = set()

    def write(self, name: str, data: bytes) -> tuple[int, int]:
        """Size and time of change of the file, which now holds `data`."""
        path = os.path.join(self.out, name)  # noqa: PTH118 - a text, and there are many
        try:
            there = _state_of(path, data)
            if there is not None:
                return there
            folder = os.path.dirname(name)  # noqa: PTH120 - as above
            if folder not in self._folders:
                (self.out / folder).mkdir(parents=True, exist_ok=True)
                self._place.mkdir(exist_ok=True)
                self._folders.add(folder)
            handle = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o666)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
                status = os.fstat(handle)
            finally:
                os.close(handle)
            os.replace(self._temporary, path)  # noqa: PTH105 - as above
        except OSError as error:
            self.clear()
            raise cannot_be_written(Path(path), error) from error
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


def _state_of(path: str, data: bytes) -> tuple[int, int] | None:
    """Size and time of change of the file, if it holds this."""
    try:
        handle = os.open(path, os.O_RDONLY | _BINARY)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(handle)
        same = status.st_size == len(data) and os.read(handle, len(data) + 1) == data
        return (status.st_size, status.st_mtime_ns) if same else None
    finally:
        os.close(handle)


def cannot_be_written(path: Path, error: OSError) -> AuthorError:
    """The error for a place where nothing can be written."""
    what = f"it cannot be written: {error.strerror or error}"
    return AuthorError(Finding(what, Place(str(path)), "choose an --out that can be written and has room"))
