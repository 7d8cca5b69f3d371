"""The kinds of draws that `vary:` knows: how each is read, and one entry each with what the schema says of it."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker import yamlfile
from checker.generating import drawing
from checker.generating.exactly import FUNCTIONS as EXACT
from checker.generating.numbers import EmptyPoolError
from checker.generating.scope import Drawn, Size, Value, Word
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.table import Table, suggest
from checker.yamlfile import Mapping, Node, Scalar, described, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.generating.drawing import Drawing
    from checker.generating.source import Source

MOST_CHOICES = 1_000


class Option(NamedTuple):
    """A setting beside a kind of draw, with its part of the schema."""

    name: str
    schema: dict[str, Any]
    aliases: tuple[str, ...] = ()


_AMOUNT = {"$ref": "#/$defs/number"}
_BOUND = {"type": ["number", "string"]}

OPTIONS: Table[Option] = Table(
    "option",
    (
        Option(
            "step",
            {
                "description": "The grid: numbers are whole multiples of it (counted from the lower bound where there "
                "is one). 0.1 unless said, 0.01 for weights.",
                **_AMOUNT,
                "exclusiveMinimum": 0,
            },
        ),
        Option(
            "not",
            {"description": "Numbers that are never drawn, such as [0].", "type": "array", "items": _AMOUNT},
        ),
        Option(
            "shape",
            {
                "description": "The shape: lengths, or names of whole numbers that were drawn before; that of the "
                "quantity's own value unless said.",
                "type": "array",
                "maxItems": 4,
                "items": {"description": "A length.", "type": ["integer", "string"]},
            },
        ),
        Option(
            "distinct",
            {"description": "Whether all elements differ; false unless said.", "type": "boolean", "default": False},
        ),
        Option("within", {"description": "How far from it at most.", **_AMOUNT, "minimum": 0}),
        Option(
            "fan_in",
            {
                "description": "How many values go into a unit, where the shape (outputs by inputs) does not tell.",
                "type": ["integer", "string"],
            },
        ),
        Option(
            "fan_out",
            {
                "description": "How many values come out of a unit, where the shape (outputs by inputs) does not tell.",
                "type": ["integer", "string"],
            },
        ),
    ),
)


class Kind(NamedTuple):
    """A kind of draw: the schema of its own value, the options it takes beside it, and how it is read.

    `example` is a whole entry of `vary:`, as documentation shows it.
    """

    name: str
    summary: str
    example: str
    schema: dict[str, Any]
    options: tuple[str, ...]
    read: Callable[[Source], Drawing | None]
    aliases: tuple[str, ...] = ()


def _uniform(source: Source) -> Drawing | None:
    pair = source.pair("the lowest and the highest number", "{uniform: [-1, 1], step: 0.1}")
    if pair is None:
        return None
    low, high = (source.bound(node, f"a bound of {source.label()}") for node in pair)
    step = source.step(Fraction(1, 10))
    if low is None or high is None:
        return None
    made = drawing.OnGrid(low, high, step, source.size(), source.where, source.excluded(), source.distinct())
    return _tried(source, made, "the lowest number comes first")


def _integers(source: Source) -> Drawing | None:
    pair = source.pair("the lowest and the highest whole number", "{integers: [-3, 3]}")
    if pair is None:
        return None
    bounds = []
    for node in pair:
        bound = source.bound(node, f"a bound of {source.label()}")
        if isinstance(bound, Fraction) and bound.denominator != 1:
            source.reader.say(node, f"expected a whole number, found {described(node)}", "use `uniform` with a step")
            bound = None
        bounds.append(bound)
    low, high = bounds
    if low is None or high is None:
        return None
    made = drawing.OnGrid(low, high, Fraction(1), source.size(), source.where, source.excluded(), source.distinct())
    return _tried(source, made, "the lowest number comes first")


def _tried(source: Source, made: Drawing, mend: str) -> Drawing | None:
    """The draw, where there is something to draw."""
    try:
        made.count()
    except EmptyPoolError as error:
        source.reader.say(source.value, f"for {source.label()}: {error}", mend)
        return None
    return made


def _choice(source: Source) -> Drawing | None:
    listed = source.items("a list to choose from", "write {choice: [0, 1]}")
    if len(listed) > MOST_CHOICES:
        source.reader.say(source.value, f"a choice of {len(listed):,}", f"use at most {MOST_CHOICES:,}")
        return None
    words = [item.text for item in listed if isinstance(yamlfile.value(item), str) and isinstance(item, Scalar)]
    if listed and len(words) == len(listed) and not any("/" in word for word in words):
        return drawing.Chosen(tuple(map(Word, words)), source.size(), source.where)
    items: list[Value] = []
    for item in listed:
        read = source.numbers(item, f"a choice of {source.label()}")
        if read is None:
            return None
        if items and read.shape != items[0].shape:  # type: ignore[union-attr]
            source.reader.say(item, "the choices have different shapes", "give all of them one shape")
            return None
        items.append(read)
    return drawing.Chosen(tuple(items), source.size(), source.where, source.distinct()) if items else None


def _signs(source: Source) -> Drawing | None:
    read = source.numbers(source.value, source.label())
    if read is None:
        return None
    shape = source.size().lengths
    if not read.shape and shape and all(isinstance(length, int) for length in shape):
        whole = tuple(length for length in shape if isinstance(length, int))
        read = Drawn(whole, read.numbers * prod(whole))
    return drawing.Signs(read, source.where)


def _shuffle(source: Source) -> Drawing | None:
    read = source.numbers(source.value, source.label())
    if read is None:
        return None
    if len(read.shape) != 1:
        source.reader.odd(source.value, f"a list of numbers for {source.label()}", "write {shuffle: [1, 2, 3]}")
        return None
    size = source.size()
    if not size.lengths and source.option("shape") is None:
        size = Size(read.shape, source.where)
    return drawing.Shuffled(read.numbers, size, source.where)


def _normal(source: Source) -> Drawing | None:
    pair = source.pair("the mean and the standard deviation", "{normal: [0, 0.5], step: 0.01}")
    if pair is None:
        return None
    mean = source.reader.number(pair[0], "the mean")
    deviation = source.reader.number(pair[1], "the standard deviation")
    if deviation is not None and deviation <= 0:
        source.reader.say(pair[1], "the standard deviation must be more than 0")
        return None
    step = source.step(Fraction(1, 100))
    if mean is None or deviation is None:
        return None
    source.decimal(pair[0], mean, "the mean")  # its numbers are multiples of the step from there
    made = drawing.Normal(mean, deviation**2, step, source.size(), source.where, source.excluded())
    return _tried(source, made, "use a larger step")


def _near(source: Source) -> Drawing | None:
    formula = source.formula(source.value)
    node = source.option("within")
    if node is None:
        source.reader.say(source.value, f"how far {source.label()} may lie from it is missing", "add `within: 0.5`")
        return None
    within = source.reader.number(node, "within")
    if within is not None and within < 0:
        source.reader.say(node, "'within' must not be negative")
        return None
    step = source.step(Fraction(1, 10))
    if formula is None or within is None:
        return None
    return drawing.Around(formula, within, step, source.where, source.excluded())


def _equals(source: Source) -> Drawing | None:
    formula = source.formula(source.value)
    step = source.step(Fraction(1)) if source.option("step") is not None else None
    return None if formula is None else drawing.Computed(formula, step, source.where)


def _initialiser(gain: int, fan: str) -> Callable[[Source], Drawing | None]:
    def read(source: Source) -> Drawing | None:
        node = source.value
        text = node.text if isinstance(node, Scalar) else ""
        if text not in ("uniform", "normal"):
            source.reader.odd(node, f"'uniform' or 'normal' for {source.label()}", "write {he: uniform, step: 0.01}")
            return None
        fans = []
        for key in ("fan_in", "fan_out"):
            given = source.option(key)
            fans.append(source.length(given, key) if given is not None else None)
        step, size = source.step(Fraction(1, 100)), source.size()
        return drawing.Initialiser(
            gain, fan, text == "uniform", step, size, source.where, source.excluded(), (fans[0], fans[1])
        )

    return read


def _function(table: Table[Any]) -> Callable[[Source], Drawing | None]:
    def read(source: Source) -> Drawing | None:
        listed = source.items("a list of names", f"write {{{table.kind}: [{next(iter(table))}]}}")
        found = [word for item in listed if (word := _word(source, item, table)) is not None]
        return drawing.Chosen(tuple(found), Size((), source.where), source.where) if found else None

    return read


def _word(source: Source, node: Node, table: Table[Any]) -> Word | None:
    """The name of an entry, with its parameters where they are given."""
    name, settings = node.text if isinstance(node, Scalar) else "", None
    key: Node = node
    if isinstance(node, Mapping) and len(node.items) == 1:
        ((name, settings),) = node.items.items()
        key = node.keys[name]
    if name not in table:
        found = repr(short(name)) if name else described(node)
        source.reader.say(key, f"unknown {table.kind} {found}", suggest(name, table) if name else "write its name")
        return None
    entry = table[name]
    known = [parameter for parameter, _ in entry.parameters]
    given: list[tuple[str, str]] = []
    for parameter, value in settings.items.items() if isinstance(settings, Mapping) else ():
        if parameter not in known:
            mend = suggest(parameter, known) or "it takes none"
            source.reader.say(value, f"{name!r} has no parameter {short(parameter)!r}", mend)
        elif source.reader.number(value, f"{parameter!r} of {name!r}") is not None and isinstance(value, Scalar):
            given.append((parameter, value.text.strip()))
    return Word(name, tuple(given))


_RANGE = {
    "type": "array",
    "minItems": 2,
    "maxItems": 2,
    "items": {"description": "A number, or an expression of what was drawn before.", **_BOUND},
}
_EXPRESSION = {"type": ["string", "number"]}
_WEIGHTS = {"enum": ["uniform", "normal"]}
_NAMES = {
    "type": "array",
    "minItems": 1,
    "items": {"description": "A name, or {name: {parameter: number}}.", "type": ["string", "object"]},
}
_LISTED = {"type": "array", "minItems": 1, "maxItems": MOST_CHOICES}
_FANS = ("step", "not", "shape", "fan_in", "fan_out")

KINDS: Table[Kind] = Table(
    "kind of draw",
    (
        Kind(
            "uniform",
            "each number of a grid from the lowest to the highest equally likely",
            "x: {uniform: [-1, 1], step: 0.1, not: [0]}",
            _RANGE,
            ("step", "not", "shape", "distinct"),
            _uniform,
        ),
        Kind(
            "integers",
            "each whole number from the lowest to the highest equally likely",
            "n: {integers: [-3, 3], not: [0]}",
            _RANGE,
            ("not", "shape", "distinct"),
            _integers,
        ),
        Kind(
            "choice",
            "one of these: numbers (one for each element), whole arrays, or words",
            "y: {choice: [[1, 0], [0, 1]]}",
            {
                **_LISTED,
                "items": {"description": "A number, an array or a word.", "type": ["number", "string", "array"]},
            },
            ("shape", "distinct"),
            _choice,
        ),
        Kind(
            "signs",
            "numbers of these sizes, each with a random sign",
            "w: {signs: [0.5, 0.25, 1]}",
            {"type": ["number", "string", "array"]},
            ("shape",),
            _signs,
        ),
        Kind(
            "shuffle",
            "these numbers in a random order; where there are more than elements, the first of them",
            "x: {shuffle: [1, 2, 3, 4]}",
            {**_LISTED, "items": {"description": "A number.", **_AMOUNT}},
            ("shape",),
            _shuffle,
        ),
        Kind(
            "normal",
            "a normal distribution, [mean, standard deviation], on a grid and cut off at 4 standard deviations",
            "w: {normal: [0, 0.5], step: 0.01}",
            {"type": "array", "minItems": 2, "maxItems": 2, "items": {"description": "A number.", **_AMOUNT}},
            ("step", "not", "shape"),
            _normal,
        ),
        Kind(
            "near",
            "near what an expression of earlier draws gives, element by element, at most `within` away",
            "y: {near: w*x, within: 0.5, step: 0.1}",
            _EXPRESSION,
            ("within", "step", "not"),
            _near,
        ),
        Kind(
            "equals",
            f"what an expression of earlier draws gives: exact arithmetic with {', '.join(EXACT)}",
            "y2: {equals: 1 - y1}",
            _EXPRESSION,
            ("step",),
            _equals,
        ),
        Kind(
            "xavier",
            "weights as Glorot and Bengio (2010) initialise them: variance 2/(fan_in + fan_out)",
            "W1: {xavier: uniform, step: 0.01}",
            _WEIGHTS,
            _FANS,
            _initialiser(2, "both"),
            ("glorot",),
        ),
        Kind(
            "he",
            "weights as He and others (2015) initialise them: variance 2/fan_in",
            "W1: {he: normal, step: 0.01}",
            _WEIGHTS,
            _FANS,
            _initialiser(2, "in"),
            ("kaiming",),
        ),
        Kind(
            "lecun",
            "weights as LeCun and others (1998) initialise them: variance 1/fan_in",
            "w: {lecun: uniform, fan_in: 2}",
            _WEIGHTS,
            _FANS,
            _initialiser(1, "in"),
        ),
        Kind(
            "activation",
            "one of these activations; the name is a function in the equations, or an activation of a layer",
            "phi: {activation: [sigmoid, tanh, {leaky_relu: {slope: 0.1}}]}",
            _NAMES,
            (),
            _function(ACTIVATIONS),
        ),
        Kind(
            "loss",
            "one of these losses; the name is a function in the equations, or the loss of a network",
            "J: {loss: [half_squared_error, squared_error]}",
            _NAMES,
            (),
            _function(LOSSES),
        ),
    ),
)
