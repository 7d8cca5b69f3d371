"""What a set is made of, in `manifest.json`: the template, the guarantees, and each student's variant and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FORMAT = "check-backprop/set@1"
PRIVATE_FORMAT = "check-backprop/set-key@1"


class Entry(NamedTuple):
    """A student of a set as an earlier run left it: id, and the hash of each file."""

    student: str
    files: Mapping[str, str]


class Left(NamedTuple):
    """What an earlier run left: who made it, whom it is for, and the hashes of files that are no student's."""

    made_from: Mapping[str, Any]
    entries: Sequence[Entry]
    shared: Mapping[str, str]

    @property
    def hashes(self) -> dict[str, str]:
        """Every file's hash, by its path."""
        found = dict(self.shared)
        for entry in self.entries:
            found.update(entry.files)
        return found


def read_manifest(path: Path, form: str) -> Left | None:
    """What an earlier run left; None where there was none.

    Raises:
        AuthorError: the file is there and is no manifest.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != form:
            raise ValueError("another format")
        entries = [Entry(str(each["student"]), dict(each["files"])) for each in data["students"]]
        return Left(dict(data["made_from"]), entries, dict(data["files"]))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        mend = "give the name of a folder, or of one that is to be made"
        raise AuthorError(Finding("it is a file, not a folder", Place(str(path.parent)), mend)) from None
    except (OSError, ValueError, KeyError, TypeError):
        what = "this is no manifest of a set"
        raise AuthorError(Finding(what, Place(str(path)), "give another folder, or remove the file")) from None


def manifest_text(head: Mapping[str, Any], students: Sequence[Mapping[str, Any]]) -> bytes:
    """A manifest as JSON, a student a line."""
    parts = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    listed = ",\n  ".join(map(_json, students))
    return ("{" + ",\n ".join([*parts, f'"students": [\n  {listed}\n ]']) + "}\n").encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
