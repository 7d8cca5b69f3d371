"""The submissions of a folder as it was downloaded: at any depth, in the folders and archives of learning platforms.

Nothing is followed out of the folder, nothing is unpacked, pipes and devices are never opened, and whatever is not
graded is listed with the reason.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.reports.plain import printable
from checker.yamlfile import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIXES = (".yaml", ".yml")
HEAD = 65_536  # bytes that are searched for the format
DEEPEST = 40  # folders in folders
MOST_FILES = 200_000
LARGEST_ARCHIVE = 1 << 30
MOST_MEMBERS = 100_000

_FORMAT = re.compile(rb"""(?m)^[ \t]*\{?[ \t]*["']?format["']?[ \t]*:[ \t]*["']?check-backprop/(\w+)@""")
_INLINE = re.compile(rb"""[{,]\s*["']?format["']?\s*:\s*["']?check-backprop/(\w+)@""")
_SKIPPED = {"__MACOSX", ".git", ".DS_Store"}

# how learning platforms name what they hand out: the folder or the file of one student
_PLATFORMS = (
    re.compile(r"(?P<who>.+)_\d+_assignsubmission_(?:file|onlinetext)_?.*"),  # Moodle
    re.compile(r"(?P<who>submission_\d+)"),  # Gradescope
    re.compile(r"\d+-\d+ - (?P<who>.+?) - .+"),  # Brightspace
    re.compile(r"(?P<who>[^_]+)_(?:LATE_)?\d+_\d+_.+"),  # Canvas
)


class File(NamedTuple):
    """A submission: its name in the class, who it is by where it does not say, and how to read it."""

    name: str
    fallback: str
    read: Callable[[], bytes]


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
    for count, found in enumerate(_walk(folder, "", folder.resolve(), apart, 0), 1):
        if count > MOST_FILES:
            what = f"there are more than {MOST_FILES:,} files"
            raise AuthorError(Finding(what, Place(str(folder)), "grade them in several folders"))
        yield found


def kind_of(data: bytes) -> str:
    """What a file says it is: 'submission', 'problem', another format of ours, or ''."""
    head = data[:HEAD]
    if b"\0" in head:
        head = head.replace(b"\0", b"")  # UTF-16: its reader says what is wrong with it
    found = _FORMAT.search(head.lstrip(b"\xef\xbb\xbf\xff\xfe")) or _INLINE.search(head)
    return found[1].decode("ascii", "replace") if found else ""


def _walk(folder: Path, prefix: str, root: Path, apart: Path | None, depth: int) -> Iterator[File | Passed]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        yield Passed(prefix or str(folder), f"the folder cannot be listed: {error.strerror}", lost=True)
        return
    for entry in entries:
        name = prefix + _name(entry.name)
        yaml = entry.name.lower().endswith(SUFFIXES)
        if entry.name in _SKIPPED:
            continue
        if entry.is_symlink():
            yield from _link(entry, name, root, yaml=yaml)
        elif entry.is_dir(follow_symlinks=False):
            if apart is not None and Path(entry.path).resolve() == apart:
                continue
            if yaml:
                yield Passed(name, "it is a folder, though it is named like a file; what is in it is looked at")
            if depth >= DEEPEST:
                yield Passed(name, f"it lies deeper than {DEEPEST} folders", lost=True)
                continue
            yield from _walk(Path(entry.path), f"{name}/", root, apart, depth + 1)
        elif not entry.is_file(follow_symlinks=False):
            if yaml:
                yield Passed(name, "it is a pipe or a device, not a file", lost=True)
        elif yaml:
            yield File(name, _who(name), _reader(entry.path))
        elif entry.name.lower().endswith(".zip"):
            yield from _archive(Path(entry.path), f"{name}/")


def _link(entry: os.DirEntry[str], name: str, root: Path, *, yaml: bool) -> Iterator[Passed]:
    try:
        target = Path(entry.path).resolve()
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
    """The submissions in a zip archive, read where they lie."""
    shown = prefix.removesuffix("/") or path.name
    try:
        if path.stat().st_size > LARGEST_ARCHIVE:
            yield Passed(shown, "the archive is larger than 1 GiB", lost=True)
            return
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield Passed(shown, f"the archive cannot be read: {error}", lost=True)
        return
    if len(members) > MOST_MEMBERS:
        yield Passed(shown, f"the archive holds more than {MOST_MEMBERS:,} files", lost=True)
        return
    seen: set[str] = set()
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.is_dir() or not parts[-1].lower().endswith(SUFFIXES) or not _SKIPPED.isdisjoint(parts):
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
            yield File(name, _who(name), _member(path, member.filename))


def _member(path: Path, member: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                # the size that an archive states may be a lie: no more than the bound is ever unpacked
                return io.BufferedReader(file).read(DEFAULT.size + 1)  # type: ignore[type-var]
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
            raise Unreadable(f"it cannot be read from the archive: {error}") from None

    return read


def _name(raw: str) -> str:
    """A file's name as text that can be written and printed anywhere."""
    if raw.isascii() and raw.isprintable():
        return raw
    text = os.fsencode(raw).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _who(name: str) -> str:
    """Who a file is by, from its own or its folders' names: as a learning platform has them, else the file's stem."""
    parts = name.split("/")
    for part in reversed(parts):
        for pattern in _PLATFORMS:
            match = pattern.fullmatch(part)
            if match:
                return printable(match["who"]).strip()[:200]
    return parts[-1].rpartition(".")[0][:200] or parts[-1][:200]
