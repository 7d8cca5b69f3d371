"""The numeric reading: straight-line code over floats, or over numpy arrays with one lane a student.

Code is data, never compiled: a list of instructions over numbered slots. An instruction is `[slot, terms]`, a sum of
products of slots, or `[slot, formula, arguments]`, a formula of slots. A formula is itself straight-line code over the
operations below. The same code serves one student (floats, no numpy imported) and a class (arrays).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

Value = Any  # a float, or a numpy array with one float a lane
Slots = list[Value] | dict[int, Value]  # by slot number
Code = Sequence[Any]


class Formula:
    """A formula's straight-line code: operands, then constants, then a register for each operation."""

    __slots__ = ("arity", "code", "constants")

    def __init__(self, arity: int, constants: list[float], code: list[list[int]]) -> None:
        self.arity, self.constants, self.code = arity, constants, code

    def __call__(self, operations: Sequence[Callable[[Value, Value], Value]], operands: Sequence[Value]) -> Value:
        """The value for these operands."""
        registers = [*operands, *self.constants]
        for operation, i, j in self.code:
            registers.append(operations[operation](registers[i], registers[j]))
        return registers[-1]


def _divide(x: float, y: float) -> float:
    if y:
        return x / y
    return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1.0, y)


def _multiply(x: float, y: float) -> float:
    product = x * y
    # 0·ln 0 is 0, as every text on cross-entropy has it
    return 0.0 if math.isnan(product) and (x == 0 or y == 0) else product


def _exp(x: float, _: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf


def _log(x: float, _: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


def _power(x: float, y: float) -> float:
    try:
        result = x**y
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return math.nan if isinstance(result, complex) else result


# Every operation takes two operands; those that need one ignore the second. The order is that of the stored code.
OPERATIONS: tuple[tuple[str, Callable[[float, float], float]], ...] = (
    ("add", lambda x, y: x + y),
    ("subtract", lambda x, y: x - y),
    ("multiply", _multiply),
    ("divide", _divide),
    ("negative", lambda x, y: -x),
    ("power", _power),
    ("exp", _exp),
    ("log", _log),
    ("tanh", lambda x, y: math.tanh(x)),
    ("sqrt", lambda x, y: math.sqrt(x) if x >= 0 else math.nan),
    ("erf", lambda x, y: math.erf(x)),
    ("abs", lambda x, y: abs(x)),
    ("sign", lambda x, y: (x > 0) - (x < 0) + 0.0),
    ("maximum", max),
    ("minimum", min),
    ("step", lambda x, y: 1.0 if x > 0 else y if x == 0 else 0.0),
    ("square", lambda x, y: x * x),
    ("tan", lambda x, y: math.tan(x)),
    ("arctan", lambda x, y: math.atan(x)),
)
CODES = {name: number for number, (name, _) in enumerate(OPERATIONS)}


class Floats:
    """One student: plain floats, which beat numpy up to about twenty students."""

    many = False
    operations = tuple(function for _, function in OPERATIONS)

    @staticmethod
    def quiet() -> AbstractContextManager[None]:
        """Within it, 0/0 is simply not a number."""
        return nullcontext()

    @staticmethod
    def where(condition: Value, yes: Value, no: Value) -> Value:
        """`yes` where the condition holds, else `no`."""
        return yes if condition else no

    undefined = staticmethod(math.isnan)

    @staticmethod
    def floor(x: Value) -> Value:
        """The whole number below."""
        return float(math.floor(x)) if math.isfinite(x) else x

    @staticmethod
    def rounded(x: Value) -> Value:
        """The nearest whole number."""
        return float(round(x)) if math.isfinite(x) else x

    @staticmethod
    def negated(condition: Value) -> Value:
        """Where the condition does not hold."""
        return not condition

    @staticmethod
    def larger(x: Value, y: Value) -> Value:
        """The larger of two numbers."""
        return max(x, y)

    @staticmethod
    def smaller(x: Value, y: Value) -> Value:
        """The smaller of two numbers."""
        return min(x, y)

    @staticmethod
    def some(condition: Value) -> bool:
        """Whether the condition holds anywhere."""
        return bool(condition)

    @staticmethod
    def those(condition: Value) -> Any:
        """The lanes in which the condition holds; None where there are none."""
        return True if condition else None

    @staticmethod
    def size(who: Any) -> int:
        """How many lanes those are."""
        return 1

    @staticmethod
    def count(values: Iterable[Value]) -> int:
        """How many lanes the values have."""
        return 1

    @staticmethod
    def total(condition: Value) -> int:
        """In how many lanes the condition holds."""
        return int(condition)

    @staticmethod
    def pick(value: Value, who: Any) -> Value:
        """The value in those lanes alone."""
        return value

    @staticmethod
    def spread(value: Value, who: Any, count: int) -> Value:
        """What stands in those lanes, of `count`; nothing in the others."""
        return value

    @staticmethod
    def placed(value: Value, who: Any, others: Value, count: int) -> Value:
        """The value with `others` put into those lanes, of `count`."""
        return others

    @staticmethod
    def filled(value: Value, count: int) -> Value:
        """The value in `count` lanes."""
        return value

    @staticmethod
    def each(work: Callable[..., dict[str, Value]], parts: Sequence[Sequence[Value]]) -> list[dict[str, Value]]:
        """What `work` makes of the arguments in each place of the parts."""
        return [work(*arguments, FLOATS) for arguments in zip(*parts, strict=True)]

    @staticmethod
    def by_place(x: Value, make: Callable[[int | None], float]) -> Value:
        """What is made of the place of the number's first digit (1: that before the point); None: 0 or not finite."""
        return make(None if x == 0 or x - x != 0 else math.floor(math.log10(abs(x))) + 1)


FLOATS = Floats()


class Picked(dict[int, Value]):
    """Values for the lanes `who`, each picked when it is asked for; what is set here is not set there."""

    def __init__(self, base: Sequence[Value] | dict[int, Value], who: Any, lanes: Any) -> None:
        super().__init__()
        self.base, self.who, self.lanes = base, who, lanes

    def __missing__(self, slot: int) -> Value:
        value = self[slot] = self.lanes.pick(self.base[slot], self.who)
        return value

    def copied(self) -> Picked:
        """The same again, to be changed by itself."""
        copy = Picked(self.base, self.who, self.lanes)
        copy.update(self)
        return copy


def arrays() -> Any:
    """The same for numpy arrays with one lane a student; numpy is imported here and nowhere before."""
    from checker.readings.lanes import LANES

    return LANES


def run(code: Code, formulas: Sequence[Formula], values: Slots, lanes: Any = FLOATS) -> None:
    """Work the code: every instruction's value goes into its slot of `values`."""
    operations = lanes.operations
    for instruction in code:
        if len(instruction) == 3:
            slot, formula, arguments = instruction
            values[slot] = formulas[formula](operations, [values[i] for i in arguments])
        else:
            slot, terms = instruction
            total: Value = 0.0
            for term in terms:
                part = values[term[0]]
                for i in term[1:]:
                    part = part * values[i]
                total = total + part
            values[slot] = total
