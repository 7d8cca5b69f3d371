"""All figures at one precision: mistakes made, sheets graded, and what was said held against what is true."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.diagnosis.mistakes import anywhere, other_quantity, replaced_digit, uniform, zeros
from benchmarks.diagnosis.tally import Tally
from benchmarks.diagnosis.truth import Truth, alike, differs, family, first_visible, local_twins
from benchmarks.students.hand import written
from benchmarks.students.right_work import miscopied, operands, read_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.diagnosis.mistakes import Mistake
    from benchmarks.diagnosis.task import Task
    from benchmarks.diagnosis.truth import Outcomes
    from benchmarks.students.hand import Hand, Written
    from benchmarks.students.sheet import Sheet, Value
    from checker.model import Grade, StepGrade

RANDOM_NUMBERS = 4  # a problem and kind
FULL, FOLLOWS = "correct", "follow_through"


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

    def problem(self, task: Task, outcomes: Outcomes, mistakes: list[Mistake], rng: random.Random) -> None:
        sheet = task.sheet
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
            return anywhere(texts, lambda text: change(text, own, self.hand, line), own)

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
            offered = [(name, other) for name in operands(sheet, line) for other in alike(sheet, name)]
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
            done = written(task.sheet, self.hand, slips={line.name: zeros})
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
