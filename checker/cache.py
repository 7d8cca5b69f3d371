"""Derived programs kept between runs, in the user's cache folder; never trusted, and never needed."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = 200  # how many are kept
LARGEST = 64 * 1024 * 1024
SUFFIX = ".cached"
_MAGIC = b"check-backprop/cache@1"
_STALE = 3600.0  # seconds after which a temporary file belongs to nobody


def digest(data: bytes) -> str:
    """The SHA-256 of `data`, in hexadecimal."""
    try:  # hashlib loads OpenSSL, which costs a student's run more than all that is hashed (`random` does the same)
        from _sha2 import sha256  # type: ignore[import-not-found, unused-ignore]  # from Python 3.12
    except ImportError:
        try:
            from _sha256 import sha256  # type: ignore[import-not-found, unused-ignore]  # Python 3.11
        except ImportError:
            from hashlib import sha256
    return str(sha256(data).hexdigest())


class Store:
    """Bytes by key in a folder of the user's. Whatever goes wrong with it, an answer is only worked out again.

    A file begins with a line that holds the hash of its key and payload; where it does not fit, was cut short, or
    the file could have been written by somebody else, there is nothing. `Store(None)` keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get(self, key: str) -> bytes | None:
        """What was put under `key`, or None."""
        if self.folder is None:
            return None
        try:
            with self._path(key).open("rb") as file:
                status = os.fstat(file.fileno())
                if not _ours(status) or status.st_size > LARGEST or not _ours(self.folder.stat()):
                    return None
                header, _, payload = file.read(LARGEST).partition(b"\n")
        except OSError:
            return None
        return payload if header == _header(key, payload) else None

    def put(self, key: str, data: bytes) -> None:
        """Keeps `data` under `key`, if it can: written beside its place and moved there whole."""
        if self.folder is None or len(data) >= LARGEST // 2:
            return
        temporary = self.folder / f"{os.getpid()}-{os.urandom(6).hex()}.tmp"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _ours(self.folder.stat()):
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(_header(key, data) + b"\n" + data)
            temporary.replace(self._path(key))
            self._prune()
        except OSError:
            try:
                temporary.unlink(missing_ok=True)
            except OSError:
                return

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / (digest(key.encode()) + SUFFIX)

    def _prune(self) -> None:
        """Leaves the newest files; another run may be doing the same at the same time."""
        assert self.folder is not None
        kept, newest = [], 0.0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                try:
                    changed = entry.stat(follow_symlinks=False).st_mtime
                except OSError:
                    continue
                newest = max(newest, changed)
                if entry.name.endswith((SUFFIX, ".tmp")):
                    kept.append((changed, entry.path))
        old = [path for changed, path in kept if path.endswith(".tmp") and changed < newest - _STALE]
        files = sorted((changed, path) for changed, path in kept if path.endswith(SUFFIX))
        old += [path for _, path in files[: max(0, len(files) - FILES)]]
        for path in old:
            Path(path).unlink(missing_ok=True)


def _header(key: str, payload: bytes) -> bytes:
    return _MAGIC + b" " + digest(key.encode() + b"\0" + payload).encode()


def _ours(status: os.stat_result) -> bool:
    """Whether only this user could have written it."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def default_folder(environ: Mapping[str, str]) -> Path | None:
    """Where this system keeps a user's caches, or None where it does not say."""
    given = environ.get("XDG_CACHE_HOME", "")
    if given and Path(given).is_absolute():
        return Path(given) / "check-backprop"
    if sys.platform == "win32":
        local = environ.get("LOCALAPPDATA", "")
        return Path(local) / "check-backprop" / "cache" if local else None
    home = environ.get("HOME", "")
    if not home or not Path(home).is_absolute():
        return None
    return Path(home) / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "check-backprop"
