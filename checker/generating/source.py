"""One entry of `vary:` while it is read: what its kind of draw is given, and how to report what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.parser import parse
from checker.expression.tree import ExpressionError, Name, walk
from checker.generating.numbers import decimal_text, number, typed
from checker.generating.scope import Bound, Drawn, Formula, Size
from checker.problem.language import FUNCTIONS, MAX_RANK, NAME, NUMBER
from checker.table import suggest
from checker.yamlfile import Mapping, Node, Scalar, Sequence, described, short

if TYPE_CHECKING:
    from fractions import Fraction

    from checker.model import Shape
    from checker.problem.reader import Reader

LONGEST_AXIS = 1_000


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
        if len(items) > MAX_RANK:
            self.reader.say(node, f"a shape of {len(items)} lengths", f"use at most {MAX_RANK}")
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
        self.decimal(node, step, "the step")
        return step

    def decimal(self, node: Node, exact: Fraction, label: str) -> None:
        """Report a number that nobody would type."""
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

    def items(self, what: str, mend: str) -> list[Node]:
        """The items of a list; none where it is something else, which is reported."""
        if isinstance(self.value, Sequence) and self.value.items:
            return self.value.items
        found = "an empty list" if isinstance(self.value, Sequence) else described(self.value)
        self.reader.say(self.value, f"expected {what} for {self.label()}, found {found}", mend)
        return []

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
            self.decimal(node, exact, label)
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
        found = [part for part in walk(tree) if isinstance(part, Name)]
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
