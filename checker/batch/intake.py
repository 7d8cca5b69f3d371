"""Looking into a file: whether it is a submission that has to be graded, and to which problem."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from checker.batch.collect import kind_of
from checker.batch.found import Passed, Unreadable
from checker.batch.outcomes import Entry, ungradable
from checker.batch.problems import Found
from checker.batch.store import Source
from checker.errors import CheckerError, SubmissionError

if TYPE_CHECKING:
    from checker.batch.found import File
    from checker.batch.outcomes import Outcome
    from checker.batch.problems import Problems
    from checker.batch.store import Known


MOST_COUNTED = 100  # formulas of one submission


class Waiting(NamedTuple):
    """A submission that waits to be graded: what is known of it already, its problem, and about how many formulas."""

    entry: Entry
    source: Source
    found: Found
    formulas: int

    def refused(self, reason: str) -> Refused:
        """What becomes of it where its problem turns out not to be one."""
        named = _plain_problem(self.entry.data) or _problem_of(self.entry.data, "")[0]
        return Refused(ungradable(self.entry, reason, named, _student(self.entry.data)), self.source)


class Refused(NamedTuple):
    """A submission that cannot be graded, and what is known of it already."""

    outcome: Outcome
    source: Source


class Intake:
    """Looks at the files of a class one after another; `version` is that of the grader."""

    def __init__(self, problems: Problems, version: str) -> None:
        self.problems, self.version = problems, version

    def look(self, file: File, known: Known | None) -> Waiting | Refused | Passed | None:
        """A submission to be graded, or that cannot be, or no submission; None where it is as it was."""
        if known is not None and self._unchanged(file, known):
            return None
        try:
            data = file.read()
        except Unreadable as error:
            return Passed(file.name, str(error), lost=True)
        named, reason = _plain_problem(data), ""
        if not named:
            kind = kind_of(data)
            if kind != "submission":
                said = f"it is a {kind}" if kind else "it does not say `format: check-backprop/submission@1`"
                return Passed(file.name, said)
            named, reason = _problem_of(data, file.name)
        found = self.problems.find(named, file.name) if not reason else Found("", None, b"", reason)
        content = hashlib.sha256(data).hexdigest()
        key = digest(self.version, file.name, file.fallback, found.reason, found.key, content)
        if known is not None and known.key == key and known.state == file.state:
            return None
        entry, sender = Entry(file.name, file.fallback, data), file.sender
        source = Source(
            key, found.key, content,
            sender.name, sender.id, sender.turn, file.sent if sender.sent is None else sender.sent, file.state,
        )  # fmt: skip
        if found.reason:
            return Refused(ungradable(entry, found.reason, named, _student(data)), source)
        return Waiting(entry, source, found, min(data.count(b"*") + data.count(b"("), MOST_COUNTED))

    def _unchanged(self, file: File, known: Known) -> bool:
        """Whether the file, by its size and times, and its problem are what they were; then it need not be read."""
        if not file.state or known.state != file.state or not known.key or not known.variant:
            return False
        return self.problems.find(known.problem, file.name).key == known.variant


def digest(*parts: str) -> str:
    """One text for several, from which they cannot be told but which no others have."""
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()


def _plain_problem(data: bytes) -> str:
    """The id of the problem of a submission that begins plainly; '' where it has to be read as a whole."""
    if not data.startswith(b"format: check-backprop/submission@1\nproblem: "):
        return ""
    named = data[45 : data.find(b"\n", 45)]
    if named.isalnum() or named.replace(b"-", b"").replace(b"_", b"").isalnum():
        text = named.decode("ascii", "replace")
        return text if text.isascii() and text[0].isalpha() and text.lower() not in ("null", "true", "false") else ""
    return ""


def _problem_of(data: bytes, file: str) -> tuple[str, str]:
    """The id of the problem of any other submission, or why it cannot be read."""
    from checker.submission import load_submission

    try:
        return load_submission(data, file).problem, ""
    except SubmissionError as error:
        return "", str(error)
    except CheckerError:
        raise
    except Exception as error:  # a fault of ours costs nobody a point
        return "", f"a fault of ours, not of this submission: {type(error).__name__}: {error}"


def _student(data: bytes) -> str:
    """Who a file that cannot be graded is by, if it says so on a line of its own."""
    found = re.search(rb"(?m)^student:[ \t]*([\"']?)([^\"'#\r\n]{1,200})\1[ \t]*(?:#.*)?\r?$", data[:65_536])
    return found[2].decode("utf-8", "replace").strip() if found else ""
