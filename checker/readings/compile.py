"""A derivation made into a program: the graph's nodes to straight-line code over numbered slots.

Every array is taken apart into its elements, so that partial answers, the taint of a single wrong element and a ball's
corners need no case of their own, and a single student needs no numpy.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import sympy

from checker.errors import AuthorError, Finding, Place
from checker.graph.derive import Derivation, Route, Step, derive, loop
from checker.graph.formula import Formula as GraphFormula
from checker.graph.formula import maximum, minimum, operand, step
from checker.graph.mistakes import find_mistakes
from checker.graph.node import Node, names, ordered, strides
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.model import Problem, StepRubric, Tolerance
from checker.readings import program as kept
from checker.readings.numeric import CODES, FLOATS, Formula, run
from checker.readings.text import text
from checker.stepname import UnknownStep

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        products = self._sum_of_products(node.data)
        out = []
        for element in range(node.size):
            operands = [
                arg[0]
                if len(arg) == 1
                else arg[element]
                if len(arg) == node.size
                else arg[_stretched(element, node, n)]
                for n, arg in enumerate(args)
            ]
            slot = self.slot()
            if products is not None:
                terms = []
                for factor, used in products:
                    term = [operands[i] for i in used]
                    terms.append(term if factor == 1 and term else [self.constant(factor), *term])
                code.append([slot, terms])
            else:
                code.append([slot, self.formula(node.data), operands])
            out.append(slot)
        self._operations += node.size * max(1, len(args))
        return out

    def _contraction(self, node: Node, args: list[list[int]], code: list[Any]) -> list[int]:
        inputs, output = node.data
        sizes: dict[int, int] = {}
        for subscripts, arg in zip(inputs, node.args, strict=True):
            sizes.update(zip(subscripts, arg.shape, strict=True))
        summed = [i for i in sizes if i not in output]
        self._operations += prod(sizes.values()) * len(args)
        if self._operations > MOST_OPERATIONS:
            return [0] * node.size
        apart = [strides(arg.shape) for arg in node.args]
        # for each operand: how far one step along each output index, and each summed index, moves in it
        outer = [
            [sum(s for i, s in zip(sub, st, strict=True) if i == o) for o in output]
            for sub, st in zip(inputs, apart, strict=True)
        ]
        inner = [
            [sum(s for i, s in zip(sub, st, strict=True) if i == k) for k in summed]
            for sub, st in zip(inputs, apart, strict=True)
        ]
        inside = list(product(*(range(sizes[k]) for k in summed)))
        offsets = [[sum(p * s for p, s in zip(place, steps, strict=True)) for place in inside] for steps in inner]
        out = []
        for position in product(*(range(sizes[o]) for o in output)):
            starts = [sum(p * s for p, s in zip(position, steps, strict=True)) for steps in outer]
            terms = [
                [arg[start + offset[n]] for arg, start, offset in zip(args, starts, offsets, strict=True)]
                for n in range(len(inside))
            ]
            slot = self.slot()
            code.append([slot, terms])
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


def _stretched(element: int, node: Node, argument: int) -> int:
    """Which element of a stretched operand goes into this element of the result."""
    small = node.args[argument].shape
    return sum(
        (element // s % n) * t
        for s, n, t, m in zip(strides(node.shape), node.shape, strides(small), small, strict=True)
        if m != 1
    )


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


def straight_line(formula: GraphFormula) -> Formula:  # noqa: C901  # one branch a kind of expression
    """The formula as straight-line code; equal parts are worked once."""
    constants: list[float] = []
    code: list[tuple[str, Any, Any]] = []
    done: dict[Any, tuple[str, int]] = {operand(i): ("operand", i) for i in range(formula.arity)}

    def constant(value: Any) -> tuple[str, int]:
        number = float(value)
        if number not in constants:
            constants.append(number)
        return ("constant", constants.index(number))

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
            top = chain("multiply", [work(f) for f in above]) if above else constant(1)
            return emit("divide", top, chain("multiply", [work(f) for f in below])) if below else top
        if expr.is_Pow:
            base, exponent = expr.args
            if exponent == 2:
                return emit("square", work(base))
            if exponent == sympy.Rational(1, 2):
                return emit("sqrt", work(base))
            if _below(expr):
                return emit("divide", constant(1), work(1 / expr))
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
        constants.append(1.0)
        first["result"] += 1
        lines = [[CODES[op], first[x[0]] + x[1], first[y[0]] + y[1]] for op, x, y in code]
        lines.append([CODES["multiply"], first[result[0]] + result[1], formula.arity + one])
    return Formula(formula.arity, constants, lines)


def _negative(expr: Any) -> bool:
    return bool(expr.as_coeff_Mul()[0].is_negative)


def _below(expr: Any) -> bool:
    return bool(expr.is_Pow and expr.args[1].is_number and expr.args[1].is_negative)


# ---------------------------------------------------------------- programs


def compile_problem(problem: Problem, everything: bool = False, mistakes: bool = False) -> kept.Program:
    """The problem as a program.

    Args:
        problem: the problem.
        everything: whether all steps stand in it, asked or not.
        mistakes: whether what each named mistake gives stands in it too.

    Raises:
        AuthorError: as `derive` does.
    """
    return compile_derivation(derive(problem, find_mistakes if mistakes else None), everything)


def compile_derivation(derivation: Derivation, everything: bool = False) -> kept.Program:
    """The derivation as a program.

    Raises:
        AuthorError: more operations than a problem may have.
    """
    problem = derivation.problem
    lowering = Lowering(derivation)
    for quantity in problem.quantities:
        lowering.leaf(quantity.name, quantity.shape, [float(v) for v in quantity.values])
    if derivation.computed:
        _computed_leaves(derivation, lowering)
    steps = derivation.steps if everything else _needed(derivation)
    lowered: list[kept.Step] = []
    unproven: list[tuple[int, int]] = []
    for number, item in enumerate(steps):
        size = prod(item.shape)
        # scratch first, then the step's own slots: a step's routes never see each other's
        routes = [lowering.route(route.node) for route in item.routes]
        unproven.extend((number, k) for k, route in enumerate(item.routes) if not route.proven)
        start = len(lowering.values)
        for _ in range(size):
            lowering.slot()
        lowering.slots[item.name] = start
        shown = item.text or text(item.rule)
        lowered.append(
            kept.Step(item.name, item.kind.value, item.shape, start, size, item.choice, routes, shown, _parents(item))
        )
    mistakes = _mistakes(steps, lowering)
    result = kept.Program(
        problem.id, problem.title, problem.loss, lowered, _asked(derivation, lowered), lowering.formulas,
        lowering.values, lowering.exact, lowering.leaves, problem.rubric.tolerance,
        dict(problem.rubric.shares), dict(derivation.names.shapes),
        derivation.names.iterations, dict(problem.aliases), [],
        mistakes,
    )  # fmt: skip
    kept.reference(result, result.values, FLOATS)
    if unproven:
        result = _prove(result, derivation, unproven)
    return result


def _needed(derivation: Derivation) -> list[Step]:
    """The steps that are asked or that an asked one rests on by any route."""
    by_name = {item.name: item for item in derivation.steps}
    waiting = [target.step for _, target, _ in derivation.ask]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            nodes = [route.node for route in by_name[name].routes] + [m.node for m in by_name[name].mistakes]
            waiting.extend(parent for node in nodes for parent in names(node))
    return [item for item in derivation.steps if item.name in needed]


def _mistakes(steps: list[Step], lowering: Lowering) -> list[kept.Mistake]:
    """What each mistake gives at each step, as code that runs once every step has its value."""
    lowered = []
    for number, item in enumerate(steps):
        for mistake in item.mistakes:
            entry = MISCONCEPTIONS[mistake.code]
            route = lowering.route(mistake.node)
            lowered.append(kept.Mistake(number, mistake.code, entry.tier, entry.slip, mistake.variant, route))
    return lowered


def _parents(item: Step) -> list[str]:
    return list(dict.fromkeys(names(item.rule)))


def _asked(derivation: Derivation, steps: list[kept.Step]) -> list[kept.Asked]:
    """What is asked, with its rubric.

    Raises:
        AuthorError: `grading.steps` names what is not asked.
    """
    problem = derivation.problem
    number = {item.name: n for n, item in enumerate(steps)}
    rubric: dict[tuple[str, tuple[int, ...] | None], StepRubric] = {}
    findings = []
    for label, marks in problem.rubric.steps.items():
        place = problem.places.get(f"grading.steps.{label}")
        try:
            target = derivation.names.find(label)
        except UnknownStep as error:
            findings.append(Finding(f"grading.steps: {error.what}", place, error.mend))
            continue
        if not any(other.step == target.step for _, other, _ in derivation.ask):
            findings.append(Finding(f"grading.steps: {label!r} is not asked", place, "add it to ask, or leave it out"))
        rubric[target.step, target.element] = marks
    if findings:
        raise AuthorError(*findings)
    asked = []
    for label, target, _ in derivation.ask:
        item = steps[number[target.step]]
        marks = rubric.get((target.step, target.element)) or rubric.get((target.step, None)) or StepRubric()
        element = None
        if target.element is not None:
            element = sum((i - 1) * s for i, s in zip(target.element, strides(item.shape), strict=True))
        tolerance: Tolerance = marks.tolerance or problem.rubric.tolerance
        asked.append(
            kept.Asked(label, number[target.step], element, target.negative, marks.points, marks.carry, tolerance)
        )
    return asked


def _prove(result: kept.Program, derivation: Derivation, unproven: list[tuple[int, int]]) -> kept.Program:
    """Drop each candidate route that does not give the step's value, here and with other numbers.

    Leaves that only the loss reads (the targets) keep their values: `a - y` holds for targets that add up to 1.
    """
    problem = derivation.problem
    users: dict[str, set[str]] = {}
    for item in derivation.steps:
        if item.kind.value in ("forward", "loss"):
            for name in names(item.rule):
                users.setdefault(name, set()).add(item.name)
    targets = {name for name, by in users.items() if {user.partition("@")[0] for user in by} == {problem.loss}}
    trials = [result.values]
    for trial in (1, 2):
        values = list(result.values)
        for name, (slot, shape) in result.leaves.items():
            if name not in targets:
                for k in range(prod(shape)):
                    # irrational multiples: no accidental equality survives them
                    values[slot + k] = values[slot + k] * (1 + 0.1 * ((slot + k + 1) * 0.6180339887 * trial % 1)) + 0.01
        kept.reference(result, values, FLOATS)
        trials.append(values)
    failed = set()
    for number, k in unproven:
        proved = result.steps[number]
        route = proved.routes[k]
        for values in trials:
            scratch = list(values)
            run(route.code, result.formulas, scratch)
            for slot, out in zip(range(proved.slot, proved.slot + proved.size), route.out, strict=True):
                if not abs(scratch[out] - values[slot]) <= 1e-9 * max(1.0, abs(values[slot])):
                    failed.add((number, k))
    return result._replace(
        steps=[
            step_._replace(routes=[route for k, route in enumerate(step_.routes) if (number, k) not in failed])
            for number, step_ in enumerate(result.steps)
        ]
    )


class Loop:
    """One iteration as a program that runs over and over: for loss curves and for iterations nobody is asked about."""

    def __init__(self, problem: Problem) -> None:
        derivation = loop(problem)
        lowering = Lowering(derivation)
        for quantity in problem.quantities:
            lowering.leaf(quantity.name, quantity.shape, [float(v) for v in quantity.values])
        shapes = {item.name: item.shape for item in derivation.steps}
        used = {name for item in derivation.steps for route in item.routes for name in names(route.node)}
        self.handed: list[tuple[int, int, int]] = []
        states = [name for name in shapes if f"{name}@0" in used]
        for name in states:
            lowering.leaf(f"{name}@0", shapes[name], [0.0] * prod(shapes[name]))
        lowering.leaf("t@0", (), [1.0])
        self.time = lowering.slots["t@0"]
        self._code = []
        for item in derivation.steps:
            route = lowering.route(item.rule)
            start = len(lowering.values)
            for _ in range(prod(item.shape)):
                lowering.slot()
            lowering.slots[item.name] = start
            self._code.append((route, start))
        for name in states:
            self.handed.append((lowering.slots[name], lowering.slots[f"{name}@0"], prod(shapes[name])))
        if problem.update is not None:
            for name in problem.trained:
                self.handed.append((lowering.slots[f"{name}_new"], lowering.slots[name], prod(shapes[f"{name}_new"])))
        self.slots, self.shapes, self.formulas = lowering.slots, shapes, lowering.formulas
        self.values = list(lowering.values)
        self.loss = lowering.slots[problem.loss]

    def iterate(self) -> None:
        """Work one iteration on what the values hold now."""
        for route, start in self._code:
            run(route.code, self.formulas, self.values)
            for k, out in enumerate(route.out):
                self.values[start + k] = self.values[out]

    def hand_over(self) -> None:
        """Put the updated parameters and state where the next iteration reads them."""
        for source, target, size in self.handed:
            self.values[target : target + size] = self.values[source : source + size]
        self.values[self.time] += 1.0


def loss_curve(problem: Problem, iterations: int) -> list[float]:
    """The loss before the first update, after it, … after `iterations` updates."""
    work = Loop(problem)
    curve = []
    for _ in range(iterations):
        work.iterate()
        curve.append(work.values[work.loss])
        work.hand_over()
    work.iterate()
    return [*curve, work.values[work.loss]]


def _computed_leaves(derivation: Derivation, lowering: Lowering) -> None:
    """Put in the values that iterations nobody is asked about leave behind."""
    work = Loop(derivation.problem)
    last = max(k for k, _ in derivation.computed.values())
    wanted: dict[int, list[tuple[str, str]]] = {}
    for name, (k, base) in derivation.computed.items():
        wanted.setdefault(k, []).append((name, base))
    for k in range(1, last + 1):
        work.iterate()
        for name, base in wanted.get(k, ()):
            start, shape = work.slots[base], work.shapes[base]
            lowering.leaf(name, shape, work.values[start : start + prod(shape)])
        work.hand_over()


__all__ = ["Loop", "Route", "compile_derivation", "compile_problem", "loss_curve"]
