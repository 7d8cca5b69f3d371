"""The kinds of draws that `vary:` knows: one entry each, from which the schema and the documentation are made."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker import yamlfile
from checker.expression.parser import parse
from checker.expression.tree import ExpressionError
from checker.expression.tree import Name as NameTree
from checker.generating import drawing
from checker.generating.drawing import Bound, Drawing, Drawn, Formula, Size, Value, Word
from checker.generating.exactly import FUNCTIONS as EXACT
from checker.generating.numbers import EmptyPoolError, decimal_text, number, typed
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.problem.equations import walk
from checker.problem.language import FUNCTIONS, NAME, NUMBER
from checker.table import Table, suggest
from checker.yamlfile import Mapping, Node, Scalar, Sequence, described, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.model import Shape
    from checker.problem.reader import Reader

MOST_CHOICES = 1_000
LONGEST_AXIS = 1_000


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


class Source:
    """One entry of `vary:` while it is read: what its kind is given, and how to report what is wrong with it."""

    def __init__(
        self, reader: Reader, name: str, node: Mapping, kind: str, shape: Shape, before: dict[str, str]
    ) -> None:
        self.reader, self.name, self.node = reader, name, node
        self.value = node.items[kind]
        self.where = reader.place(node.keys[kind])
        self._shape, self.before = shape, before

    def option(self, name: str) -> Node | None:
        """What an option says; None where it is not there."""
        return self.node.items.get(name)

    def label(self) -> str:
        """What messages call it."""
        return f"{short(self.name)!r}"

    def size(self) -> Size:
        """The shape: what `shape` says, else that of the quantity."""
        node = self.option("shape")
        if node is None:
            return Size(self._shape, self.where)
        lengths: list[int | str] = []
        items = node.items if isinstance(node, Sequence) else [node]
        for item in items:
            length = self.length(item, "a length")
            if length is not None:
                lengths.append(length)
        if len(items) > 4:
            self.reader.say(node, f"a shape of {len(items)} lengths", "use at most 4")
        return Size(tuple(lengths), self.reader.place(node))

    def length(self, node: Node, label: str) -> int | str | None:
        """A length: a whole number, or the name of one that was drawn before."""
        if isinstance(node, Scalar) and NAME.fullmatch(node.text):
            if node.text in self.before:
                return node.text
            self.reader.say(
                node,
                f"{label} is {short(node.text)!r}, which is not drawn before this",
                suggest(node.text, self.before) or "draw it first, with `integers`",
            )
            return None
        return self.reader.integer(node, label, 1, LONGEST_AXIS)

    def step(self, default: Fraction) -> Fraction:
        """The grid."""
        node = self.option("step")
        if node is None:
            return default
        step = self.reader.number(node, "step")
        if step is None:
            return default
        if step <= 0:
            self.reader.say(node, "the step must be more than 0", f"write {number(default).text}")
            return default
        self._decimal(node, step, "the step")
        return step

    def _decimal(self, node: Node, exact: Fraction, label: str) -> None:
        if not decimal_text(exact):
            self.reader.say(
                node, f"{label} is no decimal of at most 6 digits", "use one such as 0.05: its numbers are to be typed"
            )

    def excluded(self) -> frozenset[Fraction]:
        """The numbers that are never drawn."""
        node = self.option("not")
        if node is None:
            return frozenset()
        items = node.items if isinstance(node, Sequence) else [node]
        found = (self.reader.number(item, "a number under 'not'") for item in items)
        return frozenset(each for each in found if each is not None)

    def distinct(self) -> bool:
        """Whether all elements differ."""
        node = self.option("distinct")
        return node is not None and self.reader.boolean(node, "distinct")

    def pair(self, what: str, example: str) -> tuple[Node, Node] | None:
        """The two parts of a list of two."""
        if isinstance(self.value, Sequence) and len(self.value.items) == 2:
            return self.value.items[0], self.value.items[1]
        self.reader.say(
            self.value, f"expected {what} for {self.label()}, found {_list(self.value)}", f"write {example}"
        )
        return None

    def bound(self, node: Node, label: str) -> Bound | None:
        """A number, or an expression of what was drawn before."""
        if isinstance(node, Scalar) and not (NUMBER.fullmatch(node.text) and node.plain):
            return self.formula(node)
        exact = self.reader.number(node, label)
        if exact is not None:
            self._decimal(node, exact, label)
        return exact

    def formula(self, node: Node) -> Formula | None:
        """An expression of what was drawn before."""
        if not isinstance(node, Scalar) or not node.text.strip():
            self.reader.odd(node, "a number or an expression", "write one such as 1 - x")
            return None
        text, place = node.text, self.reader.start(node)
        try:
            tree = parse(text, FUNCTIONS, quantities=self.before)
        except ExpressionError as error:
            self.reader.say(self.reader.within(place, text, error.at), f"in {self.label()}: {error.what}", error.mend)
            return None
        found = [part for part in walk(tree) if isinstance(part, NameTree)]
        for part in found:
            if part.name not in self.before:
                self.reader.say(
                    self.reader.within(place, text, part.at),
                    f"in {self.label()}: {short(part.name)!r} is not known here",
                    suggest(part.name, self.before) or "draw it first: an expression may use what stands above it",
                )
        return Formula(tree, text, tuple(dict.fromkeys(part.name for part in found)), place)

    def numbers(self, node: Node, label: str) -> Drawn | None:
        """A number or an array of numbers."""
        values: list[Fraction] = []
        texts: list[str] = []
        shape = self.reader.array(node, label, 0, values, texts)
        if shape is None:
            return None
        made = (typed(text, exact) for text, exact in zip(texts, values, strict=True))
        return Drawn(shape, tuple(made))


def _list(node: Node) -> str:
    return f"a list of {len(node.items)}" if isinstance(node, Sequence) else described(node)


# ---------------------------------------------------------------- the kinds


def _uniform(source: Source) -> Drawing | None:
    pair = source.pair("the lowest and the highest number", "{uniform: [-1, 1], step: 0.1}")
    if pair is None:
        return None
    low, high = (source.bound(node, f"a bound of {source.label()}") for node in pair)
    step = source.step(Fraction(1, 10))
    if low is None or high is None:
        return None
    made = drawing.OnGrid(low, high, step, source.size(), source.where, source.excluded(), source.distinct())
    return _tried(source, made)


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
    return _tried(source, made)


def _tried(source: Source, made: drawing.OnGrid) -> Drawing | None:
    """The draw, where there is something to draw."""
    try:
        made.count()
    except EmptyPoolError as error:
        source.reader.say(source.value, f"for {source.label()}: {error}", "the lowest number comes first")
        return None
    return made


def _choice(source: Source) -> Drawing | None:
    node = source.value
    if not isinstance(node, Sequence) or not node.items:
        source.reader.say(
            node, f"expected a list to choose from for {source.label()}, found {_list(node)}", "write {choice: [0, 1]}"
        )
        return None
    if len(node.items) > MOST_CHOICES:
        source.reader.say(node, f"a choice of {len(node.items):,}", f"use at most {MOST_CHOICES:,}")
        return None
    if all(isinstance(item, Scalar) and isinstance(yamlfile.value(item), str) for item in node.items) and not any(
        isinstance(item, Scalar) and "/" in item.text for item in node.items
    ):
        words = tuple(Word(item.text) for item in node.items if isinstance(item, Scalar))
        return drawing.Chosen(words, source.size(), source.where)
    items: list[Value] = []
    for item in node.items:
        read = source.numbers(item, f"a choice of {source.label()}")
        if read is None:
            return None
        if items and read.shape != items[0].shape:  # type: ignore[union-attr]
            source.reader.say(item, "the choices have different shapes", "give all of them one shape")
            return None
        items.append(read)
    return drawing.Chosen(tuple(items), source.size(), source.where, source.distinct())


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
    if size.lengths in ((), (1,)) and source.option("shape") is None and not size.lengths:
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
    source._decimal(pair[0], mean, "the mean")  # noqa: SLF001 - its numbers are multiples of the step from there
    made = drawing.Normal(mean, deviation**2, step, source.size(), source.where, source.excluded())
    try:
        made.count()
    except EmptyPoolError as error:
        source.reader.say(source.value, f"for {source.label()}: {error}", "use a larger step")
        return None
    return made


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
        node = source.value
        if not isinstance(node, Sequence) or not node.items:
            source.reader.odd(
                node, f"a list of names for {source.label()}", f"write {{{table.kind}: [{next(iter(table))}]}}"
            )
            return None
        found = []
        for item in node.items:
            word = _word(source, item, table)
            if word is not None:
                found.append(word)
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
