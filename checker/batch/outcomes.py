"""A submission on its way: what is graded, against which problem, and what became of it."""

from __future__ import annotations

from typing import NamedTuple

from checker.reports.plain import printable

LONGEST_REASON = 1_000


class Entry(NamedTuple):
    """A submission to be graded: its name in the class, who it is by where its file does not say, and its bytes.

    `variant` is the place of its problem among those of its block.
    """

    name: str
    fallback: str
    data: bytes
    variant: int = 0


class Variant(NamedTuple):
    """A problem of a family: its id and title, the numbers of its leaves in order, and its file."""

    key: str
    problem: str
    title: str
    leaves: tuple[float, ...]
    source: str = ""
    text: bytes = b""


class Outcome(NamedTuple):
    """What became of a submission.

    Where it is ungradable, `reason` says why; `lasting` is false where trying again may help. `position` is its place
    in what is kept of its block, -1 where there is nothing.
    """

    name: str
    student: str
    problem: str
    status: str
    awarded: float = 0.0
    possible: float = 0.0
    first_error: str | None = None
    reason: str = ""
    position: int = -1
    lasting: bool = True


def ungradable(entry: Entry, reason: str, problem: str = "", student: str = "", *, lasting: bool = True) -> Outcome:
    """The outcome of a submission that cannot be graded."""
    said = printable(reason.replace("\n", " | "))
    if len(said) > LONGEST_REASON:
        said = said[: LONGEST_REASON - 1] + "…"
    return Outcome(entry.name, student or entry.fallback, problem, "ungradable", reason=said, lasting=lasting)
