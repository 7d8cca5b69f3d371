"""Tables of knowledge: names to entries, and a near name for a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from checker.errors import AuthorError, Finding, Place


class Entry(Protocol):
    """What a table holds: anything with a name, and other names it answers to."""

    @property
    def name(self) -> str: ...

    @property
    def aliases(self) -> tuple[str, ...]: ...


E = TypeVar("E", bound=Entry)


class Table(Mapping[str, E]):
    """A read-only mapping from names and aliases to entries; iterating gives each entry's own name once, in order.

    Raises:
        ValueError: two entries share a name or an alias.
    """

    def __init__(self, kind: str, entries: Iterable[E]) -> None:
        self.kind = kind
        self._entries: dict[str, E] = {}
        self._by_alias: dict[str, E] = {}
        for entry in entries:
            for name in (entry.name, *entry.aliases):
                if name in self._by_alias:
                    raise ValueError(f"two entries of the {kind} table are called {name!r}")
                self._by_alias[name] = entry
            self._entries[entry.name] = entry

    def __getitem__(self, name: str) -> E:
        return self._by_alias[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._by_alias

    def lookup(self, name: str, where: Place | None = None) -> E:
        """The entry called `name`.

        Raises:
            AuthorError: there is none; the error suggests the nearest name, or lists them all.
        """
        try:
            return self._by_alias[name]
        except KeyError:
            raise AuthorError(Finding(f"unknown {self.kind} {name!r}", where, suggest(name, self))) from None


def suggest(name: str, known: Iterable[str], listed: int = 12) -> str:
    """The mending step for an unknown name: "did you mean 'tanh'?", or the names there are; '' where there are none.

    >>> suggest("tahn", ["sigmoid", "tanh"])
    "did you mean 'tanh'?"
    >>> suggest("gelu", ["sigmoid", "tanh"])
    'use one of sigmoid, tanh'
    """
    from difflib import get_close_matches  # costs a student's run nothing where every name is known

    names = list(known)
    folded = {candidate.lower(): candidate for candidate in reversed(names)}
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:listed])
    return f"use one of {shown}{', …' if len(names) > listed else ''}"
