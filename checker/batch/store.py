"""The truth of a batch: one SQLite file, from which everything else is rendered.

Each part of a class is one transaction in a write-ahead log: whatever happens, what was graded stays graded. While a
run holds the file no other can write to it. What is asked of a whole class is asked of SQLite, which sorts on disk: a
class need not fit into memory.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from checker.batch.outcomes import Outcome
from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from checker.batch.found import Passed

NAME = "results.sqlite"
LAYOUT = 2
MOST_NAMES = 500  # in one query
_TABLES = """
CREATE TABLE IF NOT EXISTS results (
    name TEXT PRIMARY KEY, key TEXT NOT NULL, variant TEXT NOT NULL, family TEXT NOT NULL, content TEXT NOT NULL,
    student TEXT NOT NULL, problem TEXT NOT NULL, status TEXT NOT NULL, awarded REAL NOT NULL, possible REAL NOT NULL,
    first_error TEXT, reason TEXT NOT NULL, block INTEGER NOT NULL, position INTEGER NOT NULL,
    sender TEXT NOT NULL, sender_id TEXT NOT NULL, turn TEXT NOT NULL, sent REAL NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_block ON results (block, position);
CREATE TABLE IF NOT EXISTS blocks (id INTEGER PRIMARY KEY, family TEXT NOT NULL, kept BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS families (key TEXT PRIMARY KEY, face BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS variants (
    key TEXT PRIMARY KEY, family TEXT NOT NULL, problem TEXT NOT NULL, title TEXT NOT NULL, numbers BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS passed (name TEXT PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS written (name TEXT PRIMARY KEY, key TEXT NOT NULL, size INTEGER, changed INTEGER);
CREATE TABLE IF NOT EXISTS earlier (
    name TEXT PRIMARY KEY, status TEXT NOT NULL, awarded REAL NOT NULL, possible REAL NOT NULL
)
"""
TABLES = frozenset(re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", _TABLES))
_OUTCOME = "name, student, problem, status, awarded, possible, first_error, reason, position"


class Source(NamedTuple):
    """What is kept of one submission beside its outcome.

    `key` is what the outcome was made from, all of it; `variant` its problem and `content` its file, by their digests;
    `state` tells without reading that the file is the same, '' where that cannot be told.
    """

    key: str = ""
    variant: str = ""
    content: str = ""
    sender: str = ""
    sender_id: str = ""
    turn: str = ""
    sent: float = 0.0
    state: str = ""


class Known(NamedTuple):
    """What is known of a submission from an earlier run."""

    key: str
    variant: str
    problem: str
    content: str
    state: str


class Standing(NamedTuple):
    """A submission in the class: its outcome, which of the student's it is (1 counts), and who sent it when."""

    outcome: Outcome
    family: str
    variant: str
    rank: int
    block: int
    sender: str
    sender_id: str
    sent: float
    content: str


class Results:
    """The results of a class in the folder `out`.

    Raises:
        AuthorError: the file cannot be opened or written, is somebody else's, or another run holds it.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / NAME
        self._connection = _opened(self.path)
        self._first = False  # whether this is the first run, so that nothing has to be compared with what there was

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what was committed stays, if need be in the log, where the next run finds it."""
        try:
            self._connection.close()
        except sqlite3.Error:
            return

    # ---------------------------------------------------------------- while grading

    def begin(self) -> None:
        """Begin a run: nothing has been seen yet."""
        with _explained(self.path):
            self._first = self._connection.execute("SELECT 1 FROM results LIMIT 1").fetchone() is None
            self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS seen (name TEXT PRIMARY KEY) WITHOUT ROWID")
            self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (name TEXT PRIMARY KEY) WITHOUT ROWID")
            self._connection.execute(
                "CREATE TEMP TABLE IF NOT EXISTS over (name TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID"
            )
            self._connection.create_function("in_order", 1, natural, deterministic=True)
            self._connection.create_function("stem", 1, _stem, deterministic=True)
            for table in ("seen", "wanted", "over"):
                self._connection.execute(f"DELETE FROM temp.{table}")

    def known(self, names: Sequence[str]) -> dict[str, Known]:
        """What is known of these submissions, which are there again."""
        if self._first:
            return {}
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany("INSERT OR IGNORE INTO temp.seen VALUES (?)", [(name,) for name in names])
        query = "SELECT name, key, variant, problem, content, state FROM results WHERE name IN ({})"
        return {row[0]: Known._make(row[1:]) for row in self._named(query, names)}

    def pass_over(self, passed: Iterable[Passed]) -> None:
        """Note what is no submission, and why."""
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany("INSERT OR REPLACE INTO temp.over VALUES (?, ?)", [each[:2] for each in passed])

    def keep(
        self,
        results: Sequence[tuple[Outcome, Source]],
        kept: bytes = b"",
        family: str = "",
        face: bytes = b"",
        variants: Iterable[tuple[str, str, str, bytes]] = (),
    ) -> None:
        """Keep results, in one transaction.

        Args:
            results: those of a block, and what each was made from.
            kept: what is kept of it as a whole.
            family: the family of its problems.
            face: that family's face.
            variants: its problems: key, id, title and numbers.
        """
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            block = 0
            if kept:
                cursor = connection.execute("INSERT INTO blocks (family, kept) VALUES (?, ?)", (family, kept))
                block = cursor.lastrowid or 0
                connection.execute("INSERT OR IGNORE INTO families VALUES (?, ?)", (family, face))
            connection.executemany(
                "INSERT OR IGNORE INTO variants VALUES (?, ?, ?, ?, ?)",
                [(key, family, problem, title, numbers) for key, problem, title, numbers in variants],
            )
            # a submission that is graded again though its file is the same: its problem, its rubric or we changed
            connection.executemany(
                "INSERT OR IGNORE INTO earlier SELECT name, status, awarded, possible FROM results "
                "WHERE name = ? AND content = ? AND content != '' AND key != '' AND key != ?",
                [] if self._first else [(outcome.name, source.content, source.key) for outcome, source in results],
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO results VALUES ({', '.join('?' * 19)})",
                [
                    (
                        outcome.name, source.key if outcome.lasting else "", source.variant, family, source.content,
                        *outcome[1:8], block if outcome.position >= 0 else 0, outcome.position, *source[3:],
                    )
                    for outcome, source in results
                ],
            )  # fmt: skip

    def settle(self) -> bool:
        """End the grading: forget what is gone; whether that changes anything."""
        with _explained(self.path), self._connection as connection:
            gone = "FROM results WHERE name NOT IN (SELECT name FROM temp.seen)"
            count = 0 if self._first else connection.execute(f"SELECT count(*) {gone}").fetchone()[0]
            other = "SELECT 1 FROM (SELECT * FROM temp.over EXCEPT SELECT * FROM passed) UNION ALL SELECT 1 FROM ("
            other += "SELECT * FROM passed EXCEPT SELECT * FROM temp.over) LIMIT 1"
            passed = connection.execute(other).fetchone() is not None
            if count or passed:
                connection.execute("BEGIN IMMEDIATE")
                if count:
                    connection.execute(f"DELETE {gone}")
                connection.execute("DELETE FROM passed")
                connection.execute("INSERT INTO passed SELECT * FROM temp.over")
        return bool(count or passed)

    # ---------------------------------------------------------------- while rendering

    def rank(
        self,
        person: Callable[[str], str],
        doubtful: Callable[[str, str, str, str], bool],
        worth: Callable[[str, float, float, float], float],
        keep: str,
    ) -> None:
        """Rank the submissions of one student to one problem among each other: the first counts.

        Args:
            person: who a student is, by the name in the file.
            doubtful: whether, of name, student, sender and the sender's number, somebody else seems to have sent it in.
            worth: what a grade is worth in the end, of student, points, possible points and time.
            keep: last, first or best.
        """
        turn = "turn {0}, in_order(name) {0}, name {0}"
        order = {
            "last": turn.format("DESC"),
            "first": turn.format("ASC"),
            "best": "worth(student, awarded, possible, sent) DESC, " + turn.format("DESC"),
        }[keep]
        with _explained(self.path), self._connection as connection:
            connection.create_function("person", 1, person, deterministic=True)
            connection.create_function("doubtful", 4, doubtful, deterministic=True)
            connection.create_function("worth", 4, worth, deterministic=True)
            connection.execute("BEGIN")
            connection.execute("DROP TABLE IF EXISTS temp.ranked")
            # Most students handed in once: only the others have to be ranked. What cannot be graded counts only where
            # nothing can; nor does what somebody else sent in.
            connection.execute(
                "CREATE TEMP TABLE ranked AS "
                "WITH called AS MATERIALIZED (SELECT name, person(student) AS who, problem FROM results), "
                "twice AS (SELECT who, problem FROM called GROUP BY who, problem HAVING count(*) > 1) "
                "SELECT name, row_number() OVER (PARTITION BY who, problem ORDER BY status != 'graded', "
                f"others, {order}) AS place, "
                "CASE WHEN others THEN 1 ELSE sum(NOT others) OVER (PARTITION BY who, problem) END AS many FROM ("
                "SELECT *, doubtful(name, student, sender, sender_id) AS others "
                "FROM twice JOIN called USING (who, problem) JOIN results USING (name, problem))"
            )
            connection.execute("CREATE UNIQUE INDEX temp.by_name ON ranked (name)")

    def standings(self) -> Iterator[Standing]:
        """Every submission by name, with its rank among those of one student to one problem."""
        query = f"SELECT {_OUTCOME}, family, variant, coalesce(place, 1), block, sender, sender_id, sent, content "
        query += "FROM results LEFT JOIN temp.ranked USING (name) ORDER BY name"
        with _explained(self.path):
            for *outcome, family, variant, rank, block, sender, sender_id, sent, content in self._connection.execute(
                query
            ):
                yield Standing(Outcome(*outcome), family, variant, rank, block, sender, sender_id, sent, content)

    def passed(self) -> Iterator[tuple[str, str]]:
        """What is no submission, and why, by name."""
        yield from self._all("SELECT name, reason FROM passed ORDER BY name")

    def fingerprint(self) -> Iterator[tuple[Any, ...]]:
        """What the class files are made from, by name."""
        yield from self._all(
            "SELECT name, key, variant, reason, sender, sender_id, turn, sent FROM results ORDER BY name"
        )
        yield from self.passed()

    def several(self) -> dict[str, tuple[int, int]]:
        """The submissions that are not their student's only one to the problem: the rank of each, and of how many.

        What somebody else seems to have sent in is not among them: its sender is told nothing of the student's own.
        """
        return {name: (place, many) for name, place, many in self._all("SELECT * FROM temp.ranked WHERE many > 1")}

    def graded(self) -> Iterator[tuple[int, str, list[tuple[Outcome, str, str]]]]:
        """Block by block: its number, its family, and the outcomes in it with their keys and variants."""
        query = f"SELECT block, family, {_OUTCOME}, key, variant FROM results WHERE block > 0 ORDER BY block, position"
        number, family, found = 0, "", list[tuple[Outcome, str, str]]()
        for block, kin, *outcome, key, variant in self._all(query):
            if block != number and found:
                yield number, family, found
                found = []
            number, family = block, kin
            found.append((Outcome(*outcome), key, variant))
        if found:
            yield number, family, found

    def block(self, number: int) -> bytes:
        """What is kept of a block."""
        ((kept,),) = self._all("SELECT kept FROM blocks WHERE id = ?", [number])
        return bytes(kept)

    def faces(self) -> dict[str, bytes]:
        """Every family's face, by its key."""
        return dict(self._all("SELECT key, face FROM families"))

    def numbers(self, variants: Sequence[str]) -> dict[str, tuple[str, str, bytes]]:
        """Id, title and numbers of these problems, by key."""
        query = "SELECT key, problem, title, numbers FROM variants WHERE key IN ({})"
        return {key: tuple(rest) for key, *rest in self._named(query, variants)}

    def titles(self) -> Iterator[tuple[str, str, str]]:
        """Family, id and title of every problem that has a grade."""
        used = "SELECT DISTINCT variant FROM results WHERE block > 0"
        yield from self._all(f"SELECT family, problem, title FROM variants WHERE key IN ({used}) ORDER BY problem, key")

    def together(self) -> set[frozenset[str]]:
        """The pairs of families to both of which one student handed in."""
        kinds = "SELECT DISTINCT student, family FROM results WHERE block > 0"
        query = f"WITH kinds AS MATERIALIZED ({kinds}) SELECT group_concat(family) FROM kinds GROUP BY student "
        found: set[frozenset[str]] = set()
        for (listed,) in self._all(query + "HAVING count(*) > 1"):
            families = sorted(listed.split(","))
            found |= {frozenset((one, other)) for n, one in enumerate(families) for other in families[:n]}
        return found

    def variants(self, families: Sequence[str]) -> Iterator[tuple[str, str, str, bytes]]:
        """Key, family, id and numbers of the problems of these families that have a grade, by id."""
        used = "SELECT DISTINCT variant FROM results WHERE block > 0"
        query = f"SELECT key, family, problem, numbers FROM variants WHERE family IN ({', '.join('?' * len(families))})"
        yield from self._all(f"{query} AND key IN ({used}) ORDER BY problem, key", families)

    def alike(self, names: Sequence[str]) -> list[str]:
        """Those of these submissions whose names differ from another's in nothing but the ending."""
        query = (
            "SELECT a.name FROM results a WHERE a.name IN ({}) AND EXISTS (SELECT 1 FROM results b WHERE b.block > 0 "
        )
        query += "AND b.name IN (stem(a.name) || '.yaml', stem(a.name) || '.yml', stem(a.name) || '.YAML', "
        query += "stem(a.name) || '.YML') AND b.name < a.name)"
        return [name for (name,) in self._named(query, names)]

    # ---------------------------------------------------------------- wrong answers, of which there may be very many

    def forget_wrong(self) -> None:
        """No wrong answer has been noted."""
        with _explained(self.path):
            self._connection.execute("DROP TABLE IF EXISTS temp.wrong")
            self._connection.execute("CREATE TEMP TABLE wrong (place INTEGER, text TEXT, student TEXT)")

    def note_wrong(self, answers: list[tuple[int, str, str]]) -> None:
        """Note wrong answers: at which place, which, and whose."""
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO temp.wrong VALUES (?, ?, ?)", answers)

    def alike_wrong(self, most: int) -> Iterator[tuple[int, str, int, list[str]]]:
        """At each place the most frequent of the wrong answers that several gave: which, how many and whose."""
        query = (
            "SELECT * FROM (SELECT place, text, count(*) AS many, group_concat(student, char(31)), "
            "row_number() OVER (PARTITION BY place ORDER BY count(*) DESC, text) AS turn "
            "FROM temp.wrong GROUP BY place, text HAVING many > 1) WHERE turn <= ?"
        )
        for place, text, many, students, _ in self._all(query, [most]):
            yield place, text, many, students.split("\x1f")

    # ---------------------------------------------------------------- what was written

    def written(self, names: Sequence[str]) -> dict[str, tuple[str, int, int]]:
        """By name: what each of these files was rendered from, and its size and time of change when it was."""
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany("INSERT OR IGNORE INTO temp.wanted VALUES (?)", [(name,) for name in names])
        found = self._named("SELECT name, key, size, changed FROM written WHERE name IN ({})", names)
        return {name: (key, size, changed) for name, key, size, changed in found}

    def unwanted(self) -> list[str]:
        """The files that were rendered once and are not wanted any more."""
        return [
            name for (name,) in self._all("SELECT name FROM written WHERE name NOT IN (SELECT name FROM temp.wanted)")
        ]

    def note_written(self, files: Iterable[tuple[str, str, int, int]], gone: Iterable[str] = ()) -> None:
        """Remember which files were rendered, and forget those that were removed."""
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?)", files)
            connection.executemany("DELETE FROM written WHERE name = ?", [(name,) for name in gone])

    # ---------------------------------------------------------------- regrades

    def earlier(self) -> Iterator[tuple[Outcome, str, float, float]]:
        """Every submission that was graded again though its file is the same: what it has now, and what it had."""
        query = f"SELECT {', '.join('r.' + each for each in _OUTCOME.split(', '))}, e.status, e.awarded, e.possible "
        query += "FROM earlier e JOIN results r USING (name) ORDER BY name"
        for *outcome, status, awarded, possible in self._all(query):
            yield Outcome(*outcome), status, awarded, possible

    def tidy(self) -> None:
        """Drop what nothing uses, and move the log into the file."""
        with _explained(self.path):
            self._connection.execute("DELETE FROM earlier")
            self._connection.execute("DELETE FROM blocks WHERE id NOT IN (SELECT block FROM results)")
            self._connection.execute("DELETE FROM families WHERE key NOT IN (SELECT family FROM results)")
            self._connection.execute("DELETE FROM variants WHERE key NOT IN (SELECT variant FROM results)")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _named(self, query: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """What is found for these names, so many at a time as a query may have; `{}` is where they stand in it."""
        for start in range(0, len(names), MOST_NAMES):
            some = names[start : start + MOST_NAMES]
            yield from self._all(query.format(", ".join("?" * len(some))), some)

    def _all(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        with _explained(self.path):
            yield from self._connection.execute(query, values)


def copy(out: Path, place: Path) -> None:
    """Write a copy of the results in `out`, if there are any, into the folder `place`.

    Raises:
        AuthorError: they are not results, or another run holds them.
    """
    if not (out / NAME).is_file():
        return
    try:
        with Results(out) as results, _explained(results.path):
            target = sqlite3.connect(place / NAME)
            try:
                results._connection.backup(target)  # noqa: SLF001 - our own
            finally:
                target.close()
    except AuthorError:
        ours = os.access in os.supports_effective_ids
        if all(os.access(path, os.W_OK, effective_ids=ours) for path in (out, out / NAME)):
            raise
        # SQLite writes even to read: of what cannot be written a copy of the files is opened
        for name in (NAME, f"{NAME}-wal"):
            if (out / name).is_file():
                shutil.copyfile(out / name, place / name)


def natural(name: str) -> str:
    """What sorts names as people expect: try2 before try10.

    >>> sorted(["try10", "try2", "try"], key=natural)
    ['try', 'try2', 'try10']
    """
    return re.sub(r"\d+", lambda found: f"{len(found[0].lstrip('0')):06}{found[0].lstrip('0')}", name)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _opened(path: Path) -> sqlite3.Connection:
    with _explained(path):
        connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            layout = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if layout != LAYOUT:
                if tables - TABLES - {"faces"}:
                    what = "it is a database, but not one of results"
                    raise AuthorError(Finding(what, Place(str(path)), "move it away or choose another --out"))
                connection.execute("BEGIN EXCLUSIVE")
                for table in tables:  # of an older version: everything in it can be graded again
                    connection.execute(f"DROP TABLE {table}")
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {LAYOUT}")
                connection.execute("COMMIT")
            else:  # takes the lock, so that a second run ends here and not midway
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection


class _explained:  # noqa: N801 - a context manager that is written as a function
    """Turns what SQLite says into an error that a person can mend."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, sqlite3.Error):
            return
        said = str(error)
        if "locked" in said or "busy" in said:
            mend = "wait until the other run has ended, or choose another --out"
        elif "not a database" in said or "malformed" in said:
            mend = "move the file away: everything in it can be graded again"
        else:
            mend = "choose an --out that can be written and has room"
        raise AuthorError(Finding(f"the results cannot be kept: {said}", Place(str(self.path)), mend)) from error
