"""Slips of the pen and of the calculator: what a number becomes between working it out and writing it down.

A slip is looked for in the digits that a student would have written: those of the right value, and of the value that
follows from their own earlier answers, each to the precision that they type in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.compare import within

if TYPE_CHECKING:
    from checker.readings.numeric import Value

TIERS = {
    "sign_slip": 3,
    "decimal_shift": 3,
    "truncation": 3,
    "digit_transposition": 4,
    "digit_dropped_or_doubled": 4,
}
PLACES = 7  # digits that are looked at
FLOAT_DIGITS = 1e12  # of a number with more, floats do not hold the last
CLEAR_DIGITS = {3: 20.0, 4: 2e3}  # how many units an answer must have, so that few numbers are such a slip of another


def slips(submitted: Value, typed: Value, unit: Value, value: Value, radius: Value, lanes: Any) -> dict[str, Value]:
    """For each slip, whether it makes the submitted number of this value.

    Args:
        submitted: the number handed in.
        typed: the unit of its last digit; infinite where it has none.
        unit: the asked unit.
        value: what should have been written.
        radius: how far rounding on the way can have moved that.
        lanes: the arithmetic.
    """
    numeric = typed < float("inf")
    own = lanes.where(numeric, typed, unit)  # a unit to count in
    half = lanes.smaller(own, unit) / 2
    size, seen = abs(value), abs(submitted)
    same_sign = submitted * value > 0
    found = {
        "sign_slip": within(-submitted, value, half + radius, lanes) & (size > half + radius),
        "truncation": same_sign & (seen < size) & within(submitted, value, lanes.smaller(own, unit), lanes),
    }
    shifted: Value = False
    for power in (10.0, 100.0, 1000.0):
        # the point moved right: a decimal fewer is typed; moved left: one more
        right = within(submitted, value * power, lanes.smaller(own, unit * power) / 2 + radius * power, lanes)
        left = within(submitted, value / power, half + radius / power, lanes) & (seen > 5 * own)
        shifted = shifted | ((right & (size > half)) | left)
    found["decimal_shift"] = shifted & numeric & same_sign
    swapped, missing, doubled = _in_reach(numeric & same_sign, seen, own, size, radius, lanes)
    # who writes as many digits as are asked has one fewer, or one more, after such a slip behind the point
    fewer, more = (own > 5 * unit) | (own < unit / 50), own < unit / 5
    changed = missing[0] | (missing[1] & fewer) | doubled[0] | (doubled[1] & more)
    found["digit_transposition"] = swapped & numeric & same_sign
    found["digit_dropped_or_doubled"] = changed & numeric & same_sign
    return found


def _in_reach(
    possible: Value, seen: Value, unit: Value, size: Value, radius: Value, lanes: Any
) -> tuple[Value, tuple[Value, Value], tuple[Value, Value]]:
    """What `_digits` finds, looked for where it is possible and one number is not far more digits than the other.

    A digit more or fewer, or two exchanged, makes of a number at most twenty times as much and at least a twelfth.
    """
    apart = radius + 6 * unit
    who = lanes.those(possible & (size + apart >= seen / 12) & (size - apart <= 20 * seen))
    if who is None:
        return False, (False, False), (False, False)
    count = lanes.count((seen,))
    seen, unit, size, radius = (lanes.pick(part, who) for part in (seen, unit, size, radius))
    swapped, missing, doubled = _digits(seen, unit, size, radius, lanes)

    def spread(found: Value) -> Value:
        return lanes.spread(found, who, count)

    return spread(swapped), (spread(missing[0]), spread(missing[1])), (spread(doubled[0]), spread(doubled[1]))


def _digits(
    seen: Value, unit: Value, size: Value, radius: Value, lanes: Any
) -> tuple[Value, tuple[Value, Value], tuple[Value, Value]]:
    """Whether two neighbouring digits are exchanged; whether one is missing, and whether one is written twice: each of
    these before the point and behind it.

    The slip is undone at each place of what was written, and the number so found compared with the right one. A digit
    missing or doubled behind the point moves those after it: what was meant has a decimal more, or one fewer.
    """
    shown = lanes.rounded(seen / unit)
    swapped: Value = False
    missing: list[Value] = [False, False]
    doubled: list[Value] = [False, False]
    exact, moved = size / unit, radius / unit + 0.5
    tenfold = 10 * exact, 10 * radius / unit + 0.5
    tenth = exact / 10, radius / unit / 10 + 0.5
    for place in range(PLACES):
        power = 10.0**place
        high = lanes.floor(shown / power)
        rest = shown - high * power
        tens = lanes.floor(high / 10)
        last = high - 10 * tens
        next_ = tens - 10 * lanes.floor(tens / 10)
        whole = unit * power > 0.999  # a digit before the point
        meant = shown + (last - next_) * (9 * power)
        swapped = swapped | ((last != next_) & (tens > 0) & (abs(meant - exact) <= moved))
        without = tens * power + rest
        twice = (last == next_) & (tens > 0)
        doubled[0] = doubled[0] | (twice & whole & (abs(without - exact) <= moved))
        doubled[1] = doubled[1] | (twice & lanes.negated(whole) & (abs(without - tenth[0]) <= tenth[1]))
        # the digit that is not there, before the one at this place; after the last it is but rounding
        for n, ((counted, window), here) in enumerate(
            (((exact, moved), whole), (tenfold, (unit * power < 9.99) & (place > 0)))
        ):
            gap = 10 * high * power + rest
            digit = lanes.rounded((counted - gap) / power)
            fits = abs(gap + digit * power - counted) <= window
            missing[n] = missing[n] | (here & fits & (digit >= 0) & (digit <= 9) & (high > 0))
    few = shown < FLOAT_DIGITS
    several = few & (shown > 9)
    return (
        swapped & few,
        (missing[0] & several, missing[1] & several),
        (doubled[0] & several, doubled[1] & several),
    )
