"""Every entry of the table of mistakes: it fires on an example, is silent on right work, and says no number."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from sheets import assert_same

from checker.block import grade_block
from checker.grading import grade_submission
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.model import Verdict
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.readings.numeric import FLOATS, run
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.model import Grade, StepGrade
    from checker.readings.program import Mistake, Program, Step

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "mistakes"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
WRITTEN = 8  # decimals

# every mistake that is known, whether it can be seen or not; a report's codes are counted over years and never change
CODES = (ROOT / "tests" / "data" / "misconception_codes.txt").read_text(encoding="utf-8").split()


class Example(NamedTuple):
    """A problem with its mistakes compiled in."""

    name: str
    program: Program

    def text(self, step: Step, values: list[float]) -> Any:
        """The step's values as a student writes them."""
        texts = [f"{value:.{WRITTEN}f}" for value in values]
        return texts[0] if not step.shape else np.array(texts, dtype=object).reshape(step.shape).tolist()

    def right(self) -> dict[str, Any]:
        """The reference submission."""
        asked = {item.step for item in self.program.ask}
        return {
            step.name: self.text(step, self.program.values[step.slot : step.slot + step.size])
            for number, step in enumerate(self.program.steps)
            if number in asked
        }

    def wrong(self, mistake: Mistake) -> list[float]:
        """What the mistake gives where all before it is right."""
        values = list(self.program.values)
        run(mistake.route.code, self.program.formulas, values, FLOATS)
        return [float(values[out]) for out in mistake.route.out]

    def differs(self, mistake: Mistake) -> bool:
        step = self.program.steps[mistake.step]
        wrong = self.wrong(mistake)
        right = self.program.values[step.slot : step.slot + step.size]
        return bool(np.all(np.isfinite(wrong)) and np.max(np.abs(np.subtract(wrong, right))) > 1e-5)

    def grade(self, answers: Mapping[str, Any]) -> Grade:
        return graded(self.name, self.program, answers)


def graded(name: str, program: Program, answers: Mapping[str, Any]) -> Grade:
    submission = load_submission(sheet_of(name, answers).encode(), "s.yaml")
    return grade_submission(submission, program, _no_formula, lambda: program)


def sheet_of(name: str, answers: Mapping[str, Any]) -> str:
    lines = [f"  {step}: {_yaml(text)}\n" for step, text in answers.items()]
    return f"format: check-backprop/submission@1\nproblem: {name}\nstudent: s\nanswers:\n{''.join(lines)}"


def _yaml(text: Any) -> str:
    return text if isinstance(text, str) else f"[{', '.join(map(_yaml, text))}]"


def _no_formula(text: str, target: object) -> Any:
    raise AssertionError(text)


@cache
def example(name: str) -> Example:
    path = FOLDER / f"{name}.yaml"
    return Example(name, compile_problem(load_problem(path.read_bytes(), str(path)), mistakes=True))


@cache
def places() -> dict[tuple[str, str], list[tuple[str, Mistake]]]:
    """Where each rule of each mistake shows, by code and rule."""
    found: dict[tuple[str, str], list[tuple[str, Mistake]]] = {}
    for name in EXAMPLES:
        shown = example(name)
        asked = {item.step for item in shown.program.ask}
        for mistake in shown.program.mistakes:
            if mistake.step in asked and shown.differs(mistake):
                for called in mistake.names:
                    found.setdefault((called.code, called.variant), []).append((name, mistake))
    return found


def step_of(grade: Grade, name: str) -> StepGrade:
    return next(step for step in grade.steps if step.step == name)


def codes(step: StepGrade) -> list[str]:
    return [diagnosis.code for diagnosis in step.diagnosis]


LOCAL = [
    pytest.param(code, f"{rule.place}: {rule.formula}", id=f"{code} {rule.place}: {rule.formula}")
    for code in MISCONCEPTIONS
    for rule in MISCONCEPTIONS[code].rules
    if rule.place not in ("value", "habit")
]


@pytest.mark.parametrize(("code", "variant"), LOCAL)
def test_every_rule_fires_on_an_example(code: str, variant: str) -> None:
    offered = places().get((code, variant))
    assert offered, f"no example problem has a place for {variant!r}"
    name, mistake = offered[0]
    shown = example(name)
    step = shown.program.steps[mistake.step]
    wrong = shown.wrong(mistake)
    grade = shown.grade({**shown.right(), step.name: shown.text(step, wrong)})
    judged = step_of(grade, step.name)
    twins = {
        called.code
        for other in shown.program.mistakes
        if other.step == mistake.step and np.allclose(shown.wrong(other), wrong, rtol=1e-9, atol=1e-12)
        for called in other.names
    }
    # slips that give the same number are not mentioned where a mistake of method clearly does
    slips = {code for code in twins if MISCONCEPTIONS[code].tier > 2}
    assert judged.verdict in (Verdict.MISCONCEPTION, Verdict.SLIP), (name, step.name)
    assert grade.first_error == step.name
    assert twins <= set(codes(judged)) | slips, (name, step.name, codes(judged))


@pytest.mark.parametrize("name", EXAMPLES)
def test_right_work_is_called_no_mistake(name: str) -> None:
    shown = example(name)
    grade = shown.grade(shown.right())
    assert grade.awarded == grade.possible
    assert grade.first_error is None
    assert not any(step.diagnosis for step in grade.steps)


# ---------------------------------------------------------------- habits and slips


@cache
def habit_answers(which: str) -> dict[str, str]:
    """A 2-2-2 net whose student leaves out the slope at the output, in the hidden layer or in both, all else right."""
    answers = example("net-2-2-2").right()
    v = {name: float(text) for name, text in answers.items()}
    given = {"x1": 0.35, "x2": -0.6, "w1": 0.15, "w2": 0.2, "w3": -0.25, "w4": 0.3, "b1": 0.35, "b2": -0.15}
    given |= {"w5": 0.4, "w6": 0.45, "w7": -0.55, "w8": 0.7, "b3": 0.6, "b4": 0.1}
    v |= given
    for z, a in (("z4", "o2"), ("z3", "o1"), ("z2", "h2"), ("z1", "h1")):
        if a == "h2":
            v["dL_dh1"] = v["w5"] * v["dL_dz3"] + v["w7"] * v["dL_dz4"]
            v["dL_dh2"] = v["w6"] * v["dL_dz3"] + v["w8"] * v["dL_dz4"]
        leaves_out = which in ("both", "output" if a.startswith("o") else "hidden")
        v[f"dL_d{z}"] = v[f"dL_d{a}"] * (1.0 if leaves_out else v[f"d{a}_d{z}"])
    inputs = {"z1": ("x1", "x2"), "z2": ("x1", "x2"), "z3": ("h1", "h2"), "z4": ("h1", "h2")}
    for k, (z, (one, two)) in enumerate(inputs.items(), 1):
        v[f"dL_dw{2 * k - 1}"], v[f"dL_dw{2 * k}"] = v[f"dL_d{z}"] * v[one], v[f"dL_d{z}"] * v[two]
        v[f"dL_db{k}"] = v[f"dL_d{z}"]
    for name in given:
        if name.startswith(("w", "b")):
            v[f"{name}_new"] = v[name] - 0.5 * v[f"dL_d{name}"]
    return {name: f"{v[name]:.{WRITTEN}f}" for name in answers}


@pytest.mark.parametrize(
    ("which", "code", "first"),
    [
        ("hidden", "act_deriv_missing_hidden_only", "dL_dz2"),
        ("output", "act_deriv_output_missing_only", "dL_dz4"),
    ],
)
def test_a_habit_is_named(which: str, code: str, first: str) -> None:
    grade = example("net-2-2-2").grade(habit_answers(which))
    assert grade.first_error == first
    assert code in codes(step_of(grade, first))
    # it is one mistake at two steps, and nothing else is wrong
    assert sum(step.verdict is Verdict.MISCONCEPTION for step in grade.steps) == 2
    assert grade.awarded == grade.possible - 1


def test_what_is_left_out_in_every_layer_is_no_habit_of_some() -> None:
    grade = example("net-2-2-2").grade(habit_answers("both"))
    named = {code for step in grade.steps for code in codes(step)}
    assert "act_deriv_missing" in named
    assert not any(code.startswith("act_deriv") and code.endswith("_only") for code in named)


def test_what_is_left_out_at_one_hidden_unit_of_two_is_no_habit_of_the_layer() -> None:
    shown = example("net-2-2-2")
    right, wrong = shown.right(), habit_answers("hidden")
    grade = shown.grade({**right, "dL_dz2": wrong["dL_dz2"]})
    assert "act_deriv_missing" in codes(step_of(grade, "dL_dz2"))
    assert "act_deriv_missing_hidden_only" not in codes(step_of(grade, "dL_dz2"))


def test_a_class_is_told_its_habits_as_each_student_is() -> None:
    shown = example("net-2-2-2")
    sheets = [habit_answers("hidden"), shown.right(), habit_answers("output"), habit_answers("both")]
    kept = [dict(list(sheet.items())[n:]) for sheet in sheets for n in (0, 3, 9)]
    kept += [{name: sheet[name] for name in ("L", "w1_new", "w5_new", "b1_new")} for sheet in sheets]
    submissions = [load_submission(sheet_of(shown.name, each).encode(), "s.yaml") for each in kept]
    together = grade_block(submissions, shown.program, _no_formula, lambda: shown.program)
    for grade, submission in zip(together, submissions, strict=True):
        assert_same(grade, grade_submission(submission, shown.program, _no_formula, lambda: shown.program))


SLIPS = [  # the right dL_dz is -0.09180379, typed with a slip of each kind
    ("sign_slip", lambda text: text.removeprefix("-")),
    ("decimal_shift", lambda text: f"{float(text) * 10:.8f}"),
    ("digit_transposition", lambda text: text[:4] + text[5] + text[4] + text[6:]),
    ("digit_dropped_or_doubled", lambda text: text[:5] + text[6:]),
    ("digit_dropped_or_doubled", lambda text: text[:6] + text[5:]),
]


@pytest.mark.parametrize(("code", "slipped"), SLIPS, ids=[f"{code} {n}" for n, (code, _) in enumerate(SLIPS)])
def test_a_slip_of_the_pen_is_named(code: str, slipped: Any) -> None:
    shown = example("neuron-sigmoid")
    right = shown.right()
    grade = shown.grade({**right, "dL_dz": slipped(right["dL_dz"])})
    assert code in codes(step_of(grade, "dL_dz"))
    assert step_of(grade, "dL_dz").verdict is Verdict.SLIP or code == "sign_slip"


def test_cutting_off_is_named_where_rounding_is_asked_strictly() -> None:
    path = FOLDER / "neuron-sigmoid.yaml"
    text = path.read_text(encoding="utf-8").replace("{decimals: 8}", "{decimals: 4, strict: true}")
    program = compile_problem(load_problem(text.encode(), str(path)), mistakes=True)
    shown = Example("neuron-sigmoid", program)
    rounded = {name: f"{float(value):.4f}" for name, value in shown.right().items()}
    cut = next(
        (name, value[:-4])
        for name, value in shown.right().items()
        if abs(float(value)) > 0.1 and int(value[-4:]) > 8000
    )
    grade = shown.grade({**rounded, cut[0]: cut[1]})
    judged = step_of(grade, cut[0])
    assert judged.verdict in (Verdict.SLIP, Verdict.CORRECT)
    assert "truncation" in codes(judged) or judged.verdict is Verdict.CORRECT


# ---------------------------------------------------------------- numbers worked elsewhere

MAZUR = """
format: check-backprop/problem@1
id: pairs
title: Mazur's 2-2-2 network with {title}
given: {{i1: 0.05, i2: 0.10, t1: 0.01, t2: 0.99}}
parameters: {{w1: 0.15, w2: 0.20, w3: 0.25, w4: 0.30, w5: 0.40, w6: 0.45, w7: 0.50, w8: 0.55, {biases}}}
forward:
  net_h1: w1*i1 + w2*i2 + {bh1}
  out_h1: sigmoid(net_h1)
  net_h2: w3*i1 + w4*i2 + {bh2}
  out_h2: sigmoid(net_h2)
  net_o1: w5*out_h1 + w6*out_h2 + {bo1}
  out_o1: sigmoid(net_o1)
  net_o2: w7*out_h1 + w8*out_h2 + {bo2}
  out_o2: sigmoid(net_o2)
loss:
  E: (t1 - out_o1)^2/2 + (t2 - out_o2)^2/2
update: {{optimizer: sgd, learning_rate: 0.5}}
grading: {{tolerance: {{significant: 6}}}}
"""
OWN = MAZUR.format(
    title="biases of their own",
    biases="bh1: 0.35, bh2: 0.35, bo1: 0.6, bo2: 0.6",
    bh1="bh1",
    bh2="bh2",
    bo1="bo1",
    bo2="bo2",
)
SHARED = MAZUR.format(title="shared biases", biases="b1: 0.35, b2: 0.6", bh1="b1", bh2="b1", bo1="b2", bo2="b2")

# (code, step, the number that the mistake gives), computed by hand-written programs of others than this one
PAIRS = [
    ("act_deriv_missing", "dE_dnet_o1", "0.74136507"),
    ("act_deriv_missing_hidden_only", "dE_dw1", "0.00181751532"),
    ("act_deriv_output_missing_only", "dE_dw5", "0.439829649"),
    ("sigmoid_deriv_at_z_formula", "dE_dw5", "-0.0515137461"),
    ("sigmoid_deriv_twice", "dE_dw5", "0.0957897695"),
    ("sigmoid_deriv_plus", "dE_dw5", "0.578778229"),
    ("sigmoid_deriv_one_minus_a", "dE_dw5", "0.109357014"),
    ("activation_skipped_forward", "out_h1", "0.3775"),
    ("sigmoid_exp_sign", "out_h1", "0.406730008"),
    ("loss_half_missing", "E", "0.596742218"),
    ("loss_grad_factor2", "dE_dw5", "0.164334081"),
    ("err_sign_y_minus_a", "dE_dw5", "-0.0821670406"),
    ("loss_not_differentiated", "dE_dout_o1", "0.274811083"),
    ("mean_vs_sum_outputs", "E", "0.149185554"),
    ("bce_shortcut_on_mse", "dE_dnet_o1", "0.74136507"),
    ("one_path_only", "dE_dw1", "0.000668396021"),
    ("path_weight_missing", "dE_dw1", "0.00121133348"),
    ("paths_multiplied", "dE_dout_h1", "-0.00105531019"),
    ("transposed_weights", "dE_dw1", "0.000461550563"),
    ("forward_wrong_weight", "net_h1", "0.3825"),
    ("weight_input_swap", "dE_dw5", "0.0553994247"),
    ("input_missing_grad_w", "dE_dw5", "0.138498562"),
    ("wrong_layer_activation", "dE_dw5", "0.00692492808"),
    ("local_f_prime_of_wrong_unit", "dE_dw1", "0.000339540218"),
    ("error_not_delta_backprop", "dE_dw1", "0.00226835045"),
    ("updated_weights_in_backprop", "w1_new", "0.149817639"),
    ("bias_grad_ignored", "dE_dbo1", "0.0"),
    ("bias_grad_times_b", "dE_dbo1", "0.083099137"),
    ("bias_grad_times_input", "dE_dbo1", "0.0821670406"),
    ("bias_omitted_forward", "net_h1", "0.0275"),
    ("shared_bias_not_summed", "dE_db2", "0.138498562"),
    ("update_sign", "w5_new", "0.44108352"),
    ("double_negation", "w5_new", "0.44108352"),
    ("lr_missing", "w5_new", "0.317832959"),
    ("lr_twice", "w5_new", "0.37945824"),
    ("step_reported_as_weight", "w5_new", "-0.0410835203"),
    ("lr_times_weight", "w5_new", "0.383566592"),
    ("exp_precedence", "out_h1", "1.6855732"),
]


@cache
def mazur(step: str) -> Program:
    text = SHARED if step == "dE_db2" else OWN
    return compile_problem(load_problem(text.encode(), "pairs.yaml"), mistakes=True)


@pytest.mark.parametrize(("code", "step", "wrong"), [pytest.param(*pair, id=pair[0]) for pair in PAIRS])
def test_a_number_worked_elsewhere_is_named_from_that_answer_alone(code: str, step: str, wrong: str) -> None:
    judged = step_of(graded("pairs", mazur(step), {step: wrong}), step)
    assert code in codes(judged)


LINEAR = """
format: check-backprop/problem@1
id: linear
given: {x: 2, y: [1, 0.5]}
parameters: {W: [0.3, -0.7], b: [0.1, 0.4]}
forward: {z: W*x + b, a: linear(z)}
loss: {L: "half_squared_error(a, y)"}
update: {optimizer: sgd, learning_rate: 0.5}
ask: [dL_dz, dL_db, W_new]
"""


@cache
def linear() -> Program:
    return compile_problem(load_problem(LINEAR.encode(), "linear.yaml"), mistakes=True)


def test_what_follows_from_an_answer_does_not_explain_it() -> None:
    """The slope is 1, so any dL_dz whatever is the dL_db that was worked from it."""
    grade = graded("linear", linear(), {"dL_dz": ["0.3711", "-1.5"], "dL_db": ["0.3711", "-1.5"]})
    assert codes(step_of(grade, "dL_dz")) == []
    assert step_of(grade, "dL_dz").verdict is Verdict.WRONG
    assert step_of(grade, "dL_db").verdict is Verdict.FOLLOW_THROUGH


@pytest.mark.parametrize("confidence", ["possible", "clear"])
def test_a_mistake_at_one_element_alone_is_only_possible(confidence: str) -> None:
    """The change in the place of the new value: at one element of two, or at both."""
    right = linear().values[next(s.slot for s in linear().steps if s.name == "W_new") :][:2]
    change = [f"{new - old:.4f}" for new, old in zip(right, (0.3, -0.7), strict=True)]
    typed = [change[0], f"{right[1]:.4f}"] if confidence == "possible" else change
    judged = step_of(graded("linear", linear(), {"W_new": typed}), "W_new")
    assert {d.confidence for d in judged.diagnosis if d.code == "step_reported_as_weight"} == {confidence}


# ---------------------------------------------------------------- the table itself


def test_the_table_has_every_code_once() -> None:
    assert list(MISCONCEPTIONS) == CODES
    assert len(set(CODES)) == 95


@pytest.mark.parametrize("code", CODES)
def test_an_entry_says_what_is_done_and_hints_without_a_number(code: str) -> None:
    entry = MISCONCEPTIONS[code]
    for text in (entry.does, entry.wrong, entry.right, entry.hint, entry.source):
        assert text.strip() == text != ""
    assert 1 <= entry.tier <= 4
    assert bool(entry.rules) != bool(entry.unseen)
    assert entry.hint.endswith(("?", "."))
    assert not any(letter.isdigit() for letter in entry.hint)
