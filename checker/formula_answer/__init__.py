"""Formulas as answers: read in the problem's names, worked at the true quantities, and tested as an identity.

An identity is tested by mathematics, not by text (`identity` says how, and how sure it is). A formula that is not the
step's own is looked at more closely (`naming`, `together`): does it follow from the student's own earlier formulas, is
it a known mistake, which factor does it lack?
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError
from checker.formula_answer.arithmetic import as_float, finite
from checker.formula_answer.draws import Draws, targets_that_add_up
from checker.formula_answer.identity import Comparer, Ground, Pair
from checker.formula_answer.naming import WrongRules
from checker.formula_answer.points import cost
from checker.formula_answer.reading import Reader, Reading
from checker.formula_answer.together import NUMBERS_ONLY_NOTE, Judged, Together
from checker.graph.derive import derive
from checker.sheet import DIFFERENT, IDENTITY, NUMBERS_ONLY, FormulaError, Worked, flat, in_words
from checker.stepname import StepNames, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.formula_answer.code import Code
    from checker.graph.formula import Formula
    from checker.graph.steps import Derivation, Step
    from checker.model import Problem
    from checker.sheet import FormulaAnswer, NumberAnswer

TOO_MUCH = 100_000  # operations of a formula itself at one point
MOST_EXTRA = 200  # names beyond what is asked that are worked as soon as one of them is used
KEPT = 4_096  # formulas whose judgement is remembered


class _World(NamedTuple):
    """A problem with every step that formulas have needed so far, and where they are compared."""

    derivation: Derivation
    steps: dict[str, Step]
    reader: Reader
    comparer: Comparer
    wrong_rules: WrongRules
    complete: bool  # every name that the problem has is worked


class FormulaAnswers:
    """Reads the formulas of one problem's answers. It keeps no student's answers, so one serves a whole class."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._codes: dict[Formula, Code] = {}
        self._judged: dict[tuple[str, Target], Judged] = {}
        self._world = self._made(derive(problem))

    @property
    def names(self) -> StepNames:
        """What the steps may be called."""
        return self._world.derivation.names

    @property
    def steps(self) -> list[Step]:
        """The steps, in graph order."""
        return self._world.derivation.steps

    def __call__(
        self, formulas: Sequence[FormulaAnswer], numbers: Sequence[NumberAnswer]
    ) -> list[Worked | FormulaError]:
        """What each formula of a submission comes to among all its answers, or why it cannot be read."""
        found: list[Worked | FormulaError | None] = []
        judged: list[tuple[FormulaAnswer, Judged]] = []
        for answer in formulas:
            try:
                judged.append((answer, self._known(answer.text, answer.target)))
            except FormulaError as error:
                found.append(error)
            else:
                found.append(None)
        world = self._world
        worked = iter(Together(world.comparer, world.wrong_rules, numbers).run(judged))
        return [each if each is not None else next(worked) for each in found]

    def judge(self, text: str, target: Target) -> Worked:
        """What a formula comes to as the answer to `target`, and whether it is the step's identity, by itself.

        Raises:
            FormulaError: it cannot be read, uses what it may not, has another shape than the step, or is not defined
                at the problem's numbers.
        """
        return self._known(text, target).worked

    def _known(self, text: str, target: Target) -> Judged:
        key = (text, target)
        found = self._judged.get(key)
        if found is None:
            found = self._judge(text, target)
            if len(self._judged) < KEPT:
                self._judged[key] = found
        return found

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
        ground = Ground(rules, order, leaves, Draws(problem, leaves, targets_that_add_up(problem)))
        complete = derivation.names.shapes.keys() <= steps.keys()
        return _World(derivation, steps, reader, Comparer(ground, self._codes), WrongRules(derivation), complete)

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

    # ------------------------------------------------------------ one formula

    def _parsed(self, text: str, target: Target) -> tuple[Reading, Step, list[int]]:
        """What a formula may mean in the step's own shape, the step and its elements."""
        self._with(text)
        world = self._world
        step = world.steps[target.step]
        order = world.comparer.ground.order
        number = order[target.step]
        before = {name: n < number for name, n in order.items() if n <= number}
        found = world.reader.read(text, before)
        shape = () if target.element is not None else step.shape
        nodes = tuple(node for node in found.nodes if _fits(node.shape, shape))
        if not nodes:
            given = found.nodes[0].shape
            mend = "; transpose it" if given == shape[::-1] else "; write one whose result has that shape"
            raise FormulaError(f"the formula gives {in_words(given)}, but {_asked(target)} is {in_words(shape)}{mend}")
        if cost(nodes, self._codes) > TOO_MUCH:
            raise FormulaError("the formula takes too many operations; use the steps before this one")
        slots = list(range(prod(step.shape))) if target.element is None else [flat(target.element, step.shape)]
        grouped = tuple(node for node in found.grouped if _fits(node.shape, shape))
        return found._replace(nodes=nodes, grouped=grouped), step, slots

    def _judge(self, text: str, target: Target) -> Judged:
        reading, step, slots = self._parsed(text, target)
        best = None
        wrong = None
        for node in reading.nodes:
            try:
                worked = self._worked(Pair(node, step.rule, slots, target.negative), reading.named)
            except FormulaError as error:
                wrong = wrong or error
                continue
            found = Judged(worked, node, step, slots)
            if all(holds in (IDENTITY, None) for holds in worked.holds):
                return found
            best = best or found
        if best is None:
            assert wrong is not None
            raise wrong
        pairs = (Pair(node, step.rule, slots, target.negative) for node in reading.grouped)
        if any(self._world.comparer.same(pair) for pair in pairs):
            note = f"this is worked from left to right; it would be right with brackets: {reading.rewritten}"
            return best._replace(worked=best.worked._replace(note=note))
        return best

    def _worked(self, pair: Pair, named: bool) -> Worked:
        comparer = self._world.comparer
        own, true = comparer.values(pair)
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
        holds = comparer.compared(pair)
        note = NUMBERS_ONLY_NOTE if NUMBERS_ONLY in holds else ""
        return Worked(values, list(holds), note)


def _asked(target: Target) -> str:
    """The target as people write it."""
    return target.step if target.element is None else f"{target.step}[{','.join(map(str, target.element))}]"


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether the shapes are the same, up to a vector written as one row or column."""
    if shape == wanted:
        return True
    return prod(shape) == prod(wanted) and [n for n in shape if n != 1] == [n for n in wanted if n != 1]


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


__all__ = ["DIFFERENT", "IDENTITY", "NUMBERS_ONLY", "FormulaAnswers"]
