"""The digits reading: every step's value to so many digits, in decimal arithmetic that is the same on every machine.

Worked out once for a derivation and then run with the numbers of any problem that differs only in them. It says of each
value whether the digits are all there are (0.7) or go on (0.668187…).
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import mpmath
import sympy

from checker.graph.node import Node, ordered
from checker.readings.elements import broadcast, terms
from checker.readings.lower import straight_line
from checker.readings.numeric import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from fractions import Fraction

    from checker.graph.formula import Formula as GraphFormula
    from checker.graph.steps import Derivation
    from checker.readings.numeric import Formula

DIGITS = 30
GUARD = 15

# What one step is worked by: (slot, None, (formula, operands)) or (slot, None, terms of products of slots)
Instruction = tuple[int, Any, Any]


class Digits:
    """Works a derivation's steps to `digits` significant digits.

    Raises:
        ValueError: some of its leaves come from iterations that nobody is asked about, and are known as floats only.
    """

    def __init__(self, derivation: Derivation, digits: int = DIGITS) -> None:
        if derivation.computed:
            raise ValueError("some leaves were computed as floats")
        self.digits = digits
        self._context = decimal.Context(
            prec=digits + GUARD, rounding=decimal.ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[]
        )
        self._operations = [_operations(self._context)[name] for name, _ in OPERATIONS]
        self._formulas: dict[int, Formula] = {}
        self._constants: list[Decimal] = []
        self._slots: dict[str, list[int]] = {}
        self._size = 0
        self._steps: list[tuple[str, list[Instruction], list[int]]] = []
        self._fixed: list[tuple[int, Decimal, bool]] = []
        for quantity in derivation.problem.quantities:
            self._slots[quantity.name] = [self._slot() for _ in quantity.values]
        for step in derivation.steps:
            code: list[Instruction] = []
            self._slots[step.name] = self._compile(step.rule, code)
            self._steps.append((step.name, code, self._slots[step.name]))

    def __call__(self, numbers: Mapping[str, Sequence[Fraction]]) -> dict[str, list[tuple[Decimal, bool]]]:
        """Each step's elements with whether the digits are exact, for these givens and parameters."""
        context = self._context
        values: list[Decimal] = [Decimal(0)] * self._size
        exact = [True] * self._size
        for slot, value, is_exact in self._fixed:
            values[slot], exact[slot] = value, is_exact
        for name, elements in numbers.items():
            for slot, number in zip(self._slots[name], elements, strict=True):
                values[slot], exact[slot] = self._number(number)
        found = {}
        flags = context.flags
        with decimal.localcontext(context) as context:
            flags = context.flags
            for name, code, out in self._steps:
                for slot, formula, parts in code:
                    flags[decimal.Inexact] = False
                    if formula is not None:
                        values[slot] = formula(self._operations, [values[i] for i in parts])
                        exact[slot] = not flags[decimal.Inexact] and all(exact[i] for i in parts)
                        continue
                    total, all_exact = Decimal(0), True
                    for term in parts:
                        part = values[term[0]]
                        all_exact = all_exact and exact[term[0]]
                        for i in term[1:]:
                            part *= values[i]
                            all_exact = all_exact and exact[i]
                        total += part
                    values[slot], exact[slot] = total, all_exact and not flags[decimal.Inexact]
                found[name] = [(values[slot], exact[slot]) for slot in out]
        return found

    # ------------------------------------------------------------ compiled once

    def _slot(self) -> int:
        self._size += 1
        return self._size - 1

    def _number(self, number: Fraction) -> tuple[Decimal, bool]:
        self._context.clear_flags()
        value = self._context.divide(Decimal(number.numerator), Decimal(number.denominator))
        return value, not self._context.flags[decimal.Inexact]

    def _constant(self, value: Decimal, exact: bool) -> int:
        slot = self._slot()
        self._fixed.append((slot, value, exact))
        return slot

    def _compile(self, rule: Node, code: list[Instruction]) -> list[int]:
        at: dict[int, list[int]] = {}
        for node in ordered(rule):
            args = [at[arg.id] for arg in node.args]
            if node.op == "name":
                at[node.id] = self._slots[node.data]
            elif node.op == "constant":
                at[node.id] = [self._constant(*self._number(node.data))]
            elif node.op == "elementwise":
                at[node.id] = self._elementwise(node, args, code)
            elif node.op == "selection":
                at[node.id] = [self._sum(from_, args[0], code) for from_ in node.data]
            else:
                at[node.id] = self._contraction(node, args, code)
        # a step that is another by name has slots of its own, so that what is kept of it is its own too
        return at[rule.id]

    def _sum(self, from_: Sequence[int], arg: list[int], code: list[Instruction]) -> int:
        if len(from_) == 1:
            return arg[from_[0]]
        slot = self._slot()
        code.append((slot, None, [(arg[i],) for i in from_]))
        return slot

    def _elementwise(self, node: Node, args: list[list[int]], code: list[Instruction]) -> list[int]:
        formula = self._formula(node.data)
        places = broadcast(node)
        out = []
        for element in range(node.size):
            slot = self._slot()
            code.append((slot, formula, [arg[place[element]] for arg, place in zip(args, places, strict=True)]))
            out.append(slot)
        return out

    def _contraction(self, node: Node, args: list[list[int]], code: list[Instruction]) -> list[int]:
        out = []
        for element in terms(node):
            slot = self._slot()
            code.append((slot, None, [[arg[i] for arg, i in zip(args, term, strict=True)] for term in element]))
            out.append(slot)
        return out

    def _formula(self, formula: GraphFormula) -> Formula:
        if formula.id not in self._formulas:
            self._formulas[formula.id] = straight_line(formula, self._sympy_number)
        return self._formulas[formula.id]

    def _sympy_number(self, value: Any) -> Decimal:
        if value.is_Rational:
            return self._context.divide(Decimal(int(value.p)), Decimal(int(value.q)))
        return self._context.create_decimal(str(sympy.N(value, self._context.prec + GUARD)))


def decimal_text(value: Decimal, exact: bool, digits: int = DIGITS) -> str:
    """A value as a plain decimal of at most so many significant digits, with an ellipsis where they go on.

    >>> decimal_text(Decimal("0.70"), True), decimal_text(Decimal(2) / 3, False, 6)
    ('0.7', '0.666667…')
    """
    context = decimal.Context(prec=digits, rounding=decimal.ROUND_HALF_EVEN, traps=[])
    rounded = context.plus(value)
    goes_on = not exact or rounded != value
    if not rounded.is_finite():
        return str(rounded)
    if rounded == 0:
        return "0"
    if -12 < rounded.adjusted() < digits + 3:
        text = f"{rounded:f}"
        if "." in text and not goes_on:
            text = text.rstrip("0").rstrip(".")
        return text + ("…" if goes_on else "")
    return f"{rounded:e}"


def _operations(context: decimal.Context) -> dict[str, Callable[[Decimal, Decimal], Decimal]]:
    """The operations of straight-line code, in decimals of the current context."""
    nan = Decimal("NaN")

    def by_mpmath(function: Callable[[Any], Any]) -> Callable[[Decimal, Decimal], Decimal]:
        def work(x: Decimal, _: Decimal) -> Decimal:
            if not x.is_finite():
                return nan
            current = decimal.getcontext()
            with mpmath.workdps(current.prec + GUARD):
                result = function(mpmath.mpf(str(x)))
                current.flags[decimal.Inexact] = current.flags[decimal.Inexact] or x != 0
                return +Decimal(mpmath.nstr(result, current.prec + 5))

        return work

    def exp(x: Decimal, _: Decimal) -> Decimal:
        return x.exp()

    def power(x: Decimal, y: Decimal) -> Decimal:
        return x**y

    def multiply(x: Decimal, y: Decimal) -> Decimal:
        return Decimal(0) if x == 0 or y == 0 else x * y  # 0·ln 0 is 0, as every text on cross-entropy has it

    def step(x: Decimal, at_zero: Decimal) -> Decimal:
        return Decimal(1) if x > 0 else at_zero if x == 0 else Decimal(0)

    def sign(x: Decimal, _: Decimal) -> Decimal:
        return Decimal((x > 0) - (x < 0))

    return {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": multiply,
        "divide": lambda x, y: x / y,
        "negative": lambda x, _: -x,
        "power": power,
        "exp": exp,
        "log": lambda x, _: x.ln(),
        "tanh": by_mpmath(mpmath.tanh),
        "sqrt": lambda x, _: x.sqrt(),
        "erf": by_mpmath(mpmath.erf),
        "abs": lambda x, _: abs(x),
        "sign": sign,
        "maximum": max,
        "minimum": min,
        "step": step,
        "square": lambda x, _: x * x,
        "tan": by_mpmath(mpmath.tan),
        "arctan": by_mpmath(mpmath.atan),
    }
