"""Whether two rules are one: worked at the problem's numbers, then at drawn points of the domain, then proven.

Names are replaced by their rules down to the leaves by working them: both sides are worked, to 65 digits, at exact
rational points of the step's domain, and one point where they differ refutes the formula. A difference counts only
where it stands when all is worked again to more digits, so neither rounding nor cancellation refutes what is right.

What no point of the first few refutes is proven in normal form (`proof`), within a bound on the work: then it is the
step's formula for certain. What is neither refuted nor proven is worked at many more points.

How sure a pass without a proof is: a leaf is drawn from 10^12 rationals. Where formula and step differ by an analytic
function of the leaves (all but the corners of max, abs, step and roots), they agree at a drawn point only on its zeros:
for a rational function of degree d with probability at most d/10^12 (Schwartz and Zippel), d below 10^5 for formulas of
2,000 characters, so below 10^-20 over three points; for exponentials, logarithms and roots of such functions a chance
zero to 50 digits is rarer still. Where there are corners, 32 points or more are drawn whose leaves have any signs and
sizes, so a formula that is wrong on the one side only of a corner, and each side is drawn as often as not, passes with
a probability of 2^-32 < 10^-9. The points are drawn from a seed of the problem's content: the same formula is always
judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.formula_answer.arithmetic import Doubles, Numbers, finite
from checker.formula_answer.code import code_of, has_corners
from checker.formula_answer.draws import FEW
from checker.formula_answer.points import Point, cost
from checker.formula_answer.proof import proven
from checker.graph.node import Node, names, ordered
from checker.sheet import DIFFERENT, IDENTITY, NUMBERS_ONLY

if TYPE_CHECKING:
    from fractions import Fraction

    from checker.formula_answer.arithmetic import Arithmetic
    from checker.formula_answer.code import Code
    from checker.formula_answer.draws import Draws
    from checker.graph.formula import Formula

DIGITS, FLOAT = 65, 15
MORE_DIGITS = (140, 500)  # in which a difference must stand
LARGE = 90  # a difference that is not below 10^-LARGE needs no third look
AGREE = 50  # digits, of those that are worked first
SMOOTH_POINTS, CORNER_POINTS = 12, 40  # where there is no proof
LEAST_SMOOTH, LEAST_CORNER = 3, 32
MOST_DRAWS = 260  # draws for so many points: those outside the domain are drawn again
EFFORT = 150_000  # operations for one formula, over all points; about 2 µs each
NEAR = 1e-7  # of a float's size: what is further apart is looked at no more closely
CANCELLED = 1e-9  # floats below this may be what is left of larger ones

Changed = Mapping[str, Mapping[int | None, Node]]
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Pair(NamedTuple):
    """A formula and the rule it is compared with, at the `slots` of the rule's elements.

    `changed` are earlier steps (or elements of them) that have the student's own formulas, worked at the true
    quantities; `rules` are steps that have another rule, worked where they stand. Both change the rule's side alone.
    `factor` multiplies the formula, `divisor` the rule: a name or a number.
    """

    node: Node
    rule: Node
    slots: Sequence[int]
    negative: bool = False
    changed: Changed = NOTHING
    rules: Mapping[str, Node] = NOTHING
    factor: str | Fraction | None = None
    divisor: str | Fraction | None = None


class Ground(NamedTuple):
    """What formulas are compared on: every step's rule and place in the order, the leaves, and how points are drawn."""

    rules: Mapping[str, Node]
    order: Mapping[str, int]
    leaves: Mapping[str, Sequence[Fraction]]
    draws: Draws


class Comparer:
    """Compares formulas with rules on one ground; points are worked once and kept."""

    def __init__(self, ground: Ground, codes: dict[Formula, Code]) -> None:
        self.ground, self.codes = ground, codes
        self.arithmetic: dict[int, Arithmetic] = {DIGITS: Numbers(DIGITS), FLOAT: Doubles()}
        self.more = [Numbers(digits) for digits in MORE_DIGITS]
        self.arithmetic.update({numbers.digits: numbers for numbers in self.more})
        self._points: dict[tuple[int, bool, int], Point] = {}

    def same(self, pair: Pair) -> bool:
        """Whether the formula is the rule."""
        return self._may_be(pair) and all(holds == IDENTITY for holds in self.compared(pair))

    def compared(self, pair: Pair) -> list[int]:
        """For each element: an identity, right at the problem's numbers only, or different."""
        agree = self._agree(pair, -1, False)
        if agree is None or not any(agree):
            return [DIFFERENT] * len(pair.slots)
        holds = self._general(pair, agree, sums=False)
        if NUMBERS_ONLY in holds and self.ground.draws.groups:
            sums = self._general(pair, agree, sums=True)
            holds = [max(a, b, key=(DIFFERENT, NUMBERS_ONLY, IDENTITY).index) for a, b in zip(holds, sums, strict=True)]
        return holds

    def values(self, pair: Pair, digits: int = DIGITS, number: int = -1) -> tuple[list[Any], list[Any]]:
        """What the formula and the rule come to, element by element, at a point (-1: the problem's numbers)."""
        return self._at(pair, number, False, digits)

    def point(self, number: int = -1, sums: bool = False, digits: int = DIGITS) -> Point:
        """A point by its number; -1 is the problem's own numbers."""
        key = (number, sums, digits)
        found = self._points.get(key)
        if found is None:
            ground = self.ground
            drawn = ground.leaves if number < 0 else ground.draws.draw(number, sums)
            numbers = self.arithmetic[digits]
            leaves = {name: [numbers.rational(v) for v in values] for name, values in drawn.items()}
            found = Point(ground.rules, ground.order, leaves, numbers, self.codes)
            self._points[key] = found
        return found

    def changed_point(self, point: Point, changed: Changed, rules: Mapping[str, Node]) -> Point:
        """The same leaves, where some steps come out otherwise; what does not rest on those is not worked again."""
        order = self.ground.order
        first = min(order[name] for name in (*changed, *rules))
        values = {n: {e: point.work(node) for e, node in by.items()} for n, by in changed.items()}
        other = Point({**point.rules, **rules}, order, {}, point.numbers, self.codes, values)
        other.known = {name: known for name, known in point.known.items() if order.get(name, -1) < first}
        return other

    # ------------------------------------------------------------ points

    def _may_be(self, pair: Pair) -> bool:
        """False where floats already show that the two differ, which is most of the time."""
        try:
            own, true = self._at(pair, -1, False, FLOAT)
        except (OverflowError, ValueError, ZeroDivisionError):
            return True
        return not any(
            finite(x) and finite(y) and abs(x - y) > NEAR * max(abs(x), abs(y)) > NEAR * CANCELLED
            for x, y in zip(own, true, strict=True)
        )

    def _general(self, pair: Pair, at_numbers: Sequence[bool], sums: bool) -> list[int]:
        """Whether what agrees at the problem's numbers agrees at drawn points too; proven, or else at many more."""
        holds = [IDENTITY if agrees else DIFFERENT for agrees in at_numbers]
        few, least, most = self._wanted(pair)
        met = 0
        sure = [False] * len(holds)
        for number in range(MOST_DRAWS):
            if met == few:
                sure = self._proven(pair, sums)
                if all(sure):
                    return holds
            open_ = [h == IDENTITY and not s for h, s in zip(holds, sure, strict=True)]
            if met >= most or not any(open_):
                break
            agree = self._agree(pair, number, sums)
            if agree is None:
                continue
            met += 1
            holds = [NUMBERS_ONLY if o and not a else h for h, o, a in zip(holds, open_, agree, strict=True)]
        if met < least:  # hardly defined anywhere else
            sure = sure if met >= few else self._proven(pair, sums)
            holds = [NUMBERS_ONLY if h == IDENTITY and not s else h for h, s in zip(holds, sure, strict=True)]
        return holds

    def _proven(self, pair: Pair, sums: bool) -> list[bool]:
        """For each element whether the formula is the rule for certain."""
        if pair.changed or pair.rules or pair.factor is not None or pair.divisor is not None:
            return [False] * len(pair.slots)
        ground = self.ground
        sizes = {name: len(values) for name, values in ground.leaves.items()}
        groups = ground.draws.groups if sums else ()
        sides = (pair.node, pair.rule)
        return proven(sides, pair.slots, pair.negative, ground.rules, ground.order, sizes, groups, self.codes)

    def _wanted(self, pair: Pair) -> tuple[int, int, int]:
        """How many points the comparison takes: before a proof is tried, without one at least, and without one at most.

        Many where there are corners, few where each is much work.
        """
        cone = self.cone(pair)
        corners = any(
            node.op == "elementwise" and has_corners(code_of(node.data, self.codes))
            for root in cone
            for node in ordered(root)
        )
        least, most = (LEAST_CORNER, CORNER_POINTS) if corners else (LEAST_SMOOTH, SMOOTH_POINTS)
        affordable = EFFORT // max(1, cost(cone, self.codes))
        return max(LEAST_SMOOTH, min(FEW, affordable)), least, max(least, min(most, affordable))

    def cone(self, pair: Pair) -> list[Node]:
        """Both nodes, and the rules of every step that they rest on."""
        found = [pair.node, pair.rule, *(n for by in pair.changed.values() for n in by.values()), *pair.rules.values()]
        seen: set[str] = set()
        for root in found:
            for name in names(root):
                if name not in seen and name in self.ground.rules:
                    seen.add(name)
                    found.append(self.ground.rules[name])
        return found

    def _agree(self, pair: Pair, number: int, sums: bool) -> list[bool] | None:
        """For each element whether both are the same at a point; None where the point is outside the domain."""
        own, true = self._at(pair, number, sums, DIGITS)
        agree: list[bool | None] = []
        for x, y in zip(own, true, strict=True):
            if not finite(x) or not finite(y):
                if number >= 0:
                    return None
                agree.append(not finite(x) and not finite(y))
            elif _close(x, y):
                agree.append(True)
            else:
                agree.append(None)  # to be looked at more closely
        if None not in agree:
            return [bool(a) for a in agree]
        found = [bool(agrees) for agrees in agree]
        doubted = [n for n, agrees in enumerate(agree) if agrees is None]
        before = {n: abs(own[n] - true[n]) for n in doubted}
        for numbers in self.more:
            own, true = self._at(pair, number, sums, numbers.digits)
            after = {n: abs(own[n] - true[n]) for n in doubted}
            if not all(map(finite, after.values())):
                return None
            # what is a difference stays when more digits are worked; what was rounding shrinks with it
            for n in doubted:
                found[n] = bool(after[n] < numbers.taken(before[n]) * numbers.taken(10) ** -20)
            doubted = [n for n in doubted if not found[n] and after[n] < numbers.taken(10) ** -LARGE]
            before = after
        return found

    def _at(self, pair: Pair, number: int, sums: bool, digits: int) -> tuple[list[Any], list[Any]]:
        """The values of both at a point, element by element."""
        point = self.point(number, sums, digits)
        own = [-v if pair.negative else v for v in point.work(pair.node)]
        other = self.changed_point(point, pair.changed, pair.rules) if pair.changed or pair.rules else point
        true = other.work(pair.rule)
        true = [true[slot] for slot in pair.slots]
        if pair.factor is not None:
            own = self._times(own, pair.factor, point, pair.slots)
        if pair.divisor is not None:
            true = self._times(true, pair.divisor, point, pair.slots)
        return own, true

    @staticmethod
    def _times(values: list[Any], factor: str | Fraction, point: Point, slots: Sequence[int]) -> list[Any]:
        if not isinstance(factor, str):
            number = point.numbers.rational(factor)
            return [v * number for v in values]
        by = point.of(factor)
        return [v * (by[0] if len(by) == 1 else by[slot]) for v, slot in zip(values, slots, strict=True)]


def _close(x: Any, y: Any) -> bool:
    if x == y:
        return True
    return bool(abs(x - y) * 10**AGREE <= max(abs(x), abs(y)))
