"""Curves as SVG: the loss over repeated updates, with axes, a logarithmic scale where the numbers ask for it, a legend.

Colours are its own unless a page's style sheet gives others; every curve has dashes of its own beside its colour.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING, NamedTuple

from checker.reports.page import text
from checker.reports.picture.frame import opening
from checker.reports.plain import cut, printable
from checker.reports.worked import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_CURVES = 8
WIDTH, HIGH = 640, 260  # of the picture, and of the field that the curves are in
LEFT, RIGHT, TOP, BELOW, ROW = 74, 18, 30, 46, 24
DECADES = 2.0  # between the smallest and the largest number, from which on the scale is logarithmic
MOST_POINTS = 600  # of one curve; a pixel has no room for more
MOST_TOLD = 60  # points of a curve that tell their numbers to whoever points at them
MOST_DOTS = 25  # points of a curve that are shown as dots
FAR = 1e300  # beyond it nothing is drawn
INK, SOFT, LINE, PAPER = "#1b1f27", "#566070", "#d5dae2", "#ffffff"
COLOURS = ("#1f4e8c", "#9d3013", "#14663d", "#5b3f95", "#814700", "#0b5c6b", "#a0143c", "#566070")
DASHES = ("", "9 4", "2 3", "12 3 2 3", "5 3", "16 4", "9 3 2 3 2 3", "1 3")


class Curve(NamedTuple):
    """A line of the chart: its name in the legend, and a number for 0, 1, 2 … updates."""

    label: str
    values: Sequence[float]


class Axis(NamedTuple):
    """A scale: what its ends stand for, whether it is logarithmic, and the numbers marked on it."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """How far along the axis a number stands, from 0 to 1."""
        low, high, value = (log10(self.low), log10(self.high), log10(value)) if self.log else (*self[:2], value)
        return (value - low) / (high - low)


def chart_svg(
    curves: Sequence[Curve], title: str, *, upward: str, across: str = "updates", said: str = "", id: str = "chart"
) -> str:
    """The curves as one `svg` element; empty where no number can be drawn, or there are too many curves.

    `upward` and `across` name the axes, `said` is the picture in words; `id` begins the ids of its title and
    description: two pictures of one page need different ones.
    """
    values = [value for curve in curves for value in curve.values if _drawn(value)]
    if not values or len(curves) > MOST_CURVES:
        return ""
    up = upright(min(values), max(values))
    along = level(max(1, max(len(curve.values) for curve in curves) - 1))
    rows = (len(curves) + 1) // 2 if len(curves) > 1 else 0
    high = TOP + HIGH + BELOW + ROW * rows
    parts = [
        opening(WIDTH, high, id, title, said, ' font-family="system-ui, sans-serif"'),
        f'<rect class="plate" fill="{PAPER}" width="{WIDTH}" height="{high}"/>',
        *_frame(up, along, upward, across),
    ]
    for place, curve in enumerate(curves):
        parts += _curve(curve, place, up, along, (upward, across))
    if rows:
        parts += _legend(curves, TOP + HIGH + BELOW + ROW / 2)
    return "".join([*parts, "</svg>"])


def upright(low: float, high: float) -> Axis:
    """The scale that numbers from `low` to `high` are drawn on: logarithmic from two decades on.

    >>> upright(0.0, 0.9)
    Axis(low=0.0, high=1.0, log=False, ticks=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    >>> upright(0.003, 2.0).log, upright(0.003, 2.0).ticks
    (True, (0.001, 0.01, 0.1, 1.0, 10.0))
    """
    if low > 1 / FAR and log10(high) - log10(low) >= DECADES:
        first, last = floor(log10(low)), ceil(log10(high))
        every = max(1, ceil((last - first) / 7))
        last = first + every * ceil((last - first) / every)
        ticks = tuple(float(f"1e{power}") for power in range(first, last + 1, every))
        return Axis(ticks[0], ticks[-1], True, ticks)
    if high - low < abs(high) * 1e-9 or max(abs(low), abs(high)) < 1 / FAR:  # it stands still
        room = abs(high) / 2 if abs(high) > 1 / FAR else 1.0
        low, high = low - room, high + room
    elif 0 <= low < 0.6 * high:
        low = 0.0  # so that its height is what a loss is
    step = _step((high - low) / 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(_round(k * step) for k in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], False, ticks)


def level(last: int) -> Axis:
    """The scale of whole numbers from 0 to `last`.

    >>> level(100).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    """
    step = max(1.0, _step(last / 6))
    return Axis(0.0, float(last), False, tuple(_round(k * step) for k in range(floor(last / step) + 1)))


def _step(least: float) -> float:
    """1, 2 or 5 times a power of ten, the next above."""
    power = floor(log10(least))
    return next(_round(each * 10.0**power) for each in (1, 2, 5, 10) if each * 10.0**power >= least * (1 - 1e-9))


def _round(value: float) -> float:
    return float(f"{value:.12g}")


def _drawn(value: float) -> bool:
    return isfinite(value) and abs(value) < FAR


def _x(along: Axis, count: float) -> float:
    return LEFT + along.share(count) * (WIDTH - LEFT - RIGHT)


def _y(up: Axis, value: float) -> float:
    return TOP + (1 - up.share(value)) * HIGH


def _frame(up: Axis, along: Axis, upward: str, across: str) -> Iterator[str]:
    """Lines across, the axes, and what stands at them."""
    for tick in up.ticks:
        y = f"{_y(up, tick):.1f}"
        yield f'<path class="grid" stroke="{LINE}" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
        yield _words(_number(tick), LEFT - 8, float(y) + 4.5, "end")
    bottom = TOP + HIGH
    for tick in along.ticks:
        x = f"{_x(along, tick):.1f}"
        yield f'<path class="axis" stroke="{SOFT}" d="M{x} {bottom}v5"/>'
        yield _words(_number(tick), float(x), bottom + 20, "middle")
    yield f'<path class="axis" fill="none" stroke="{SOFT}" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>'
    scale = " (logarithmic scale)" if up.log else ""
    yield _words(f"{escape(cut(printable(upward), 60))}{scale}", LEFT - 8, 16, "start")
    yield _words(escape(across), WIDTH - RIGHT, bottom + 38, "end")


def _words(inner: str, x: float, y: float, anchor: str) -> str:
    return f'<text class="soft" fill="{SOFT}" font-size="13" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{inner}</text>'


def _number(value: float) -> str:
    """A number at an axis, a large or small one as a power of ten."""
    shown = f"{value + 0.0:.6g}".replace("-", "\N{MINUS SIGN}")
    mantissa, e, exponent = shown.partition("e")
    if not e:
        return shown
    power = exponent.lstrip("+").replace("\N{MINUS SIGN}0", "\N{MINUS SIGN}").removeprefix("0")
    factor = "" if mantissa == "1" else f"{mantissa}·"
    return f'{factor}10<tspan dy="-5" font-size="10">{power}</tspan>'


def _curve(curve: Curve, place: int, up: Axis, along: Axis, axes: tuple[str, str]) -> Iterator[str]:
    look = f'class="series s{place}" stroke="{COLOURS[place]}" stroke-width="2"'
    dashes = f' stroke-dasharray="{DASHES[place]}"' if DASHES[place] else ""
    runs = list(_runs(curve.values))
    for run in runs:
        points = " ".join(f"{_x(along, k):.1f},{_y(up, value):.1f}" for k, value in run)
        yield f'<polyline {look}{dashes} fill="none" stroke-linejoin="round" points="{points}"/>'
    shown = [point for run in runs for point in run]
    every = max(1, ceil(len(shown) / MOST_TOLD))
    for n, (k, value) in enumerate(shown):
        alone = len(shown) <= MOST_DOTS or (len(runs) > 1 and any(run == [(k, value)] for run in runs))
        if not alone and n % every and n != len(shown) - 1:
            continue
        kind = (
            f'class="dot s{place}" fill="{COLOURS[place]}" stroke="{COLOURS[place]}" r="3"'
            if alone
            else 'class="told" fill="none" pointer-events="all" r="7"'
        )
        of = f"{text(curve.label)}: " if curve.label else ""
        upward, across = axes
        told = f"{text(across)}: {k}, {text(upward)} = {number(value, 6)}"
        yield f'<circle {kind} cx="{_x(along, k):.1f}" cy="{_y(up, value):.1f}"><title>{of}{told}</title></circle>'


def _runs(values: Sequence[float]) -> Iterator[list[tuple[int, float]]]:
    """The points that are joined by a line: what has left the range of numbers, or of the scale, is a gap."""
    run: list[tuple[int, float]] = []
    for k, value in enumerate(values):
        if _drawn(value):
            run.append((k, value))
        elif run:
            yield thinned(run)
            run = []
    if run:
        yield thinned(run)


def thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """As many points as a picture has room for: of every stretch the lowest and the highest, so that no peak is lost.

    >>> len(thinned([(k, float(k % 7)) for k in range(10_000)])) <= MOST_POINTS + 2
    True
    """
    if len(points) <= MOST_POINTS:
        return points
    count = MOST_POINTS // 2
    ends = [round(n * len(points) / count) for n in range(count + 1)]
    kept = {points[0], points[-1]}
    for start, end in pairwise(ends):
        stretch = points[start:end]
        kept |= {min(stretch, key=_height), max(stretch, key=_height)}
    return sorted(kept)


def _height(point: tuple[int, float]) -> float:
    return point[1]


def _legend(curves: Sequence[Curve], top: float) -> Iterator[str]:
    for place, curve in enumerate(curves):
        x, y = LEFT + 285 * (place % 2), top + ROW * (place // 2)
        dashes = f' stroke-dasharray="{DASHES[place]}"' if DASHES[place] else ""
        yield (
            f'<path class="series s{place}" stroke="{COLOURS[place]}" stroke-width="2"{dashes} fill="none" '
            f'd="M{x} {y:g}h44"/><text fill="{INK}" font-size="13" x="{x + 54}" y="{y + 4.5:g}">'
            f"{text(cut(printable(curve.label), 34))}</text>"
        )
