"""From a problem's id to its file, without reading more of a folder than the id needs."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, CheckerError, Finding, Place, SubmissionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_NAMES = 1000  # of a folder that are compared with one that is not there
HEAD = 64 * 1024  # how much of a file is looked at for its id
BOM = b"\xef\xbb\xbf"
SUFFIXES = (".yaml", ".yml")
ID = r"[A-Za-z0-9._-]{1,64}"

_SUBMISSION = re.compile(rb"format[\"']?\s*:\s*[\"']?check-backprop/submission@")


def named_file(given: Path | str, *, kinds: Sequence[str] = ("", "templates")) -> Path:
    """The file that is given by its path, or by the id of a problem or a template that comes with the product.

    What ends like a YAML file, has a folder in it or is there as a file is a path. `kinds` are the folders of
    `problem_sets` that are looked through.

    Raises:
        SubmissionError: nothing that is shipped has this id.
    """
    path = Path(given)
    if isinstance(given, Path) or path.suffix in SUFFIXES or path.name != given or path.is_file():
        return path
    from checker.shipped import data_folder

    return find_problem(given, [data_folder("problem_sets") / kind for kind in kinds], None)


class _Candidate(NamedTuple):
    """A file that may hold the problem; `escapes` says that it is a link out of its folder."""

    path: Path
    named: bool
    escapes: bool


def find_problem(problem_id: str, folders: Sequence[Path], where: Place | None) -> Path:
    """The problem file with this id, from the first folder that has one: `<id>.yaml`, or any file with that id.

    `where` is the place of the id in the submission, None where it was typed as an argument. Nothing is followed out
    of a folder, and neither pipes nor devices are opened; files are not parsed: only their first 64 KiB is searched
    for a line `id: <id>`.

    Raises:
        SubmissionError: the id is not one, or no folder has it.
        AuthorError: one folder has it twice, or the file is a link out of its folder or cannot be read.
    """
    if not re.fullmatch(ID, problem_id):
        what = f"{problem_id[:80]!r} is not a problem's id"
        mend = "an id has at most 64 letters, digits, dots, hyphens and underscores, and is not a path"
        raise SubmissionError(Finding(what, where, mend))
    for folder in folders:
        found = [each.path for each in _candidates(problem_id, folder) if _holds(each, problem_id)]
        if len({path.resolve() for path in found}) > 1:
            names = " and ".join(str(path) for path in found)
            what = f"{len(found)} files have the id {problem_id!r}: {names}"
            raise AuthorError(Finding(what, Place(str(found[1])), "give each problem of a folder an id of its own"))
        if found:
            return found[0]
    raise SubmissionError(
        Finding(f"there is no problem {problem_id!r}{_looked(folders)}", where, _near(problem_id, folders))
    )


def _candidates(problem_id: str, folder: Path) -> Iterator[_Candidate]:
    """The problem files of a folder, by name; a folder that cannot be listed has none."""
    names = {problem_id + suffix for suffix in SUFFIXES}
    try:
        with os.scandir(folder) as entries:
            files = sorted((entry for entry in entries if entry.name.endswith(SUFFIXES)), key=lambda entry: entry.name)
            links = {entry.name: entry.is_symlink() for entry in files}
    except OSError:
        return
    inside = folder.resolve()
    for name, link in links.items():
        path = folder / name
        escapes = link and not path.resolve().is_relative_to(inside)
        yield _Candidate(path, name in names, escapes)


def _holds(candidate: _Candidate, problem_id: str) -> bool:
    """Whether the file is the problem: by a line `id: <id>`, or by its name where no other id is seen in it."""
    path, named, escapes = candidate
    if escapes:
        if named:
            what = f"{path.name} is a link to a file outside its folder"
            raise AuthorError(Finding(what, Place(str(path)), "put the problem file itself in the folder"))
        return False
    try:
        head = _head(path).removeprefix(BOM)
    except OSError as error:
        if named:
            what = f"{path.name} cannot be read: {error.strerror or error}"
            raise AuthorError(Finding(what, Place(str(path)), "make it a file that you may read")) from None
        return False
    plain = problem_id.encode()
    if plain in head:
        line = rb"(?m)^id:[ \t]*[\"']?" + re.escape(plain) + rb"[\"']?[ \t]*(?:[ \t]#.*)?\r?$"
        if re.search(line, head) and not _SUBMISSION.search(head):
            return True
    return named and _own_id(head) is None and not _SUBMISSION.search(head)


def contents(path: Path, error: type[CheckerError], most: int = 1024 * 1024) -> bytes:
    """The bytes of a file, one more than `most` where it has more: its reader then refuses it by size.

    Raises:
        error: it cannot be read, or is a pipe, a device or a folder.
    """
    try:
        return _head(path, most + 1)
    except FileNotFoundError:
        raise error(Finding("there is no such file", Place(str(path)), _nearby(path))) from None
    except OSError as trouble:
        what = f"it cannot be read: {trouble.strerror or trouble}"
        raise error(Finding(what, Place(str(path)), "give a file that is there and that you may read")) from None


def _nearby(path: Path) -> str:
    """The mend for a file that is not there: the one beside it that has nearly this name, where there is one."""
    from difflib import get_close_matches

    try:
        with os.scandir(path.parent) as entries:
            names = {Path(entry).stem: entry.name for entry, _ in zip(entries, range(MOST_NAMES), strict=False)}
    except OSError:
        return f"there is no folder {str(path.parent)!r} either"
    near = get_close_matches(path.stem, names, n=1)
    return f"did you mean {str(path.with_name(names[near[0]]))!r}?" if near else "give a file that is there"


def _head(path: Path, most: int = HEAD) -> bytes:
    """The first bytes of a regular file.

    Raises:
        OSError: it cannot be read, or is a pipe, a device or a folder.
    """
    # a pipe that nobody writes to would otherwise hold us here for ever
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(0, "it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")
        parts, left = [], most
        while left and (part := os.read(handle, left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def _own_id(head: bytes) -> str | None:
    found = re.search(rb"(?m)^id:[ \t]*[\"']?(" + ID.encode() + rb")[\"']?[ \t]*(?:[ \t]#.*)?\r?$", head)
    return found[1].decode() if found else None


def known_ids(folders: Sequence[Path]) -> list[str]:
    """The ids of the problems in these folders, for a suggestion or a list."""
    return list(dict.fromkeys(own for folder in folders for _, own in _problems(folder) if own))


def listed(folder: Path) -> dict[str, list[Path]]:
    """By id, the problem files of a folder: for a class, whose problems are looked for one by one.

    What `find_problem` would have something to say about (two files, a link out of the folder) is there twice or not at
    all.
    """
    found: dict[str, list[Path]] = {}
    for path, own in _problems(folder):
        found.setdefault(own or path.stem, []).append(path)
    return found


def _problems(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """The problem files of a folder that can be read, each with the id that stands in it; links out of it are left."""
    for path, _, escapes in _candidates("", folder):
        if escapes:
            continue
        try:
            head = _head(path).removeprefix(BOM)
        except OSError:
            continue
        if not _SUBMISSION.search(head):
            yield path, _own_id(head)


def _looked(folders: Sequence[Path]) -> str:
    from checker.shipped import data_folder

    shipped = data_folder("problem_sets")  # whose place helps nobody
    shown = [str(folder) for folder in folders if folder != shipped and shipped not in folder.parents]
    return f" in {' or '.join(shown)}, nor among the shipped ones" if shown else " among the shipped ones"


def _near(problem_id: str, folders: Sequence[Path]) -> str:
    from checker.table import suggest

    return suggest(problem_id, known_ids(folders)) or "name the problem's folder with --problems"
