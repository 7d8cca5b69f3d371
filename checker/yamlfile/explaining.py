"""What a JSON Schema has against a file: each fault once, in words that say what was expected, and at its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from checker.errors import Finding
from checker.table import suggest
from checker.yamlfile.nodes import (
    FLOAT,
    MAX_NUMBER,
    NULL,
    Mapping,
    Node,
    Scalar,
    Sequence,
    at,
    described,
    place,
    short,
    value,
)
from checker.yamlfile.reading import MAX_FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from jsonschema.exceptions import ValidationError


def explained(root: Mapping, schema: dict[str, Any], file: str) -> list[Finding]:
    """What a JSON Schema has against a file: each fault once, in plain words, in the order of their places."""
    from jsonschema import Draft202012Validator

    explainer = _Explainer(root, file)
    found: dict[Finding, None] = {}
    for error in Draft202012Validator(schema).iter_errors(value(root)):
        found.update(dict.fromkeys(explainer.explain(error)))
    findings = sorted(found, key=lambda finding: (finding.where or (), finding.what))
    if len(findings) > MAX_FINDINGS:
        more = f"{len(findings) - MAX_FINDINGS + 1} more errors are not listed"
        findings[MAX_FINDINGS - 1 :] = [Finding(more, findings[MAX_FINDINGS - 1].where, "mend the first ones")]
    return findings


_KINDS = {
    "number": "a number",
    "integer": "a whole number",
    "string": "a text",
    "boolean": "true or false",
    "null": "nothing",
    "array": "a list",
    "object": "keys with values",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}
_COUNTS = {
    "minLength": ("character", "at least"),
    "maxLength": ("character", "at most"),
    "minItems": ("item", "at least"),
    "maxItems": ("item", "at most"),
    "minProperties": ("key", "at least"),
    "maxProperties": ("key", "at most"),
}


class _Explainer:
    """Puts the errors of jsonschema into words and places. Each keyword has one method, which yields findings."""

    def __init__(self, root: Mapping, file: str) -> None:
        self.root = root
        self.file = file

    def explain(self, error: ValidationError) -> Iterator[Finding]:
        """The findings that an error comes to: one for each fault that a person can mend."""
        if "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str):
            return self.bad_key(error)
        if error.validator in _BOUNDS:
            return self.bounds(error)
        if error.validator in _COUNTS:
            return self.count(error)
        methods: dict[object, Callable[[Any], Iterator[Finding]]] = {
            "type": self.type,
            "required": self.required,
            "additionalProperties": self.unknown_keys,
            "enum": self.enum,
            "const": self.const,
            "pattern": self.pattern,
            "uniqueItems": self.unique,
            "dependentRequired": self.dependent,
            "anyOf": self.alternatives,
            "oneOf": self.alternatives,
        }
        return methods.get(error.validator, self.other)(error)

    # ------------------------------------------------ words

    def node(self, error: ValidationError) -> Node:
        """The value that is at fault, or the mapping or list that is."""
        return at(self.root, error.absolute_path)

    def found(self, error: ValidationError) -> str:
        """What stands there."""
        return described(self.node(error))

    def finding(self, error: ValidationError, what: str, mend: str = "", where: Node | None = None) -> Finding:
        """A finding that begins with the way to the value: `network.layers.1: …`, counted from 1."""
        path = [str(step + 1) if isinstance(step, int) else short(step) for step in error.absolute_path]
        return Finding(f"{'.'.join(path)}: {what}" if path else what, place(where or self.node(error), self.file), mend)

    # ------------------------------------------------ keywords

    def type(self, error: Any) -> Iterator[Finding]:
        """A value of another kind."""
        yield self.mismatch(error, _listed(error.validator_value))

    def mismatch(self, error: Any, kinds: list[str], values: Collection[str] = ()) -> Finding:
        """A value that is none of these kinds and none of these values."""
        expected = _either([*(_KINDS.get(kind, kind) for kind in kinds), *values])
        node = self.node(error)
        return self.finding(
            error, f"expected {expected}, found {described(node)}", _mismatch_mend(node, [*kinds, *values])
        )

    def required(self, error: Any) -> Iterator[Finding]:
        """Keys that are not there."""
        for key in error.validator_value:
            if key not in error.instance:
                yield self.finding(error, f"the key {key!r} is missing", f"add `{key}:`")

    def unknown_keys(self, error: Any) -> Iterator[Finding]:
        """Keys that the schema does not know."""
        node = self.node(error)
        known = list(error.schema.get("properties", ()))
        patterns = error.schema.get("patternProperties", ())
        for key, written in node.keys.items() if isinstance(node, Mapping) else ():
            if key not in known and not any(re.search(pattern, key) for pattern in patterns):
                yield self.finding(error, f"unknown key {short(key)!r}", suggest(short(key), known), written)

    def enum(self, error: Any) -> Iterator[Finding]:
        """A value that is none of those listed."""
        yield self.choice(error, [], map(_shown, error.validator_value))

    def choice(self, error: Any, kinds: list[str], values: Iterable[str]) -> Finding:
        """A value that is none of these; a mistyped word gets a suggestion."""
        values = list(dict.fromkeys(values))
        if isinstance(error.instance, str) and values:
            return self.finding(
                error, f"unknown value {short(error.instance)!r}", suggest(short(error.instance), values)
            )
        return self.mismatch(error, kinds, values)

    def const(self, error: Any) -> Iterator[Finding]:
        """A value other than the only one."""
        wanted = _shown(error.validator_value)
        last = error.absolute_path[-1] if error.absolute_path else 0
        mend = f"write `{last}: {wanted}`" if isinstance(last, str) else f"write {wanted}"
        yield self.finding(error, f"expected {wanted}, found {self.found(error)}", mend)

    def bounds(self, error: Any) -> Iterator[Finding]:
        """A number out of bounds."""
        bound = f"{_BOUNDS[error.validator]} {_shown(error.validator_value)}"
        yield self.finding(error, f"expected {bound}, found {self.found(error)}")

    def count(self, error: Any) -> Iterator[Finding]:
        """Too much or too little of something."""
        thing, bound = _COUNTS[error.validator]
        number, wanted = len(error.instance), error.validator_value
        expected = f"expected {bound} {wanted:,} {thing}{'' if wanted == 1 else 's'}"
        yield self.finding(error, f"{expected}, found {f'{number:,}' if number else 'none'}")

    def pattern(self, error: Any) -> Iterator[Finding]:
        """A text of another form."""
        said = _said(error) or f"a text that matches {error.validator_value}"
        yield self.finding(error, f"{self.found(error)} cannot be used", f"expected {said}")

    def bad_key(self, error: Any) -> Iterator[Finding]:
        """A key that cannot be a name."""
        node, key = self.node(error), error.instance
        written = node.keys.get(key) if isinstance(node, Mapping) else None
        if error.validator == "maxLength":
            what = f"the key {short(key)!r} has {len(key):,} characters"
            yield self.finding(error, what, f"use at most {error.validator_value:,}", written)
        else:
            said = _said(error)
            mend = f"expected {said}" if said else ""
            yield self.finding(error, f"{short(key)!r} cannot be a key here", mend, written)

    def unique(self, error: Any) -> Iterator[Finding]:
        """Items that are in a list already."""
        node = self.node(error)
        seen: list[Any] = []
        for item, held in zip(node.items if isinstance(node, Sequence) else (), error.instance, strict=False):
            if held in seen:
                yield self.finding(error, f"{described(item)} is in this list already", "remove it", item)
            seen.append(held)

    def dependent(self, error: Any) -> Iterator[Finding]:
        """Keys that others need."""
        for key, needs in error.validator_value.items():
            for other in needs if key in error.instance else ():
                if other not in error.instance:
                    yield self.finding(error, f"the key {key!r} needs {other!r} too", f"add `{other}:`")

    def other(self, error: Any) -> Iterator[Finding]:
        """Whatever else a schema may demand."""
        said = _said(error)
        yield self.finding(error, f"{self.found(error)} cannot be used", f"expected {said}" if said else "")

    def alternatives(self, error: Any) -> Iterator[Finding]:
        """One of several forms is expected: what the form that was meant lacks, or one sentence that names them all."""
        branches: dict[int | str, list[Any]] = {}
        for inner in error.context:
            branches.setdefault(inner.relative_schema_path[0], []).append(inner)
        everything = [inner for inners in branches.values() for inner in inners]
        if not everything:
            yield self.several(error)
            return
        if all(inner.validator == "required" and not inner.relative_path for inner in everything):
            missing = [key for inner in everything for key in inner.validator_value if key not in inner.instance]
            what = f"one of the keys {_either(list(map(repr, missing)))} is missing"
            yield self.finding(error, what, f"add one, such as `{missing[0]}:`")
            return
        meant = [inners for inners in branches.values() if not any(map(_wrong_kind, inners))]
        if meant:
            nearest = min(meant, key=lambda inners: (-max(len(inner.relative_path) for inner in inners), len(inners)))
            for inner in nearest:
                yield from self.explain(inner)
            return
        kinds: dict[str, None] = {}
        values: list[str] = []
        for inner in filter(_wrong_kind, everything):
            if inner.validator == "type":
                kinds.update(dict.fromkeys(_listed(inner.validator_value)))
            elif inner.validator == "const":
                values.append(_shown(inner.validator_value))
            else:
                values += map(_shown, inner.validator_value)
        yield self.choice(error, list(kinds), values)

    def several(self, error: Any) -> Finding:
        """More than one of the forms fits, where only one may."""
        branches = [branch for branch in error.validator_value if isinstance(branch, dict)]
        present = error.instance if isinstance(error.instance, dict) else {}
        keys = [key for branch in branches for key in branch.get("required", ()) if key in present]
        if len(keys) > 1:
            what = f"only one of the keys {_either(list(map(repr, keys)))} can be given"
            return self.finding(error, what, "remove the others")
        return self.finding(error, f"{self.found(error)} can be understood in two ways here", _said(error))


def _wrong_kind(error: Any) -> bool:
    return error.validator in {"type", "const", "enum"} and not error.relative_path


def _listed(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def _said(error: Any) -> str:
    """What the schema says that the value is."""
    said = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return f"{said[0].lower()}{said[1:].rstrip('.')}" if said else ""


def _mismatch_mend(node: Node, kinds: list[str]) -> str:
    if kinds == ["object"]:
        unspaced = isinstance(node, Scalar) and node.plain and ":" in node.text
        return "put a space after each ':'" if unspaced else "write `key: value` lines"
    if not isinstance(node, Scalar):
        return ""
    wants_number = "number" in kinds or "integer" in kinds
    if node.plain and node.text in NULL:
        return "fill it in"
    if wants_number and not node.plain and re.fullmatch(FLOAT, node.text[:MAX_NUMBER]):
        return "remove the quotes"
    if "string" in kinds and node.plain:
        return "put it in quotes"
    return ""


def _shown(wanted: object) -> str:
    """A value of a schema, as YAML writes it."""
    if isinstance(wanted, bool):
        return "true" if wanted else "false"
    if wanted is None:
        return "nothing"
    return f"{wanted:,}" if isinstance(wanted, int) else str(wanted)


def _either(words: list[str]) -> str:
    """'a, b or c'."""
    words = list(dict.fromkeys(words))
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
