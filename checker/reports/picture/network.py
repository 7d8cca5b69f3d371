"""The network as SVG: a circle a unit, a line for every weight, from inputs on the left to outputs on the right."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from checker.reports.picture.frame import opening
from checker.reports.picture.letters import Piece, letters, line_svg, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.reports.picture.letters import Line
    from checker.reports.picture.units import Unit

RADIUS, ACROSS, DOWN, EDGE, BELOW = 27, 210, 104, 14, 22
MOST_LABELS = 16  # of lines; beyond it weights are named by layer
PLACES = (0.32, 0.68, 0.26, 0.74, 0.4, 0.6, 0.22, 0.78, 0.5)  # along a line, where its weight's name may stand
HIGH = 20  # of a name on a line
# colours of its own for where no page's style sheet gives others
INK, SOFT, PAPER, CARD = "#1b1f27", "#566070", "#ffffff", "#f5f7fa"
FONT = "STIX Two Math, New Computer Modern Math, Cambria Math, serif"

Spot = tuple[float, float]


class _Plate(NamedTuple):
    """The room that a name takes: its middle, and how far it reaches to each side."""

    x: float
    y: float
    half: float
    high: float = HIGH / 2

    def covers(self, other: _Plate) -> float:
        """How much of another's room is its own too."""
        across = self.half + other.half - abs(self.x - other.x)
        down = self.high + other.high - abs(self.y - other.y)
        return across * down if across > 0 and down > 0 else 0.0


def network_svg(units: Sequence[Unit], title: str, *, id: str = "network") -> str:
    """The picture as one `svg` element, in colours of its own unless a style sheet gives others.

    `id` begins the ids of its title and description: two pictures of one page need different ones.
    """
    columns: dict[int, list[int]] = {}
    for number, unit in enumerate(units):
        columns.setdefault(unit.column, []).append(number)
    most = max(map(len, columns.values()))
    wide = 2 * (EDGE + RADIUS) + ACROSS * max(columns)
    high = 2 * (EDGE + RADIUS) + DOWN * (most - 1) + BELOW
    spots: dict[int, Spot] = {}
    for column, numbers in columns.items():
        top = (high - BELOW - DOWN * (len(numbers) - 1)) / 2
        for row, number in enumerate(numbers):
            spots[number] = EDGE + RADIUS + ACROSS * column, top + DOWN * row
    links = [(k, number, weight) for number, unit in enumerate(units) for k, weight in unit.links]
    said = "; ".join(", ".join(units[number].label for number in columns[column]) for column in sorted(columns))
    parts = [
        opening(wide, high, id, title, f"From left to right: {said}."),
        *(_link(spots[k], spots[number]) for k, number, _ in links),
        *(_weights if len(links) <= MOST_LABELS else _layers)(links, spots),
    ]
    for number, unit in enumerate(units):
        (x, y) = spots[number]
        kind, fill, stroke = ("unit input", PAPER, SOFT) if unit.given else ("unit", CARD, INK)
        parts.append(
            f'<circle class="{kind}" fill="{fill}" stroke="{stroke}" stroke-width="1.4" '
            f'cx="{x:g}" cy="{y:g}" r="{RADIUS}"/>'
        )
        parts.append(_name(_line(unit.label), x, y + 5, 2 * RADIUS - 8))
        if unit.bias:
            parts.append(_plated((Piece("+ "), *_line(unit.bias)), x, y + RADIUS + HIGH / 2 + 2))
    return "".join([*parts, "</svg>"])


def _link(start: Spot, end: Spot) -> str:
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1)
    dx, dy = RADIUS * (x2 - x1) / length, RADIUS * (y2 - y1) / length
    return (
        f'<line class="link" fill="none" stroke="{SOFT}" stroke-width="1.1" '
        f'x1="{x1 + dx:.1f}" y1="{y1 + dy:.1f}" x2="{x2 - dx:.1f}" y2="{y2 - dy:.1f}"/>'
    )


def _weights(links: Sequence[tuple[int, int, str]], spots: dict[int, Spot]) -> Iterator[str]:
    """The name of each weight on its line, where it covers least of what stands there already."""
    taken = [_Plate(x, y, RADIUS + 3, RADIUS + 3) for x, y in spots.values()]
    taken += [_Plate(x, y + RADIUS + HIGH / 2 + 2, RADIUS) for x, y in spots.values()]  # biases
    for k, number, weight in links:
        line = _line(weight)
        (x1, y1), (x2, y2) = spots[k], spots[number]
        places = [_Plate(x1 + (x2 - x1) * at, y1 + (y2 - y1) * at, width(line) / 2 + 3) for at in PLACES]
        best = min(places, key=lambda place: sum(place.covers(other) for other in taken))
        taken.append(best)
        yield _plated(line, best.x, best.y)


def _layers(links: Sequence[tuple[int, int, str]], spots: dict[int, Spot]) -> Iterator[str]:
    """The name of each matrix of weights, in the middle of the lines that it stands for."""
    seen: dict[str, list[tuple[Spot, Spot]]] = {}
    for k, number, weight in links:
        seen.setdefault(weight.partition("[")[0], []).append((spots[k], spots[number]))
    for name, lines in seen.items():
        x = sum(a[0] + b[0] for a, b in lines) / (2 * len(lines))
        y = sum(a[1] + b[1] for a, b in lines) / (2 * len(lines))
        yield _plated(_line(name), x, y)


def _line(name: str) -> Line:
    return letters(name)[0]


def _name(line: Line, x: float, y: float, room: float) -> str:
    written = line_svg(line, round(x, 1), round(y, 1), room)
    return written.replace("<text ", f'<text fill="{INK}" font-family="{FONT}" ', 1)


def _plated(line: Line, x: float, y: float) -> str:
    """A name on a plate that keeps the lines behind it from being read with it."""
    wide = width(line) + 6
    plate = f'x="{x - wide / 2:.1f}" y="{y - HIGH / 2:.1f}" width="{wide:.1f}" height="{HIGH}" rx="4"'
    return f'<rect class="plate" fill="{PAPER}" {plate}/>{_name(line, x, y + 5, wide + 20)}'
