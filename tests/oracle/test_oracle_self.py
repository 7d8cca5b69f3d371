"""The oracle itself: against central differences, against published figures, and that it covers what it claims."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from oracle.networks import (
    ACTIVATIONS,
    KINDS,
    LOSSES,
    OPTIMIZERS,
    Draft,
    UnluckyError,
    Wish,
    cases,
    differentiated,
    forward,
    random_case,
    stepped,
    worked,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def drawn(kind: str, seed: int, **wishes: str) -> tuple[Draft, dict[str, Any]]:
    """A problem of this kind and the values of one pass."""
    rng = random.Random(seed)
    while True:
        draft = Draft(kind, rng, Wish(**wishes))
        try:
            KINDS[kind](draft)
            return draft, differentiated(draft, draft.parameters)
        except UnluckyError:
            continue


def central(function: Callable[[Any], float], at: Any, h: float = 1e-5) -> Any:
    """The slope by each element, from four values on both sides."""
    at = np.asarray(at, dtype=float)
    slope = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        nudge = np.zeros(at.shape)
        nudge[index] = h

        def value(k: int, nudge: Any = nudge) -> float:
            return float(function(at + k * nudge))

        slope[index] = (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * h)
    return slope


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_agree_with_central_differences(kind: str, seed: int) -> None:
    draft, values = drawn(kind, seed)
    scale = draft.examples if draft.conventions.get("batch_mean_at") == "parameters" else 1
    for name, at in draft.parameters.items():

        def loss(moved: Any, name: str = name) -> float:
            return forward(draft, {**draft.parameters, name: moved})[draft.loss]

        assert values[f"d{draft.loss}_d{name}"] == pytest.approx(central(loss, at), rel=1e-7, abs=1e-8)
    for equation in draft.equations[:-1]:
        still = {e.name: np.zeros(np.shape(values[e.name])) for e in draft.equations}

        def nudged(by: Any, name: str = equation.name, still: dict[str, Any] = still) -> float:
            return forward(draft, draft.parameters, {**still, name: by})[draft.loss]

        expected = scale * central(nudged, still[equation.name])
        assert values[f"d{draft.loss}_d{equation.name}"] == pytest.approx(expected, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_slopes_agree_with_central_differences(activation: str) -> None:
    for at in (-2.3, -0.7, -0.04, 0.03, 0.9, 2.1):
        draft = Draft("slope", random.Random(0), Wish(), givens={"z": at}, loss="s")
        draft.activate("a", "z", (activation, {}))
        draft.say("s", "2*a", lambda env: 2 * env["a"])
        values = differentiated(draft, {})
        expected = central(ACTIVATIONS[activation], at)
        assert values["da_dz"] == pytest.approx(expected, rel=1e-8, abs=1e-10)
        assert values["ds_dz"] == pytest.approx(2 * expected, rel=1e-8, abs=1e-10)


def test_the_softmax_jacobian_is_outputs_by_inputs() -> None:
    draft = Draft("slope", random.Random(0), Wish(), givens={"z": np.array([0.2, -0.4, 1.1])}, loss="s")
    draft.activate("a", "z", ("softmax", {}))
    draft.say("s", "a[1]", lambda env: env["a"][0], "a")
    values = differentiated(draft, {})
    a = values["a"]
    assert values["da_dz"] == pytest.approx(np.diag(a) - np.outer(a, a))
    assert a.sum() == pytest.approx(1)


def test_a_batch_is_the_mean_of_its_examples() -> None:
    rng = random.Random(7)
    draft = Draft("batch", rng, Wish("tanh", "squared_error"), conventions={})
    draft.givens = {"x": draft.array(2, 3)}
    chosen = draft.pick_loss()
    draft.target("y", chosen[0], 2, 3)
    element = LOSSES["squared_error"].element
    x, y = draft.givens["x"], draft.givens["y"]
    alone = [element(x[:, j], y[:, j]).sum() for j in range(3)]
    assert draft.reduced(element(x, y), False) == pytest.approx(np.mean(alone))
    draft.conventions = {"batch_reduction": "sum"}
    assert draft.reduced(element(x, y), False) == pytest.approx(np.sum(alone))
    draft.conventions = {"output_reduction": "mean"}
    assert draft.reduced(element(x, y), False) == pytest.approx(np.mean(alone) / 2)


def mazur() -> Draft:
    """Mazur's 2-2-2 net, whose biases are shared and stay."""
    draft = Draft("scalar_net", random.Random(0), Wish(), loss="E")
    draft.givens = {"i1": 0.05, "i2": 0.10, "t1": 0.01, "t2": 0.99, "b1": 0.35, "b2": 0.60}
    draft.targets = {"t1": 0.01, "t2": 0.99}
    draft.parameters = {f"w{k}": 0.15 + 0.05 * (k - 1) for k in range(1, 5)}
    draft.parameters |= {f"w{k}": 0.40 + 0.05 * (k - 5) for k in range(5, 9)}
    units = (("h1", "i", "b1", 1), ("h2", "i", "b1", 3), ("o1", "h", "b2", 5), ("o2", "h", "b2", 7))
    for unit, below, bias, w in units:
        draft.say(
            f"z{unit}",
            "",
            lambda env, below=below, bias=bias, w=w: (
                env[f"w{w}"] * env[f"{below}1"] + env[f"w{w + 1}"] * env[f"{below}2"] + env[bias]
            ),
        )
        draft.activate(unit, f"z{unit}", ("sigmoid", {}))
    draft.lose(("half_squared_error", {}), [("o1", "t1"), ("o2", "t2")], False)
    return draft


def test_mazurs_published_figures() -> None:
    update = {"optimizer": "sgd", "form": "plain", "learning_rate": 0.5, "iterations": 1}
    values = worked(mazur(), update)
    published = {
        "h1": 0.593269992,
        "o1": 0.75136507,
        "o2": 0.772928465,
        "E": 0.298371109,
        "do1_dzo1": 0.186815602,
        "dE_dw5": 0.082167041,
        "dE_dh1": 0.036350306,
        "dE_dw1": 0.000438568,
        "w5_new": 0.35891648,
        "w6_new": 0.408666186,
        "w1_new": 0.149780716,
    }
    for name, figure in published.items():
        assert values[name] == pytest.approx(figure, abs=1e-8), name


def test_three_adam_steps_on_a_parabola() -> None:
    """By hand: g = 2w; with a constant sign the corrected steps stay close to the learning rate."""
    update = {"optimizer": "adam", "form": "epsilon_outside", "learning_rate": 0.1}
    w, state = 1.0, {}
    walked = []
    for t in (1, 2, 3):
        state, w = stepped(update, t, w, 2 * w, state)
        walked.append(w)
    # t = 1: m = 0.2, v = 0.004, mhat = 2, vhat = 4; t = 2: m = 0.36, v = 0.007236, mhat = 0.36/0.19
    assert walked[0] == pytest.approx(0.9, abs=1e-8)
    assert walked[1] == pytest.approx(0.9 - 0.1 * (0.36 / 0.19) / (0.007236 / 0.001999) ** 0.5, abs=1e-8)
    assert 0.7 < walked[2] < 0.702


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_both_forms_of_momentum_give_the_same_parameters(name: str) -> None:
    ends = []
    for form in ("classical", "sutskever"):
        w, state = 0.7, {}
        for t, g in enumerate((0.3, -0.2, 0.5), 1):
            state, w = stepped({"optimizer": name, "form": form, "learning_rate": 0.1}, t, w, g, state)
        ends.append(w)
    assert ends[0] == pytest.approx(ends[1])


def test_the_same_seed_gives_the_same_case() -> None:
    assert random_case(random.Random(5)) == random_case(random.Random(5))
    assert [case.problem_yaml for case in cases(30, 3)] == [case.problem_yaml for case in cases(30, 3)]


def test_two_hundred_cases_hold_every_entry() -> None:
    drawn_cases = list(cases(200, 1))
    assert {name for case in drawn_cases for name in case.activations} == set(ACTIVATIONS)
    assert {case.loss for case in drawn_cases} >= set(LOSSES)
    assert {(case.optimizer, case.form) for case in drawn_cases} >= set(OPTIMIZERS)
    assert {case.kind for case in drawn_cases} == set(KINDS)
    assert all(tuple(case.values) == case.ask for case in drawn_cases)
    declared = {convention for case in drawn_cases for convention in case.conventions}
    assert {convention.partition("=")[0] for convention in declared} == {
        "batch_reduction",
        "batch_mean_at",
        "output_reduction",
    }
    assert any("@3" in name for case in drawn_cases for name in case.ask)
    for word in ("weight_decay", "clip_value", "clip_norm", "train_bias: false", "slope: ", "delta: "):
        assert any(word in case.problem_yaml for case in drawn_cases), word
