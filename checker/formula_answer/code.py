"""Elementwise formulas as lists of operations, for whatever numbers they are worked in."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy

from checker.graph.formula import maximum, minimum, operand, step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.formula_answer.arithmetic import Arithmetic
    from checker.graph.formula import Formula

Code = list[tuple[str, tuple[int, ...], Any]]  # an operation, the places of its operands, what else it needs


def code_of(formula: Formula, known: dict[Formula, Code]) -> Code:
    """The formula as a list of operations on what stands before: operands first, equal parts once."""
    found = known.get(formula)
    if found is not None:
        return found
    code: Code = [("operand", (), i) for i in range(formula.arity)]
    at: dict[Any, int] = {operand(i): i for i in range(formula.arity)}

    def emit(operation: str, arguments: Sequence[int], data: Any = None) -> int:
        code.append((operation, tuple(arguments), data))
        return len(code) - 1

    expr: Any
    for expr in sympy.postorder_traversal(formula.expr):
        if expr in at:
            continue
        if expr.is_Rational:
            at[expr] = emit("number", (), Fraction(int(expr.p), int(expr.q)))
        elif expr.is_Float:
            at[expr] = emit("number", (), Fraction(str(expr)))
        elif expr is sympy.E or expr is sympy.pi:
            at[expr] = emit("constant", (), "e" if expr is sympy.E else "pi")
        elif expr.is_Add or expr.is_Mul:
            kind = "add" if expr.is_Add else "multiply"
            total = at[expr.args[0]]
            for part in expr.args[1:]:
                total = emit(kind, (total, at[part]))
            at[expr] = total
        elif expr.is_Pow:
            at[expr] = emit("power", (at[expr.args[0]], at[expr.args[1]]))
        elif isinstance(expr, maximum):
            kind = "minimum" if isinstance(expr, minimum) else "maximum"
            at[expr] = emit(kind, (at[expr.args[0]], at[expr.args[1]]))
        elif isinstance(expr, step):
            at[expr] = emit("step", (at[expr.args[0]], at[expr.args[1]]))
        else:
            at[expr] = emit(expr.func.__name__, [at[part] for part in expr.args])
    known[formula] = code
    return code


def worked(code: Code, operands: Sequence[Any], numbers: Arithmetic) -> Any:
    """The value of a formula's code."""
    registers: list[Any] = []
    operations = numbers.operations
    for operation, arguments, data in code:
        if operation == "operand":
            value = operands[data]
        elif operation == "number":
            value = numbers.rational(data)
        elif operation == "constant":
            value = numbers.constant(data)
        else:
            parts = [registers[i] for i in arguments]
            if any(map(numbers.lost, parts)) and operation != "multiply":
                value = numbers.nan
            else:
                value = operations[operation](*parts)
        registers.append(value)
    return registers[-1]


CORNERS = frozenset(("maximum", "minimum", "step", "Abs", "sign", "log"))


def has_corners(code: Code) -> bool:
    """Whether a formula may have a kink: a maximum, a step; a root or logarithm, since a square may stand in it."""
    numbers = {place: data for place, (operation, _, data) in enumerate(code) if operation == "number"}
    return any(
        operation in CORNERS
        or (operation == "power" and (arguments[1] not in numbers or numbers[arguments[1]].denominator != 1))
        for operation, arguments, _ in code
    )
