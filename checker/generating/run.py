"""A whole set: from a template and a roster to everybody's files, the manifest and the private key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.generating import key
from checker.generating.blank import IDENTITY, STEM, STUDENT, blank, yaml_text
from checker.generating.exports import EXPORTS
from checker.generating.exports.content import Item, Origin, Sheet
from checker.generating.guarantees import GUARANTEES
from checker.generating.handouts import FORMATS
from checker.generating.handouts.content import handout
from checker.generating.holes import Piece, filled
from checker.generating.key import Solver
from checker.generating.manifest import FORMAT, PRIVATE_FORMAT, Manifest
from checker.generating.problemfile import written
from checker.generating.roster import Student, problem_id
from checker.generating.search import Search, Variant
from checker.generating.secret import fingerprint
from checker.generating.stream import student_seed
from checker.shipped import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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
        self.template, self.secret = template, secret
        self.formats = [FORMATS[name] for name in formats]
        self.search = Search(template)
        made_from = {
            "template": template.id,
            "version": template.version,
            "sha256": template.digest,
            "seed": seed,
        }
        private = {**made_from, "secret": fingerprint(secret)}
        self.set = Manifest(out, FORMAT, made_from)
        self.private = Manifest(key_out, PRIVATE_FORMAT, private)
        self.out, self.key = self.set.folder, self.private.folder
        self._texts: dict[int, _Texts] = {}
        title = re.sub(r"\{(\w+)\}", r"\1", template.title)
        origin = Origin(template.id, title, json.dumps(private, sort_keys=True))
        self._exports = [(EXPORTS[name], EXPORTS[name].writer(origin)) for name in exports]

    # ------------------------------------------------------------ the variants

    def make(self, students: Sequence[Student], progress: Callable[[str, int, int], None] | None = None) -> Summary:
        """Look for everybody's variant, write everybody's files, then the manifests.

        Whoever is in the set already keeps their variant, whoever else the roster names.
        """
        known = {student.id: student for student in students}
        before = self.set.students
        order = [*before, *(each for each in known if each not in set(before))]
        seeds = [student_seed(self.secret, self.template.id, self.template.version, each) for each in order]
        found = dict(zip(order, self.search.find(seeds, progress), strict=True))
        rows: dict[str, dict[str, Any]] = {}
        private: dict[str, dict[str, Any]] = {}
        for schema in SCHEMAS:
            name = f"{schema}.schema.json"
            self.out.write(f"schemas/{name}", (data_folder("schemas") / name).read_bytes())
        for done, student in enumerate(students, 1):
            rows[student.id], private[student.id] = self._write(student, found[student.id])
            if progress is not None:
                progress("writing", done, len(students))
        for export, writer in self._exports:
            for path, data in writer.shared().items():
                (self.key if export.private else self.out).write(path, data)
        self.set.write(self._about(), rows, order)
        self.private.write({}, private, order)
        return Summary(
            self.template.id,
            self.template.version,
            tuple(students),
            tuple(found[student.id] for student in students),
            (*self.out.kept, *(f"key: {path}" for path in self.key.kept)),
            tuple(each for each in before if each not in known),
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

    def _about(self) -> dict[str, Any]:
        """What the manifest says of the whole set."""
        return {
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


def _short(margin: float) -> float | None:
    """By how many times a guarantee holds, to three digits; None where there is nothing it could fail at."""
    return float(f"{margin:.3g}") if margin < 1e6 else None
