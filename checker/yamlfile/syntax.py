"""What libyaml has against a text that is not YAML, in plain words and at the place where a person would look."""

from __future__ import annotations

import re
from typing import Any

import yaml

from checker.errors import Finding, Place
from checker.yamlfile.nodes import short
from checker.yamlfile.reading import end

_QUOTES = "put the text in quotes"
_OPENED = {"did not find expected ',' or ']'": ("[", "]"), "did not find expected ',' or '}'": ("{", "}")}
_TWO_COLONS = "mapping values are not allowed in this context"
_TOO_FAR = ("this line is indented too far", "begin it where the line above begins")
_SAID = {
    _TWO_COLONS: (
        "a second ':' on one line",
        "start a new line for each `key: value`, or put the text in quotes",
    ),
    "mapping keys are not allowed in this context": (
        "a value cannot begin with '?'",
        "leave out what is not known, or put the text in quotes",
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
_AT_CONTEXT = (
    "could not find expected ':'",
    "did not find expected comment or line break",
    "did not find expected alphabetic or numeric character",
)


def in_words(fault: yaml.YAMLError, text: str, file: str) -> list[Finding]:
    """What libyaml has against a text, in plain words."""
    if isinstance(fault, yaml.reader.ReaderError):
        refused = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
        found = [
            Finding(
                f"the control character U+{ord(match[0]):04X} is not allowed",
                Place(file, *end(text[: match.start()])),
                "remove it" if match[0] != "\0" else "save the file as UTF-8 text",
            )
            for match, _ in zip(refused.finditer(text), range(10), strict=False)
        ]
        return found or [Finding(f"the file cannot be read as YAML: {fault.reason}", Place(file))]
    problem = getattr(fault, "problem", None) or str(fault)
    mark, context = getattr(fault, "problem_mark", None), getattr(fault, "context_mark", None)
    if context is not None and (mark is None or mark.index >= len(text.rstrip()) or problem in _AT_CONTEXT):
        mark = context
    if mark is not None:
        line = _bare_line(text, mark.line, problem)
        if line:
            indent = len(line[1]) - len(line[1].lstrip())
            return [Finding("this line has no ':'", Place(file, line[0], indent + 1), _colon_mend(line[1].strip()))]
    where = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
    if mark is not None and problem == _TWO_COLONS and ":" not in text[: mark.index].rpartition("\n")[2]:
        return [Finding(_TOO_FAR[0], where, _TOO_FAR[1])]
    what, mend = _described(fault, problem, context, text[mark.index : mark.index + 1] if mark else "")
    return [Finding(what, where, mend)]


def _bare_line(text: str, line: int, problem: str) -> tuple[int, str] | None:
    """The number and the text of a line without a colon that libyaml stops at, or has read on from into the next."""
    lines = text.splitlines()[: line + 1]
    if problem == _TWO_COLONS:
        lines = lines[:line]
        while lines and not lines[-1].strip():
            lines.pop()
    elif problem != "could not find expected ':'":
        return None
    found = lines[-1] if lines else ""
    return (len(lines), found) if ":" not in found and re.match(r" *[^\W\d]", found) else None


def _colon_mend(line: str) -> str:
    name, equals, value = map(str.strip, line.partition("="))
    if equals and re.fullmatch(r"[^\W\d][\w/]*", name):
        return f"write a colon in place of '=': `{name}: {short(value)}`"
    return "write `key: value`, or indent what goes on from the line above"


def _described(fault: yaml.YAMLError, problem: str, context: Any, character: str) -> tuple[str, str]:
    """What is wrong and how to mend it; `character` is the one that libyaml stops at."""
    opened = f" on line {context.line + 1}" if context is not None else ""
    if problem in _OPENED:
        left, right = _OPENED[problem]
        return f"the '{left}'{opened} is not closed", f"add '{right}', or a comma before this"
    if problem == "found character that cannot start any token":
        return (
            ("a tab cannot stand here", "use spaces")
            if character == "\t"
            else (f"a value cannot begin with {character!r}", _QUOTES)
        )
    if problem == "did not find expected node content" and not character.strip():
        return "the file ends where brackets are still open", "close each '[' with ']' and each '{' with '}'"
    if problem == "found unexpected end of stream":
        return f"the quote that opens{opened} is not closed", "close it with the same quote"
    if problem == "could not find expected ':'":
        return "this line has no ':'", "write `key: value`, or indent what goes on from the line above"
    if problem in _SAID:
        return _SAID[problem]
    during = getattr(fault, "context", None)
    return f"this is not YAML: {f'{during}: ' if during else ''}{problem}", "check the quotes, colons and brackets here"
