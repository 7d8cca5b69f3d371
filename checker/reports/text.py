"""A grade as text for a terminal: the summary, a table, then what is to be said of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.outcome import Verdict
from checker.reports.causes import Remark, cause, first_mistake, odd_elements, remarks
from checker.reports.language import say
from checker.reports.levels import Level
from checker.reports.plain import cell, echoed, equation, inline, placed, printable
from checker.reports.wording import amount, chosen, points, word

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
    lines = [line for remark in remarks(grade.steps) for line in _remark(remark, level)]
    if lines:
        blocks.append("\n".join(lines))
    if grade.warnings:
        blocks.append("\n".join(_warnings(grade)))
    return "\n\n".join(blocks) + "\n"


def _heading(grade: Grade) -> Iterator[str]:
    yield printable(grade.title) or printable(grade.problem)
    yield ", ".join(filter(None, (printable(grade.student), printable(grade.submission))))


def _summary(grade: Grade, level: Level, colour: bool) -> Iterator[str]:
    total = _painted(points(grade.awarded, grade.possible), "1", colour)
    first = first_mistake(grade, printable) if level.shows(Level.VERDICT) else ""
    yield f"{total}; {first}" if first else total
    if grade.steps:
        yield counted(grade.steps)
    if grade.choice is not None:
        yield chosen(grade)


def counted(steps: Iterable[StepGrade]) -> str:
    """How many steps there are of each verdict, in the verdicts' order."""
    verdicts = [step.verdict for step in steps]
    return ", ".join(f"{verdicts.count(each)} {word(each)}" for each in Verdict if each in verdicts)


def columns(full: bool) -> list[str]:
    """The headings of the table of steps."""
    values = (say("from your answers"), say("right value")) if full else ()
    return [say("step"), say("your answer"), *values, say("verdict"), say("points")]


def _table(steps: tuple[StepGrade, ...], level: Level, colour: bool) -> str:
    from tabulate import tabulate

    full = level.shows(Level.FULL)
    headers = columns(full)
    rows = [
        [
            printable(step.step),
            cell(echoed(step.submitted)),
            *((cell(step.carried), cell(step.reference)) if full else ()),
            _painted(word(step.verdict), _COLOURS[step.verdict], colour),
            f"{amount(step.awarded)}/{amount(step.possible)}",
        ]
        for step in steps
    ]
    align = ["left"] * (len(headers) - 1) + ["right"]
    return str(tabulate(rows, headers, "simple", disable_numparse=True, colalign=align, preserve_whitespace=True))


def _remark(remark: Remark, level: Level) -> Iterator[str]:
    """What is said of each step that is not simply correct; what is said alike of several is said once."""
    step = remark.steps[0]
    names = ", ".join(printable(each.step) for each in remark.steps)
    line = f" ({say('line {line}', line=step.line)})" if len(remark.steps) == 1 and step.line else ""
    said, place = placed(step.message)
    yield from _wrapped(f"{names}{line}: {printable(said)}", "", "    ")
    yield from (f"    {printable(each)}" for each in place)  # a formula, and a caret below it
    for told in remark.causes:
        yield from _wrapped(cause(told, printable, printable), "    ", "        ")
    if step.note:
        yield from _wrapped(printable(step.note), "    ", "    ")
    if step.formula:
        yield from _wrapped(printable(equation(step.step, step.formula)), "    ", "        ")
    yield from _elements(step, level)


def _elements(step: StepGrade, level: Level) -> Iterator[str]:
    odd = odd_elements(step)
    for element in odd[:ELEMENTS]:
        where = f"{printable(step.step)}[{','.join(map(str, element.index))}]"
        right = f", {say('right is')} {inline(element.reference)}" if level.shows(Level.FULL) else ""
        said, place = placed(element.message)
        why = f": {printable(said)}" if said else ""
        yield from _wrapped(
            f"{where}: {inline(echoed(element.submitted))} {word(element.verdict)}{right}{why}", "    ", "        "
        )
        yield from (f"        {printable(each)}" for each in place)
    if len(odd) > ELEMENTS:
        yield f"    {say('and {count} more elements', count=len(odd) - ELEMENTS)}"


def _warnings(grade: Grade) -> Iterator[str]:
    for notice in grade.warnings:
        yield from _wrapped(
            f"{say('warning (line {line})', line=notice.line)}: {printable(notice.message)}", "", "    "
        )


def _wrapped(text: str, first: str, later: str) -> list[str]:
    from textwrap import wrap

    return wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
