"""A file's bytes to located values, within bounds: a small builder over the events of PyYAML's C parser.

What is refused here is refused before it can cost anything, or run. Scalars stay text.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from contextlib import suppress
from typing import Any, Final, NamedTuple, NoReturn

import yaml

from checker.errors import AuthorError, CheckerError, Finding, Place
from checker.yamlfile.nodes import Mapping, Node, Scalar, Sequence, described, place, short, value


class Limits(NamedTuple):
    """What a file may cost: bytes, levels of nesting, values, characters of one scalar, and keys of one mapping."""

    size: int = 1_048_576
    depth: int = 50
    nodes: int = 200_000
    scalar: int = 100_000
    keys: int = 20_000  # twice the steps that a problem may have: a file with more is refused before all of it is read


DEFAULT = Limits()
MAX_FINDINGS = 100  # a file with more faults than this is not mended by reading all of them


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
        from checker.yamlfile.syntax import in_words  # a file that is YAML does not pay for it

        builder.findings += in_words(fault, text, file)
        builder.stop()
    if root is None or (isinstance(root, Scalar) and value(root) is None):
        builder.fail(1, 1, "the file is empty", "write `key: value` lines into it")
    elif not isinstance(root, Mapping):
        builder.say(root, f"expected keys with values, found {described(root)}", "write `key: value` lines")
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
            self.fail(*end(before), f"the byte 0x{byte:02X} is not UTF-8", "save the file as UTF-8")
        # libyaml compares each %TAG with all before it: thousands of them would take minutes
        directive = re.search(r"^%TAG", text, re.MULTILINE) if "%TAG" in text else None
        if directive:
            self.fail(*end(text[: directive.start()]), "the directive %TAG is not allowed", "remove the line")
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
            mend = "use a text as the key"
            if isinstance(node, Sequence):
                mend = "put lists that belong together in brackets of their own: [[1, 2], [3, 4]]"
            self.say(node, f"{described(node)} cannot be a key", mend)
            return _SKIPPED
        first = mapping.keys.get(node.text)
        if first is not None:
            self.say(node, f"the key {short(node.text)!r} is already on line {first.line}", "keep one of them")
            return _SKIPPED
        if node.text == "<<" and node.plain:
            self.say(node, "the merge key '<<' is not allowed", "write the keys and values themselves")
            return _SKIPPED
        if len(mapping.keys) >= self.limits.keys:
            self.fail(node.line, node.column, f"more than {self.limits.keys:,} keys in one place", "leave some out")
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


def end(text: str) -> tuple[int, int]:
    """Line and column of what comes after `text`, from 1."""
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)  # what libyaml counts as the end of a line
    return len(lines), len(lines[-1]) + 1
