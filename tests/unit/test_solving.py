"""A problem worked out: closed forms that are their steps, bounded in size, and loss curves in words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import sympy
from jsonschema import Draft202012Validator

from checker.cli import main
from checker.errors import AuthorError
from checker.expression.latex import from_latex
from checker.expression.parser import parse
from checker.expression.written import unparse
from checker.formula_answer import IDENTITY, FormulaAnswers
from checker.graph.node import names
from checker.problem import load_problem
from checker.readings.text import text
from checker.reports import SOLUTION_FORMATS
from checker.solving import closed_form, solve_problem
from checker.solving.curves import trend_of
from checker.stepname import Target

if TYPE_CHECKING:
    from checker.model import Problem

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "problem_sets").glob("*.yaml"))


def shipped(name: str) -> Problem:
    return load_problem((ROOT / f"problem_sets/{name}.yaml").read_bytes(), name)


def test_a_closed_form_has_nothing_but_givens_and_parameters() -> None:
    form = closed_form(shipped("neuron-sigmoid"), "dL/dw1")
    inner = "sigmoid(w1*x1 + w2*x2 + b)"
    assert form.step == "dL_dw1"
    assert form.text == f"{inner}*x1*(1 - {inner})*({inner} - y)"
    assert r"\operatorname{sigmoid}\left(w_{1} x_{1} + w_{2} x_{2} + b\right)" in form.latex


def test_a_closed_form_of_arrays_and_of_one_element() -> None:
    problem = shipped("mazur-2-2-2-network")
    hidden = "sigmoid(W1 @ x + b1)"
    assert closed_form(problem, "a1").text == hidden
    assert closed_form(problem, "z2").text == f"(W2 @ {hidden}) + b2"
    assert closed_form(problem, "a1[2]").step == "a1[2]"
    assert closed_form(problem, "dL_dW1[2,1]").text.endswith(", x)[2, 1]")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_closed_form_is_its_step(path: Path) -> None:
    problem = load_problem(path.read_bytes(), str(path))
    judged = FormulaAnswers(problem)
    leaves = {quantity.name for quantity in problem.quantities}
    checked = 0
    for step in judged.steps[:: max(1, len(judged.steps) // 12)]:
        form = closed_form(problem, step.name)
        if len(form.text) > 2_000 or re.search("einsum|collect|gather|flip", form.text) or not names(step.rule):
            continue
        words = set(re.findall(r"(?<![\w.])[A-Za-z]\w*(?![\w(])", form.text)) - {"T", "e", "pi"}
        assert words <= leaves, step.name
        holds = judged.judge(form.text, Target(step.name)).holds
        assert set(holds) <= {IDENTITY, None}, (step.name, form.text)
        checked += 1
    assert checked or path.stem == "conv2d-backward"


def test_a_closed_form_that_nobody_could_read_is_refused() -> None:
    chain = "\n".join(f"  h{k}: h{k - 1}*h{k - 1} + h{k - 1}" for k in range(1, 60))
    text = f"format: check-backprop/problem@1\nid: p\ntitle: t\ngiven: {{h0: 1}}\nforward:\n{chain}\nloss: {{L: h59}}\n"
    problem = load_problem(text.encode(), "p.yaml")
    assert closed_form(problem, "h2").text == "h0^2 + h0 + (h0^2 + h0)^2"
    with pytest.raises(AuthorError) as caught:
        closed_form(problem, "h40")
    assert str(caught.value) == (
        "p.yaml:1:1: the closed form of h40 has 1,000,000,000,000 parts, more than 2,000; ask for a step nearer to the "
        "parameters, or read `h40 = h39^2 + h39`"
    )


def test_a_closed_form_of_no_step_is_refused() -> None:
    with pytest.raises(AuthorError) as caught:
        closed_form(shipped("neuron-sigmoid"), "dL_dw9")
    assert "unknown step 'dL_dw9'; did you mean 'dL_dw" in str(caught.value)


def test_a_gradient_written_without_the_loss_is_understood_in_the_mend() -> None:
    with pytest.raises(AuthorError) as caught:
        closed_form(shipped("neuron-sigmoid"), "dw1")
    assert "unknown step 'dw1'; did you mean 'dL_dw1'?" in str(caught.value)


def test_iterations_are_put_into_each_other_up_to_a_bound() -> None:
    problem = shipped("adam-three-steps")
    assert closed_form(problem, "dL_dtheta@2").text == "2*theta - 2*theta/(5*(2*abs(theta) + 1/100000000))"
    with pytest.raises(AuthorError, match="closed form of iteration 21"):
        closed_form(problem, "L@21")


def test_a_derivation_has_rule_substitution_and_exact_value() -> None:
    solution = solve_problem(shipped("neuron-sigmoid"))
    steps = {step.step: step for step in solution.steps}
    assert steps["z"].exact == "7/10"
    assert steps["a"].substitution == "sigmoid(0.7)"
    assert steps["a"].exact == "1/(exp(-7/10) + 1)"
    assert steps["dL_dw1"].formula == "dL_dz*x1"
    assert steps["dL_dw1"].latex.startswith(r"\frac{\partial L}{\partial w_{1}} = \frac{\partial L}{\partial z} x_{1}")


@pytest.mark.parametrize(
    ("curve", "trend"),
    [
        ([4.0, 2.0, 1.0, 0.5], "falling"),
        ([1.0, 0.5, 0.5 + 1e-10, 0.5], "converged"),
        ([1.0, 3.0, 9.0], "rising"),
        ([1.0, 0.5, 1.0, 0.5, 1.0], "oscillating"),
        ([1.0, -1.0, 0.4, -0.2, 0.05, 0.0], "settling"),
        ([1.0, 0.5, 8.0, 0.1, 64.0], "diverging"),
        ([1.0, float("inf")], "diverging"),
        ([1.0, 1.0, 1.0], "still"),
    ],
)
def test_curves_in_a_word(curve: list[float], trend: str) -> None:
    assert trend_of(curve) == trend


# ---------------------------------------------------------------- as mathematics

SCALAR = ["neuron-sigmoid", "neuron-tanh", "neuron-relu", "mazur-2-2-2", "cs231n-sigmoid"]
FUNCTIONS = {
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "relu": lambda x: sympy.Max(x, 0),
    "step": lambda x: sympy.Heaviside(x, 0),
    "max": sympy.Max,
    "ln": sympy.log,
}


@pytest.mark.parametrize("name", SCALAR)
def test_closed_forms_in_text_and_latex_are_worked_by_sympy_to_the_steps_value(name: str) -> None:
    problem = shipped(name)
    numbers = {q.name: sympy.Rational(q.values[0].numerator, q.values[0].denominator) for q in problem.quantities}
    checked = 0
    for step in solve_problem(problem).steps[::2]:
        form = closed_form(problem, step.step)
        if not names_of(form.text) <= numbers.keys() | FUNCTIONS.keys() | {"exp", "tanh", "e"}:
            continue
        read = from_latex(form.latex, lambda spelled: next((s for s in spelled if s in numbers), None))[0]
        functions = FUNCTIONS.keys() | {"exp", "tanh", "abs"}
        for written in (form.text, unparse(parse(read, functions, quantities=numbers.keys()))):
            # our own output, and a test: what a student types never gets here
            expression = sympy.sympify(written.replace("^", "**"), locals={**FUNCTIONS, **numbers}, evaluate=True)
            assert float(expression.evalf(30)) == pytest.approx(step.value, rel=1e-12, abs=1e-300), (step.step, written)
        checked += 1
    assert checked >= 3


def names_of(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]\w*", text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_solutions_are_sound_latex_and_mathml(path: Path) -> None:
    problem = load_problem(path.read_bytes(), str(path))
    first = problem.equations[0].name
    solution = solve_problem(problem, closed_forms=(first,), mathematics=True)
    page = ET.fromstring(SOLUTION_FORMATS["mathml"].render(solution, None))
    assert page.tag == "section"
    formulas = page.findall("math")
    assert len(formulas) == len(solution.steps) + 1
    for formula in formulas:
        shown = "".join(formula.itertext())
        assert "\\" not in shown  # what cannot be converted would be shown as it was written
        assert "=" in shown
    latex = SOLUTION_FORMATS["latex"].render(solution, None)
    plain = re.sub(r"\\[{}]", "", latex)
    assert plain.count("{") == plain.count("}")
    for opening, closing in ((r"\left", r"\right"), (r"\begin", r"\end")):
        assert len(re.findall(rf"{re.escape(opening)}\b", plain)) == len(re.findall(rf"{re.escape(closing)}\b", plain))
    assert latex.isprintable() or set(filter(lambda c: not c.isprintable(), latex)) == {"\n"}


CONVOLUTIONS = """
format: check-backprop/problem@1
id: p
title: t
parameters: {X: [[1, 2, 3], [4, 5, 6], [7, 8, 10]], v: [1, 2, 3, 4, 5], K: [[1, 2], [3, 4]], k: [1, -2]}
forward: {Y: "conv2d(X, K)", u: "conv1d(v, k)"}
loss: {L: sum(Y^2) + sum(u^2)}
"""


def test_gradients_of_a_convolution_are_written_as_convolutions() -> None:
    problem = load_problem(CONVOLUTIONS.encode(), "p.yaml")
    judged = FormulaAnswers(problem)
    rules = {step.name: text(step.rule) for step in judged.steps}
    assert rules["dL_dK"] == "conv2d(X, dL_dY)"
    assert rules["dL_dk"] == "conv1d(v, dL_du)"
    for name in ("dL_dK", "dL_dk"):
        assert set(judged.judge(rules[name], Target(name)).holds) == {IDENTITY}
    assert rules["dL_dX"] == "conv2d(dL_dY, flip(K), 1, 1)"
    assert rules["dL_dv"] == "conv1d(dL_du, flip(k), 1, 1)"
    values = {step.step: step.value for step in solve_problem(problem).steps}
    flipped = f"""
format: check-backprop/problem@1
id: q
title: t
given: {{Y: {values["dL_dY"]}, u: {values["dL_du"]}, K: [[4, 3], [2, 1]], k: [-2, 1]}}
forward: {{X: "conv2d(Y, K, 1, 1)", v: "conv1d(u, k, 1, 1)"}}
loss: {{L: sum(X) + sum(v)}}
"""
    other = {step.step: step.value for step in solve_problem(load_problem(flipped.encode(), "q.yaml")).steps}
    assert (other["X"], other["v"]) == (values["dL_dX"], values["dL_dv"])


def test_gradients_of_other_convolutions_are_not_written_so() -> None:
    for call in ("conv1d(v, k, 2)", "conv1d(v, k, 1, 1)"):
        problem = load_problem(CONVOLUTIONS.replace("conv1d(v, k)", call).encode(), "p.yaml")
        rules = {step.name: text(step.rule) for step in FormulaAnswers(problem).steps}
        assert "conv1d" not in rules["dL_dk"] + rules["dL_dv"]


def test_a_derivation_as_latex() -> None:
    solution = solve_problem(shipped("neuron-sigmoid"), steps=("dL_dw1",), closed_forms=("L",), mathematics=True)
    assert SOLUTION_FORMATS["latex"].render(solution, None) == (
        "\\section*{One sigmoid neuron, one gradient step}\n\n\\subsection*{Gradients}\n\\begin{align*}\n"
        "  \\frac{\\partial L}{\\partial w_{1}} &= \\frac{\\partial L}{\\partial z} x_{1} \\\\\n"
        "  &= \\left(-0.073567\\right) \\cdot 1 \\\\\n  &= -0.073567\n\\end{align*}\n\n"
        "\\subsection*{In givens and parameters alone}\n\\begin{align*}\n"
        "  L &= \\frac{\\left(\\operatorname{sigmoid}\\left(w_{1} x_{1} + w_{2} x_{2} + b\\right) - y\\right)^{2}}{2}\n"
        "\\end{align*}\n"
    )


def test_closed_forms_are_in_every_format() -> None:
    solution = solve_problem(shipped("neuron-sigmoid"), steps=("L",), closed_forms=("a", "dL/dw1"))
    drawn = {name: each.render(solution, None) for name, each in SOLUTION_FORMATS.items()}
    assert "  a = sigmoid(w1*x1 + w2*x2 + b)\n" in drawn["text"]
    found = json.loads(drawn["json"])
    assert [form["step"] for form in found["closed_forms"]] == ["a", "dL_dw1"]
    assert found["closed_forms"][0]["text"] == "sigmoid(w1*x1 + w2*x2 + b)"
    ET.fromstring(found["closed_forms"][1]["mathml"])
    schema = json.loads((ROOT / "schemas/solution.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(found)
    assert r"$$" in drawn["markdown"]
    assert r"\operatorname{sigmoid}" in drawn["markdown"]


def test_the_command_says_why_a_closed_form_is_not_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "adam-three-steps", "--closed-form", "L@21"]) == 2
    assert "closed form of iteration 21: no more than 20 are put into each other" in capsys.readouterr().err
    assert main(["solve", "neuron-sigmoid", "--closed-form", "dL_dw9"]) == 2
    assert "unknown step 'dL_dw9'" in capsys.readouterr().err
    assert main(["solve", "neuron-sigmoid", "--step", "z", "--closed-form", "a", "--closed-form", "L"]) == 0
    shown = capsys.readouterr().out
    assert "  a = sigmoid(w1*x1 + w2*x2 + b)\n  L = (sigmoid(w1*x1 + w2*x2 + b) - y)^2/2\n" in shown
