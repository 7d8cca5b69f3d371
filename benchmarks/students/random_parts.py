"""What random problems are made of: numbers, targets, output activations and updates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import random

    from benchmarks.students.sheet import Value

HIDDEN = ("sigmoid", "sigmoid", "tanh", "tanh", "relu", "leaky_relu", "softplus")


def random_number(rng: random.Random, low: float = -1.0, high: float = 1.0) -> float:
    while True:
        found = round(rng.uniform(low, high), rng.choice((1, 2, 2)))
        if abs(found) > 0.04:
            return found


def random_array(rng: random.Random, *shape: int) -> Value:
    return np.array([random_number(rng) for _ in range(math.prod(shape))]).reshape(shape)


def random_update(rng: random.Random) -> dict[str, Any]:
    name = rng.choice(("sgd", "sgd", "sgd", "momentum", "adam"))
    update: dict[str, Any] = {"optimizer": name, "learning_rate": rng.choice((0.1, 0.2, 0.3, 0.5))}
    if name == "momentum":
        update |= {"momentum": rng.choice((0.5, 0.8, 0.9)), "iterations": 2}
    if name == "adam":
        update |= {"beta1": 0.9, "beta2": rng.choice((0.99, 0.999)), "epsilon": rng.choice((1e-8, 0.01))}
        update["epsilon"] = f"{update['epsilon']:g}"
        if rng.random() < 0.5:
            update["iterations"] = 2
    return update


def random_output(rng: random.Random, loss: str) -> str:
    if loss == "binary_cross_entropy":
        return "sigmoid"
    return rng.choice(("sigmoid", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "linear"))


def random_target(rng: random.Random, loss: str) -> float:
    return (
        float(rng.randint(0, 1)) if loss == "binary_cross_entropy" or rng.random() < 0.4 else random_number(rng, 0, 1)
    )
