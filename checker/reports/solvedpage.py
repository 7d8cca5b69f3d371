"""A solution as one page of HTML: what is given, the network, every step as mathematics, the graph, the loss curve.

A picture that would be too large to find anything in is left out; the steps are always there.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite, prod
from typing import TYPE_CHECKING

from checker.readings.notation import latex_array, latex_name
from checker.reports.mathml import formula_mathml, mathml, name_mathml, number_latex
from checker.reports.page import page, text
from checker.reports.picture import Curve, Item, chart_svg, graph_svg, network_svg, units_of
from checker.reports.plain import flat, inline
from checker.reports.worked import HEADINGS, SHORT, curve_table, curves, grouped, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.model import Problem, Quantity, Solution, SolvedStep

MOST_ROWS, MOST_COLUMNS = 12, 6  # of an array that are shown; dots stand for the others
LONG = 24  # letters and digits of a formula that fit on a telephone
UNWRITTEN = re.compile(r"operatorname\{(einsum|gather|collect)\}")  # what mathematics has no short word for
_SIGNS = re.compile(r"\\[a-zA-Z]+|[\s{}\\&]")
_NESTING = re.compile(r" \+ |\\left\b|\\right\b|\\begin\b|\\end\b|\{|\}")
BETWEEN = r",\; "
SIGNIFICANT = 6  # digits of a loss and of an array's elements, where nothing is asked
CURVE = 3  # points that make a curve worth drawing
STYLE = """
.given { display: flex; flex-wrap: wrap; gap: .3rem 2rem; align-items: center; margin: .5rem 0; max-width: 100%; }
.part { max-width: 100%; overflow-x: auto; overflow-y: hidden; padding: .1rem 0; }
.worked { list-style: none; margin: 0; padding: 0; }
.worked li { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .1rem 1rem; align-items: center;
  border-bottom: 1px solid var(--line); padding: .45rem 0; break-inside: avoid; }
.worked code { color: var(--soft); }
.equation { display: flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center; min-width: 0; }
.equation math { math-style: normal; font-size: 1.16em; }
.put-in { color: var(--soft); }
.result { font-weight: 600; background: var(--card); border-radius: .3rem; padding-right: .4rem !important; }
.digits { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; grid-column: 2; }
@media (max-width: 40rem) { .worked li { grid-template-columns: minmax(0, 1fr); } .digits { grid-column: 1; } }
@media print { .result { outline: 1px solid var(--line); } .equation math { font-size: 1em; }
  .worked li { grid-template-columns: 5.5rem minmax(0, 1fr); } .part { overflow: visible; } }
"""


def draw(worked: Solution, digits: int | None = None) -> str:
    """The page; with `digits`, every number shows so many, and exact values stand beside them whatever their length."""
    whole = f"<main>\n{body(worked, digits)}\n</main>\n<footer>Worked by check-backprop.</footer>"
    return page(worked.title or worked.problem, whole, style_too=STYLE)


def body(worked: Solution, digits: int | None = None) -> str:
    """What stands on the page, to be put on another one."""
    problem = worked.source
    typed = {each.name: each.text for each in problem.equations} if problem is not None else {}
    parts = [heading(worked.title, worked.problem)]
    if problem is not None:
        parts += [*given(problem, digits), _network(problem, worked)]
    if len(worked.loss_curve) > 1:
        parts.append(_loss(worked, digits))
    for kind, steps in grouped(worked.steps):
        rows = "\n".join(_step(step, digits, typed.get(step.step, "")) for step in steps)
        parts.append(f'<section>\n<h2>{HEADINGS[kind]}</h2>\n<ol class="worked">\n{rows}\n</ol>\n</section>')
    if worked.closed_forms:
        forms = (mathml(f"{latex_name(form.step)} = {form.latex}", display=True) for form in worked.closed_forms)
        lines = "\n".join(
            f'<div class="wide" tabindex="0" role="group" aria-label="A formula">{each}</div>' for each in forms
        )
        parts.append(f"<section>\n<h2>In givens and parameters alone</h2>\n{lines}\n</section>")
    parts.append(_graph(worked))
    return "\n".join(filter(None, parts))


def heading(title: str, problem_id: str) -> str:
    """A problem's title, and its id as it is typed."""
    called = f'<p class="byline"><code>{text(problem_id)}</code></p>'
    return f"<header>\n<h1>{text(title or problem_id)}</h1>\n{called}\n</header>"


def loss_chart(worked: Solution, title: str = "The loss over repeated updates") -> str:
    """The loss curve, and those with other learning rates, as one `svg` element; empty where there is none."""
    if len(worked.loss_curve) < 2:
        return ""
    found = curves(worked)
    said = " ".join(f"{label}: {remark}" if label else remark for label, _, remark in found)
    shown = [Curve(label, losses) for label, losses, _ in found]
    return chart_svg(shown, title, upward=worked.loss_name, said=said, id="loss")


# ---------------------------------------------------------------- what is given


def given(problem: Problem, digits: int | None = None) -> Iterator[str]:
    """The givens, the parameters and the update of a problem, a section each."""
    for role, heading in (("given", "Given"), ("parameter", "Parameters")):
        found = [_quantity(each, digits) for each in problem.quantities if each.role == role]
        if found:
            yield f'<section>\n<h2>{heading}</h2>\n<div class="given">{"".join(found)}</div>\n</section>'
    if problem.update is not None:
        settings = [
            f"{name.replace('_', ' ')} {float(value):g}" for name, value in problem.update.settings.items() if value
        ]
        form = f" ({text(problem.update.form)})" if problem.update.form else ""
        yield f"<p>Update: {text(problem.update.optimizer)}{form}, {text(', '.join(settings))}.</p>"


def _quantity(quantity: Quantity, digits: int | None) -> str:
    shown = _array([float(value) for value in quantity.values], quantity.shape, digits)
    return _part("part", f"{latex_name(quantity.name)} =", shown, quantity.name)


def _array(values: Sequence[float | None], shape: tuple[int, ...], digits: int | None) -> str:
    """Numbers as LaTeX: a vector as a column, of a large array its first rows and columns and the last."""
    if not shape:
        return _latex(values[0], digits)
    if len(shape) > 2:
        size = prod(shape[1:])
        inner = [_array(values[k * size : (k + 1) * size], shape[1:], digits) for k in range(min(shape[0], MOST_ROWS))]
        if shape[0] > MOST_ROWS:
            inner.append(r"\ldots")
        return rf"\left({BETWEEN.join(inner)}\right)"
    digits = digits or SIGNIFICANT
    rows, columns = (shape[0], 1) if len(shape) == 1 else shape
    down, across = _kept(rows, MOST_ROWS), _kept(columns, MOST_COLUMNS)
    texts = [
        r"\cdots" if i is None or j is None else _latex(values[i * columns + j], digits) for i in down for j in across
    ]
    return latex_array(texts, (len(down), len(across)))


def _kept(count: int, most: int) -> list[int | None]:
    if count <= most:
        return list(range(count))
    return [*range(most - 2), None, count - 1]


def _latex(value: float | None, digits: int | None) -> str:
    if value is None or not isfinite(value):
        return r"\text{-}" if value is None or value != value else r"\infty" if value > 0 else r"-\infty"  # noqa: PLR0124 - NaN
    return number_latex(number(value, digits))


# ---------------------------------------------------------------- pictures


def _network(problem: Problem, worked: Solution) -> str:
    shapes = {step.step: step.shape for step in worked.steps}
    names = {each.name for each in problem.equations}
    if not names <= set(shapes):  # only some steps were asked for
        return ""
    units = units_of(problem, shapes)
    if units is None:
        return ""
    drawn = network_svg(units, "The network")
    caption = "Every circle is a unit, named for what it gives; a line carries a signal, times the weight on it."
    return _figure("The network", drawn, caption)


def _graph(worked: Solution) -> str:
    known = {step.step for step in worked.steps}
    if len(known) < 2:
        return ""
    items = [
        Item(step.step, step.kind, tuple(parent for parent in step.parents if parent in known)) for step in worked.steps
    ]
    drawn = graph_svg(items, "The computation graph of this problem", f"{len(items)} steps.")
    caption = "Every box is a step; an arrow goes from what a step uses to the step."
    return _figure("The computation graph", drawn, caption) if drawn else ""


def _figure(heading: str, drawn: str, caption: str) -> str:
    return (
        f'<section>\n<h2>{heading}</h2>\n<figure>\n<div class="picture" tabindex="0" role="group" '
        f'aria-label="{heading}; it scrolls sideways">{drawn}</div>\n<figcaption>{caption}</figcaption>\n</figure>\n'
        "</section>"
    )


def _loss(worked: Solution, digits: int | None) -> str:
    drawn = loss_chart(worked) if len(worked.loss_curve) >= CURVE else ""
    headers, numbers = curve_table(worked, digits or SIGNIFICANT)
    head = "".join(f'<th scope="col" class="number">{text(each)}</th>' for each in headers)
    rows = "\n".join(
        f'<tr><th scope="row" class="number">{count}</th>'
        + "".join(f'<td class="number">{loss}</td>' for loss in losses)
        + "</tr>"
        for count, *losses in numbers
    )
    remarks = "\n".join(
        f"<p>{f'<b>{text(label)}:</b> ' if label else ''}{text(remark)}</p>" for label, _, remark in curves(worked)
    )
    scrolls = 'class="picture" tabindex="0" role="group" aria-label="The loss curve; it scrolls sideways"'
    figure = f"<figure>\n<div {scrolls}>{drawn}</div>\n</figure>\n" if drawn else ""
    return (
        f"<section>\n<h2>The loss over repeated updates</h2>\n{figure}{remarks}\n"
        '<div class="wide" tabindex="0" role="group" aria-label="The loss after so many updates">\n'
        '<table class="losses">\n<caption class="soft">The loss after so many updates</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n</section>"
    )


# ---------------------------------------------------------------- steps


def _step(step: SolvedStep, digits: int | None, typed: str) -> str:
    """The name as it is typed, the rule, the numbers put in, the exact value where it is short, and the decimal.

    `typed` is an equation as its author wrote it, which stands where mathematics has no short word for the rule.
    """
    name = latex_name(step.step)
    value = _array(list(flat(step.value)), step.shape, digits)
    shown = [step.latex.removeprefix(f"{name} = "), *step.latex_parts]
    exact = inline(step.exact) if step.exact not in (None, "") else ""
    if len(step.latex_parts) > 1 and len(exact) > SHORT:  # it says less than the decimal
        shown.pop()
    parts = [f'<span class="part">{name_mathml(step.step)}</span>']
    if typed and UNWRITTEN.search(shown[0]):
        parts.append(f'<span class="part">{formula_mathml(f"= {typed}")}</span>')
        shown = []
    parts += [
        _part("part put-in" if place else "part", "=", latex, step.step)
        for place, latex in enumerate(dict.fromkeys(shown))
        if latex != value
    ]
    parts.append(_part("part result", "=" if _whole(step, digits) else r"\approx", value, step.step))
    lines = [f'<div class="equation">{"".join(parts)}</div>']
    if digits is not None and exact and not step.shape and (len(exact) > SHORT or "…" in exact):
        lines.append(f'<div class="digits"><code>{text(exact)}</code></div>')
    return f"<li><code>{text(step.step)}</code>{''.join(lines)}</li>"


def _part(kind: str, sign: str, latex: str, step: str) -> str:
    """A side of an equation; what may be wider than a telephone scrolls, with the keyboard too."""
    terms = list(_terms(latex)) if len(_SIGNS.sub("", latex)) > LONG else [latex]
    long = any(len(_SIGNS.sub("", term)) > LONG for term in terms)
    scrolls = f' tabindex="0" role="group" aria-label="A part of {text(step)}"' if long else ""
    terms[0] = f"{sign} {terms[0]}"
    return f'<span class="{kind}"{scrolls}>{" ".join(map(mathml, terms))}</span>'


def _terms(latex: str) -> Iterator[str]:
    """The terms of a sum, each with its sign: a line may be broken before each."""
    start = depth = 0
    for found in _NESTING.finditer(latex):
        if found[0] in " + ":
            if not depth:
                yield latex[start : found.start()]
                start = found.start() + 1
        else:
            depth += 1 if found[0] in ("{", "\\left", "\\begin") else -1
    yield latex[start:]


def _whole(step: SolvedStep, digits: int | None) -> bool:
    """Whether the decimals shown are all there are."""
    if step.shape:
        digits = digits or SIGNIFICANT
    exact, values = list(flat(step.exact)), list(flat(step.value))
    try:
        return len(exact) == len(values) and all(
            Fraction(a) == Fraction(number(b, digits)) for a, b in zip(exact, values, strict=True)
        )
    except (ValueError, TypeError, ZeroDivisionError):  # a closed form, an ellipsis, nothing
        return False
