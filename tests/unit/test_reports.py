from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

from checker.model import (
    Diagnosis,
    ElementGrade,
    Grade,
    Kind,
    Notice,
    Solution,
    SolvedStep,
    StepGrade,
    Verdict,
)
from checker.reports import FORMATS, SOLUTION_FORMATS, Level, redact
from checker.reports.plain import printable
from checker.reports.worked import number

SCHEMAS = Path(__file__).parents[2] / "schemas"


def step(name, verdict, submitted="0.5", **more):
    values = {
        "kind": Kind.FORWARD,
        "reference": "0.7",
        "carried": "0.7",
        "awarded": 1.0 if verdict is Verdict.CORRECT else 0.0,
        "possible": 1.0,
        "message": "",
        **more,
    }
    return StepGrade(step=name, verdict=verdict, submitted=submitted, **values)


def graded(*steps, **more):
    values = {
        "problem": "neuron",
        "title": "One neuron",
        "student": "ada",
        "submission": "ada.yaml",
        "awarded": sum(each.awarded for each in steps),
        "possible": sum(each.possible for each in steps),
        "first_error": None,
        "warnings": (),
        **more,
    }
    return Grade(steps=steps, **values)


TANH = Diagnosis("tanh_deriv_sigmoid_form", "clear", "1 - a^2 is the slope of tanh.")
GRADE = graded(
    step("z", Verdict.CORRECT, "0.7", line=5, column=6, formula="w*x + b"),
    step("a", Verdict.UNREADABLE, ".nan", line=6, column=6, message="'.nan' is not a number; write the number itself"),
    step(
        "da_dz",
        Verdict.MISCONCEPTION,
        awarded=0.5,
        diagnosis=(TANH,),
        rests_on=("a",),
        line=7,
        column=9,
        formula="a*(1 - a)",
    ),
    step("dL_dz", Verdict.FOLLOW_THROUGH, "-0.1", awarded=1.0, carried="-0.1", rests_on=("da_dz",), line=8, column=9),
    step("dL_dw", Verdict.FOLLOW_THROUGH, "-0.2", awarded=1.0, carried="-0.2", rests_on=("da_dz",), line=9, column=9),
    step(
        "W",
        Verdict.WRONG,
        [["1", "2"], ["3", "4"]],
        reference=[["1", "2"], ["3", "5"]],
        awarded=0.75,
        line=10,
        column=5,
        elements=(
            ElementGrade((1, 1), Verdict.CORRECT, "1", "1", "1", 0.25),
            ElementGrade((2, 2), Verdict.WRONG, "4", "5", "5", 0.0),
        ),
    ),
    step("b_new", Verdict.MISSING, None),
    first_error="da_dz",
    warnings=(Notice("unknown step 'dL_dw9'; did you mean 'dL_dw1'?", 11, 3),),
)

HINT_TEXT = """\
One neuron
ada, ada.yaml

4.25 of 7 points; the first mistake is at da_dz (line 7): tanh_deriv_sigmoid_form; 1 more step has a mistake of its own
1 correct, 2 follow-through, 1 misconception, 1 wrong, 1 missing, 1 unreadable

step    your answer       verdict           points
------  ----------------  --------------  --------
z       0.7               correct              1/1
a       .nan              unreadable           0/1
da_dz   0.5               misconception      0.5/1
dL_dz   -0.1              follow-through       1/1
dL_dw   -0.2              follow-through       1/1
W       [[1, 2], [3, 4]]  wrong             0.75/1
b_new                     missing              0/1

a (line 6): '.nan' is not a number; write the number itself
da_dz (line 7): Not right: this is what a known mistake gives.
    tanh_deriv_sigmoid_form: 1 - a^2 is the slope of tanh.
dL_dz, dL_dw: The method is right; the value follows from your own da_dz.
W (line 10): Not right: work this step again from your own earlier answers. 1 of 2 elements is
    right.
    W[2,2]: 4 wrong

warning (line 11): unknown step 'dL_dw9'; did you mean 'dL_dw1'?
"""

SCORE_TEXT = """\
One neuron
ada, ada.yaml

4.25 of 7 points

warning (line 11): unknown step 'dL_dw9'; did you mean 'dL_dw1'?
"""


def test_text():
    assert FORMATS["text"].render(GRADE, Level.HINT) == HINT_TEXT
    assert FORMATS["text"].render(GRADE, Level.SCORE) == SCORE_TEXT


def test_text_at_the_level_full_shows_values_and_the_worked_step():
    text = FORMATS["text"].render(GRADE, Level.FULL)
    assert "step    your answer       from your answers    right value       verdict           points\n" in text
    assert "    da_dz = a*(1 - a)\n" in text
    assert "    W[2,2]: 4 wrong, right is 5\n" in text


def test_colour_is_only_added():
    plain, coloured = (FORMATS["text"].render(GRADE, Level.FULL, colour=colour) for colour in (False, True))
    assert "\x1b[32mcorrect\x1b[0m" in coloured
    assert "\x1b" not in plain
    assert printable_lines(coloured) == plain


def printable_lines(text):
    import re

    return re.sub(r"\x1b\[\d*m", "", text)


def test_json_is_the_contract():
    report = json.loads(FORMATS["json"].render(GRADE, Level.FULL))
    assert list(report) == [
        *(
            "format",
            "problem",
            "student",
            "submission",
            "feedback",
            "language",
            "title",
            "points",
            "first_error",
            "causes",
            "warnings",
            "steps",
        )
    ]
    assert report["points"] == {"awarded": 4.25, "possible": 7}
    assert isinstance(report["points"]["possible"], int)
    assert report["steps"][2] == {
        "step": "da_dz",
        "kind": "forward",
        "verdict": "misconception",
        "submitted": "0.5",
        "reference": "0.7",
        "carried": "0.7",
        "diagnosis": [
            {"code": "tanh_deriv_sigmoid_form", "confidence": "clear", "hint": "1 - a^2 is the slope of tanh."}
        ],
        "rests_on": ["a"],
        "points": {"awarded": 0.5, "possible": 1},
        "line": 7,
        "column": 9,
        "message": "Not right: this is what a known mistake gives.",
        "formula": "a*(1 - a)",
        "elements": [],
    }
    assert list(report["steps"][2])[:6] == ["step", "kind", "verdict", "submitted", "reference", "carried"]
    score = json.loads(FORMATS["json"].render(GRADE, Level.SCORE))
    assert list(score) == [
        "format",
        "problem",
        "student",
        "submission",
        "feedback",
        "language",
        "title",
        "points",
        "warnings",
    ]


@pytest.mark.parametrize("level", list(Level))
def test_json_keeps_to_its_schema(level):
    schema = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    report = json.loads(FORMATS["json"].render(GRADE, level))
    validator.validate(report)
    if level is not Level.FULL:  # the schema itself refuses a leak
        full = json.loads(FORMATS["json"].render(GRADE, Level.FULL))
        full["feedback"] = level.value
        assert not validator.is_valid(full)


def test_thirds_of_points_add_up():
    thirds = graded(*(step(name, Verdict.CORRECT, awarded=1 / 3, possible=1 / 3) for name in "abc"))
    assert json.loads(FORMATS["json"].render(thirds))["points"] == {"awarded": 1, "possible": 1}
    assert "\n1 of 1 point\n" in FORMATS["text"].render(thirds)


SENTENCES = [
    (step("a", Verdict.CORRECT), "Correct.", "Correct."),
    (
        step("a", Verdict.FOLLOW_THROUGH, rests_on=("x", "y", "z")),
        "The method is right; the value follows from an earlier answer that is not.",
        "The method is right; the value follows from your own x, y and z.",
    ),
    (
        step("a", Verdict.FOLLOW_THROUGH),
        "The method is right; the value follows from an earlier answer that is not.",
        "The method is right; the value follows from an earlier answer that is not.",
    ),
    (
        step("a", Verdict.FOLLOW_THROUGH, rests_on=("z",), degenerate=True),
        "0 only because an earlier answer is 0, which shows nothing of the method: no points.",
        "0 only because of your own z, which shows nothing of the method: no points.",
    ),
    (
        step("a", Verdict.MISCONCEPTION, diagnosis=(Diagnosis("c", "possible", "h"),)),
        "Not right.",
        "Not right: a known mistake may have given this value, though chance could explain it.",
    ),
    (step("a", Verdict.SLIP), "Not right.", "Not right: a slip away from the right answer."),
    (
        step("a", Verdict.IMPRECISE),
        "Right as far as it goes, but given to fewer digits than asked.",
        "Right as far as it goes, but given to fewer digits than asked.",
    ),
    (step("a", Verdict.MISSING), "No answer.", "No answer."),
    (step("a", Verdict.UNREADABLE, message="why"), "why", "why"),
    (
        step("a", Verdict.WRONG, elements=(ElementGrade((1,), Verdict.UNREADABLE, "x", "1", None, 0.0, "why"),)),
        "Not right. Not all of the answer can be read.",
        "Not right: work this step again from your own earlier answers. Not all of the answer can be read.",
    ),
    (
        step(
            "a",
            Verdict.UNREADABLE,
            elements=(
                ElementGrade((1,), Verdict.UNREADABLE, "x", "1", None, 0.0, "why"),
                ElementGrade((2,), Verdict.CORRECT, "1", "1", "1", 0.5),
            ),
        ),
        "1 of 2 elements is right. Not all of the answer can be read.",
        "1 of 2 elements is right. Not all of the answer can be read.",
    ),
    (
        step("a", Verdict.IMPRECISE, message="numbers_only"),
        "Right at the problem's numbers alone.",
        "Right at the problem's numbers alone.",
    ),
    (step("a", Verdict.UNREADABLE), "The answer cannot be read.", "The answer cannot be read."),
]


@pytest.mark.parametrize(("judged", "plain", "told"), SENTENCES)
def test_sentences(judged, plain, told):
    seen = [redact(graded(judged), level).steps[0].message for level in (Level.VERDICT, Level.HINT, Level.FULL)]
    assert seen == [plain, told, told]


HOSTILE = [
    "| a | b |",
    "a\\|b",
    "<script>alert(1)</script>",
    "`code` ``x``",
    "![x](http://example.org/x.png)",
    "[x](javascript:alert(1))",
    "**bold** _it_ ~~no~~",
    "# heading\n\n- list\n\n---",
    "&lt;b&gt; &#60;",
    "\\",
    "`",
    "  spaced  ",
    "\\`*{}[]()#+-.!|",
    "$x$ @someone http://example.org",
]


def markdown_text(text):
    """What a reader of Markdown sees, and the kinds of markup it found, by a parser that is not ours."""
    seen, kinds = [], set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        kinds.add(token.type)
        for child in token.children or []:
            kinds.add(child.type if child.type != "html_inline" else f"html {child.content}")
            seen.append(child.content if child.type in ("text", "code_inline", "text_special") else "")
    return "".join(seen), kinds


@pytest.mark.parametrize("hostile", HOSTILE)
def test_in_markdown_student_text_is_text(hostile):
    judged = graded(
        step("a", Verdict.UNREADABLE, hostile, message=hostile, line=1, column=1),
        title=hostile,
        student=hostile,
        submission=hostile,
        warnings=(Notice(hostile),),
    )
    text, kinds = markdown_text(FORMATS["markdown"].render(judged))
    assert text.count(printable(hostile).strip()) == 6
    benign = markdown_text(
        FORMATS["markdown"].render(graded(step("a", Verdict.UNREADABLE, "x", message="y"), warnings=(Notice("z"),)))
    )[1]
    assert kinds <= benign | {"text_special", "html <code>", "html </code>"}
    rows = [line for line in FORMATS["markdown"].render(judged).split("\n") if line.startswith("| ")]
    assert len(rows) == 3


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b[0m",
        "a\rb",
        "a\x00b",
        "\x1b]0;title\x07",
        "\u202egnp",
        "\u2066x\u2069",
        "a\u200bb",
        "\x9b2J",
        "a\tb\nc",
        "\ud800",
    ],
)
def test_in_text_and_markdown_nothing_moves_the_cursor(hostile):
    judged = graded(
        step("a", Verdict.UNREADABLE, hostile, message=hostile, line=1, column=1),
        step("b", Verdict.WRONG, [hostile, hostile]),
        title=hostile,
        student=hostile,
        submission=hostile,
        warnings=(Notice(hostile),),
    )
    for name in ("text", "markdown"):
        shown = FORMATS[name].render(judged, Level.FULL)
        assert all(line.isprintable() for line in shown.split("\n"))


def test_big_arrays_are_cut():
    rows = [[f"0.{row:03}{column:03}" for column in range(30)] for row in range(40)]
    elements = tuple(ElementGrade((row, 1), Verdict.WRONG, "1", "2", None, 0.0) for row in range(1, 41))
    shown = FORMATS["text"].render(graded(step("W", Verdict.WRONG, rows, elements=elements)))
    assert max(map(len, shown.split("\n"))) <= 100
    assert len(shown.split("\n")) < 35
    assert "    and 32 more elements\n" in shown


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_a_formula_that_answers_a_whole_array_is_said_once(name):
    def elements(*verdicts):
        return tuple(ElementGrade((n,), verdict, "z2 + 1", "0.7", "0.7", 0.0) for n, verdict in enumerate(verdicts, 1))

    def shown(*verdicts):
        wrong = step("a2", Verdict.WRONG, "z2 + 1", message="Not right.", elements=elements(*verdicts))
        return FORMATS[name].render(graded(step("z", Verdict.CORRECT), wrong, first_error="a2"), Level.HINT)

    assert shown(Verdict.WRONG, Verdict.WRONG).count("z2 + 1") == 1
    assert shown(Verdict.WRONG, Verdict.CORRECT).count("z2 + 1") == 2  # which element it is has to be said


SOLUTION = Solution(
    "neuron",
    "One neuron",
    (
        SolvedStep("z", Kind.FORWARD, "w1*x1 + b", "0.8*1 + 0.1", "z = w_1 x_1 + b", "9/10", 0.9, ()),
        SolvedStep(
            "a", Kind.FORWARD, "sigmoid(z)", "sigmoid(0.9)", r"a = \sigma(z)", "1/(1 + exp(-9/10))", 0.7109495, ()
        ),
        SolvedStep(
            "W", Kind.GRADIENT, "outer(d, x)", "", "W", [["1", "2"], ["1/3", "4"]], [[1.0, 2.0], [1 / 3, 4.0]], (2, 2)
        ),
    ),
    tuple(1 / (1 + count) for count in range(101)),
    "L",
    "The loss falls at every update.",
)

SOLUTION_TEXT = """\
One neuron

Forward
  z = w1*x1 + b = 0.8*1 + 0.1 = 9/10 = 0.9
  a = sigmoid(z) = sigmoid(0.9) = 1/(1 + exp(-9/10)) = 0.7109495

Gradients
  W = outer(d, x)
    = [[1, 2], [1/3, 4]]
    = [[1, 2], [0.33333333, 4]]

The loss after so many updates

  updates  L
---------  ------------
        0  1
        1  0.5
        2  0.33333333
        5  0.16666667
       10  0.090909091
       20  0.047619048
       50  0.019607843
      100  0.0099009901

The loss falls at every update.
"""


def test_solution_text():
    assert SOLUTION_FORMATS["text"].render(SOLUTION, None) == SOLUTION_TEXT


def test_a_long_worked_step_is_a_part_a_line():
    long = SolvedStep("z", Kind.FORWARD, " + ".join(["w*x"] * 12), " + ".join(["0.5*2"] * 12), "", "12", 12.0, ())
    shown = SOLUTION_FORMATS["text"].render(Solution("p", "P", (long,), (), "L"), None)
    formula, numbers = " + ".join(["w*x"] * 12), " + ".join(["0.5*2"] * 12)
    assert shown == f"P\n\nForward\n  z = {formula}\n    = {numbers}\n    = 12\n"


@pytest.mark.parametrize(
    ("exact", "digits", "shown"),
    [
        ("0.333333333333333333333333333333…", None, "0.33333333"),
        ("0.333333333333333333333333333333…", 30, "0.333333333333333333333333333333…"),
        ("1/3", None, "1/3 = 0.33333333"),
        ("1/3", 4, "1/3 = 0.3333"),
        ("+".join(["1/99"] * 33), None, "0.33333333"),
        ("", None, "0.33333333"),
    ],
)
def test_the_exact_value_is_shown_where_it_helps(exact, digits, shown):
    step = SolvedStep("z", Kind.FORWARD, "w", "", "z = w", exact, 1 / 3, ())
    solution = Solution("p", "P", (step,), (), "L")
    assert SOLUTION_FORMATS["text"].render(solution, digits) == f"P\n\nForward\n  z = w = {shown}\n"


def test_solution_json_keeps_to_its_schema():
    schema = json.loads((SCHEMAS / "solution.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    far = Solution("p", "P", (SolvedStep("z", Kind.LOSS, "", "", "", "", float("inf"), ()),), (1.0, float("nan")), "L")
    for solution in (SOLUTION, far):
        found = json.loads(SOLUTION_FORMATS["json"].render(solution, None))
        jsonschema.Draft202012Validator(schema).validate(found)
    assert (found["steps"][0]["value"], found["loss_curve"]) == (None, [1.0, None])
    worked = json.loads(SOLUTION_FORMATS["json"].render(SOLUTION, 3))
    assert worked["steps"][2]["value"] == [[1.0, 2.0], [1 / 3, 4.0]]


def test_solution_markdown():
    shown = SOLUTION_FORMATS["markdown"].render(SOLUTION, 3)
    assert "$$\na = \\sigma(z)\n$$\n\n`a` = `sigmoid(0.9)` = `1/(1 + exp(-9/10))` = `0.711`\n" in shown
    assert "| 100 | 0.0099 |" in shown


def test_digits_are_at_most_those_of_a_float():
    assert number(1 / 3, 50) == "0.333333333333333"
    assert number(1 / 3, 3) == "0.333"
    assert number(float("nan"), None) == "nan"
