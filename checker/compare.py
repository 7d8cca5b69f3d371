"""Value against value: the unit that an instructor asks for, and whether two numbers agree within a bound."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from checker.readings.numeric import FLOATS, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.outcome import Tolerance

FLOOR = 1e-12  # no tolerance is finer: floats would tell rounding of ours from rounding of theirs
DECIMALS, LEAST_DIGITS, MOST_DIGITS = 4, 3, 6  # where an instructor says nothing


def asked_unit(tolerance: Tolerance, reference: Value, lanes: Any = FLOATS) -> Value:
    """One unit of what is asked: of the last decimal, of the last significant digit of the reference, or as given.

    Where several are given the finest holds; where none is, 4 decimals, but never fewer than 3 nor more than 6
    significant digits.

    >>> from checker.outcome import Tolerance
    >>> asked_unit(Tolerance(decimals=4), 0.668)
    0.0001
    >>> asked_unit(Tolerance(significant=3), 0.0004386)
    1e-06
    >>> asked_unit(Tolerance(), 0.0000438)
    1e-07
    """
    unit_at, by_digits = _unit_of(tolerance)
    unit: Value = lanes.by_place(reference, unit_at) if by_digits else unit_at(None)
    if tolerance.relative is not None:
        unit = lanes.larger(lanes.smaller(unit, abs(reference) * tolerance.relative), FLOOR)
    return unit


@lru_cache(maxsize=256)
def _unit_of(tolerance: Tolerance) -> tuple[Callable[[int | None], float], bool]:
    """The unit of all that is asked but a relative bound, by the place of the number's first digit (None: it is 0).

    And whether it depends on that place.
    """
    unset = tolerance[:4] == (None, None, None, None)

    @cache
    def unit(place: int | None) -> float:
        def digit(number: int) -> float:
            return 0.0 if place is None else float(f"1e{place - number}")

        units = []
        if tolerance.decimals is not None:
            units.append(float(f"1e-{tolerance.decimals}"))
        if tolerance.significant is not None:
            units.append(digit(tolerance.significant))
        if tolerance.absolute is not None:
            units.append(tolerance.absolute)
        if unset:
            finest, coarse, coarsest = digit(MOST_DIGITS), float(f"1e-{DECIMALS}"), digit(LEAST_DIGITS)
            units.append(min(max(coarse, finest), coarsest) if coarsest else coarse)
        return max(min(units, default=float("inf")), FLOOR)

    return unit, unset or tolerance.significant is not None


def within(submitted: Value, value: Value, bound: Value, lanes: Any = FLOATS) -> Value:
    """Whether two numbers differ by at most `bound`, the bound included; what is not finite agrees with nothing.

    Decimals are not exact in binary, so an inclusive bound needs the few last bits of room given here.

    >>> within(0.7001, 0.7, 0.0001)
    True
    """
    room = 1e-15 * (lanes.larger(abs(submitted), abs(value))) * 4.0
    return abs(submitted - value) <= bound + room
