from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from checker.errors import AuthorError, Place
from checker.expression.parser import parse
from checker.model import Problem, StepRubric, Tolerance
from checker.problem import FUNCTIONS, load_problem

HEAD = "format: check-backprop/problem@1\nid: n\n"
NEURON = """format: check-backprop/problem@1
id: neuron-sigmoid
title: One sigmoid neuron, one gradient step
given: {x1: 1, x2: 0.50, y: 1}
parameters: {w1: 0.8, w2: -0.4, b: 1/10}
forward:
  z: w1*x1 + w2*x2 + b
  a: sigmoid(z)
loss:
  L: (a - y)^2 / 2
update: {optimizer: sgd, learning_rate: 0.1}
ask: [z, a, L, dL_da, "dL/dw1"]
grading:
  tolerance: {decimals: 4}
  shares: {slip: 0.25}
  steps: {dL_dw1: {points: 2, carry: false, tolerance: {significant: 2, strict: true}}}
conventions: {relu_at_zero: 0.5}
aliases: {delta: dL_dz, Err: −dL_da}
"""
NETWORK = (
    HEAD
    + """network:
  input: {x: [0.05, 0.10]}
  target: {y: [0.01, 0.99]}
  layers:
    - {weights: [[0.15, 0.20], [0.25, 0.30]], bias: [0.35, 0.35], activation: sigmoid}
    - {weights: [[0.40, 0.45], [0.50, 0.55]], bias: 0.60, activation: {leaky_relu: {slope: 0.1}}, train_bias: false}
  loss: half_squared_error
"""
)


def load(text: str) -> Problem:
    return load_problem(text.encode(), "p.yaml")


def findings(text: str) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        load(text)
    places = [finding.where for finding in caught.value.findings]
    assert places == sorted(places)
    return [str(finding) for finding in caught.value.findings]


# ---------------------------------------------------------------- what a good file gives


def test_a_problem_is_read_as_written() -> None:
    problem = load(NEURON)
    assert (problem.id, problem.title) == ("neuron-sigmoid", "One sigmoid neuron, one gradient step")
    assert [(q.name, q.role, q.shape, q.values, q.texts) for q in problem.quantities] == [
        ("x1", "given", (), (Fraction(1),), ("1",)),
        ("x2", "given", (), (Fraction(1, 2),), ("0.50",)),
        ("y", "given", (), (Fraction(1),), ("1",)),
        ("w1", "parameter", (), (Fraction(4, 5),), ("0.8",)),
        ("w2", "parameter", (), (Fraction(-2, 5),), ("-0.4",)),
        ("b", "parameter", (), (Fraction(1, 10),), ("1/10",)),
    ]
    assert [(e.name, e.text, e.where) for e in problem.equations] == [
        ("z", "w1*x1 + w2*x2 + b", Place("p.yaml", 7, 6)),
        ("a", "sigmoid(z)", Place("p.yaml", 8, 6)),
        ("L", "(a - y)^2 / 2", Place("p.yaml", 10, 6)),
    ]
    assert problem.equations[1].expression == parse("sigmoid(z)", FUNCTIONS)
    assert (problem.loss, problem.loss_is_named, problem.trained) == ("L", True, ("w1", "w2", "b"))
    assert problem.ask is not None
    assert problem.ask[3:] == (("dL_da", Place("p.yaml", 12, 16)), ("dL/dw1", Place("p.yaml", 12, 23)))
    assert problem.rubric.tolerance == Tolerance(decimals=4)
    assert problem.rubric.shares == {"follow_through": 1.0, "misconception": 0.5, "slip": 0.25, "imprecise": 0.5}
    assert problem.rubric.steps == {
        "dL_dw1": StepRubric(points=2.0, carry=False, tolerance=Tolerance(significant=2, strict=True))
    }
    assert problem.aliases == {"delta": "dL_dz", "Err": "-dL_da"}
    assert (problem.source, problem.text) == ("p.yaml", NEURON)
    assert problem.quantities[1].where == Place("p.yaml", 4, 20)


def test_every_convention_has_a_choice_and_numbers_are_compared_as_numbers() -> None:
    for written, choice in (("0.5", "0.5"), ("1/2", "0.5"), (".50", "0.5"), ("1.0", "1")):
        text = NEURON.replace("relu_at_zero: 0.5", f"relu_at_zero: {written}")
        assert load(text).conventions["relu_at_zero"] == choice
    assert load(HEAD + "loss: {L: 1}\n").conventions == {
        "relu_at_zero": "0",
        "max_at_tie": "first",
        "batch_reduction": "mean",
        "batch_mean_at": "loss",
        "output_reduction": "as_defined",
    }


def test_places_of_what_is_resolved_later() -> None:
    places = load(NEURON).places
    assert places["given.x2"] == Place("p.yaml", 4, 16)
    assert places["forward.a"] == Place("p.yaml", 8, 3)
    assert places["update.learning_rate"] == Place("p.yaml", 11, 26)
    assert places["grading.steps.dL_dw1"] == Place("p.yaml", 16, 11)
    assert places["conventions.relu_at_zero"] == Place("p.yaml", 17, 15)
    assert places["aliases.Err"] == Place("p.yaml", 18, 30)


def test_a_problem_without_a_loss_differentiates_its_last_equation() -> None:
    problem = load(HEAD + "given: {x: 2}\nforward: {q: x^2, f: 3q}\n")
    assert (problem.loss, problem.loss_is_named, problem.title) == ("f", False, "n")
    assert problem.trained == ()
    assert problem.update is None
    assert problem.ask is None


def test_a_loss_needs_no_forward_equations_and_a_plain_number_is_an_expression() -> None:
    problem = load(HEAD + "parameters: {theta: 5}\nforward: {k: 0.5}\nloss: {J: k*theta^2}\n")
    assert [e.name for e in problem.equations] == ["k", "J"]
    assert load(HEAD + "parameters: {theta: 5}\nloss: {J: theta^2}\n").loss == "J"


def test_arrays_keep_shape_values_and_texts() -> None:
    problem = load(HEAD + "given: {X: [[1, 2.50], [-1/3, 1e-3]], K: [[[[1]]]], v: [1]}\nforward: {f: X}\n")
    assert [q.shape for q in problem.quantities] == [(2, 2), (1, 1, 1, 1), (1,)]
    assert problem.quantities[0].values == (1, Fraction(5, 2), Fraction(-1, 3), Fraction(1, 1000))
    assert problem.quantities[0].texts == ("1", "2.50", "-1/3", "1e-3")


def test_yaml_1_2_numbers() -> None:
    problem = load(HEAD + "given: {a: 010, b: +.5, c: 5., d: 1E3}\nforward: {f: a}\n")
    assert [q.values[0] for q in problem.quantities] == [10, Fraction(1, 2), 5, 1000]


def test_e_and_pi_are_constants_unless_named() -> None:
    assert len(load(HEAD + "forward: {f: e^pi}\n").equations) == 1
    assert load(HEAD + "given: {pi: 3, e: 2}\nforward: {f: e*pi}\n").quantities[1].name == "e"


def test_greek_names() -> None:
    problem = load(HEAD + "parameters: {θ: 5, θ_1: 2}\nforward: {δ2: θ*θ_1}\n")
    assert [q.name for q in problem.quantities] == ["θ", "θ_1"]


@pytest.mark.parametrize(
    ("written", "column"),
    [("x+y", 6), ("'x+y'", 7), ('" x+y"', 8), ("|\n    x+y", 5), (">-\n    x+y", 5), ("x\n    +y", 6)],
)
def test_where_an_expression_begins(written: str, column: int) -> None:
    problem = load(HEAD + f"given: {{x: 1, y: 2}}\nforward:\n  f: {written}\n")
    (equation,) = problem.equations
    assert equation.where == Place("p.yaml", 6 if written[0] in "|>" else 5, column)
    assert parse(equation.text, FUNCTIONS) == equation.expression


def test_settings_of_the_optimizer_are_exact_and_complete() -> None:
    update = load(HEAD + "parameters: {w: 1}\nloss: {L: w^2}\nupdate: {optimizer: adam, learning_rate: 1/10}\n").update
    assert update is not None
    assert (update.optimizer, update.form, update.iterations) == ("adam", None, 1)
    assert update.settings == {
        "learning_rate": Fraction(1, 10),
        "beta1": Fraction(9, 10),
        "beta2": Fraction(999, 1000),
        "epsilon": Fraction(1, 10**8),
    }
    text = (
        HEAD + "parameters: {w: 1}\nloss: {L: w^2}\nupdate: {optimizer: momentum, learning_rate: 1, momentum: 0, "
        "form: sutskever, weight_decay: 0.01, clip_norm: 5, iterations: 10000}\n"
    )
    update = load(text).update
    assert update is not None
    assert (update.form, update.iterations) == ("sutskever", 10_000)
    assert update.settings == {"learning_rate": 1, "momentum": 0, "weight_decay": Fraction(1, 100), "clip_norm": 5}
    assert load(text.replace("optimizer: momentum, ", "").replace("momentum: 0, form: sutskever, ", "")).update


@pytest.mark.parametrize(
    ("written", "tolerance"),
    [
        ("{decimals: 0}", Tolerance(decimals=0)),
        ("{decimals: 3, significant: 2}", Tolerance(decimals=3, significant=2)),
        ("{absolute: 1e-3}", Tolerance(absolute=0.001)),
        ("{relative: 1%}", Tolerance(relative=0.01)),
        ("{relative: 0.5 %}", Tolerance(relative=0.005)),
        ("{relative: 0.01}", Tolerance(relative=0.01)),
        ("{relative: 1/100}", Tolerance(relative=0.01)),
        ("{decimals: 4, strict: true}", Tolerance(decimals=4, strict=True)),
    ],
)
def test_tolerances(written: str, tolerance: Tolerance) -> None:
    assert load(HEAD + f"loss: {{L: 1}}\ngrading: {{tolerance: {written}}}\n").rubric.tolerance == tolerance


def test_a_network_is_what_its_equations_say() -> None:
    network = load(NETWORK)
    written = load(
        HEAD
        + """given: {x: [0.05, 0.10], y: [0.01, 0.99], b2: 0.60}
parameters:
  W1: [[0.15, 0.20], [0.25, 0.30]]
  b1: [0.35, 0.35]
  W2: [[0.40, 0.45], [0.50, 0.55]]
forward:
  z1: W1 @ x + b1
  a1: sigmoid(z1)
  z2: W2 @ a1 + b2
  a2: leaky_relu(z2, 0.1)
loss:
  L: half_squared_error(a2, y)
"""
    )
    assert [(e.name, e.text, e.expression) for e in network.equations] == [
        (e.name, e.text, e.expression) for e in written.equations
    ]
    assert {(q.name, q.role, q.shape, q.values) for q in network.quantities} == {
        (q.name, q.role, q.shape, q.values) for q in written.quantities
    }
    assert [q.name for q in network.quantities] == ["x", "y", "W1", "b1", "W2", "b2"]
    assert (network.trained, network.loss, network.loss_is_named) == (("W1", "b1", "W2"), "L", True)
    assert [e.where.line for e in network.equations] == [7, 7, 8, 8, 9]


def test_a_network_of_a_batch_without_biases_with_parameters_of_its_loss() -> None:
    problem = load(
        HEAD
        + """network:
  input: {X: [[1, 2, 3], [4, 5, 6]]}
  target: {T: [[1, 0, 1]]}
  layers: [{weights: [[0.5, -0.5]], activation: linear, train_weights: false}]
  loss: {huber: {delta: 2}}
"""
    )
    assert [e.text for e in problem.equations] == ["W1 @ X", "linear(z1)", "huber(a1, T, 2)"]
    assert problem.trained == ()


def test_a_problem_with_a_byte_order_mark_and_windows_line_ends() -> None:
    assert (
        load_problem(b"\xef\xbb\xbf" + NEURON.replace("\n", "\r\n").encode(), "p.yaml").equations
        == load(NEURON).equations
    )


def test_every_shipped_problem_loads() -> None:
    for path in sorted((Path(__file__).parents[2] / "problem_sets").glob("*.yaml")):
        assert load_problem(path.read_bytes(), path.name).id == path.stem


# ---------------------------------------------------------------- what a faulty file gets


def cases() -> list[tuple[str, str, str]]:
    """The rows of problem_errors.txt: name, file, findings."""
    text = (Path(__file__).parents[1] / "data" / "problem_errors.txt").read_text(encoding="utf-8")
    read = []
    for row in text.split("\n=== ")[1:]:
        name, _, rest = row.partition("\n")
        file, _, expected = rest.partition("\n---\n")
        read.append((name, file + "\n", expected.strip("\n")))
    return read


@pytest.mark.parametrize(("name", "file", "expected"), cases(), ids=[name for name, _, _ in cases()])
def test_findings(name: str, file: str, expected: str) -> None:
    assert "\n".join(findings(file)) == expected, name


def test_a_file_that_is_not_yaml_is_an_author_error() -> None:
    assert findings("format: [\n")


def test_too_many_numbers() -> None:
    row = f"[{', '.join(['1'] * 1000)}]"
    text = HEAD + "given:\n  x:\n" + f"    - {row}\n" * 101 + "forward: {f: x}\n"
    assert findings(text) == ["p.yaml:105:8: the problem has more than 100,000 numbers; use a smaller one"]


def test_too_many_equations() -> None:
    text = HEAD + "forward:\n" + "".join(f"  f{i}: 1\n" for i in range(1001))
    assert findings(text) == ["p.yaml:1004:3: the problem has 1,001 equations; use at most 1,000"]
