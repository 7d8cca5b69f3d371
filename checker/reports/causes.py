"""One cause, said once: which steps a mistake explains, and in which order they are spoken of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.outcome import FIRST_ERRORS, Verdict
from checker.reports.language import say, say_count
from checker.reports.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from checker.outcome import Diagnosis, ElementGrade, Grade, StepGrade


class Cause(NamedTuple):
    """A mistake and the steps of which it is the most plausible cause, as asked."""

    diagnosis: Diagnosis
    steps: tuple[str, ...]


class Told(NamedTuple):
    """What is said of a cause in one remark.

    `only` are the steps that it explains where it does not explain all that the remark is about; `before` is the step
    at which its hint was given already, or "".
    """

    diagnosis: Diagnosis
    only: tuple[str, ...] = ()
    before: str = ""


class Remark(NamedTuple):
    """Steps of which the same is said, the first of which speaks for all."""

    steps: tuple[StepGrade, ...]
    causes: tuple[Told, ...]


def causes(diagnosed: Iterable[tuple[str, Sequence[Diagnosis]]]) -> tuple[Cause, ...]:
    """The mistakes that explain some step best, each with all of these, in the steps' order.

    Args:
        diagnosed: steps with what explains them, the most plausible first.
    """
    steps: dict[tuple[str, str], list[str]] = {}
    best: dict[tuple[str, str], Diagnosis] = {}
    for step, found in diagnosed:
        if not found:
            continue
        key = found[0].code, found[0].made_at
        steps.setdefault(key, []).append(step)
        if key not in best or (best[key].confidence, found[0].confidence) == ("possible", "clear"):
            best[key] = found[0]
    return tuple(Cause(best[key], tuple(names)) for key, names in steps.items())


def of_grade(grade: Grade) -> tuple[Cause, ...]:
    """The causes of an already redacted grade."""
    return causes((step.step, step.diagnosis) for step in grade.steps)


def nothing_to_say(step: StepGrade) -> bool:
    """Whether the table has said all there is: the answer is right, or there is none."""
    said = step.verdict is Verdict.CORRECT or (step.verdict is Verdict.MISSING and not step.submitted)
    return said and not (step.note or step.formula or step.diagnosis)


def odd_elements(step: StepGrade) -> list[ElementGrade]:
    """The elements of an array of which something is to be said: those that are not right.

    None where one answer stands for them all, or there is none, and what is said of the step is said of each.
    """
    odd = [element for element in step.elements if element.verdict is not Verdict.CORRECT]
    alike = all(each.verdict is step.verdict and each.message in ("", step.message) for each in odd)
    one = not isinstance(step.submitted, (list, tuple)) and len(odd) == len(step.elements)
    return [] if one and alike else odd


def remarks(steps: Iterable[StepGrade], told: Sequence[StepGrade] = ()) -> list[Remark]:
    """What is to be said of the steps, alike of several once; `told` are those whose hints have been given."""
    groups: dict[tuple[object, ...], list[StepGrade]] = {}
    for step in steps:
        if nothing_to_say(step):
            continue
        if odd_elements(step) or step.formula:  # what is shown with it is its own
            key: tuple[object, ...] = (step.step,)
        elif step.diagnosis:
            key = step.diagnosis[0].code, step.diagnosis[0].made_at, step.note
        else:
            key = step.message, step.note, None, None
        groups.setdefault(key, []).append(step)
    given: dict[tuple[str, str], str] = {}
    for step in told:
        for each in step.diagnosis:
            given.setdefault((each.code, each.made_at), step.step)
    found = []
    for group in groups.values():
        group.sort(key=lambda step: any(each.confidence == "possible" for each in step.diagnosis[:1]))
        found.append(Remark(tuple(group), tuple(_told(group, given))))
    return found


def _told(group: Sequence[StepGrade], given: dict[tuple[str, str], str]) -> Iterable[Told]:
    found: dict[tuple[str, str], list[tuple[str, Diagnosis]]] = {}
    for step in group:
        for each in step.diagnosis:
            found.setdefault((each.code, each.made_at), []).append((step.step, each))
    for key, made in found.items():
        names = tuple(dict.fromkeys(name for name, _ in made))
        yield Told(made[0][1], names if len(names) < len(group) else (), given.get(key, ""))
    for key in found:
        given.setdefault(key, group[0].step)


def cause(told: Told, marked: Callable[[str], str], escaped: Callable[[str], str]) -> str:
    """One cause as a line: how sure it is, what it is called, where it was made, and its hint or where that stands.

    `marked` writes names as the format has them, `escaped` sentences.
    """
    each = told.diagnosis
    text = say("possibly {mistake}", mistake=marked(each.code)) if each.confidence == "possible" else marked(each.code)
    if each.made_at:
        text += " " + say("at {step}, which you left out", step=marked(each.made_at))
    if told.only:
        text += f" ({say('only {steps}', steps=listed([marked(step) for step in told.only]))})"
    if told.before:
        return f"{text}: {say('see {step}', step=marked(told.before))}"
    return f"{text}: {escaped(each.hint)}"


def first_mistake(grade: Grade, marked: Callable[[str], str]) -> str:
    """In a sentence: where the first mistake of a redacted grade is, what it is, where else, and what follows from it.

    `marked` writes the name of a step or of a mistake as the format has it.
    """
    if grade.first_error is None:
        return ""
    first = next((step for step in grade.steps if step.step == grade.first_error), None)
    line = f" ({say('line {line}', line=first.line)})" if first is not None and first.line else ""
    text = say("the first mistake is at {step}", step=marked(grade.first_error)) + line
    if first is None:
        return text
    cause = _cause(first, grade)
    if cause is not None and cause.diagnosis.confidence == "clear":
        text += f": {marked(cause.diagnosis.code)}"
        if cause.diagnosis.made_at:
            text += " " + say("at {step}, which you left out", step=marked(cause.diagnosis.made_at))
    rest = follows(first, grade)
    return text + elsewhere(first, grade, marked) + (f"; {rest}" if rest else "")


def _cause(first: StepGrade, grade: Grade) -> Cause | None:
    return next((cause for cause in of_grade(grade) if first.step in cause.steps), None)


def elsewhere(first: StepGrade, grade: Grade, marked: Callable[[str], str]) -> str:
    """Where else the first mistake was made, where it is clear what it is."""
    cause = _cause(first, grade)
    if cause is None or cause.diagnosis.confidence != "clear":
        return ""
    others = [marked(step) for step in cause.steps if step != first.step]
    return ", " + say("also at {steps}", steps=listed(others)) if others else ""


def follows(first: StepGrade, grade: Grade) -> str:
    """How many answers follow from the first mistake where it is the only one; else how many have one of their own."""
    cause = _cause(first, grade)
    same = cause.steps if cause is not None else (first.step,)
    own = sum(step.verdict in FIRST_ERRORS and step.step not in same for step in grade.steps)
    if own:
        return say_count(
            "{count} more step has a mistake of its own", "{count} more steps have mistakes of their own", own
        )
    carried = sum(step.verdict is Verdict.FOLLOW_THROUGH for step in grade.steps)
    if carried:
        return say_count("{count} later answer follows from it", "{count} later answers follow from it", carried)
    return ""
