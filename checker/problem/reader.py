"""What every part of a problem file is read with: places, findings, kinds of value, names, arrays of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker import yamlfile
from checker.errors import AuthorError, Finding, Place
from checker.model import Quantity, Shape
from checker.numbertext import NumberError, read_fraction, read_number
from checker.problem.language import FRACTION, FUNCTIONS, INTEGER, MAX_NAME, MAX_NUMBERS, MAX_RANK, NAME, NUMBER
from checker.problem.words import number_mend, shape_in_words, taken_by, typed
from checker.shipped import schema
from checker.table import suggest
from checker.yamlfile import Mapping, Node, Scalar, Sequence, described, short

if TYPE_CHECKING:
    from collections.abc import Collection
    from fractions import Fraction


class Reader:
    """Reads one file. Findings are gathered, never raised on the way, so that an author sees all of them at once."""

    def __init__(self, root: Mapping, file: str, text: str) -> None:
        self.root = root
        self.file = file
        self.text = text
        self.meant: list[Finding] = []  # what the checks explain themselves
        self.structural: list[Finding] = []  # missing and unknown keys, for which the schema is asked
        self.numbers = 0
        self.names: dict[str, tuple[str, Place]] = {}  # what each name is, and where
        self.places: dict[str, Place] = {}
        self.lines: list[str] | None = None

    # ---------------------------------------------------------------- places and findings

    def place(self, node: Node) -> Place:
        """Where a value begins."""
        return Place(self.file, node.line, node.column)

    def say(self, node: Node | Place, what: str, mend: str = "") -> None:
        """Report a fault."""
        where = node if isinstance(node, Place) else self.place(node)
        self.meant.append(Finding(what, where, mend))

    def odd(self, node: Node, expected: str, mend: str) -> None:
        """Report a value of the wrong kind."""
        self.say(node, f"expected {expected}, found {described(node)}", mend)

    def missing(self, node: Node, key: str) -> None:
        """Report a key that is not there; the schema is asked to say so in its own words."""
        self.structural.append(Finding(f"the key {key!r} is missing", self.place(node), f"add `{key}:`"))

    def line(self, number: int) -> str:
        """A line of the file, counted from 1."""
        if self.lines is None:
            self.lines = self.text.splitlines()
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def start(self, node: Scalar) -> Place:
        """The place of the first character of a scalar's text that is not a space: inside quotes, below a `|`."""
        if node.plain:
            return self.place(node)
        source = self.line(node.line)
        if source[node.column - 1 : node.column] in ("|", ">"):
            for number in range(node.line + 1, len(self.lines or ()) + 1):
                below = self.line(number)
                if below.strip():
                    return Place(self.file, number, len(below) - len(below.lstrip()) + 1)
            return self.place(node)
        return Place(self.file, node.line, node.column + 1 + len(node.text) - len(node.text.lstrip()))

    def within(self, start: Place, text: str, at: int) -> Place:
        """The place of a character of an expression, where the file holds the text as it is, else of its start."""
        if self.line(start.line)[start.column - 1 :].startswith(text):
            return Place(self.file, start.line, start.column + at)
        return start

    def finish(self) -> None:
        """Raise everything that was found, in the order of its places."""
        if not self.meant and not self.structural:
            return
        findings = list(self.meant)
        if self.structural:
            explained = yamlfile.validate(self.root, _structure(), self.file)
            root = self.place(self.root)  # where several keys can be missing, and there can be no equations besides
            taken = {finding.where for finding in findings} - {root}
            for more in (explained, self.structural):  # one fault, one finding: the best explanation stands
                findings += [finding for finding in more if finding.where not in taken]
                taken |= {finding.where for finding in more}
        findings = list(dict.fromkeys(findings))
        raise AuthorError(*sorted(findings, key=lambda finding: (finding.where or Place(self.file))[1:]))

    # ---------------------------------------------------------------- kinds of value

    def mapping(self, node: Node | None, what: str, example: str, keys: Collection[str] = ()) -> Mapping:
        """`node` as a mapping, with unknown keys reported; an empty one where it is something else."""
        if node is None:
            return Mapping({}, {}, self.root.line, self.root.column)
        if not isinstance(node, Mapping):
            self.odd(node, what, f"write {example}")
            return Mapping({}, {}, node.line, node.column)
        if keys:
            for key, written in node.keys.items():
                if key not in keys:
                    finding = Finding(f"unknown key {short(key)!r}", self.place(written), suggest(key, keys))
                    self.structural.append(finding)
        return node

    def string(self, node: Node, label: str) -> str | None:
        """A text; None where it is something else, which is reported."""
        if isinstance(node, Scalar) and isinstance(yamlfile.value(node), str):
            return node.text
        quoted = isinstance(node, Scalar) and node.text
        self.odd(node, f"a text for {label}", f"put it in quotes: '{short(typed(node))}'" if quoted else "write one")
        return None

    def boolean(self, node: Node | None, label: str) -> bool:
        """True or false; true where there is none or it was reported."""
        if node is None:
            return True
        value = yamlfile.value(node)
        if isinstance(value, bool):
            return value
        no = typed(node).lower() in ("false", "no", "n", "off", "0")
        self.odd(node, f"true or false for {label}", f"write {'false' if no else 'true'}, without quotes")
        return True

    def integer(self, node: Node | None, label: str, low: int, high: int) -> int | None:
        """A whole number within bounds; None where there is none or it was reported."""
        if node is None:
            return None
        if not (isinstance(node, Scalar) and node.plain and INTEGER.fullmatch(node.text)):
            self.say(node, f"expected a whole number for {label}, found {described(node)}", f"use {low} to {high:,}")
            return None
        if len(node.text) > 20 or not low <= int(node.text) <= high:
            self.say(node, f"{label} must be from {low} to {high:,}, found {short(node.text)}")
            return None
        return int(node.text)

    def number(self, node: Node, label: str) -> Fraction | None:
        """A number or a fraction, exactly; everything else is reported with the way to write it."""
        if not isinstance(node, Scalar):
            self.say(node, f"expected a number for {label}, found {described(node)}")
            return None
        text = node.text
        try:
            if node.plain and NUMBER.fullmatch(text):
                read = read_number(text)
                if read is not None:
                    return read.fraction()
            elif FRACTION.fullmatch(text):
                quotient = read_fraction(text)
                if quotient is not None:
                    exact = quotient.fraction()
                    if abs(exact) < 2**1023:
                        return exact
                    self.say(
                        node, f"the number {short(text)} for {label}: it is too large", "give a number below 1e308"
                    )
                    return None
        except NumberError as error:
            self.say(node, f"the number {short(text)} for {label}: {error.what}", error.mend)
            return None
        self.say(node, f"expected a number for {label}, found {described(node)}", number_mend(node))
        return None

    def ranged(self, node: Node | None, label: str, low: int, high: int) -> float | None:
        """A number within bounds, as a float; None where there is none or it was reported."""
        exact = None if node is None else self.number(node, label)
        if exact is None or node is None:
            return None
        if not low <= exact <= high:
            self.say(node, f"{label} must be from {low} to {high:,}, found {short(typed(node))}")
            return None
        return float(exact)

    def positive(self, node: Node | None, label: str) -> float | None:
        """A number above 0, as a float; None where there is none or it was reported."""
        exact = None if node is None else self.number(node, label)
        if exact is None or node is None:
            return None
        if not float(exact) > 0:
            self.say(node, f"{label} must be more than 0, found {short(typed(node))}")
            return None
        return float(exact)

    # ---------------------------------------------------------------- names

    def register(self, key: Scalar | Place, name: str, kind: str) -> None:
        """Take a name for a quantity or an equation, and report one that cannot be used or is taken."""
        where = key if isinstance(key, Place) else self.place(key)
        fault = name_fault(name)
        if fault:
            self.say(where, *fault)
        taken = self.names.get(name)
        if taken:
            self.say(where, f"the name {short(name)!r} is taken {taken_by(taken)}", "rename one of them")
        else:
            self.names[name] = (kind, where)

    # ---------------------------------------------------------------- numbers and arrays

    def quantities(self, node: Node | None, role: str) -> list[Quantity]:
        """What stands under `given` or `parameters`."""
        section = "given" if role == "given" else "parameters"
        read: list[Quantity] = []
        content = self.mapping(node, f"numbers by name under {section!r}", "{x: 1, y: 0.5}")
        for name, value in content.items.items():
            key = content.keys[name]
            if name.isdigit() and isinstance(value, Scalar) and value.plain and not value.text and read:
                before = f"{read[-1].texts[-1]},{name}"  # {x: 0,8} has an x and an 8
                self.say(key, f"{before} is not one number here", f"write {before.replace(',', '.')}, with a point")
                continue
            self.places[f"{section}.{name}"] = self.place(key)
            self.register(key, name, role)
            quantity = self.quantity(name, role, value)
            if quantity:
                read.append(quantity)
        return read

    def quantity(self, name: str, role: str, node: Node) -> Quantity | None:
        """The number, vector or matrix that `node` holds; None where a finding says what is wrong with it."""
        values: list[Fraction] = []
        texts: list[str] = []
        shape = self.array(node, repr(short(name)), 0, values, texts)
        if shape is None:
            return None
        return Quantity(name, role, shape, tuple(values), tuple(texts), self.place(node))

    def array(self, node: Node, label: str, depth: int, values: list[Fraction], texts: list[str]) -> Shape | None:
        """The shape of an array, whose numbers are added to `values` and `texts`; None where it is no array."""
        if isinstance(node, Scalar):
            self.numbers += 1
            if self.numbers > MAX_NUMBERS:
                if self.numbers == MAX_NUMBERS + 1:
                    self.say(node, f"the problem has more than {MAX_NUMBERS:,} numbers", "use a smaller one")
                return None
            exact = self.number(node, label)
            if exact is None:
                return None
            values.append(exact)
            texts.append(node.text.strip())
            return ()
        if not isinstance(node, Sequence):
            self.say(node, f"expected a number or a list of numbers for {label}, found {described(node)}")
            return None
        if depth == MAX_RANK:
            self.say(node, f"{label} has lists more than {MAX_RANK} deep", "use a number, a vector or a matrix")
            return None
        if not node.items:
            self.say(node, f"{label} has an empty list", "give at least one number")
            return None
        first: Shape | None = None
        whole = True
        for index, item in enumerate(node.items):
            shape = self.array(item, label, depth + 1, values, texts)
            if shape is None:
                whole = False
            elif first is None:
                first = shape
            elif shape != first:
                self.say(
                    item,
                    f"{label} is ragged: element {index + 1} of this list is {shape_in_words(shape)}, "
                    f"the first is {shape_in_words(first)}",
                    "give every row the same length",
                )
                whole = False
        return (len(node.items), *first) if whole and first is not None else None


def name_fault(name: str) -> tuple[str, str] | None:
    """What is wrong with a name and how to mend it; None where nothing is."""
    if name in FUNCTIONS:
        return f"{name!r} is a function of the language, so nothing else can be called that", "rename it"
    shown = repr(short(name))
    if name.startswith("__"):
        return f"{shown} cannot be a name: it begins with two underscores", "use letters, digits and _"
    if NAME.fullmatch(name):
        return None
    if len(name) > MAX_NAME:
        return f"the name {shown} has {len(name):,} characters", f"use at most {MAX_NAME}"
    mend = "use letters, digits and _, starting with a letter"
    if not name:
        return "a name is empty", mend
    bad = next((c for c in name if not (NAME.fullmatch(c) or c in "0123456789")), "")
    code = "" if bad.isascii() else f" (U+{ord(bad):04X})"  # it may look like a letter that is allowed
    return f"{shown} cannot be a name: it {f'has {bad!r}{code} in it' if bad else 'starts with a digit'}", mend


_EXPLAINED_HERE = ("anyOf", "dependentSchemas", "maxItems", "maxProperties", "propertyNames", "uniqueItems")


def _structure() -> dict[str, Any]:
    """The schema without what the checks above explain better: arrays of numbers, names, counts and what excludes what.

    Said twice, at two places, one fault would look like two.
    """
    found: dict[str, Any] = _without(schema("problem"))
    found["$defs"]["array"] = True
    return found


def _without(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without(inner) for key, inner in part.items() if key not in _EXPLAINED_HERE}
    return [_without(inner) for inner in part] if isinstance(part, list) else part
