"""Who is in the class: the students of a roster or of a gradebook's export, by whatever they may be called.

A student writes an id, an address or a name into the file; a learning platform names its folders by name and number.
Whether both mean the same person only a roster can tell.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.platforms import stem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.batch.spreadsheet import Spreadsheet

# headings, as rosters and exports have them, of what identifies a student and of names
IDENTIFIERS = frozenset(
    [
        "student id", "studentid", "student number", "matriculation number", "matrikelnummer", "id number", "idnumber",
        "sis user id", "sis id", "sis login id", "login id", "login", "username", "user name", "user id", "userid",
        "netid", "net id", "uid", "uin", "sid", "orgdefinedid", "org defined id", "identifier", "email address",
        "email", "e-mail", "e-mail address", "external id", "github username", "id", "student",
    ]
)  # fmt: skip
NAMES = frozenset(["name", "full name", "student name", "display name", "sortable name", "student", "short name"])
FIRST_NAMES = frozenset(["first name", "firstname", "given name", "vorname"])
LAST_NAMES = frozenset(["last name", "lastname", "surname", "family name", "nachname"])
# rows of a Canvas export that are no students
_NOBODY = frozenset(["points possible", "student, test", "test student"])
_SHORTEST = 3  # letters of a part of a name that tells somebody from others


class Person(NamedTuple):
    """A student: the row in the file, what the student is called first of all, and the place among all."""

    row: int
    label: str
    place: int


class People:
    """The students of a roster; without one, nobody is known."""

    def __init__(self, sheet: Spreadsheet | None = None) -> None:
        self.sheet = sheet
        self.persons: list[Person] = []
        self._by_alias: dict[str, int | None] = {}
        self.heading: list[str] = []
        if sheet is not None:
            self._read(sheet)

    def __bool__(self) -> bool:
        return self.sheet is not None

    def _read(self, sheet: Spreadsheet) -> None:
        start, self.heading = _heading(sheet)
        columns = {
            column: name
            for column, name in enumerate(self.heading)
            if name in IDENTIFIERS or name in NAMES or name in FIRST_NAMES or name in LAST_NAMES
        } or {0: "student"}
        for number, (_, cells) in enumerate(sheet.rows):
            if number < start or not any(cell.value.strip() for cell in cells):
                continue
            values = {name: cells[column].value.strip() for column, name in columns.items() if column < len(cells)}
            if any(plain(value) in _NOBODY for value in values.values()):
                continue
            label = next((value for value in values.values() if value), "")
            if not label:
                continue
            place = len(self.persons)
            self.persons.append(Person(number, label, place))
            for alias in _aliases(values):
                # what two students are called tells neither
                known = self._by_alias.setdefault(alias, place)
                if known != place:
                    self._by_alias[alias] = None

    def find(self, *called: str) -> Person | None:
        """The student that the first telling one of these means; None where none does."""
        for text in called:
            for alias in _spellings(text):
                place = self._by_alias.get(alias)
                if place is not None:
                    return self.persons[place]
        return None

    def places(self, submission: str, student: str, sender: str, sender_id: str) -> Iterator[int]:
        """Whom a submission may be by, as places among `persons`: who it says and who handed it in."""
        sent = self.find(*sender_id.split(), sender, *_sides(sender)) if sender else self.find(stem_of(submission))
        for person in (self.find(student), sent):
            if person is not None:
                yield person.place

    def key(self, student: str) -> str:
        """What all spellings of one student have in common."""
        person = self.find(student) if self.sheet is not None else None
        return f"\0{person.row}" if person is not None else student

    def column(self, name: str) -> int | None:
        """The column with this heading."""
        return self.heading.index(plain(name)) if plain(name) in self.heading else None

    def value(self, person: Person, column: int) -> str:
        """What stands in a person's row."""
        assert self.sheet is not None
        cells = self.sheet.rows[person.row][1]
        return cells[column].value.strip() if column < len(cells) else ""

    def remark(self, submission: str, student: str, sender: str, sender_id: str) -> str:
        """What is odd about who a submission says it is by; '' where nothing is."""
        if self.sheet is not None:
            said = self.find(student)
            sent = self.find(*sender_id.split(), sender, *_sides(sender)) if sender else self.find(stem_of(submission))
            if said is not None and sent is not None and said is not sent:
                return f"it says it is by {student!r}, but {sender or stem_of(submission)!r} handed it in"
            if said is None:
                return f"{student!r} is not on the roster"
            return ""
        if sender and not sender.startswith("submission_") and not _related(student, sender, sender_id):
            return f"it says it is by {student!r}, and {sender!r} handed it in; a roster would tell whether that fits"
        return ""

    def doubtful(self, submission: str, student: str, sender: str, sender_id: str) -> bool:
        """Whether somebody else handed a submission in, as far as a roster can tell."""
        return self.sheet is not None and "handed it in" in self.remark(submission, student, sender, sender_id)


def plain(text: str) -> str:
    """A text as it is compared: one case, one width, single spaces, no marks that exports put before numbers."""
    wide = unicodedata.normalize("NFKC", text).replace("\ufeff", "").casefold()
    return " ".join(wide.replace('"', " ").split()).lstrip("#'").strip()


def _heading(sheet: Spreadsheet) -> tuple[int, list[str]]:
    """The row after the heading, and the heading; where there is none, every row is a student's."""
    known = IDENTIFIERS | NAMES | FIRST_NAMES | LAST_NAMES
    for number, (_, cells) in enumerate(sheet.rows[:3]):
        names = [plain(cell.value) for cell in cells]
        if known.intersection(names):
            return number + 1, names
    return 0, []


def _aliases(values: dict[str, str]) -> Iterator[str]:
    first = next((value for name, value in values.items() if name in FIRST_NAMES), "")
    last = next((value for name, value in values.items() if name in LAST_NAMES), "")
    names = [value for name, value in values.items() if name in NAMES and value]
    if first or last:
        names += [f"{first} {last}"]
    for name, value in values.items():
        if value and name in IDENTIFIERS:
            yield plain(value)
            local, at, _ = plain(value).partition("@")
            if at and local:
                yield local
            number = re.fullmatch(r"\w+ (\d+)", plain(value))  # Moodle's `Participant 1815`
            if number and name == "identifier":
                yield f"moodle {number[1]}"
                yield number[1]
    for name in names:
        yield from _spellings(name)


def _spellings(text: str) -> Iterator[str]:
    """How the same name may be written: as it is, its parts in any order, and run together last name first."""
    whole = plain(text)
    if not whole:
        return
    yield whole
    parts = re.findall(r"[^\W_]+", whole)
    if len(parts) > 1:
        yield " ".join(sorted(parts))
    last, comma, first = whole.partition(",")
    if comma and first.strip():
        yield "".join(re.findall(r"[^\W_]+", last + first))
    elif len(parts) > 1:
        yield "".join([parts[-1], *parts[:-1]])


def _sides(sender: str) -> Iterable[str]:
    """What may stand behind a group's name, as Moodle writes both: `Group A-Ada Lovelace`."""
    parts = sender.split("-")
    return ["-".join(parts[k:]) for k in range(1, len(parts))]


def _related(student: str, sender: str, sender_id: str) -> bool:
    """Whether two names have a part in common, or one of them tells nothing that could be compared."""
    one, other = plain(student), plain(sender)
    if one in (other, *map(plain, sender_id.split())):
        return True
    parts = [part for part in re.findall(r"[^\W\d_]+", one) if len(part) >= _SHORTEST]
    if not parts or re.fullmatch(r"\w+ \d+", other):  # a number, or a participant without a name
        return True
    compact = "".join(re.findall(r"[^\W\d_]+", other))
    theirs = [part for part in re.findall(r"[^\W\d_]+", other) if len(part) >= _SHORTEST]
    mine = "".join(re.findall(r"[^\W\d_]+", one))
    return any(part in compact for part in parts) or any(part in mine for part in theirs)
