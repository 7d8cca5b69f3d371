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
        self._made: set[str] = set()

    def write(self, path: str, data: bytes) -> str:
        """Put a file there, beside its place first, and give its hash.

        Raises:
            AuthorError: it cannot be written.
        """
        digest = self.hashes[path] = hashlib.sha256(data).hexdigest()
        target = os.path.join(self.root, path)  # noqa: PTH118 - thousands of files: a Path each costs more than the file
        try:
            found = self._found(target)
            if found == data:
                return digest
            if found is not None and self._known.get(path) != hashlib.sha256(found).hexdigest():
                self.kept.append(path)
                return digest
            folder = os.path.dirname(target)  # noqa: PTH120 - as above
            if folder not in self._made:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
                self._made.add(folder)
            beside = f"{target}.{os.getpid()}.tmp"
            with open(beside, "wb") as file:  # noqa: PTH123 - as above
                file.write(data)
            os.replace(beside, target)  # noqa: PTH105 - as above
        except OSError as error:
            what = f"it cannot be written: {error.strerror or error}"
            raise AuthorError(Finding(what, Place(target), "give a folder that you may write to")) from None
        return digest

    @staticmethod
    def _found(target: str) -> bytes | None:
        try:
            with open(target, "rb") as file:  # noqa: PTH123 - as above
                return file.read()
        except FileNotFoundError:
            return None
