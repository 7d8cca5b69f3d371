"""Activations and losses written again, and the tables of what people take for them and for their slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.students.sheet import Value


def sigmoid(z: Value) -> Value:
    return 1 / (1 + np.exp(-z))


def softmax(z: Value) -> Value:
    raised = np.exp(z)
    return raised / np.sum(raised)


def activate(name: str, z: Value) -> Value:
    return {
        "sigmoid": lambda: sigmoid(z),
        "tanh": lambda: np.tanh(z),
        "relu": lambda: np.where(z > 0, z, 0.0),
        "leaky_relu": lambda: np.where(z > 0, z, 0.1 * z),
        "softplus": lambda: np.log(1 + np.exp(z)),
        "softmax": lambda: softmax(z),
        "linear": lambda: z * 1.0,
    }[name]()


def slope_of(name: str, z: Value, a: Value) -> Value:
    return {
        "sigmoid": lambda: a * (1 - a),
        "tanh": lambda: 1 - a * a,
        "relu": lambda: np.where(z > 0, 1.0, 0.0),
        "leaky_relu": lambda: np.where(z > 0, 1.0, 0.1),
        "softplus": lambda: sigmoid(z),
        "softmax": lambda: np.diag(a) - np.outer(a, a),
        "linear": lambda: 1.0 + 0.0 * z,
    }[name]()


WRONG_ACTIVATIONS: dict[str, list[tuple[str, Callable[[Value], Value]]]] = {
    "sigmoid": [
        ("sigmoid_exp_sign", lambda z: 1 / (1 + np.exp(z))),
        ("exp_precedence", lambda z: 1 + np.exp(-z)),
    ],
    "tanh": [("hyperbolic_vs_trig", np.tan), ("hyperbolic_vs_trig", np.arctan)],
    "leaky_relu": [("leaky_slope_missing", lambda z: np.where(z > 0, z, 0.0))],
    "softmax": [("softmax_not_normalised", np.exp), ("softmax_not_normalised", lambda z: z / np.sum(z))],
}
WRONG_SLOPES: dict[str, list[tuple[str, Callable[[Value, Value], Value]]]] = {
    "sigmoid": [
        ("sigmoid_deriv_at_z_formula", lambda z, a: z * (1 - z)),
        ("sigmoid_deriv_twice", lambda z, a: sigmoid(a) * (1 - sigmoid(a))),
        ("sigmoid_deriv_plus", lambda z, a: a * (1 + a)),
        ("sigmoid_deriv_one_minus_a", lambda z, a: 1 - a),
        ("sigmoid_deriv_one_minus_a", lambda z, a: a + 0.0),
    ],
    "tanh": [
        ("tanh_deriv_one_minus_a", lambda z, a: 1 - a),
        ("tanh_deriv_sigmoid_form", lambda z, a: a * (1 - a)),
        ("tanh_deriv_at_z_formula", lambda z, a: 1 - z * z),
        ("tanh_deriv_twice", lambda z, a: 1 - np.tanh(a) ** 2),
    ],
    "relu": [
        ("relu_deriv_value", lambda z, a: np.where(z > 0, z, 0.0)),
        ("relu_deriv_value", lambda z, a: z + 0.0),
        ("relu_deriv_passes_negative", lambda z, a: 1.0 + 0.0 * z),
    ],
    "leaky_relu": [
        ("leaky_slope_missing", lambda z, a: np.where(z > 0, 1.0, 0.0)),
        ("leaky_slope_missing", lambda z, a: np.where(z > 0, 0.1, 1.0)),
    ],
    "softmax": [("softmax_diag_jacobian", lambda z, a: np.diag(a * (1 - a)))],
    "softplus": [],
    "linear": [],
}
# per output: the value and the slope; `mean` divides by the number of outputs
LOSSES: dict[str, tuple[Callable[[Value, Value], Value], Callable[[Value, Value], Value], bool]] = {
    "half_squared_error": (lambda a, y: (a - y) ** 2 / 2, lambda a, y: a - y, False),
    "squared_error": (lambda a, y: (a - y) ** 2, lambda a, y: 2 * (a - y), False),
    "mean_squared_error": (lambda a, y: (a - y) ** 2, lambda a, y: 2 * (a - y), True),
    "binary_cross_entropy": (
        lambda a, y: -y * np.log(a) - (1 - y) * np.log(1 - a),
        lambda a, y: (a - y) / (a * (1 - a)),
        False,
    ),
    "categorical_cross_entropy": (lambda a, y: -y * np.log(a), lambda a, y: -y / a, False),
}
WRITTEN = {
    "half_squared_error": "(A - Y)^2/2",
    "squared_error": "(A - Y)^2",
    "mean_squared_error": "(A - Y)^2",
    "binary_cross_entropy": "-(Y*ln(A) + (1 - Y)*ln(1 - A))",
}
SQUARED = ("half_squared_error", "squared_error", "mean_squared_error")
