"""Many rules worked in one go: rules whose code has one shape differ only in the slots that they read.

The wrong rules of a step are some twenty, of five shapes. Each shape is worked once, on arrays with a row a rule and a
lane a student, by the same code and with the same result to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.readings.ball import work
from checker.readings.lanes import LANES

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from numpy.typing import NDArray

    from checker.readings.numeric import Code, Formula, Slots
    from checker.readings.program import Route

    Table = NDArray[np.float64]


class Shape(NamedTuple):
    """Rules of one shape: which they are, the code in slots of its own, and where its results stand.

    `reads` are, for each slot of its own that is read from outside (-1, -2, …), the slots that the rules read there: by
    their number, and by their places among `Shapes.moving`; None where they are exact.
    """

    rules: NDArray[np.intp]
    code: Code
    out: list[int]
    reads: list[tuple[list[int], NDArray[np.intp] | None]]


class Shapes(NamedTuple):
    """Rules by shape, and all slots that some of them read and rounding moves."""

    shapes: list[Shape]
    moving: list[int]


def shapes_of(rules: Sequence[Route], exact: Container[int]) -> Shapes:
    """The rules by shape. `exact` are the slots that no rounding moves."""
    found: dict[Any, tuple[list[int], list[list[int]], Code, list[int]]] = {}
    for number, rule in enumerate(rules):
        reads: list[int] = []
        made: dict[int, int] = {}

        def own(slot: int, made: dict[int, int] = made, reads: list[int] = reads) -> int:
            if slot in made:
                return made[slot]
            reads.append(slot)
            return -len(reads)

        code: list[Any] = []
        for instruction in rule.code:
            if len(instruction) == 3:
                parts = [instruction[1], [own(slot) for slot in instruction[2]]]
            else:
                parts = [[[own(slot) for slot in term] for term in instruction[1]]]
            made[instruction[0]] = len(made)
            code.append([made[instruction[0]], *parts])
        out = [own(slot) for slot in rule.out]
        key = repr((code, out, [slot in exact for slot in reads]))
        members = found.setdefault(key, ([], [], code, out))
        members[0].append(number)
        members[1].append(reads)
    places: dict[int, int] = {}
    shapes = []
    for numbers, each, shared, out in found.values():
        read: list[tuple[list[int], NDArray[np.intp] | None]] = []
        for slots in zip(*each, strict=True):
            moved = None if slots[0] in exact else np.array([places.setdefault(slot, len(places)) for slot in slots])
            read.append((list(slots), moved))
        shapes.append(Shape(np.array(numbers), shared, out, read))
    return Shapes(shapes, list(places))


def work_together(
    shapes: Shapes, formulas: Sequence[Formula], values: Slots, radii: Slots, size: tuple[int, int, int]
) -> tuple[Table, Table]:
    """What the rules give and how far rounding can have moved it; shapes: (elements, rules, lanes), which is `size`."""
    found, reach = np.empty(size), np.empty(size)
    all_values, all_radii = (_rows([part[slot] for slot in shapes.moving], size[2]) for part in (values, radii))
    for shape in shapes.shapes:
        own: dict[int, Any] = {}
        moved: dict[int, Any] = {}
        for n, (slots, places) in enumerate(shape.reads, 1):
            own[-n] = _rows([values[slot] for slot in slots]) if places is None else all_values[places]
            moved[-n] = 0.0 if places is None else all_radii[places]
        work(shape.code, formulas, own, moved, LANES)
        for element, slot in enumerate(shape.out):
            found[element, shape.rules], reach[element, shape.rules] = own[slot], moved[slot]
    return found, reach


def _rows(numbers: Sequence[Any], lanes: int = 1) -> Table:
    """A row a number; of what is the same for everybody one lane will do."""
    lanes = max([lanes, *(number.size for number in numbers if isinstance(number, np.ndarray))])
    rows = np.empty((len(numbers), lanes))
    for row, number in zip(rows, numbers, strict=True):
        row[:] = number
    return rows
