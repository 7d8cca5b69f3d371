"""Names of steps in SVG, as mathematics: italic letters, small ones below and above, derivatives as fractions."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from checker.readings.notation import GREEK, Name, parts
from checker.reports.plain import cut, printable

SIZE = 17  # of a letter, in the picture's units
SMALL = 0.72
LONGEST = 22  # letters of one line
_ITALIC = {"h": "ℎ"} | {
    letter: chr(base + ord(letter) - ord(first))
    for base, first, letters in (
        (0x1D434, "A", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        (0x1D44E, "a", "abcdefgijklmnopqrstuvwxyz"),
        (0x1D6FC, "α", "αβγδεζηθικλμνξοπρςστυφχψω"),
    )
    for letter in letters
}
_NARROW, _WIDE = set("iljtfrI1.,()[]' "), set("mwMW")


class Piece(NamedTuple):
    """Some letters: how far above the line (in sizes of a letter; negative is below), and whether they are small."""

    text: str
    rise: float = 0.0
    small: bool = False


Line = tuple[Piece, ...]


def letters(name: str) -> tuple[Line, ...]:
    """The name as one line, or as the two lines of a fraction."""
    whole = parts(printable(name))
    if whole.of is None or whole.by is None:
        return (tuple(_line(whole)),)
    above = [Piece("∂"), *_line(whole.of)]
    below = [Piece("∂"), *_line(whole.by)]
    return tuple(above), (*below, *_tail(whole))


def width(line: Line) -> float:
    """How wide a line is, nearly: fonts differ, and boxes leave room."""
    return sum(_advance(letter) * (SMALL if piece.small else 1) for piece in line for letter in piece.text) * SIZE


def _advance(letter: str) -> float:
    return 0.34 if letter in _NARROW else 0.83 if letter in _WIDE else 0.62 if letter.isupper() else 0.52


def line_svg(line: Line, x: float, y: float, room: float) -> str:
    """The line as a text of SVG around `x`, pressed together where it would be wider than `room`."""
    spans, height = [], 0.0
    for piece in line:
        rise = (height - piece.rise) * SIZE
        move = f' dy="{rise:.1f}"' if rise else ""
        small = f' font-size="{SIZE * SMALL:.1f}"' if piece.small else ""
        spans.append(f"<tspan{move}{small}>{escape(piece.text)}</tspan>")
        height = piece.rise
    long = width(line) > room
    pressed = f' textLength="{room:.0f}" lengthAdjust="spacingAndGlyphs"' if long else ""
    return (
        f'<text class="name" x="{x:g}" y="{y:g}" font-size="{SIZE}" text-anchor="middle"{pressed}>'
        f"{''.join(spans)}</text>"
    )


def _line(name: Name) -> list[Piece]:
    if name.of is not None and name.by is not None:  # a derivative inside a name
        return [Piece("∂"), *_line(name.of), Piece("/∂"), *_line(name.by), *_tail(name)]
    base = GREEK.get(name.base, name.base)
    base = _ITALIC.get(base, base) if len(base) == 1 else cut(base, LONGEST)
    found = [Piece(base + ("\u0302" if name.hat else ""))]
    if name.below:
        index = name.below if isinstance(name.below, str) else "".join(piece.text for piece in _line(name.below))
        found.append(Piece(cut(GREEK.get(index, index), LONGEST), -0.25, small=True))
    return [*found, *_tail(name)]


def _tail(name: Name) -> list[Piece]:
    marks = [Piece("".join(name.marks), 0.35, small=True)] if name.marks else []
    return [*marks, *([Piece(name.element)] if name.element else [])]
