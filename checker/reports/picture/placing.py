"""Where the steps of a computation graph stand.

A general layered layout (Sugiyama's, as in Graphviz) would put the backward pass to the right of the forward one and
so hide what the picture is to show: that every gradient belongs to a value. So places come from meaning: a column for
every depth of the forward pass, and in it, one above the other, the values, their slopes, their gradients, and what
belongs to the parameters that come in there. Each iteration is a picture of its own below the one before.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from checker.model import Kind
from checker.readings.notation import parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.model import Verdict

MOST_ACROSS = 4  # boxes beside each other in one column
BANDS = ("forward", "local derivatives", "gradients", "parameters")


class Item(NamedTuple):
    """A step to be drawn.

    `parents` are the drawn steps that its rule uses, `means` its own name where it goes by an alias. `first` marks the
    first mistake, `follows` the earlier steps it follows a mistake from.
    """

    name: str
    kind: Kind
    parents: tuple[str, ...] = ()
    means: str = ""
    verdict: Verdict | None = None
    first: bool = False
    follows: tuple[str, ...] = ()


class Spot(NamedTuple):
    """A place of the grid: which iteration, band and column, and where in that cell."""

    iteration: int
    band: int
    column: int
    row: int
    across: int


class Layout(NamedTuple):
    """The places of all items, and how many boxes wide each column and how many rows high each band is."""

    spots: dict[str, Spot]
    widths: list[int]
    heights: dict[tuple[int, int], int]  # (iteration, band)


def place(items: Sequence[Item]) -> Layout:
    """A place for every item; no two share one."""
    known = {item.name: item for item in items}
    by_meaning = {item.means or item.name: item.name for item in items}
    columns = _columns(items, known, by_meaning)
    cells: dict[tuple[int, int, int], list[list[Item]]] = defaultdict(list)
    chains: dict[tuple[int, str], list[Item]] = {}
    for item in items:
        iteration, band = _iteration(item), _band(item, known, by_meaning)
        about = _about(item)
        if band < len(BANDS) - 1:
            cells[iteration, band, columns[item.name]].append([item])
        elif (iteration, about) in chains:  # a parameter's gradient, its optimizer's state, its new value
            chains[iteration, about].append(item)
        else:
            chains[iteration, about] = [item]
            cells[iteration, band, columns[item.name]].append(chains[iteration, about])
    order = {item.means or item.name: place for place, item in enumerate(items)}
    for (iteration, band, _), groups in cells.items():
        if 0 < band < len(BANDS) - 1:  # below the values that they are of
            mark = f"@{iteration}" if iteration > 1 else ""
            groups.sort(key=lambda group, mark=mark: order.get(_about(group[0]) + mark, len(order)))  # type: ignore[misc]
    used = sorted({column for _, _, column in cells})
    number = {column: n for n, column in enumerate(used)}
    widths = [1] * len(used)
    for (_, band, column), groups in cells.items():
        widest = max(map(len, groups)) if band == len(BANDS) - 1 else len(groups)
        widths[number[column]] = max(widths[number[column]], min(MOST_ACROSS, widest))
    spots: dict[str, Spot] = {}
    heights: dict[tuple[int, int], int] = {}
    for (iteration, band, column), groups in cells.items():
        wide = widths[number[column]]
        rows = _rows(groups, wide, together=band == len(BANDS) - 1)
        for y, row in enumerate(rows):
            for x, item in enumerate(row):
                spots[item.name] = Spot(iteration, band, number[column], y, x)
        heights[iteration, band] = max(heights.get((iteration, band), 0), len(rows))
    return Layout(spots, widths, heights)


def _rows(groups: Iterable[list[Item]], wide: int, *, together: bool) -> list[list[Item]]:
    """The rows of a cell; what belongs `together` begins a row of its own where it has more than one part."""
    if together and any(len(group) > 1 for group in groups):
        return [group[n : n + wide] for group in groups for n in range(0, len(group), wide)]
    flat = [item for group in groups for item in group]
    return [flat[n : n + wide] for n in range(0, len(flat), wide)]


def _columns(items: Sequence[Item], known: dict[str, Item], by_meaning: dict[str, str]) -> dict[str, int]:
    """The column of each item: of the forward pass its depth, of everything else that of what it belongs to."""
    columns: dict[str, int] = {}
    for item in items:
        if item.kind in (Kind.FORWARD, Kind.LOSS):
            same = [columns[p] for p in item.parents if p in columns and _iteration(known[p]) == _iteration(item)]
            columns[item.name] = 1 + max(same, default=-1)
    for item in items:
        if item.name not in columns:
            columns[item.name] = _belongs(item, columns, known, by_meaning)
    return columns


def _belongs(item: Item, columns: dict[str, int], known: dict[str, Item], by_meaning: dict[str, str]) -> int:
    name = parts(item.means or item.name)
    mark = f"@{_iteration(item)}" if _iteration(item) > 1 else ""
    if item.kind is Kind.LOCAL_DERIVATIVE and name.of is not None:
        whole = (item.means or item.name).partition("@")[0]
        for other, column in columns.items():  # the equation that it is the slope of
            if known[other].kind in (Kind.FORWARD, Kind.LOSS) and whole.startswith(f"d{_base(known[other])}_d"):
                return column
    about = by_meaning.get(_about(item) + mark)
    if about in columns and known[about].kind in (Kind.FORWARD, Kind.LOSS):
        return columns[about]
    nearest = [columns[p] for p in item.parents if p in columns and _iteration(known[p]) == _iteration(item)]
    if item.kind is Kind.GRADIENT:  # of a parameter: where the gradient that it is made from stands
        gradients = [columns[p] for p in item.parents if p in columns and known[p].kind is Kind.GRADIENT]
        return min(gradients, default=min(nearest, default=0))
    return min(nearest, default=0)


def _band(item: Item, known: dict[str, Item], by_meaning: dict[str, str]) -> int:
    if item.kind in (Kind.FORWARD, Kind.LOSS):
        return 0
    if item.kind is Kind.LOCAL_DERIVATIVE:
        return 1
    if item.kind is Kind.GRADIENT:
        mark = f"@{_iteration(item)}" if _iteration(item) > 1 else ""
        about = by_meaning.get(_about(item) + mark)
        inner = about in known and known[about].kind in (Kind.FORWARD, Kind.LOSS)
        return 2 if inner else 3
    return 3


def _base(item: Item) -> str:
    return (item.means or item.name).partition("@")[0].partition("[")[0]


def _about(item: Item) -> str:
    """What a gradient or an update is of: the w1 of `dL_dw1`, `m_w1` and `w1_new`."""
    base = _base(item).replace("∂", "d").replace("/", "_")
    if item.kind in (Kind.GRADIENT, Kind.LOCAL_DERIVATIVE):
        _, found, about = base[1:].partition("_d")
        return about if found else base
    if base.endswith("_new"):
        return base[:-4]
    return base.partition("_")[2] if item.kind is Kind.OPTIMIZER_STATE else base


def _iteration(item: Item) -> int:
    _, _, iteration = (item.means or item.name).partition("@")
    return int(iteration) if iteration.isdigit() else 1
