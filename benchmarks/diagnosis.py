"""How well mistakes are named: random problems, made-up students, and what the checker says of their work.

    python -m benchmarks.diagnosis [--write] [--quick] [--cases 600] [--seed 1] [--codes]

The students (`students`) share nothing with the checker; each submission is read and graded as a file would be. Cases
whose mistake cannot be seen, because what is typed where it was made is right within what is asked, are counted and
left out. Two mistakes that come to the same number at full precision are one cause that has two names. Mistakes are
drawn evenly: of those a problem offers, one of the rarest so far.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import time
from collections import Counter, defaultdict
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from tabulate import tabulate

from benchmarks.record import record
from benchmarks.students import (
    SAME,
    Hand,
    Injection,
    Line,
    RightWork,
    Rule,
    Sheet,
    Value,
    Written,
    miscopied,
    operands,
    random_sheet,
    read_by,
    work,
    written,
)
from checker.grading import grade_submission
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from checker.model import Grade, StepGrade
    from checker.readings.program import Program

PRECISIONS = {
    "3 significant": Hand(None, 3),
    "4 decimals": Hand(4, None),
    "6 decimals": Hand(6, None),
}
HEADERS = ["", "target", *PRECISIONS]
CASES, QUICK = 600, 150  # mistakes made at each precision
MISTAKES = 6  # a problem
RANDOM_NUMBERS = 4  # a problem and kind
SLIPS = ("sign_slip", "decimal_shift", "digit_transposition", "digit_dropped_or_doubled")
FULL, FOLLOWS = "correct", "follow_through"

# figure: target at 3 significant digits, 4 and 6 decimals, and whether at least ('>') or at most ('<')
TARGETS = {
    "right work with full marks": (">", 1.0),
    "all answered: first wrong step found": (">", 0.99),
    "all answered: true cause reported": (">", 0.98),
    "all answered: true cause first": (">", 0.95),
    "all answered: causes reported": ("<", 1.2),
    "all answered: names reported": ("", 0.0),
    "all answered: said to be clear": ("", 0.0),
    "loss and updates: first wrong step found": (">", 0.99),
    "loss and updates: true cause reported": (">", 0.95),
    "loss and updates: true cause first": (">", 0.88),
    "loss and updates: causes reported": ("<", 1.4),
    "loss and updates: names reported": ("", 0.0),
    "uniform number called clear": ("<", 0.01),
    "replaced digit called clear": ("<", 0.02),
    "other quantity called clear": ("<", 0.02),
    "uniform number given any cause": ("", 0.0),
    "replaced digit given any cause": ("", 0.0),
    "other quantity given any cause": ("", 0.0),
    "later steps given follow-through": (">", 0.99),
    "second mistake found": (">", 0.98),
    "second mistake named": (">", 0.98),
    "given copied wrongly named": (">", 0.7),
    "free points after an early 0": ("<", 0.0),
    "told from right work only by a note": ("", 0.0),
}

# why a figure falls short of its target where it does, by how it begins
WHY = {
    "first wrong step found": "A number that the rounding of steps left out can just have made is right, whatever made "
    "it: what is found is then the next step, at which the mistake shows.",
    "true cause": "Few digits of an updated parameter leave one or two of its gradient: other mistakes lie as near, or "
    "nearer.",
    "causes reported": "Few digits of an updated parameter leave one or two of its gradient: several mistakes fit.",
    "called clear": "A share of some hundred numbers: one of them more or less is a third of a percent.",
}


class Task:
    """One problem at one precision, ready to grade."""

    def __init__(self, sheet: Sheet, hand: Hand, name: str) -> None:
        self.sheet, self.hand, self.name = sheet, hand, name
        self.text = sheet.problem(name, hand.tolerance)
        problem = load_problem(self.text.encode(), f"{name}.yaml")
        self.program = compile_problem(problem)
        self._with_mistakes: Program | None = None
        self.right_work = RightWork(sheet, hand)

    def with_mistakes(self) -> Program:
        if self._with_mistakes is None:
            problem = load_problem(self.text.encode(), f"{self.name}.yaml")
            self._with_mistakes = compile_problem(problem, mistakes=True)
        return self._with_mistakes

    def submission(self, typed: Mapping[str, Any]) -> str:
        answers = "".join(f"  {name}: {_yaml(texts)}\n" for name, texts in typed.items())
        return f"format: check-backprop/submission@1\nproblem: {self.name}\nstudent: s\nanswers:\n{answers}"

    def grade(self, typed: Mapping[str, Any]) -> Grade:
        submission = load_submission(self.submission(typed).encode(), "s.yaml")
        return grade_submission(submission, self.program, _no_formulas, self.with_mistakes)


def _no_formulas(text: str, target: object) -> Any:
    raise AssertionError(text)


def _yaml(texts: Any) -> str:
    return texts if isinstance(texts, str) else f"[{', '.join(map(_yaml, texts))}]"


# ---------------------------------------------------------------- what is true


class Truth(NamedTuple):
    """The first step where a mistake shows, and every code that comes to the same there."""

    step: str
    codes: frozenset[str]


def units(hand: Hand, right: Value) -> Value:
    """One asked unit for each element."""
    return np.vectorize(hand.unit, otypes=[float])(np.asarray(right))


def differs(hand: Hand, typed: Value, right: Value) -> bool:
    """Whether some element is more than one asked unit away from the right one."""
    return bool(np.any(np.abs(np.asarray(typed) - np.asarray(right)) > units(hand, right) * (1 + 1e-9)))


def first_visible(task: Task, typed: Mapping[str, Value], lines: Collection[str]) -> str | None:
    """The first of these lines whose number right work cannot come to; None where no line tells.

    Right work comes to the true number, and to what follows from the numbers typed before by the right rules, whatever
    was rounded or cut off on the way.
    """
    before: dict[str, Value] = {}
    for line in task.sheet.lines:
        if line.name not in typed:
            continue
        number, right = np.asarray(typed[line.name]), np.asarray(task.sheet.right[line.name])
        if line.name in lines and differs(task.hand, number, right):
            unit = units(task.hand, right) * (1 + 1e-9)
            middle, leeway = task.right_work.range(line.name, before)
            away = np.abs(number - np.asarray(middle))
            if np.any((np.abs(number - right) > unit) & ~(away <= unit + leeway)):
                return line.name
        before[line.name] = typed[line.name]
    return None


def same(one: Value, other: Value) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return bool(np.allclose(one, other, rtol=SAME, atol=1e-12)) if one.shape == other.shape else False


def local_twins(sheet: Sheet, done: Written, step: str, value: Value) -> frozenset[str]:
    """The codes whose wrong rule gives this value at the step, on what the student wrote before."""
    scope = {**sheet.given, **sheet.parameters, **done.values}
    line = next(line for line in sheet.lines if line.name == step)
    found = set()
    with np.errstate(all="ignore"):
        for (code, _), rules in sheet.made.items():
            if step in rules and same(rules[step](scope), value):
                found.add(code)
        right = line.rule(scope)
        if same(-np.asarray(right), value):
            found.add("sign_slip")
        if any(same(np.asarray(right) * 10.0**k, value) for k in (-3, -2, -1, 1, 2, 3)):
            found.add("decimal_shift")
        for name in operands(sheet, line):
            for other in _alike(sheet, name):
                if same(miscopied(line.rule, name, other)(scope), value):
                    found.add("wrong_given_copied")
    return frozenset(found)


def _alike(sheet: Sheet, name: str) -> list[str]:
    quantities = {**sheet.given, **sheet.parameters}
    shape = np.shape(quantities[name])
    return [
        other
        for other, value in quantities.items()
        if np.shape(value) == shape and not np.array_equal(value, quantities[name])
    ]


class Outcomes:
    """What every mistake of a problem comes to at full precision, worked out once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.finals = [line.name for line in sheet.lines if line.final]
        self.known: list[tuple[str, np.ndarray]] = []
        with np.errstate(all="ignore"):
            for injection in sheet.injections():
                self.known.append((injection.code, self.of(injection.rules)))

    def of(self, rules: Mapping[str, Rule]) -> np.ndarray:
        values = work(self.sheet, lambda _, value: value, rules)
        return np.concatenate([np.ravel(values[name]) for name in self.finals])

    def twins(self, injection: Injection) -> frozenset[str]:
        """The codes that give the same loss and updated parameters, made at whatever step."""
        with np.errstate(all="ignore"):
            mine = self.of(injection.rules)
        return frozenset(code for code, other in self.known if np.allclose(other, mine, rtol=SAME, atol=1e-12))


# ---------------------------------------------------------------- mistakes


class Mistake(NamedTuple):
    """A mistake to be made: a wrong rule, or a slip in writing down what is right."""

    code: str
    injection: Injection
    slips: dict[str, Callable[[Any], Any]]

    @property
    def lines(self) -> list[str]:
        return [*self.injection.rules, *self.slips]


class Draws:
    """Draws mistakes so that every code comes up about equally often."""

    def __init__(self) -> None:
        self.drawn: Counter[str] = Counter()

    def mistake(self, sheet: Sheet, rng: random.Random, *, single: bool = False) -> Mistake:
        by_code: dict[str, list[Injection]] = {}
        for injection in sheet.injections():
            if not (single and len(injection.rules) > 1):
                by_code.setdefault(injection.code, []).append(injection)
        rarest = sorted([*by_code, *SLIPS], key=lambda code: (self.drawn[code], rng.random()))
        code = rarest[0]
        self.drawn[code] += 1
        if code in SLIPS:
            line = rng.choice(sheet.lines).name
            return Mistake(code, Injection(code, {}, ""), {line: slip(code, rng.random())})
        offered = by_code[code]
        habits = [injection for injection in offered if injection.everywhere]
        chosen = rng.choice(habits) if habits and rng.random() < 1 / 3 else rng.choice(offered)
        return Mistake(code, chosen, {})


def slip(code: str, seed: float) -> Callable[[Any], Any]:
    """What a slip makes of typed texts: of one number, or of one element of an array (all signs of it)."""

    def one(text: str, rng: random.Random) -> str:
        if code == "sign_slip":
            return text[1:] if text.startswith("-") else f"-{text}"
        if code == "decimal_shift":
            return _shifted(text, rng.choice((-1, 1)))
        places = [i for i, c in enumerate(text) if c.isdigit()]
        started = [i for i in places if text[: i + 1].strip("-0.")]
        pairs = [(i, j) for i, j in pairwise(started) if text[i] != text[j]]
        if code == "digit_transposition":
            if not pairs:
                return text
            i, j = rng.choice(pairs)
            letters = list(text)
            letters[i], letters[j] = letters[j], letters[i]
            return "".join(letters)
        behind = [i for i in started if "." in text[:i]]
        if not behind:
            return text
        i = rng.choice(behind)
        return text[:i] + text[i + 1 :] if rng.random() < 0.5 else text[: i + 1] + text[i:]

    def changed(texts: Any) -> Any:
        rng = random.Random(seed)
        return _anywhere(texts, lambda text: one(text, rng), rng, everywhere=code == "sign_slip")

    return changed


def _anywhere(texts: Any, change: Callable[[str], str], rng: random.Random, *, everywhere: bool = False) -> Any:
    """The texts with one of them changed, or all."""
    if isinstance(texts, str):
        return change(texts)
    if everywhere:
        return [_anywhere(item, change, rng, everywhere=True) for item in texts]
    k = rng.randrange(len(texts))
    return [_anywhere(item, change, rng) if i == k else item for i, item in enumerate(texts)]


def _shifted(text: str, places: int) -> str:
    from decimal import Decimal

    return f"{Decimal(text).scaleb(places):f}"


# ---------------------------------------------------------------- figures


def _two() -> list[float]:
    return [0.0, 0.0]


def _three() -> list[int]:
    return [0, 0, 0]


class Tally:
    """Shares and means by figure, and what failed."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, list[float]] = defaultdict(_two)
        self.failures: Counter[tuple[str, str, str, str]] = Counter()
        self.examples: dict[tuple[str, str, str, str], str] = {}
        self.by_code: defaultdict[tuple[str, str], list[int]] = defaultdict(_three)
        self.unseen = self.made = self.like_right = 0

    def add(self, figure: str, value: float, weight: float = 1.0) -> None:
        self.counts[figure][0] += value
        self.counts[figure][1] += weight

    def fail(self, what: str, code: str, step: str, said: str, example: str) -> None:
        key = (what, code, re.sub(r"\d+", "#", step), said)
        self.failures[key] += 1
        self.examples.setdefault(key, example)

    def merge(self, other: Tally) -> None:
        for figure, (value, weight) in other.counts.items():
            self.add(figure, value, weight)
        self.failures += other.failures
        self.examples = other.examples | self.examples
        for key, counted in other.by_code.items():
            self.by_code[key] = [a + b for a, b in zip(self.by_code[key], counted, strict=True)]
        self.unseen += other.unseen
        self.like_right += other.like_right
        self.made += other.made

    def figure(self, name: str) -> float | None:
        total, weight = self.counts[name]
        if name == "free points after an early 0":
            return total
        return total / weight if weight else None


def step_of(grade: Grade, name: str) -> StepGrade:
    return next(step for step in grade.steps if step.step == name)


def said_of(step: StepGrade) -> str:
    """What was reported of a step, in few words."""
    if not step.diagnosis:
        return step.verdict.value
    return ", ".join(d.code + ("?" if d.confidence == "possible" else "") for d in step.diagnosis[:4])


class Bench:
    """All the figures at one precision."""

    def __init__(self, hand: Hand, keep: str = "") -> None:
        self.hand, self.tally, self.keep = hand, Tally(), keep

    def problem(self, sheet: Sheet, outcomes: Outcomes, mistakes: list[Mistake], rng: random.Random, name: str) -> None:
        task = Task(sheet, self.hand, name)
        honest = written(sheet, self.hand)
        self.right_work(task, rng)
        for mistake in mistakes:
            self.one_mistake(task, outcomes, mistake, rng)
        singles = [m for m in mistakes if len(m.lines) == 1 and m.injection.rules]
        for first, second in pairwise(singles):
            if first.lines != second.lines:
                self.two_mistakes(task, first, second)
        for _ in range(RANDOM_NUMBERS):
            self.random_number(task, honest, rng, "uniform number", uniform)
            self.random_number(task, honest, rng, "replaced digit", replaced_digit)
            self.random_number(task, honest, rng, "other quantity", other_quantity(sheet, honest))
        for _ in range(2):
            self.miscopied(task, rng)
            self.early_zero(task, rng)

    def example(self, task: Task, typed: Mapping[str, Any]) -> str:
        return f"{task.text}---\n{task.submission(typed)}"

    def right_work(self, task: Task, rng: random.Random) -> None:
        for full in (False, True):
            done = written(task.sheet, self.hand._replace(carries_full=full, truncates=rng.random() < 0.5))
            left_out = rng.random() if rng.random() < 0.5 else 0.0
            typed = {name: texts for name, texts in done.typed.items() if rng.random() >= left_out} or done.typed
            grade = task.grade(typed)
            lost = [s for s in grade.steps if s.step in typed and s.awarded < s.possible]
            self.tally.add("right work with full marks", not lost)
            for step in lost[:1]:
                self.tally.fail("right work", "", step.step, said_of(step), self.example(task, typed))

    def one_mistake(self, task: Task, outcomes: Outcomes, mistake: Mistake, rng: random.Random) -> None:
        tally, sheet = self.tally, task.sheet
        hand = self.hand._replace(carries_full=rng.random() < 0.5)
        try:
            done = written(sheet, hand, mistake.injection.rules, mistake.slips)
        except (FloatingPointError, OverflowError):
            return  # a tangent at its pole, a root of a negative number: nobody writes that down
        tally.made += 1
        step = first_visible(task, done.values, mistake.lines)
        if step is None:
            tally.unseen += 1
        else:
            value = mistake.injection.rules[step](self.scope(sheet, done)) if not mistake.slips else done.values[step]
            codes = local_twins(sheet, done, step, value) | {mistake.code} | family(mistake.code)
            grade = task.grade(done.typed)
            self.judge("all answered", task, grade, Truth(step, codes), mistake.code, done.typed)
            self.later(task, grade, done, mistake, step)
        self.only_finals(task, outcomes, mistake, done)

    def scope(self, sheet: Sheet, done: Written) -> dict[str, Value]:
        return {**sheet.given, **sheet.parameters, **done.values}

    def only_finals(self, task: Task, outcomes: Outcomes, mistake: Mistake, done: Written) -> None:
        """Only the loss and the updated parameters answered."""
        sheet = task.sheet
        finals = outcomes.finals
        if mistake.slips and not set(mistake.lines) <= set(finals):
            return  # a slip of the pen in working that nobody sees
        if not any(differs(self.hand, done.values[name], sheet.right[name]) for name in finals):
            return
        typed = {name: done.typed[name] for name in finals}
        step = first_visible(task, {name: done.values[name] for name in finals}, finals)
        grade = task.grade(typed)
        codes = {mistake.code} | family(mistake.code)
        if not mistake.slips:
            codes |= outcomes.twins(mistake.injection)
        if step is None:
            self.tally.like_right += 1
            noted = codes.intersection(code for item in grade.steps for code in item.alike)
            self.tally.add("told from right work only by a note", bool(noted))
            return
        if mistake.slips:
            codes |= local_twins(sheet, done, step, done.values[step])
        elif step in mistake.injection.rules:
            codes |= local_twins(sheet, done, step, done.full[step])
        self.judge("loss and updates", task, grade, Truth(step, frozenset(codes)), mistake.code, typed)

    def judge(self, mode: str, task: Task, grade: Grade, truth: Truth, code: str, typed: Mapping[str, Any]) -> None:
        tally = self.tally
        step = step_of(grade, truth.step)
        reported = [d.code for d in step.diagnosis]
        found = grade.first_error == truth.step
        named = bool(truth.codes.intersection(reported))
        first = bool(reported) and reported[0] in truth.codes
        tally.add(f"{mode}: first wrong step found", found)
        tally.add(f"{mode}: true cause reported", named)
        tally.add(f"{mode}: true cause first", first)
        if reported:
            others = set(reported) - truth.codes
            tally.add(f"{mode}: causes reported", named + len(others))
            tally.add(f"{mode}: names reported", len(reported))
        if len(reported) > 1:
            tally.fail(f"{mode}: several", code, "", ", ".join(sorted(reported)), self.example(task, typed))
        if named:
            tally.add(f"{mode}: said to be clear", any(d.confidence == "clear" for d in step.diagnosis))
        counted = tally.by_code[mode, code]
        counted[0] += 1
        counted[1] += named
        counted[2] += first
        if not found:
            said = f"first error {re.sub(r'[0-9]+', '#', grade.first_error or 'none')}; here {step.verdict.value}"
            tally.fail(f"{mode}: place", code, truth.step, said, self.example(task, typed))
        elif not named:
            tally.fail(f"{mode}: not named", code, truth.step, said_of(step), self.example(task, typed))
        elif not first:
            tally.fail(f"{mode}: not first", code, truth.step, said_of(step), self.example(task, typed))

    def later(self, task: Task, grade: Grade, done: Written, mistake: Mistake, step: str) -> None:
        behind = False
        for line in task.sheet.lines:
            if line.name == step:
                behind = True
            elif (
                behind
                and line.name not in mistake.lines
                and differs(self.hand, done.values[line.name], task.sheet.right[line.name])
            ):
                verdict = step_of(grade, line.name).verdict.value
                follows = verdict in (FULL, FOLLOWS)
                self.tally.add("later steps given follow-through", follows)
                if not follows:
                    said = f"{said_of(step_of(grade, line.name))} after {re.sub(r'[0-9]+', '#', step)}"
                    self.tally.fail("later", mistake.code, line.name, said, self.example(task, done.typed))

    def two_mistakes(self, task: Task, first: Mistake, second: Mistake) -> None:
        order = [line.name for line in task.sheet.lines]
        if order.index(first.lines[0]) > order.index(second.lines[0]):
            first, second = second, first
        try:
            done = written(task.sheet, self.hand, {**first.injection.rules, **second.injection.rules})
        except (FloatingPointError, OverflowError):
            return
        step = first_visible(task, done.values, second.lines)
        if step is None or first_visible(task, done.values, first.lines) is None:
            return
        value = second.injection.rules[step](self.scope(task.sheet, done))
        codes = local_twins(task.sheet, done, step, value) | {second.code} | family(second.code)
        graded = step_of(task.grade(done.typed), step)
        found = graded.verdict.value not in (FULL, FOLLOWS)
        named = bool(codes.intersection(d.code for d in graded.diagnosis))
        self.tally.add("second mistake found", found)
        self.tally.add("second mistake named", named)
        if not named:
            said = f"{said_of(graded)} after {first.code}"
            self.tally.fail("second", second.code, step, said, self.example(task, done.typed))

    def random_number(
        self, task: Task, honest: Written, rng: random.Random, what: str, change: Callable[..., str]
    ) -> None:
        line = rng.choice(task.sheet.lines)
        seed = rng.random()

        def changed(texts: Any) -> Any:
            own = random.Random(seed)
            return _anywhere(texts, lambda text: change(text, own, self.hand, line), own)

        try:
            done = written(task.sheet, self.hand, slips={line.name: changed})
        except (FloatingPointError, OverflowError):
            return
        if first_visible(task, done.values, [line.name]) is None:
            return
        step = step_of(task.grade(done.typed), line.name)
        clear = any(d.confidence == "clear" for d in step.diagnosis)
        self.tally.add(f"{what} called clear", clear)
        self.tally.add(f"{what} given any cause", bool(step.diagnosis))
        if clear:
            self.tally.fail(what, "", line.name, said_of(step), self.example(task, done.typed))

    def miscopied(self, task: Task, rng: random.Random) -> None:
        sheet = task.sheet
        for line in rng.sample(sheet.lines, len(sheet.lines)):
            offered = [(name, other) for name in operands(sheet, line) for other in _alike(sheet, name)]
            if not offered:
                continue
            name, other = rng.choice(offered)
            rules = {line.name: miscopied(line.rule, name, other)}
            try:
                done = written(sheet, self.hand, rules)
            except (FloatingPointError, OverflowError):
                return
            if first_visible(task, done.values, [line.name]) is None:
                return
            value = rules[line.name](self.scope(sheet, done))
            codes = local_twins(sheet, done, line.name, value) | {"wrong_given_copied"}
            step = step_of(task.grade(done.typed), line.name)
            named = bool(codes.intersection(d.code for d in step.diagnosis))
            self.tally.add("given copied wrongly named", named)
            if not named:
                self.tally.fail("copied", "", line.name, said_of(step), self.example(task, done.typed))
            return

    def early_zero(self, task: Task, rng: random.Random) -> None:
        """A wrong 0 early on, and every later 0 that follows from it."""
        early = [line for line in task.sheet.lines[: len(task.sheet.lines) // 2] if not line.state]
        line = rng.choice(early)
        try:
            done = written(task.sheet, self.hand, slips={line.name: _zeros})
        except (FloatingPointError, OverflowError):
            return
        if first_visible(task, done.values, [line.name]) is None:
            return
        grade = task.grade(done.typed)
        # a mean of squares is below what 4 decimals show: its 0 may be right
        own = {each.name for each in task.sheet.lines if each.state}
        # and so is the 0 of a unit that is off by the student's own negative number
        scope = self.scope(task.sheet, done)
        own |= {each.name for each in task.sheet.lines if all(np.all(scope[o]) for o in read_by(task.sheet, each))}
        for step in grade.steps:
            if step.step == line.name or step.step in own:
                continue
            right = task.sheet.right[step.step]
            if step.elements:
                cells = [
                    (e.awarded, float(v), float(r))
                    for e, v, r in zip(step.elements, np.ravel(done.values[step.step]), np.ravel(right), strict=True)
                ]
            else:
                cells = [(step.awarded, float(done.values[step.step]), float(right))]
            free = sum(a for a, v, r in cells if v == 0 and abs(r) > self.hand.unit(r))
            self.tally.add("free points after an early 0", free)
            if free:
                said = f"{step.verdict.value} after {re.sub(r'[0-9]+', '#', line.name)}"
                self.tally.fail("free zero", "", step.step, said, self.example(task, done.typed))


def family(code: str) -> frozenset[str]:
    """One wrong rule that has several names, by where it is used."""
    missing = {"act_deriv_missing", "act_deriv_missing_hidden_only", "act_deriv_output_missing_only"}
    return frozenset(missing if code in missing else ())


def _zeros(texts: Any) -> Any:
    return "0" if isinstance(texts, str) else [_zeros(item) for item in texts]


def uniform(text: str, rng: random.Random, hand: Hand, line: Line) -> str:
    return hand.text(float(text) * (1 + rng.uniform(-0.6, 0.6)), state=line.state)


def replaced_digit(text: str, rng: random.Random, hand: Hand, line: Line) -> str:
    places = [i for i, c in enumerate(text) if c.isdigit() and text[: i + 1].strip("-0.")]
    if not places:
        return text
    i = rng.choice(places)
    return text[:i] + rng.choice([d for d in "0123456789" if d != text[i]]) + text[i + 1 :]


def other_quantity(sheet: Sheet, honest: Written) -> Callable[..., str]:
    known = [
        float(x)
        for values in (sheet.given, sheet.parameters, honest.values)
        for v in values.values()
        for x in np.ravel(v)
    ]
    known = [x for x in known if x]

    def change(text: str, rng: random.Random, hand: Hand, line: Line) -> str:
        for _ in range(100):
            quantity = rng.choice(known)
            noisy = hand.text(quantity * (1 + rng.uniform(-0.01, 0.01)), state=line.state)
            # where the noise does not show, the quantity itself was copied: that is a mistake with a name
            if noisy != hand.text(quantity, state=line.state):
                return noisy
        return text

    return change


# ---------------------------------------------------------------- the table


def measure(cases: int, seed: int, jobs: int = 1) -> dict[str, Tally]:
    """All figures by precision, over as many problems as give so many mistakes; the same for any number of jobs."""
    tasks = [(cases, seed, jobs, job) for job in range(jobs)]
    if jobs == 1:
        parts = [_part(*tasks[0])]
    else:
        with multiprocessing.Pool(jobs) as pool:
            parts = pool.starmap(_part, tasks)
    tallies = parts[0]
    for part in parts[1:]:
        for name, tally in part.items():
            tallies[name].merge(tally)
    return tallies


def _part(cases: int, seed: int, jobs: int, job: int) -> dict[str, Tally]:
    """One job's share of the problems. All are drawn, since which mistakes are drawn depends on those before."""
    benches = {name: Bench(hand) for name, hand in PRECISIONS.items()}
    draws = Draws()
    for number in range(-(-cases // MISTAKES)):
        rng = random.Random(f"{seed}/{number}")
        sheet = random_sheet(rng)
        mistakes = [draws.mistake(sheet, rng, single=n < MISTAKES // 3) for n in range(MISTAKES)]
        if number % jobs == job:
            outcomes = Outcomes(sheet)
            for name, bench in benches.items():
                bench.problem(sheet, outcomes, mistakes, random.Random(f"{seed}/{number}/{name}"), f"p{number}")
    return {name: bench.tally for name, bench in benches.items()}


def table(tallies: Mapping[str, Tally]) -> str:
    """The figures for a terminal; `!` marks what falls short."""
    return tabulate(rows(tallies), HEADERS, disable_numparse=True, colalign=("left", "left", *["right"] * len(tallies)))


def rows(tallies: Mapping[str, Tally], mark: str = "{} !") -> list[list[str]]:
    """The figures, a row each: what it is, its target, and what was reached at each precision."""
    found = []
    for figure, (direction, target) in TARGETS.items():
        share = not any(word in figure for word in ("causes", "names", "free"))
        row = [
            figure,
            {">": "at least ", "<": "at most ", "": ""}[direction] + _shown(target, share) if direction else "",
        ]
        for tally in tallies.values():
            got = tally.figure(figure)
            shown = "-" if got is None else _shown(got, share)
            row.append(mark.format(shown) if falls_short(figure, tally) else shown)
        found.append(row)
    found.append(["mistakes made", "", *(str(tally.made) for tally in tallies.values())])
    found.append(["of these not to be seen, all answered", "", *(str(tally.unseen) for tally in tallies.values())])
    found.append(
        ["of these not to be seen, loss and updates", "", *(str(tally.like_right) for tally in tallies.values())]
    )
    return found


def falls_short(figure: str, tally: Tally) -> bool:
    """Whether a figure is measured and its target is not reached."""
    direction, target = TARGETS[figure]
    got = tally.figure(figure)
    return got is not None and ((direction == ">" and got < target) or (direction == "<" and got > target))


def shortfalls(tallies: Mapping[str, Tally]) -> str:
    """In Markdown, what falls short, where, and why as far as it is known."""
    lines = []
    for figure in TARGETS:
        where = [name for name, tally in tallies.items() if falls_short(figure, tally)]
        if where:
            why = next((text for start, text in WHY.items() if start in figure), "")
            lines.append(f"- {figure}, at {' and '.join(where)}. {why}".rstrip())
    if not lines:
        return "Every target is reached."
    return (
        fill("Bold figures fall short of their target:", 120)
        + "\n\n"
        + "\n".join(fill(line, 120, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    )


def _shown(value: float, share: bool) -> str:
    return f"{value:.1%}" if share else f"{value:.2f}".removesuffix(".00")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} mistakes at each precision instead of {CASES}")
    parser.add_argument("--cases", type=int, help="mistakes made at each precision")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--codes", action="store_true", help="print the figures of every code too")
    parser.add_argument("--failures", type=int, default=10, help="how many kinds of failure are listed")
    parser.add_argument("--examples", type=int, default=0, help="how many of them with problem and submission")
    options = parser.parse_args()
    start = time.perf_counter()
    cases = options.cases or (QUICK if options.quick else CASES)
    tallies = measure(cases, options.seed, options.jobs)
    print(table(tallies))
    if options.write:
        asked = f" --cases {options.cases}" if options.cases else " --quick" if options.quick else ""
        command = f"python -m benchmarks.diagnosis --write{asked}"
        record("diagnosis", HEADERS, rows(tallies, "**{}**"), command, shortfalls(tallies))
    failures: Counter[tuple[str, str, str, str]] = Counter()
    examples: dict[tuple[str, str, str, str], str] = {}
    for tally in tallies.values():
        failures += tally.failures
        examples |= tally.examples
    print(f"\nmost frequent failures, all precisions together ({time.perf_counter() - start:.0f} s)")
    listed = failures.most_common(options.failures)
    print(tabulate([(count, *key) for key, count in listed], ["", "what", "true", "step", "said"]))
    if options.codes:
        codes: defaultdict[tuple[str, str], list[int]] = defaultdict(_three)
        for tally in tallies.values():
            for key, counted in tally.by_code.items():
                codes[key] = [a + b for a, b in zip(codes[key], counted, strict=True)]
        print()
        listed_codes = [(*key, *counted) for key, counted in sorted(codes.items())]
        print(tabulate(listed_codes, ["answered", "code", "cases", "reported", "first"]))
    for key, _ in listed[: options.examples]:
        print(f"\n=== {key}\n{examples[key]}")


if __name__ == "__main__":
    main()
