"""What a handout explains: the functions that its equations name, how parameters change, how answers are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.expression.parser import parse
from checker.expression.tree import Binary, Call, Negative, walk
from checker.generating.handouts.formula import latex_of, operator
from checker.graph.formula import decimal
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.conventions import CONVENTIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem.language import FUNCTIONS
from checker.readings.notation import latex_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.expression.tree import Expression
    from checker.model import Problem, Update
    from checker.readings.program import Asked


class Line(NamedTuple):
    """A formula: both sides as LaTeX."""

    left: str
    right: str


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


def notes(functions: Iterable[str]) -> tuple[str, ...]:
    """What the functions that are called do, where their names do not say it all; each once."""
    called = set(functions)
    return tuple(dict.fromkeys(note for name, note in _NOTES.items() if name in called))


def judging(asked: Sequence[Asked], same_rounding: str) -> Iterator[str]:
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


def definitions(calls: Mapping[str, int], reduction: str) -> tuple[Line, ...]:
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


def rules_of(update: Update | None, loss: str) -> tuple[str, tuple[Line, ...]]:
    """How the parameters change, in a sentence, and the optimizer's equations; nothing where there is no update."""
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
    lines.append(Line("g", latex_name(f"d{loss}_dw")))
    return said, tuple(lines)


def conventions(problem: Problem, batch: bool) -> tuple[str, ...]:
    """What the problem declares otherwise than by default, in words; of a batch also what the default is."""
    said = []
    for name, choice in problem.conventions.items():
        entry = CONVENTIONS[name]
        if choice != entry.choices[0][0] or (batch and name == "batch_reduction"):
            said.append(next(meaning for text, meaning in entry.choices if text == choice))
    return tuple(said)
