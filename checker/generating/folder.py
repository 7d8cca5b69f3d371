"""Files that are written whole or not at all, and never over what somebody has changed."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Folder:
    """A folder of ours. `known` are the hashes of the files that an earlier run left in it, by their paths.

    `hashes` are those of the files of this run, `kept` the files that were changed since and are left as they are.
    """

    def __init__(self, root: Path, known: Mapping[str, str]) -> None:
        self.root, self._known = root, known
        self.hashes: dict[str, str] = {}
        self.kept: list[str] = []
        self._there: dict[str, set[str]] = {}

    def write(self, path: str, data: bytes) -> str:
        """Put a file there, beside its place first, and give its hash.

        Raises:
            AuthorError: it cannot be written.
        """
        digest = self.hashes[path] = hashlib.sha256(data).hexdigest()
        target = os.path.join(self.root, path)  # noqa: PTH118 - thousands of files: a Path each costs more than the file
        try:
            folder, name = os.path.split(target)
            found = self._found(target) if name.casefold() in self._names(folder) else None
            if found == data:
                return digest
            if found is not None and self._known.get(path) != hashlib.sha256(found).hexdigest():
                self.kept.append(path)
                return digest
            beside = f"{target}.{os.getpid()}.tmp"
            with open(beside, "wb") as file:  # noqa: PTH123 - as above
                file.write(data)
            os.replace(beside, target)  # noqa: PTH105 - as above
        except OSError as error:
            what = f"it cannot be written: {error.strerror or error}"
            raise AuthorError(Finding(what, Place(target), "give a folder that you may write to")) from None
        return digest

    def with_earlier(self, now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
        """The hashes of this run's files, and before them of those that an earlier run wrote, where they are there."""
        return {
            **{path: digest for path, digest in before.items() if path not in now and (self.root / path).is_file()},
            **now,
        }

    def _names(self, folder: str) -> set[str]:
        """What was in a folder when it was first written to, without its case; it is made where it is not there."""
        if folder not in self._there:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - a path as text, as above
            self._there[folder] = {name.casefold() for name in os.listdir(folder)}  # noqa: PTH208 - as above
        return self._there[folder]

    @staticmethod
    def _found(target: str) -> bytes | None:
        try:
            with open(target, "rb") as file:  # noqa: PTH123 - as above
                return file.read()
        except FileNotFoundError:
            return None
