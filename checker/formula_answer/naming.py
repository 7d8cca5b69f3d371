"""What is wrong with a formula: the mistake whose rule it is, and the factor that it lacks or has too many.

The same table of mistakes is tried as for numbers, but as formulas: a mistake is named only where the student's formula
is identical with what it makes of the step, so nothing is left to chance. A formula may be written past the steps in
between, so mistakes at the steps that it rests on are put in as well.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.formula_answer.arithmetic import finite
from checker.formula_answer.points import cost
from checker.graph.derive import derive
from checker.graph.mistakes import find_mistakes
from checker.graph.node import Node, names
from checker.knowledge.misconceptions import MISCONCEPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checker.formula_answer.identity import Comparer, Pair
    from checker.graph.steps import Derivation, Mistake, Step

EFFORT = 400_000  # operations on floats for the wrong rules of one formula
HIDDEN_TIER = 2  # of mistakes at other steps than the one that is asked: no slips
MOST_FACTORS = 120
MOST_COUNTED = 100
AGREE = 50  # digits
SIGN_TURNED = "its sign is turned"
NUMBERS = (Fraction(2), Fraction(1, 2), Fraction(-2), Fraction(-1, 2))


class Named(NamedTuple):
    """A mistake that a formula is: its code, and the rules by step that it is made of; at the step itself none."""

    code: str
    tier: int
    slip: bool
    rules: Mapping[str, Node]


class Wrong(NamedTuple):
    """A wrong rule to be tried: Named, and the rule of the step itself where the mistake is made there."""

    named: Named
    rule: Node | None


class WrongRules:
    """The mistakes of one problem as rules, derived when they are first asked for."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self._steps: dict[str, Step] = {}

    def at(self, step: str) -> list[Mistake]:
        """What each mistake makes of a step, the most plausible first."""
        if not self._steps:
            self._steps = {item.name: item for item in derive(self.derivation.problem, find_mistakes).steps}
        return self._steps[step].mistakes if step in self._steps else []

    def near(self, step: Step, comparer: Comparer) -> Iterator[Wrong]:
        """The mistakes at a step, then those at the steps it rests on, nearest first; then a habit at all of them."""
        ground = comparer.ground
        for mistake in self.at(step.name):
            entry = MISCONCEPTIONS[mistake.code]
            yield Wrong(Named(mistake.code, entry.tier, entry.slip, {}), mistake.node)
        habits: dict[tuple[str, str], dict[str, Node]] = {}
        for name in _before(step.rule, ground.rules):
            for mistake in self.at(name):
                entry = MISCONCEPTIONS[mistake.code]
                late = any(ground.order.get(used, -1) >= ground.order[name] for used in names(mistake.node))
                if entry.tier > HIDDEN_TIER or entry.slip or late:
                    continue
                yield Wrong(Named(mistake.code, entry.tier, entry.slip, {name: mistake.node}), None)
                habits.setdefault((mistake.code, mistake.variant), {}).setdefault(name, mistake.node)
        for (code, _), rules in habits.items():
            if len(rules) > 1:
                entry = MISCONCEPTIONS[code]
                yield Wrong(Named(code, entry.tier, entry.slip, rules), None)

    def explain(self, pair: Pair, step: Step, comparer: Comparer) -> list[Named]:
        """The mistakes that a formula is identical with; the most plausible first, those at the step itself before."""
        count = max(30, EFFORT // max(1, cost(comparer.cone(pair), comparer.codes)))
        found: list[Named] = []
        for number, wrong in enumerate(self.near(step, comparer)):
            if number >= count:
                break
            if wrong.rule is None and any(each.tier <= HIDDEN_TIER and not each.slip for each in found):
                break  # what is wrong at the step itself, or at a nearer one, needs no other place
            rule = pair.rule if wrong.rule is None else wrong.rule
            if comparer.same(pair._replace(rule=rule, rules=wrong.named.rules)):
                found.append(wrong.named)
        codes = {each.code: each for each in reversed(found)}  # the first of each
        ranked = sorted(codes.values(), key=lambda each: (each.slip, each.tier, len(each.rules)))
        # where a mistake of method is the formula, that another name stands for one of it says nothing
        return [each for each in ranked if each.slip == ranked[0].slip]


def _before(rule: Node, rules: Mapping[str, Node]) -> list[str]:
    """The steps that a rule rests on, nearest first."""
    found: dict[str, None] = {}
    waiting = names(rule)
    for name in waiting:
        if name in rules and name not in found:
            found[name] = None
            waiting.extend(names(rules[name]))
    return list(found)


def factor_note(pair: Pair, step: Step, comparer: Comparer) -> str:
    """In words, the factor that a wrong formula lacks or has too many; '' where it is not one factor."""
    if comparer.same(pair._replace(factor=Fraction(-1))):
        return SIGN_TURNED
    candidates: list[str | Fraction] = [*NUMBERS, *_counts(comparer), *_names_near(step, comparer)]
    own, true = comparer.values(pair)
    point = comparer.point()
    if not all(finite(x) for x in (*own, *true)):
        return ""
    for factor in candidates[:MOST_FACTORS]:
        by = [point.numbers.rational(factor)] if isinstance(factor, Fraction) else point.of(factor)
        if len(by) not in (1, len(true)) and not (len(pair.slots) == 1 and len(by) > pair.slots[0]):
            continue
        for missing in (True, False):
            if not _fits(own, true, by, pair.slots, missing):
                continue
            changed = pair._replace(factor=factor) if missing else pair._replace(divisor=factor)
            if not comparer.same(changed):
                continue
            if isinstance(factor, Fraction):
                return _number_note(factor, missing)
            return f"the factor {factor} is missing" if missing else f"the factor {factor} is one too many"
    return ""


def _fits(own: Sequence[Any], true: Sequence[Any], by: Sequence[Any], slots: Sequence[int], missing: bool) -> bool:
    left, right = (own, true) if missing else (true, own)
    for n, (x, y) in enumerate(zip(left, right, strict=True)):
        factor = by[0] if len(by) == 1 else by[slots[n]] if len(by) > slots[n] else None
        if factor is None or not finite(factor):
            return False
        value = x * factor
        if abs(value - y) * 10**AGREE > max(abs(value), abs(y)):
            return False
    return True


def _number_note(factor: Fraction, missing: bool) -> str:
    """The same of a number; a half that is missing is a 2 too many."""
    turned = " and its sign is turned" if factor < 0 else ""
    size = abs(factor)
    if size < 1:
        size, missing = 1 / size, not missing
    return (f"a factor {size} is missing" if missing else f"there is a factor {size} too many") + turned


def _counts(comparer: Comparer) -> list[Fraction]:
    """How many outputs or examples there are: the length of any axis, and one over it."""
    lengths = dict.fromkeys(n for node in comparer.ground.rules.values() for n in node.shape if 2 < n <= MOST_COUNTED)
    return [number for n in lengths for number in (Fraction(n), Fraction(1, n))]


def _names_near(step: Step, comparer: Comparer) -> list[str]:
    """What may be missing from a formula: what the step is worked from, then all that stands before it."""
    ground = comparer.ground
    near = _before(step.rule, ground.rules)
    used = dict.fromkeys(name for name in names(step.rule))
    for name in near:
        used.update(dict.fromkeys(names(ground.rules[name])))
    number = ground.order[step.name]
    others = [name for name, n in ground.order.items() if n < number]
    every = dict.fromkeys([*names(step.rule), *near, *used, *reversed(others), *ground.leaves])
    return [name for name in every if ground.order.get(name, -1) < number]
