"""The values of a file, each with its place: where it is, what it is as plain data, and in the words of a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from checker.errors import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NUMBER = 400  # characters of a number that `value` builds
NULL = frozenset(("", "~", "null", "Null", "NULL"))
FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
_SPECIAL = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"


class Scalar:
    """A text as written, plain or quoted. Line and column count from 1."""

    __slots__ = ("column", "line", "plain", "text")

    def __init__(self, text: str, plain: bool, line: int, column: int) -> None:
        self.text = text
        self.plain = plain
        self.line = line
        self.column = column


class Sequence:
    """A list."""

    __slots__ = ("column", "items", "line")

    def __init__(self, items: list[Node], line: int, column: int) -> None:
        self.items = items
        self.line = line
        self.column = column


class Mapping:
    """Values by the text of their keys; `keys` are the keys as written, which know their places."""

    __slots__ = ("column", "items", "keys", "line")

    def __init__(self, items: dict[str, Node], keys: dict[str, Scalar], line: int, column: int) -> None:
        self.items = items
        self.keys = keys
        self.line = line
        self.column = column


Node = Scalar | Sequence | Mapping


def place(node: Node, file: str) -> Place:
    """Where a value begins."""
    return Place(file, node.line, node.column)


def at(root: Node, path: Iterable[str | int]) -> Node:
    """The value at the end of a path of keys and indices (from 0); the last one on the way where it breaks off."""
    node = root
    for step in path:
        inner: Node | None = None
        if isinstance(node, Mapping) and isinstance(step, str):
            inner = node.items.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node


def value(node: Node) -> Any:
    """Plain data by the core schema of YAML 1.2, for a JSON Schema. A number of more than 400 characters stays a text.

    >>> from checker.errors import AuthorError
    >>> from checker.yamlfile import read
    >>> value(read(b"a: [1e-3, no, 010, ~, .inf, '1', yes, true]", "x.yaml", AuthorError))
    {'a': [0.001, 'no', 10, None, inf, '1', 'yes', True]}
    """
    if isinstance(node, Mapping):
        return {key: value(item) for key, item in node.items.items()}
    if isinstance(node, Sequence):
        return [value(item) for item in node.items]
    text = node.text
    if not node.plain:
        return text
    if text in NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if len(text) > MAX_NUMBER or text[0] not in "-+.0123456789":
        return text
    if re.fullmatch(_INTEGER, text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if re.fullmatch(FLOAT, text):
        return float(text)
    if re.fullmatch(_SPECIAL, text):
        return float(text.replace(".", ""))
    return text


def described(node: Node) -> str:
    """What a value is, in the words of a message."""
    if isinstance(node, Mapping):
        return "keys with values"
    if isinstance(node, Sequence):
        return "a list"
    held = value(node)
    if held is None:
        return "nothing"
    return f"the text {short(node.text)!r}" if isinstance(held, str) else short(node.text)


def short(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"
