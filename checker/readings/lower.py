"""The graph's nodes to straight-line code over numbered slots.

Every array is taken apart into its elements, so that partial answers, the taint of a single wrong element and a ball's
corners need no case of their own, and a single student needs no numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy

from checker.errors import AuthorError, Finding, Place
from checker.graph.formula import Formula as GraphFormula
from checker.graph.formula import maximum, minimum, operand, step
from checker.graph.node import Node, ordered
from checker.readings import program as kept
from checker.readings.elements import broadcast, products, terms
from checker.readings.numeric import CODES, Formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.graph.steps import Derivation

MOST_OPERATIONS = 2_000_000  # products and formulas in one program


class Lowering:
    """Slots and code for the steps of one derivation."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.values: list[float] = []
        self.exact: list[int] = []
        self.slots: dict[str, int] = {}
        self.formulas: list[Formula] = []
        self.leaves: dict[str, tuple[int, tuple[int, ...]]] = {}
        self._constants: dict[float, int] = {}
        self._formula_numbers: dict[int, int] = {}
        self._products: dict[int, list[tuple[float, list[int]]] | None] = {}
        self._operations = 0
        for quantity in derivation.problem.quantities:
            self.leaf(quantity.name, quantity.shape, [float(value) for value in quantity.values])

    def slot(self, value: float = 0.0) -> int:
        """A new slot."""
        self.values.append(value)
        return len(self.values) - 1

    def leaf(self, name: str, shape: tuple[int, ...], values: Sequence[float]) -> None:
        """A named quantity whose numbers are known."""
        self.slots[name] = len(self.values)
        self.leaves[name] = (len(self.values), shape)
        for value in values:
            self.exact.append(self.slot(value))

    def step(self, name: str, size: int) -> int:
        """The first of a step's own slots, which come after all that it is worked by."""
        start = self.slots[name] = len(self.values)
        self.values += [0.0] * size
        return start

    def constant(self, value: float) -> int:
        """The slot of a number; one for each."""
        if value not in self._constants:
            self._constants[value] = self.slot(value)
            self.exact.append(self._constants[value])
        return self._constants[value]

    def route(self, node: Node) -> kept.Route:
        """The code that works `node`, and the slot of each of its elements."""
        code: list[Any] = []
        at: dict[int, list[int]] = {}
        for current in ordered(node):
            if current.op == "name":
                start = self.slots[current.data]
                at[current.id] = list(range(start, start + current.size))
            elif current.op == "constant":
                at[current.id] = [self.constant(float(current.data))]
            else:
                args = [at[arg.id] for arg in current.args]
                at[current.id] = getattr(self, f"_{current.op}")(current, args, code)
            if self._operations > MOST_OPERATIONS:
                raise AuthorError(
                    Finding(
                        f"more than {MOST_OPERATIONS} operations",
                        Place(self.derivation.problem.source),
                        "make the arrays smaller",
                    )
                )
        return kept.Route(code, at[node.id])

    def _elementwise(self, node: Node, args: list[list[int]], code: list[Any]) -> list[int]:
        sums = self._sum_of_products(node.data)
        places = broadcast(node)
        out = []
        for element in range(node.size):
            operands = [arg[place[element]] for arg, place in zip(args, places, strict=True)]
            slot = self.slot()
            if sums is not None:
                made = []
                for factor, used in sums:
                    term = [operands[i] for i in used]
                    made.append(term if factor == 1 and term else [self.constant(factor), *term])
                code.append([slot, made])
            else:
                code.append([slot, self.formula(node.data), operands])
            out.append(slot)
        self._operations += node.size * max(1, len(args))
        return out

    def _contraction(self, node: Node, args: list[list[int]], code: list[Any]) -> list[int]:
        self._operations += products(node) * len(args)
        if self._operations > MOST_OPERATIONS:
            return [0] * node.size
        out = []
        for element in terms(node):
            slot = self.slot()
            code.append([slot, [[arg[i] for arg, i in zip(args, term, strict=True)] for term in element]])
            out.append(slot)
        return out

    def _selection(self, node: Node, args: list[list[int]], code: list[Any]) -> list[int]:
        (arg,) = args
        out = []
        for from_ in node.data:
            if len(from_) == 1:
                out.append(arg[from_[0]])
            elif not from_:
                out.append(self.constant(0.0))
            else:
                slot = self.slot()
                code.append([slot, [[arg[i]] for i in from_]])
                self._operations += len(from_)
                out.append(slot)
        return out

    def _sum_of_products(self, formula: GraphFormula) -> list[tuple[float, list[int]]] | None:
        """The terms of a formula that is a sum of products in which each operand stands once; else None.

        Such a formula is a contraction: its ball is exact and costs no corners.
        """
        if formula.id not in self._products:
            self._products[formula.id] = sum_of_products(formula)
        return self._products[formula.id]

    def formula(self, formula: GraphFormula) -> int:
        """The number of a formula's own straight-line code."""
        if formula.id not in self._formula_numbers:
            self._formula_numbers[formula.id] = len(self.formulas)
            self.formulas.append(straight_line(formula))
        return self._formula_numbers[formula.id]


def sum_of_products(formula: GraphFormula) -> list[tuple[float, list[int]]] | None:
    """A formula's terms, each a number and the operands multiplied; None where an operand stands in two places."""
    terms: list[tuple[float, list[int]]] = []
    seen: set[Any] = set()
    for term in sympy.Add.make_args(formula.expr):
        factor, rest = term.as_coeff_Mul()
        factors = [] if rest == 1 else list(sympy.Mul.make_args(rest))
        if any(not f.is_Symbol or f in seen for f in factors):
            return None
        seen.update(factors)
        terms.append((float(factor), [int(f.name[1:]) for f in factors]))
    return terms


# sympy's names of functions of one operand, and ours
_FUNCTIONS = {
    "exp": "exp",
    "log": "log",
    "tanh": "tanh",
    "erf": "erf",
    "Abs": "abs",
    "sign": "sign",
    "tan": "tan",
    "atan": "arctan",
}


def straight_line(  # noqa: C901  # one branch a kind of expression
    formula: GraphFormula, number: Callable[[Any], Any] = float
) -> Formula:
    """The formula as straight-line code; equal parts are worked once. `number` makes a constant of an exact number."""
    constants: list[Any] = []
    code: list[tuple[str, Any, Any]] = []
    done: dict[Any, tuple[str, int]] = {operand(i): ("operand", i) for i in range(formula.arity)}

    def constant(value: Any) -> tuple[str, int]:
        made = number(value)
        if made not in constants:
            constants.append(made)
        return ("constant", constants.index(made))

    def emit(operation: str, x: tuple[str, int], y: tuple[str, int] | None = None) -> tuple[str, int]:
        code.append((operation, x, y or x))
        return ("result", len(code) - 1)

    def chain(operation: str, parts: list[tuple[str, int]]) -> tuple[str, int]:
        total = parts[0]
        for part in parts[1:]:
            total = emit(operation, total, part)
        return total

    def work(expr: Any) -> tuple[str, int]:
        found = done.get(expr)
        if found is None:
            found = done[expr] = _work(expr)
        return found

    def _work(expr: Any) -> tuple[str, int]:
        if expr.is_number and not expr.free_symbols:
            return constant(expr)
        if expr.is_Add:
            plus = [t for t in expr.args if not _negative(t)]
            minus = [-t for t in expr.args if _negative(t)]
            total = chain("add", [work(t) for t in plus]) if plus else emit("negative", work(minus.pop(0)))
            for term in minus:
                total = emit("subtract", total, work(term))
            return total
        if expr.is_Mul:
            if _negative(expr):
                return emit("negative", work(-expr))
            above = [f for f in expr.args if not _below(f)]
            below = [1 / f for f in expr.args if _below(f)]
            top = chain("multiply", [work(f) for f in above]) if above else constant(sympy.Integer(1))
            return emit("divide", top, chain("multiply", [work(f) for f in below])) if below else top
        if expr.is_Pow:
            base, exponent = expr.args
            if exponent == 2:
                return emit("square", work(base))
            if exponent == sympy.Rational(1, 2):
                return emit("sqrt", work(base))
            if _below(expr):
                return emit("divide", constant(sympy.Integer(1)), work(1 / expr))
            return emit("power", work(base), work(exponent))
        if isinstance(expr, maximum):
            kind = "minimum" if isinstance(expr, minimum) else "maximum"
            return emit(kind, work(expr.args[0]), work(expr.args[1]))
        if isinstance(expr, step):
            return emit("step", work(expr.args[0]), work(expr.args[1]))
        return emit(_FUNCTIONS[expr.func.__name__], work(expr.args[0]))

    result = work(formula.expr)
    first = {"operand": 0, "constant": formula.arity, "result": formula.arity + len(constants)}
    lines = [[CODES[op], first[x[0]] + x[1], first[y[0]] + y[1]] for op, x, y in code]
    if result[0] != "result" or result[1] != len(code) - 1:  # the last register is the value
        one = len(constants)
        constants.append(number(sympy.Integer(1)))
        first["result"] += 1
        lines = [[CODES[op], first[x[0]] + x[1], first[y[0]] + y[1]] for op, x, y in code]
        lines.append([CODES["multiply"], first[result[0]] + result[1], formula.arity + one])
    return Formula(formula.arity, constants, lines)


def _negative(expr: Any) -> bool:
    return bool(expr.as_coeff_Mul()[0].is_negative)


def _below(expr: Any) -> bool:
    return bool(expr.is_Pow and expr.args[1].is_number and expr.args[1].is_negative)
