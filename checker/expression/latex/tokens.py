"""LaTeX cut into tokens, and a cursor over them that can go back."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker.expression.latex.words import GREEK_LETTERS, MENDS, SPACES
from checker.expression.tree import ExpressionError

MAX_TOKENS = 5_000

_TOKEN = re.compile(
    r"(?P<space>[\s~]+|%)|(?P<command>\\(?:[A-Za-z]+|.))|(?P<number>[0-9]+(?:\{,\}[0-9]+|\.[0-9]*)?|\.[0-9]+)"
    rf"|(?P<word>[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?|[{GREEK_LETTERS}])|(?P<sign>.)",
    re.DOTALL,
)


class Token(NamedTuple):
    """A token: what kind of thing it is, its text, and where it stands."""

    kind: str
    text: str
    at: int


class Cursor:
    """The tokens of one text, and where among them a reader stands."""

    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        self.next = 0
        self.depth = 0  # of brackets around the place where it stands
        start, stop = _inside(text)
        for match in _TOKEN.finditer(text, start, stop):
            kind = match.lastgroup or "sign"
            if kind == "space" and match[0] != "%":
                continue
            if match[0] == "%":
                raise ExpressionError("'%' begins a comment in LaTeX", match.start(), MENDS["%"])
            self.tokens.append(Token(kind, match[0], match.start()))
            if len(self.tokens) > MAX_TOKENS:
                raise ExpressionError(f"the formula has more than {MAX_TOKENS:,} parts", match.start(), "shorten it")
        self.stop = stop

    def peek(self) -> Token | None:
        """The next token that is more than space."""
        while self.next < len(self.tokens):
            token = self.tokens[self.next]
            if token.kind == "command" and token.text[1:] in SPACES:
                self.next += 1
                continue
            return token
        return None

    def take(self, wanted: str) -> Token:
        """The next token.

        Raises:
            ExpressionError: there is none.
        """
        token = self.peek()
        if token is None:
            raise ExpressionError(f"the formula ends where {wanted} is expected", self.stop, "write it")
        self.next += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these."""
        token = self.peek()
        return token is not None and token.text in texts

    def ahead(self, count: int) -> list[Token]:
        """The next tokens, spaces among them, at most so many."""
        return self.tokens[self.next : self.next + count]

    def mark(self) -> tuple[int, int, list[Token]]:
        """Where the reader stands, so that it can go back: reading may split a token into several."""
        return self.next, self.depth, self.tokens[:]

    def back(self, mark: tuple[int, int, list[Token]]) -> None:
        """Go back to a mark."""
        self.next, self.depth, self.tokens = mark[0], mark[1], mark[2][:]


def _inside(text: str) -> tuple[int, int]:
    """Where the mathematics stands: without the dollar signs or brackets around it, and a full stop at the end."""
    start, stop = 0, len(text)
    while start < stop and text[start].isspace():
        start += 1
    while start < stop and text[stop - 1].isspace():
        stop -= 1
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if text.startswith(opening, start) and stop - start >= len(opening) + len(closing):
            if not text.endswith(closing, start, stop):
                raise ExpressionError(f"'{opening}' is never closed", start, f"add {closing}")
            return start + len(opening), stop - len(closing)
    return start, stop
