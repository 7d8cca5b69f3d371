"""The operations of the numeric reading over numpy arrays: one lane a student, a class at once."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from checker.readings.numeric import FLOATS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

_erf = np.vectorize(math.erf, otypes=[float])


def _multiply(x: Any, y: Any) -> Any:
    product = np.asarray(x * y)
    undefined = np.isnan(product)
    # 0·ln 0 is 0, as every text on cross-entropy has it
    return np.where(undefined & ((x == 0) | (y == 0)), 0.0, product) if undefined.any() else product


_BY_NAME: dict[str, Any] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": _multiply,
    "divide": np.divide,
    "negative": lambda x, y: -x,
    "power": lambda x, y: np.power(np.asarray(x, dtype=float), y),
    "exp": lambda x, y: np.exp(x),
    "log": lambda x, y: np.log(x),
    "tanh": lambda x, y: np.tanh(x),
    "sqrt": lambda x, y: np.sqrt(x),
    "erf": lambda x, y: _erf(x),
    "abs": lambda x, y: np.abs(x),
    "sign": lambda x, y: np.sign(x),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "step": lambda x, y: np.where(x > 0, 1.0, np.where(x == 0, y, 0.0)),
    "square": lambda x, y: x * x,
    "tan": lambda x, _: np.tan(x),
    "arctan": lambda x, _: np.arctan(x),
}


_LOWEST, _HIGHEST = 1074, 1024  # exponents of 2 that floats have
_FURTHEST = 330  # no float's first digit is further from the point


@cache
def _places() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """By the exponent of 2 of a number: the place of its first digit, and from which number on it is the next one.

    The logarithm of many numbers takes long, and must be that of a single one: a grade does not depend on how many are
    graded at once.
    """
    numbers = [math.ldexp(1.0, exponent - 1) for exponent in range(1 - _LOWEST, _HIGHEST + 1)]
    places = [math.floor(math.log10(number)) + 1 for number in numbers]
    least = {place: _least(place) for place in set(places)}
    return np.array([0, *places]) + _FURTHEST, np.array([math.inf, *(least[place] for place in places)])


def _least(place: int) -> float:
    """The least number whose logarithm, as floats have it, puts its first digit beyond this place."""
    high = float(f"1e{place}")
    low = high * (1 - 1e-12)
    while low < (middle := low + (high - low) / 2) < high < math.inf:
        low, high = (low, middle) if math.floor(math.log10(middle)) >= place else (middle, high)
    return high


@lru_cache(maxsize=256)
def _made(make: Callable[[int | None], float]) -> NDArray[np.float64]:
    """What is made of each place, and last of none."""
    return np.array([*(make(place) for place in range(-_FURTHEST, _FURTHEST + 1)), make(None)])


class Lanes:
    """A class of students: arrays of one shape, or single floats that are the same for all."""

    many = True
    operations = tuple(_BY_NAME[name] for name, _ in OPERATIONS)
    where = staticmethod(np.where)
    negated = staticmethod(np.logical_not)
    undefined = staticmethod(np.isnan)
    floor = staticmethod(np.floor)
    rounded = staticmethod(np.rint)
    larger = staticmethod(np.maximum)
    smaller = staticmethod(np.minimum)

    @staticmethod
    def quiet() -> AbstractContextManager[None]:
        """Within it, 0/0 is simply not a number and gives no warning."""
        return np.errstate(all="ignore")

    @staticmethod
    def array(numbers: Sequence[float]) -> NDArray[np.float64]:
        """One number a lane."""
        return np.array(numbers, dtype=float)

    @staticmethod
    def lane(value: Any, number: int) -> Any:
        """What one lane holds."""
        return value[number] if np.ndim(value) else value

    @staticmethod
    def some(condition: Any) -> bool:
        """Whether the condition holds in any lane."""
        return bool(condition.any()) if isinstance(condition, np.ndarray) else bool(condition)

    @staticmethod
    def those(condition: Any) -> Any:
        """The lanes in which the condition holds, by number; None where there are none."""
        found = np.flatnonzero(condition)
        return found if found.size else None

    @staticmethod
    def size(who: Any) -> int:
        """How many lanes those are."""
        return len(who)

    @staticmethod
    def count(values: Iterable[Any]) -> int:
        """How many lanes the values have."""
        return max((len(value) for value in values if np.ndim(value)), default=1)

    @staticmethod
    def total(condition: Any) -> int:
        """In how many lanes the condition holds."""
        return int(np.count_nonzero(condition))

    @staticmethod
    def pick(value: Any, who: Any) -> Any:
        """The value in those lanes alone."""
        return value[who] if isinstance(value, np.ndarray) and value.ndim and who is not None else value

    @staticmethod
    def spread(value: Any, who: Any, count: int) -> Any:
        """What stands in those lanes, of `count`; nothing in the others."""
        found = np.zeros(count, dtype=np.asarray(value).dtype)
        found[who] = value
        return found

    @staticmethod
    def placed(value: Any, who: Any, others: Any, count: int) -> Any:
        """The value with `others` put into those lanes, of `count`."""
        found = np.empty(count, dtype=np.result_type(value, others))
        found[:] = value
        found[who] = others
        return found

    @staticmethod
    def filled(value: Any, count: int) -> Any:
        """The value in `count` lanes."""
        return value if isinstance(value, np.ndarray) and value.ndim else np.full(count, value)

    @staticmethod
    def each(work: Callable[..., dict[str, Any]], parts: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """What `work` makes of the arguments in each place of the parts, worked in one go."""
        if not parts[0]:
            return []
        made = work(*(np.concatenate(part) for part in parts), LANES)
        ends = np.cumsum([len(each) for each in parts[0]])[:-1]
        split = {name: np.split(np.asarray(values), ends) for name, values in made.items()}
        return [{name: values[n] for name, values in split.items()} for n in range(len(parts[0]))]

    @staticmethod
    def by_place(x: Any, make: Callable[[int | None], float]) -> Any:
        """What is made of the place of each number's first digit (1: that before the point); None: 0 or not finite."""
        if isinstance(x, float):
            return FLOATS.by_place(x, make)
        size = np.abs(np.asarray(x, dtype=float))
        exponents = np.frexp(size)[1]
        first, least = _places()
        place = first.take(exponents + _LOWEST, mode="clip") + (size >= least.take(exponents + _LOWEST, mode="clip"))
        usable = (size > 0) & (size < np.inf)
        return _made(make).take(np.where(usable, place, -1))


LANES = Lanes()
