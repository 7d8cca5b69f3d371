"""A grade as one page of HTML: what went wrong first and why, the graph with it marked, and every step.

It is drawn from an already redacted grade. Everything a student or an author wrote goes through `text` or `code`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from checker.model import Verdict
from checker.reports.causes import Told, elsewhere, follows, odd_elements, remarks
from checker.reports.language import say, say_count, spoken
from checker.reports.levels import Level
from checker.reports.mathml import formula_mathml, name_mathml
from checker.reports.page import page, text
from checker.reports.picture import graph_svg
from checker.reports.picture.graded import graded_items
from checker.reports.pieces import Pieces
from checker.reports.plain import cut, echoed, equation, inline, placed
from checker.reports.text import ELEMENTS, columns
from checker.reports.wording import SYMBOLS, amount, chosen, points, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.model import Grade, StepGrade
    from checker.reports.causes import Remark

LONGEST = 200  # characters of an answer that are shown
SHORT = 30  # characters of a formula that fit on a telephone
LINE = 80  # characters of a formula that fit on a line
SHORT_ROW = 4  # elements of a matrix that always stand on one line
MOST_CELLS = 64  # elements of an array that is shown as rows and columns

SAID = {
    Level.SCORE: "This report shows the points.",
    Level.VERDICT: "This report shows what is right and what is not, and names no cause.",
    Level.HINT: "This report shows what is right, what is not, and hints.",
    Level.FULL: "This report shows everything: hints, right values and how each step is worked.",
}


def _page(grade: Grade, level: Level, steps: Sequence[str]) -> str:
    whose = f"{grade.title or grade.problem}: {grade.student or grade.submission}"
    said = f"{say(SAID[level])} {say('Graded by check-backprop.')}"
    whole = f"<main>\n{_body(grade, level, steps)}\n</main>\n<footer>{said}</footer>"
    return page(whose, whole, language=spoken().name)


def body(grade: Grade, level: Level) -> str:
    """What stands on the page of an already redacted grade, to be put on another one."""
    return _body(grade, level, PIECES.steps(grade, level))


def _body(grade: Grade, level: Level, steps: Sequence[str]) -> str:
    title = text(grade.title) or text(grade.problem)
    who = ", ".join(filter(None, (text(grade.student), f"<code>{text(grade.submission)}</code>")))
    first = next((step for step in grade.steps if step.step == grade.first_error), None)
    parts = [f'<header>\n<h1>{title}</h1>\n<p class="byline">{who}</p>\n</header>', _summary(grade)]
    if first is not None:
        parts.append(_first(first, grade))
    if grade.steps:
        parts += [_picture(grade), _table(grade, level, steps)]
    listed = list(_remarks(grade, level))
    if listed:
        parts.append(f'<h2>{say("Step by step")}</h2>\n<dl class="remarks">\n{"".join(listed)}</dl>')
    if grade.warnings:
        lines = (f"<li>{say('line {line}', line=each.line)}: {text(each.message)}</li>" for each in grade.warnings)
        parts.append(f"<h2>{say('Warnings')}</h2>\n<ul>{''.join(lines)}</ul>")
    return "\n".join(parts)


def badge(verdict: Verdict, count: str = "") -> str:
    """A verdict as a colour, a symbol and a word."""
    symbol = f'<b aria-hidden="true">{SYMBOLS[verdict]}</b>'
    return f'<span class="verdict {verdict.value}">{symbol}{count}{word(verdict)}</span>'


@lru_cache(maxsize=4096)
def name(step: str) -> str:
    """A step's name as mathematics, with the name as typed beside it for who cannot see it or looks for it."""
    return f'<span class="name" title="{text(step)}">{name_mathml(step)}</span>'


def scrolls(written: str, step: str) -> str:
    """What makes a formula that may be wider than a page scroll, with the keyboard too; nothing for a short one."""
    return f' tabindex="0" role="group" aria-label="{text(step)}, worked"' if len(written) > SHORT else ""


def code(value: Any, longest: int = LONGEST) -> str:
    """What somebody typed, as it stands; nothing where there is none."""
    shown = cut(inline(value), longest).strip() if value is not None else ""
    return f"<code>{text(shown)}</code>" if shown else ""


def _summary(grade: Grade) -> str:
    share = grade.awarded / grade.possible if grade.possible else 0.0
    width = min(100.0, max(0.0, 100 * share))
    lines = [
        f'<section aria-label="{say("Points")}">',
        f'<p class="points">{points(grade.awarded, grade.possible)}</p>',
        f'<div class="meter" aria-hidden="true"><i style="width:{width:.4g}%"></i></div>',
    ]
    if grade.choice is not None:
        lines.append(f"<p>{chosen(grade)}</p>")
    if grade.steps:
        verdicts = [step.verdict for step in grade.steps]
        counted = (badge(each, f"{verdicts.count(each)} ") for each in Verdict if each in verdicts)
        lines.append(f'<ul class="legend">{"".join(f"<li>{each}</li>" for each in counted)}</ul>')
    return "\n".join([*lines, "</section>"])


def _first(step: StepGrade, grade: Grade) -> str:
    """The first mistake: where it is, what is said of it, and how much follows from it."""
    line = f" ({say('line {line}', line=step.line)})" if step.line else ""
    where = say("The first mistake is at {step}", step=name(step.step)) + line
    rest = follows(step, grade)
    said = f" {rest}." if rest else ""
    return (
        f'<section class="callout first" aria-label="{say("The first mistake")}">\n'
        f'<p class="big">{where}{elsewhere(step, grade, name)}. {_message(step)}{said}</p>\n'
        f"{_causes([Told(each) for each in step.diagnosis])}{_note(step)}</section>"
    )


def _causes(causes: Sequence[Told]) -> str:
    if not causes:
        return ""
    lines = []
    for told in causes:
        each, mistake = told.diagnosis, f"<code>{text(told.diagnosis.code)}</code>"
        said = say("possibly {mistake}", mistake=mistake) if each.confidence == "possible" else mistake
        if each.made_at:
            said += " " + say("at {step}, which you left out", step=name(each.made_at))
        if told.only:
            said += f" ({say('only {steps}', steps=', '.join(map(name, told.only)))})"
        hint = say("see {step}", step=name(told.before)) if told.before else text(each.hint)
        lines.append(f"<li>{hint} <small>({said})</small></li>\n")
    return f'<ul class="causes">\n{"".join(lines)}</ul>\n'


def _note(step: StepGrade) -> str:
    return f"<p>{text(step.note)}</p>\n" if step.note else ""


def _message(step: StepGrade) -> str:
    return _said(step.message)


def _said(message: str) -> str:
    """A message, with the place of what cannot be read on lines of its own."""
    said, place = placed(message)
    caret = "\n".join(map(text, place)) if place else ""
    return text(said) + (f"</p><pre>{caret}</pre><p>" if caret else "")


def _picture(grade: Grade) -> str:
    items = graded_items(grade)
    said = say_count("{count} step.", "{count} steps.", len(items))
    if grade.first_error is not None:
        said += " " + say("The first mistake is at {step}", step=grade.first_error) + "."
        carried = [item.name for item in items if item.follows]
        if carried:
            said += " " + say("It is carried on to {steps}.", steps=", ".join(carried))
    drawn = graph_svg(items, say("The computation graph of this problem"), said)
    if not drawn or not any(item.parents for item in items):  # boxes alone say no more than the table
        return ""
    caption = say("Every box is a step; an arrow goes from what a step uses to the step.")
    if any(item.follows for item in items):
        caption += " " + say("Thick arrows show where the first mistake was carried on to.")
    return (
        f'<h2>{say("The computation graph")}</h2>\n<figure>\n<div class="picture" tabindex="0" role="group" '
        f'aria-label="{say("The computation graph; it scrolls sideways")}">{drawn}</div>\n'
        f"<figcaption>{caption}</figcaption>\n</figure>"
    )


def _table(grade: Grade, level: Level, steps: Sequence[str]) -> str:
    *headers, last = columns(level.shows(Level.FULL))
    head = "".join(f'<th scope="col">{each}</th>' for each in headers)
    marks = (' class="first"' if step.step == grade.first_error else "" for step in grade.steps)
    rows = "\n".join(f"<tr{mark}>{row}</tr>" for mark, row in zip(marks, steps, strict=True))
    return (
        f'<h2>{say("Steps")}</h2>\n<div class="wide" tabindex="0" role="group" aria-label="{say("Table of steps")}">\n'
        f'<table>\n<thead><tr>{head}<th scope="col" class="number">{last}</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _cells(step: StepGrade, level: Level) -> tuple[str, str]:
    """A step's cells of the table, but for the answer."""
    full = level.shows(Level.FULL)
    values = f"<td>{_value(step.carried)}</td><td>{_value(step.reference)}</td>" if full else ""
    share = f'<td class="number">{amount(step.awarded)}/{amount(step.possible)}</td>'
    return f'<th scope="row">{name(step.step)}</th><td>', f"</td>{values}<td>{badge(step.verdict)}</td>{share}"


def _answer(step: StepGrade) -> str:
    """The answer as typed; an array in rows and columns, with the elements marked that are not right."""
    if not step.elements or len(step.elements) > MOST_CELLS or not isinstance(step.submitted, (list, tuple)):
        return code(echoed(step.submitted))
    rows: dict[tuple[int, ...], list[str]] = {}
    for element in step.elements:
        mark = "" if element.verdict is Verdict.CORRECT else f' class="verdict {element.verdict.value}"'
        told = f'<b title="{word(element.verdict)}">{SYMBOLS[element.verdict]}</b>' if mark else ""
        rows.setdefault(element.index[:-1], []).append(
            f"<span{mark}>{told}{code(echoed(element.submitted)) or '–'}</span>"
        )
    return _rows(rows.values())


def _value(value: Any) -> str:
    """A right or carried value; an array that is not too large in rows and columns."""
    if not isinstance(value, (list, tuple)) or _size(value) > MOST_CELLS:
        return code(value)
    rows = value if value and all(isinstance(row, (list, tuple)) for row in value) else [value]
    if any(isinstance(each, (list, tuple)) for row in rows for each in row):
        return code(value)
    return _rows([f"<span>{code(each) or '–'}</span>" for each in row] for row in rows)


def _size(value: Any) -> int:
    return sum(map(_size, value)) if isinstance(value, (list, tuple)) else 1


def _rows(rows: Iterable[Sequence[str]]) -> str:
    """Cells as a matrix; a vector, and a row that is too long for one line, may have several."""
    listed = list(rows)
    lines = "".join(
        f'<span class="row{" long" if len(listed) == 1 or len(row) > SHORT_ROW else ""}">{"".join(row)}</span>'
        for row in listed
    )
    return f'<span class="matrix">{lines}</span>'


def _remarks(grade: Grade, level: Level) -> Iterator[str]:
    """What is said of each step that is not simply correct; alike of several is said once, the first mistake above."""
    first = [step for step in grade.steps if step.step == grade.first_error]
    rest = [step for step in grade.steps if step not in first or odd_elements(step) or step.formula]
    for remark in remarks(rest, first):
        yield _remark(remark, level, first=remark.steps[0] in first)


def _remark(remark: Remark, level: Level, *, first: bool) -> str:
    step = remark.steps[0]
    names = ", ".join(name(each.step) for each in remark.steps)
    line = f" ({say('line {line}', line=step.line)})" if len(remark.steps) == 1 and step.line else ""
    parts = [f"<dt>{names}{line}</dt>\n<dd>"]
    if not first and (step.verdict is not Verdict.CORRECT or step.note or step.diagnosis):  # the table has said it
        parts.append(f"<p>{_message(step)}</p>\n{_causes(remark.causes)}{_note(step)}")
    if step.formula:
        written = equation(step.step, step.formula)
        parts.append(f'<p class="big"{scrolls(written, step.step)}>{_sides(written)}</p>\n')
    parts.append(_elements(step, level))
    return "".join(parts) + "</dd>\n"


def _sides(written: str) -> str:
    """`name = rule = numbers`, which may be broken before the second sign; what is too long for a line is text."""
    name, *others = written.split(" = ")
    sides = [" = ".join([name, *others[:1]]), *(f"= {each}" for each in others[1:])]
    return " ".join(formula_mathml(side) if len(side) <= LINE else code(side, longest=len(side)) for side in sides)


def _elements(step: StepGrade, level: Level) -> str:
    odd = odd_elements(step)
    if not odd:
        return ""
    lines = []
    for element in odd[:ELEMENTS]:
        where = f"{step.step}[{','.join(map(str, element.index))}]"
        right = f", {say('right is')} {code(element.reference)}" if level.shows(Level.FULL) else ""
        typed = code(echoed(element.submitted)) or say("nothing")
        why = f"<p>{_said(element.message)}</p>" if element.message else ""
        lines.append(f"<li>{name(where)}: {typed} {badge(element.verdict)}{right}{why}</li>")
    if len(odd) > ELEMENTS:
        lines.append(f"<li>{say('and {count} more elements', count=len(odd) - ELEMENTS)}</li>")
    return f"<ul>{''.join(lines)}</ul>"


PIECES = Pieces(_cells, lambda step: (_answer(step),), _page)
