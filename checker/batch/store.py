"""The truth of a batch: one SQLite file, from which everything else is rendered.

Each part of a class is one transaction in a write-ahead log: whatever happens, what was graded stays graded. While a
run holds the file no other can write to it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Self

from checker.batch.record import Face, Outcome
from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

NAME = "results.sqlite"
LAYOUT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS results (
    name TEXT PRIMARY KEY, key TEXT NOT NULL, face TEXT NOT NULL, student TEXT NOT NULL, problem TEXT NOT NULL,
    status TEXT NOT NULL, awarded REAL NOT NULL, possible REAL NOT NULL, first_error TEXT, reason TEXT NOT NULL,
    verdicts TEXT NOT NULL, steps TEXT NOT NULL, carried BLOB NOT NULL, warnings TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS faces (key TEXT PRIMARY KEY, face TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS written (name TEXT PRIMARY KEY, key TEXT NOT NULL, size INTEGER, changed INTEGER);
"""
_COLUMNS = "name, student, problem, status, awarded, possible, first_error, reason, verdicts, steps, carried, warnings"
_BRIEF = "name, student, problem, status, awarded, possible, first_error, reason, verdicts, '', x'', warnings"
_MANY = 400  # values in one query


class Results:
    """The results of a class in the folder `out`.

    Raises:
        AuthorError: the file cannot be opened or written, is somebody else's, or another run holds it.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / NAME
        self._connection = _opened(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._connection.close()
        except sqlite3.Error:  # what was committed stays; the next run finds it in the log
            return

    def known(self) -> dict[str, tuple[str, str]]:
        """By name: the keys of submission and of face that every lasting result was made from."""
        return {name: (key, face) for name, key, face in self._all("SELECT name, key, face FROM results")}

    def keep(self, results: Iterable[tuple[str, str, Outcome]], faces: dict[str, Face]) -> None:
        """Keep results with their keys, in one transaction."""
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR IGNORE INTO faces VALUES (?, ?)", [(key, face.dump()) for key, face in faces.items()]
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO results (key, face, {_COLUMNS}) VALUES ({', '.join('?' * 14)})",  # noqa: S608
                [(key if outcome.lasting else "", face, *outcome[:-1]) for key, face, outcome in results],
            )

    def forget(self, names: Iterable[str]) -> None:
        """Remove what became of submissions that are no longer there."""
        gone = [(name,) for name in names]
        if gone:
            with _explained(self.path), self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("DELETE FROM results WHERE name = ?", gone)

    def faces(self) -> dict[str, Face]:
        """Every problem's face, by its key."""
        return {key: Face.load(face) for key, face in self._all("SELECT key, face FROM faces")}

    def brief(self) -> Iterator[tuple[str, str, Outcome]]:
        """Key, face and outcome of every submission, by name, without the steps."""
        for key, face, *rest in self._all(f"SELECT key, face, {_BRIEF} FROM results ORDER BY name"):  # noqa: S608
            yield key, face, Outcome(*rest)

    def whole(self, names: list[str]) -> Iterator[tuple[str, str, Outcome]]:
        """The same of these submissions, with their steps."""
        for start in range(0, len(names), _MANY):
            some = names[start : start + _MANY]
            marks = ", ".join("?" * len(some))
            query = f"SELECT key, face, {_COLUMNS} FROM results WHERE name IN ({marks}) ORDER BY name"  # noqa: S608
            for key, face, *rest in self._all(query, some):
                yield key, face, Outcome(*rest)

    def written(self) -> dict[str, tuple[str, int, int]]:
        """By name: what each file was rendered from, and its size and time of change when it was."""
        return {name: (key, size, changed) for name, key, size, changed in self._all("SELECT * FROM written")}

    def note_written(self, files: Iterable[tuple[str, str, int, int]], gone: Iterable[str] = ()) -> None:
        """Remember which files were rendered, and forget those that were removed."""
        with _explained(self.path), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?)", files)
            connection.executemany("DELETE FROM written WHERE name = ?", [(name,) for name in gone])

    def tidy(self) -> None:
        """Drop faces that nothing uses, and move the log into the file."""
        with _explained(self.path):
            self._connection.execute("DELETE FROM faces WHERE key NOT IN (SELECT face FROM results)")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _all(self, query: str, values: list[str] | None = None) -> Iterator[tuple[Any, ...]]:
        with _explained(self.path):
            yield from self._connection.execute(query, values or [])


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
                if tables - {"results", "faces", "written"}:
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
