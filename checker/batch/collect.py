"""The submissions of a folder as it was downloaded: at any depth, in the folders and archives of learning platforms.

Nothing is followed out of the folder, nothing is unpacked, pipes and devices are never opened, and whatever is not
graded is listed with the reason.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from checker.batch.found import SKIPPED, SUFFIXES, File, Passed, Unreadable, shown_name
from checker.batch.platforms import LARGEST_METADATA, METADATA, Sender, gradescope_senders, sender_in
from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = 65_536  # bytes that are searched for the format
DEEPEST = 40  # folders in folders
MOST_FILES = 200_000

_FORMAT = re.compile(rb"""(?m)^[ \t]*\{?[ \t]*["']?format["']?[ \t]*:[ \t]*["']?check-backprop/(\w+)@""")
_INLINE = re.compile(rb"""[{,]\s*["']?format["']?\s*:\s*["']?check-backprop/(\w+)@""")


def collect(folder: Path, out: Path | None = None) -> Iterator[File | Passed]:
    """What is in a folder, by name: every YAML file is a submission until its beginning has been read.

    `out` is not looked into.

    Raises:
        AuthorError: the folder is not there, or holds too much.
    """
    if folder.is_file() and _zipped(folder):
        yield from _archive(folder, "")
        return
    if not folder.is_dir():
        what = "there is no such folder" if not folder.exists() else "it is neither a folder nor a zip archive"
        raise AuthorError(Finding(what, Place(str(folder)), "give the folder of the submissions"))
    apart = out.resolve() if out is not None else None
    for count, found in enumerate(_walk(folder, "", folder.resolve(), apart, 0, {}), 1):
        if count > MOST_FILES:
            what = f"there are more than {MOST_FILES:,} files"
            raise AuthorError(Finding(what, Place(str(folder)), "grade them in several folders"))
        yield found


def expected(folder: Path, out: Path) -> int:
    """About how many files `collect` will find, by a quick look at names alone."""
    if folder.is_file():
        return _listed(folder)
    count = 0
    for where, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if each not in SKIPPED and Path(where, each) != out]
        for name in names:
            if name.lower().endswith(SUFFIXES):
                count += 1
            elif name.lower().endswith(".zip"):
                count += _listed(Path(where, name))
    return count


# few classes come in archives, and what reads them takes a while to import


def _zipped(path: Path) -> bool:
    from zipfile import is_zipfile

    return is_zipfile(path)


def _archive(path: Path, prefix: str) -> Iterator[File | Passed]:
    from checker.batch.archive import members

    return members(path, prefix)


def _listed(path: Path) -> int:
    from checker.batch.archive import listed

    return listed(path)


def kind_of(data: bytes) -> str:
    """What a file says it is: 'submission', 'problem', another format of ours, or ''."""
    head = data[:HEAD]
    if b"\0" in head:
        head = head.replace(b"\0", b"")  # UTF-16: its reader says what is wrong with it
    found = _FORMAT.search(head.lstrip(b"\xef\xbb\xbf\xff\xfe")) or _INLINE.search(head)
    return found[1].decode("ascii", "replace") if found else ""


def _walk(
    folder: Path, prefix: str, root: Path, apart: Path | None, depth: int, senders: dict[str, Sender]
) -> Iterator[File | Passed]:
    try:
        with os.scandir(folder) as listing:
            names = sorted(entry.name for entry in listing if entry.name not in SKIPPED)
    except OSError as error:
        yield Passed(prefix or str(folder), f"the folder cannot be listed: {error.strerror}", lost=True)
        return
    if METADATA in names:
        senders = _metadata(folder / METADATA)
    for raw in names:
        name, path = prefix + shown_name(raw), f"{folder}/{raw}"
        yaml = raw.lower().endswith(SUFFIXES)
        try:
            status = os.lstat(path)
        except OSError as error:
            if yaml:
                yield Passed(name, f"it cannot be read: {error.strerror}", lost=True)
            continue
        kind = status.st_mode
        if stat.S_ISREG(kind):
            if yaml and raw != METADATA:
                state = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
                yield File(name, sender_in(name, senders), state, status.st_mtime, _reader(path))
            elif raw.lower().endswith(".zip"):
                yield from _archive(Path(path), f"{name}/")
        elif stat.S_ISLNK(kind):
            yield from _link(Path(path), name, root, yaml=yaml)
        elif stat.S_ISDIR(kind):
            if apart is not None and Path(path).resolve() == apart:
                continue
            if yaml:
                yield Passed(name, "it is a folder, though it is named like a file; what is in it is looked at")
            if depth >= DEEPEST:
                yield Passed(name, f"it lies deeper than {DEEPEST} folders", lost=True)
                continue
            yield from _walk(Path(path), f"{name}/", root, apart, depth + 1, senders)
        elif yaml:
            yield Passed(name, "it is a pipe or a device, not a file", lost=True)


def _metadata(path: Path) -> dict[str, Sender]:
    """What Gradescope says of who handed in what; nothing where that cannot be read."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_METADATA:
            return {}
        with path.open(encoding="utf-8", errors="replace") as file:
            return gradescope_senders(file)
    except OSError:
        return {}


def _link(path: Path, name: str, root: Path, *, yaml: bool) -> Iterator[Passed]:
    try:
        target = path.resolve()
        inside = target.is_relative_to(root) and target.exists()
        folder = target.is_dir()
    except (OSError, RuntimeError):
        inside = folder = False
    if inside:
        if yaml or folder:
            yield Passed(name, "it is a link; what it leads to is graded where it lies")
    elif yaml:
        yield Passed(name, "it is a link out of the folder, or to nothing; it is not followed", lost=True)
    elif folder:
        yield Passed(name, "it is a link to a folder outside; it is not followed")


def _reader(path: str) -> Callable[[], bytes]:
    def read() -> bytes:
        from checker.yamlfile import DEFAULT  # a run in which nothing has changed reads no file

        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
            try:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    raise Unreadable("it is not a file any more")
                parts, left = [], DEFAULT.size + 1
                while left > 0 and (part := os.read(handle, min(left, max(status.st_size + 1, 4096)))):
                    parts.append(part)
                    left -= len(part)
                    if len(part) == status.st_size == sum(map(len, parts)):
                        break
                return b"".join(parts)
            finally:
                os.close(handle)
        except OSError as error:
            raise Unreadable(f"it cannot be read: {error.strerror or error}") from None

    return read
