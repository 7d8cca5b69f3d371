"""What a late submission loses: one policy for the class, written as a person would say it."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.batch.people import People, Person

DAY = 86_400.0
_UNITS = {"minute": 60.0, "hour": 3600.0, "day": DAY}
_NUMBER = r"(\d+(?:\.\d+)?)"
_MEND = 'write it like "10% a day, at most 50%, 1 hour grace, 2 days free, nothing after 7 days"'


class Policy(NamedTuple):
    """What lateness costs.

    A submission is late by what it came after the due time, if that is more than `grace` seconds. Each day that has
    begun counts; `free` of them cost nothing. Each other takes `a_day` percent of the possible points, and `once`
    percent is taken whatever the days, all together at most `most` percent; after `until` days nothing is left. What is
    left is never less than 0.
    """

    a_day: float = 0.0
    once: float = 0.0
    most: float = 100.0
    grace: float = 0.0
    free: int = 0
    until: int | None = None

    def days(self, seconds: float) -> int:
        """How many days late that is.

        >>> Policy(grace=3600).days(3600), Policy(grace=3600).days(3601), Policy().days(86_401)
        (0, 1, 2)
        """
        return math.ceil(seconds / DAY) if seconds > self.grace else 0

    def penalty(self, awarded: float, possible: float, days: int) -> float:
        """The points that are taken.

        >>> Policy(a_day=10, most=50).penalty(8, 10, 2), Policy(a_day=10, until=3).penalty(8, 10, 4)
        (2.0, 8.0)
        """
        charged = max(0, days - self.free)
        if days <= 0 or charged == 0 or awarded <= 0:
            return 0.0
        if self.until is not None and days > self.until:
            return float(awarded)
        percent = min(self.most, self.once + charged * self.a_day)
        return round(min(awarded, possible * percent / 100), 6)

    def __str__(self) -> str:
        """The policy in words.

        >>> print(Policy(a_day=10, most=50, grace=3600, free=2, until=7))
        10% a day, at most 50%, 1 hour grace, 2 days free, nothing after 7 days
        """
        parts = []
        if self.once:
            parts.append(f"{self.once:g}% once")
        if self.a_day or not parts:
            parts.append(f"{self.a_day:g}% a day")
        if self.most < 100:
            parts.append(f"at most {self.most:g}%")
        if self.grace:
            unit = "hour" if self.grace % 3600 == 0 else "minute"
            parts.append(f"{_counted(self.grace / _UNITS[unit], unit)} grace")
        if self.free:
            parts.append(f"{_counted(self.free, 'day')} free")
        if self.until is not None:
            parts.append(f"nothing after {_counted(self.until, 'day')}")
        return ", ".join(parts)


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


_CLAUSES: tuple[tuple[str, Callable[[re.Match[str]], dict[str, float]]], ...] = (
    (rf"{_NUMBER} ?%? ?(?:a|per|/) ?day", lambda m: {"a_day": float(m[1])}),
    (rf"{_NUMBER} ?% once", lambda m: {"once": float(m[1])}),
    (rf"at most {_NUMBER} ?%", lambda m: {"most": float(m[1])}),
    (rf"{_NUMBER} (minute|hour|day)s? grace", lambda m: {"grace": float(m[1]) * _UNITS[m[2]]}),
    (r"(\d+) days? free", lambda m: {"free": int(m[1])}),
    (r"nothing after (\d+) days?", lambda m: {"until": int(m[1])}),
)


def read_policy(text: str) -> Policy:
    """The policy that a text says, in the words in which a policy writes itself.

    Raises:
        AuthorError: a part of it says something else, or takes more than there is.
    """
    found: dict[str, float] = {}
    for part in text.lower().split(","):
        clause = " ".join(part.split())
        for pattern, read in _CLAUSES:
            match = re.fullmatch(pattern, clause)
            if match:
                found |= read(match)
                break
        else:
            raise AuthorError(Finding(f"a late policy has no part {clause[:80]!r}", None, _MEND))
    if max(found.get("a_day", 0), found.get("once", 0), found.get("most", 0)) > 100:
        raise AuthorError(Finding("more than 100% cannot be taken", None, _MEND))
    return Policy(**found)  # type: ignore[arg-type]


def read_time(text: str) -> float:
    """Seconds since 1970 of a date with or without a time; without a zone it is this machine's, a date alone its end.

    Raises:
        ValueError: it is no date.
    """
    value = datetime.fromisoformat(text.strip())
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text.strip()):
        value = value.replace(hour=23, minute=59, second=59)
    return value.astimezone().timestamp()


class Lateness(NamedTuple):
    """How late each submission is, and what that costs: `column` is the roster's, with late days or times, if any."""

    policy: Policy
    due: float | None
    people: People
    column: int | None

    def days(self, student: str, sent: float) -> int:
        """How many days late a student's submission is that was sent at this time."""
        person = self.people.find(student) if self.column is not None else None
        if person is not None and self.column is not None:
            return self._stated(person)
        if self.due is None or not sent:
            return 0
        return self.policy.days(sent - self.due)

    def _stated(self, person: Person) -> int:
        assert self.column is not None
        text = self.people.value(person, self.column).replace(",", ".")
        if not text:
            return 0
        try:
            return max(0, math.ceil(float(text)))
        except ValueError:
            pass
        try:
            return self.policy.days(read_time(text) - self.due) if self.due is not None else 0
        except ValueError:
            return 0


def late_column(people: People, name: str, due: float | None) -> int:
    """The roster's column of that name, every cell of which can be read.

    Raises:
        AuthorError: there is none, or a cell holds neither a number of days nor a time.
    """
    from checker.errors import Place
    from checker.table import suggest

    file = people.sheet.file if people.sheet is not None else ""
    column = people.column(name)
    if column is None:
        what = f"there is no column {name!r}"
        raise AuthorError(Finding(what, Place(file) if file else None, suggest(name.lower(), people.heading)))
    findings = []
    for person in people.persons:
        text = people.value(person, column)
        try:
            value = float(text.replace(",", ".") or 0)
            fault = "" if 0 <= value < 10_000 else f"{text[:60]!r} is no number of days"
        except ValueError:
            try:
                read_time(text)
                fault = "" if due is not None else "a time of submission needs --due"
            except ValueError:
                fault = f"{text[:60]!r} is neither a number of days nor a time"
        if fault:
            assert people.sheet is not None
            line = people.sheet.rows[person.row][0]
            findings.append(Finding(fault, Place(file, line), "write 2, or 2026-03-01T23:59+01:00, or nothing"))
    if findings:
        raise AuthorError(*findings[:20])
    return column
