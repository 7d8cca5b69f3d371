"""Who sent a file in, as the learning platforms name the folders and files that they hand out.

Each platform is one entry: what a folder or file of one student's is called there. The name says who was signed in when
the file came, which the file's own `student` is checked against.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from checker.reports.plain import printable
from checker.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST = 200  # characters of a name
METADATA = "submission_metadata.yml"  # what Gradescope puts beside its folders
LARGEST_METADATA = 256 << 20


class Sender(NamedTuple):
    """Who sent a file in: `platform`, the name there, the number or address there, and what orders several files.

    `sent` is the time in seconds since 1970 where the platform says it, `late` whether it says that it was late.
    """

    platform: str = ""
    name: str = ""
    id: str = ""
    turn: str = ""
    sent: float | None = None
    late: bool = False


_NOBODY = Sender()


class Platform(NamedTuple):
    """A learning platform: what it calls a student's folder or file, and what can be read from that."""

    name: str
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], Sender]
    aliases: tuple[str, ...] = ()


def _moodle(found: re.Match[str]) -> Sender:
    name, number = found["name"].strip(), found["id"]
    blind = bool(re.fullmatch(r"\w+", name)) and name.casefold() in _BLIND
    return Sender("moodle", f"{name} {number}" if blind else name, number)


def _canvas(found: re.Match[str]) -> Sender:
    # each file that is handed in again gets a larger number
    return Sender("canvas", found["name"], found["id"], f"{int(found['file']):020}", None, bool(found["late"]))


def _gradescope(found: re.Match[str]) -> Sender:
    return Sender("gradescope", found["name"], found["id"], f"{int(found['id']):020}")


def _brightspace(found: re.Match[str]) -> Sender:
    when = _date(found["when"])
    return Sender("brightspace", found["name"], found["id"], when.isoformat() if when else "", _seconds(when))


_BLIND = {"participant", "teilnehmer", "teilnehmende", "participante", "partecipante", "deelnemer"}

PLATFORMS: Table[Platform] = Table(
    "platform",
    (
        # Ada Lovelace_1815_assignsubmission_file_/sheet.yaml, or the same before the file's own name
        Platform("moodle", re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_.*)?"), _moodle),
        # lovelaceada_LATE_1815_20443_sheet-1.yaml
        Platform(
            "canvas",
            re.compile(r"(?P<name>[^_]+)_(?:(?P<late>LATE)_)?(?P<id>[0-9A-Za-z]+)_(?P<file>\d{1,20})_.+"),
            _canvas,
        ),
        # submission_20443/sheet.yaml, and who that is in submission_metadata.yml
        Platform("gradescope", re.compile(r"(?P<name>submission_(?P<id>\d{1,20}))"), _gradescope),
        # 397063-2557369 - Ada Lovelace - Sep 24, 2024 926 PM/sheet.yaml, or the same before the file's own name
        Platform(
            "brightspace",
            re.compile(
                r"(?P<id>\d+-\d+) - (?P<name>.+?) - "
                r"(?P<when>[^-]*?\d{4},? \d{3,4}(?: ?[APap]\.?[Mm]\.?)?)(?: - .+)?"
            ),
            _brightspace,
        ),
    ),
)


def sender_of(name: str) -> Sender:
    """Who sent in the file of this name below the class folder; an empty Sender where no platform named it.

    >>> sender_of("397063-2557369 - Mary-Ann Smith - Sep 24, 2024 926 PM/sheet.yaml")[:4]
    ('brightspace', 'Mary-Ann Smith', '397063-2557369', '2024-09-24T21:26:00')
    >>> sender_of("Ada Lovelace_1815_assignsubmission_file_/sheet.yaml").name
    'Ada Lovelace'
    """
    if "_" not in name and " - " not in name:  # most files came without a platform
        return _NOBODY
    for part in reversed(name.split("/")):
        for platform in PLATFORMS.values():
            found = platform.pattern.fullmatch(part)
            if found:
                sender = platform.read(found)
                return sender._replace(name=printable(sender.name).strip()[:LONGEST])
    return Sender()


def sender_in(name: str, senders: dict[str, Sender]) -> Sender:
    """The same where a platform's metadata says more of its folders."""
    sender = sender_of(name)
    return senders.get(sender.name, sender) if senders and sender.platform == "gradescope" else sender


def stem_of(name: str) -> str:
    """A file's name without folders and ending, which stands in for a student that no file and no platform names."""
    last = name.rpartition("/")[2]
    return last.rpartition(".")[0][:LONGEST] or last[:LONGEST]


# ---------------------------------------------------------------- dates


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DATE = re.compile(
    r"(?:(?P<month>[^\W\d_]+)\.? (?P<day>\d{1,2})|(?P<day2>\d{1,2})\.? (?P<month2>[^\W\d_]+)\.?),? (?P<year>\d{4}),? "
    r"(?P<time>\d{3,4})(?: ?(?P<half>[APap])\.?[Mm]\.?)?"
)


def _date(text: str) -> datetime | None:
    """A date as Brightspace writes it in names: `Sep 24, 2024 926 PM`, `24 September, 2024 2126`; None for others."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        return None
    month = (found["month"] or found["month2"])[:3].casefold()
    hour, minute = int(found["time"][:-2]), int(found["time"][-2:])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    try:
        return datetime(  # noqa: DTZ001 - the name does not say in which zone it was written
            int(found["year"]), _MONTHS.index(month) + 1, int(found["day"] or found["day2"]), hour, minute
        )
    except ValueError:
        return None


def _seconds(when: datetime | None) -> float | None:
    """The moment, the platform's clock read as this machine's own zone."""
    return None if when is None else when.astimezone().timestamp()


# ---------------------------------------------------------------- Gradescope's metadata


class Submitter(NamedTuple):
    """One of those who handed a submission in on Gradescope."""

    name: str
    sid: str
    email: str


_ENTRY = re.compile(r"(submission_\d+):\s*")
_FIELD = re.compile(r"( *)(?:- )?:(name|sid|email|created_at|submitters):[ ]?(.*)")


def gradescope_senders(lines: Iterable[str]) -> dict[str, Sender]:
    """By folder, who handed in what stands there, read line by line from `submission_metadata.yml`.

    The file is one Ruby wrote, as large as all results of a course; only its plain lines are looked at.
    """
    found: dict[str, Sender] = {}
    folder, people, depth = "", list[dict[str, str]](), -1
    when = ""

    def close() -> None:
        if folder and people:
            names = ", ".join(each.get("name", "") for each in people if each.get("name"))
            ids = " ".join(each[key] for each in people for key in ("sid", "email") if each.get(key))
            moment = _moment(when)
            found[folder] = Sender("gradescope", printable(names)[:LONGEST], printable(ids)[:LONGEST], when, moment)

    for line in lines:
        entry = _ENTRY.fullmatch(line.rstrip("\n"))
        if entry:
            close()
            folder, people, depth, when = entry[1], [], -1, ""
            continue
        if depth >= 0 and re.match(rf" {{{depth}}}:(?!submitters)", line):
            depth = -2  # another key of the same entry: there are no more submitters
        field = _FIELD.fullmatch(line.rstrip("\n"))
        if not field or not folder:
            continue
        indent, key, value = len(field[1]), field[2], field[3].strip().strip("'\"")
        if key == "submitters":
            depth = indent if depth == -1 else depth
        elif key == "created_at":
            when = when or value
        elif depth >= 0 and indent <= depth + 2:
            if line.lstrip().startswith("- "):
                people.append({})
            if people and value not in ("", "null", "~"):
                people[-1].setdefault(key, value)
    close()
    return found


def _moment(text: str) -> float | None:
    """Seconds since 1970 of `2023-02-10 23:59:59.123456000 Z`."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|UTC|[-+]\d\d:?\d\d)?", text)
    if not found:
        return None
    zone = found[3] or "Z"
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}")
        if zone in ("Z", "UTC"):
            return moment.replace(tzinfo=UTC).timestamp()
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").timestamp()
    except ValueError:
        return None
