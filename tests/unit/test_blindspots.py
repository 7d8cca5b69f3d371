from __future__ import annotations

import re

import pytest

from checker.diagnose.blindspots import blind_spots
from checker.problem import load_problem

MAZUR = """\
format: check-backprop/problem@1
id: mazur
title: Mazur's 2-2-2 network
given: {i1: 0.05, i2: 0.10, b1: 0.35, b2: 0.60, t1: 0.01, t2: 0.99}
parameters: {w1: 0.15, w2: 0.20, w3: 0.25, w4: 0.30, w5: 0.40, w6: 0.45, w7: 0.50, w8: 0.55}
forward:
  net_h1: w1*i1 + w2*i2 + b1
  net_h2: w3*i1 + w4*i2 + b1
  out_h1: sigmoid(net_h1)
  out_h2: sigmoid(net_h2)
  net_o1: w5*out_h1 + w6*out_h2 + b2
  net_o2: w7*out_h1 + w8*out_h2 + b2
  out_o1: sigmoid(net_o1)
  out_o2: sigmoid(net_o2)
loss:
  E: (t1 - out_o1)^2/2 + (t2 - out_o2)^2/2
update: {optimizer: sgd, learning_rate: 0.5}
"""
NEURON = """\
format: check-backprop/problem@1
id: neuron
title: One neuron
given: {x: 1, y: 1}
parameters: {w: 0.8, b: 0.1}
forward:
  z: w*x + b
  a: sigmoid(z)
loss:
  L: (a - y)^2/2
update: {optimizer: sgd, learning_rate: 0.1}
"""


def spots(text):
    return blind_spots(load_problem(text.encode(), "p.yaml"))


def said(text, step):
    return [str(finding) for finding in spots(text) if finding.what.startswith(f"{step}: ")]


def test_an_updated_weight_that_hides_four_mistakes_at_four_decimals():
    weights = ", ".join(f"w{n}_new" for n in range(1, 9))
    asked = f"ask: [E, {weights}]\ngrading: {{tolerance: {{decimals: 4}}}}\n"
    (first, *_) = said(MAZUR + asked, "w1_new")
    assert first.startswith("p.yaml:18:10: w1_new: right work gives 0.1498, and so do ")
    assert "transposed_weights and updated_weights_in_backprop at dE_dout_h1; " in first
    assert "local_f_prime_of_wrong_unit at dE_dnet_h1" in first
    digits = re.search(r"ask for (\d+) decimals there, or for (.*) too$", first)
    assert {"dE_dout_h1", "dE_dnet_h1"} <= set(re.split(", | and ", digits[2]))
    # with so many decimals none of them looks like right work, with one fewer some still does
    for count, left in ((int(digits[1]), False), (int(digits[1]) - 1, True)):
        text = asked.replace("4}}", f"4}}, steps: {{w1_new: {{tolerance: {{decimals: {count}}}}}}}}}")
        assert any("right work gives" in line for line in said(MAZUR + text, "w1_new")) is left


def test_asking_for_the_gradient_too_shows_what_the_weight_hides():
    asked = "ask: [dE_dout_h1, dE_dnet_h1, dE_dw1, w1_new]\ngrading: {tolerance: {decimals: 4}}\n"
    assert not any("transposed_weights" in str(finding) for finding in spots(MAZUR + asked))


def test_digits_are_spoken_of_as_they_are_asked():
    (first, *_) = said(MAZUR + "ask: [w1_new]\ngrading: {tolerance: {significant: 3}}\n", "w1_new")
    assert re.search(r"ask for \d+ significant digits there", first)


def test_mistakes_that_give_one_number_are_told_with_what_parts_them():
    given = NEURON.replace("y: 1}", "y: 0}")  # the error is the activation
    lines = said(given + "ask: [w_new]\ngrading: {tolerance: {decimals: 3}}\n", "w_new")
    assert any("the same number comes of" in line for line in lines)


def test_a_mistake_that_changes_nothing_asks_for_other_numbers():
    lines = said(NEURON, "dL_dw")
    assert lines == [
        "p.yaml:5:17: dL_dw: input_missing_grad_w would change nothing; choose other numbers, if it matters"
    ]


@pytest.mark.parametrize("problem", [MAZUR, NEURON])
def test_a_finding_is_one_line_with_a_place_and_a_mend(problem):
    for finding in spots(problem):
        assert re.fullmatch(r"p\.yaml:\d+:\d+: \S+: [^\n]+; [^\n]+", str(finding))


def test_mistakes_that_no_numbers_part_are_not_told_but_those_that_other_numbers_part_are():
    # with a squared loss dL_da is a - y: the slope left out and the shortcut of cross-entropy are always one number
    assert not any("bce_shortcut_on_mse" in line for line in said(NEURON, "dL_dz"))
    # a step of 0.1*0.1*g, the rate twice, is that of the rate times the bias only as long as the bias is 0.1 as well
    assert any(
        "lr_times_weight and lr_twice; all are reported; other numbers may part them" in line
        for line in said(NEURON, "b_new")
    )
    assert not any("lr_twice" in line for line in said(NEURON.replace("b: 0.1", "b: 0.3"), "b_new"))
