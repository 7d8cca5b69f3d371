"""The operations of the numeric reading over numpy arrays: one lane a student, a class at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from checker.readings.numeric import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

# the same floats as `float('1e-4')`: a grade must not depend on how many are graded at once
_POWERS = np.array([float(f"1e{k}") for k in range(-350, 351)])
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


class Lanes:
    """A class of students: arrays of one shape, or single floats that are the same for all."""

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
        return bool(np.any(condition))

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
        found = np.array(np.broadcast_to(value, count))
        found[who] = others
        return found

    @staticmethod
    def filled(value: Any, count: int) -> Any:
        """The value in `count` lanes."""
        return np.broadcast_to(value, (count,))

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
    def digit_units(x: Any, digits: Sequence[int]) -> list[NDArray[np.float64]]:
        """One unit of each of these significant digits of each lane: powers of ten; 0 where it is 0 or not finite."""
        size = np.abs(np.asarray(x, dtype=float))
        usable = (size > 0) & np.isfinite(size)
        first = np.floor(np.log10(np.where(usable, size, 1.0))).astype(int) + 351
        return [np.where(usable, _POWERS.take(first - digit, mode="clip"), 0.0) for digit in digits]


LANES = Lanes()
