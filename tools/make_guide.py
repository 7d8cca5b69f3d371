"""Writes docs/guide.md and its pictures from tools/guide.md: every number in the text is worked by the tool.

    python tools/make_guide.py

A problem of the text stands in it as a block of ```yaml with `file=NAME`; what the text says of it is asked of the
engine. That the checker names a mistake as the text says is tried before it is written down.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from checker.grading import grade_submission
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.model import Kind
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.reports.picture import Item, chart_svg, graph_svg, network_svg, units_of
from checker.reports.picture.chart import Curve
from checker.reports.solvedpage import loss_chart
from checker.solving import solve_problem
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.model import Problem, Solution

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "guide.md"
TEXT = ROOT / "tools" / "guide.md"
IMAGES = ROOT / "docs" / "images"
LONGEST = 40  # characters of an activation's formula that a table has room for
AT = ("-1", "1/2", "3")  # where slopes are compared
# colours for a picture that has no page around it, on paper that is always white
STYLE = (
    "<style>text{fill:#1b1f27;font-family:'STIX Two Math','Cambria Math','Latin Modern Math',serif}"
    ".soft{fill:#566070;font-family:sans-serif}.box{fill:#f5f7fa;stroke:#566070}.bar{stroke:#1b1f27}"
    ".edge{fill:none;stroke:#566070;stroke-opacity:.6}.head{fill:#566070}"
    ".halo{stroke:#fff;stroke-width:4;paint-order:stroke}</style>"
)


# ---------------------------------------------------------------- numbers


@cache
def problem(name: str) -> Problem:
    """A problem that stands in the text, or a shipped one."""
    found = re.search(
        rf"^```yaml file={re.escape(name)}\.yaml\n(.*?)^```$",
        TEXT.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    path = ROOT / "problem_sets" / f"{name}.yaml"
    return load_problem(found[1].encode() if found else path.read_bytes(), f"{name}.yaml")


@cache
def solved(name: str, iterations: int | None = None, rates: tuple[str, ...] = ()) -> Solution:
    """The problem worked out."""
    return solve_problem(problem(name), iterations, learning_rates=rates)


def value(name: str, step: str) -> Any:
    """The number of a step; an element as `W1[2,1]`."""
    base, _, index = step.partition("[")
    found = next(each.value for each in solved(name).steps if each.step == base)
    for place in index.rstrip("]").split(",") if index else ():
        found = found[int(place) - 1]
    return found


def shown(number: float, digits: int = 4) -> str:
    """A number to so many significant digits, with the sign that is as wide as a plus."""
    return f"{number + 0.0:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def number(name: str, step: str, digits: int = 4) -> str:
    """A step's number as text."""
    return shown(value(name, step), digits)


def moved(name: str, parameter: str, by: str) -> float:
    """The loss with one parameter moved."""
    changed = [
        replace(each, values=tuple(v + Fraction(by) for v in each.values)) if each.name == parameter else each
        for each in problem(name).quantities
    ]
    worked = solve_problem(replace(problem(name), quantities=tuple(changed)), steps=(problem(name).loss,))
    return float(worked.steps[0].value)


def difference(name: str, parameter: str, by: str = "1/1000") -> float:
    """The gradient of a parameter from two losses, one on each side."""
    return (moved(name, parameter, by) - moved(name, parameter, f"-{by}")) / (2 * float(Fraction(by)))


# ---------------------------------------------------------------- tables


def steps(name: str) -> str:
    """A table of a problem's steps: what each is, its formula with the numbers, its value."""
    rows = ["| step | rule | with the numbers | value |", "|---|---|---|---|"]
    for each in solved(name).steps:
        numbers = each.substitution or ""
        rows.append(f"| `{each.step}` | `{each.formula}` | `{numbers}` | {shown(each.value)} |")
    return "\n".join(rows)


def activations() -> str:
    """The table of activations that work on one number: formula, slope, and the slope at three places."""
    heads = " | ".join(f"at z = {shown(float(Fraction(at)))}" for at in AT)
    rows = [f"| activation | a = f(z) | slope da/dz | {heads} |", "|---|---|---|" + "---|" * len(AT)]
    for entry in ACTIVATIONS.values():
        if not entry.backward and not entry.parameters and len(entry.formula) <= LONGEST:
            slopes = [slope(entry.name, at) for at in AT]
            values = " | ".join(shown(each, 3) for _, each in slopes)
            rows.append(f"| {entry.name} | `{entry.formula}` | `{slopes[0][0]}` | {values} |")
    return "\n".join(rows)


@cache
def slope(activation: str, at: str) -> tuple[str, float]:
    """The formula of an activation's slope, and its value at a place."""
    text = (
        f"format: check-backprop/problem@1\nid: slope\ngiven: {{x: {at}}}\nforward: {{z: x + 0, a: {activation}(z)}}\n"
        "loss: {L: sum(a)}\nask: [da_dz]\n"
    )
    (step,) = solve_problem(load_problem(text.encode(), "slope.yaml"), steps=("da_dz",)).steps
    return step.formula, float(step.value)


def _no_formulas(*_: Any) -> Any:
    raise AssertionError("there is no formula among the answers")


def mistake(name: str, step: str, code: str, wrong: Callable[[Callable[[str], float]], float]) -> str:
    """A row of the table of mistakes, once the checker has named it: what is done, what is written, what is right."""
    program = compile_problem(problem(name), mistakes=True)
    right = {item.label: value(name, item.label) for item in program.ask}
    written = wrong(lambda other: value(name, other))
    answers = "".join(f"  {label}: {written if label == step else each:.11f}\n" for label, each in right.items())
    sheet = load_submission(
        f"format: check-backprop/submission@1\nproblem: {name}\nstudent: s\nanswers:\n{answers}".encode(), "s.yaml"
    )
    grade = grade_submission(sheet, program, _no_formulas, lambda: program)
    named = [each.code for found in grade.steps if found.step == step for each in found.diagnosis]
    if not named or named[0] != code:
        raise AssertionError(f"{name}, {step} = {written}: {named}, not {code}")
    entry = MISCONCEPTIONS[code]
    return f"| `{code}` | {entry.does} | `{step}` | {shown(written)} | {shown(right[step])} | {entry.hint} |"


def hint(code: str) -> str:
    """The hint of a mistake."""
    return MISCONCEPTIONS[code].hint


def depth(name: str) -> list[float]:
    """The gradients of a chain's weights, from the first layer to the last."""
    return [float(value(name, f"dL_d{each}")) for each in problem(name).trained]


# ---------------------------------------------------------------- pictures


def pictures() -> dict[str, str]:
    """Every picture of the page by its file's name."""
    neuron = solved("neuron-sigmoid")
    items = [
        Item(each.step, each.kind, tuple(p for p in each.parents if p in {s.step for s in neuron.steps}))
        for each in neuron.steps
        if each.kind is not Kind.UPDATE
    ]
    dense = problem("mazur-2-2-2-network")
    units = units_of(dense, {each.step: each.shape for each in solved("mazur-2-2-2-network").steps})
    assert units is not None
    gradients = [abs(each) for each in depth("chain")]
    return {
        "guide-graph.svg": alone(graph_svg(items, "The steps of one neuron", "Forward, slopes, gradients."), STYLE),
        "guide-network.svg": alone(network_svg(units, "Two inputs, two hidden units, two outputs")),
        "guide-rates.svg": alone(
            loss_chart(solved("line", 12, ("0.45", "0.52")), "The loss with three learning rates")
        ),
        "guide-depth.svg": alone(
            chart_svg(
                [Curve("", gradients)],
                "The size of the gradient, layer by layer",
                upward="|gradient of the layer's weight|",
                across="layers above the first",
                said=f"From {shown(gradients[0], 2)} at the first layer to {shown(gradients[-1], 2)} at the last.",
            )
        ),
    }


def alone(svg: str, style: str = "") -> str:
    """The picture as a file: white paper and colours of its own."""
    head, end, rest = svg.partition(">")
    return f'{head}{end}{style}<rect width="100%" height="100%" fill="#fff"/>{rest}\n'


def page() -> str:
    """The text of the page."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown
    environment.globals.update(
        n=number, value=value, shown=shown, steps=steps, activations=activations, difference=difference, solved=solved,
        hint=hint, mistakes=mistakes, parameters=parameters, slope=slope,
    )  # fmt: skip
    return environment.from_string(TEXT.read_text(encoding="utf-8")).render()


def parameters(*widths: int) -> int:
    """How many weights and biases a dense network has."""
    return sum(b * (a + 1) for a, b in itertools.pairwise(widths))


def mistakes() -> str:
    """The table of common mistakes."""
    head = ["| code | what is done | at | written | right | the hint |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(mistake(*each) for each in MISTAKES)])


MISTAKES: tuple[tuple[str, str, str, Callable[[Callable[[str], float]], float]], ...] = (
    ("neuron-sigmoid", "dL_dz", "act_deriv_missing", lambda v: v("dL_da")),
    ("neuron-sigmoid", "da_dz", "sigmoid_deriv_at_z_formula", lambda v: v("z") * (1 - v("z"))),
    ("neuron-tanh", "da_dz", "tanh_deriv_sigmoid_form", lambda v: v("a") * (1 - v("a"))),
    ("neuron-sigmoid", "L", "loss_half_missing", lambda v: 2 * v("L")),
    ("neuron-sigmoid", "dL_da", "err_sign_y_minus_a", lambda v: -v("dL_da")),
    ("neuron-sigmoid", "dL_dw2", "input_missing_grad_w", lambda v: v("dL_dz")),
    ("neuron-sigmoid", "dL_db", "bias_grad_ignored", lambda _: 0.0),
    ("neuron-sigmoid", "w1_new", "update_sign", lambda v: 0.8 + 0.1 * v("dL_dw1")),
    ("neuron-sigmoid", "w1_new", "lr_missing", lambda v: 0.8 - v("dL_dw1")),
    ("mazur-2-2-2", "dE_total_dout_h1", "one_path_only", lambda v: v("dE_total_dnet_o1") * 0.4),
)


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
    for file, svg in pictures().items():
        (IMAGES / file).write_text(svg, encoding="utf-8")
