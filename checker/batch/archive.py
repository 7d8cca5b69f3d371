"""Submissions in a zip archive, read where they lie: nothing is unpacked to disk, and no more of it than may be."""

from __future__ import annotations

import io
import lzma
import stat
import zipfile
import zlib
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from checker.batch.found import SKIPPED, SUFFIXES, File, Passed, Unreadable, shown_name
from checker.batch.platforms import LARGEST_METADATA, METADATA, Sender, gradescope_senders, sender_in
from checker.yamlfile import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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


def listed(path: Path) -> int:
    """About how many submissions an archive holds, by their names alone."""
    with suppress(*_BROKEN), zipfile.ZipFile(path) as archive:
        return sum(name.lower().endswith(SUFFIXES) for name in archive.namelist())
    return 0


def members(path: Path, prefix: str) -> Iterator[File | Passed]:
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
        inside = sorted(archive.infolist(), key=lambda member: member.filename)
        if len(inside) > MOST_MEMBERS:
            yield Passed(shown, f"the archive holds more than {MOST_MEMBERS:,} files", lost=True)
            return
        state = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
        yield from _members(archive, inside, prefix, state)


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
        if member.is_dir() or not parts[-1].lower().endswith(SUFFIXES) or not SKIPPED.isdisjoint(parts):
            continue
        if parts[-1] == METADATA:
            continue
        name = prefix + shown_name(member.filename)
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
            yield File(name, sender_in(name, senders), state, _changed(member), _reader(opened, member, unpacked))


def _reader(opened: list[zipfile.ZipFile], member: zipfile.ZipInfo, unpacked: list[int]) -> Callable[[], bytes]:
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
