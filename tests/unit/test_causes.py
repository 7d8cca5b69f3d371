from __future__ import annotations

import json

import pytest

from checker.model import Diagnosis, Grade, Kind, StepGrade, Verdict
from checker.reports import FORMATS, Level
from checker.reports.causes import causes, remarks


def step(name, verdict, **more):
    return StepGrade(name, Kind.GRADIENT, verdict, "0.5", "0.7", "0.7", 0.0, 1.0, "", **more)


def graded(*steps, first_error):
    return Grade("net", "A net", "s", "s.yaml", 0.0, len(steps), first_error, (), steps)


SLOPE = Diagnosis("act_deriv_missing", "clear", "What is the slope here?")
MAYBE = SLOPE._replace(confidence="possible")
SHORTCUT = Diagnosis("bce_shortcut_on_mse", "clear", "Does it cancel with your loss?")
HIDDEN = SLOPE._replace(made_at="dL_dz1")
SIGN = Diagnosis("update_sign", "clear", "Which way is down?")

WRONG = Verdict.MISCONCEPTION
HABIT = graded(
    step("dL_dz2", WRONG, line=4, diagnosis=(SLOPE, SHORTCUT)),
    step("dL_dz1", WRONG, line=5, diagnosis=(SLOPE,)),
    step("dL_dw1", Verdict.FOLLOW_THROUGH, line=6, rests_on=("dL_dz1",)),
    step("dL_dw2", Verdict.FOLLOW_THROUGH, line=7, rests_on=("dL_dz2",)),
    first_error="dL_dz2",
)


def test_one_cause_is_listed_once_with_all_its_steps():
    found = causes([("a", (SLOPE, SHORTCUT)), ("b", ()), ("c", (SHORTCUT,)), ("d", (SLOPE,)), ("e", (HIDDEN,))])
    assert [(each.diagnosis, each.steps) for each in found] == [
        (SLOPE, ("a", "d")),
        (SHORTCUT, ("c",)),
        (HIDDEN, ("e",)),
    ]


def test_a_cause_is_clear_where_one_of_its_steps_shows_it_clearly():
    assert [each.diagnosis.confidence for each in causes([("a", (MAYBE,)), ("b", (SLOPE,))])] == ["clear"]
    assert [each.diagnosis.confidence for each in causes([("a", (MAYBE,)), ("b", (MAYBE,))])] == ["possible"]


def test_text_says_a_habit_once_and_that_the_rest_follows():
    text = FORMATS["text"].render(HABIT)
    assert (
        "points; the first mistake is at dL_dz2 (line 4): act_deriv_missing, also at dL_dz1; "
        "2 later answers follow from it\n"
    ) in text
    assert text.count("What is the slope here?") == 1
    assert (
        "dL_dz2, dL_dz1: Not right: this is what a known mistake gives.\n"
        "    act_deriv_missing: What is the slope here?\n"
        "    bce_shortcut_on_mse (only dL_dz2): Does it cancel with your loss?\n"
    ) in text


def test_markdown_and_html_say_it_once_too():
    text = FORMATS["markdown"].render(HABIT).replace("\\", "")
    assert text.count("What is the slope here?") == 1
    page = FORMATS["html"].render(HABIT)
    assert page.count("What is the slope here?") == 1
    assert "also at" in page
    assert "2 later answers follow from it." in page


def test_json_lists_the_causes_from_the_level_hint_on():
    report = json.loads(FORMATS["json"].render(HABIT))
    assert report["causes"] == [
        {
            "code": "act_deriv_missing",
            "confidence": "clear",
            "hint": "What is the slope here?",
            "steps": ["dL_dz2", "dL_dz1"],
        }
    ]
    for level in (Level.SCORE, Level.VERDICT):
        assert "causes" not in json.loads(FORMATS["json"].render(HABIT, level))


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_level_without_causes_names_none(form):
    shown = FORMATS[form].render(HABIT, Level.VERDICT)
    assert "act_deriv" not in shown
    assert "also at" not in shown


def test_a_hint_is_given_once_where_steps_are_spoken_of_one_by_one():
    both = graded(
        step("w_new", WRONG, line=4, diagnosis=(SIGN,), formula="w - g"),
        step("b_new", WRONG, line=5, diagnosis=(SIGN,), formula="b - g"),
        step("c_new", WRONG, line=6, diagnosis=(SIGN,), note="the value is right"),
        first_error="w_new",
    )
    text = FORMATS["text"].render(both, Level.FULL)
    assert text.count("Which way is down?") == 1
    assert text.count("update_sign: see w_new\n") == 2
    told = [(each.causes[0].before, [s.step for s in each.steps]) for each in remarks(both.steps)]
    assert told == [("", ["w_new"]), ("w_new", ["b_new"]), ("w_new", ["c_new"])]


def test_mistakes_of_other_kinds_are_counted():
    several = HABIT._replace(steps=(*HABIT.steps, step("w_new", WRONG, diagnosis=(SIGN,)), step("x", Verdict.WRONG)))
    assert "also at dL_dz1; 2 more steps have mistakes of their own\n" in FORMATS["text"].render(several)


def test_the_summary_says_where_a_hidden_mistake_was_made():
    hidden = graded(step("w_new", WRONG, line=9, diagnosis=(HIDDEN,)), first_error="w_new")
    assert "the first mistake is at w_new (line 9): act_deriv_missing at dL_dz1, which you left out\n" in FORMATS[
        "text"
    ].render(hidden)
