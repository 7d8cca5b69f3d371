"""Who gets a variant: a roster as it was downloaded, read with everything that is wrong with it and its line."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, Finding, Place
from checker.expression.normalise import LOOK_ALIKES, describe
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_STUDENTS = 20_000
MOST_BYTES = 4 * 1024 * 1024
LONGEST_ID = 100
LONGEST_STEM = 64

# columns that name a student, best first: what a course calls its students by, then what a system does
ID_COLUMNS = (
    "student id", "student_id", "studentid", "student number", "matriculation number", "id number", "idnumber",
    "sis user id", "sis id", "sis login id", "login id", "login", "username", "user name", "user id", "userid",
    "netid", "net id", "uid", "uin", "student", "email address", "email", "e-mail", "id", "external id",
    "github username",
)  # fmt: skip
NAME_COLUMNS = ("name", "full name", "student name", "display name", "sortable name", "student")
FIRST_NAMES, LAST_NAMES = ("first name", "firstname", "given name"), ("last name", "lastname", "surname", "family name")
# a Canvas gradebook: its columns are known, and `Student` is the name
CANVAS = ("student", "id", "sis login id")
_CANVAS_ROWS = ("points possible", "student, test")
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)  # names that Windows keeps for devices


class Student(NamedTuple):
    """A student: the id that numbers come from, the name ('' where the roster has none), and what files are called."""

    id: str
    name: str
    stem: str
    line: int = 1


def read_roster(data: bytes, file: str, column: str | None = None) -> list[Student]:
    """The students of a roster, in its order.

    `data` is a CSV file with a heading (separated by commas, semicolons or tabs; a Canvas or Moodle export), or a plain
    list of ids, one a line. `column` says which column the ids are in.

    Raises:
        AuthorError: everything that is wrong with it, each with its line.
    """
    text = _decoded(data, file)
    rows = _rows(text, file)
    if not rows:
        raise AuthorError(
            Finding("the roster is empty", Place(file), "write an id a line, or export it with a heading")
        )
    heading = [_plain(cell) for cell in rows[0][1]]
    at = _id_column(heading, [cells for _, cells in rows[1:]], column, Place(file, rows[0][0]))
    if at is None and len(heading) > 1:
        raise AuthorError(
            Finding(
                f"none of the columns names a student: {', '.join(rows[0][1])[:200]}",
                Place(file, rows[0][0]),
                "say which with --id-column, or call one 'id'",
            )
        )
    canvas = set(CANVAS) <= set(heading)
    findings: list[Finding] = []
    students: list[Student] = []
    for line, cells in rows[1:] if at is not None else rows:
        place = Place(file, line)
        if not any(cell.strip() for cell in cells):
            continue
        if canvas and _plain(cells[0]) in _CANVAS_ROWS:
            continue
        identity = cells[at or 0].strip() if (at or 0) < len(cells) else ""
        fault = id_fault(identity)
        if fault:
            findings.append(Finding(fault[0], place, fault[1]))
            continue
        name = _name(heading, cells, at) if at is not None else ""
        students.append(Student(identity, name, stem(identity), line))
    findings += _twice(students, file)
    if len(students) > MOST_STUDENTS:
        findings.append(Finding(f"{len(students):,} students", Place(file), f"use at most {MOST_STUDENTS:,}"))
    if findings:
        raise AuthorError(*sorted(findings, key=lambda finding: finding.where or Place(file)))
    if not students:
        raise AuthorError(Finding("the roster has a heading and no students", Place(file), "add them below it"))
    return students


def students_of(ids: Iterable[str]) -> list[Student]:
    """The students with these ids.

    Raises:
        AuthorError: everything that is wrong with them.
    """
    students = [Student(identity, "", stem(identity), place) for place, identity in enumerate(ids, 1)]
    findings = [Finding(fault[0], None, fault[1]) for each in students if (fault := id_fault(each.id))]
    findings += [Finding(each.what, None, each.mend) for each in _twice(students, "", "place")]
    if findings:
        raise AuthorError(*findings)
    return students


# ---------------------------------------------------------------- the table


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MOST_BYTES:
        raise AuthorError(Finding("the roster is larger than 4 MiB", Place(file), "leave out what is no student"))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # Excel's "Unicode text"
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise AuthorError(Finding("the roster is no whole UTF-16", Place(file), "save it as UTF-8")) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"the byte 0x{data[error.start]:02X} is not UTF-8"
        raise AuthorError(Finding(what, Place(file, line), "save the roster as CSV UTF-8")) from None


def _rows(text: str, file: str) -> list[tuple[int, list[str]]]:
    """The rows with the line each begins on; blank ones and comments (#) are left out."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    counts = {mark: first.count(mark) for mark in ",;\t"}
    mark = max(counts, key=lambda each: counts[each])
    if not counts[mark]:
        return [
            (number, [line.strip()])
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.lstrip().startswith("#")
        ]
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=False)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not (cells[0].startswith("#") and len(cells) == 1):
                rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        raise AuthorError(
            Finding(f"the roster is no CSV: {error}", Place(file, reader.line_num), "export it again")
        ) from None
    return rows


def _plain(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").strip().casefold().split())


def _id_column(heading: list[str], rows: list[list[str]], column: str | None, place: Place) -> int | None:
    """The column of the ids, one that is filled in; None where there is no heading."""
    if column is not None:
        if _plain(column) not in heading:
            what = f"the roster has no column {column!r}"
            raise AuthorError(Finding(what, place, suggest(_plain(column), [cell for cell in heading if cell])))
        return heading.index(_plain(column))
    known = ID_COLUMNS if not set(CANVAS) <= set(heading) else ("sis user id", "sis login id", "id")
    columns = [heading.index(name) for name in known if name in heading]
    filled = (at for at in columns if any(at < len(cells) and cells[at].strip() for cells in rows))
    return next(filled, columns[0] if columns else None)


def _name(heading: list[str], cells: list[str], at: int) -> str:
    def cell(names: tuple[str, ...]) -> str:
        for name in names:
            if name in heading and heading.index(name) != at and heading.index(name) < len(cells):
                found = " ".join("".join(c if c.isprintable() else " " for c in cells[heading.index(name)]).split())
                if found:
                    return found[:LONGEST_ID]
        return ""

    both = " ".join(part for part in (cell(FIRST_NAMES), cell(LAST_NAMES)) if part)
    whole = both or cell(NAME_COLUMNS)
    last, comma, first = whole.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and not both else whole


# ---------------------------------------------------------------- ids


def id_fault(identity: str) -> tuple[str, str] | None:
    """What is wrong with an id and how to mend it; None where nothing is.

    >>> id_fault("ada"), id_fault("../ada")
    (None, ("the id '../ada' has a '/' in it", 'an id names files, so it is no path'))
    """
    if not identity:
        return "an id is empty", "fill it in, or remove the line"
    shown = repr(identity[:60])
    if len(identity) > LONGEST_ID:
        return f"the id {shown}… has {len(identity)} characters", f"use at most {LONGEST_ID}"
    for character in identity:
        if character in "/\\":
            return f"the id {shown} has a {character!r} in it", "an id names files, so it is no path"
        if not character.isprintable() or (
            unicodedata.category(character) in ("Cf", "Mn", "Me", "Zs") and character != " "
        ):
            return f"the id {shown} has {describe(character)} in it, which nobody sees", "delete it"
    if identity.strip(". ") == "":
        return f"the id {shown} is made of dots", "an id names files, so it is no path"
    latin = any(_script(c) == "LATIN" for c in identity)
    for character in identity:
        if latin and character in LOOK_ALIKES:
            what = f"the id {shown} has {describe(character)} ({unicodedata.name(character, '').title()}), a look-alike"
            return what, f"type the Latin {LOOK_ALIKES[character]}"
    return None


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""


def skeleton(identity: str) -> str:
    """What an id looks like: ids with the same skeleton are taken for each other, or for one file.

    >>> skeleton("Ada") == skeleton("аdа") == skeleton("ADA")
    True
    """
    wide = unicodedata.normalize("NFKC", identity)
    alike = "".join(LOOK_ALIKES.get(character, character) for character in wide)
    bare = "".join(c for c in unicodedata.normalize("NFKD", alike.casefold()) if not unicodedata.combining(c))
    return " ".join(bare.split())


def _twice(students: list[Student], file: str, counted: str = "line") -> list[Finding]:
    found = []
    seen: dict[str, Student] = {}
    for student in students:
        looks = skeleton(student.id)
        first = seen.setdefault(looks, student)
        if first is student:
            continue
        where = Place(file, student.line)
        if first.id == student.id:
            what = f"{student.id!r} stands there twice, first on {counted} {first.line}"
            found.append(Finding(what, where, "remove one of the lines"))
        else:
            what = f"{student.id!r} looks like {first.id!r} on {counted} {first.line}"
            found.append(Finding(what, where, "write both alike, or give them ids that nobody takes for each other"))
    return found


def stem(identity: str) -> str:
    """What a student's files are called: the id itself where every system takes it, else what is left of it and a mark.

    >>> stem("ada"), stem("Zoë K."), stem("con")
    ('ada', 'Zoe-K-e42b64', 'con-1143da')
    """
    plain = unicodedata.normalize("NFKD", identity)
    kept = re.sub(r"[^A-Za-z0-9._@+-]+", "-", "".join(c for c in plain if not unicodedata.combining(c)))
    kept = kept.strip(".-")[:LONGEST_STEM]
    reserved = kept.split(".")[0].casefold() in _RESERVED
    if kept == identity and not reserved:
        return kept
    return f"{kept[: LONGEST_STEM - 7]}-{hashlib.sha256(identity.encode()).hexdigest()[:6]}".lstrip("-")


def problem_id(template: str, stem_: str) -> str:
    """The id of a student's problem: the template's and the student's, at most 64 characters that an id may have.

    >>> problem_id("xor", "ada"), problem_id("xor", "ada@uni.edu")
    ('xor-ada', 'xor-ada-uni.edu-93ea56')
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", stem_)
    whole = f"{template}-{plain}"
    if plain == stem_ and len(whole) <= LONGEST_STEM:
        return whole
    mark = hashlib.sha256(f"{template}\0{stem_}".encode()).hexdigest()[:6]
    return f"{whole[: LONGEST_STEM - 7]}-{mark}"
