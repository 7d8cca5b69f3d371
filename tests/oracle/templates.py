"""The shipped templates, written out again step by step, right and wrong, with NumPy over many variants at once.

Nothing here is imported from the checker; what is shared are the names of steps alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as np

Value = Any  # an array with one variant a row
Env = Mapping[str, Value]
Rule = Callable[[Env], Value]


@dataclass(frozen=True)
class Step:
    """A step: its kind, its right rule, and wrong rules by the mistake and what tells two of one mistake apart."""

    name: str
    kind: str  # "forward" | "loss" | "slope" | "gradient" | "state" | "update"
    rule: Rule
    wrong: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """A template, written again: its steps, its conditions, and where its activations are."""

    steps: tuple[Step, ...]
    units: tuple[tuple[str, str], ...]  # activation, input
    require: tuple[Rule, ...] = ()
    probabilities: tuple[str, ...] = ()  # outputs of softmax
    wrt: tuple[str, ...] = ()  # what gradients are compared with autograd for


# ---------------------------------------------------------------- functions, and what people make of them


def sigmoid(z: Value) -> Value:
    return 0.5 * (np.tanh(0.5 * z) + 1.0)


ACTIVATIONS: dict[str, tuple[Rule, Rule, float]] = {  # function, slope, largest slope
    "sigmoid": (sigmoid, lambda z: 0.25 / np.cosh(z / 2) ** 2, 0.25),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2, 1.0),
    "softplus": (lambda z: np.logaddexp(0.0, z), sigmoid, 1.0),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) + z * sigmoid(z) * sigmoid(-z), 1.0998),
}


def weighted(*terms: tuple[str, str], bias: str) -> tuple[Rule, dict[str, Rule]]:
    """A weighted sum of scalars and a bias."""

    def right(e: Env) -> Value:
        return sum(e[w] * e[x] for w, x in terms) + e[bias]

    return right, {"bias_omitted": lambda e: right(e) - e[bias], "bias_sign": lambda e: right(e) - 2 * e[bias]}


def affine(weights: str, below: str, bias: str) -> tuple[Rule, dict[str, Rule]]:
    """A layer of arrays."""

    def right(e: Env) -> Value:
        return np.einsum("nij,nj->ni", e[weights], e[below]) + e[bias]

    return right, {"bias_omitted": lambda e: right(e) - e[bias], "bias_sign": lambda e: right(e) - 2 * e[bias]}


def activated(function: str, z: str) -> tuple[Rule, dict[str, Rule]]:
    """An activation."""
    wrong: dict[str, Rule] = {"skipped": lambda e: e[z]}
    if function == "sigmoid":
        wrong["exp_sign"] = lambda e: sigmoid(-e[z])
    return (lambda e: ACTIVATIONS[function][0](e[z])), wrong


def sloped(function: str, z: str, a: str) -> tuple[Rule, dict[str, Rule]]:
    """The slope of an activation."""
    wrong: dict[str, Rule] = {}
    if function == "sigmoid":
        wrong = {
            "z_in_formula": lambda e: e[z] * (1 - e[z]),
            "twice": lambda e: sigmoid(e[a]) * (1 - sigmoid(e[a])),
            "plus": lambda e: e[a] * (1 + e[a]),
            "one_factor/1": lambda e: 1 - e[a],
            "one_factor/2": lambda e: e[a],
        }
    elif function == "tanh":
        wrong = {"no_square": lambda e: 1 - e[a], "sigmoid_form": lambda e: e[a] * (1 - e[a])}
    return (lambda e: ACTIVATIONS[function][1](e[z])), wrong


def half_square(a: str) -> tuple[Rule, dict[str, Rule]]:
    """(a - y)^2 / 2, summed over outputs."""

    def right(e: Env) -> Value:
        square = (e[a] - e["y"]) ** 2 / 2
        return square if square.ndim == 1 else np.sum(square, axis=1)

    return right, {"half/1": lambda e: 2 * right(e), "half/2": lambda e: right(e) / 2}


def error(a: str) -> tuple[Rule, dict[str, Rule]]:
    """The slope of half the square."""

    def right(e: Env) -> Value:
        return e[a] - e["y"]

    return right, {
        "factor/1": lambda e: 2 * right(e),
        "factor/2": lambda e: right(e) / 2,
        "sign": lambda e: -right(e),
        "inner/1": lambda e: -2 * right(e) * e[a],
        "inner/2": lambda e: -right(e) * e[a],
        "loss_itself": lambda e: (e["L"] if right(e).ndim == 1 else e["L"][:, None]) + 0 * right(e),
    }


def through(upstream: str, slope: str) -> tuple[Rule, dict[str, Rule]]:
    """Back through an activation."""
    wrong: dict[str, Rule] = {"slope_missing": lambda e: e[upstream]}
    return (lambda e: e[upstream] * e[slope]), wrong


def for_weight(delta: str, below: str, weight: str) -> tuple[Rule, dict[str, Rule]]:
    """The gradient of a single weight."""
    return (lambda e: e[delta] * e[below]), {
        "weight_for_input": lambda e: e[delta] * e[weight],
        "input_missing": lambda e: e[delta],
    }


def for_weights(delta: str, below: str, weights: str) -> tuple[Rule, dict[str, Rule]]:
    """The gradient of a matrix."""
    return (lambda e: np.einsum("ni,nj->nij", e[delta], e[below])), {
        "weight_for_input": lambda e: e[delta][:, :, None] * e[weights],
        "input_missing": lambda e: e[delta][:, :, None] + 0 * e[weights],
    }


def for_bias(delta: str, bias: str) -> tuple[Rule, dict[str, Rule]]:
    """The gradient of a bias."""
    return (lambda e: e[delta]), {
        "ignored": lambda e: 0 * e[delta],
        "times_b": lambda e: e[delta] * e[bias],
        "sign": lambda e: -e[delta],
    }


def descended(w: str) -> Step:
    """A parameter after a step of gradient descent."""
    g = f"dL_d{w}"

    def scaled(e: Env, rate: Value) -> Value:
        return rate.reshape(rate.shape + (1,) * (e[w].ndim - 1)) * e[g]

    def right(e: Env) -> Value:
        return e[w] - scaled(e, e["eta"])

    def times(e: Env) -> Value:
        return e["eta"].reshape(e["eta"].shape + (1,) * (e[w].ndim - 1)) * e[w]

    wrong: dict[str, Rule] = {
        "sign": lambda e: 2 * e[w] - right(e),
        "step/1": lambda e: right(e) - e[w],
        "step/2": lambda e: e[w] - right(e),
        "rate_missing": lambda e: e[w] - e[g],
        "rate_twice": lambda e: e[w] - scaled(e, e["eta"] ** 2),
        "times_weight/1": lambda e: e[w] - times(e) * e[g],
        "times_weight/2": lambda e: e[w] - times(e),
    }
    return Step(f"{w}_new", "update", right, wrong)


# ---------------------------------------------------------------- the templates


def single_neuron(function: str) -> Model:
    return Model(
        steps=(
            Step("z", "forward", *weighted(("w1", "x1"), ("w2", "x2"), bias="b")),
            Step("a", "forward", *activated(function, "z")),
            Step("L", "loss", *half_square("a")),
            Step("dL_da", "gradient", *error("a")),
            Step("da_dz", "slope", *sloped(function, "z", "a")),
            Step("dL_dz", "gradient", *through("dL_da", "da_dz")),
            Step("dL_dw1", "gradient", *for_weight("dL_dz", "x1", "w1")),
            Step("dL_dw2", "gradient", *for_weight("dL_dz", "x2", "w2")),
            Step("dL_db", "gradient", *for_bias("dL_dz", "b")),
            descended("w1"), descended("w2"), descended("b"),
        ),
        units=((function, "z"),),
        require=(lambda e: abs(e["x1"]) != abs(e["x2"]), lambda e: abs(e["w1"]) != abs(e["w2"])),
        wrt=("a", "z", "w1", "w2", "b"),
    )  # fmt: skip


def network_2_2_1() -> Model:
    def back(v: str) -> tuple[Rule, dict[str, Rule]]:
        return (lambda e: e["dL_dz"] * e[v]), {
            "weight_missing": lambda e: e["dL_dz"],
            "error_not_delta": lambda e: e["dL_da"] * e[v],
            "updated_weight": lambda e: e["dL_dz"] * (e[v] - e["eta"] * e["dL_dz"] * e["h" + v[1]]),
        }

    return Model(
        steps=(
            Step("z1", "forward", *weighted(("w11", "x1"), ("w12", "x2"), bias="b1")),
            Step("h1", "forward", *activated("sigmoid", "z1")),
            Step("z2", "forward", *weighted(("w21", "x1"), ("w22", "x2"), bias="b2")),
            Step("h2", "forward", *activated("sigmoid", "z2")),
            Step("z", "forward", *weighted(("v1", "h1"), ("v2", "h2"), bias="c")),
            Step("a", "forward", *activated("sigmoid", "z")),
            Step("L", "loss", *half_square("a")),
            Step("dL_da", "gradient", *error("a")),
            Step("da_dz", "slope", *sloped("sigmoid", "z", "a")),
            Step("dL_dz", "gradient", *through("dL_da", "da_dz")),
            Step("dL_dv1", "gradient", *for_weight("dL_dz", "h1", "v1")),
            Step("dL_dv2", "gradient", *for_weight("dL_dz", "h2", "v2")),
            Step("dL_dc", "gradient", *for_bias("dL_dz", "c")),
            Step("dL_dh1", "gradient", *back("v1")),
            Step("dL_dh2", "gradient", *back("v2")),
            Step("dh1_dz1", "slope", *sloped("sigmoid", "z1", "h1")),
            Step("dh2_dz2", "slope", *sloped("sigmoid", "z2", "h2")),
            Step("dL_dz1", "gradient", *through("dL_dh1", "dh1_dz1")),
            Step("dL_dz2", "gradient", *through("dL_dh2", "dh2_dz2")),
            Step("dL_dw11", "gradient", *for_weight("dL_dz1", "x1", "w11")),
            Step("dL_dw12", "gradient", *for_weight("dL_dz1", "x2", "w12")),
            Step("dL_dw21", "gradient", *for_weight("dL_dz2", "x1", "w21")),
            Step("dL_dw22", "gradient", *for_weight("dL_dz2", "x2", "w22")),
            descended("v1"), descended("w11"),
        ),
        units=(("sigmoid", "z1"), ("sigmoid", "z2"), ("sigmoid", "z")),
        require=(lambda e: abs(e["v1"]) != abs(e["v2"]), lambda e: abs(e["dL_dz"]) > 0.02),
        wrt=("a", "z", "h1", "h2", "z1", "z2", "v1", "v2", "c", "w11", "w12", "w21", "w22"),
    )  # fmt: skip


def layered_back(upstream: str, err: str, updated: bool) -> tuple[Rule, dict[str, Rule]]:
    """Back through the weights of the second layer."""

    def right(e: Env) -> Value:
        return np.einsum("nij,ni->nj", e["W2"], e[upstream])

    wrong: dict[str, Rule] = {
        "one_path/1": lambda e: e["W2"][:, 0] * e[upstream][:, :1],
        "one_path/2": lambda e: e["W2"][:, 1] * e[upstream][:, 1:],
        "weight_missing": lambda e: np.sum(e[upstream], axis=1)[:, None] + 0 * right(e),
        "multiplied": lambda e: np.prod(e["W2"] * e[upstream][:, :, None], axis=1),
        "error_not_delta": lambda e: np.einsum("nij,ni->nj", e["W2"], e[err]),
    }
    if updated:
        wrong["transposed"] = lambda e: np.einsum("nij,nj->ni", e["W2"], e[upstream])
        wrong["updated_weight"] = lambda e: np.einsum(
            "nij,ni->nj", e["W2"] - e["eta"][:, None, None] * e["dL_dW2"], e[upstream]
        )
    return right, wrong


def network_2_2_2() -> Model:
    return Model(
        steps=(
            Step("z1", "forward", *affine("W1", "x", "b1")),
            Step("a1", "forward", *activated("sigmoid", "z1")),
            Step("z2", "forward", *affine("W2", "a1", "b2")),
            Step("a2", "forward", *activated("sigmoid", "z2")),
            Step("L", "loss", *half_square("a2")),
            Step("dL_da2", "gradient", *error("a2")),
            Step("da2_dz2", "slope", *sloped("sigmoid", "z2", "a2")),
            Step("dL_dz2", "gradient", *through("dL_da2", "da2_dz2")),
            Step("dL_dW2", "gradient", *for_weights("dL_dz2", "a1", "W2")),
            Step("dL_db2", "gradient", *for_bias("dL_dz2", "b2")),
            Step("dL_da1", "gradient", *layered_back("dL_dz2", "dL_da2", True)),
            Step("da1_dz1", "slope", *sloped("sigmoid", "z1", "a1")),
            Step("dL_dz1", "gradient", *through("dL_da1", "da1_dz1")),
            Step("dL_dW1", "gradient", *for_weights("dL_dz1", "x", "W1")),
            descended("W2"), descended("W1"),
        ),
        units=(("sigmoid", "z1"), ("sigmoid", "z2")),
        require=(lambda e: np.all(abs(e["dL_dz2"]) > 0.01, axis=1),),
        wrt=("a2", "z2", "W2", "b2", "a1", "z1", "W1"),
    )  # fmt: skip


def softmax(z: Value) -> Value:
    powers = np.exp(z - np.max(z, axis=1, keepdims=True))
    return powers / np.sum(powers, axis=1, keepdims=True)


def softmax_3_4_2() -> Model:
    def loss(e: Env) -> Value:
        return -np.sum(e["y"] * np.log(e["a2"]), axis=1)

    return Model(
        steps=(
            Step("z1", "forward", *affine("W1", "x", "b1")),
            Step("a1", "forward", *activated("tanh", "z1")),
            Step("z2", "forward", *affine("W2", "a1", "b2")),
            Step("a2", "forward", lambda e: softmax(e["z2"]), {
                "skipped": lambda e: e["z2"],
                "not_normalised/1": lambda e: np.exp(e["z2"]),
                "not_normalised/2": lambda e: e["z2"] / np.sum(e["z2"], axis=1, keepdims=True),
            }),
            Step("L", "loss", loss, {
                "sign": lambda e: -loss(e), "mean/1": lambda e: loss(e) / 2, "mean/2": lambda e: 2 * loss(e),
            }),
            Step("dL_da2", "gradient", lambda e: -e["y"] / e["a2"]),
            Step("dL_dz2", "gradient", lambda e: e["a2"] - e["y"], {
                "slope_missing": lambda e: e["dL_da2"],
                "diagonal": lambda e: -e["y"] * (1 - e["a2"]),
                "squared_form": lambda e: (e["a2"] - e["y"]) * e["a2"] * (1 - e["a2"]),
                "other_class": lambda e: e["a2"] - e["y"][:, ::-1],
            }),
            Step("dL_dW2", "gradient", *for_weights("dL_dz2", "a1", "W2")),
            Step("dL_db2", "gradient", *for_bias("dL_dz2", "b2")),
            Step("dL_da1", "gradient", *layered_back("dL_dz2", "dL_da2", False)),
            Step("da1_dz1", "slope", *sloped("tanh", "z1", "a1")),
            Step("dL_dz1", "gradient", *through("dL_da1", "da1_dz1")),
            Step("dL_dW1", "gradient", *for_weights("dL_dz1", "x", "W1")),
            Step("dL_db1", "gradient", *for_bias("dL_dz1", "b1")),
        ),
        units=(("tanh", "z1"),),
        require=(lambda e: np.max(e["a2"], axis=1) < 0.9,),
        probabilities=("a2",),
        wrt=("z2", "W2", "b2", "a1", "z1", "W1", "b1"),
    )  # fmt: skip


def rnn_three_steps() -> Model:
    def back(then: str) -> tuple[Rule, dict[str, Rule]]:
        return (lambda e: e["w_h"] * e[f"dL_dz{then}"]), {
            "weight_missing": lambda e: e[f"dL_dz{then}"],
            "error_not_delta": lambda e: e["w_h"] * e[f"dL_dh{then}"],
        }

    def inner(n: str) -> tuple[Step, ...]:
        return (
            Step(f"dh{n}_dz{n}", "slope", *sloped("tanh", f"z{n}", f"h{n}")),
            Step(f"dL_dz{n}", "gradient", *through(f"dL_dh{n}", f"dh{n}_dz{n}")),
        )

    def shared(*values: str) -> tuple[Rule, dict[str, Rule]]:
        parts: list[Rule] = [
            (lambda e, n=n, value=value: e[f"dL_dz{n}"] * (e[value] if value else 1.0))
            for n, value in zip((1, 2, 3), values, strict=True)
        ]
        return (lambda e: parts[0](e) + parts[1](e) + parts[2](e)), {"last_only": parts[2]}

    steps: list[Step] = []
    for n in (1, 2, 3):
        steps += [
            Step(f"z{n}", "forward", *weighted(("w_x", f"x{n}"), ("w_h", f"h{n - 1}"), bias="b")),
            Step(f"h{n}", "forward", *activated("tanh", f"z{n}")),
        ]
    return Model(
        steps=(
            *steps,
            Step("a", "forward", lambda e: e["v"] * e["h3"]),
            Step("L", "loss", *half_square("a")),
            Step("dL_da", "gradient", *error("a")),
            Step("dL_dv", "gradient", *for_weight("dL_da", "h3", "v")),
            Step("dL_dh3", "gradient", lambda e: e["dL_da"] * e["v"], {
                "weight_missing": lambda e: e["dL_da"],
                "updated_weight": lambda e: e["dL_da"] * (e["v"] - e["eta"] * e["dL_dv"]),
            }),
            *inner("3"),
            Step("dL_dh2", "gradient", *back("3")),
            *inner("2"),
            Step("dL_dh1", "gradient", *back("2")),
            *inner("1"),
            Step("dL_dw_x", "gradient", *shared("x1", "x2", "x3")),
            Step("dL_dw_h", "gradient", *shared("h0", "h1", "h2")),
            Step("dL_db", "gradient", *shared("", "", "")),
            descended("w_x"), descended("w_h"), descended("v"),
        ),
        units=(("tanh", "z1"), ("tanh", "z2"), ("tanh", "z3")),
        require=(
            lambda e: (e["x1"] != e["x2"]) & (e["x2"] != e["x3"]) & (e["x1"] != e["x3"]),
            lambda e: abs(e["dL_da"]) > 0.1,
        ),
        wrt=("a", "v", "h3", "z3", "h2", "z2", "h1", "z1", "w_x", "w_h", "b"),
    )  # fmt: skip


def adam_step() -> Model:
    beta1, beta2, epsilon, rate = 0.9, 0.99, 0.01, 0.1

    def moments(w: str) -> tuple[Step, ...]:
        def right(e: Env) -> Value:
            return e[w] - rate * e[f"mhat_{w}"] / (np.sqrt(e[f"vhat_{w}"]) + epsilon)

        g = f"dL_d{w}"
        return (
            Step(f"m_{w}", "state", lambda e: (1 - beta1) * e[g], {"betas": lambda e: (1 - beta2) * e[g]}),
            Step(f"v_{w}", "state", lambda e: (1 - beta2) * e[g] ** 2, {
                "betas": lambda e: (1 - beta1) * e[g] ** 2, "not_squared": lambda e: (1 - beta2) * e[g],
            }),
            Step(f"mhat_{w}", "state", lambda e: e[f"m_{w}"] / (1 - beta1), {
                "uncorrected": lambda e: e[f"m_{w}"], "late": lambda e: e[f"m_{w}"] / (1 - beta1**2),
            }),
            Step(f"vhat_{w}", "state", lambda e: e[f"v_{w}"] / (1 - beta2), {
                "uncorrected": lambda e: e[f"v_{w}"], "late": lambda e: e[f"v_{w}"] / (1 - beta2**2),
            }),
            Step(f"{w}_new", "update", right, {
                "sign": lambda e: 2 * e[w] - right(e),
                "step/1": lambda e: right(e) - e[w],
                "step/2": lambda e: e[w] - right(e),
                "uncorrected": lambda e: e[w] - rate * e[f"m_{w}"] / (np.sqrt(e[f"v_{w}"]) + epsilon),
                "epsilon_inside": lambda e: e[w] - rate * e[f"mhat_{w}"] / np.sqrt(e[f"vhat_{w}"] + epsilon),
                "rate_missing": lambda e: e[w] - (e[w] - right(e)) / rate,
                "rate_twice": lambda e: e[w] - (e[w] - right(e)) * rate,
                "not_squared": lambda e: e[w] - rate * e[f"mhat_{w}"] / (e[f"vhat_{w}"] + epsilon),
            }),
        )  # fmt: skip

    return Model(
        steps=(
            Step("z", "forward", *weighted(("w1", "x1"), ("w2", "x2"), bias="b")),
            Step("a", "forward", *activated("sigmoid", "z")),
            Step("L", "loss", *half_square("a")),
            Step("dL_da", "gradient", *error("a")),
            Step("da_dz", "slope", *sloped("sigmoid", "z", "a")),
            Step("dL_dz", "gradient", *through("dL_da", "da_dz")),
            Step("dL_dw1", "gradient", *for_weight("dL_dz", "x1", "w1")),
            Step("dL_dw2", "gradient", *for_weight("dL_dz", "x2", "w2")),
            *moments("w1"), *moments("w2"),
        ),
        units=(("sigmoid", "z"),),
        require=(lambda e: abs(e["x1"]) != abs(e["x2"]), lambda e: abs(e["dL_dz"]) > 0.02),
        wrt=("z", "w1", "w2"),
    )  # fmt: skip


def convolution() -> Model:
    def slid(big: Value, small: Value) -> Value:
        return np.stack(
            [np.stack([np.sum(big[:, i : i + 2, j : j + 2] * small, axis=(1, 2)) for j in (0, 1)], 1) for i in (0, 1)],
            1,
        )

    def right(e: Env) -> Value:
        return slid(e["X"], e["K"]) + e["b"][:, None, None]

    return Model(
        steps=(
            Step("Z", "forward", right, {
                "bias_omitted": lambda e: right(e) - e["b"][:, None, None],
                "bias_sign": lambda e: right(e) - 2 * e["b"][:, None, None],
            }),
            Step("A", "forward", *activated("tanh", "Z")),
            Step("s", "forward", lambda e: np.sum(e["V"] * e["A"], axis=(1, 2))),
            Step("L", "loss", *half_square("s")),
            Step("dL_ds", "gradient", *error("s")),
            Step("dL_dA", "gradient", lambda e: e["dL_ds"][:, None, None] * e["V"]),
            Step("dA_dZ", "slope", *sloped("tanh", "Z", "A")),
            Step("dL_dZ", "gradient", *through("dL_dA", "dA_dZ")),
            Step("dL_dK", "gradient", lambda e: slid(e["X"], e["dL_dZ"]), {
                "flipped": lambda e: slid(e["X"], e["dL_dZ"])[:, ::-1, ::-1],
            }),
            Step("dL_db", "gradient", lambda e: np.sum(e["dL_dZ"], axis=(1, 2)), {
                "ignored": lambda e: 0 * e["b"],
                "times_b": lambda e: e["b"] * np.sum(e["dL_dZ"], axis=(1, 2)),
                "sign": lambda e: -np.sum(e["dL_dZ"], axis=(1, 2)),
            }),
            descended("K"), descended("b"),
        ),
        units=(("tanh", "Z"),),
        wrt=("s", "A", "Z", "K", "b"),
    )  # fmt: skip


MODELS: dict[str, Callable[[str], Model]] = {
    "single-neuron": single_neuron,
    "network-2-2-1": lambda _: network_2_2_1(),
    "network-2-2-2": lambda _: network_2_2_2(),
    "softmax-3-4-2": lambda _: softmax_3_4_2(),
    "rnn-three-steps": lambda _: rnn_three_steps(),
    "adam-step": lambda _: adam_step(),
    "convolution": lambda _: convolution(),
}
