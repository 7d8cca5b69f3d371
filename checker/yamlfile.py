"""YAML files as located values: each keeps its text, its line and its column, and nothing in them can run or explode.

A small builder over the events of PyYAML's C parser. Scalars stay text; `value` says what they are by the core schema
of YAML 1.2. `validate` explains what a JSON Schema has against a file, in words and at the place of each fault.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import yaml

from checker.errors import AuthorError, CheckerError, Finding, InternalError, Place
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from jsonschema.exceptions import ValidationError


class Limits(NamedTuple):
    """What a file may cost: bytes, levels of nesting, values, characters of one scalar, and keys of one mapping."""

    size: int = 1_048_576
    depth: int = 50
    nodes: int = 200_000
    scalar: int = 100_000
    keys: int = 20_000  # twice the steps that a problem may have: a file with more is refused before all of it is read


DEFAULT = Limits()
MAX_FINDINGS = 100  # a file with more faults than this is not mended by reading all of them
MAX_NUMBER = 400  # characters of a number that `value` builds


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


# ---------------------------------------------------------------- reading


def read(data: bytes, file: str, error: type[CheckerError], limits: Limits = DEFAULT) -> Mapping:
    """The mapping that a file holds.

    Raises:
        error: the file is too large, is not UTF-8, not YAML, or not one mapping; or it uses what is refused here: keys
            twice, anchors and aliases, tags, merge keys, keys that are not text, deep nesting. Faults are reported
            together as far as the file can be read.
        AuthorError: PyYAML was installed without its C parser.
    """
    builder = _Builder(file, error, limits)
    text = builder.decoded(data)
    try:
        bomb = _nested(text, limits.depth)
        if bomb:
            builder.probe(text[:bomb])
        root = builder.build(_parser(text))
    except yaml.YAMLError as fault:
        builder.findings += _syntax(fault, text, file)
        builder.stop()
    if root is None or (isinstance(root, Scalar) and root.plain and root.text in _NULL):
        builder.fail(1, 1, "the file is empty", "write `key: value` lines into it")
    elif not isinstance(root, Mapping):
        builder.say(root, f"expected a mapping, found {_found(root)}", "write `key: value` lines")
    if builder.findings:
        builder.stop()
    assert isinstance(root, Mapping)
    return root


def _parser(text: str) -> Any:
    if not yaml.__with_libyaml__:
        raise AuthorError(
            Finding(
                "PyYAML is installed without its C parser (libyaml), which check-backprop needs",
                None,
                "run `pip install --force-reinstall --only-binary :all: PyYAML`",
            )
        )
    # of text, not bytes: libyaml would guess an encoding. Nothing is ever loaded with it, events are all that is read.
    return yaml.CBaseLoader(text)


def _nested(text: str, depth: int) -> int:
    """Where `depth` + 1 brackets have opened side by side; 0 where they nowhere do."""
    if text.count("[") + text.count("{") <= depth:
        return 0
    run = re.search(rf"(?:[\[{{] ?){{{depth + 1}}}", text)
    return run.end() if run else 0


_ENDS = frozenset((yaml.MappingEndEvent, yaml.SequenceEndEvent))
_SKIPPED: Final = Scalar("", True, 1, 1)  # the key of a value that is not kept


class _Builder:
    """Builds the values of one file, and gathers what is wrong with them."""

    def __init__(self, file: str, error: type[CheckerError], limits: Limits) -> None:
        self.file = file
        self.error = error
        self.limits = limits
        self.findings: list[Finding] = []

    def stop(self) -> NoReturn:
        """Raise what was found, in the order of its places."""
        raise self.error(*sorted(self.findings, key=lambda finding: finding.where or ())) from None

    def fail(self, line: int, column: int, what: str, mend: str) -> NoReturn:
        """Report a fault that ends the reading."""
        self.findings.append(Finding(what, Place(self.file, line, column), mend))
        self.stop()

    def say(self, node: Node, what: str, mend: str) -> None:
        """Report a fault; the reading goes on, unless there are too many of them."""
        self.findings.append(Finding(what, place(node, self.file), mend))
        if len(self.findings) >= MAX_FINDINGS:
            self.stop()

    def decoded(self, data: bytes) -> str:
        """The file's text, without a byte-order mark."""
        if len(data) > self.limits.size:
            self.fail(1, 1, f"the file is larger than {self.limits.size:,} bytes", "make it smaller")
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.fail(1, 1, "the file is UTF-16, not UTF-8", "save it as UTF-8")
        try:
            text = data.removeprefix(BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError as fault:
            # where there is a byte-order mark, offsets count from behind it
            before = fault.object[: fault.start].decode("utf-8")
            byte = fault.object[fault.start]
            self.fail(*_end(before), f"the byte 0x{byte:02X} is not UTF-8", "save the file as UTF-8")
        # libyaml compares each %TAG with all before it: thousands of them would take minutes
        directive = re.search(r"^%TAG", text, re.MULTILINE) if "%TAG" in text else None
        if directive:
            self.fail(*_end(text[: directive.start()]), "the directive %TAG is not allowed", "remove the line")
        return text

    def probe(self, beginning: str) -> None:
        """Refuse what is nested too deep by the file's beginning alone: libyaml looks 1,024 brackets ahead, slowly.

        Where the brackets stand in quotes or a comment, nothing is said here.
        """
        with suppress(yaml.YAMLError):
            self.build(_parser(beginning))
        self.findings.clear()

    def build(self, parser: Any) -> Node | None:
        """The value of the only document; None where there is no document."""
        get = parser.get_event
        scalar, starts, ends = yaml.ScalarEvent, (yaml.MappingStartEvent, yaml.SequenceStartEvent), _ENDS
        longest, limit, deepest = self.limits.scalar, self.limits.nodes, self.limits.depth
        root: Node | None = None
        here: Any = None  # the list or mapping that is being filled
        key: Scalar | None = None  # of the value that comes next, where `here` is a mapping
        around: list[tuple[Any, Scalar | None]] = []
        count = 0
        while True:
            event = get()
            kind = event.__class__
            if kind is scalar:
                mark = event.start_mark
                node: Node = Scalar(event.value, not event.style, mark.line + 1, mark.column + 1)
                if len(event.value) > longest:
                    self.say(node, f"a text of {len(event.value):,} characters", f"use at most {longest:,}")
            elif kind in starts:
                mark = event.start_mark
                if kind is yaml.MappingStartEvent:
                    node = Mapping({}, {}, mark.line + 1, mark.column + 1)
                else:
                    node = Sequence([], mark.line + 1, mark.column + 1)
            elif kind in ends:
                here, key = around.pop()
                continue
            elif self.at_end(event, root):
                return root
            else:
                continue

            if event.anchor is not None or event.tag is not None:
                self.refuse_marks(event, node)
            count += 1
            if here is None:
                root = node
            elif here.__class__ is Sequence:
                here.items.append(node)
            elif key is None:
                key = self.key(here, node)
            else:
                if key is not _SKIPPED:
                    here.items[key.text] = node
                key = None
            if kind is not scalar:
                around.append((here, key))
                here, key = node, None
            if count > limit or len(around) > deepest:
                self.too_much(node, count)

    def at_end(self, event: Any, root: Node | None) -> bool:
        """Whether an event that is no value ends the file.

        Raises:
            CheckerError: it is an alias, or begins a second document.
        """
        mark = event.start_mark
        if event.__class__ is yaml.AliasEvent:  # what it stands for may be anything, however large
            what = f"the alias {short(f'*{event.anchor}')!r} is not allowed"
            self.fail(
                mark.line + 1, mark.column + 1, what, "write the value itself, in quotes where it begins with '*'"
            )
        if event.__class__ is yaml.DocumentStartEvent and root is not None:
            self.fail(mark.line + 1, mark.column + 1, "a second document begins here", "use a file for each")
        return event.__class__ is yaml.StreamEndEvent

    def too_much(self, node: Node, count: int) -> NoReturn:
        """Refuse a file that goes beyond its bounds."""
        if count > self.limits.nodes:
            what, mend = f"the file has more than {self.limits.nodes:,} values", "make it smaller"
        else:
            what = f"the values are nested more than {self.limits.depth} deep"
            mend = "use fewer brackets, or less indentation"
        self.fail(node.line, node.column, what, mend)

    def key(self, mapping: Mapping, node: Node) -> Scalar:
        """The key that `node` is in `mapping`."""
        if not isinstance(node, Scalar):
            self.say(node, f"{_found(node)} cannot be a key", "use a text as the key")
            return _SKIPPED
        first = mapping.keys.get(node.text)
        if first is not None:
            self.say(node, f"the key {short(node.text)!r} is already on line {first.line}", "keep one of them")
            return _SKIPPED
        if node.text == "<<" and node.plain:
            self.say(node, "the merge key '<<' is not allowed", "write the keys and values themselves")
            return _SKIPPED
        if len(mapping.keys) >= self.limits.keys:
            self.fail(node.line, node.column, f"a mapping of more than {self.limits.keys:,} keys", "leave some out")
        mapping.keys[node.text] = node
        return node

    def refuse_marks(self, event: Any, node: Node) -> None:
        """Refuse an anchor, at once, or a tag."""
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
            self.say(node, f"the tag {short(tag)!r} is not allowed", "remove it")
        if event.anchor is not None:
            what = f"the anchor {short(f'&{event.anchor}')!r} is not allowed"
            self.fail(node.line, node.column, what, "remove it, and write each value itself")


# ---------------------------------------------------------------- what is not YAML

_BREAK = r"\r\n|[\n\r\x85\u2028\u2029]"  # what libyaml counts as the end of a line
_QUOTES = "put the text in quotes"
_OPENED = {
    "did not find expected ',' or ']'": ("list", "[", "]"),
    "did not find expected ',' or '}'": ("mapping", "{", "}"),
}
_SAID = {
    "mapping values are not allowed in this context": (
        "a second ':' on one line, or a line that is indented too far",
        "start a new line for each `key: value`, or put the text in quotes",
    ),
    "did not find expected key": (
        "expected the next `key: value` here, in line with the others",
        "check the indentation, and put text with quotes or brackets inside in quotes",
    ),
    "did not find expected '-' indicator": (
        "expected the next `- item` of the list here, in line with the others",
        "check the indentation",
    ),
    "block sequence entries are not allowed in this context": (
        "a list with '-' cannot begin on the line of its key",
        "write a list as [1, 2], and a minus sign next to its number",
    ),
    "did not find expected node content": ("expected a value here", "check the commas and brackets"),
    "did not find expected comment or line break": ("a value cannot begin with '|' or '>'", _QUOTES),
    "did not find expected alphabetic or numeric character": ("a value cannot begin with '*' or '&'", _QUOTES),
    "found undefined tag handle": ("a value cannot begin with '!'", _QUOTES),
    "found unknown escape character": (
        r"a backslash in double quotes begins an escape, and this is none",
        "use single quotes",
    ),
    "found invalid Unicode character escape code": ("this escape is no character", "type the character itself"),
    "did not find expected <document start>": (
        "expected the end of the file here",
        "use one document, with lines such as `key: value`",
    ),
}


def _syntax(fault: yaml.YAMLError, text: str, file: str) -> list[Finding]:
    """What libyaml has against a text, in plain words."""
    if isinstance(fault, yaml.reader.ReaderError):
        refused = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
        found = [
            Finding(
                f"the control character U+{ord(match[0]):04X} is not allowed",
                Place(file, *_end(text[: match.start()])),
                "remove it" if match[0] != "\0" else "save the file as UTF-8 text",
            )
            for match, _ in zip(refused.finditer(text), range(10), strict=False)
        ]
        return found or [Finding(f"the file cannot be read as YAML: {fault.reason}", Place(file))]
    problem = getattr(fault, "problem", None) or str(fault)
    mark, context = getattr(fault, "problem_mark", None), getattr(fault, "context_mark", None)
    if context is not None and (mark is None or mark.index >= len(text.rstrip()) or problem in _AT_CONTEXT):
        mark = context
    where = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
    return [Finding(*_in_words(fault, problem, context, text[mark.index : mark.index + 1] if mark else "", where))]


_AT_CONTEXT = (
    "could not find expected ':'",
    "did not find expected comment or line break",
    "did not find expected alphabetic or numeric character",
)


def _in_words(
    fault: yaml.YAMLError, problem: str, context: Any, character: str, where: Place
) -> tuple[str, Place, str]:
    opened = f" on line {context.line + 1}" if context is not None else ""
    if problem in _OPENED:
        kind, left, right = _OPENED[problem]
        return f"the {kind} that '{left}' opens{opened} is not closed", where, f"add '{right}', or a comma before this"
    if problem == "found character that cannot start any token":
        if character == "\t":
            return "a tab cannot stand here", where, "use spaces"
        return f"a value cannot begin with {character!r}", where, _QUOTES
    if problem == "did not find expected node content" and not character.strip():
        return "the file ends where brackets are still open", where, "close each '[' with ']' and each '{' with '}'"
    if problem == "found unexpected end of stream":
        return f"the quote that opens{opened} is not closed", where, "close it with the same quote"
    if problem == "could not find expected ':'":
        return "this line has no ':'", where, "write `key: value`, or indent what goes on from the line above"
    if problem in _SAID:
        what, mend = _SAID[problem]
        return what, where, mend
    context = getattr(fault, "context", None)
    during = f"{context}: " if context else ""
    return f"this is not YAML: {during}{problem}", where, "check the quotes, colons and brackets here"


def _end(text: str) -> tuple[int, int]:
    """Line and column of what comes after `text`, from 1."""
    lines = re.split(_BREAK, text)
    return len(lines), len(lines[-1]) + 1


def short(text: str) -> str:
    """A text that fits into a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"


# ---------------------------------------------------------------- what scalars are

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_SPECIAL = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"


def value(node: Node) -> Any:
    """Plain data by the core schema of YAML 1.2, for a JSON Schema. A number of more than 400 characters stays a text.

    >>> root = read(b"a: [1e-3, no, 010, ~, .inf, '1', yes, true]", "x.yaml", AuthorError)
    >>> value(root)
    {'a': [0.001, 'no', 10, None, inf, '1', 'yes', True]}
    """
    if isinstance(node, Mapping):
        return {key: value(item) for key, item in node.items.items()}
    if isinstance(node, Sequence):
        return [value(item) for item in node.items]
    text = node.text
    if not node.plain:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if len(text) > MAX_NUMBER or text[0] not in "-+.0123456789":
        return text
    if re.fullmatch(_INTEGER, text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if re.fullmatch(_FLOAT, text):
        return float(text)
    if re.fullmatch(_SPECIAL, text):
        return float(text.replace(".", ""))
    return text


# ---------------------------------------------------------------- schemas and data folders


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of problems, submissions or reports, by name.

    Raises:
        InternalError: it was not installed.
    """
    import json

    path = data_folder("schemas") / f"{name}.schema.json"
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InternalError(Finding(f"the schema {name!r} cannot be read: {fault}", None, _REINSTALL)) from None
    return loaded


def data_folder(name: str) -> Path:
    """The folder of data `name` that is shipped: inside the package, or beside it where that is a checkout.

    Raises:
        InternalError: there is neither.
    """
    from pathlib import Path

    package = Path(__file__).resolve().parent
    for folder in (package / f"_{name}", package.parent / name):
        if folder.is_dir():
            return folder
    raise InternalError(Finding(f"the folder {name!r} of check-backprop is missing", None, _REINSTALL))


_REINSTALL = "reinstall check-backprop"


# ---------------------------------------------------------------- what a schema has against a file


def validate(root: Mapping, schema: dict[str, Any], file: str) -> list[Finding]:
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
    "object": "a mapping",
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
        return _found(self.node(error))

    def finding(self, error: ValidationError, what: str, mend: str = "", where: Node | None = None) -> Finding:
        """A finding that begins with the way to the value: `network.layers.1: …`, counted from 1."""
        path = [str(step + 1) if isinstance(step, int) else short(step) for step in error.absolute_path]
        return Finding(f"{'.'.join(path)}: {what}" if path else what, place(where or self.node(error), self.file), mend)

    # ------------------------------------------------ keywords

    def type(self, error: Any) -> Iterator[Finding]:
        """A value of another kind."""
        yield self.mismatch(error, _listed(error.validator_value))

    def mismatch(self, error: Any, kinds: list[str], values: Iterable[str] = ()) -> Finding:
        """A value that is none of these kinds and none of these values."""
        expected = _either([*(_KINDS.get(kind, kind) for kind in kinds), *values])
        node = self.node(error)
        return self.finding(error, f"expected {expected}, found {_found(node)}", _mismatch_mend(node, kinds))

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
                yield self.finding(error, f"{_found(item)} is in this list already", "remove it", item)
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
    if not isinstance(node, Scalar):
        return ""
    wants_number = "number" in kinds or "integer" in kinds
    if node.plain and node.text in _NULL:
        return "fill it in"
    if wants_number and not node.plain and re.fullmatch(_FLOAT, node.text[:MAX_NUMBER]):
        return "remove the quotes"
    if "string" in kinds and node.plain:
        return "put it in quotes"
    return ""


def _found(node: Node) -> str:
    """What a value is, in the words of a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    held = value(node)
    if held is None:
        return "nothing"
    return f"the text {short(node.text)!r}" if isinstance(held, str) else short(node.text)


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
