"""The computation graph as SVG: a box a step with its verdict's colour, symbol and word, an arrow for every use."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from checker.reports.language import say, spoken
from checker.reports.page import style, text
from checker.reports.picture.frame import opening
from checker.reports.picture.letters import SIZE, letters, line_svg, width
from checker.reports.picture.placing import BANDS, Item, place
from checker.reports.wording import SYMBOLS, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.outcome import Verdict
    from checker.reports.language import Language
    from checker.reports.picture.placing import Layout

MOST_DRAWN = 150  # steps; beyond that nobody would find one
HEIGHT = 46  # of a box
GAP, BETWEEN_COLUMNS, BETWEEN_ROWS, BETWEEN_BANDS, LABEL = 16, 44, 20, 18, 36
EDGE = 18  # free border of the picture
SYMBOL = 22  # room that a verdict's symbol takes at the left of a box


class _Box(NamedTuple):
    x: float
    y: float
    w: float
    band: int
    column: int
    iteration: int

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + HEIGHT / 2


class _Plan(NamedTuple):
    """All of a picture that does not depend on verdicts, in one language: a class of students sees the same graph."""

    boxes: dict[str, _Box]
    bands: str
    size: tuple[float, float]
    edges: list[tuple[str, str, str, str]]  # from, to, the curve and its head
    labels: dict[str, str]
    steps: dict[tuple[str, Verdict | None, bool], str]  # as they were drawn for somebody


def graph_svg(items: Sequence[Item], title: str, description: str = "", *, id: str = "graph") -> str:
    """The graph as one `svg` element; empty where there is nothing to draw, or too much.

    `id` begins the ids of its title and description: two pictures of one page need different ones.
    """
    if not items or len(items) > MOST_DRAWN:
        return ""
    plan = _plan(tuple(item._replace(verdict=None, first=False, follows=()) for item in items), spoken())
    wide, high = plan.size
    parts = [opening(wide, high, id, title, description)]
    carried = {(parent, item.name) for item in items for parent in item.follows}
    for follows in (False, True):  # what carries a mistake on lies on top
        kind = " follows" if follows else ""
        parts += [_arrow(kind, curve, head) for a, b, curve, head in plan.edges if ((a, b) in carried) is follows]
    parts.append(plan.bands)
    for item in items:
        look = item.name, item.verdict, item.first
        if look not in plan.steps:
            plan.steps[look] = _step(item, plan)
        parts.append(plan.steps[look])
    return "".join(parts) + "</svg>"


@lru_cache(maxsize=64)
def _plan(items: tuple[Item, ...], _language: Language) -> _Plan:
    layout = place(items)
    boxes, bands, size = _geometry(items, layout)
    return _Plan(
        boxes,
        "".join(
            f'<text class="soft halo" x="{x:g}" y="{y:g}" font-size="12">{escape(label)}</text>'
            for label, x, y in bands
        ),
        size,
        [edge for item in items for edge in _edges(item, boxes)],
        {item.name: _label(item.name, boxes[item.name]) for item in items},
        {},
    )


def _arrow(kind: str, curve: str, head: str) -> str:
    return f'<path class="edge{kind}" d="{curve}"/><path class="head{kind}" d="{head}"/>'


def standalone(svg: str) -> str:
    """The picture as a file of its own: its style sheet inside, light or dark as whoever looks at it."""
    head, end, rest = svg.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{end}<style>{escape(style(), quote=False)}</style>{rest}\n'


def _geometry(
    items: Sequence[Item], layout: Layout
) -> tuple[dict[str, _Box], list[tuple[str, float, float]], tuple[float, float]]:
    """The box of every step, the bands' names with their heights, and the size of the whole."""
    widest = max(width(line) for item in items for line in letters(item.name))
    box = min(150.0, max(72.0, round(widest + 34)))
    starts, x = [], float(EDGE)
    for across in layout.widths:
        starts.append(x)
        x += across * box + (across - 1) * GAP + BETWEEN_COLUMNS
    right = x - BETWEEN_COLUMNS + EDGE
    tops: dict[tuple[int, int], float] = {}
    labels = []
    y = float(EDGE)
    for key in sorted(layout.heights):
        iteration, band = key
        label = say(BANDS[band])
        if iteration > 1:
            label += ", " + say("iteration {iteration}", iteration=iteration)
        labels.append((label, EDGE + box / 2 + 10, y + 11))  # beside the arrow that comes down in the first column
        y += LABEL
        tops[key] = y
        rows = layout.heights[key]
        y += rows * HEIGHT + (rows - 1) * BETWEEN_ROWS + BETWEEN_BANDS
    boxes = {}
    for name, spot in layout.spots.items():
        top = tops[spot.iteration, spot.band]
        boxes[name] = _Box(
            starts[spot.column] + spot.across * (box + GAP),
            top + spot.row * (HEIGHT + BETWEEN_ROWS),
            box,
            spot.band,
            spot.column,
            spot.iteration,
        )
    return boxes, labels, (right, y - BETWEEN_BANDS + EDGE)


def _edges(item: Item, boxes: dict[str, _Box]) -> Iterator[tuple[str, str, str, str]]:
    """The arrows into a step."""
    taken = {(box.x, box.y) for box in boxes.values()}
    for parent in dict.fromkeys(item.parents):
        if parent in boxes and parent != item.name:
            yield parent, item.name, *_curve(boxes[parent], boxes[item.name], taken)


def _curve(a: _Box, b: _Box, taken: set[tuple[float, float]]) -> tuple[str, str]:
    """An arrow from the border of one box to that of another, leaving and arriving upright or level.

    In one column it goes straight up or down, or, where a box stands between, around it: an arrow that goes on behind
    a box would seem to begin there.
    """
    (ax, ay), (bx, by) = a.middle, b.middle
    if a.column == b.column and a.y != b.y:
        down = 1 if by > ay else -1
        low, high = sorted((a.y, b.y))
        if any(x in (a.x, b.x) and low < y < high for x, y in taken):
            return _around(a, b)
        x1, y1, x2, y2 = ax, ay + down * HEIGHT / 2, bx, by - down * HEIGHT / 2
        pull = max(10.0, abs(y2 - y1) * 0.45) * down
        curve = f"M{x1:g} {y1:g}C{x1:g} {y1 + pull:g} {x2:g} {y2 - pull:g} {x2:g} {y2 - 5 * down:g}"
        return curve, f"M{x2:g} {y2:g}l-3.5 {-6.5 * down:g}h7z"
    right = 1 if bx > ax else -1
    x1, y1, x2, y2 = ax + right * a.w / 2, ay, bx - right * b.w / 2, by
    pull = max(14.0, abs(x2 - x1) * 0.4) * right
    curve = f"M{x1:g} {y1:g}C{x1 + pull:g} {y1:g} {x2 - pull:g} {y2:g} {x2 - 5 * right:g} {y2:g}"
    return curve, f"M{x2:g} {y2:g}l{-6.5 * right:g} -3.5v7z"


def _around(a: _Box, b: _Box) -> tuple[str, str]:
    """An arrow down the free space beside the boxes of a column.

    To a parameter it is on the left; elsewhere on the right, for on the left gradients leave their boxes.
    """
    side = -1 if b.band == len(BANDS) - 1 else 1
    down = 1 if b.y > a.y else -1
    edge = b.middle[0] + side * b.w / 2
    lane = edge + side * (GAP / 2 + 2)
    apart = side * (a.middle[0] - b.middle[0]) > 0  # the lane lies inside the upper box's width, or beside its far side
    begin = a.middle[0] + side * (a.w / 2 - (a.w if apart else 9))
    y1 = a.middle[1] + (0 if apart else down * HEIGHT / 2)
    y2 = b.middle[1]
    turn = 9 * down
    curve = (
        f"M{begin:g} {y1:g}C{begin:g} {y1 + turn:g} {lane:g} {y1 + turn / 2:g} {lane:g} {y1 + 2 * turn:g}"
        f"V{y2 - turn:g}Q{lane:g} {y2:g} {edge + side * 4:g} {y2:g}"
    )
    return curve, f"M{edge:g} {y2:g}l{side * 6.5:g} -3.5v7z"


def _step(item: Item, plan: _Plan) -> str:
    verdict, box = item.verdict, plan.boxes[item.name]
    said = f": {word(verdict)}" if verdict else ""
    classes = " ".join(filter(None, ("step", verdict.value if verdict else "", "first" if item.first else "")))
    first = f", {say('the first mistake')}" if item.first else ""
    parts = [
        f'<g class="{classes}"><title>{text(item.name)}{said}{first}</title>',
        f'<rect class="box" x="{box.x:g}" y="{box.y:g}" width="{box.w:g}" height="{HEIGHT}" rx="6"/>',
    ]
    if verdict:
        parts.append(f'<text class="mark" x="{box.x + 6:g}" y="{box.y + 15:g}" font-size="14">')
        parts.append(f"{SYMBOLS[verdict]}</text>")
    parts.append(plan.labels[item.name])
    if item.first:
        flag = say("first mistake")
        parts.append(f'<text class="flag halo" x="{box.x:g}" y="{box.y - 5:g}" font-size="12">{flag}</text>')
    return "".join(parts) + "</g>"


def _label(name: str, box: _Box) -> str:
    """The step's name inside its box: in the middle, or, where it is too long for that, beside the verdict's symbol."""
    x, y = box.middle
    lines = letters(name)
    room = box.w - SYMBOL - 6
    half = min(room, max(map(width, lines))) / 2
    x = max(x, box.x + SYMBOL + half)
    if len(lines) == 1:
        return line_svg(lines[0], x, y + SIZE * 0.3, room)
    half += 2
    bar = f'<path class="bar" d="M{x - half:g} {y:g}h{2 * half:g}"/>'
    return line_svg(lines[0], x, y - 5.5, room) + bar + line_svg(lines[1], x, y + 15, room)
