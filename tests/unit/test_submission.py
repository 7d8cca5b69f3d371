from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import yamlfile
from checker.errors import Place, SubmissionError
from checker.numbertext import FractionText, NumberText
from checker.shipped import data_folder, schema
from checker.submission import Content, Entry, Submission, load_submission

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "format: check-backprop/submission@1\nproblem: n\n"
SCHEMA = schema("submission")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def load(text: str) -> Submission:
    return load_submission(text.encode(), "s.yaml")


def answer(text: str) -> Content:
    """What the only answer of a file holds."""
    (read,) = load(f"{HEAD}answers:\n  z: {text}\n").answers
    assert (read.name, read.key_line, read.key_column) == ("z", 4, 3)
    return read.content


def entry(text: str) -> Entry:
    content = answer(text)
    assert isinstance(content, Entry)
    return content


def refused(text: str | bytes) -> list[str]:
    with pytest.raises(SubmissionError) as caught:
        load_submission(text if isinstance(text, bytes) else text.encode(), "s.yaml")
    return [str(finding).removeprefix("s.yaml:") for finding in caught.value.findings]


# ---------------------------------------------------------------- what is read


def test_a_submission_is_read_as_written() -> None:
    read = load(
        """format: check-backprop/submission@1
problem: neuron-sigmoid
student: ada
answers:
  z: 0.7
  dL/da: -1/3                 # a fraction
  da_dz: a*(1 - a)
  dL_dz: {value: -0.0736, formula: (a - y)*a*(1 - a)}
  "W1[1,2]": "−7.36e-2"
  W2: [[1, ], [2.50, w]]
"""
    )
    assert read[:3] == ("neuron-sigmoid", "ada", "s.yaml")
    assert read.problem_place == Place("s.yaml", 2, 10)
    assert [row[:-1] for row in read.answers] == [
        ("z", 5, 3, 5, 6),
        ("dL/da", 6, 3, 6, 10),
        ("da_dz", 7, 3, 7, 10),
        ("dL_dz", 8, 3, 8, 10),
        ("W1[1,2]", 9, 3, 9, 14),
        ("W2", 10, 3, 10, 7),
    ]
    assert [row.content for row in read.answers] == [
        Entry("0.7", 5, 6, NumberText("0.7", "7", -1)),
        Entry("-1/3", 6, 10, FractionText("-1/3", NumberText("-1", "-1", 0), NumberText("3", "3", 0))),
        Entry("a*(1 - a)", 7, 10, None, "a*(1 - a)"),
        Entry("-0.0736 = (a - y)*a*(1 - a)", 8, 18, NumberText("-0.0736", "-736", -4), "(a - y)*a*(1 - a)"),
        Entry("−7.36e-2", 9, 14, NumberText("−7.36e-2", "-736", -4)),
        [
            [Entry("1", 10, 9, NumberText("1", "1", 0))],
            [Entry("2.50", 10, 16, NumberText("2.50", "250", -2)), Entry("w", 10, 22, None, "w")],
        ],
    ]
    assert pickle.loads(pickle.dumps(read)) == read


@pytest.mark.parametrize(
    ("line", "student"),
    [
        ("", None),
        ("student:\n", None),
        ("student: ~\n", None),
        ("student: ''\n", None),
        ("student: 007\n", "007"),
        ("student: 1e3\n", "1e3"),
        ("student: 'true'\n", "true"),
        ("student: no\n", "no"),
        ("student: ' Ada\u00a0Lovelace '\n", "Ada\u00a0Lovelace"),
        (f"student: {'a' * 200}\n", "a" * 200),
        (f"student: {'1' * 200}\n", "1" * 200),
    ],
)
def test_students(line: str, student: str | None) -> None:
    assert load(f"{HEAD}{line}answers: {{}}\n") == ("n", student, "s.yaml", (), Place("s.yaml", 2, 10))


@pytest.mark.parametrize("problem", ["n", "A.b_c-9", "a..b", "_", "-x", "12", "0.5", "1e3", "'true'", "a" * 64])
def test_ids(problem: str) -> None:
    assert load(HEAD.replace("problem: n", f"problem: {problem}") + "answers: {}\n").problem == problem.strip("'")


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "''", "'  '", "{value: }", "{value: ~, formula: ''}"])
def test_nothing_filled_in_is_no_answer_and_no_error(text: str) -> None:
    read = entry(text)
    assert (read.text, read[3:]) == ("", (None, None, None))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'0.7'", 0.7),
        ('"−0.7"', -0.7),
        ("0,6682", 0.6682),
        ("≈0.67", 0.67),
        ("010", 10.0),
        ("1.2×10^-3", 0.0012),
        ("-.5", -0.5),
    ],
)
def test_numbers(text: str, value: float) -> None:
    read = entry(text)
    assert isinstance(read.number, NumberText)
    assert read.number.value == pytest.approx(value, rel=1e-15)
    assert (read.formula, read.error) == (None, None)


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        *((text, text) for text in ("a", "2z", "1/(1 + exp(-0.7))", "1/3*2", "no", "e", "a == b", "5%", "1 2", "info")),
        *((text, text) for text in ("nano", "x0x1F", "w1_2", "max(1, 2)", "2, b", "1e-3*x")),
        ("'null'", "null"),
        ("|\n    a*b\n", "a*b"),
        ("a*(1\n    - a)", "a*(1 - a)"),
        ("{formula: a}", "a"),
        ("{value: a}", "a"),
        ("{value: ~, formula: a}", "a"),
        ("{formula: 0.5}", "0.5"),
        ("'" + "a" * 2_000 + "'", "a" * 2_000),
    ],
)
def test_formulas_are_kept_as_text(text: str, formula: str) -> None:
    read = entry(text)
    assert read[3:] == (None, formula, None)
    assert read.text == formula


def test_arrays_are_kept_as_they_are() -> None:
    def texts(content: Content) -> Any:
        return content.text if isinstance(content, Entry) else [texts(part) for part in content]

    for text in ("[]", "[[]]", "[1]", "[[1, 2], [3]]", "[1, [2]]", "[[[[1]]]]"):
        assert texts(answer(text)) == json.loads(text.replace("1", '"1"').replace("2", '"2"').replace("3", '"3"'))
    assert texts(answer("\n  - [1, ~]\n  - {value: 2, formula: a}\n")) == [["1", ""], "2 = a"]
    assert texts(answer("{value: [1, 2]}")) == ["1", "2"]
    assert texts(answer("{value: [1, 2], formula: }")) == ["1", "2"]


# ---------------------------------------------------------------- what costs one answer

THOUSANDS = "the number 1,500 cannot be used: its comma may stand for thousands or for decimals"


@pytest.mark.parametrize(
    ("text", "column", "error"),
    [
        (".nan", 6, ".nan is not a number; write a number, or leave the answer empty"),
        ("NaN", 6, "NaN is not a number; write a number, or leave the answer empty"),
        ("-.inf", 6, "-.inf is infinite; write a number, or leave the answer empty"),
        ("inf", 6, "inf is infinite; write a number, or leave the answer empty"),
        ("+Infinity", 6, "+Infinity is infinite; write a number, or leave the answer empty"),
        ("'−∞'", 6, "−∞ is infinite; write a number, or leave the answer empty"),
        ("1e999999", 6, "the number 1e999999 cannot be used: its exponent is 999999; stay between -400 and 400"),
        ("0x1F", 6, "0x1F is not a decimal number; write it in decimal\n0x1F\n ^"),
        ("0o17", 6, "0o17 is not a decimal number; write it in decimal\n0o17\n ^"),
        ("-0b1", 6, "-0b1 is not a decimal number; write it in decimal\n-0b1\n  ^"),
        ("1.2.3", 6, "1.2.3 has more than one decimal point; keep one\n1.2.3\n   ^"),
        ("1_000", 6, "1_000 has an underscore between its digits; write 1000\n1_000\n ^"),
        ("-1_000.5", 6, "-1_000.5 has an underscore between its digits; write -1000.5\n-1_000.5\n  ^"),
        ("1,2,3", 6, "1,2,3 is not one number; write [1, 2] for several, and 0.5 with a point\n1,2,3\n ^"),
        ("0.5; 0.6", 6, "0.5; 0.6 is not one number; write [1, 2] for several, and 0.5 with a point\n0.5; 0.6\n   ^"),
        ("true", 6, "true is not a number; write the number"),
        ("False", 6, "False is not a number; write the number"),
        (
            "1,500",
            6,
            f"{THOUSANDS}; write 1500 or 1.500\n1,500\n ^",
        ),
        ("0.7,", 6, "the number 0.7, cannot be used: a comma stands behind it; remove the comma\n0.7,\n   ^"),
        ("1/0", 6, "the number 1/0 cannot be used: its denominator is 0; divide by another number\n1/0\n  ^"),
        ("1" * 500, 6, f"the number {'1' * 39}… cannot be used: it has 500 digits; give at most 400"),
        ("'" + "a" * 2_001 + "'", 6, "the formula has 2,001 characters; use at most 2,000"),
        ("{formula: '" + "a" * 2_001 + "'}", 16, "the formula has 2,001 characters; use at most 2,000"),
        ("{}", 6, "an answer is empty; write the number, or remove the brackets"),
        ("{valu: 1}", 7, "unknown key 'valu' in an answer; write {value: 0.7, formula: a*(1 - a)}"),
        ("{value: 1, note: x}", 17, "unknown key 'note' in an answer; write {value: 0.7, formula: a*(1 - a)}"),
        (
            "{value: 1, formula: [a]}",
            26,
            "the formula is not a text; write one, in quotes where it has brackets in it",
        ),
        (
            "{value: [1, z], formula: a}",
            14,
            "the value 'z' is not a number; write numbers as the value, the formula beside it",
        ),
        (
            "{value: a, formula: b}",
            14,
            "the value 'a' is not a number; write the number as the value, the formula beside it",
        ),
        ("{value: .nan, formula: b}", 14, ".nan is not a number; write a number, or leave the answer empty"),
    ],
)
def test_what_cannot_be_read_costs_its_answer_alone(text: str, column: int, error: str) -> None:
    read = entry(text)
    assert (read.line, read.column, read.number, read.formula, read.error) == (4, column, None, None, error)
    assert len(read.text) <= 201


def test_a_faulty_element_costs_itself_alone() -> None:
    assert answer("[1, .nan, [[[[2]]]]]") == [
        Entry("1", 4, 7, NumberText("1", "1", 0)),
        Entry(".nan", 4, 10, error=".nan is not a number; write a number, or leave the answer empty"),
        [[[Entry("", 4, 19, error="the lists are more than 4 deep; remove brackets")]]],
    ]


# ---------------------------------------------------------------- what costs the file

EMPTY = HEAD + "answers: {}\n"
FORMAT = "1:9: format: expected check-backprop/submission@1"
GIVE = "give a submission to be graded; `solve` and `lint` take problems"
ID = "expected the problem's id: letters a to z, digits, '.', '_' and '-', at most 64, not starting with a dot"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["1:1: the file is empty; write `key: value` lines into it"]),
        (HEAD, ["1:1: the key 'answers' is missing; add `answers:`"]),
        (HEAD + "answers:\n", ["3:9: answers: there are none; write them below it, one a line, such as `  z: 0.7`"]),
        (HEAD + "answers: [1]\n", ["3:10: answers: expected keys with values, found a list; write `key: value` lines"]),
        (HEAD + "answers:\n  z:0.7\n", [
            "4:3: answers: expected keys with values, found the text 'z:0.7'; put a space after each ':'"
        ]),
        (HEAD + "answers: 0.7\n", ["3:10: answers: expected keys with values, found 0.7; write `key: value` lines"]),
        ("answers: {}\n", [
            "1:1: the key 'format' is missing; add `format:`",
            "1:1: the key 'problem' is missing; add `problem:`",
        ]),
        ("format: check-backprop/problem@1\nid: x\nforward: {}\n", [
            f"{FORMAT}, found 'check-backprop/problem@1'; {GIVE}"
        ]),
        (EMPTY.replace("@1", "@2"), [
            f"{FORMAT}, found 'check-backprop/submission@2'; write `format: check-backprop/submission@1`"
        ]),
        (EMPTY.replace("check-backprop/submission@1", "1"), [
            f"{FORMAT}, found 1; write `format: check-backprop/submission@1`"
        ]),
        (EMPTY + "studnet: ada\nnotes: x\n", [
            "4:1: unknown key 'studnet'; did you mean 'student'?",
            "5:1: unknown key 'notes'; use one of format, problem, student, answers",
        ]),
        (EMPTY + f"student: {'a' * 201}\n", ["4:10: student: the name has 201 characters; use at most 200"]),
        (EMPTY + f"student: {'1' * 201}\n", ["4:10: student: the name has 201 characters; use at most 200"]),
        (EMPTY + "student: true\n", ["4:10: student: expected a name, found true; put it in quotes if it is one"]),
        (EMPTY + "student: [ada]\n", ["4:10: student: expected a text, a number or nothing, found a list"]),
        (EMPTY + 'student: "a\\eb"\n', [
            "4:10: student: the control character U+001B is not allowed in a name; remove it"
        ]),
        (HEAD + f"answers:\n  {'k' * 201}: 1\n  z: .nan\n", [
            f"4:3: answers: the key '{'k' * 39}…' has 201 characters; use at most 200"
        ]),
        (EMPTY.replace("problem: n", "problem:"), [
            "2:9: problem: expected a text or a number, found nothing; fill it in"
        ]),
        (EMPTY.replace("problem: n", "problem: [n]"), ["2:10: problem: expected a text or a number, found a list"]),
        (EMPTY.replace("problem: n", 'problem: "n\\n"'), [
            "2:10: problem: this id cannot be used; write it on one line"
        ]),
        *(
            (EMPTY.replace("problem: n", f"problem: {bad}"), [f"2:10: problem: the text {bad!r} cannot be used; {ID}"])
            for bad in ("../../etc/passwd", ".", "..", ".hidden", "/etc/passwd", "a/b", "a\\b", "C:x", "a b", "ü")
        ),
        (EMPTY.replace("problem: n", f"problem: {'a' * 65}"), [
            f"2:10: problem: the text '{'a' * 39}…' cannot be used; {ID}"
        ]),
        (HEAD.replace("problem: n", "problem: ..") + "answers: []\nmore: 1\n", [
            f"2:10: problem: the text '..' cannot be used; {ID}",
            "3:10: answers: expected keys with values, found a list; write `key: value` lines",
            "4:1: unknown key 'more'; use one of format, problem, student, answers",
        ]),
        (HEAD + f"answers:\n  a: 1\n  z: [{'1,' * 100_000}]\n", [
            "5:3: there are more than 100,000 numbers in the answers; leave some out"
        ]),
    ],
)  # fmt: skip
def test_what_costs_the_file(text: str, said: list[str]) -> None:
    assert refused(text) == said


# ---------------------------------------------------------------- the schema


def parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key in ("properties", "$defs", "patternProperties"):
                yield from ((f"{path}/{key}/{name}", described) for name, described in inner.items())
            yield from parts(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for i, inner in enumerate(schema):
            yield from parts(inner, f"{path}/{i}")


def test_every_part_of_the_schema_is_described() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:check-backprop:submission@1"
    assert SCHEMA["description"]
    described = dict(parts(SCHEMA))
    assert {"/properties/format", "/properties/problem", "/properties/student", "/properties/answers"} <= set(described)
    assert [path for path, part in described.items() if not part.get("description")] == []


def test_shipped_submissions_fit_the_schema() -> None:
    for path in sorted((data_folder("problem_sets") / "submissions").glob("*.yaml")):
        root = yamlfile.read(path.read_bytes(), path.name, SubmissionError)
        assert yamlfile.validate(root, SCHEMA, path.name) == []
        assert load_submission(path.read_bytes(), path.name).answers


odd = st.sampled_from(
    ["", "~", "n", "12", "0.5", "true", "''", "..", "a/b", "[n]", "{n: 1}", "'a b'", "x" * 65, "y" * 201]
)
lines = st.lists(
    st.one_of(
        st.sampled_from(["format: check-backprop/submission@1", "problem: n", "answers: {z: 1}"]),
        st.tuples(st.sampled_from(["problem", "student", "answers", "format", "extra"]), odd)
        .filter(lambda pair: pair != ("problem", "true"))  # an id as far as it goes, though YAML's own word
        .map(": ".join),
    ),
    max_size=5,
    unique_by=lambda line: line.partition(":")[0],
)


@given(lines)
def test_the_fast_check_and_the_schema_agree_on_files(written: list[str]) -> None:
    text = "format: check-backprop/submission@1\n" if not any(line.startswith("format") for line in written) else ""
    text += "\n".join(written) + "\n"
    valid = VALIDATOR.is_valid(yamlfile.value(yamlfile.read(text.encode(), "s.yaml", SubmissionError)))
    if valid:
        assert load(text).problem
        return
    with pytest.raises(SubmissionError) as caught:
        load(text)
    said = caught.value.findings
    assert said
    assert list(said) == sorted(said, key=lambda finding: finding.where or ())
    assert all(finding.mend or "expected" in finding.what for finding in said)
