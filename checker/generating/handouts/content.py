"""What a handout says, before it is Markdown, a page or a PDF: put together once for a structure, with holes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from checker.expression.parser import parse
from checker.expression.tree import Binary, Call, Negative
from checker.expression.written import names
from checker.generating.blank import HEADINGS, points, rounding
from checker.generating.handouts.formula import latex_of, operator
from checker.generating.variant import Place
from checker.graph.build import decimal
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.conventions import CONVENTIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Kind
from checker.problem.equations import walk
from checker.problem.language import FUNCTIONS
from checker.problem.words import shape_in_words
from checker.readings.notation import latex_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checker.expression.tree import Expression
    from checker.model import Problem, Shape
    from checker.readings.program import Asked, Program

Number = str | Place
ACROSS = 14  # columns of numbers, names counted as two, that stand beside each other


class Given(NamedTuple):
    """A given or a parameter: its name as LaTeX and its numbers, row by row, those that are drawn as places."""

    name: str
    latex: str
    role: str
    shape: Shape
    numbers: tuple[Number, ...]


def rows(givens: Sequence[Given]) -> list[list[Given]]:
    """The arrays among some givens, in rows that a page is wide enough for."""
    found: list[list[Given]] = []
    room = 0
    for each in givens:
        if each.shape:
            wide = 2 + (each.shape[-1] if len(each.shape) > 1 else 1) * max(1, prod(each.shape[:-2]))
            if wide > room:
                found.append([])
                room = ACROSS
            found[-1].append(each)
            room -= wide
    return found


class Line(NamedTuple):
    """A formula: both sides as LaTeX."""

    left: str
    right: str


class Question(NamedTuple):
    """A question: the step's name as typed and as LaTeX, its shape in words ('' for a number), points and rounding."""

    label: str
    latex: str
    shape: str
    points: str
    rounding: str


class Group(NamedTuple):
    """The questions of one kind."""

    heading: str
    questions: tuple[Question, ...]


class Posed(Protocol):
    """What is handed out: a structure of a template, or a problem whose numbers are all given.

    `sources` has for each given and parameter where each of its numbers comes from, None where it stands in the file;
    `asked` is what the problem asks.
    """

    @property
    def problem(self) -> Problem:
        """The problem as it was read."""

    @property
    def program(self) -> Program:
        """The problem, ready to grade."""

    @property
    def sources(self) -> Mapping[str, Sequence[Place | None]]:
        """Where the numbers come from."""

    @property
    def asked(self) -> Sequence[Asked]:
        """The questions."""


class Handout(NamedTuple):
    """All that a handout says: `definitions` are the functions that equations name, `rules` how parameters change."""

    title: str
    givens: tuple[Given, ...]
    parameters: tuple[Given, ...]
    equations: tuple[Line, ...]
    definitions: tuple[Line, ...]
    notes: tuple[str, ...]
    update: str
    rules: tuple[Line, ...]
    conventions: tuple[str, ...]
    groups: tuple[Group, ...]
    total: str
    same_rounding: str
    judging: tuple[str, ...]  # how to round, and how answers are judged


_CONVOLUTION = "a convolution slides the kernel over the input without turning it round, one step at a time, unpadded"
_POOLING = "a pooling goes over windows that do not overlap, row by row, unless another stride is given"
_NOTES = {
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "max_pool": _POOLING,
    "avg_pool": _POOLING,
}
_METHODS = {"sgd": "gradient descent", "adam": "Adam", "adamw": "AdamW", "adagrad": "AdaGrad", "rmsprop": "RMSProp"}

ROUND_LATE = "Carry on with all the digits you have, and round only what you write down."
_EXPECTED = {
    "any": "a number, a fraction, or a formula in the names above",
    "value": "a number or a fraction",
    "formula": "a formula in the names above",
    "both": "a number together with the formula that gives it",
}


def handout(structure: Posed) -> Handout:
    """The handout of a structure or a problem."""
    problem, program = structure.problem, structure.program
    given = [
        Given(
            quantity.name,
            latex_name(quantity.name),
            quantity.role,
            quantity.shape,
            tuple(
                source if source is not None else text
                for text, source in zip(quantity.texts, structure.sources[quantity.name], strict=True)
            ),
        )
        for quantity in problem.quantities
    ]
    shapes = {**program.shapes, **{quantity.name: quantity.shape for quantity in problem.quantities}}
    arrays = frozenset(name for name, shape in shapes.items() if shape)
    equations = tuple(
        Line(latex_name(each.name), latex_of(each.expression, arrays=arrays)) for each in problem.equations
    )
    calls: dict[str, int] = {}
    for each in problem.equations:
        for part in walk(each.expression):
            if isinstance(part, Call):
                calls.setdefault(part.function, _rank(part, shapes))
    same = {rounding(item.tolerance) for item in structure.asked}
    groups: list[Group] = []
    for item in structure.asked:
        step = program.steps[item.step]
        shape = () if item.element is not None else step.shape
        question = Question(
            item.label,
            latex_name(item.label),
            shape_in_words(shape) if shape else "",
            points(item.points),
            rounding(item.tolerance),
        )
        heading = HEADINGS[Kind(step.kind)]
        if groups and groups[-1].heading == heading:
            groups[-1] = Group(heading, (*groups[-1].questions, question))
        else:
            groups.append(Group(heading, (question,)))
    said, changes = _update(structure)
    return Handout(
        title=problem.title,
        givens=tuple(each for each in given if each.role == "given"),
        parameters=tuple(each for each in given if each.role == "parameter"),
        equations=equations,
        definitions=_definitions(calls, problem.conventions["output_reduction"]),
        notes=tuple(dict.fromkeys(note for name, note in _NOTES.items() if name in calls)),
        update=said,
        rules=changes,
        conventions=_conventions(structure, any(rank > 1 and name in LOSSES for name, rank in calls.items())),
        groups=tuple(groups),
        total=points(sum(item.points for item in structure.asked)),
        same_rounding=next(iter(same)) if len(same) == 1 else "",
        judging=tuple(_judging(structure.asked, next(iter(same)) if len(same) == 1 else "")),
    )


def _judging(asked: Sequence[Asked], same_rounding: str) -> Iterator[str]:
    """How to round, what comes of a mistake, and what an answer may be, as the problem has it."""
    if same_rounding:
        yield f"Give every answer to {same_rounding}."
    yield ROUND_LATE
    alone = [item.label for item in asked if not item.carry]
    if len(alone) == len(asked):
        yield "Every answer is compared with the right one, even where an earlier one of yours is wrong."
    else:
        said = "A later answer is judged by your own earlier ones: a mistake costs its own step and not those after it"
        yield f"{said}, except at {', '.join(alone)}, where the right value counts." if alone else f"{said}."
    expected: dict[str, list[str]] = {}
    for item in asked:
        expected.setdefault(item.expect, []).append(item.label)
    most = max(expected, key=lambda name: len(expected[name]), default="any")
    yield f"An answer {'may be' if most == 'any' else 'is'} {_EXPECTED[most]}."
    for name, labels in expected.items():
        if name != most:
            yield f"For {', '.join(labels)}: {_EXPECTED[name]}."


def _rank(call: Call, shapes: Mapping[str, Shape]) -> int:
    """How many axes the largest array in a call's arguments has."""
    named = (name for argument in call.arguments for name, _ in names(argument))
    return max((len(shapes.get(name, ())) for name in named), default=0)


def _definitions(calls: Mapping[str, int], reduction: str) -> tuple[Line, ...]:
    """Every activation and loss that the equations name, written out, and what these name in turn."""
    found: dict[str, Line | None] = {}
    waiting = list(calls.items())
    while waiting:
        function, rank = waiting.pop(0)
        if function not in found:
            found[function] = _definition(function, rank, reduction)
            if function in ACTIVATIONS and found[function] is not None and function != "softmax":
                formula = parse(ACTIVATIONS[function].formula, FUNCTIONS)
                waiting += [(part.function, rank) for part in walk(formula) if isinstance(part, Call)]
    return tuple(line for line in found.values() if line is not None)


def _definition(function: str, rank: int, reduction: str) -> Line | None:
    """A function of the tables, written out; None where it needs no explaining."""
    if function == "softmax":
        return Line(r"\operatorname{softmax}\left(z\right)_{i}", r"\frac{e^{z_{i}}}{\sum_{j} e^{z_{j}}}")
    if function in ACTIVATIONS and function not in ("tanh", "exp"):
        activation = ACTIVATIONS[function]
        arguments = ["z", *(name for name, _ in activation.parameters)]
        right = latex_of(parse(activation.formula, FUNCTIONS))
    elif function in LOSSES:
        loss = LOSSES[function]
        arguments = [*loss.arguments, *(name for name, _ in loss.parameters)]
        outputs = loss.outputs if reduction == "as_defined" else reduction
        right = _summed(parse(loss.element, FUNCTIONS), loss.arguments, outputs if rank else "")
    else:
        return None
    listed = ", ".join(map(latex_name, arguments))
    return Line(rf"{operator(function)}\left({listed}\right)", right)


def _summed(element: Expression, arguments: Sequence[str], outputs: str) -> str:
    """A loss of one example: the sum or the mean of its element over the outputs, or the element where there is one."""
    if not outputs:
        return latex_of(element)
    if any(isinstance(part, Call) and part.function == "softmax" for part in walk(element)):
        return rf"{operator(outputs)}\left({latex_of(element)}\right)"
    sign = ""
    if isinstance(element, Negative):
        sign, element = "-", element.operand
    body = latex_of(element, lambda name: latex_name(name) + ("_{i}" if name in arguments else ""))
    if isinstance(element, Binary) and element.operator in "+-":
        body = rf"\left({body}\right)"
    elif body.startswith("-"):
        sign, body = "-", body[1:]
    mean = r"\frac{1}{n} " if outputs == "mean" else ""
    return rf"{sign}{mean}\sum_{{i}} {body}"


def _update(structure: Posed) -> tuple[str, tuple[Line, ...]]:
    """How the parameters change, in a sentence, and the optimizer's equations."""
    update = structure.problem.update
    if update is None:
        return "", ()
    entry = OPTIMIZERS[update.optimizer]
    form = next((form for form in entry.forms if form.name == update.form), entry.forms[0])
    settings = {name: decimal(value) for name, value in update.settings.items()}
    symbols = {"learning_rate": r"\eta", "momentum": r"\mu", "weight_decay": r"\lambda", "epsilon": r"\varepsilon"}

    def symbol(name: str) -> str:
        if name.endswith("_prev"):
            return rf"{latex_name(name.removesuffix('_prev'))}^{{\text{{old}}}}"
        if name in ("mhat", "vhat"):
            return rf"\hat{{{name[0]}}}"
        return symbols.get(name) or latex_name(name)

    lines = [Line(symbol(state), latex_of(parse(formula, FUNCTIONS), symbol)) for state, formula in form.state]
    lines.append(Line(r"w^{\text{new}}", latex_of(parse(form.update, FUNCTIONS), symbol)))
    used = [name for name in settings if name in form.update or any(name in formula for _, formula in form.state)]
    extra = [name for name in settings if name not in used]
    if used:
        (first, *others) = used
        right = ", ".join([settings[first], *(rf"\; {symbol(name)} = {settings[name]}" for name in others)])
        lines.append(Line(symbol(first), right))
    method = _METHODS.get(entry.name, entry.name)
    said = f"After the backward pass every parameter w takes one step of {method}; g is its gradient."
    if update.iterations > 1:
        said = (
            f"After the backward pass every parameter w takes a step of {method}; g is its gradient. This is repeated "
            f"{update.iterations} times, and @2 after a name means the second time."
        )
    if form.state:
        said += " All states are 0 at first; t counts the steps from 1."
    for name in extra:
        said += f" {name.replace('_', ' ').capitalize()}: {settings[name]}."
    lines.append(Line("g", latex_name(f"d{structure.problem.loss}_dw")))
    return said, tuple(lines)


def _conventions(structure: Posed, batch: bool) -> tuple[str, ...]:
    """What the problem declares otherwise than by default, in words; of a batch also what the default is."""
    said = []
    for name, choice in structure.problem.conventions.items():
        entry = CONVENTIONS[name]
        if choice != entry.choices[0][0] or (batch and name == "batch_reduction"):
            said.append(next(meaning for text, meaning in entry.choices if text == choice))
    return tuple(said)
