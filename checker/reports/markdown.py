"""Grades and solutions as Markdown (GitHub's tables), in which nothing a student typed is markup."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from checker.outcome import Verdict
from checker.reports.causes import Remark, cause, first_mistake, odd_elements, remarks
from checker.reports.language import say
from checker.reports.levels import Level
from checker.reports.pieces import Pieces
from checker.reports.plain import cut, echoed, equation, inline, placed, printable
from checker.reports.text import ELEMENTS, columns, counted
from checker.reports.wording import amount, chosen, points, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.model import Grade, Solution, SolvedStep, StepGrade

LONGEST = 200

_SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|~&$@^="})


def escaped(text: str) -> str:
    r"""`text` as words of a paragraph: every mark that could mean something is escaped.

    >>> escaped("a*b*c_1 <b>")
    'a\\*b\\*c\\_1 \\<b\\>'
    """
    return printable(text).translate(_SPECIAL)


def code(value: Any) -> str:
    """A value, or anything a student typed, as code; in a code span neither HTML, links nor mentions have a meaning.

    What a span cannot hold (a backtick, a backslash, a bar inside a table) is written with character references.

    >>> code("a|b"), code(["1", "2"]), code(None)
    ('<code>a&#124;b</code>', '`[1, 2]`', '')
    """
    text = cut(inline(value), LONGEST).strip() if value is not None else ""
    if not text:
        return ""
    if any(mark in text for mark in "`\\|"):
        plain = "".join(each if each.isalnum() or each == " " else f"&#{ord(each)};" for each in text)
        return f"<code>{plain}</code>"
    return f"`{text}`"


# names of steps and mistakes, and sentences of ours: the same for many students
_name = lru_cache(maxsize=4096)(code)
_sentence = lru_cache(maxsize=4096)(escaped)


def fenced(lines: list[str]) -> Iterator[str]:
    """Lines as they stand, in a fence that none of them can close."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from map(printable, lines)
    yield fence


def _whole(grade: Grade, level: Level, steps: Sequence[str]) -> str:
    blocks = [
        f"# {escaped(grade.title) or code(grade.problem)}",
        ", ".join(filter(None, (code(grade.student), code(grade.submission)))),
        _summary(grade, level),
    ]
    if grade.choice is not None:
        blocks.append(chosen(grade))
    if steps:
        headers = columns(level.shows(Level.FULL))
        blocks.append("\n".join([_row(headers), _row(["---"] * (len(headers) - 1) + ["---:"]), *steps]))
    lines = [line for remark in remarks(grade.steps) for line in _remark(remark, level)]
    if lines:
        blocks += [f"## {say('Step by step')}", "\n".join(lines)]
    if grade.warnings:
        lines = [f"- {say('line {line}', line=notice.line)}: {code(notice.message)}" for notice in grade.warnings]
        blocks += [f"## {say('Warnings')}", "\n".join(lines)]
    return "\n\n".join(blocks) + "\n"


def _summary(grade: Grade, level: Level) -> str:
    text = f"**{points(grade.awarded, grade.possible)}**"
    if level.shows(Level.VERDICT) and grade.first_error is not None:
        text += f"; {first_mistake(grade, _name)}"
    return f"{text}. {counted(grade.steps)}." if grade.steps else f"{text}."


def _piece(step: StepGrade, level: Level) -> tuple[str, str]:
    """A step's row of the table, but for the answer."""
    values = (code(step.carried), code(step.reference)) if level.shows(Level.FULL) else ()
    share = f"{amount(step.awarded)}/{amount(step.possible)}"
    return f"| {_name(step.step)} | ", f" | {' | '.join([*values, word(step.verdict), share])} |"


def _answer(step: StepGrade) -> tuple[str]:
    return (code(echoed(step.submitted)),)


PIECES = Pieces(_piece, _answer, _whole)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _remark(remark: Remark, level: Level) -> Iterator[str]:
    step = remark.steps[0]
    # why an answer is unreadable quotes the answer
    quoted = step.verdict is Verdict.UNREADABLE and not any(element.message for element in step.elements)
    message, place = placed(step.message)
    said = code(message) if quoted else _sentence(message)
    line = f" ({say('line {line}', line=step.line)})" if len(remark.steps) == 1 and step.line else ""
    yield f"- {', '.join(_name(each.step) for each in remark.steps)}{line}: {said}"
    if place:
        yield from (f"  {each}".rstrip() for each in fenced(place))
    for told in remark.causes:
        yield f"  - {cause(told, _name, _sentence)}"
    if step.note:
        yield f"  - {escaped(step.note)}"
    if step.formula:
        yield f"  - {code(equation(step.step, step.formula))}"
    odd = odd_elements(step)
    for element in odd[:ELEMENTS]:
        where = f"{step.step}[{','.join(map(str, element.index))}]"
        right = f", {say('right is')} {code(element.reference)}" if level.shows(Level.FULL) else ""
        said, place = placed(element.message)
        why = f": {code(said)}" if said else ""
        typed = code(echoed(element.submitted)) or say("nothing")
        yield f"  - {code(where)}: {typed} {word(element.verdict)}{right}{why}"
        if place:
            yield from (f"    {each}".rstrip() for each in fenced(place))
    if len(odd) > ELEMENTS:
        yield f"  - {say('and {count} more elements', count=len(odd) - ELEMENTS)}"


def draw_solution(worked: Solution, digits: int | None = None) -> str:
    """A solution as Markdown, its formulas as LaTeX between dollar signs."""
    from checker.readings.notation import latex_name
    from checker.reports.worked import HEADINGS, curve_table, curves, grouped

    blocks = [f"# {escaped(worked.title) or code(worked.problem)}"]
    for kind, steps in grouped(worked.steps):
        blocks.append(f"## {HEADINGS[kind]}")
        blocks += [_solved(step, digits) for step in steps]
    if worked.closed_forms:
        blocks.append("## In givens and parameters alone")
        blocks += [f"$$\n{latex_name(form.step)} = {form.latex}\n$$" for form in worked.closed_forms]
    if len(worked.loss_curve) > 1:
        headers, numbers = curve_table(worked, digits)
        rows = [_row(["updates", *map(code, headers[1:])]), _row(["---:", *(["---"] * (len(headers) - 1))])]
        blocks += ["## The loss after so many updates", "\n".join([*rows, *map(_row, numbers)])]
    said = (f"{label}: {remark}" if label else remark for label, _, remark in curves(worked) if remark)
    blocks += map(escaped, said)
    return "\n\n".join(blocks) + "\n"


def _solved(step: SolvedStep, digits: int | None) -> str:
    from checker.reports.worked import values

    # LaTeX is ours, made from names that the language allows; a line that is empty would end the formula
    formula = " ".join(step.latex.split())
    lines = [f"$$\n{formula}\n$$" if formula else code(equation(step.step, step.formula))]
    parts = [step.substitution.removeprefix(f"{step.step} = "), *values(step, digits)]
    shown = list(dict.fromkeys(code(each) for each in parts if each))
    lines.append(f"{code(step.step)} = {' = '.join(shown)}")
    return "\n\n".join(lines)
