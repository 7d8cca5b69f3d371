"""Formulas among a student's other answers: follow-through, named mistakes, the factor that is missing, slips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import checker
from checker.batch.kept import Kept
from checker.batch.outcomes import Entry, Variant
from checker.batch.record import Recorder
from checker.block import grade_block
from checker.errors import AuthorError
from checker.formula_answer import FormulaAnswers
from checker.grading import grade_submission
from checker.model import Verdict
from checker.reports import FORMATS, Level
from checker.reports.wording import sentence
from checker.submission import load_submission

if TYPE_CHECKING:
    from checker.model import Grade, StepGrade

ROOT = Path(__file__).parents[2]
CORRECT, FOLLOWS, MISCONCEPTION = Verdict.CORRECT, Verdict.FOLLOW_THROUGH, Verdict.MISCONCEPTION
SLIP, IMPRECISE, WRONG, MISSING = Verdict.SLIP, Verdict.IMPRECISE, Verdict.WRONG, Verdict.MISSING
UNREADABLE = Verdict.UNREADABLE
LACKS_SLOPE = "compared with the right formula, the factor da_dz is missing"

BATCH = """
format: check-backprop/problem@1
id: p
title: t
given: {x: [[1, 2, 0.5], [0.3, -1, 2]], y: [[0.2, 0.9, 0.4]]}
parameters: {W: [[0.3, -0.2]], b: [0.1]}
forward:
  z: W @ x + b
  a: tanh(z)
loss: {L: "half_squared_error(a, y)"}
update: {learning_rate: 0.5}
"""


NETWORK = """
format: check-backprop/problem@1
id: p
title: t
network:
  input: {x: [0.05, 0.10]}
  target: {y: [0.01, 0.99]}
  layers:
    - {weights: [[0.15, 0.20], [0.25, 0.30]], bias: [0.35, 0.35], activation: sigmoid}
    - {weights: [[0.40, 0.45], [0.50, 0.55]], bias: [0.60, 0.60], activation: sigmoid}
  loss: half_squared_error
update: {learning_rate: 0.5}
"""


@pytest.fixture
def graded(tmp_path: Path):
    """Grades answers, written as YAML lines, to a shipped problem, changed a little or not, or to one written out."""

    def grade(answers: str, problem: str = "neuron-sigmoid", grading: str = "") -> Grade:
        text = problem if "\n" in problem else (ROOT / f"problem_sets/{problem}.yaml").read_text(encoding="utf-8")
        if grading:
            lines = [line for line in text.splitlines() if not line.startswith("grading:")]
            text = "\n".join([*lines, f"grading: {grading}", ""])
        (tmp_path / "problem.yaml").write_text(text, encoding="utf-8")
        body = "".join(f"  {line}\n" for line in answers.strip().splitlines())
        (tmp_path / "ada.yaml").write_text(
            f"format: check-backprop/submission@1\nproblem: p\nanswers:\n{body}", encoding="utf-8"
        )
        return checker.grade(tmp_path / "ada.yaml", problem=tmp_path / "problem.yaml")

    return grade


def steps(grade: Grade) -> dict[str, StepGrade]:
    return {step.step: step for step in grade.steps if step.verdict is not MISSING or step.submitted}


def verdicts(grade: Grade) -> dict[str, Verdict]:
    return {name: step.verdict for name, step in steps(grade).items()}


def codes(step: StepGrade) -> list[str]:
    return [each.code for each in step.diagnosis]


# ---------------------------------------------------------------- named mistakes


@pytest.mark.parametrize(
    ("answer", "code", "note"),
    [
        ("dL_dw1: (a - y)*x1", "act_deriv_missing", "the factor da_dz is missing"),
        ("dL_dz: a - y", "act_deriv_missing", "the factor da_dz is missing"),
        ("dL_da: y - a", "err_sign_y_minus_a", "its sign is turned"),
        ("dL_da: 2(a - y)", "loss_grad_factor2", "there is a factor 2 too many"),
        ("L: (a - y)^2", "loss_half_missing", "there is a factor 2 too many"),
        ("da_dz: z(1 - z)", "sigmoid_deriv_at_z_formula", ""),
        ("da_dz: σ(a)(1-σ(a))", "sigmoid_deriv_twice", ""),
        ("a: 1/(1 + e^z)", "sigmoid_exp_sign", ""),
        ("dL_dw2: dL_dz", "input_missing_grad_w", "the factor x2 is missing"),
        ("w1_new: w1 + 0.1*dL_dw1", "update_sign", ""),
        (r"dL_dw1: \frac{\partial L}{\partial a} x_1", "act_deriv_missing", "the factor da_dz is missing"),
        ("da_dz: a² - a", "sign_slip", "its sign is turned"),
    ],
)
def test_a_formula_that_is_a_mistakes_formula_is_that_mistake(graded, answer: str, code: str, note: str) -> None:
    (step,) = steps(graded(answer)).values()
    assert step.verdict is (SLIP if code == "sign_slip" else MISCONCEPTION)
    assert code in codes(step)
    assert all(each.confidence == "clear" and each.hint for each in step.diagnosis)
    assert step.note == (f"compared with the right formula, {note}" if note else "")


@pytest.mark.parametrize(
    ("problem", "answer", "code"),
    [
        (NETWORK, "dL_dz1: (W2 @ dL_dz2) ⊙ a1 ⊙ (1 - a1)", "transposed_weights"),
        (NETWORK, "dL_dz2: a2 - y", "act_deriv_missing"),
        (NETWORK, "dL_da1: W2^T (a2 - y)", "error_not_delta_backprop"),
        ("neuron-tanh", "da_dz: 1 - a", "tanh_deriv_one_minus_a"),
        ("neuron-tanh", "dL_dw1: (a - y)(1 - a)*x1", "tanh_deriv_one_minus_a"),
        (BATCH, "dL_dW: (a - y) ⊙ (1 - a²) @ x^T", "mean_vs_sum_batch"),
        (BATCH, "dL_db: (a - y) ⊙ (1 - a²)/3 @ [1, 1, 1]", ""),
    ],
)
def test_matrix_formulas_and_other_activations(graded, problem: str, answer: str, code: str) -> None:
    (step,) = steps(graded(answer, problem)).values()
    if not code:
        assert step.verdict is UNREADABLE
        return
    assert step.verdict is MISCONCEPTION
    assert code in codes(step)


def test_a_mistake_at_a_step_left_out_is_charged_once_and_says_where(graded) -> None:
    found = steps(graded("dL_dw1: (a - y)*x1\ndL_dw2: (a - y)*x2\ndL_db: a - y"))
    assert [step.verdict for step in found.values()] == [MISCONCEPTION, FOLLOWS, FOLLOWS]
    assert found["dL_dw1"].diagnosis[0].made_at == "dL_dz"
    found = steps(graded("dL_dz: (a - y)*a*(1 - a)\ndL_dw1: (a - y)*x1"))
    assert [step.verdict for step in found.values()] == [CORRECT, MISCONCEPTION]
    assert found["dL_dw1"].diagnosis[0].made_at == ""  # it was not left out


def test_a_mistake_that_a_number_shows_already_is_not_charged_again(graded) -> None:
    assert verdicts(graded("dL_dz: -0.3318\ndL_dw1: (a - y)*x1\ndL_db: a - y")) == {
        "dL_dz": MISCONCEPTION, "dL_dw1": FOLLOWS, "dL_db": FOLLOWS,
    }  # fmt: skip


def test_what_is_right_but_for_a_factor_says_which_though_no_mistake_is_known_for_it(graded) -> None:
    (step,) = steps(graded("da_dz: 2a(1-a)")).values()
    assert (step.verdict, step.note) == (WRONG, "right but for one thing: there is a factor 2 too many")
    (step,) = steps(graded("dL_dw2: (a - y)*a*x2")).values()
    assert step.verdict in (WRONG, MISCONCEPTION)
    (step,) = steps(graded("dL_dz: (a - y) ⊙ (1 - a²)", BATCH)).values()
    assert step.note == "right but for one thing: there is a factor 3 too many"
    assert step.submitted == "(a - y) ⊙ (1 - a²)"  # one formula for the whole array is shown once
    (step,) = steps(graded("dL_dz: (a - y)*a*(1 - a)*w2")).values()
    assert step.note.endswith("the factor w2 is one too many")


# ---------------------------------------------------------------- follow-through


@pytest.mark.parametrize(
    ("before", "answer", "verdict"),
    [
        ("da_dz: a*(1 + a)", "dL_dz: (a - y)*a*(1 + a)", FOLLOWS),
        ("da_dz: a*(1 + a)", "dL_dz: (a - y)*a*(1 + a)/7", WRONG),
        ("da_dz: a*(1 + a)", "dL_dz: (a - y)*a*(1 - a)", CORRECT),
        ("da_dz: a*(1 + a)", "dL_dz: dL_da*da_dz", CORRECT),
        ("da_dz: a*(1 + a)", "dL_dw1: (a - y)*(a + a²)*x1", FOLLOWS),
        ("dL_da: y - a", "dL_dz: (y - a)*a*(1 - a)", FOLLOWS),
        ("dL_da: y - a", "dL_dz: y - a", MISCONCEPTION),  # a second mistake, on their own earlier formula
    ],
)
def test_a_formula_follows_from_the_students_own_wrong_one(graded, before: str, answer: str, verdict: Verdict) -> None:
    found = verdicts(graded(f"{before}\n{answer}"))
    assert list(found.values())[1] is verdict


@pytest.mark.parametrize(
    ("before", "verdict"),
    [
        ("dL_dz2: a2 - y", FOLLOWS),
        ("dL_dz2[1]: a2[1] - y[1]", MISCONCEPTION),
        ("dL_dz2[1]: a2[1] - y[1]\ndL_dz2[2]: a2[2] - y[2]", FOLLOWS),
        ("dL_dz2: ['a2[1] - y[1]', 'a2[2] - y[2]']", FOLLOWS),
    ],
)
def test_formulas_of_arrays_follow_as_a_whole_or_by_elements(graded, before: str, verdict: Verdict) -> None:
    found = verdicts(graded(f"{before}\ndL_dW2: outer(a2 - y, a1)", NETWORK))
    assert found["dL_dW2"] is verdict


def test_a_number_follows_from_what_earlier_formulas_come_to_with_their_own(graded) -> None:
    found = verdicts(graded("dL_dz: a - y\ndL_dw1: dL_dz*x1\nw1_new: 0.8332"))
    assert found == {"dL_dz": MISCONCEPTION, "dL_dw1": CORRECT, "w1_new": FOLLOWS}
    found = verdicts(graded("dL_dz: -0.3318\ndL_dw1: dL_dz*x1\nw1_new: 0.8332"))
    assert found == {"dL_dz": MISCONCEPTION, "dL_dw1": CORRECT, "w1_new": FOLLOWS}


def test_where_following_is_forbidden_a_formula_that_follows_is_wrong(graded) -> None:
    sheet = "da_dz: a*(1 + a)\ndL_dz: (a - y)*a*(1 + a)"
    assert verdicts(graded(sheet, grading="{steps: {dL_dz: {carry: false}}}"))["dL_dz"] is WRONG


# ---------------------------------------------------------------- a value beside a formula


@pytest.mark.parametrize(
    ("before", "answer", "verdict", "note"),
    [
        ("", "dL_dz: {value: -0.0736, formula: (a - y)*a*(1-a)}", CORRECT, ""),
        ("", "dL_dz: {value: -736/10000, formula: (a - y)*a*(1-a)}", CORRECT, ""),
        ("", "dL_dz: {value: -0.0763, formula: (a - y)*a*(1-a)}", SLIP,
         "the formula is right; the value beside it is not what it gives"),
        ("", "dL_dz: {value: -0.07, formula: (a - y)*a*(1-a)}", IMPRECISE, ""),
        ("", "dL_dz: {value: -0.0736, formula: a*z*x2}", SLIP,
         "the value is right; the formula beside it does not give it"),
        ("", "dL_dz: {value: -0.0736, formula: a - y}", MISCONCEPTION,
         "the value is right; the formula beside it does not give it; " + LACKS_SLOPE),
        ("", "dL_dz: {value: -0.3318, formula: a - y}", MISCONCEPTION,
         LACKS_SLOPE),
        ("", "dL_dz: {value: 0.5, formula: a*z*x2}", WRONG, "the value is not what the formula beside it gives"),
        ("", "dL_dz: {value: 0.23387, formula: a*z*x2}", WRONG, ""),
        ("a: 0.7", "da_dz: {value: 0.21, formula: a(1-a)}", FOLLOWS, ""),
        ("a: 0.7", "da_dz: {value: 0.2217, formula: a(1-a)}", CORRECT, ""),
        ("a: 0.7", "da_dz: {value: 0.25, formula: a(1-a)}", SLIP,
         "the formula is right; the value beside it is not what it gives"),
        ("da_dz: a*(1+a)", "dL_dz: {value: -0.3699, formula: (a - y)*a*(1+a)}", FOLLOWS, ""),
        ("da_dz: a*(1+a)", "dL_dz: {value: -0.3, formula: (a - y)*a*(1+a)}", SLIP,
         "the formula is right; the value beside it is not what it gives"),
        ("dL_dz: -0.08", "dL_dw2: {value: -0.04, formula: dL_dz*x2}", FOLLOWS, ""),
    ],
)  # fmt: skip
def test_each_is_judged_and_which_is_right_is_said(
    graded, before: str, answer: str, verdict: Verdict, note: str
) -> None:
    found = steps(graded(f"{before}\n{answer}"))
    step = list(found.values())[-1]
    assert (step.verdict, step.note) == (verdict, note)


def test_the_numbers_of_an_array_beside_one_formula(graded) -> None:
    right = "[[0.0056, 0.0112], [-0.0011, -0.0023]]"
    reference = steps(graded("dL_dW1: 0", NETWORK))["dL_dW1"].reference
    text = str([[round(float(x), 5) for x in row] for row in reference])
    found = steps(graded(f"dL_dW1: {{value: {text}, formula: dL_dz1 * x^T}}", NETWORK))["dL_dW1"]
    assert (found.verdict, found.note) == (CORRECT, "")
    found = steps(graded(f"dL_dW1: {{value: {right}, formula: dL_dz1 * x^T}}", NETWORK))["dL_dW1"]
    assert (found.verdict, found.note) == (SLIP, "the formula is right; the value beside it is not what it gives")
    short = steps(graded("dL_dW1: {value: [1, 2], formula: dL_dz1 * x^T}", NETWORK))["dL_dW1"]
    assert short.verdict is UNREADABLE
    odd = steps(graded("dL_dW1: {value: [[z, 1], [2, 3]], formula: dL_dz1 * x^T}", NETWORK))["dL_dW1"]
    assert odd.message == "the value 'z' is not a number; write numbers as the value, the formula beside it"


# ---------------------------------------------------------------- what is asked for


@pytest.mark.parametrize(
    ("expect", "answer", "verdict", "note"),
    [
        ("formula", "a: 0.6682", MISSING, "A formula is asked for, and there is none."),
        ("formula", "a: 1/(1+exp(-0.7))", MISSING, "A formula is asked for, and there is none."),
        ("formula", "a: σ(z)", CORRECT, ""),
        ("formula", "a: {value: 3, formula: σ(z)}", CORRECT, ""),
        ("formula", "a: σ(-z)", MISCONCEPTION, ""),
        ("value", "a: σ(z)", MISSING, "A number is asked for, and there is only a formula."),
        ("value", "a: 0.6682", CORRECT, ""),
        ("value", "a: 1/(1+exp(-0.7))", CORRECT, ""),
        ("value", "a: {value: 0.6682, formula: z}", CORRECT, ""),
        ("value", "a: {value: 0.9, formula: σ(z)}", WRONG, ""),
        ("both", "a: 0.6682", MISSING, "A number and a formula are asked for, and there is only one of them."),
        ("both", "a: σ(z)", MISSING, "A number and a formula are asked for, and there is only one of them."),
        ("both", "a: {value: 0.6682, formula: σ(z)}", CORRECT, ""),
        ("any", "a: σ(z)", CORRECT, ""),
    ],
)
def test_an_instructor_says_what_an_answer_must_hold(
    graded, expect: str, answer: str, verdict: Verdict, note: str
) -> None:
    for grading in (f"{{steps: {{a: {{expect: {expect}}}}}}}", f"{{expect: {expect}}}"):
        step = steps(graded(answer, grading=grading))["a"]
        assert step.verdict is verdict
        if note:
            assert sentence(step, causes=False) == note


def test_a_step_whose_rule_is_a_number_needs_no_formula(graded) -> None:
    problem = BATCH.replace("[[1, 2, 0.5], [0.3, -1, 2]]", "3").replace("[[0.2, 0.9, 0.4]]", "1")
    problem = problem.replace("[[0.3, -0.2]]", "0.5").replace("[0.1]", "0.1").replace("W @ x", "W*x")
    found = verdicts(graded("dz_db: 1\ndz_dW: 3", f"{problem}ask: [dz_db, dz_dW]\n", "{expect: formula}"))
    assert found == {"dz_db": CORRECT, "dz_dW": MISSING}


@pytest.mark.parametrize(("setting", "verdict"), [("imprecise", IMPRECISE), ("correct", CORRECT), ("wrong", WRONG)])
def test_what_is_right_at_these_numbers_only_counts_what_the_instructor_says(
    graded, setting: str, verdict: Verdict
) -> None:
    step = steps(graded("dL_dw1: dL_dz", grading=f"{{numbers_only: {setting}}}"))["dL_dw1"]  # x1 is 1
    assert step.verdict is verdict
    if setting != "correct":
        note = "the formula is right for these numbers only, not in general: the factor x1 is missing"
        assert step.note == note


@pytest.mark.parametrize(
    ("grading", "message"),
    [
        ("{expect: formulas}", "unknown choice for 'expect': 'formulas'; did you mean 'formula'?"),
        ("{steps: {a: {expect: 3}}}",
         "expected a text for one of any, formula, value, both for 'expect', found 3; put it in quotes: '3'"),
        ("{numbers_only: half}", "unknown choice for 'numbers_only': 'half'; use one of imprecise, correct, wrong"),
    ],
)  # fmt: skip
def test_odd_settings_are_refused(graded, grading: str, message: str) -> None:
    with pytest.raises(AuthorError) as caught:
        graded("a: 1", grading=grading)
    assert str(caught.value).partition(": ")[2].partition("\n")[0] == message


# ---------------------------------------------------------------- what a student sees


def test_a_caret_stands_under_the_place_in_text_and_markdown(graded) -> None:
    grade = graded("a: sgmoid(z)\nw2_new: w2 - 0.1 w2x2\nb_new: '`b'")
    text = FORMATS["text"].render(grade, Level.VERDICT)
    assert "a (line 4): unknown function 'sgmoid'; did you mean 'sigmoid'?\n    sgmoid(z)\n    ^\n" in text
    assert "w2*x2\n    w2 - 0.1 w2x2\n             ^\n" in text
    markdown = FORMATS["markdown"].render(grade, Level.VERDICT)
    assert "\n  ```text\n  w2 - 0.1 w2x2\n           ^\n  ```\n" in markdown
    assert "\n  ```text\n  `b\n  ^\n  ```\n" in markdown


def test_each_element_that_cannot_be_read_says_why(graded) -> None:
    grade = graded("a1: [0.5, 'z1[1] +']\na2: ['1.2.3', 'sigmoid(z2[2]']", "mazur-2-2-2-network")
    text = FORMATS["text"].render(grade, Level.VERDICT)
    assert "a1 (line 4): Not right. Not all of the answer can be read.\n" in text
    assert (
        "    a1[2]: z1[1] + unreadable: nothing follows '+'; write what it applies to, or delete it\n"
        "        z1[1] +\n              ^\n"
    ) in text
    assert "a2 (line 5): The answer cannot be read.\n" in text
    assert "1.2.3 has more than one decimal point; keep one\n        1.2.3\n           ^\n" in text
    markdown = FORMATS["markdown"].render(grade, Level.VERDICT)
    assert "\n    ```text\n    sigmoid(z2[2]\n           ^\n    ```\n" in markdown
    page = FORMATS["html"].render(grade, Level.VERDICT)
    assert "<pre>z1[1] +\n      ^</pre>" in page
    elements = json.loads(FORMATS["json"].render(grade, Level.VERDICT))["steps"][1]["elements"]
    assert "message" not in elements[0]
    assert elements[1]["message"].endswith("\nz1[1] +\n      ^")


def test_a_decimal_comma_is_echoed_as_it_is_read(graded) -> None:
    grade = graded("z: 0,7\ndL_dw2: {value: '-0,0368', formula: dL_dz*x2}\nL: '[0,1]'")
    text = FORMATS["text"].render(grade, Level.HINT)
    assert "0,7 (read as 0.7)" in text
    assert "-0,0368 (read as -0.0368) = dL_d" in text
    assert "`0,7 (read as 0.7)`" in FORMATS["markdown"].render(grade, Level.HINT)
    assert "0,7 (read as 0.7)" in FORMATS["html"].render(grade, Level.HINT)
    assert json.loads(FORMATS["json"].render(grade, Level.HINT))["steps"][0]["submitted"] == "0,7"


def test_what_is_right_on_paper_but_for_brackets_below_the_line_says_so(graded) -> None:
    grade = graded("a: 1/1+e^-z\ndL_dw2: 1/2(1/(x1 dL_dz))\nda_dz: 1/e^z(1+e^-z)^2\nw1_new: w1 - 1/10dL_dw1")
    told = "this is worked from left to right; it would be right with brackets: "
    assert steps(grade)["da_dz"].note == f"{told}1/(e^z*(1 + e^-z)^2)"
    assert steps(grade)["w1_new"].verdict is CORRECT
    assert told not in steps(grade)["dL_dw2"].note
    assert told not in steps(grade)["a"].note


def test_what_a_level_hides_of_formulas_stays_hidden(graded) -> None:
    grade = graded("dL_dw1: (a - y)*x1\ndL_dz: {value: 0.5, formula: dL_da*da_dz}")
    seen = FORMATS["text"].render(grade, Level.VERDICT)
    assert "factor" not in seen
    assert "formula is right" not in seen
    assert "factor da_dz is missing" in FORMATS["text"].render(grade, Level.HINT)


# ---------------------------------------------------------------- in a class


def test_a_class_is_graded_as_each_alone() -> None:
    path = ROOT / "problem_sets/neuron-sigmoid.yaml"
    program, mistakes = checker.load_program(path), checker.load_program(path, mistakes=True)
    sheets = [
        "dL_dz: a - y\n  dL_dw1: dL_dz*x1\n  w1_new: 0.8332",
        "dL_dz: -0.3318\n  dL_dw1: (a - y)*x1\n  w1_new: {value: 0.7, formula: w1 - 0.1 dL_dw1}",
        "z: 0.7\n  a: 0.67\n  dL_dw1: dL_dz\n  dL_dw2: (a - y)*x2\n  b_new: b - dL_db",
        "z: w1x1\n  a: {value: 0.6682, formula: σ(z)}\n  L: {value: 0.1101, formula: (a - y)^2}",
    ]
    submissions = [
        load_submission(f"format: check-backprop/submission@1\nproblem: p\nanswers:\n  {text}\n".encode(), f"{n}.yaml")
        for n, text in enumerate(sheets)
    ]
    read = FormulaAnswers(checker.load_problem(path))
    together = grade_block(submissions, program, read, lambda: mistakes)
    assert together == [grade_submission(each, program, read, lambda: mistakes) for each in submissions]
    assert together == grade_block(submissions[::-1], program, read, lambda: mistakes)[::-1]
    recorder = Recorder(program, lambda _: read, lambda: mistakes)
    leaves = tuple(program.values[slot] for slot, _ in program.leaves.values())
    entries = [
        Entry(each.file, "", f"format: check-backprop/submission@1\nproblem: p\nanswers:\n  {text}\n".encode())
        for each, text in zip(submissions, sheets, strict=True)
    ]
    _, kept = recorder.record(entries, [Variant("k", "neuron-sigmoid", program.title, leaves)])
    kept = Kept.load(kept.dump())
    for n, alone in enumerate(together):
        assert kept.grade(recorder.face, n, alone.student, alone.submission).steps == alone.steps
