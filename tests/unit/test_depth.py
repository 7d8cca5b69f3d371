"""What a deep or wide problem costs: compiling it with its mistakes grows with its size, and no faster."""

from __future__ import annotations

import sys

import pytest

from checker.problem import load_problem
from checker.readings.compile import compile_problem

HEAD = "format: check-backprop/problem@1\nid: deep\n"
UPDATE = "update: {optimizer: sgd, learning_rate: 0.1}\n"


def number(k):
    return f"{0.05 + 0.9 * (k * 0.6180339887 % 1):.4f}"


def chain(depth):
    """Single neurons one after the other, each with a weight of its own."""
    parameters = ", ".join(f"w{k}: {number(k)}" for k in range(1, depth + 1))
    below = ["x", *(f"a{k}" for k in range(1, depth + 1))]
    forward = "".join(f"  z{k}: w{k}*{below[k - 1]}\n  a{k}: sigmoid(z{k})\n" for k in range(1, depth + 1))
    loss = f"loss:\n  L: (a{depth} - y)^2/2\n"
    return f"{HEAD}given: {{x: 0.5, y: 1}}\nparameters: {{{parameters}}}\nforward:\n{forward}{loss}{UPDATE}"


def recurrent(depth):
    """One neuron that sees its own output, unrolled: its weights are shared by all steps."""
    given = ", ".join(f"x{k}: {number(k)}" for k in range(1, depth + 1))
    forward = "".join(f"  z{k}: w*h{k - 1} + u*x{k} + b\n  h{k}: tanh(z{k})\n" for k in range(1, depth + 1))
    return (
        f"{HEAD}given: {{{given}, h0: 0.1, y: 1}}\nparameters: {{w: 0.4, u: 0.6, b: 0.1}}\n"
        f"forward:\n{forward}loss:\n  L: (h{depth} - y)^2/2\n{UPDATE}"
    )


def wide(size):
    """A long vector in one softmax."""
    given = ", ".join(number(k) for k in range(50 * size))
    return f"{HEAD}given: {{x: [{given}]}}\nloss:\n  L: sum(softmax(x))\n"


def work(text):
    """How many functions are called to compile the problem with its mistakes, and how long its wrong rules are."""
    problem = load_problem(text.encode(), "deep.yaml")
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        program = compile_problem(problem, mistakes=True)
    finally:
        sys.setprofile(None)
    return calls, sum(len(mistake.route.code) for mistake in program.mistakes)


@pytest.mark.parametrize("network", [chain, recurrent, wide])
def test_compiling_mistakes_costs_the_same_for_every_layer(network):
    work(network(3))  # what is worked out once and kept by sympy
    small, middle, large = (work(network(depth)) for depth in (45, 65, 85))
    for first, second, third in zip(small, middle, large, strict=True):
        assert third - second <= 1.1 * (second - first)
