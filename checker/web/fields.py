"""The numbers of a problem file, each with its place in the text, so that a page can offer and change them one by one.

A changed number is put back into the text exactly where it stood: comments, order and everything else stay as they are,
and the text that is worked is the text that is downloaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker import yamlfile
from checker.errors import AuthorError, Finding
from checker.problem.reader import Reader
from checker.yamlfile import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "problem"  # what findings call the text
MOST_FIELDS = 400  # more numbers than this are edited in the text
SECTIONS = {"given": "Given", "parameters": "Parameters", "update": "Update"}


class Field(NamedTuple):
    """One number: `name` as in `W1[2,1]`, the `quantity` it belongs to, its element `at`, and its place in the text."""

    name: str
    section: str
    quantity: str
    at: tuple[int, ...]
    line: int
    column: int
    text: str

    @property
    def label(self) -> str:
        """What the number is, in words for somebody who cannot see where it stands."""
        words = self.quantity.replace("_", " ") if self.section == "update" else self.quantity
        if len(self.at) == 2:
            return f"{words}, row {self.at[0]}, column {self.at[1]}"
        return f"{words}, element {', '.join(map(str, self.at))}" if self.at else words


def fields(text: str) -> list[Field]:
    """The numbers of a problem that can be changed where they stand; none where there are too many to show.

    Raises:
        AuthorError: the text is no YAML file that can be read.
    """
    root = yamlfile.read(text.encode(), FILE, AuthorError)
    lines = text.splitlines()
    found = []
    for field in _numbers(root):
        line = lines[field.line - 1] if field.line <= len(lines) else ""
        if line[field.column - 1 :].startswith(field.text) and field.text:
            found.append(field)
        if len(found) > MOST_FIELDS:
            return []
    names = [field.name for field in found]
    return found if len(set(names)) == len(names) else []


def _numbers(root: Mapping) -> Iterator[Field]:
    network = root.items.get("network")
    if isinstance(network, Mapping):
        yield from _of_network(network)
    for section in ("given", "parameters"):
        content = root.items.get(section)
        if isinstance(content, Mapping):
            for name, node in content.items.items():
                yield from _array(section, name, node, ())
    update = root.items.get("update")
    if isinstance(update, Mapping):
        for name, node in update.items.items():
            if name not in ("optimizer", "form", "iterations"):
                yield from _array("update", name, node, ())


def _of_network(network: Mapping) -> Iterator[Field]:
    for end in ("input", "target"):
        content = network.items.get(end)
        if isinstance(content, Mapping):
            for name, node in content.items.items():
                yield from _array("given", name, node, ())
    layers = network.items.get("layers")
    for k, layer in enumerate(layers.items if isinstance(layers, Sequence) else (), 1):
        if isinstance(layer, Mapping):
            for key, letter in (("weights", "W"), ("bias", "b")):
                if key in layer.items:
                    yield from _array("parameters", f"{letter}{k}", layer.items[key], ())


def _array(section: str, name: str, node: Node, index: tuple[int, ...]) -> Iterator[Field]:
    if isinstance(node, Scalar) and node.plain:
        at = f"[{','.join(map(str, index))}]" if index else ""
        yield Field(f"{name}{at}", section, name, index, node.line, node.column, node.text)
    elif isinstance(node, Sequence) and len(index) < 3:
        for k, item in enumerate(node.items, 1):
            yield from _array(section, name, item, (*index, k))


class Filled(NamedTuple):
    """A text with numbers put in: what is wrong with those that cannot be used, by the field's name."""

    text: str
    fields: list[Field]  # with their new texts and places
    faults: dict[str, str]


def fill(text: str, offered: list[Field], typed: dict[str, str]) -> Filled:
    """The text with the numbers that were typed in the place of those that stood there.

    One that is no number is left as it was and reported, in the words that a problem file gets.
    """
    faults: dict[str, str] = {}
    lines = text.splitlines(keepends=True)
    moved: dict[int, int] = {}  # by line, how far what is still to come has moved
    filled = []
    for field in sorted(offered, key=lambda field: (field.line, field.column)):
        written = typed.get(field.name, field.text).strip()
        if written != field.text:
            fault = number_fault(written, field.name)
            if fault:
                faults[field.name] = fault
                written = field.text
        line = lines[field.line - 1]
        start = field.column - 1 + moved.get(field.line, 0)
        lines[field.line - 1] = line[:start] + written + line[start + len(field.text) :]
        moved[field.line] = moved.get(field.line, 0) + len(written) - len(field.text)
        filled.append(field._replace(column=start + 1, text=written))
    order = {field.name: n for n, field in enumerate(offered)}
    return Filled("".join(lines), sorted(filled, key=lambda field: order[field.name]), faults)


def number_fault(text: str, label: str) -> str:
    """What is wrong with a text as a number of a problem, and how to mend it; '' where nothing is."""
    if not text.strip():
        return "a number is missing; type one"
    reader = Reader(Mapping({}, {}, 1, 1), FILE, "")
    reader.number(Scalar(text.strip(), True, 1, 1), label)
    return said(reader.meant[0]) if reader.meant else ""


def said(finding: Finding) -> str:
    """A finding without its place: it is shown where it belongs."""
    return str(finding._replace(where=None))


def sort_out(error: AuthorError, filled: list[Field]) -> tuple[dict[str, str], list[str]]:
    """What an error says of single numbers, by the field's name, and what it says of the rest, with its line."""
    beside: dict[str, str] = {}
    rest = []
    for finding in error.findings:
        place = finding.where
        field = next(
            (
                field
                for field in filled
                if place
                and place.line == field.line
                and field.column <= place.column < field.column + max(1, len(field.text))
            ),
            None,
        )
        if field is not None:
            beside.setdefault(field.name, said(finding))
        else:
            where = f"line {place.line}: " if place and (place.line, place.column) != (1, 1) else ""
            rest.append(f"{where}{said(finding)}")
    return beside, rest
