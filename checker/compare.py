"""Value against value: the unit that an instructor asks for, and whether two numbers agree within a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.readings.numeric import FLOATS, Value

if TYPE_CHECKING:
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
    units: list[Value] = []
    if tolerance.decimals is not None:
        units.append(float(f"1e-{tolerance.decimals}"))
    if tolerance.significant is not None:
        units += lanes.digit_units(reference, (tolerance.significant,))
    if tolerance.absolute is not None:
        units.append(tolerance.absolute)
    if tolerance.relative is not None:
        units.append(abs(reference) * tolerance.relative)
    if not units:
        coarse = float(f"1e-{DECIMALS}")
        finest, coarsest = lanes.digit_units(reference, (MOST_DIGITS, LEAST_DIGITS))
        fitted = lanes.smaller(lanes.larger(coarse, finest), coarsest)
        units.append(lanes.where(coarsest == 0.0, coarse, fitted))
    unit = units[0]
    for other in units[1:]:
        unit = lanes.smaller(unit, other)
    return lanes.larger(unit, FLOOR)


def within(submitted: Value, value: Value, bound: Value, lanes: Any = FLOATS) -> Value:
    """Whether two numbers differ by at most `bound`, the bound included; what is not finite agrees with nothing.

    Decimals are not exact in binary, so an inclusive bound needs the few last bits of room given here.

    >>> within(0.7001, 0.7, 0.0001)
    True
    """
    room = 1e-15 * (lanes.larger(abs(submitted), abs(value))) * 4.0
    return abs(submitted - value) <= bound + room
