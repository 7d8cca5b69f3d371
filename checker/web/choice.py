"""What somebody has set on the page, and the problem it stands for.

Whatever is chosen becomes the text of a problem file, so that the page reads, checks and works it like any other: there
is one language, one set of messages, and what is downloaded is what was shown.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from checker.errors import AuthorError
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.web.catalogue import is_template
from checker.web.fields import Field, fields, fill, number_fault, sort_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.knowledge.entries import Activation, Loss, Optimizer
    from checker.table import Table

KINDS = {"neuron": "One neuron", "network": "Small network", "problem": "A problem of the list", "file": "My own file"}
NUMBER = "n."  # before the name of a number of the problem, so that it cannot be taken for a control's
MOST_INPUTS, MOST_LAYERS, MOST_UNITS = 8, 4, 8
MOST_UPDATES, MOST_RATES, MOST_COMPARED = 1_000, 6, 6
DIGITS = (3, 4, 6, 9, 12)

_INPUTS = ("1", "0.5", "-1", "2", "0.25", "-0.5", "1.5", "-2")
_WEIGHTS = ("0.8", "-0.4", "0.3", "0.5", "-0.6", "0.2", "-0.1", "0.7")


class Layer(NamedTuple):
    """A layer as it is chosen: how many units, which activation, and its parameters as typed."""

    units: int
    activation: str
    parameters: dict[str, str]


class Settings(NamedTuple):
    """The controls, each with the value that it shows."""

    kind: str = "neuron"
    inputs: int = 2
    layers: tuple[Layer, ...] = (Layer(1, "sigmoid", {}),)
    loss: str = "half_squared_error"
    loss_parameters: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    optimizer: str = "sgd"
    problem: str = ""
    text: str = ""
    digits: int = 6
    updates: int = 50
    log: bool = False
    rates: str = ""
    compare: tuple[str, ...] = ()


class Choice(NamedTuple):
    """What is set, the problem's text, its numbers, and what is wrong: beside a control, and with the whole."""

    settings: Settings
    text: str
    fields: list[Field]
    faults: dict[str, str]
    said: list[str]
    rates: tuple[str, ...] = ()
    usual: dict[str, str] = {}  # noqa: RUF012 - never changed; each number as it stands in the file

    @property
    def groups(self) -> list[list[Field]]:
        """The numbers as the file has them: single ones of a section together, each array by itself."""
        found = groupby(self.fields, lambda field: (field.section, field.quantity if field.at else ""))
        return [list(each) for _, each in found]


Form = dict[str, list[str]]


def choose(form: Form, find: Callable[[str], str]) -> Choice:
    """The choice that a form holds; `find` gives the text of a listed problem by its id, or raises a CheckerError.

    Nothing that is typed raises: it is reported beside its control, which then keeps a value that can be used.
    """
    reader = _Form(form)
    settings, text = _settings(reader), ""
    said: list[str] = []
    if settings.kind == "neuron":
        text = neuron_text(settings)
    elif settings.kind == "network":
        text = network_text(settings)
    elif settings.kind == "file":
        text = settings.text
        if not text.strip():
            return Choice(settings, "", [], reader.faults, ["Open a problem file, or type one."])
        if is_template(text):
            what = "This is a template: its numbers are still to be drawn. Practise it under Practice"
            return Choice(settings, text, [], reader.faults, [f"{what}, or make problems from it with `generate`."])
    else:
        from checker.errors import CheckerError

        try:
            text = find(settings.problem)
        except CheckerError as error:
            return Choice(settings, "", [], {**reader.faults, "problem": str(error)}, said)
    try:
        offered = fields(text)
    except AuthorError as error:
        _, said = sort_out(error, [])
        return Choice(settings, text, [], reader.faults, said)
    typed = {name.removeprefix(NUMBER): values[-1] for name, values in form.items() if name.startswith(NUMBER)}
    filled = fill(text, offered, typed)
    rates = reader.rates(settings.rates)
    usual = {field.name: field.text for field in offered}
    faults = {**reader.faults, **{NUMBER + name: fault for name, fault in filled.faults.items()}}
    return Choice(settings, filled.text, filled.fields, faults, said, rates, usual)


class _Form:
    """Reads controls; what cannot be used is reported and replaced."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.faults: dict[str, str] = {}

    def text(self, name: str, default: str = "") -> str:
        values = self.form.get(name)
        return values[-1] if values else default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default)).strip()
        if text.isascii() and text.isdigit() and len(text) <= 6 and low <= int(text) <= high:
            return int(text)
        self.faults[name] = f"{text[:20]!r} is not a whole number from {low} to {high:,}"
        return default

    def entry(self, name: str, table: Table[Activation] | Table[Loss] | Table[Optimizer], default: str) -> str:
        text = self.text(name, default)
        if text in table:
            return table[text].name
        self.faults[name] = f"there is no {table.kind} {text[:40]!r}"
        return default

    def parameters(self, name: str, entry: Activation | Loss) -> dict[str, str]:
        found = {}
        for parameter, default in entry.parameters:
            text = self.text(f"{name}.{parameter}", default).strip()
            fault = number_fault(text, parameter)
            if fault:
                self.faults[f"{name}.{parameter}"] = fault
                text = default
            found[parameter] = text
        return found

    def rates(self, text: str) -> tuple[str, ...]:
        """The learning rates to compare."""
        found = [part for part in text.replace(";", ",").replace(",", " ").split() if part]
        if len(found) > MOST_RATES:
            self.faults["rates"] = f"{len(found)} learning rates; give at most {MOST_RATES}"
            return ()
        for part in found:
            fault = number_fault(part, "a learning rate")
            if not fault and (part.startswith("-") or not float(_value(part)) > 0):
                fault = f"a learning rate must be more than 0, found {part}"
            if fault:
                self.faults["rates"] = fault
                return ()
        return tuple(dict.fromkeys(found))


def _value(text: str) -> float:
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom) if bottom else float(top)


def _settings(reader: _Form) -> Settings:
    kind = reader.text("kind", "neuron")
    if kind not in KINDS:
        reader.faults["kind"] = f"there is no {kind[:40]!r} to work out"
        kind = "neuron"
    inputs = reader.whole("inputs", 2, 1, MOST_INPUTS)
    if kind == "network":
        count = reader.whole("layers", 2, 1, MOST_LAYERS)
        units = [2] * (count - 1) + [1]
        layers = []
        for k, usual in enumerate(units, 1):
            activation = reader.entry(f"activation{k}", ACTIVATIONS, "sigmoid")
            layers.append(
                Layer(
                    reader.whole(f"units{k}", usual, 1, MOST_UNITS),
                    activation,
                    reader.parameters(f"activation{k}", ACTIVATIONS[activation]),
                )
            )
    else:
        activation = reader.entry("activation", ACTIVATIONS, "sigmoid")
        layers = [Layer(1, activation, reader.parameters("activation", ACTIVATIONS[activation]))]
    loss = reader.entry("loss", LOSSES, "half_squared_error")
    digits = reader.whole("digits", 6, min(DIGITS), max(DIGITS))
    compare = tuple(dict.fromkeys(name for name in reader.form.get("compare", []) if name in ACTIVATIONS))
    if len(compare) > MOST_COMPARED:
        reader.faults["compare"] = f"{len(compare)} activations; choose at most {MOST_COMPARED}"
        compare = compare[:MOST_COMPARED]
    return Settings(
        kind,
        inputs,
        tuple(layers),
        loss,
        reader.parameters("loss", LOSSES[loss]),
        reader.entry("optimizer", OPTIMIZERS, "sgd"),
        reader.text("problem", "neuron-sigmoid"),
        reader.text("text"),
        digits,
        reader.whole("updates", 50, 1, MOST_UPDATES),
        bool(reader.text("log")),
        reader.text("rates"),
        compare,
    )


# ---------------------------------------------------------------- texts


def neuron_text(settings: Settings) -> str:
    """One neuron as a problem file."""
    (layer,) = settings.layers
    count = settings.inputs
    names = [str(k) for k in range(1, count + 1)] if count > 1 else [""]
    given = ", ".join(f"x{name}: {_INPUTS[k]}" for k, name in enumerate(names))
    weights = ", ".join(f"w{name}: {_WEIGHTS[k]}" for k, name in enumerate(names))
    products = " + ".join(f"w{name}*x{name}" for name in names)
    loss = LOSSES[settings.loss]
    return (
        "format: check-backprop/problem@1\n"
        "id: my-neuron\n"
        f"title: One {layer.activation.replace('_', ' ')} neuron\n"
        f"given: {{{given}, y: 1}}\n"
        f"parameters: {{{weights}, b: 0.1}}\n"
        "forward:\n"
        f"  z: {products} + b\n"
        f"  a: {_call(layer.activation, ('z',), layer.parameters)}\n"
        "loss:\n"
        f"  L: {_call(settings.loss, (loss.arguments[0], 'y'), settings.loss_parameters)}\n"
        f"update: {_update(settings.optimizer)}\n"
    )


def network_text(settings: Settings) -> str:
    """Dense layers as a problem file."""
    lines = [
        "format: check-backprop/problem@1",
        "id: my-network",
        f"title: A {'-'.join(map(str, (settings.inputs, *(layer.units for layer in settings.layers))))} network",
        "network:",
        f"  input: {{x: [{', '.join(_INPUTS[: settings.inputs])}]}}",
        f"  target: {{y: [{', '.join('10'[k % 2] for k in range(settings.layers[-1].units))}]}}",
        "  layers:",
    ]
    below = settings.inputs
    for depth, layer in enumerate(settings.layers):
        rows = [[_WEIGHTS[(3 * i + j + 2 * depth) % len(_WEIGHTS)] for j in range(below)] for i in range(layer.units)]
        lines.append("    - weights: [" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]")
        lines.append(f"      bias: [{', '.join(['0.1'] * layer.units)}]")
        lines.append(f"      activation: {_named(layer.activation, layer.parameters)}")
        below = layer.units
    lines.append(f"  loss: {_named(settings.loss, settings.loss_parameters)}")
    lines.append(f"update: {_update(settings.optimizer)}")
    return "\n".join(lines) + "\n"


def _call(name: str, operands: tuple[str, ...], parameters: Mapping[str, str]) -> str:
    return f"{name}({', '.join((*operands, *parameters.values()))})"


def _named(name: str, parameters: Mapping[str, str]) -> str:
    inner = ", ".join(f"{parameter}: {value}" for parameter, value in parameters.items())
    return f"{{{name}: {{{inner}}}}}" if inner else name


def _update(optimizer: str) -> str:
    settings = ", ".join(f"{name}: {default or '0.1'}" for name, default in OPTIMIZERS[optimizer].settings)
    return f"{{optimizer: {optimizer}, {settings}}}"
