"""A template is a problem with `vary:` and `require:`: read here, with all that is wrong with it said at once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from checker import yamlfile
from checker.errors import AuthorError, Finding, Place
from checker.expression.tree import ExpressionError
from checker.find import contents, named_file
from checker.generating.conditions import Condition, read_condition
from checker.generating.drawing import Chosen, Drawing
from checker.generating.exactly import Values
from checker.generating.kinds import KINDS, OPTIONS
from checker.generating.scope import Word
from checker.generating.source import Source
from checker.numbertext import NumberError
from checker.problem.language import ID_PATTERN, INTEGER, MAX_RANK
from checker.problem.reader import Reader, name_fault
from checker.problem.words import article, table_number
from checker.table import suggest
from checker.yamlfile import Mapping, Node, Scalar, Sequence, described, short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker.model import Shape

SETTINGS = ("version", "accept", "difficulty", "draws")
MOST_VARIABLES = 1_000
MOST_CONDITIONS = 200
MOST_DRAWS = 100_000
DRAWS = 2_000
BAND = Fraction(15, 100)


class Variable(NamedTuple):
    """A name under `vary:` and how it is drawn; `quantity` where it is a given or a parameter of the problem."""

    name: str
    kind: str
    drawing: Drawing
    quantity: bool
    numeric: bool
    where: Place


@dataclass(frozen=True)
class Template:
    """A template, read and checked; `root` are the values of its file, those that only `generate` reads included.

    `band` is how far a variant's effort may lie from the middle, as a share of it; None where it is not looked at.
    `accept` are the names of guarantees and mistakes that the author waives, each with its place.
    """

    id: str
    version: str
    title: str
    root: Mapping
    file: str
    text: str
    variables: tuple[Variable, ...]
    conditions: tuple[Condition, ...]
    accept: tuple[tuple[str, Place], ...]
    band: Fraction | None
    draws: int
    digest: str
    fixed: dict[str, Values]


def find_template(given: Path | str) -> Template:
    """The template that is given by its file, or by the id of one that comes with the product.

    Raises:
        SubmissionError: nothing that is shipped has this id.
        AuthorError: the file cannot be read, or cannot be used as a template.
    """
    path = named_file(given, kinds=("templates",))
    return load_template(contents(path, AuthorError), str(path))


def load_template(data: bytes, file: str) -> Template:
    """The template that a file holds.

    Raises:
        AuthorError: the file cannot be used as one. All its findings, in the order of their places.
    """
    root = yamlfile.read(data, file, AuthorError)
    if "vary" not in root.items:
        raise AuthorError(
            Finding(
                "this file is a problem, not a template: it has no 'vary'",
                Place(file),
                "say under `vary:` what differs, such as `vary: {x: {uniform: [-1, 1], step: 0.1}}`",
            )
        )
    reader = Reader(root, file, data.decode("utf-8-sig"))
    variables, fixed = _variables(reader)
    conditions = _conditions(reader)
    version, accept, band, draws = _settings(reader)
    identity, title = root.items.get("id"), root.items.get("title")
    for variable in variables:
        if not variable.quantity and not _used(root, variable.name, conditions):
            known = [name for name, _ in quantity_nodes(root)]
            near = suggest(variable.name, known)
            mend = near if near.startswith("did you mean") else "name a given or a parameter, or use it somewhere"
            reader.say(variable.where, f"{short(variable.name)!r} is drawn and used nowhere", mend)
    if reader.meant:
        raise AuthorError(*sorted(dict.fromkeys(reader.meant), key=lambda finding: finding.where or Place(file)))
    name = identity.text if isinstance(identity, Scalar) else ""
    return Template(
        id=name,
        version=version,
        title=" ".join(title.text.split()) if isinstance(title, Scalar) else name,
        root=root,
        file=file,
        text=reader.text,
        variables=tuple(variables),
        conditions=tuple(conditions),
        accept=accept,
        band=band,
        draws=draws,
        digest=hashlib.sha256(data).hexdigest(),
        fixed=fixed,
    )


# ---------------------------------------------------------------- the problem's own values


def quantity_nodes(root: Mapping) -> Iterator[tuple[str, Node]]:
    """The name and the value of every given and parameter, those of a network's layers included."""
    for section in ("given", "parameters"):
        content = root.items.get(section)
        if isinstance(content, Mapping):
            yield from content.items.items()
    network = root.items.get("network")
    if not isinstance(network, Mapping):
        return
    for end in ("input", "target"):
        content = network.items.get(end)
        if isinstance(content, Mapping):
            yield from content.items.items()
    layers = network.items.get("layers")
    for k, layer in enumerate(layers.items if isinstance(layers, Sequence) else (), 1):
        if isinstance(layer, Mapping):
            for key, letter in (("weights", "W"), ("bias", "b")):
                if key in layer.items:
                    yield f"{letter}{k}", layer.items[key]


def _shape(node: Node) -> Shape:
    """The shape of an array as its first elements show it; that all rows are alike is looked at later."""
    found: list[int] = []
    while isinstance(node, Sequence) and node.items and len(found) < MAX_RANK:
        found.append(len(node.items))
        node = node.items[0]
    return tuple(found)


def _fixed(node: Node) -> Values | None:
    """The exact numbers of a value that nothing is drawn for; None where it is no array of numbers."""
    flat: list[Fraction] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Sequence):
            waiting.extend(reversed(part.items))
        elif isinstance(part, Scalar):
            try:
                flat.append(table_number(part.text))
            except (ValueError, NumberError):  # whatever it is instead, the problem's reader says so
                return None
        else:
            return None
    shape = _shape(node)
    return Values(shape, tuple(flat)) if prod(shape) == len(flat) else None


# ---------------------------------------------------------------- vary


def _variables(reader: Reader) -> tuple[list[Variable], dict[str, Values]]:
    """What is drawn, in the order it is drawn in, and the numbers that stay as they are."""
    node = reader.root.items["vary"]
    content = reader.mapping(node, "draws by name under 'vary'", "{x: {uniform: [-1, 1], step: 0.1}}")
    if isinstance(node, Mapping) and not node.items:
        reader.say(node, "'vary' is empty", "say what differs, such as `x: {uniform: [-1, 1], step: 0.1}`")
    if len(content.items) > MOST_VARIABLES:
        reader.say(node, f"{len(content.items):,} draws", f"use at most {MOST_VARIABLES:,}, and arrays")
        return [], {}
    quantities = dict(quantity_nodes(reader.root))
    fixed = {
        name: values
        for name, part in quantities.items()
        if name not in content.items and (values := _fixed(part)) is not None
    }
    before = dict.fromkeys(fixed, "number")
    read = []
    for name, entry in content.items.items():
        key = content.keys[name]
        fault = name_fault(name)
        if fault:
            reader.say(key, *fault)
            continue
        variable = _variable(reader, name, key, entry, quantities.get(name), before)
        if variable is not None:
            read.append(variable)
            if variable.numeric:
                before[name] = "number"
    return read, fixed


def _variable(
    reader: Reader, name: str, key: Scalar, entry: Node, quantity: Node | None, before: dict[str, str]
) -> Variable | None:
    example = "{uniform: [-1, 1], step: 0.1}"
    if not isinstance(entry, Mapping):
        reader.odd(entry, f"how {short(name)!r} is drawn", f"write {short(name)}: {example}")
        return None
    chosen = [word for word in entry.items if word in KINDS]
    for word, written in entry.keys.items():
        if word not in KINDS and word not in OPTIONS:
            known = [*KINDS, *OPTIONS] if chosen else list(KINDS)
            reader.say(written, f"unknown kind of draw {short(word)!r}", suggest(word, known, listed=20))
    if len(chosen) != 1:
        if len(chosen) > 1:
            words = " and ".join(map(repr, chosen))
            reader.say(entry.keys[chosen[1]], f"{short(name)!r} is drawn in two ways, {words}", "keep one of them")
        elif all(word in OPTIONS for word in entry.items):
            reader.say(entry, f"how {short(name)!r} is drawn is missing", f"write {short(name)}: {example}")
        return None
    kind = KINDS[chosen[0]]
    for word, written in entry.keys.items():
        if word in OPTIONS and word not in kind.options:
            mend = f"it takes {', '.join(kind.options)}" if kind.options else "it takes no options"
            reader.say(written, f"{article(kind.name)} {kind.name} draw has no option {short(word)!r}", mend)
    shape = _shape(quantity) if quantity is not None else ()
    found = len(reader.meant)
    drawing = kind.read(Source(reader, name, entry, chosen[0], shape, before))
    if drawing is None or len(reader.meant) > found:
        return None
    numeric = not _draws_words(drawing)
    if quantity is not None and not numeric:
        reader.say(key, f"{short(name)!r} is a number of the problem and is drawn as a word", "use another name")
        return None
    return Variable(name, kind.name, drawing, quantity is not None, numeric, reader.place(key))


def _draws_words(drawing: Drawing) -> bool:
    return isinstance(drawing, Chosen) and isinstance(drawing.items[0], Word)


def _used(root: Mapping, name: str, conditions: list[Condition]) -> bool:
    """Whether a name stands anywhere in the file but as its own key."""
    word = re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])")
    waiting: list[Node] = [part for key, part in root.items.items() if key not in ("id", "format")]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting.extend(part.items.values())
        elif isinstance(part, Sequence):
            waiting.extend(part.items)
        elif word.search(part.text):
            return True
    return any(name in condition.names for condition in conditions)


# ---------------------------------------------------------------- require and template


def _conditions(reader: Reader) -> list[Condition]:
    node = reader.root.items.get("require")
    if node is None:
        return []
    items = node.items if isinstance(node, Sequence) else [node]
    if len(items) > MOST_CONDITIONS:
        reader.say(node, f"{len(items):,} conditions", f"use at most {MOST_CONDITIONS}")
        return []
    read = []
    for item in items:
        if not isinstance(item, Scalar) or not item.text.strip():
            reader.odd(item, "a condition", "write one such as 'abs(z1) > 0.1', in quotes where it has a colon")
            continue
        place = reader.start(item)
        try:
            read.append(read_condition(item.text, place))
        except ExpressionError as error:
            reader.say(reader.within(place, item.text, error.at), f"in a condition: {error.what}", error.mend)
    return read


def _settings(reader: Reader) -> tuple[str, tuple[tuple[str, Place], ...], Fraction | None, int]:
    node = reader.root.items.get("template")
    content = reader.mapping(node, "settings under 'template'", "{version: 1}")
    for key, written in content.keys.items():
        if key not in SETTINGS:
            reader.say(written, f"unknown key {short(key)!r}", suggest(key, SETTINGS))
    version = "1"
    given = content.items.get("version")
    if isinstance(given, Scalar) and (INTEGER.fullmatch(given.text) or _is_word(given.text)):
        version = given.text
    elif given is not None:
        reader.odd(given, "a version", "use a whole number, or letters, digits, '.', '_' and '-'")
    accept: list[tuple[str, Place]] = []
    listed = content.items.get("accept")
    for item in listed.items if isinstance(listed, Sequence) else [listed] if listed is not None else []:
        text = reader.string(item, "what is accepted")
        if text is not None:
            accept.append((" ".join(text.split()), reader.place(item)))
    band: Fraction | None = BAND
    share = content.items.get("difficulty")
    if share is not None:
        band = _band(reader, share)
    draws = reader.integer(content.items.get("draws"), "draws", 1, MOST_DRAWS)
    return version, tuple(accept), band, draws or DRAWS


def _is_word(text: str) -> bool:
    return re.fullmatch(ID_PATTERN, text) is not None


def _band(reader: Reader, node: Node) -> Fraction | None:
    text = node.text.strip() if isinstance(node, Scalar) else ""
    if text == "any":
        return None
    percent = text.endswith("%")
    plain = Scalar(text.removesuffix("%").rstrip(), True, node.line, node.column)
    exact = reader.number(plain, "the difficulty's band") if text else None
    if exact is None:
        if not text:
            reader.say(node, f"expected a share for the difficulty's band, found {described(node)}", "write 15% or any")
        return BAND
    exact = exact / 100 if percent else exact
    if not 0 < exact <= 1:
        reader.say(node, "the difficulty's band must be more than 0 and at most 1 (100%)", "write 15%, or any")
    return exact
