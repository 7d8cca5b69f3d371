"""A grade as text for a terminal: the summary, a table, then what is to be said of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.outcome import FIRST_ERRORS, Verdict
from checker.reports.levels import Level
from checker.reports.plain import cell, echoed, equation, inline, placed, printable
from checker.reports.wording import WORDS, amount, points

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.outcome import Grade, StepGrade

WIDTH = 100
ELEMENTS = 8  # how many elements of one array are spoken of

_COLOURS = {
    Verdict.CORRECT: "32",
    Verdict.FOLLOW_THROUGH: "36",
    Verdict.MISCONCEPTION: "31",
    Verdict.SLIP: "33",
    Verdict.IMPRECISE: "33",
    Verdict.WRONG: "31",
    Verdict.MISSING: "35",
    Verdict.UNREADABLE: "35",
}


def draw(grade: Grade, level: Level, colour: bool = False) -> str:
    """The text of an already redacted grade."""
    blocks = ["\n".join(_heading(grade)), "\n".join(_summary(grade, level, colour))]
    if grade.steps:
        blocks.append(_table(grade.steps, level, colour))
    remarks = list(_remarks(grade.steps, level))
    if remarks:
        blocks.append("\n".join(remarks))
    if grade.warnings:
        blocks.append("\n".join(_warnings(grade)))
    return "\n\n".join(blocks) + "\n"


def _heading(grade: Grade) -> Iterator[str]:
    yield printable(grade.title) or printable(grade.problem)
    yield ", ".join(filter(None, (printable(grade.student), printable(grade.submission))))


def _summary(grade: Grade, level: Level, colour: bool) -> Iterator[str]:
    total = points(grade.awarded, grade.possible)
    yield _painted(total, "1", colour) + _first(grade, level)
    if grade.steps:
        yield counted(grade.steps)


def _first(grade: Grade, level: Level) -> str:
    if grade.first_error is None or not level.shows(Level.VERDICT):
        return ""
    line = next((step.line for step in grade.steps if step.step == grade.first_error and step.line), None)
    where = f"; the first mistake is at {printable(grade.first_error)}" + (f" (line {line})" if line else "")
    return where + _cause(grade)


def _cause(grade: Grade) -> str:
    """The first mistake's name, where it is clear, and that the rest follows from it."""
    codes = [d.code for step in grade.steps if step.step == grade.first_error for d in step.diagnosis[:1]]
    clear = any(d.confidence == "clear" for s in grade.steps if s.step == grade.first_error for d in s.diagnosis[:1])
    name = f": {printable(codes[0])}" if codes and clear else ""
    after = [step.verdict for step in grade.steps]
    others = sum(verdict in FIRST_ERRORS for verdict in after) - 1
    follows = after.count(Verdict.FOLLOW_THROUGH)
    rest = f"; {follows} later {'answer follows' if follows == 1 else 'answers follow'} from it" if follows else ""
    return name + (rest if not others else "")


def counted(steps: Iterable[StepGrade]) -> str:
    """How many steps there are of each verdict, in the verdicts' order."""
    verdicts = [step.verdict for step in steps]
    return ", ".join(f"{verdicts.count(each)} {WORDS[each]}" for each in Verdict if each in verdicts)


def _table(steps: tuple[StepGrade, ...], level: Level, colour: bool) -> str:
    from tabulate import tabulate

    full = level.shows(Level.FULL)
    headers = ["step", "your answer", *(("from your answers", "right value") if full else ()), "verdict", "points"]
    rows = [
        [
            printable(step.step),
            cell(echoed(step.submitted)),
            *((cell(step.carried), cell(step.reference)) if full else ()),
            _painted(WORDS[step.verdict], _COLOURS[step.verdict], colour),
            f"{amount(step.awarded)}/{amount(step.possible)}",
        ]
        for step in steps
    ]
    align = ["left"] * (len(headers) - 1) + ["right"]
    return str(tabulate(rows, headers, "simple", disable_numparse=True, colalign=align, preserve_whitespace=True))


def _remarks(steps: tuple[StepGrade, ...], level: Level) -> Iterator[str]:
    """What is said of each step that is not simply correct; what is said alike of several is said once."""
    groups: dict[tuple[object, ...], list[StepGrade]] = {}
    for step in steps:
        if nothing_to_say(step):
            continue
        alone = step.elements or step.formula
        said = (step.step,) if alone else (step.message, step.diagnosis, step.note)
        groups.setdefault(said, []).append(step)
    for group in groups.values():
        yield from _remark(group, level)


def nothing_to_say(step: StepGrade) -> bool:
    """Whether the table has said all there is: the answer is right, or there is none."""
    said = step.verdict is Verdict.CORRECT or (step.verdict is Verdict.MISSING and not step.submitted)
    return said and not (step.note or step.formula or step.diagnosis)


def _remark(group: list[StepGrade], level: Level) -> Iterator[str]:
    step = group[0]
    names = ", ".join(printable(each.step) for each in group)
    line = f" (line {step.line})" if len(group) == 1 and step.line else ""
    said, place = placed(step.message)
    yield from _wrapped(f"{names}{line}: {printable(said)}", "", "    ")
    yield from (f"    {printable(each)}" for each in place)  # a formula, and a caret below it
    for each in step.diagnosis:
        doubt = "possibly " if each.confidence == "possible" else ""
        where = f" at {printable(each.made_at)}, which you left out" if each.made_at else ""
        yield from _wrapped(f"{doubt}{printable(each.code)}{where}: {printable(each.hint)}", "    ", "        ")
    if step.note:
        yield from _wrapped(printable(step.note), "    ", "    ")
    if step.formula:
        yield from _wrapped(printable(equation(step.step, step.formula)), "    ", "        ")
    yield from _elements(step, level)


def _elements(step: StepGrade, level: Level) -> Iterator[str]:
    odd = [element for element in step.elements if element.verdict is not Verdict.CORRECT]
    for element in odd[:ELEMENTS]:
        where = f"{printable(step.step)}[{','.join(map(str, element.index))}]"
        right = f", right is {inline(element.reference)}" if level.shows(Level.FULL) else ""
        said, place = placed(element.message)
        why = f": {printable(said)}" if said else ""
        yield from _wrapped(
            f"{where}: {inline(echoed(element.submitted))} {WORDS[element.verdict]}{right}{why}", "    ", "        "
        )
        yield from (f"        {printable(each)}" for each in place)
    if len(odd) > ELEMENTS:
        yield f"    and {len(odd) - ELEMENTS} more elements"


def _warnings(grade: Grade) -> Iterator[str]:
    for notice in grade.warnings:
        yield from _wrapped(f"warning (line {notice.line}): {printable(notice.message)}", "", "    ")


def _wrapped(text: str, first: str, later: str) -> list[str]:
    from textwrap import wrap

    return wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
