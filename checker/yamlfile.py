"""YAML text to located values: every scalar keeps its text, its line and its column.

A small builder over the events of PyYAML's C parser: half the time of CSafeLoader, and it stops at the first anchor or
the fiftieth bracket instead of expanding a bomb. Nothing is constructed but strings, lists and dictionaries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from checker.errors import AuthorError, CheckerError, Finding, InternalError, Place
from checker.table import suggest


class Limits(NamedTuple):
    """What a file may be at most."""

    size: int = 1 << 20  # bytes
    depth: int = 50
    nodes: int = 200_000
    scalar: int = 100_000  # characters


DEFAULT = Limits()


class Scalar:
    """A text as it stands in the file; `plain` where it is not quoted."""

    __slots__ = ("column", "line", "plain", "text")

    def __init__(self, text: str, plain: bool, line: int, column: int) -> None:
        self.text, self.plain, self.line, self.column = text, plain, line, column

    def __repr__(self) -> str:
        return f"Scalar({self.text!r}, {self.plain}, {self.line}, {self.column})"


class Sequence:
    """A list."""

    __slots__ = ("column", "items", "line")

    def __init__(self, items: list[Node], line: int, column: int) -> None:
        self.items, self.line, self.column = items, line, column

    def __repr__(self) -> str:
        return f"Sequence({self.items!r}, {self.line}, {self.column})"


class Mapping:
    """Keys to values in order; `keys` has the place of each key."""

    __slots__ = ("column", "items", "keys", "line")

    def __init__(self, items: dict[str, Node], keys: dict[str, Scalar], line: int, column: int) -> None:
        self.items, self.keys, self.line, self.column = items, keys, line, column

    def __repr__(self) -> str:
        return f"Mapping({self.items!r}, {self.line}, {self.column})"


Node = Scalar | Sequence | Mapping


def read(data: bytes, file: str, error: type[CheckerError], limits: Limits = DEFAULT) -> Mapping:
    """The mapping that a YAML file is.

    Raises:
        error: what is wrong with the file, each finding with its place: too large, not UTF-8, a syntax error,
            several documents, anchors, aliases, tags, duplicate or merge keys, too deep, no mapping.
    """
    if not getattr(yaml, "__with_libyaml__", False):
        raise InternalError(
            Finding(
                "PyYAML is installed without its C parser (libyaml)",
                None,
                "reinstall it from a binary wheel: pip install --force-reinstall --only-binary :all: PyYAML",
            )
        )
    return _Reader(_decoded(data, file, error, limits), file, error, limits).document()


def _decoded(data: bytes, file: str, error: type[CheckerError], limits: Limits) -> str:
    if len(data) > limits.size:
        raise error(
            Finding(f"the file is larger than {limits.size >> 10} KiB", Place(file), "split it or shorten it")
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise error(Finding("the file is UTF-16", Place(file), "save it as UTF-8"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace").lstrip("\ufeff")) + 1
        raise error(
            Finding(f"byte 0x{data[fault.start]:02x} is not UTF-8", Place(file, line, column), "save the file as UTF-8")
        ) from None
    bad = _UNPRINTABLE.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        raise error(
            Finding(f"the control character U+{ord(bad[0]):04X} is not allowed", Place(file, line, column), "remove it")
        )
    return text


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")


class _Stop(Exception):
    """Nothing after this can be read."""


class _Reader:
    def __init__(self, text: str, file: str, error: type[CheckerError], limits: Limits) -> None:
        self.text, self.file, self.error, self.limits = text, file, error, limits
        self.findings: list[Finding] = []

    def document(self) -> Mapping:
        root: Node | None = None
        # given text, the parser keeps its own UTF-8 copy, so positions count characters
        parser = yaml.cyaml.CParser(self.text)
        try:
            root = self._build(parser.get_event)
        except _Stop:
            pass
        except yaml.YAMLError as fault:
            self._syntax(fault)
        finally:
            parser.dispose()
        if not self.findings and not isinstance(root, Mapping):
            if root is None:
                self.findings.append(Finding("the file is empty", Place(self.file), "start with `format: …`"))
            else:
                what = "a list" if isinstance(root, Sequence) else "a single text"
                self.findings.append(
                    Finding(f"the file is {what}, not keys with values", Place(self.file), "start with `format: …`")
                )
        if self.findings:
            raise self.error(*sorted(set(self.findings), key=lambda finding: finding.where or ()))
        assert isinstance(root, Mapping)
        return root

    def _add(self, mark: Any, what: str, mend: str) -> None:
        self.findings.append(Finding(what, Place(self.file, mark.line + 1, mark.column + 1), mend))

    def _syntax(self, fault: yaml.YAMLError) -> None:
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        what = str(getattr(fault, "problem", None) or "not YAML")
        mend = "check the indentation, the colons and the quotes around this place"
        if "found character '\\t'" in what or "tab" in what:
            mend = "indent with spaces, not tabs"
        elif "',' or ']'" in what or "',' or '}'" in what:
            mend = "close the bracket"
        if mark is None:
            self.findings.append(Finding(f"not YAML: {what}", Place(self.file), mend))
        else:
            self._add(mark, f"not YAML: {what}", mend)

    def _build(self, get_event: Any) -> Node | None:
        limits = self.limits
        longest = limits.scalar
        root: Node | None = None
        documents = 0
        nodes = 0
        # the containers that are open, and for each mapping the key that waits for its value
        stack: list[Any] = []
        keys: list[Scalar | None] = []
        top: Any = None
        key: Scalar | None = None
        node: Node
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        mapping_start, sequence_start = yaml.MappingStartEvent, yaml.SequenceStartEvent
        mapping_end, sequence_end = yaml.MappingEndEvent, yaml.SequenceEndEvent
        while True:
            event = get_event()
            kind = event.__class__
            if kind is scalar_event:
                mark = event.start_mark
                if event.anchor is not None or event.tag is not None:
                    self._refused(event)
                text = event.value
                if len(text) > longest:
                    self._add(mark, f"a text of {len(text)} characters", f"shorten it to {longest}")
                    text = ""
                node = Scalar(text, event.implicit[0], mark.line + 1, mark.column + 1)
            elif kind is mapping_start or kind is sequence_start:
                mark = event.start_mark
                if event.anchor is not None or event.tag is not None:
                    self._refused(event)
                if len(stack) >= limits.depth:
                    self._add(mark, f"nested deeper than {limits.depth} levels", "remove brackets")
                    raise _Stop
                if kind is mapping_start:
                    node = Mapping({}, {}, mark.line + 1, mark.column + 1)
                else:
                    node = Sequence([], mark.line + 1, mark.column + 1)
            elif kind is mapping_end or kind is sequence_end:
                node = top
                stack.pop()
                key = keys.pop()
                top = stack[-1] if stack else None
                continue
            elif kind is alias_event:
                self._add(event.start_mark, f"the alias *{event.anchor}", "write the value out")
                raise _Stop
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._add(event.start_mark, "a second document", "keep one document a file")
                    raise _Stop
                continue
            elif kind is yaml.StreamEndEvent:
                return root
            else:
                continue
            nodes += 1
            if nodes > limits.nodes:
                self._add(event.start_mark, f"more than {limits.nodes} values", "shorten the file")
                raise _Stop
            if top is None:
                root = node
            elif top.__class__ is Sequence:
                top.items.append(node)
            elif key is None:
                if node.__class__ is not Scalar:
                    self._add(event.start_mark, "a key that is not a text", "write keys as plain names")
                    raise _Stop
                key = node  # type: ignore[assignment]  # its class was just looked at
                continue
            else:
                name = key.text
                if name in top.items:
                    first = top.keys[name]
                    self.findings.append(
                        Finding(
                            f"the key {_short(name)} stands here and on line {first.line}",
                            Place(self.file, key.line, key.column),
                            "keep one of them",
                        )
                    )
                elif name == "<<" and key.plain:
                    self.findings.append(
                        Finding("the merge key <<", Place(self.file, key.line, key.column), "write the values out")
                    )
                top.items[name] = node
                top.keys[name] = key
                key = None
            if node.__class__ is not Scalar:
                stack.append(node)
                keys.append(key)
                top, key = node, None

    def _refused(self, event: Any) -> None:
        if event.anchor is not None:
            self._add(event.start_mark, f"the anchor &{event.anchor}", "write the value out where it is used")
            raise _Stop
        self._add(event.start_mark, f"the tag {event.tag}", "leave it out")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


# ---------------------------------------------------------------- plain data

_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_MOST_DIGITS = 400


def value(node: Node) -> Any:
    """The node as plain data, scalars resolved as YAML 1.2's core schema has it: `1e-3` is a number, `no` a text."""
    if node.__class__ is Scalar:
        return _resolved(node)  # type: ignore[arg-type]
    if isinstance(node, Sequence):
        return [value(item) for item in node.items]
    assert isinstance(node, Mapping)
    return {key: value(item) for key, item in node.items.items()}


def _resolved(scalar: Scalar) -> Any:
    text = scalar.text
    if not scalar.plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _MOST_DIGITS:  # a longer number is never built
        if _INTEGER.fullmatch(text):
            return int(text)
        if text[:2] in ("0o", "0x") and re.fullmatch(r"0o[0-7]+|0x[0-9a-fA-F]+", text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def place(node: Node, file: str) -> Place:
    """Where the node stands."""
    return Place(file, node.line, node.column)


def at(root: Node, path: Iterable[str | int]) -> Node:
    """The node that a path of keys and positions (from 0) leads to; the last one there is where it leads beyond."""
    node = root
    for part in path:
        if isinstance(node, Mapping) and part in node.items:
            node = node.items[str(part)]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            break
    return node


# ---------------------------------------------------------------- schemas and shipped folders


def data_folder(name: str) -> Path:
    """The shipped folder `name` (`schemas`, `problem_sets`): inside an installed package, beside it in a checkout.

    Raises:
        InternalError: the installation lacks it.
    """
    package = Path(__file__).parent
    for folder in (package / f"_{name}", package.parent / name):
        if folder.is_dir():
            return folder
    raise InternalError(Finding(f"this installation lacks the folder {name}", None, "install check-backprop again"))


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name` (`problem`, `submission`, `report`, `solution`)."""
    text = (data_folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validate(root: Mapping, structure: dict[str, Any], file: str) -> list[Finding]:
    """Everything in which the file departs from a JSON Schema, in the order of the file."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(structure)
    findings = [
        finding
        for fault in validator.iter_errors(value(root))
        for finding in _explained(fault, root, file)
    ]
    return sorted(set(findings), key=lambda finding: (finding.where or Place(file), finding.what))


_TYPES = {
    "object": "keys with values",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def _found(node: Node) -> str:
    if isinstance(node, Mapping):
        return "keys with values"
    if isinstance(node, Sequence):
        return "a list"
    data = _resolved(node)
    if data is None:
        return "nothing"
    return f"the text {_short(node.text)}" if isinstance(data, str) else _short(node.text).strip("'")


def _named(fault: Any) -> str:
    path = [str(part + 1) if isinstance(part, int) else str(part) for part in fault.absolute_path]
    return f"{'.'.join(path)}: " if path else ""


def _explained(fault: Any, root: Mapping, file: str) -> list[Finding]:
    node = at(root, fault.absolute_path)
    where = place(node, file)
    name, found = _named(fault), _found(node)
    keyword, wanted = fault.validator, fault.validator_value
    if keyword == "additionalProperties" and isinstance(node, Mapping):
        known = list(fault.schema.get("properties", {}))
        extra = [key for key in node.items if key not in known]
        return [
            Finding(f"{name}unknown key {_short(key)}", place(node.keys[key], file), suggest(key, known))
            for key in extra
        ]
    if keyword == "propertyNames" and isinstance(node, Mapping):
        key = str(fault.instance)
        return [Finding(f"{name}{_short(key)} cannot be a name here", where, str(fault.schema.get("description", "")))]
    if keyword == "required" and isinstance(node, Mapping):
        missing = next((key for key in wanted if key not in node.items and f"'{key}'" in fault.message), wanted[0])
        return [Finding(f"{name}the key {missing!r} is missing", where, f"add `{missing}:`")]
    if keyword == "type":
        types = [wanted] if isinstance(wanted, str) else list(wanted)
        return [Finding(f"{name}expected {' or '.join(_TYPES[t] for t in types)}, found {found}", where)]
    if keyword == "enum":
        shown = [str(choice) for choice in wanted]
        return [Finding(f"{name}unknown {found}", where, suggest(str(fault.instance), shown))]
    if keyword == "const":
        return [Finding(f"{name}expected {wanted}, found {found}", where, f"write `{wanted}`")]
    if keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        words = {
            "minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "less than",
        }  # fmt: skip
        return [Finding(f"{name}expected a number of {words[keyword]} {wanted}, found {found}", where)]
    if keyword == "pattern":
        return [Finding(f"{name}{found} is not of the form asked for", where, str(fault.schema.get("description", "")))]
    if keyword in ("minItems", "minProperties", "minLength"):
        return [Finding(f"{name}expected at least {wanted}, found fewer", where)]
    if keyword in ("maxItems", "maxProperties", "maxLength"):
        return [Finding(f"{name}expected at most {wanted}, found more", where)]
    if keyword in ("oneOf", "anyOf"):
        deeper = _likeliest(fault)
        if deeper:
            return [finding for inner in deeper for finding in _explained(inner, root, file)]
        return [Finding(f"{name}{found} fits none of the forms allowed", where, str(fault.schema.get("description", "")))]
    return [Finding(f"{name}{found} is not allowed here", where, str(fault.schema.get("description", "")))]


def _likeliest(fault: Any) -> list[Any]:
    """The faults of the one alternative that the author most likely meant: the one that fails deepest, or alone."""
    branches: dict[int, list[Any]] = {}
    for inner in fault.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    own = len(fault.absolute_path)
    deep = [faults for faults in branches.values() if not any(_wrong_kind(inner, own) for inner in faults)]
    return deep[0] if len(deep) == 1 else []


def _wrong_kind(fault: Any, depth: int) -> bool:
    return len(fault.absolute_path) == depth and fault.validator in ("type", "enum", "const", "pattern", "required")


__all__ = [
    "DEFAULT", "AuthorError", "Limits", "Mapping", "Node", "Scalar", "Sequence", "at", "data_folder", "place", "read",
    "schema", "validate", "value",
]  # fmt: skip
