"""Numbers of three kinds that formulas are worked in: to many digits, as floats, and (`symbols`) as symbols.

What leaves the numbers (1/0, a logarithm or root of a negative number, a power beyond all bounds) is nan. Every number
has the size it is made with: no expression, however it is written, can grow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mpmath

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

BEYOND = 2**28  # exponents of two beyond this are not worked with


class Arithmetic:
    """The operations that formulas are made of, on numbers of one kind; what leaves the numbers is nan."""

    nan: Any
    inf: Any
    zero: Any
    one: Any
    lost: Callable[[Any], bool]
    operations: Mapping[str, Callable[..., Any]]

    def rational(self, value: Fraction) -> Any:
        """The number, rounded to what there is room for."""
        raise NotImplementedError

    def constant(self, name: str) -> Any:
        """The number e, or pi."""
        raise NotImplementedError

    def multiply(self, x: Any, y: Any) -> Any:
        """The product, where 0*ln 0 is 0, as every text on cross-entropy has it."""
        product = x * y
        return self.zero if self.lost(product) and (x == 0 or y == 0) else product


class Numbers(Arithmetic):
    """Arithmetic to a fixed number of digits, in a context of its own: mpmath's global precision is never touched."""

    def __init__(self, digits: int) -> None:
        self.digits = digits
        context = mpmath.MPContext()
        context.dps = digits
        self.context = context
        self.lost = context.isnan
        self.nan, self.inf = context.nan, context.inf
        self.zero, self.one = context.mpf(0), context.mpf(1)
        self.operations = {
            "add": lambda x, y: x + y,
            "multiply": self.multiply,
            "power": self.power,
            "exp": self.exp,
            "log": self.log,
            "tanh": self.context.tanh,
            "erf": self.context.erf,
            "tan": self.context.tan,
            "atan": self.context.atan,
            **_comparisons(self.zero, self.one),
        }

    def rational(self, value: Fraction) -> Any:
        """The number, rounded to the digits."""
        return self.context.mpf(value.numerator) / value.denominator

    def constant(self, name: str) -> Any:
        """The number e, or pi."""
        return +self.context.e if name == "e" else +self.context.pi

    def taken(self, value: Any) -> Any:
        """A number of another precision."""
        return self.context.mpf(value)

    def exp(self, x: Any) -> Any:
        """The exponential; nan where it is beyond all bounds."""
        return self.context.exp(x) if abs(x) < BEYOND else self.zero if x == -self.inf else self.nan

    def log(self, x: Any) -> Any:
        """The natural logarithm of a positive number."""
        return self.context.log(x) if 0 < x < self.inf else -self.inf if x == 0 else self.nan

    def power(self, x: Any, y: Any) -> Any:
        """The power, real or nan."""
        if not (abs(x) < self.inf and abs(y) < self.inf):
            return self.nan if self.lost(x) or self.lost(y) or y >= 0 else self.zero
        if y == 0:
            return self.one
        if x == 0:
            return self.zero if y > 0 else self.inf
        if y == -1:
            return 1 / x
        whole = y == self.context.floor(y)
        if x < 0 and not whole:
            return self.nan
        if abs(self.context.mag(x) * y) > BEYOND:
            return self.nan
        if whole and abs(y) < 1024:
            return x ** int(y)
        if y == 0.5:
            return self.context.sqrt(x)
        value = self.context.exp(y * self.context.log(abs(x)))
        return -value if x < 0 and whole and int(y) % 2 else value


class Doubles(Arithmetic):
    """Floats: they decide nothing, but show at once that two formulas differ. What leaves their range is nan."""

    nan, inf = math.nan, math.inf
    zero, one = 0.0, 1.0

    def __init__(self) -> None:
        self.lost = math.isnan
        self.operations = {
            "add": lambda x, y: x + y,
            "multiply": self.multiply,
            "power": _guarded(lambda x, y: x**y),
            "exp": _guarded(math.exp),
            "log": _guarded(math.log),
            "tanh": math.tanh,
            "erf": math.erf,
            "tan": math.tan,
            "atan": math.atan,
            **_comparisons(self.zero, self.one),
        }

    def rational(self, value: Fraction) -> float:
        """The nearest float."""
        try:
            return value.numerator / value.denominator
        except OverflowError:
            return math.nan

    def constant(self, name: str) -> float:
        """The number e, or pi."""
        return math.e if name == "e" else math.pi


def _comparisons(zero: Any, one: Any) -> dict[str, Callable[..., Any]]:
    return {
        "Abs": abs,
        "sign": lambda x: one * ((x > 0) - (x < 0)),
        "maximum": max,
        "minimum": min,
        "step": lambda x, at_zero: one if x > 0 else at_zero if x == 0 else zero,
    }


def _guarded(operation: Callable[..., Any]) -> Callable[..., Any]:
    def worked(*operands: Any) -> Any:
        try:
            value = operation(*operands)
        except (OverflowError, ValueError, ZeroDivisionError):
            return math.nan
        return value if isinstance(value, float) else math.nan  # a root of a negative number is complex

    return worked


def finite(value: Any) -> bool:
    """Whether the value is a number."""
    return bool(value - value == 0)


def as_float(value: Any) -> float:
    """The value as a float; what is beyond floats is nan."""
    try:
        found = float(value)
    except OverflowError:
        return math.nan
    return found if math.isfinite(found) else math.nan
