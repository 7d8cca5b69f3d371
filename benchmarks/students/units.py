"""Neurons and nets written out unit by unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.students.functions import LOSSES, SQUARED, WRITTEN
from benchmarks.students.passes import Pass
from benchmarks.students.random_parts import HIDDEN, random_number, random_output, random_target, random_update
from benchmarks.students.sheet import Sheet

if TYPE_CHECKING:
    import random

    from benchmarks.students.sheet import Value


class Unit(NamedTuple):
    """One unit of a net written out: names of its sum, its output, what comes in, and its weights and bias."""

    z: str
    a: str
    inputs: list[str]
    weights: list[str]
    bias: str
    activation: str


def neuron(rng: random.Random) -> Sheet:
    loss = rng.choice(("half_squared_error", "half_squared_error", "squared_error", "binary_cross_entropy"))
    inputs = [f"x{k}" for k in range(1, rng.randint(1, 3) + 1)]
    unit = Unit("z", "a", inputs, [f"w{k}" for k in range(1, len(inputs) + 1)], "b", random_output(rng, loss))
    given = {name: random_number(rng, -1, 2) for name in inputs} | {"y": random_target(rng, loss)}
    return _written_out(rng, "neuron", [[unit]], given, ["y"], loss)


def scalar_net(rng: random.Random) -> Sheet:
    loss = rng.choice(("half_squared_error", "half_squared_error", "mean_squared_error", "binary_cross_entropy"))
    sizes = rng.choice(((2, 2, 1), (2, 2, 2), (2, 2, 2), (3, 2, 2)))
    shared = rng.random() < 0.3
    below = [f"x{k}" for k in range(1, sizes[0] + 1)]
    given = {name: random_number(rng) for name in below}
    count = 0
    layers = []
    for layer, (letter, size, activation) in enumerate(
        (("h", sizes[1], rng.choice(HIDDEN)), ("o", sizes[2], random_output(rng, loss))), 1
    ):
        units = []
        for k in range(1, size + 1):
            weights = [f"w{count + j}" for j in range(1, len(below) + 1)]
            count += len(below)
            bias = f"b{layer}" if shared else f"b{letter}{k}"
            units.append(Unit(f"z{letter}{k}", f"{letter}{k}", below, weights, bias, activation))
        layers.append(units)
        below = [unit.a for unit in units]
    targets = [f"t{k}" for k in range(1, sizes[2] + 1)]
    given |= {name: random_target(rng, loss) for name in targets}
    return _written_out(rng, "scalar net", layers, given, targets, loss)


def _written_out(
    rng: random.Random, kind: str, layers: list[list[Unit]], given: dict[str, Value], targets: list[str], loss: str
) -> Sheet:
    units = [unit for layer in layers for unit in layer]
    parameters = {name: random_number(rng) for unit in units for name in (*unit.weights, unit.bias)}
    shown = lambda f: "leaky_relu(Z, 0.1)" if f == "leaky_relu" else f"{f}(Z)"
    equations = []
    for unit in units:
        products = [f"{w}*{x}" for w, x in zip(unit.weights, unit.inputs, strict=True)]
        equations.append((unit.z, " + ".join([*products, unit.bias])))
        equations.append((unit.a, shown(unit.activation).replace("Z", unit.z)))
    outputs = [unit.a for unit in layers[-1]]
    pairs = list(zip(outputs, targets, strict=True))
    if rng.random() < 0.7:
        text = " + ".join(WRITTEN[loss].replace("A", a).replace("Y", y) for a, y in pairs)
    else:
        text = " + ".join(f"{loss}({a}, {y})" for a, y in pairs)
    if LOSSES[loss][2] and len(pairs) > 1:
        text = f"({text})/{len(pairs)}"
    sheet = Sheet(kind, given, parameters, equations, (rng.choice(("L", "L", "E")), text), random_update(rng))
    fused = rng.random() < 0.5
    for t in range(1, sheet.update.get("iterations", 1) + 1):
        UnitPass(sheet, layers, pairs, loss, t, fused=fused).lay()
    return sheet


class UnitPass(Pass):
    """A net written out unit by unit."""

    def __init__(
        self, sheet: Sheet, layers: list[list[Unit]], pairs: list[tuple[str, str]], loss: str, t: int, *, fused: bool
    ) -> None:
        super().__init__(sheet, loss, t)
        self.layers, self.pairs, self.fused = layers, pairs, fused
        self.units = [unit for layer in layers for unit in layer]
        self.consumers = {
            name: [unit for unit in self.units if name in unit.inputs] for unit in self.units for name in unit.inputs
        }

    def source(self, name: str) -> str:
        return name if name in self.sheet.given else self.at(name)

    def lay(self) -> None:
        for unit in self.units:
            self.sum(unit)
            self.activation(unit.a, unit.z, unit.activation)
        self.lose()
        for a, target in self.pairs:
            self.loss_gradient(a, target, len(self.pairs))
        done: list[Unit] = []
        for unit in reversed(self.units):
            output = unit in self.layers[-1]
            target = dict(self.pairs).get(unit.a, "")
            self.slope(unit.a, unit.z, unit.activation)
            self.delta(unit.a, unit.z, unit.activation, target, self.fused, output=output)
            if not output:
                for other in self.layers[-1]:
                    if other.activation != "linear":
                        s = self.at(f"d{other.a}_d{other.z}")
                        g = self.d(unit.a)
                        self.sheet.may(
                            "local_f_prime_of_wrong_unit", other.a, self.d(unit.z), lambda v, g=g, s=s: v[g] * v[s]
                        )
            done.append(unit)
            for weight, x in zip(unit.weights, unit.inputs, strict=True):
                self.weight(unit, weight, x)
                if x in {u.a for u in self.units} and all(c in done for c in self.consumers[x]):
                    self.hidden(x)
            users = [other for other in self.units if other.bias == unit.bias]
            if all(other in done for other in users):
                self.bias_gradient(unit.bias, [self.d(u.z) for u in users], [self.source(x) for x in unit.inputs])
        self.updates()

    def sum(self, unit: Unit) -> None:
        sheet, z = self.sheet, self.at(unit.z)
        pairs = [(self.par(w), self.source(x)) for w, x in zip(unit.weights, unit.inputs, strict=True)]
        b = self.par(unit.bias)
        products = lambda v: sum(v[w] * v[x] for w, x in pairs)
        sheet.line(z, lambda v: products(v) + v[b])
        sheet.may("bias_omitted_forward", "", z, products)
        sheet.may("threshold_sign", "sum", z, lambda v: products(v) - v[b])
        for w, x in pairs:
            sheet.may("term_sign", x, z, lambda v, w=w, x=x: products(v) + v[b] - 2 * v[w] * v[x])
            if len(pairs) > 1:
                sheet.may("term_missing", x, z, lambda v, w=w, x=x: products(v) + v[b] - v[w] * v[x])
        layer = next(layer for layer in self.layers if unit in layer)
        for other in layer:
            if other is not unit:
                for k, (w, x) in enumerate(pairs):
                    for foreign in other.weights:
                        f = self.par(foreign)
                        sheet.may(
                            "forward_wrong_weight",
                            f"{k} {foreign} {unit.z}",
                            z,
                            lambda v, w=w, x=x, f=f: products(v) + v[b] + (v[f] - v[w]) * v[x],
                        )

    def lose(self) -> None:
        pairs = [(self.at(a), y) for a, y in self.pairs]
        scale = len(pairs) if self.mean else 1
        self.sheet.line(self.at(self.E), lambda v: sum(self.value(v[a], v[y]) for a, y in pairs) / scale, final=True)
        self.loss_mistakes(
            lambda v: (np.array([v[a] for a, _ in pairs]), np.array([v[y] for _, y in pairs])), len(pairs)
        )

    def weight(self, unit: Unit, weight: str, x: str) -> None:
        name, g, w, source = self.d(weight), self.d(unit.z), self.par(weight), self.source(x)
        may = self.sheet.may
        self.sheet.line(name, lambda v: v[g] * v[source])
        may("weight_input_swap", "", name, lambda v: v[g] * v[w])
        may("input_missing_grad_w", "", name, lambda v: v[g] * 1.0)
        own, error = self.at(unit.a), self.d(unit.a)
        if unit.activation != "linear":
            may("error_not_delta_grad_w", "", name, lambda v: v[error] * v[source])
        may("wrong_layer_activation", "own output", name, lambda v: v[g] * v[own])
        if len(self.layers) > 1 and unit in self.layers[-1]:
            k = unit.inputs.index(x)
            net = self.layers[0][0].inputs[k]
            may("wrong_layer_activation", "input", name, lambda v: v[g] * v[net])
            if self.t > 1:
                old = self.at(x, 1)
                may("stale_forward_after_update", "a", name, lambda v: v[g] * v[old])

    def hidden(self, a: str) -> None:
        name, may = self.d(a), self.sheet.may
        paths = [
            (self.par(unit.weights[unit.inputs.index(a)]), self.d(unit.z), self.d(unit.a), self.at(a), unit)
            for unit in self.consumers[a]
        ]
        self.sheet.line(name, lambda v: sum(v[w] * v[g] for w, g, _, _, _ in paths))
        if len(paths) > 1:
            for k, (w, g, _, _, _) in enumerate(paths):
                may("one_path_only", str(k), name, lambda v, w=w, g=g: v[w] * v[g])
            may("paths_multiplied", "", name, lambda v: math.prod(v[w] * v[g] for w, g, _, _, _ in paths))
        may("path_weight_missing", "", name, lambda v: sum(v[g] for _, g, _, _, _ in paths))
        if self.layers[-1][0].activation != "linear" and self.loss_name in SQUARED:
            may("error_not_delta_backprop", "", name, lambda v: sum(v[w] * v[e] for w, _, e, _, _ in paths))
        if self.sheet.update["optimizer"] == "sgd":
            lr = self.sheet.update["learning_rate"]
            may(
                "updated_weights_in_backprop",
                "",
                name,
                lambda v: sum((v[w] - lr * v[g] * v[x]) * v[g] for w, g, _, x, _ in paths),
            )
        siblings = [unit.a for unit in self.layers[0]]
        if len(siblings) == len(self.layers[-1]) > 1:
            row = self.layers[-1][siblings.index(a)]
            crossed = [(self.par(w), self.d(unit.z)) for w, unit in zip(row.weights, self.layers[-1], strict=True)]
            may("transposed_weights", "", name, lambda v: sum(v[w] * v[g] for w, g in crossed))
