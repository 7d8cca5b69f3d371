"""Formulas as answers: read in the problem's names, worked at the true quantities, and tested as an identity.

An identity is tested by mathematics, not by text. Names are replaced by their rules down to the leaves by working them:
the formula and the step are worked, to 65 digits, at exact rational points of the step's domain, and one point where
they differ refutes the formula. A difference counts only where it stands when all is worked again to 140 digits, so
neither rounding nor cancellation refutes what is right.

How sure a pass is: a leaf is drawn from 10^12 rationals. Where formula and step differ by an analytic function of the
leaves (all but the corners of max, abs and step), they agree at a drawn point only on its zeros: for a rational
function of degree d with probability at most d/10^12 (Schwartz and Zippel), d below 10^5 for formulas of 2,000
characters, so below 10^-20 over the three points that are the least; for exponentials, logarithms and roots of such
functions a chance zero to 50 digits is rarer still. Where there are corners, 32 to 48 points are drawn, so a formula
that is wrong on the one side only of a corner, and each side is drawn as often as not, passes with a probability of
2^-32 < 10^-9; one that is wrong on a rarer side is found as long as that side holds more than half of the points.
The points are drawn from a seed of the problem's content: the same formula is always judged alike.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import AuthorError
from checker.expression.tree import Binary, Call, Index, Negative
from checker.formula_answer.points import Draws, Numbers, Point, as_float, code_of, cost, finite, has_corners
from checker.formula_answer.reading import Reader
from checker.graph.derive import derive
from checker.graph.node import Node, names, ordered
from checker.sheet import FormulaError, Worked, flat, in_words
from checker.stepname import StepNames, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.expression.tree import Expression
    from checker.formula_answer.points import Code, Group
    from checker.graph.formula import Formula
    from checker.graph.steps import Derivation, Step
    from checker.model import Problem

IDENTITY, NUMBERS_ONLY, DIFFERENT = 1, 2, 0
NUMBERS_ONLY_NOTE = "the formula is right for these numbers only, not in general"

DIGITS, MORE_DIGITS = 65, 140
AGREE = 50  # digits, of those that are worked first
SMOOTH_POINTS, CORNER_POINTS = 6, 32
MOST_DRAWS = 120  # draws for so many points: those outside the domain are drawn again
LEAST_POINTS = 3
EFFORT = 150_000  # operations for one formula, over all points; about 2 µs each
TOO_MUCH = 100_000  # operations of a formula itself at one point
MOST_EXTRA = 200  # names beyond what is asked that are worked as soon as one of them is used
KEPT = 4_096  # formulas whose judgement is remembered


class _World(NamedTuple):
    """A problem with every step that formulas have needed so far, and the points drawn for it."""

    derivation: Derivation
    steps: dict[str, Step]
    order: dict[str, int]
    reader: Reader
    rules: dict[str, Node]
    leaves: dict[str, list[Fraction]]
    draws: Draws
    points: dict[tuple[int, bool, int], Point]
    complete: bool  # every name that the problem has is worked


class FormulaAnswers:
    """Reads the formulas of one problem's answers. It keeps no student's answers, so one serves a whole class."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._codes: dict[Formula, Code] = {}
        self._numbers = {digits: Numbers(digits) for digits in (DIGITS, MORE_DIGITS)}
        self._judged: dict[tuple[str, Target], Worked] = {}
        self._world = self._made(derive(problem))

    @property
    def names(self) -> StepNames:
        """What the steps may be called."""
        return self._world.derivation.names

    @property
    def steps(self) -> list[Step]:
        """The steps, in graph order."""
        return self._world.derivation.steps

    def __call__(self, text: str, target: Target) -> Worked:
        """What a formula comes to as the answer to `target`, and whether it is the step's identity.

        Raises:
            FormulaError: it cannot be read, uses what it may not, has another shape than the step, or is not defined
                at the problem's numbers.
        """
        key = (text, target)
        found = self._judged.get(key)
        if found is None:
            found = self._judge(text, target)
            if len(self._judged) < KEPT:
                self._judged[key] = found
        return found

    def follow(self, text: str, target: Target, earlier: Mapping[tuple[str, int | None], str]) -> Worked:
        """As calling this, with `follows` told: the formula is right given the student's own wrong earlier formulas.

        Args:
            text: the formula.
            target: the step that it answers.
            earlier: the formulas given for steps before this one, by step and element (from 0; None for the whole).
        """
        worked = self(text, target)
        if all(holds == IDENTITY for holds in worked.holds):
            return worked
        nodes, _, step, slots = self._parsed(text, target)
        world = self._world
        changed: dict[str, dict[int | None, Node]] = {}
        for (name, element), formula in earlier.items():
            if name in world.order and world.order[name] < world.order[step.name]:
                try:
                    own, _, _, _ = self._parsed(formula, Target(name, self._place(name, element)))
                except FormulaError:
                    continue
                changed.setdefault(name, {})[element] = own[0]
        if not changed:
            return worked
        rules = [route.node for route in step.routes]
        follows = any(
            self._same(_Pair(node, rule, slots, target.negative, changed)) for node in nodes for rule in rules
        )
        return worked._replace(follows=follows)

    def explains(self, text: str, target: Target, rules: Mapping[str, Node]) -> list[str]:
        """The keys of the wrong rules for the step that the formula is identical with: named misconceptions.

        Args:
            text: the formula.
            target: the step that it answers.
            rules: nodes in the names of leaves and steps, in the shape of the step.
        """
        nodes, _, _, slots = self._parsed(text, target)
        return [
            key
            for key, rule in rules.items()
            if any(self._same(_Pair(node, rule, slots, target.negative, {})) for node in nodes)
        ]

    # ------------------------------------------------------------ the problem

    def _made(self, derivation: Derivation) -> _World:
        problem = derivation.problem
        leaves = {q.name: [Fraction(v) for v in q.values] for q in problem.quantities}
        leaves.update(_computed(derivation))
        steps = {step.name: step for step in derivation.steps}
        shapes = {q.name: q.shape for q in problem.quantities} | {step.name: step.shape for step in derivation.steps}
        for name in leaves.keys() - shapes.keys():
            shapes[name] = derivation.names.shapes[name.partition("@")[0]]
        aliases = {**problem.aliases}
        step_names = StepNames(derivation.names.shapes, aliases, problem.loss, derivation.names.iterations)
        order = {name: n for n, name in enumerate(steps)}
        rules = {name: step.rule for name, step in steps.items()}
        reader = Reader(problem, shapes, leaves, step_names)
        draws = Draws(problem, leaves, _groups(problem))
        complete = derivation.names.shapes.keys() <= steps.keys()
        return _World(derivation, steps, order, reader, rules, leaves, draws, {}, complete)

    def _with(self, text: str) -> None:
        """Derive what a formula names and the problem does not ask about: `dz_dw1`."""
        world = self._world
        if world.complete or not ("d" in text or "∂" in text or "\\" in text):
            return
        typed = text.replace("/", "_").replace("∂", "d")
        missing = [name for name in world.derivation.names.shapes if name not in world.steps]
        if len(missing) > MOST_EXTRA:
            missing = [name for name in missing if name in typed]
        elif not any(name in typed for name in missing) and "\\" not in text:
            return
        if not missing:
            return
        problem = self._world.derivation.problem
        ask = [(label, place) for label, _, place in world.derivation.ask]
        place = problem.equations[0].where
        ask += [(name, place) for name in missing]
        try:
            derivation = derive(replace(problem, ask=tuple((label, where or place) for label, where in ask)))
        except AuthorError:  # more steps than a problem may have: what is asked is all there is
            self._world = world._replace(complete=True)
            return
        self._world = self._made(derivation)

    def _place(self, name: str, element: int | None) -> tuple[int, ...] | None:
        if element is None:
            return None
        place: list[int] = []
        for n in reversed(self._world.steps[name].shape):
            place.append(element % n + 1)
            element //= n
        return tuple(reversed(place))

    # ------------------------------------------------------------ one formula

    def _parsed(self, text: str, target: Target) -> tuple[list[Node], bool, Step, list[int]]:
        """What a formula may mean in the step's own shape, whether it names anything, the step and its elements."""
        self._with(text)
        world = self._world
        step = world.steps[target.step]
        number = world.order[target.step]
        before = {name: n < number for name, n in world.order.items() if n <= number}
        found, named = world.reader.read(text, before)
        shape = () if target.element is not None else step.shape
        nodes = [node for node in found if _fits(node.shape, shape)]
        if not nodes:
            given = found[0].shape
            mend = "; transpose it" if given == shape[::-1] else ""
            raise FormulaError(f"the formula gives {in_words(given)}, but {_asked(target)} is {in_words(shape)}{mend}")
        if cost(nodes, self._codes) > TOO_MUCH:
            raise FormulaError("the formula takes too many operations; use the steps before this one")
        slots = list(range(prod(step.shape))) if target.element is None else [flat(target.element, step.shape)]
        return nodes, named, step, slots

    def _judge(self, text: str, target: Target) -> Worked:
        nodes, named, step, slots = self._parsed(text, target)
        best = None
        wrong = None
        for node in nodes:
            try:
                found = self._worked(_Pair(node, step.rule, slots, target.negative, {}), named)
            except FormulaError as error:
                wrong = wrong or error
                continue
            if all(holds in (IDENTITY, None) for holds in found.holds):
                return found
            best = best or found
        if best is None:
            assert wrong is not None
            raise wrong
        return best

    def _worked(self, pair: _Pair, named: bool) -> Worked:
        own, true = self._at(pair, -1, False, DIGITS)
        values = [as_float(value) for value in own]
        lost = [n for n, value in enumerate(values) if math.isnan(value) and finite(true[n])]
        if lost:
            where = "" if len(values) == 1 else f" (element {lost[0] + 1})"
            raise FormulaError(
                f"the formula has no value at the problem's numbers{where}: it divides by 0, takes a root or logarithm "
                "of a negative number, or grows beyond all bounds; write it another way"
            )
        if not named:
            return Worked(values, [None] * len(values))  # a constant expression is a number
        holds = self._compared(pair)
        note = NUMBERS_ONLY_NOTE if NUMBERS_ONLY in holds else ""
        return Worked(values, list(holds), note)

    def _same(self, pair: _Pair) -> bool:
        return all(holds == IDENTITY for holds in self._compared(pair))

    def _compared(self, pair: _Pair) -> list[int]:
        """For each element: an identity, right at the problem's numbers only, or different."""
        agree = self._agree(pair, -1, False)
        if agree is None or not any(agree):
            return [DIFFERENT] * len(pair.slots)
        holds = self._general(pair, agree, sums=False)
        if NUMBERS_ONLY in holds and self._world.draws.groups:
            sums = self._general(pair, agree, sums=True)
            holds = [max(a, b, key=(DIFFERENT, NUMBERS_ONLY, IDENTITY).index) for a, b in zip(holds, sums, strict=True)]
        return holds

    def _general(self, pair: _Pair, at_numbers: Sequence[bool], sums: bool) -> list[int]:
        """Whether what agrees at the problem's numbers agrees at drawn points too."""
        holds = [IDENTITY if agrees else DIFFERENT for agrees in at_numbers]
        wanted = self._wanted(pair)
        met = 0
        for number in range(MOST_DRAWS):
            if met >= wanted or IDENTITY not in holds:
                break
            agree = self._agree(pair, number, sums)
            if agree is None:
                continue
            met += 1
            holds = [NUMBERS_ONLY if h == IDENTITY and not a else h for h, a in zip(holds, agree, strict=True)]
        if met < min(LEAST_POINTS, wanted):  # hardly defined anywhere else
            holds = [NUMBERS_ONLY if h == IDENTITY else h for h in holds]
        return holds

    def _wanted(self, pair: _Pair) -> int:
        """How many points the comparison takes: many where there are corners, few where each is much work."""
        world = self._world
        cone = _cone([pair.node, pair.rule, *(n for by in pair.changed.values() for n in by.values())], world.rules)
        corners = any(
            node.op == "elementwise" and has_corners(code_of(node.data, self._codes))
            for root in cone
            for node in ordered(root)
        )
        points = CORNER_POINTS if corners else SMOOTH_POINTS
        return max(LEAST_POINTS, min(points, EFFORT // max(1, cost(cone, self._codes))))

    def _agree(self, pair: _Pair, number: int, sums: bool) -> list[bool] | None:
        """For each element whether both are the same at a point; None where the point is outside the domain."""
        own, true = self._at(pair, number, sums, DIGITS)
        agree: list[bool | None] = []
        for x, y in zip(own, true, strict=True):
            if not finite(x) or not finite(y):
                if number >= 0:
                    return None
                agree.append(not finite(x) and not finite(y))
            elif _close(x, y, self._numbers[DIGITS]):
                agree.append(True)
            else:
                agree.append(None)  # to be looked at more closely
        if None not in agree:
            return [bool(a) for a in agree]
        numbers = self._numbers[MORE_DIGITS]
        own_again, true_again = self._at(pair, number, sums, MORE_DIGITS)
        found: list[bool] = []
        for agrees, x, y, x_again, y_again in zip(agree, own, true, own_again, true_again, strict=True):
            if agrees is not None:
                found.append(agrees)
                continue
            before, after = abs(numbers.context.mpf(x) - numbers.context.mpf(y)), abs(x_again - y_again)
            if not finite(after):
                return None
            # what is a difference stays when more digits are worked; what was rounding shrinks with it
            found.append(bool(after < before * numbers.context.mpf(10) ** -20))
        return found

    def _at(self, pair: _Pair, number: int, sums: bool, digits: int) -> tuple[list[Any], list[Any]]:
        """The values of both at a point, element by element."""
        point = self._point(number, sums, digits)
        own = [-v if pair.negative else v for v in point.work(pair.node)]
        other = point
        if pair.changed:
            changed = {n: {e: point.work(node) for e, node in by.items()} for n, by in pair.changed.items()}
            world = self._world
            other = Point(world.rules, world.order, point.leaves, self._numbers[digits], self._codes, changed)
        true = other.work(pair.rule)
        return own, [true[slot] for slot in pair.slots]

    def _point(self, number: int, sums: bool, digits: int) -> Point:
        """A point by its number; -1 is the problem's own numbers."""
        world = self._world
        key = (number, sums, digits)
        found = world.points.get(key)
        if found is None:
            leaves = world.leaves if number < 0 else world.draws.draw(number, sums)
            found = Point(world.rules, world.order, leaves, self._numbers[digits], self._codes)
            world.points[key] = found
        return found


class _Pair(NamedTuple):
    """A formula and the rule it is compared with; `changed` are earlier steps with the student's own formulas."""

    node: Node
    rule: Node
    slots: Sequence[int]
    negative: bool
    changed: Mapping[str, Mapping[int | None, Node]]


def _asked(target: Target) -> str:
    """The target as people write it."""
    return target.step if target.element is None else f"{target.step}[{','.join(map(str, target.element))}]"


def _close(x: Any, y: Any, numbers: Numbers) -> bool:
    if x == y:
        return True
    return bool(abs(x - y) <= max(abs(x), abs(y)) * numbers.context.mpf(10) ** -AGREE)


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether the shapes are the same, up to a vector written as one row or column."""
    if shape == wanted:
        return True
    return prod(shape) == prod(wanted) and [n for n in shape if n != 1] == [n for n in wanted if n != 1]


def _cone(roots: Sequence[Node], rules: Mapping[str, Node]) -> list[Node]:
    """The nodes, and the rules of every step that they rest on."""
    found = list(roots)
    seen: set[str] = set()
    for root in found:
        for name in names(root):
            if name not in seen and name in rules:
                seen.add(name)
                found.append(rules[name])
    return found


def _computed(derivation: Derivation) -> dict[str, list[Fraction]]:
    """The values that iterations nobody is asked about leave behind; they are leaves."""
    if not derivation.computed:
        return {}
    from checker.readings.loop import Loop

    work = Loop(derivation.problem)
    found: dict[str, list[Fraction]] = {}
    for k in range(1, max(k for k, _ in derivation.computed.values()) + 1):
        work.iterate()
        for name, (at, base) in derivation.computed.items():
            if at == k:
                start = work.slots[base]
                found[name] = [Fraction(v) for v in work.values[start : start + prod(work.shapes[base])]]
        work.hand_over()
    return found


def _groups(problem: Problem) -> list[Group]:
    """Targets that add up to 1 in a problem with softmax: what is right for them is right.

    That the cross-entropy's gradient is `a - y` rests on it.
    """
    loss = next((e for e in problem.equations if e.name == problem.loss), problem.equations[-1])
    called = {f for equation in problem.equations for f in _functions(equation.expression)}
    if not any("softmax" in f or "categorical" in f or f == "exp" for f in called):
        return []
    used: dict[str, set[str]] = {}
    for equation in problem.equations:
        for name in _names(equation.expression):
            used.setdefault(name, set()).add(equation.name)
    targets = [q for q in problem.quantities if q.role == "given" and used.get(q.name) == {loss.name}]
    groups: list[Group] = []
    single: Group = []
    for quantity in targets:
        values = [Fraction(v) for v in quantity.values]
        if any(v < 0 for v in values):
            continue
        if quantity.shape == ():
            single.append((quantity.name, 0))
        columns = quantity.shape[1] if len(quantity.shape) == 2 else 1
        for column in range(columns if quantity.shape else 0):
            places = range(column, len(values), columns)
            if len(places) > 1 and sum(values[i] for i in places) == 1:
                groups.append([(quantity.name, i) for i in places])
    by_name = {q.name: Fraction(q.values[0]) for q in targets if q.shape == ()}
    if len(single) > 1 and sum(by_name[name] for name, _ in single) == 1:
        groups.append(single)
    return groups


def _functions(tree: Expression) -> set[str]:
    found: set[str] = set()
    for part in _parts(tree):
        if isinstance(part, Call):
            found.add(part.function)
    return found


def _names(tree: Expression) -> set[str]:
    from checker.expression.written import names as names_in

    return {name for name, _ in names_in(tree)}


def _parts(tree: Expression) -> list[Expression]:
    found: list[Expression] = [tree]
    for part in found:
        if isinstance(part, Binary):
            found += (part.left, part.right)
        elif isinstance(part, Negative):
            found.append(part.operand)
        elif isinstance(part, Call):
            found += part.arguments
        elif isinstance(part, Index):
            found.append(part.base)
    return found


__all__ = ["DIFFERENT", "IDENTITY", "NUMBERS_ONLY", "FormulaAnswers"]
