"""A whole set: from a template and a roster to everybody's files, the manifest and the private key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.generating import key
from checker.generating.blank import IDENTITY, STEM, STUDENT, blank, yaml_text
from checker.generating.exports import EXPORTS
from checker.generating.exports.content import Item, Origin, Sheet
from checker.generating.folder import Folder
from checker.generating.guarantees import GUARANTEES
from checker.generating.handouts import FORMATS
from checker.generating.handouts.content import handout
from checker.generating.key import Solver
from checker.generating.manifest import FORMAT, PRIVATE_FORMAT, Left, manifest_text, read_manifest
from checker.generating.roster import Student, problem_id
from checker.generating.search import Search, Variant
from checker.generating.secret import fingerprint
from checker.generating.stream import student_seed
from checker.generating.variant import Piece, filled, written
from checker.shipped import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from checker.generating.handouts import Drawn
    from checker.generating.structure import Structure
    from checker.generating.template import Template

HEAD = "# yaml-language-server: $schema=../schemas/problem.schema.json\n"
SCHEMAS = ("problem", "submission")


class Summary(NamedTuple):
    """What was made: students in the roster's order, files left as they were found, who is in the set and not in it."""

    template: str
    version: str
    students: tuple[Student, ...]
    variants: tuple[Variant, ...]
    kept: tuple[str, ...]
    no_longer: tuple[str, ...]


class _Texts(NamedTuple):
    """What all variants of a structure share: their files in pieces, and what works them."""

    problem: list[Piece]
    blank: list[Piece]
    handouts: list[Drawn]
    solver: Solver
    sheet: Sheet


class Maker:
    """Makes the files of one set.

    Raises:
        AuthorError: the set in these folders was made from something else.
    """

    def __init__(
        self,
        template: Template,
        secret: bytes,
        out: Path,
        key_out: Path,
        formats: Sequence[str],
        seed: str | None = None,
        exports: Sequence[str] = (),
    ) -> None:
        self.template, self.secret, self.seed = template, secret, seed
        self.formats = [FORMATS[name] for name in formats]
        self.search = Search(template)
        left = read_manifest(out / "manifest.json", FORMAT)
        private = read_manifest(key_out / "manifest.json", PRIVATE_FORMAT)
        self._made_from: dict[str, Any] = {
            "template": template.id,
            "version": template.version,
            "sha256": template.digest,
            "seed": seed,
        }
        self._private: dict[str, Any] = {**self._made_from, "secret": fingerprint(secret)}
        self._refuse_another(left, out, self._made_from)
        self._refuse_another(private, key_out, self._private)
        self.left, self._before = left, (left, private)
        self.out = Folder(out, left.hashes if left is not None else {})
        self.key = Folder(key_out, private.hashes if private is not None else {})
        self._texts: dict[int, _Texts] = {}
        title = re.sub(r"\{(\w+)\}", r"\1", template.title)
        origin = Origin(template.id, title, json.dumps(self._private, sort_keys=True))
        self._exports = [(EXPORTS[name], EXPORTS[name].writer(origin)) for name in exports]

    def _refuse_another(self, left: Left | None, folder: Path, now: Mapping[str, Any]) -> None:
        if left is None or left.made_from == now:
            return
        place = Place(str(folder / "manifest.json"))
        before = left.made_from
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

    # ------------------------------------------------------------ the variants

    def make(self, students: Sequence[Student], progress: Callable[[str, int, int], None] | None = None) -> Summary:
        """Look for everybody's variant, write everybody's files, then the manifests.

        Whoever is in the set already keeps their variant, whoever else the roster names.
        """
        known = {student.id: student for student in students}
        before = [entry.student for entry in self.left.entries] if self.left is not None else []
        order = [*before, *(each for each in known if each not in set(before))]
        seeds = [student_seed(self.secret, self.template.id, self.template.version, each) for each in order]
        found = dict(zip(order, self.search.find(seeds, progress), strict=True))
        records: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        for schema in SCHEMAS:
            name = f"{schema}.schema.json"
            self.out.write(f"schemas/{name}", (data_folder("schemas") / name).read_bytes())
        for done, student in enumerate(students, 1):
            records[student.id] = self._write(student, found[student.id])
            if progress is not None:
                progress("writing", done, len(students))
        for export, writer in self._exports:
            for path, data in writer.shared().items():
                (self.key if export.private else self.out).write(path, data)
        gone = [each for each in before if each not in known]
        self._write_manifests(records, order, gone)
        return Summary(
            self.template.id,
            self.template.version,
            tuple(students),
            tuple(found[student.id] for student in students),
            (*self.out.kept, *(f"key: {path}" for path in self.key.kept)),
            tuple(gone),
        )

    def _shared(self, structure: Structure) -> _Texts:
        made = self._texts.get(id(structure))
        if made is None:
            content = handout(structure)
            made = self._texts[id(structure)] = _Texts(
                [HEAD, *written(structure.root, IDENTITY)],
                blank(structure),
                [format_.drawn(structure, content, self.out) for format_ in self.formats],
                Solver(structure),
                Sheet(structure),
            )
        return made

    def _write(self, student: Student, variant: Variant) -> tuple[dict[str, Any], dict[str, Any]]:
        """One student's files; what the two manifests say of them."""
        texts = self._shared(variant.structure)
        identity = problem_id(self.template.id, student.stem)
        words = {
            IDENTITY: yaml_text(identity),
            STUDENT: yaml_text(student.id),
            STEM: student.stem,
        }
        files = {
            f"problems/{student.stem}.yaml": filled(texts.problem, variant.draw, words).encode(),
            f"submissions/{student.stem}.yaml": filled(texts.blank, variant.draw, words).encode(),
        }
        for format_, drawn in zip(self.formats, texts.handouts, strict=True):
            files[f"handouts/{student.stem}{format_.suffix}"] = drawn(student, variant.draw)
        solved = texts.solver(variant.draw)
        title = variant.structure.problem.title
        private = {
            f"answers/{student.stem}.json": key.data(solved, identity, student).encode(),
            f"solutions/{student.stem}.md": key.worked(solved, title, student).encode(),
        }
        if self._exports:
            item = Item(student, identity, variant.draw, solved, texts.sheet)
            for export, writer in self._exports:
                (private if export.private else files).update(writer.one(item))
        hashes = {path: self.out.write(path, data) for path, data in files.items()}
        kept = {path: self.key.write(path, data) for path, data in private.items()}
        effort = variant.effort
        record = {
            "student": student.id,
            "problem": identity,
            "draw": variant.number,
            "difficulty": {**effort._asdict(), "total": effort.total},
            "guarantees": {name: _short(margin) for name, margin in variant.margins.items()},
            "files": hashes,
        }
        return record, {"student": student.id, "problem": identity, "files": kept}

    # ------------------------------------------------------------ the manifests

    def _write_manifests(
        self, records: Mapping[str, tuple[dict[str, Any], dict[str, Any]]], order: Sequence[str], gone: Sequence[str]
    ) -> None:
        rows = self._rows(self.out.root, 0, records, order, gone)
        private = self._rows(self.key.root, 1, records, order, gone)
        head = {
            "format": FORMAT,
            "made_from": self._made_from,
            "guarantees": {
                **{name: entry.summary for name, entry in GUARANTEES.items()},
                **{f"require {n}": each.text for n, each in enumerate(self.template.conditions, 1)},
            },
            "accepted": [text for text, _ in self.template.accept],
            "difficulty": {
                "measure": "significant digits of the numbers drawn, plus negative numbers given or asked, plus "
                "summands of gradients that are not 0",
                "middle": self.search.middle,
                "band": str(self.template.band) if self.template.band is not None else None,
            },
        }
        for folder, text_head, listed, index in ((self.out, head, rows, 0), (self.key, None, private, 1)):
            own = {path for row in records.values() for path in row[index]["files"]}
            shared = {path: digest for path, digest in folder.hashes.items() if path not in own}
            before = self._before[index]
            if before is not None:  # what an earlier run wrote in other formats is still ours
                shared = folder.with_earlier(shared, before.shared)
                earlier = {entry.student: entry.files for entry in before.entries}
                for row in records.values():
                    row[index]["files"] = folder.with_earlier(
                        row[index]["files"], earlier.get(row[index]["student"], {})
                    )
            made = text_head or {"format": PRIVATE_FORMAT, "made_from": self._private}
            _replace(folder, manifest_text({**made, "files": shared}, listed))

    def _rows(
        self,
        root: Path,
        index: int,
        records: Mapping[str, tuple[dict[str, Any], dict[str, Any]]],
        order: Sequence[str],
        gone: Sequence[str],
    ) -> list[Mapping[str, Any]]:
        """Everybody's rows, in the order in which they joined the set; who left it keeps the row they had."""
        old: dict[str, Mapping[str, Any]] = {}
        if gone:
            try:
                data = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
                old = {each["student"]: each for each in data["students"]}
            except (OSError, ValueError, KeyError):
                old = {}
        return [
            records[each][index] if each in records else old[each] for each in order if each in records or each in old
        ]


def _replace(folder: Folder, data: bytes) -> None:
    """The manifest is ours to write anew."""
    path = folder.root / "manifest.json"
    folder.root.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == data:
        return
    beside = path.with_name("manifest.json.tmp")
    beside.write_bytes(data)
    beside.replace(path)


def _short(margin: float) -> float | None:
    """By how many times a guarantee holds, to three digits; None where there is nothing it could fail at."""
    return float(f"{margin:.3g}") if margin < 1e6 else None


def check_folders(out: Path, key_out: Path, secret: Path | None) -> None:
    """Nothing, where key and secret are kept apart from what is handed out.

    Raises:
        AuthorError: one lies inside the other.
    """
    inside = out.resolve()
    for path, option in ((key_out, "--key-out"), (secret, "--secret-file")):
        if path is None:
            continue
        resolved = path.resolve()
        if resolved == inside or resolved.is_relative_to(inside):
            what = f"{option} lies inside --out, which is handed out"
            raise AuthorError(Finding(what, Place(str(path)), "put it beside, or elsewhere"))
    if inside.is_relative_to(key_out.resolve()):
        what = "--out lies inside --key-out: who gets the one is easily given the other"
        raise AuthorError(Finding(what, Place(str(out)), "put them side by side"))


def check_secret(secret: Path, key_out: Path) -> None:
    """Nothing, where there is a secret, or no set yet that rests on one: a new one would not give its numbers again.

    Raises:
        AuthorError: there is a set, and not its secret.
    """
    if (key_out / "manifest.json").is_file() and not secret.exists():
        what = f"there is a set in {key_out}, and not the secret that it was made with"
        raise AuthorError(Finding(what, Place(str(secret)), "give that secret with --secret-file, or another folder"))


def default_key(out: Path) -> Path:
    """Where the key goes unless said: beside the set."""
    resolved = out.resolve()
    return (
        out.parent / f"{resolved.name}-key"
        if out.name not in ("", ".", "..")
        else resolved.parent / f"{resolved.name}-key"
    )
