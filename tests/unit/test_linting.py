from __future__ import annotations

import pytest

from checker.linting import lint_problem
from checker.problem import load_problem

ADAM = """\
format: check-backprop/problem@1
id: adam
given: {x: 0.5, y: 1}
parameters: {w: 0.8}
forward: {z: w*x, a: sigmoid(z)}
loss: {L: (a - y)^2/2}
update: {optimizer: adam, learning_rate: 0.1}
grading: {tolerance: {decimals: 4}}
ask: [z, a, dL_dw, m_w, v_w, w_new]
"""
UNDER_GRADING = "under `grading`, write `steps: {v_w: {tolerance: {significant: 3}}}`"


def said(text: str) -> list[str]:
    return [str(finding).removeprefix("p.yaml:") for finding in lint_problem(load_problem(text.encode(), "p.yaml"))]


def coarse(where: str, state: str, step: str, moved: str, mend: str) -> list[str]:
    what = f"{where}: {state}, which cannot carry {step}: rounding alone moves that by {moved}"
    return [f"{what}; {mend}"]


def test_a_state_typed_as_0_cannot_carry_the_update() -> None:
    assert said(ADAM) == coarse(
        "9:25", "v_w is 2.32e-06 and typed as 0.0000", "w_new", "0.085, and the whole update is 0.1", UNDER_GRADING
    )


def test_it_cannot_where_it_is_left_out_either() -> None:
    ask_it = "ask for v_w too, with `tolerance: {significant: 3}`"
    assert said(ADAM.replace("v_w, ", "")) == coarse(
        "7:1", "v_w is 2.32e-06 and rounded to 0.0000", "w_new", "0.085, and the whole update is 0.1", ask_it
    )


def test_nor_what_stands_between_it_and_the_update() -> None:
    assert said(ADAM.replace("v_w, ", "v_w, mhat_w, vhat_w, ")) == coarse(
        "9:25", "v_w is 2.32e-06 and typed as 0.0000", "vhat_w", "0.1, and it is 0.0023", UNDER_GRADING
    )


def test_the_mend_mends_it() -> None:
    steps = "{decimals: 4}, steps: {v_w: {tolerance: {significant: 3}}}"
    assert said(ADAM.replace("{decimals: 4}", steps)) == []
    assert said(ADAM.replace("v_w, ", "").replace("{decimals: 4}", "{decimals: 4, significant: 3}")) == []


@pytest.mark.parametrize("optimizer", ["rmsprop", "adagrad", "adamw"])
def test_it_is_so_with_every_root(optimizer: str) -> None:
    text = ADAM.replace("adam,", "adamw, weight_decay: 0.01,")
    if optimizer != "adamw":
        text = ADAM.replace("adam,", f"{optimizer},").replace("m_w, ", "").replace("y: 1", "y: 0.6")
    (finding,) = said(text)
    assert "and typed as 0.0000, which cannot carry w_new" in finding


def test_a_state_in_an_array_is_named_by_its_element() -> None:
    text = ADAM.replace("x: 0.5", "x: [3, 0.5]").replace("w: 0.8", "w: [0.1, 0.8]").replace("w*x", "'dot(w, x)'")
    (finding,) = said(text.replace("m_w, ", "m_w, ").replace("{decimals: 4}", "{decimals: 3}"))
    assert finding.startswith("9:25: v_w[2] is 1.35e-06 and typed as 0.000, which cannot carry w_new")


def test_gradient_descent_divides_by_nothing() -> None:
    assert said(ADAM.replace("adam,", "sgd,").replace("m_w, v_w, ", "")) == []
