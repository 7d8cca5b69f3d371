"""What is found in a class folder: submissions, and files that are passed over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.platforms import stem_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.batch.platforms import Sender

SUFFIXES = (".yaml", ".yml")
SKIPPED = frozenset({"__MACOSX", ".git", ".DS_Store"})


class File(NamedTuple):
    """A submission: its name in the class, who sent it in, what tells that it was not changed, and how to read it.

    `sent` is when it was last changed, in seconds since 1970; `state` is '' where that cannot be told.
    """

    name: str
    sender: Sender
    state: str
    sent: float
    read: Callable[[], bytes]

    @property
    def fallback(self) -> str:
        """Who it is by where it does not say so itself."""
        return self.sender.name or stem_of(self.name)


class Passed(NamedTuple):
    """What was not graded, and why. `lost` where it may have been a submission that could not be read."""

    name: str
    reason: str
    lost: bool = False


class Unreadable(Exception):
    """A file that cannot be read; the text says why."""


def shown_name(raw: str) -> str:
    """A file's name as text that can be written and printed anywhere."""
    if raw.isascii() and raw.isprintable():
        return raw
    text = os.fsencode(raw).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
