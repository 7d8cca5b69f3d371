"""What was drawn put into a template: a problem of its own, as values with their places.

All variants that differ only in the numbers of their givens and parameters are of one structure. Its values are put
together once, with holes where the numbers go.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from checker.generating.holes import Draw, Place
from checker.generating.scope import Drawn, Word
from checker.generating.template import quantity_nodes
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.problem import problem_from
from checker.problem.language import TEMPLATE_KEYS
from checker.yamlfile import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    from checker.generating.template import Template
    from checker.model import Problem

_NAME = re.compile(r"[^\W\d]\w*")


class Hole(Scalar):
    """A number that was drawn: which element (counted from 0) of which variable."""

    __slots__ = ("element", "variable")

    def __init__(self, text: str, line: int, column: int, variable: str, element: int) -> None:
        super().__init__(text, True, line, column)
        self.variable, self.element = variable, element


class Put:
    """Puts one draw into the template. `structural` are the variables that change more than a given or a parameter."""

    def __init__(self, template: Template, draw: Draw) -> None:
        self.template, self.draw = template, draw
        self.structural: set[str] = set()
        self._quantities = {id(node): name for name, node in quantity_nodes(template.root)}
        self._varied = {variable.name for variable in template.variables if variable.quantity}
        self._own = {variable.name for variable in template.variables if not variable.quantity}
        root = template.root
        items: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        for key, node in root.items.items():
            if key not in TEMPLATE_KEYS:
                items[key], keys[key] = self._top(key, node), root.keys[key]
        self.root = Mapping(items, keys, root.line, root.column)

    def _top(self, key: str, node: Node) -> Node:
        if key in ("format", "id", "ask"):
            return node
        if key == "title" and isinstance(node, Scalar):
            return Scalar(self._titled(node.text), node.plain, node.line, node.column)
        return self._node(node, expressions=key in ("forward", "loss"))

    def _titled(self, text: str) -> str:
        def put(match: re.Match[str]) -> str:
            value = self.draw.get(match[1])
            if match[1] not in self._own or value is None:
                return match[0]
            self.structural.add(match[1])
            return value.text if isinstance(value, Word) else ", ".join(each.text for each in value.numbers)

        return re.sub(r"\{([^\W\d]\w*)\}", put, text)

    def _node(self, node: Node, expressions: bool = False, quantity: bool = False) -> Node:
        name = self._quantities.get(id(node))
        if name is not None:
            if name in self._varied:
                return self._array(name, node)
            quantity = True
        if isinstance(node, Mapping):
            items = {key: self._node(part, expressions, quantity) for key, part in node.items.items()}
            return Mapping(items, node.keys, node.line, node.column)
        if isinstance(node, Sequence):
            return Sequence([self._node(part, expressions, quantity) for part in node.items], node.line, node.column)
        if expressions:
            return Scalar(self._expression(node.text), node.plain, node.line, node.column)
        if node.text not in self._own:
            return node
        value = self.draw[node.text]
        if isinstance(value, Drawn) and quantity:
            return self._array(node.text, node)
        self.structural.add(node.text)
        if isinstance(value, Drawn):
            return _nested(
                [Scalar(each.text, True, node.line, node.column) for each in value.numbers], value.shape, node
            )
        if value.parameters:
            settings = {key: Scalar(text, True, node.line, node.column) for key, text in value.parameters}
            inner = Mapping(dict(settings), {key: Scalar(key, True, node.line, node.column) for key in settings}, 1, 1)
            key = Scalar(value.text, True, node.line, node.column)
            return Mapping({value.text: inner}, {value.text: key}, node.line, node.column)
        return Scalar(value.text, True, node.line, node.column)

    def _array(self, name: str, node: Node) -> Node:
        value = self.draw[name]
        assert isinstance(value, Drawn)
        holes: list[Node] = [
            Hole(each.text, node.line, node.column, name, element) for element, each in enumerate(value.numbers)
        ]
        return _nested(holes, value.shape, node)

    def _expression(self, text: str) -> str:
        found = [match for match in _NAME.finditer(text) if match[0] in self._own]
        for match in reversed(found):
            value = self.draw[match[0]]
            self.structural.add(match[0])
            before, after = text[: match.start()], text[match.end() :]
            if isinstance(value, Word):
                text = before + value.text + _with_parameters(after, value)
            elif not value.shape:
                shown = value.numbers[0].text
                text = f"{before}{f'({shown})' if '-' in shown or '/' in shown else shown}{after}"
        return text


def _nested(items: list[Any], shape: tuple[int, ...], at: Node) -> Node:
    if not shape:
        node: Node = items[0]
        return node
    size = len(items) // shape[0]
    return Sequence(
        [_nested(items[i * size : (i + 1) * size], shape[1:], at) for i in range(shape[0])], at.line, at.column
    )


def _with_parameters(after: str, word: Word) -> str:
    """The text behind a function's name with the function's parameters added to its arguments."""
    if not word.parameters or not after.lstrip().startswith("("):
        return after
    entry = ACTIVATIONS[word.text] if word.text in ACTIVATIONS else LOSSES[word.text]
    given = dict(word.parameters)
    known = [parameter for parameter, _ in entry.parameters]
    last = max(known.index(parameter) for parameter in given)
    added = "".join(f", {given.get(parameter, default)}" for parameter, default in entry.parameters[: last + 1])
    depth = 0
    for at, character in enumerate(after):
        depth += (character == "(") - (character == ")")
        if character == ")" and not depth:
            return after[:at] + added + after[at:]
    return after


def key_of(draw: Draw, structural: AnyMapping[str, Any] | set[str]) -> tuple[Any, ...]:
    """What two draws of one structure have in common: the structural variables' values, and every shape."""
    return tuple(
        (
            value.shape if isinstance(value, Drawn) else None,
            (tuple(each.text for each in value.numbers) if isinstance(value, Drawn) else value)
            if name in structural
            else None,
        )
        for name, value in draw.items()
    )


def read_problem(template: Template, put: Put) -> Problem:
    """The problem with this draw in it.

    Raises:
        AuthorError: it is no problem that can be used; places are those in the template.
    """
    return replace(problem_from(put.root, template.file, template.text), source=template.file)


def sources(root: Mapping) -> dict[str, list[Place | None]]:
    """For each given and parameter, where each of its elements comes from; None where nothing is drawn for it."""
    found: dict[str, list[Place | None]] = {}
    for name, node in quantity_nodes(root):
        flat: list[Place | None] = []
        waiting = [node]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Sequence):
                waiting.extend(reversed(part.items))
            else:
                flat.append(Place(part.variable, part.element) if isinstance(part, Hole) else None)
        found[name] = flat
    return found
