"""How large a part made of literals alone would be, known before any big number exists.

The size of a part is None where it names a quantity, else its value: exact where it is rational, a float where it is
not, nan where it cannot be told (1/0, ln(-1)). Nothing here decides what the part means; it only refuses.
"""

from __future__ import annotations

import math
from fractions import Fraction

from checker.expression.tree import ExpressionError

Size = Fraction | float | None

MAX_BITS = 2_000  # a good 600 digits above or below the fraction line
MAX_DIGITS = 50  # of one number as it is typed
MAX_EXPONENT = 64
MAX_DEGREE = 1_000  # of powers of powers: ((x^64)^64)^64 would be worked out digit by digit in the exact reading

_UNKNOWN = math.nan


def negative(size: Size) -> Size:
    """The size of minus the part."""
    return None if size is None else -size


def combined(operator: str, left: Size, right: Size, at: int) -> Size:
    """The size of `left operator right`, for + - * /.

    Raises:
        ExpressionError: it is too large to be worked with.
    """
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return _inexact(operator, _float(left), _float(right), at)
    if operator == "+":
        value = left + right
    elif operator == "-":
        value = left - right
    elif operator == "*":
        value = left * right
    elif operator == "/":
        if not right:
            return _UNKNOWN
        value = left / right
    else:
        return _UNKNOWN
    if _bits(value) > MAX_BITS:
        raise _too_large(at)
    return value


def power(base: Size, exponent: Size, degree: int, at: int, natural: bool) -> Size:
    """The size of `base ^ exponent`; `degree` bounds the powers already inside base, `natural` says that it is e.

    Raises:
        ExpressionError: the exponent is beyond ±64, or the power is too large to be worked with.
    """
    if exponent is None:
        return None
    if natural:
        return exponential(exponent, at)
    if not -MAX_EXPONENT <= exponent <= MAX_EXPONENT:  # also where it cannot be told
        raise ExpressionError(
            f"a constant exponent beyond ±{MAX_EXPONENT}", at, "write the number itself, or exp(…) for a power of e"
        )
    if base is None:
        if degree * steps(exponent) > MAX_DEGREE:
            raise ExpressionError(f"powers of powers beyond {MAX_DEGREE:,}", at, "write smaller exponents")
        return None
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        count = exponent.numerator
        if not base and count < 0:
            return _UNKNOWN
        if _bits(base) * abs(count) > MAX_BITS:
            raise _too_large(at)
        return Fraction(base**count)
    try:
        value = _float(base) ** _float(exponent)
    except OverflowError:
        raise _too_large(at) from None
    except ZeroDivisionError:
        return _UNKNOWN
    return value if isinstance(value, float) else _UNKNOWN  # complex where the base is negative


def steps(exponent: Fraction | float) -> int:
    """By how much an exponent within bounds multiplies the degree of what it stands on."""
    return max(1, math.ceil(exponent), math.ceil(-exponent))


def exponential(size: Size, at: int) -> Size:
    """The size of exp of the part.

    Raises:
        ExpressionError: it is too large to be worked with, or cannot be told.
    """
    if size is None:
        return None
    value = _float(size)
    if math.isnan(value) or value > 709:
        raise _too_large(at)
    return math.exp(value) or _UNKNOWN


def called(function: str, sizes: list[Size], at: int) -> Size:
    """The size of a function of the parts; None for all but the elementary ones, whose values can be bounded here.

    Raises:
        ExpressionError: it is too large to be worked with.
    """
    if len(sizes) != 1 or sizes[0] is None:
        return None
    size = sizes[0]
    if function == "exp":
        return exponential(size, at)
    if function == "abs":
        return -size if size < 0 else size
    if function in ("ln", "log", "sqrt"):
        value = _float(size)
        if not value > 0:
            return 0.0 if function == "sqrt" and value == 0 else _UNKNOWN
        return math.sqrt(value) if function == "sqrt" else math.log(value)
    return None


def _inexact(operator: str, left: float, right: float, at: int) -> float:
    try:
        value = (
            left + right if operator == "+" else left - right if operator == "-"
            else left * right if operator == "*" else left / right
        )  # fmt: skip
    except ZeroDivisionError:
        return _UNKNOWN
    if math.isinf(value):
        raise _too_large(at)
    return value or _UNKNOWN  # a product may have become 0 only because it is too small for a float


def _float(size: Fraction | float) -> float:
    try:
        value = float(size)
    except OverflowError:
        return _UNKNOWN
    return _UNKNOWN if size and not value else value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _too_large(at: int) -> ExpressionError:
    return ExpressionError("a constant too large or too small to be worked with", at, "check its exponents")
