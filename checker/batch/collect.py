"""The submissions of a folder as it was downloaded: at any depth, in the folders and archives of learning platforms.

Nothing is followed out of the folder, nothing is unpacked, pipes and devices are never opened, and whatever is not
graded is listed with the reason.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.platforms import LARGEST_METADATA, METADATA, Sender, gradescope_senders, sender_of, stem_of
from checker.errors import AuthorError, Finding, Place
from checker.yamlfile import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIXES = (".yaml", ".yml")
HEAD = 65_536  # bytes that are searched for the format
DEEPEST = 40  # folders in folders
MOST_FILES = 200_000
LARGEST_ARCHIVE = 1 << 30
MOST_MEMBERS = 100_000
MOST_UNPACKED = 2 << 30  # bytes of one archive
_BROKEN = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)

_FORMAT = re.compile(rb"""(?m)^[ \t]*\{?[ \t]*["']?format["']?[ \t]*:[ \t]*["']?check-backprop/(\w+)@""")
_INLINE = re.compile(rb"""[{,]\s*["']?format["']?\s*:\s*["']?check-backprop/(\w+)@""")
_SKIPPED = {"__MACOSX", ".git", ".DS_Store"}


class File(NamedTuple):
    """A submission: its name in the class, who sent it in, what tells that it was not changed, and how to read it.

    `sent` is when it was last changed, in seconds since 1970; `state` is '' where that cannot be told.
    """

    name: str
    sender: Sender
    state: str
    sent: float
    read: Callable[[], bytes]

    @property
    def fallback(self) -> str:
        """Who it is by where it does not say so itself."""
        return self.sender.name or stem_of(self.name)


class Passed(NamedTuple):
    """What was not graded, and why. `lost` where it may have been a submission that could not be read."""

    name: str
    reason: str
    lost: bool = False


class Unreadable(Exception):
    """A file that cannot be read; the text says why."""


def collect(folder: Path, out: Path | None = None) -> Iterator[File | Passed]:
    """What is in a folder, by name: every YAML file is a submission until its beginning has been read.

    `out` is not looked into.

    Raises:
        AuthorError: the folder is not there, or holds too much.
    """
    if folder.is_file() and zipfile.is_zipfile(folder):
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
        folders[:] = [each for each in folders if each not in _SKIPPED and Path(where, each) != out]
        for name in names:
            if name.lower().endswith(SUFFIXES):
                count += 1
            elif name.lower().endswith(".zip"):
                count += _listed(Path(where, name))
    return count


def _listed(path: Path) -> int:
    with suppress(*_BROKEN), zipfile.ZipFile(path) as archive:
        return sum(name.lower().endswith(SUFFIXES) for name in archive.namelist())
    return 0


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
            names = sorted(entry.name for entry in listing if entry.name not in _SKIPPED)
    except OSError as error:
        yield Passed(prefix or str(folder), f"the folder cannot be listed: {error.strerror}", lost=True)
        return
    if METADATA in names:
        senders = _metadata(folder / METADATA)
    for raw in names:
        name, path = prefix + _name(raw), f"{folder}/{raw}"
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
                yield File(name, _sender(name, senders), state, status.st_mtime, _reader(path))
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


def _sender(name: str, senders: dict[str, Sender]) -> Sender:
    sender = sender_of(name)
    return senders.get(sender.name, sender) if senders and sender.platform == "gradescope" else sender


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


def _archive(path: Path, prefix: str) -> Iterator[File | Passed]:
    """The submissions in a zip archive, read where they lie; it stays open until the last has been asked for."""
    shown = prefix.removesuffix("/") or path.name
    try:
        status = path.stat()
        if status.st_size > LARGEST_ARCHIVE:
            yield Passed(shown, "the archive is larger than 1 GiB", lost=True)
            return
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        yield Passed(shown, f"the archive cannot be read: {error}", lost=True)
        return
    with archive:
        members = sorted(archive.infolist(), key=lambda member: member.filename)
        if len(members) > MOST_MEMBERS:
            yield Passed(shown, f"the archive holds more than {MOST_MEMBERS:,} files", lost=True)
            return
        state = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
        yield from _members(archive, members, prefix, state)


def _members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], prefix: str, state: str
) -> Iterator[File | Passed]:
    senders: dict[str, Sender] = {}
    for member in members:
        if member.filename.rpartition("/")[2] == METADATA and member.file_size <= LARGEST_METADATA:
            with suppress(*_BROKEN), archive.open(member) as file:
                senders |= gradescope_senders(io.TextIOWrapper(file, "utf-8", "replace"))
    seen: set[str] = set()
    unpacked, opened = [0], [archive]
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.is_dir() or not parts[-1].lower().endswith(SUFFIXES) or not _SKIPPED.isdisjoint(parts):
            continue
        if parts[-1] == METADATA:
            continue
        name = prefix + _name(member.filename)
        if member.filename.startswith(("/", "\\")) or ".." in parts or "" in parts or ":" in parts[0]:
            yield Passed(name, "its name in the archive leads out of the folder", lost=True)
        elif stat.S_ISLNK(member.external_attr >> 16):
            yield Passed(name, "it is a link in an archive; it is not followed", lost=True)
        elif member.flag_bits & 1:
            yield Passed(name, "it is encrypted", lost=True)
        elif name in seen:
            yield Passed(name, "the archive holds a file of this name twice; the first is graded", lost=True)
        else:
            seen.add(name)
            yield File(name, _sender(name, senders), state, _changed(member), _member(opened, member, unpacked))


def _member(opened: list[zipfile.ZipFile], member: zipfile.ZipInfo, unpacked: list[int]) -> Callable[[], bytes]:
    def read() -> bytes:
        if unpacked[0] > MOST_UNPACKED:
            raise Unreadable(f"the archive unpacks to more than {MOST_UNPACKED >> 30} GiB")
        try:
            if opened[0].fp is None:  # the last files of a chunk are read when all have been listed
                opened[0] = zipfile.ZipFile(str(opened[0].filename))
            with opened[0].open(member) as file:
                # the size that an archive states may be a lie: no more than the bound is ever unpacked
                data = file.read(DEFAULT.size + 1)
        except _BROKEN as error:
            raise Unreadable(f"it cannot be read from the archive: {error}") from None
        unpacked[0] += len(data)
        return data

    return read


def _name(raw: str) -> str:
    """A file's name as text that can be written and printed anywhere."""
    if raw.isascii() and raw.isprintable():
        return raw
    text = os.fsencode(raw).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _changed(member: zipfile.ZipInfo) -> float:
    """When a member was last changed: in seconds since 1970 where the archive says so, else by this machine's clock."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == 0x5455 and size >= 5 and extra[4] & 1:  # Info-ZIP's extended timestamp, in UTC
            return float(int.from_bytes(extra[5:9], "little", signed=True))
        extra = extra[4 + size :]
    try:
        return datetime(*member.date_time).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
