from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from checker import yamlfile
from checker.errors import AuthorError, Place, SubmissionError
from checker.yamlfile import Limits, Mapping, Scalar, Sequence, at, place, read, validate, value


def load(text: str | bytes) -> Mapping:
    return read(text if isinstance(text, bytes) else text.encode(), "f.yaml", SubmissionError)


def refused(text: str | bytes, limits: Limits = yamlfile.DEFAULT) -> list[str]:
    """What is said against a text, without the file's name."""
    with pytest.raises(SubmissionError) as caught:
        read(text if isinstance(text, bytes) else text.encode(), "f.yaml", SubmissionError, limits)
    assert all(finding.where for finding in caught.value.findings)
    return [str(finding).removeprefix("f.yaml:") for finding in caught.value.findings]


def places(node: object, path: str = "") -> list[tuple[str, int, int]]:
    assert isinstance(node, Scalar | Sequence | Mapping)
    here = [(path, node.line, node.column)]
    if isinstance(node, Sequence):
        return here + [row for i, item in enumerate(node.items) for row in places(item, f"{path}[{i}]")]
    if isinstance(node, Mapping):
        return here + [row for key, item in node.items.items() for row in places(item, f"{path}.{key}")]
    return here


# ---------------------------------------------------------------- what is read


def test_texts_lines_and_columns_are_kept() -> None:
    root = load("a: 0.10\nb:\n  - 'x'\n  - [ü, 1, \"y\"]\nc: {d: , e: 2}\nf:\n")
    assert places(root) == [
        ("", 1, 1),
        (".a", 1, 4),
        (".b", 3, 3),
        (".b[0]", 3, 5),
        (".b[1]", 4, 5),
        (".b[1][0]", 4, 6),
        (".b[1][1]", 4, 9),
        (".b[1][2]", 4, 12),
        (".c", 5, 4),
        (".c.d", 5, 8),
        (".c.e", 5, 13),
        (".f", 6, 3),
    ]
    assert [(key.text, key.line, key.column) for key in root.keys.values()] == [
        ("a", 1, 1),
        ("b", 2, 1),
        ("c", 5, 1),
        ("f", 6, 1),
    ]
    number, text = at(root, ["a"]), at(root, ["b", 0])
    assert isinstance(number, Scalar)
    assert isinstance(text, Scalar)
    assert (number.text, number.plain, text.text, text.plain) == ("0.10", True, "x", False)
    assert place(number, "g.yaml") == Place("g.yaml", 1, 4)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_marks_and_line_ends_do_not_move_places(mark: bytes, end: bytes) -> None:
    root = load(mark + "ä: 1\nb: é\n".encode().replace(b"\n", end))
    assert places(root) == [("", 1, 1), (".ä", 1, 4), (".b", 2, 4)]


def test_a_path_is_followed_as_far_as_it_leads() -> None:
    root = load("a: [1, {b: 2}]\n")
    assert [
        (n.line, n.column) for n in (at(root, []), at(root, ["a", 1, "b"]), at(root, ["a", 5]), at(root, ["x"]))
    ] == [
        (1, 1),
        (1, 12),
        (1, 4),
        (1, 1),
    ]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        *((text, text) for text in ("no", "yes", "on", "off", "y", "nUll", "tRue", "1_000", "1:30", "2026-01-01", ".")),
        *((text, text) for text in ("0b1", "0x", "0o8", "-0x1", "nan", "inf", "1e", "+", ".e1", "<<", "=", "٣")),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e-3", 0.001),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5E+2", -150.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.Inf", math.inf),
        ("1e999999", math.inf),
        ("1" * 401, "1" * 401),
        ("0x" + "F" * 400, "0x" + "F" * 400),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, held: object) -> None:
    found = value(load(f"a: {text}\n"))["a"]
    assert found == held
    assert type(found) is type(held)


def test_not_a_number_and_quoted_scalars() -> None:
    assert all(math.isnan(number) for number in value(load("a: [.nan, .NaN, .NAN]\n"))["a"])
    assert value(load("a: ['1', \"true\", '', '~']\nb: |\n  1\n")) == {"a": ["1", "true", "", "~"], "b": "1\n"}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
    | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz_1", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), plain, max_size=5))
def test_json_is_read_as_json_is(data: dict[str, object]) -> None:
    assert value(load(json.dumps(data, ensure_ascii=False) + "\n")) == data


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), plain, max_size=5))
def test_what_pyyaml_writes_in_quotes_is_read_back(data: dict[str, object]) -> None:
    # YAML 1.2 and PyYAML differ on plain scalars only
    written = yaml.dump(data, default_style='"', allow_unicode=True, Dumper=_Strings)
    assert json.dumps(value(load(written))) == json.dumps(_as_texts(data))


class _Strings(yaml.SafeDumper):
    """Writes every scalar as a text."""

    def ignore_aliases(self, data: object) -> bool:
        return True


for kind in (type(None), bool, int, float):
    _Strings.add_representer(kind, lambda dumper, data: dumper.represent_str(str(data)))


def _as_texts(data: object) -> object:
    if isinstance(data, dict):
        return {key: _as_texts(item) for key, item in sorted(data.items())}
    return [_as_texts(item) for item in data] if isinstance(data, list) else str(data)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["1:1: the file is empty; write `key: value` lines into it"]),
        ("# nothing\n---\n", ["1:1: the file is empty; write `key: value` lines into it"]),
        ("- 1\n", ["1:1: expected keys with values, found a list; write `key: value` lines"]),
        ("\n abc\n", ["2:2: expected keys with values, found the text 'abc'; write `key: value` lines"]),
        ("a: 1\nb: 2\na: 3\nb: 4\n", [
            "3:1: the key 'a' is already on line 1; keep one of them",
            "4:1: the key 'b' is already on line 2; keep one of them",
        ]),
        ("a: {b: 1, 'b': 2}\n", ["1:11: the key 'b' is already on line 1; keep one of them"]),
        ("a: &x 1\n", ["1:4: the anchor '&x' is not allowed; remove it, and write each value itself"]),
        ("a: 1\nb: *x\n", [
            "2:4: the alias '*x' is not allowed; write the value itself, in quotes where it begins with '*'"
        ]),
        ("a: !!python/object/apply:os.getcwd []\nb: !x 1\n", [
            "1:4: the tag '!!python/object/apply:os.getcwd' is not allowed; remove it",
            "2:4: the tag '!x' is not allowed; remove it",
        ]),
        ("a: ! 1\n", ["1:4: the tag '!' is not allowed; remove it"]),
        ("a: !<tag:x> 1\n", ["1:4: the tag 'tag:x' is not allowed; remove it"]),
        ("a: !y!x 1\n", ["1:4: a value cannot begin with '!'; put the text in quotes"]),
        ("<<: {a: 1}\nb: 2\n", ["1:1: the merge key '<<' is not allowed; write the keys and values themselves"]),
        ("? [1, 2]\n: 3\n? {a: 1}\n: 2\n", [
            "1:3: a list cannot be a key; put lists that belong together in brackets of their own: [[1, 2], [3, 4]]",
            "3:3: keys with values cannot be a key; use a text as the key",
        ]),
        ("a: 1\n--- \nb: 2\n", ["2:1: a second document begins here; use a file for each"]),
        ("a: 1\n...\nb: 2\n", [
            "3:1: expected the end of the file here; use one document, with lines such as `key: value`"
        ]),
        ("%TAG !a! b\n---\na: 1\n", ["1:1: the directive %TAG is not allowed; remove the line"]),
        ("a: 1\na: 2\nb: [1\n", [
            "2:1: the key 'a' is already on line 1; keep one of them",
            "3:4: the '[' on line 3 is not closed; add ']', or a comma before this",
        ]),
        ("answers: {z: [\n", [
            "2:1: the file ends where brackets are still open; close each '[' with ']' and each '{' with '}'"
        ]),
        ("a: [1, 2\nb: 3\n", ["2:2: the '[' on line 1 is not closed; add ']', or a comma before this"]),
        ("a: {b: 1\n", ["1:4: the '{' on line 1 is not closed; add '}', or a comma before this"]),
        ("a: 'x\n", ["1:4: the quote that opens on line 1 is not closed; close it with the same quote"]),
        ("a: b: c\n", [
            (
                "1:5: a second ':' on one line; "
                "start a new line for each `key: value`, or put the text in quotes"
            ),
        ]),
        ("a=1\nb: 2\n", [
            "1:1: this line has no ':'; write a colon in place of '=': `a: 1`",
        ]),
        ("a: 1\n b: 2\n", [
            "2:3: this line is indented too far; begin it where the line above begins",
        ]),
        ("a: ?\n", ["1:4: a value cannot begin with '?'; leave out what is not known, or put the text in quotes"]),
        ("a: 1\nb\nc: 2\n", [
            "2:1: this line has no ':'; write `key: value`, or indent what goes on from the line above",
        ]),
        ("a: 1\n- 2\n", [
            (
                "2:1: expected the next `key: value` here, in line with the others; "
                "check the indentation, and put text with quotes or brackets inside in quotes"
            ),
        ]),
        ("a:\n  z = 0.7\n  b: 2\n", ["2:3: this line has no ':'; write a colon in place of '=': `z: 0.7`"]),
        ("a:\n  b: 2\n  dL/dz = -1\n  c: 2\n", [
            "3:3: this line has no ':'; write a colon in place of '=': `dL/dz: -1`"
        ]),
        ("a:\n  z 0.7\n\n  b: 2\n", [
            "2:3: this line has no ':'; write `key: value`, or indent what goes on from the line above"
        ]),
        ("a: 'x' y\n", [
            (
                "1:8: expected the next `key: value` here, in line with the others; "
                "check the indentation, and put text with quotes or brackets inside in quotes"
            ),
        ]),
        ("a:\n  - 1\n  b: 2\n", [
            "3:3: expected the next `- item` of the list here, in line with the others; check the indentation"
        ]),
        ("a: - 1\n", [
            (
                "1:4: a list with '-' cannot begin on the line of its key; "
                "write a list as [1, 2], and a minus sign next to its number"
            ),
        ]),
        ("a:\n\t- 1\n", ["2:1: a tab cannot stand here; use spaces"]),
        ("a: @x\n", ["1:4: a value cannot begin with '@'; put the text in quotes"]),
        ("a: |z|\n", ["1:4: a value cannot begin with '|' or '>'; put the text in quotes"]),
        ("a: *\n", ["1:4: a value cannot begin with '*' or '&'; put the text in quotes"]),
        ("a: [1,,2]\n", ["1:7: expected a value here; check the commas and brackets"]),
        ('a: "\\q"\n', [
            "1:5: a backslash in double quotes begins an escape, and this is none; use single quotes"
        ]),
        ('a: "\\ud800"\n', ["1:7: this escape is no character; type the character itself"]),
        ("%YAML 1.2\n%YAML 1.2\n---\na: 1\n", [
            "2:1: this is not YAML: found duplicate %YAML directive; check the quotes, colons and brackets here"
        ]),
        ("a: 1\nb: \x07\nc: \x1b\n", [
            "2:4: the control character U+0007 is not allowed; remove it",
            "3:4: the control character U+001B is not allowed; remove it",
        ]),
        ("ä: \x00\n", ["1:4: the control character U+0000 is not allowed; save the file as UTF-8 text"]),
        ("a: 1\n".encode("utf-16"), ["1:1: the file is UTF-16, not UTF-8; save it as UTF-8"]),
        ("a: 1\n".encode("utf-16-le"), [
            "1:2: the control character U+0000 is not allowed; save the file as UTF-8 text",
        ]),
        ("a: 1\nß: é".encode() + b"\xe9\n", ["2:5: the byte 0xE9 is not UTF-8; save the file as UTF-8"]),
        (b"\xef\xbb\xbfab\xff", ["1:3: the byte 0xFF is not UTF-8; save the file as UTF-8"]),
        (b"a: \xed\xa0\x80", ["1:4: the byte 0xED is not UTF-8; save the file as UTF-8"]),
        (b"a: \xc3", ["1:4: the byte 0xC3 is not UTF-8; save the file as UTF-8"]),
    ],
)  # fmt: skip
def test_what_is_refused(text: str | bytes, said: list[str]) -> None:
    found = refused(text)
    if "U+0000" in said[0]:  # UTF-16 has one behind each character
        found = found[:1]
    assert found == said


FLATTER = "; use fewer brackets, or less indentation"


@pytest.mark.parametrize(
    ("text", "limits", "said"),
    [
        ("a: 12345\n", Limits(size=8), "1:1: the file is larger than 8 bytes; make it smaller"),
        ("a: [[[1]]]\n", Limits(depth=3), f"1:6: the values are nested more than 3 deep{FLATTER}"),
        ("a:\n b:\n  c: 1\n", Limits(depth=2), f"3:3: the values are nested more than 2 deep{FLATTER}"),
        ("a: [1, 2, 3]\n", Limits(nodes=5), "1:11: the file has more than 5 values; make it smaller"),
        ("a: abcdef\n", Limits(scalar=5), "1:4: a text of 6 characters; use at most 5"),
    ],
)  # fmt: skip
def test_bounds(text: str, limits: Limits, said: str) -> None:
    assert refused(text, limits) == [said]
    assert load(text)


def test_every_bound_is_inclusive() -> None:
    text = b"a: [[1, 22]]\n"
    assert read(text, "f", SubmissionError, Limits(size=len(text), depth=3, nodes=6, scalar=2))


def test_brackets_in_comments_quotes_and_blocks_are_no_nesting() -> None:
    many = "[" * 200
    assert load(f"# {many}\na: '{many}'\nb: |\n  {many}\nc: x{many}\n")


def test_at_most_100_findings() -> None:
    assert len(refused("a: 1\n" * 5_000)) == 100


def test_a_finding_names_the_error_that_was_asked_for() -> None:
    with pytest.raises(AuthorError):
        read(b"- 1", "f.yaml", AuthorError)


def test_without_the_c_parser_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.raises(AuthorError) as caught:
        load("a: 1")
    assert str(caught.value) == (
        "PyYAML is installed without its C parser (libyaml), which check-backprop needs; "
        "run `pip install --force-reinstall --only-binary :all: PyYAML`"
    )


# ---------------------------------------------------------------- schemas


SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": {"const": "thing@1"},
        "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "count": {"type": "integer", "minimum": 1, "multipleOf": 5},
        "name": {"type": "string", "pattern": "^[a-z]+$", "description": "A name: letters a to z."},
        "code": {"type": "string", "pattern": "^[0-9]+$"},
        "title": {"type": "string", "minLength": 1, "maxLength": 5},
        "flag": {"type": "boolean"},
        "shape": {"enum": ["sigmoid", "tanh", "relu"]},
        "size": {"enum": [1, 2]},
        "rows": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True, "items": {"type": "number"}},
        "map": {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[a-z]", "description": "A name."}},
        "keys": {"type": "object", "propertyNames": {"maxLength": 3}},
        "value": {"anyOf": [{"type": "number"}, {"type": "array"}, {"enum": ["auto", "none"]}]},
        "layer": {
            "oneOf": [
                {"enum": ["linear", "sigmoid"]},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"slope": {"type": "number"}, "bias": {"type": "number"}},
                },
            ]
        },
        "pair": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "either": {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "both": {"oneOf": [{"type": "number"}, {"type": "integer"}], "description": "A number."},
        "needs": {"dependentRequired": {"a": ["b"]}},
        "never": {"not": {"type": "string"}, "description": "Anything but a text."},
    },
    "patternProperties": {"^x-": True},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate: 0.5\n", ["1:1: the key 'kind' is missing; add `kind:`"]),
        ("kind: thing@2\n", ["1:7: kind: expected thing@1, found the text 'thing@2'; write `kind: thing@1`"]),
        ("kind: thing@1\nx-more: 1\nratio: 1\nfoo: 2\n", [
            "3:1: unknown key 'ratio'; did you mean 'rate'?",
            f"4:1: unknown key 'foo'; use one of {', '.join(list(SCHEMA['properties'])[:12])}, …",
        ]),
        ("rate: abc", ["1:7: rate: expected a number, found the text 'abc'"]),
        ("rate: '0.5'", ["1:7: rate: expected a number, found the text '0.5'; remove the quotes"]),
        ("rate:", ["1:6: rate: expected a number, found nothing; fill it in"]),
        ("rate: true", ["1:7: rate: expected a number, found true"]),
        ("rate: [1]", ["1:7: rate: expected a number, found a list"]),
        ("rate: {a: 1}", ["1:7: rate: expected a number, found keys with values"]),
        ("rate: 0", ["1:7: rate: expected more than 0, found 0"]),
        ("rate: 1e1", ["1:7: rate: expected at most 1, found 1e1"]),
        ("rate: .nan", []),
        ("count: 0", ["1:8: count: expected at least 1, found 0"]),
        ("count: 7", ["1:8: count: expected a multiple of 5, found 7"]),
        ("count: 5.5", [
            "1:8: count: expected a multiple of 5, found 5.5",
            "1:8: count: expected a whole number, found 5.5",
        ]),
        ("name: a b", ["1:7: name: the text 'a b' cannot be used; expected a name: letters a to z"]),
        ("name: 010", ["1:7: name: expected a text, found 010; put it in quotes"]),
        ("code: x", ["1:7: code: the text 'x' cannot be used; expected a text that matches ^[0-9]+$"]),
        ("title: ''", ["1:8: title: expected at least 1 character, found none"]),
        ("title: abcdef", ["1:8: title: expected at most 5 characters, found 6"]),
        ("flag: yes", ["1:7: flag: expected true or false, found the text 'yes'"]),
        ("shape: tahn", ["1:8: shape: unknown value 'tahn'; did you mean 'tanh'?"]),
        ("shape: xyz", ["1:8: shape: unknown value 'xyz'; use one of sigmoid, tanh, relu"]),
        ("shape: 3", ["1:8: shape: expected sigmoid, tanh or relu, found 3"]),
        ("size: 3", ["1:7: size: expected 1 or 2, found 3"]),
        ("rows: []", ["1:7: rows: expected at least 1 item, found none"]),
        ("rows: [1, 2, 3, 4]", ["1:7: rows: expected at most 3 items, found 4"]),
        ("rows: [1, 2, 1]", ["1:14: rows: 1 is in this list already; remove it"]),
        ("rows:\n  - 1\n  - a\n", ["3:5: rows.2: expected a number, found the text 'a'"]),
        ("map: {}", ["1:6: map: expected at least 1 key, found none"]),
        ("map: {a: 1, 1a: 2}", ["1:13: map: '1a' cannot be a key here; expected a name"]),
        ("keys: {a: 1, bcde: 2}", ["1:14: keys: the key 'bcde' has 4 characters; use at most 3"]),
        ("value: {a: 1}", ["1:8: value: expected a number, a list, auto or none, found keys with values"]),
        ("value: atuo", ["1:8: value: unknown value 'atuo'; did you mean 'auto'?"]),
        ("layer: sigmiod", ["1:8: layer: unknown value 'sigmiod'; did you mean 'sigmoid'?"]),
        ("layer: {slope: a, bais: 1}", [
            "1:16: layer.slope: expected a number, found the text 'a'",
            "1:19: layer: unknown key 'bais'; did you mean 'bias'?",
        ]),
        ("layer: 3", ["1:8: layer: expected keys with values, linear or sigmoid, found 3"]),
        ("pair: {c: 1}", ["1:7: pair: one of the keys 'a' or 'b' is missing; add one, such as `a:`"]),
        ("either: {a: 1, b: 2}", ["1:9: either: only one of the keys 'a' or 'b' can be given; remove the others"]),
        ("both: 3", ["1:7: both: 3 can be understood in two ways here; a number"]),
        ("needs: {a: 1}", ["1:8: needs: the key 'a' needs 'b' too; add `b:`"]),
        ("never: x", ["1:8: never: the text 'x' cannot be used; expected anything but a text"]),
    ],
)  # fmt: skip
def test_what_a_schema_has_against_a_file(text: str, said: list[str]) -> None:
    root = load(text)
    required = [] if "kind" in root.items or said[:1] == ["1:1: the key 'kind' is missing; add `kind:`"] else ["kind"]
    schema = {**SCHEMA, "required": []} if required else SCHEMA
    assert [str(finding).removeprefix("f.yaml:") for finding in validate(root, schema, "f.yaml")] == said


def test_a_schema_has_nothing_against_a_good_file() -> None:
    assert validate(load("kind: thing@1\nrate: 1\nlayer: {slope: 1}\n"), SCHEMA, "f.yaml") == []


def test_a_flood_of_faults_is_cut() -> None:
    text = "rows: [" + "a, " * 300 + "]"
    found = validate(load(text), {"properties": {"rows": {"items": {"type": "number"}}}}, "f.yaml")
    assert len(found) == 100
    assert str(found[-1]) == "f.yaml:1:305: 201 more errors are not listed; mend the first ones"


@given(st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), plain, max_size=4))
def test_whatever_a_schema_refuses_is_explained_in_order(data: dict[str, object]) -> None:
    root = load(json.dumps(data, ensure_ascii=False))
    found = validate(root, SCHEMA, "f.yaml")
    assert bool(found) != jsonschema.Draft202012Validator(SCHEMA).is_valid(data)
    assert found == sorted(found, key=lambda finding: finding.where or ())
    assert len(set(found)) == len(found)
    assert all(finding.what and finding.where for finding in found)


def test_reading_imports_nothing_slow() -> None:
    code = (
        b"import sys; from checker.submission import load_submission;"
        b"load_submission(b'format: check-backprop/submission@1\\nproblem: p\\nanswers: {z: 0.5, a: 1/3, b: a}', 's');"
        b"slow = {'jsonschema', 'numpy', 'sympy', 'lark', 'json', 'fractions', 'decimal', 'difflib', 'inspect'};"
        b"print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
