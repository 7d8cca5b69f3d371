"""What a folder of a set is made of, in its `manifest.json`: of what it was made, and each student's variant and files.

A set has two of them: one beside what students get, and one beside the key.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.generating.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMAT = "check-backprop/set@1"
PRIVATE_FORMAT = "check-backprop/set-key@1"


class Left(NamedTuple):
    """What an earlier run left: what it made the set from, its rows by student, and the hashes of all other files."""

    made_from: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]]
    shared: Mapping[str, str]


class Manifest:
    """One folder of a set: its files, and its manifest, which an earlier run may have left and which is written anew.

    Raises:
        AuthorError: the manifest is none, or is of a set that was made from something else.
    """

    def __init__(self, root: Path, form: str, made_from: Mapping[str, Any]) -> None:
        self._path, self._form, self._made_from = root / "manifest.json", form, made_from
        self._left = _read(self._path, form)
        _refuse_another(self._left.made_from if self._left else made_from, made_from, self._path)
        self.students = list(self._left.rows) if self._left else []
        known = dict(self._left.shared) if self._left else {}
        for row in self._left.rows.values() if self._left else ():
            known.update(row["files"])
        self.folder = Folder(root, known)

    def write(self, about: Mapping[str, Any], rows: Mapping[str, dict[str, Any]], order: Iterable[str]) -> None:
        """Write the manifest.

        Args:
            about: what it says of the whole set.
            rows: what it says of each student of this run; who was in the set before keeps the row that was there.
            order: the students in the order in which they joined the set.
        """
        own = {path for row in rows.values() for path in row["files"]}
        shared = {path: digest for path, digest in self.folder.hashes.items() if path not in own}
        earlier = self._left.rows if self._left else {}
        if self._left is not None:  # what an earlier run wrote in other formats is still ours
            shared = self.folder.with_earlier(shared, self._left.shared)
            for student, row in rows.items():
                row["files"] = self.folder.with_earlier(row["files"], earlier.get(student, {}).get("files", {}))
        all_rows = {**earlier, **rows}
        listed = ",\n  ".join(_json(all_rows[each]) for each in order if each in all_rows)
        head = {"format": self._form, "made_from": self._made_from, **about, "files": shared}
        parts = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
        self._replace(("{" + ",\n ".join([*parts, f'"students": [\n  {listed}\n ]']) + "}\n").encode())

    def _replace(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.is_file() and self._path.read_bytes() == data:
            return
        beside = self._path.with_name("manifest.json.tmp")
        beside.write_bytes(data)
        beside.replace(self._path)


def _read(path: Path, form: str) -> Left | None:
    """What an earlier run left; None where there was none.

    Raises:
        AuthorError: the file is there and is no manifest.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != form:
            raise ValueError("another format")
        rows = {str(each["student"]): {**each, "files": dict(each["files"])} for each in data["students"]}
        return Left(dict(data["made_from"]), rows, dict(data["files"]))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        mend = "give the name of a folder, or of one that is to be made"
        raise AuthorError(Finding("it is a file, not a folder", Place(str(path.parent)), mend)) from None
    except (OSError, ValueError, KeyError, TypeError):
        what = "this is no manifest of a set"
        raise AuthorError(Finding(what, Place(str(path)), "give another folder, or remove the file")) from None


def _refuse_another(before: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    if before == now:
        return
    place = Place(str(path))
    if before.get("template") != now["template"]:
        what = f"this folder has a set of {before.get('template')!r}, not of {now['template']!r}"
        raise AuthorError(Finding(what, place, "give another folder"))
    if before.get("version") != now["version"]:
        what = f"this folder has version {before.get('version')} of {now['template']!r}, not {now['version']}"
        raise AuthorError(Finding(what, place, "give another folder for each version"))
    if before.get("sha256") != now["sha256"]:
        what = "the template was changed since this set was made, and with it everybody's numbers may change"
        mend = "give the changed one a new `template: {version: …}` and another folder, or undo the change"
        raise AuthorError(Finding(what, place, mend))
    what = "this set was made with another secret or seed, which gives other numbers"
    raise AuthorError(Finding(what, place, "give the secret it was made with, or another folder"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
