"""Texts with holes: what all variants of a structure share is put together once, and each one's numbers are put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.generating.scope import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.generating.scope import Value

Draw = dict[str, "Value"]


class Place(NamedTuple):
    """Where a number goes in a text: element (counted from 0) of a variable."""

    variable: str
    element: int


Piece = str | Place


def joined(pieces: list[Piece]) -> list[Piece]:
    """The same with neighbouring texts put together."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def filled(
    pieces: list[Piece],
    draw: Draw,
    words: Mapping[Place, str] | None = None,
    show: Callable[[str], str] | None = None,
) -> str:
    """The text with a draw's numbers in it, as `show` writes them; `words` are other texts that take a place."""
    found = []
    for piece in pieces:
        if isinstance(piece, str):
            found.append(piece)
        elif words is not None and piece in words:
            found.append(words[piece])
        else:
            value = draw[piece.variable]
            assert isinstance(value, Drawn)
            text = value.numbers[piece.element].text
            found.append(text if show is None else show(text))
    return "".join(found)
