"""Nothing a feedback level hides appears anywhere in what is written at that level, in any format."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model import Diagnosis, ElementGrade, Grade, Kind, Notice, StepGrade, Verdict
from checker.outcome import Choice
from checker.reports import FORMATS, Level, redact
from checker.reports.page import style

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
)

# Every hidden thing carries a mark of its own kind, which nothing else can produce: digits of a value that no answer
# has, or letters that no sentence has. What is found in a report is what was let through.
VALUES, CAUSES, ANSWERS = "7770", "QXCAUSE", "5550"


def marked(mark):
    return st.integers(0, 999).map(lambda number: f"0.{mark}{number:03}")


reference, submitted = marked(VALUES), marked(ANSWERS)
cause = st.integers(0, 999).map(lambda number: f"{CAUSES}{number}")
NAMES = ["z", "a", "L", "dL_da", "da_dz", "dL_dw1", "W1[2,1]", "w1_new"]
names = st.sampled_from(NAMES)
diagnoses = st.builds(
    Diagnosis,
    code=cause,
    confidence=st.sampled_from(["clear", "possible"]),
    hint=cause,
    made_at=st.just("") | names,
)


def arrays(numbers):
    return st.one_of(numbers, st.lists(st.lists(numbers, min_size=1, max_size=3), min_size=1, max_size=3))


readable = st.sampled_from([each for each in Verdict if each is not Verdict.UNREADABLE])
elements = st.builds(
    ElementGrade,
    index=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    verdict=readable,
    submitted=st.none() | submitted,
    reference=reference,
    carried=st.none() | reference,
    awarded=st.just(0.25),
    message=st.just(""),
)
steps = st.builds(
    StepGrade,
    step=names,
    kind=st.sampled_from(Kind),
    verdict=readable,
    submitted=st.none() | arrays(submitted),
    reference=arrays(reference),
    carried=st.none() | arrays(reference),
    awarded=st.sampled_from([0.0, 0.5, 1.0]),
    possible=st.just(1.0),
    message=reference | cause,  # a marker that leaves words of its own is not trusted with them
    formula=reference,
    diagnosis=st.lists(diagnoses, max_size=3).map(tuple),
    rests_on=st.lists(cause, max_size=3).map(tuple),
    line=st.none() | st.integers(1, 99),
    column=st.none() | st.integers(1, 99),
    degenerate=st.booleans(),
    note=st.just("") | cause,
    parents=st.lists(names | cause, max_size=3).map(tuple),
    alike=st.just(()),
    elements=st.lists(elements, max_size=12).map(tuple),
    means=st.just(""),
)
notices = st.builds(Notice, st.just("unknown step"), st.integers(1, 99), st.integers(1, 99))
choices = st.builds(Choice, counts=st.booleans(), of=st.integers(2, 9), keep=st.sampled_from(["last", "first", "best"]))
grades = st.builds(
    Grade,
    problem=st.just("neuron"),
    title=st.just("One neuron"),
    student=st.just("ada"),
    submission=st.just("ada.yaml"),
    awarded=st.just(3.5),
    possible=st.just(12.0),
    first_error=st.none() | names,
    warnings=st.lists(notices, max_size=2).map(tuple),
    steps=st.lists(steps, max_size=6, unique_by=lambda step: step.step).map(tuple),
    choice=st.none() | choices,
)

HIDDEN = {
    Level.SCORE: (VALUES, CAUSES, ANSWERS, "first_error", "mistake", *(verdict.value for verdict in Verdict)),
    Level.VERDICT: (VALUES, CAUSES, "diagnosis", "rests_on", "reference", "carried"),
    Level.HINT: (VALUES, '"reference"', '"carried"', '"formula"', "right value"),
    Level.FULL: (),
}


def said(report):
    """A report without the style sheet, which is the same in every page and names all verdicts."""
    return report.replace(style(), "")


@settings(max_examples=100)
@given(grade=grades, colour=st.booleans())
def test_nothing_hidden_appears(grade, colour):
    for level, hidden in HIDDEN.items():
        for each in FORMATS.values():
            written = said(each.render(grade, level, colour=colour))
            assert "3.5" in written
            for mark in hidden:
                assert mark not in written, (level, each.name)
        SCHEMA.validate(json.loads(FORMATS["json"].render(grade, level)))


@settings(max_examples=50)
@given(grade=grades)
def test_what_is_not_hidden_is_there(grade):
    """Otherwise a format that prints nothing would keep every secret."""
    found = json.loads(FORMATS["json"].render(grade, Level.FULL))
    for step, written in zip(grade.steps, found["steps"], strict=True):
        assert written["reference"] == step.reference
        assert written["carried"] == step.carried
        assert [each["hint"] for each in written["diagnosis"]] == [each.hint for each in step.diagnosis]
    for name in ("text", "markdown", "html"):
        written = FORMATS[name].render(grade, Level.FULL)
        shown = set(re.findall(f"{CAUSES}[0-9]+", written))
        kept = {each.code for step in grade.steps for each in step.diagnosis}
        assert kept <= shown
    for level in (Level.VERDICT, Level.HINT):
        for each in FORMATS.values():
            written = each.render(grade, level)
            for step in grade.steps:
                if isinstance(step.submitted, str):
                    assert step.submitted in written


@pytest.mark.parametrize("level", list(Level))
def test_each_level_shows_what_the_one_before_it_shows(level):
    shown = [each for each in Level if level.shows(each)]
    assert shown == list(Level)[: len(shown)]
    assert shown[-1] is level


@given(grade=grades)
def test_redacting_twice_hides_no_more_and_full_hides_nothing(grade):
    for level in Level:
        once = redact(grade, level)
        assert {(step.reference, step.carried) for step in redact(once, level).steps if level is not Level.FULL} <= {
            (None, None)
        }
        assert redact(once, level) == once
    full = redact(grade, Level.FULL)
    for before, after in zip(grade.steps, full.steps, strict=True):
        assert after._replace(message=before.message) == before


def test_the_reason_of_an_unreadable_answer_stays():
    step = StepGrade(
        "z",
        Kind.FORWARD,
        Verdict.UNREADABLE,
        ".nan",
        "0.7",
        "0.7",
        0.0,
        1.0,
        "'.nan' is not a number",
        line=3,
        column=4,
    )
    grade = Grade("p", "P", "ada", "ada.yaml", 0.0, 1.0, None, (), (step,))
    for level in (Level.VERDICT, Level.HINT, Level.FULL):
        for each in FORMATS.values():
            assert "'.nan' is not a number" in unescape(each.render(grade, level))


def test_the_schema_names_what_the_model_has():
    definitions = SCHEMA.schema["$defs"]
    assert definitions["verdict"]["enum"] == [each.value for each in Verdict]
    assert definitions["step"]["properties"]["kind"]["enum"] == [each.value for each in Kind]
    assert SCHEMA.schema["properties"]["feedback"]["enum"] == [each.value for each in Level]


@pytest.mark.parametrize("name", ["report", "solution"])
def test_every_property_of_a_schema_is_described(name):
    schema = json.loads((Path(__file__).parents[2] / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)

    def described(part):
        for properties in [part.get("properties", {}), part.get("$defs", {})]:
            for each in properties.values():
                assert each["description"].endswith(".")
                described(each)

    described(schema)


@given(grade=grades)
def test_how_gradients_hang_together_is_no_part_of_a_report_that_names_no_cause(grade):
    for step in redact(grade, Level.VERDICT).steps:
        assert not step.parents or step.kind in (Kind.FORWARD, Kind.LOSS)
    assert all(step.parents == () for step in redact(grade, Level.SCORE).steps)
    drawn = said(FORMATS["html"].render(grade, Level.VERDICT))
    assert 'class="edge follows"' not in drawn
    assert "carried on" not in drawn


def test_a_page_of_two_grades_that_differ_in_what_is_hidden_is_the_same_page():
    """What a level hides can then not be got out of it, whatever the page is made of."""
    one = StepGrade(
        "dL_dz", Kind.GRADIENT, Verdict.MISCONCEPTION, "0.5", "0.25", "0.3", 0.5, 1.0, "", "a*b = 0.25",
        (Diagnosis("code", "clear", "hint"),), ("a",), 3, 4, note="n", parents=("a",),
    )  # fmt: skip
    other = one._replace(reference="0.75", carried="0.8", formula="c*d = 0.75")
    silent = other._replace(diagnosis=(Diagnosis("x", "clear", "y"),), rests_on=(), note="", parents=())
    score = silent._replace(verdict=Verdict.WRONG, submitted="7", line=9)
    for level, hidden in ((Level.HINT, other), (Level.VERDICT, silent), (Level.SCORE, score)):
        pages = {
            each.render(Grade("p", "P", "ada", "a.yaml", 0.5, 1.0, "dL_dz", (), (step,)), level)
            for step in (one, hidden)
            for each in [FORMATS["html"]]
        }
        assert len(pages) == 1, level
