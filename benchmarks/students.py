"""Made-up students for `diagnosis`: they work problems step by step by hand, some with one mistake.

Nothing here is imported from the checker. Problems, right rules and wrong rules are written out again, unit by unit or
array by array; only the spelling of steps, the names of mistakes and the order of steps (the design's graph order) are
shared. A student works every step from the numbers written down so far, so that whatever follows a mistake is
consistent with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import random

Value = Any  # a float or an array
Numbers = Mapping[str, Value]
Rule = Callable[[Numbers], Value]

NEAREST_CORNER = 0.02
SAME = 1e-9  # relative: two wrong rules that agree so closely are one cause in this problem


class Line(NamedTuple):
    """One step of the working: its name, its right rule, whether the loss or an updated parameter stands there."""

    name: str
    rule: Rule
    final: bool
    state: bool


class Injection(NamedTuple):
    """A mistake: its code, and the wrong rule of each line that it spoils."""

    code: str
    rules: dict[str, Rule]
    variant: str

    @property
    def everywhere(self) -> bool:
        """Whether it is made at several steps."""
        return len(self.rules) > 1


@dataclass
class Sheet:
    """A problem, every line of its working in graph order, and the mistakes that can be made in it."""

    kind: str
    given: dict[str, Value]
    parameters: dict[str, Value]
    equations: list[tuple[str, str]]
    loss: tuple[str, str]
    update: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    made: dict[tuple[str, str], dict[str, Rule]] = field(default_factory=dict)
    right: dict[str, Value] = field(default_factory=dict)

    def line(self, name: str, rule: Rule, *, final: bool = False, state: bool = False) -> None:
        self.lines.append(Line(name, rule, final, state))

    def may(self, code: str, variant: str, name: str, rule: Rule) -> None:
        """At this line the mistake can be made; the same variant at several lines is one habit."""
        self.made.setdefault((code, variant), {})[name] = rule

    def injections(self) -> Iterator[Injection]:
        """Every mistake at each of its lines, and at all of them."""
        for (code, variant), rules in self.made.items():
            together = variant.startswith("all ")
            if len(rules) > 1 or together:
                yield Injection(code, dict(rules), variant)
            if not together:
                for name, rule in rules.items():
                    yield Injection(code, {name: rule}, variant)

    def problem(self, identity: str, tolerance: str) -> str:
        """The problem file."""
        lines = ["format: check-backprop/problem@1", f"id: {identity}", f"title: a random {self.kind}"]
        for section, quantities in (("given", self.given), ("parameters", self.parameters)):
            lines += [f"{section}:", *(f"  {name}: {_shown(value)}" for name, value in quantities.items())]
        lines += ["forward:", *(f"  {name}: {text}" for name, text in self.equations)]
        lines += ["loss:", f"  {self.loss[0]}: {self.loss[1]}"]
        lines.append("update: {" + ", ".join(f"{key}: {value}" for key, value in self.update.items()) + "}")
        lines.append(f"ask: [{', '.join(line.name for line in self.lines)}]")
        lines.append(f"grading: {{tolerance: {tolerance}}}")
        return "\n".join(lines) + "\n"


def _shown(value: Value) -> str:
    if np.ndim(value) == 0:
        return repr(float(value)).removesuffix(".0")
    return f"[{', '.join(_shown(item) for item in value)}]"


# ---------------------------------------------------------------- functions, written again


def _sigmoid(z: Value) -> Value:
    return 1 / (1 + np.exp(-z))


def _softmax(z: Value) -> Value:
    raised = np.exp(z)
    return raised / np.sum(raised)


def _activate(name: str, z: Value) -> Value:
    return {
        "sigmoid": lambda: _sigmoid(z),
        "tanh": lambda: np.tanh(z),
        "relu": lambda: np.where(z > 0, z, 0.0),
        "leaky_relu": lambda: np.where(z > 0, z, 0.1 * z),
        "softplus": lambda: np.log(1 + np.exp(z)),
        "softmax": lambda: _softmax(z),
        "linear": lambda: z * 1.0,
    }[name]()


def _slope(name: str, z: Value, a: Value) -> Value:
    return {
        "sigmoid": lambda: a * (1 - a),
        "tanh": lambda: 1 - a * a,
        "relu": lambda: np.where(z > 0, 1.0, 0.0),
        "leaky_relu": lambda: np.where(z > 0, 1.0, 0.1),
        "softplus": lambda: _sigmoid(z),
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
        ("sigmoid_deriv_twice", lambda z, a: _sigmoid(a) * (1 - _sigmoid(a))),
        ("sigmoid_deriv_plus", lambda z, a: a * (1 + a)),
        ("sigmoid_deriv_one_minus_a", lambda z, a: 1 - a),
        ("sigmoid_deriv_one_minus_a", lambda z, a: a + 0.0),
    ],
    "tanh": [
        ("tanh_deriv_one_minus_a", lambda z, a: 1 - a),
        ("tanh_deriv_sigmoid_form", lambda z, a: a * (1 - a)),
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


# ---------------------------------------------------------------- problems


def random_sheet(rng: random.Random) -> Sheet:
    """A problem of any kind whose values lie away from corners and are of ordinary size."""
    while True:
        kind = rng.choice(("neuron", "scalar_net", "arrays"))
        sheet = {"neuron": _neuron, "scalar_net": _scalar_net, "arrays": _arrays}[kind](rng)
        with np.errstate(all="ignore"):
            sheet.right = work(sheet, lambda _, value: value)
        sizes = [float(np.max(np.abs(value))) for value in sheet.right.values()]
        sums = [np.ravel(v) for name, v in sheet.right.items() if name.startswith("z")]
        if (
            all(math.isfinite(size) and size < 50 for size in sizes)
            and min(float(np.min(np.abs(z))) for z in sums) > NEAREST_CORNER
            and max(float(np.max(np.abs(z))) for z in sums) < 4
        ):
            return sheet


def _number(rng: random.Random, low: float = -1.0, high: float = 1.0) -> float:
    while True:
        found = round(rng.uniform(low, high), rng.choice((1, 2, 2)))
        if abs(found) > 0.04:
            return found


def _array(rng: random.Random, *shape: int) -> Value:
    return np.array([_number(rng) for _ in range(math.prod(shape))]).reshape(shape)


def _update(rng: random.Random) -> dict[str, Any]:
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


class Unit(NamedTuple):
    """One unit of a net written out: names of its sum, its output, what comes in, and its weights and bias."""

    z: str
    a: str
    inputs: list[str]
    weights: list[str]
    bias: str
    activation: str


HIDDEN = ("sigmoid", "sigmoid", "tanh", "tanh", "relu", "leaky_relu", "softplus")


def _output_for(rng: random.Random, loss: str) -> str:
    if loss == "binary_cross_entropy":
        return "sigmoid"
    return rng.choice(("sigmoid", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "linear"))


def _target(rng: random.Random, loss: str) -> float:
    return float(rng.randint(0, 1)) if loss == "binary_cross_entropy" or rng.random() < 0.4 else _number(rng, 0, 1)


def _neuron(rng: random.Random) -> Sheet:
    loss = rng.choice(("half_squared_error", "half_squared_error", "squared_error", "binary_cross_entropy"))
    inputs = [f"x{k}" for k in range(1, rng.randint(1, 3) + 1)]
    unit = Unit("z", "a", inputs, [f"w{k}" for k in range(1, len(inputs) + 1)], "b", _output_for(rng, loss))
    given = {name: _number(rng, -1, 2) for name in inputs} | {"y": _target(rng, loss)}
    return _written_out(rng, "neuron", [[unit]], given, ["y"], loss)


def _scalar_net(rng: random.Random) -> Sheet:
    loss = rng.choice(("half_squared_error", "half_squared_error", "mean_squared_error", "binary_cross_entropy"))
    sizes = rng.choice(((2, 2, 1), (2, 2, 2), (2, 2, 2), (3, 2, 2)))
    shared = rng.random() < 0.3
    below = [f"x{k}" for k in range(1, sizes[0] + 1)]
    given = {name: _number(rng) for name in below}
    count = 0
    layers = []
    for layer, (letter, size, activation) in enumerate(
        (("h", sizes[1], rng.choice(HIDDEN)), ("o", sizes[2], _output_for(rng, loss))), 1
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
    given |= {name: _target(rng, loss) for name in targets}
    return _written_out(rng, "scalar net", layers, given, targets, loss)


def _written_out(
    rng: random.Random, kind: str, layers: list[list[Unit]], given: dict[str, Value], targets: list[str], loss: str
) -> Sheet:
    units = [unit for layer in layers for unit in layer]
    parameters = {name: _number(rng) for unit in units for name in (*unit.weights, unit.bias)}
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
    sheet = Sheet(kind, given, parameters, equations, (rng.choice(("L", "L", "E")), text), _update(rng))
    fused = rng.random() < 0.5
    for t in range(1, sheet.update.get("iterations", 1) + 1):
        _UnitPass(sheet, layers, pairs, loss, t, fused=fused).lay()
    return sheet


class _Pass:
    """One iteration's lines and mistakes; `at` names a step of it, `par` a parameter as it stands."""

    def __init__(self, sheet: Sheet, loss: str, t: int) -> None:
        self.sheet, self.loss_name, self.t, self.E = sheet, loss, t, sheet.loss[0]
        self.value, self.gradient, mean = LOSSES[loss]
        self.mean = mean

    def at(self, name: str, t: int | None = None) -> str:
        t = self.t if t is None else t
        return name if t == 1 else f"{name}@{t}"

    def par(self, name: str) -> str:
        return name if self.t == 1 else self.at(f"{name}_new", self.t - 1)

    def d(self, name: str) -> str:
        return self.at(f"d{self.E}_d{name}")

    def activation(self, a: str, z: str, kind: str) -> None:
        a, z = self.at(a), self.at(z)
        self.sheet.line(a, lambda v: _activate(kind, v[z]))
        if kind != "linear":
            self.sheet.may("activation_skipped_forward", "", a, lambda v: v[z] * 1.0)
        for n, (code, wrong) in enumerate(WRONG_ACTIVATIONS.get(kind, [])):
            self.sheet.may(code, f"forward {n}", a, lambda v, wrong=wrong: wrong(v[z]))

    def slope(self, a: str, z: str, kind: str) -> None:
        name, a, z = self.at(f"d{a}_d{z}"), self.at(a), self.at(z)
        self.sheet.line(name, lambda v: _slope(kind, v[z], v[a]))
        for n, (code, wrong) in enumerate(WRONG_SLOPES[kind]):
            self.sheet.may(code, f"slope {n}", name, lambda v, wrong=wrong: wrong(v[z], v[a]))

    def delta(self, a: str, z: str, kind: str, target: str, fused: bool, *, output: bool) -> None:
        """The gradient of the sum: what arrives times the slope."""
        sheet, may = self.sheet, self.sheet.may
        name, g, s = self.d(z), self.d(a), self.at(f"d{a}_d{z}")
        a, z = self.at(a), self.at(z)
        cross = self.loss_name.endswith("entropy") and output
        if cross and fused:
            sheet.line(name, lambda v: v[a] - v[target])
        elif kind == "softmax":
            sheet.line(name, lambda v: v[s] @ v[g])
        else:
            sheet.line(name, lambda v: v[g] * v[s])
        if kind == "softmax":
            may("softmax_diag_jacobian", "through", name, lambda v: v[g] * v[a] * (1 - v[a]))
            may("act_deriv_missing", "", name, lambda v: v[g] * 1.0)
            for k in range(1, np.size(sheet.given[target])):
                may("onehot_index", str(k), name, lambda v, k=k: v[a] - np.roll(v[target], k))
        elif kind != "linear":
            may("act_deriv_missing", "", name, lambda v: v[g] * 1.0)
            where = "output" if output else "hidden"
            code = "act_deriv_output_missing_only" if output else "act_deriv_missing_hidden_only"
            may(code, f"all {where}", name, lambda v: v[g] * 1.0)
        if kind == "relu":
            may("relu_deriv_passes_negative", "through", name, lambda v: v[g] * 1.0)
            may("relu_mask_on_upstream", "", name, lambda v: np.maximum(v[g], 0.0))
        if output and self.loss_name in SQUARED and kind != "linear":
            may("bce_shortcut_on_mse", "", name, lambda v: v[a] - v[target])
        if cross:
            may("mse_form_on_bce", "", name, lambda v: (v[a] - v[target]) * v[a] * (1 - v[a]))

    def loss_mistakes(self, scope: Callable[[Numbers], tuple[Value, Value]], outputs: int, logits: str = "") -> None:
        """Wrong values of the loss; `scope` gives all outputs and targets."""
        name, may = self.at(self.E), self.sheet.may
        right = self.sheet.lines[-1].rule
        if self.loss_name in SQUARED:
            may("loss_half_missing", "2", name, lambda v: 2 * right(v))
            may("loss_half_missing", "1/2", name, lambda v: right(v) / 2)
        else:
            may("ce_sign", "", name, lambda v: -right(v))
            may("log10", "10", name, lambda v: right(v) / math.log(10))
            may("log10", "2", name, lambda v: right(v) / math.log(2))
        if self.loss_name == "binary_cross_entropy":

            def first_term(v: Numbers) -> Value:
                a, y = scope(v)
                return -np.sum(y * np.log(a))

            may("only_true_class_or_first_term_bce", "loss", name, first_term)
        if outputs > 1:
            may("mean_vs_sum_outputs", "loss /", name, lambda v: right(v) / outputs)
            may("mean_vs_sum_outputs", "loss *", name, lambda v: right(v) * outputs)
        if logits and self.loss_name == "categorical_cross_entropy":

            def of_logits(v: Numbers) -> Value:
                z = v[self.at(logits)]
                _, y = scope(v)
                return -np.sum(y * np.log(np.abs(z)))

            may("softmax_log_of_logit", "", name, of_logits)

    def loss_gradient(self, a: str, target: str, outputs: int) -> None:
        name, may, E = self.d(a), self.sheet.may, self.at(self.E)
        a = self.at(a)
        scale = outputs if self.mean else 1

        def right(v: Numbers) -> Value:
            return self.gradient(v[a], v[target]) / scale + 0.0

        self.sheet.line(name, right)
        may("err_sign_y_minus_a", "", name, lambda v: -right(v))
        if self.loss_name in SQUARED:
            may("loss_grad_factor2", "2", name, lambda v: 2 * right(v))
            may("loss_grad_factor2", "1/2", name, lambda v: right(v) / 2)
            may("square_inner_deriv", "2", name, lambda v: 2 * (v[target] - v[a]) * v[a])
            may("square_inner_deriv", "1", name, lambda v: (v[target] - v[a]) * v[a])
            may("loss_not_differentiated", "abs", name, lambda v: np.abs(v[a] - v[target]))
        if np.ndim(self.sheet.given[target]) == 0:
            may("loss_not_differentiated", "L", name, lambda v: v[E] * 1.0)
        if self.loss_name == "binary_cross_entropy":
            may("only_true_class_or_first_term_bce", "slope", name, lambda v: -v[target] / v[a])
        if outputs > 1:
            may("mean_vs_sum_outputs", "slope /", name, lambda v: right(v) / outputs)
            may("mean_vs_sum_outputs", "slope *", name, lambda v: right(v) * outputs)

    def bias_gradient(self, bias: str, deltas: list[str], inputs: list[str], *, column: bool = False) -> None:
        name, may, b = self.d(bias), self.sheet.may, self.par(bias)
        right = lambda v: sum(v[delta] for delta in deltas) + 0.0
        self.sheet.line(name, right)
        may("bias_grad_ignored", "0", name, lambda v: 0.0 * right(v))
        may("bias_grad_times_b", "", name, lambda v: right(v) * v[b])
        may("threshold_sign", "slope", name, lambda v: -right(v))
        for x in [] if column else inputs:
            if len(deltas) == 1:
                may("bias_grad_times_input", x, name, lambda v, x=x: v[deltas[0]] * v[x])
        if len(deltas) > 1:
            for k, delta in enumerate(deltas):
                may("shared_bias_not_summed", str(k), name, lambda v, delta=delta: v[delta] * 1.0)

    def updates(self) -> None:
        for name in self.sheet.parameters:
            self._update(name)

    def _update(self, name: str) -> None:  # one optimizer after the other, as in a book
        sheet, may = self.sheet, self.sheet.may
        settings = sheet.update
        lr = settings["learning_rate"]
        w, g, new = self.par(name), self.d(name), self.at(f"{name}_new")
        optimizer = settings["optimizer"]
        if optimizer == "sgd":

            def step(v: Numbers) -> Value:
                return lr * v[g]

            may("lr_missing", "", new, lambda v: v[w] - v[g])
            may("lr_twice", "", new, lambda v: v[w] - lr * lr * v[g])
            may("lr_times_weight", "g", new, lambda v: v[w] - lr * v[w] * v[g])
            may("lr_times_weight", "w", new, lambda v: v[w] - lr * v[w])
        elif optimizer == "momentum":
            mu, velocity = settings["momentum"], self.at(f"v_{name}")
            before = self.at(f"v_{name}", self.t - 1) if self.t > 1 else ""

            def kept(v: Numbers) -> Value:
                return mu * v[before] if before else 0.0

            sheet.line(velocity, lambda v: kept(v) + v[g], state=True)
            may("momentum_form", "1 - mu", velocity, lambda v: kept(v) + (1 - mu) * v[g])
            may("momentum_form", "lr inside", velocity, lambda v: kept(v) + lr * v[g])
            may("momentum_form", "-lr inside", velocity, lambda v: kept(v) - lr * v[g])
            if before:
                may("momentum_velocity_dropped", "", velocity, lambda v: v[g] * 1.0)

            def step(v: Numbers) -> Value:
                return lr * v[velocity]

            may("lr_missing", "", new, lambda v: v[w] - v[velocity])
            may("momentum_form", "lr outside", new, lambda v: v[w] - v[velocity])
            may("momentum_form", "w + v", new, lambda v: v[w] + v[velocity])
        else:
            m, s, mh, sh = (self.at(f"{letter}_{name}") for letter in ("m", "v", "mhat", "vhat"))
            one, two, e = settings["beta1"], settings["beta2"], float(settings["epsilon"])
            t = self.t

            def mean(v: Numbers, beta: float, x: Value, letter: str) -> Value:
                before = v[self.at(f"{letter}_{name}", t - 1)] if t > 1 else 0.0
                return beta * before + (1 - beta) * x

            sheet.line(m, lambda v: mean(v, one, v[g], "m"), state=True)
            sheet.line(s, lambda v: mean(v, two, v[g] ** 2, "v"), state=True)
            sheet.line(mh, lambda v: v[m] / (1 - one**t), state=True)
            sheet.line(sh, lambda v: v[s] / (1 - two**t), state=True)
            may("adam_beta_swap", "m", m, lambda v: mean(v, two, v[g], "m"))
            may("adam_beta_swap", "v", s, lambda v: mean(v, one, v[g] ** 2, "v"))
            may("adam_v_not_squared", "v", s, lambda v: mean(v, two, v[g], "v"))
            may("adam_no_bias_correction", "mhat", mh, lambda v: v[m] * 1.0)
            may("adam_no_bias_correction", "vhat", sh, lambda v: v[s] * 1.0)
            may("adam_no_bias_correction", "update", new, lambda v: v[w] - lr * v[m] / (np.sqrt(v[s]) + e))
            if t > 1:
                may("adam_t_off_by_one", "mhat beta", mh, lambda v: v[m] / (1 - one))
                may("adam_t_off_by_one", "vhat beta", sh, lambda v: v[s] / (1 - two))
            may("adam_t_off_by_one", "mhat t+1", mh, lambda v: v[m] / (1 - one ** (t + 1)))
            may("adam_t_off_by_one", "vhat t+1", sh, lambda v: v[s] / (1 - two ** (t + 1)))
            may("adam_v_not_squared", "root", new, lambda v: v[w] - lr * v[mh] / (v[sh] + e))
            may("adam_eps_inside", "", new, lambda v: v[w] - lr * v[mh] / np.sqrt(v[sh] + e))

            def step(v: Numbers) -> Value:
                return lr * v[mh] / (np.sqrt(v[sh]) + e)

            may("lr_missing", "", new, lambda v: v[w] - v[mh] / (np.sqrt(v[sh]) + e))
        sheet.line(new, lambda v: v[w] - step(v), final=True)
        may("update_sign", "", new, lambda v: v[w] + step(v))
        may("double_negation", "", new, lambda v: v[w] + step(v))
        may("step_reported_as_weight", "-", new, lambda v: -step(v))
        may("step_reported_as_weight", "+", new, lambda v: step(v) * 1.0)
        if name.startswith("b"):
            may("bias_grad_ignored", "update", new, lambda v: v[w] * 1.0)


class _UnitPass(_Pass):
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
        own = self.at(unit.a)
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


def _arrays(rng: random.Random) -> Sheet:
    sizes = [rng.randint(2, 4), rng.randint(2, 5), rng.randint(2, 3)]
    if rng.random() < 0.25:
        del sizes[1]
    elif rng.random() < 0.4:
        sizes[2] = sizes[1] = min(sizes[1], 3)
    loss = rng.choice(
        ("half_squared_error", "mean_squared_error", "binary_cross_entropy", *["categorical_cross_entropy"] * 2)
    )
    last = len(sizes) - 1
    kinds = [rng.choice(HIDDEN) for _ in range(last - 1)]
    kinds.append("softmax" if loss == "categorical_cross_entropy" else _output_for(rng, loss))
    if loss == "categorical_cross_entropy":
        hot = rng.randrange(sizes[-1])
        y = np.array([float(k == hot) for k in range(sizes[-1])])
    else:
        y = np.array([_target(rng, loss) for _ in range(sizes[-1])])
    given = {"x": _array(rng, sizes[0]), "y": y}
    parameters: dict[str, Value] = {}
    equations = []
    below = "x"
    for k in range(1, last + 1):
        parameters |= {f"W{k}": _array(rng, sizes[k], sizes[k - 1]), f"b{k}": _array(rng, sizes[k])}
        shown = f"{kinds[k - 1]}(z{k}{', 0.1' if kinds[k - 1] == 'leaky_relu' else ''})"
        equations += [(f"z{k}", f"W{k} @ {below} + b{k}"), (f"a{k}", shown)]
        below = f"a{k}"
    sheet = Sheet("net of arrays", given, parameters, equations, ("L", f"{loss}({below}, y)"), _update(rng))
    fused = rng.random() < 0.5
    for t in range(1, sheet.update.get("iterations", 1) + 1):
        _ArrayPass(sheet, kinds, loss, t, fused=fused).lay()
    return sheet


class _ArrayPass(_Pass):
    """Dense layers of arrays."""

    def __init__(self, sheet: Sheet, kinds: list[str], loss: str, t: int, *, fused: bool) -> None:
        super().__init__(sheet, loss, t)
        self.kinds, self.fused = kinds, fused

    def lay(self) -> None:
        sheet, last = self.sheet, len(self.kinds)
        for k, kind in enumerate(self.kinds, 1):
            self.sum(k)
            self.activation(f"a{k}", f"z{k}", kind)
        out, outputs = self.at(f"a{last}"), np.size(sheet.given["y"])
        scale = outputs if self.mean else 1
        sheet.line(self.at(self.E), lambda v: np.sum(self.value(v[out], v["y"])) / scale, final=True)
        self.loss_mistakes(lambda v: (v[out], v["y"]), outputs, f"z{last}")
        self.loss_gradient(f"a{last}", "y", outputs)
        for k in range(last, 0, -1):
            a, z, kind = f"a{k}", f"z{k}", self.kinds[k - 1]
            self.slope(a, z, kind)
            self.delta(a, z, kind, "y", self.fused, output=k == last)
            self.other_slopes(k)
            self.weights(k)
            if k > 1:
                self.hidden(k)
            below = self.at(f"a{k - 1}") if k > 1 else "x"
            self.bias_gradient(f"b{k}", [self.d(z)], [below], column=True)
        self.updates()

    def sum(self, k: int) -> None:
        sheet, z, W, b = self.sheet, self.at(f"z{k}"), self.par(f"W{k}"), self.par(f"b{k}")
        x = self.at(f"a{k - 1}") if k > 1 else "x"
        sheet.line(z, lambda v: v[W] @ v[x] + v[b])
        sheet.may("bias_omitted_forward", "", z, lambda v: v[W] @ v[x])
        sheet.may("threshold_sign", "sum", z, lambda v: v[W] @ v[x] - v[b])
        rows, columns = np.shape(sheet.parameters[f"W{k}"])
        if rows == columns:
            sheet.may("forward_wrong_weight", "transposed", z, lambda v: v[W].T @ v[x] + v[b])

    def other_slopes(self, k: int) -> None:
        for other, kind in enumerate(self.kinds, 1):
            if other > k and kind not in ("softmax", "linear"):
                here, there = self.sheet.parameters[f"b{k}"], self.sheet.parameters[f"b{other}"]
                if np.shape(here) == np.shape(there):
                    g, s = self.d(f"a{k}"), self.at(f"da{other}_dz{other}")
                    self.sheet.may(
                        "local_f_prime_of_wrong_unit", str(other), self.d(f"z{k}"), lambda v, g=g, s=s: v[g] * v[s]
                    )

    def weights(self, k: int) -> None:
        sheet, may, name = self.sheet, self.sheet.may, self.d(f"W{k}")
        g, W, x = self.d(f"z{k}"), self.par(f"W{k}"), self.at(f"a{k - 1}") if k > 1 else "x"
        sheet.line(name, lambda v: np.outer(v[g], v[x]))
        may("weight_input_swap", "", name, lambda v: v[g][:, None] * v[W])
        may("input_missing_grad_w", "", name, lambda v: v[g][:, None] * np.ones_like(v[W]))
        if k > 1 and np.shape(sheet.given["x"]) == np.shape(sheet.parameters[f"b{k - 1}"]):
            may("wrong_layer_activation", "input", name, lambda v: np.outer(v[g], v["x"]))
        rows, columns = np.shape(sheet.parameters[f"W{k}"])
        if rows == columns:
            own = self.at(f"a{k}")
            may("wrong_layer_activation", "own output", name, lambda v: np.outer(v[g], v[own]))
        if self.t > 1 and k > 1:
            old = self.at(f"a{k - 1}", 1)
            may("stale_forward_after_update", "a", name, lambda v: np.outer(v[g], v[old]))

    def hidden(self, k: int) -> None:
        """The gradient of the activations below layer `k`."""
        sheet, may, name = self.sheet, self.sheet.may, self.d(f"a{k - 1}")
        g, W, e, x = self.d(f"z{k}"), self.par(f"W{k}"), self.d(f"a{k}"), self.at(f"a{k - 1}")
        sheet.line(name, lambda v: v[W].T @ v[g])
        rows, columns = np.shape(sheet.parameters[f"W{k}"])
        for r in range(rows):
            may("one_path_only", str(r), name, lambda v, r=r: v[W][r] * v[g][r])
        may("paths_multiplied", "", name, lambda v: np.prod(v[W] * v[g][:, None], axis=0))
        may("path_weight_missing", "", name, lambda v: np.full(columns, np.sum(v[g])))
        if rows == columns:
            may("transposed_weights", "", name, lambda v: v[W] @ v[g])
        if self.kinds[k - 1] != "linear" and self.loss_name in SQUARED:
            may("error_not_delta_backprop", "", name, lambda v: v[W].T @ v[e])
        if sheet.update["optimizer"] == "sgd":
            lr = sheet.update["learning_rate"]
            may(
                "updated_weights_in_backprop",
                "",
                name,
                lambda v: (v[W] - lr * np.outer(v[g], v[x])).T @ v[g],
            )


# ---------------------------------------------------------------- students


class Hand(NamedTuple):
    """How a student writes numbers: decimals or significant digits; whether full values are carried on, or cut off."""

    decimals: int | None
    significant: int | None
    carries_full: bool = False
    truncates: bool = False

    @property
    def tolerance(self) -> str:
        return f"{{decimals: {self.decimals}}}" if self.decimals else f"{{significant: {self.significant}}}"

    def unit(self, value: float) -> float:
        """One unit of what the problem asks for at this value."""
        if self.decimals:
            return 10.0**-self.decimals
        assert self.significant
        return 10.0 ** (math.floor(math.log10(abs(value))) + 1 - self.significant) if value else 0.0

    def text(self, value: float, *, state: bool) -> str:
        """The number as written. An optimizer's state has three digits at least: nobody writes 0.0000 and divides."""
        if self.decimals:
            places = self.decimals
            if state and value and abs(value) < 10.0 ** (2 - places):
                places = 2 - math.floor(math.log10(abs(value)))
        else:
            assert self.significant
            places = self.significant - 1 - (math.floor(math.log10(abs(value))) if value else 0)
        scaled = Decimal(repr(float(value))).scaleb(places)
        whole = int(scaled) if self.truncates else int(scaled.to_integral_value())
        text = f"{Decimal(whole).scaleb(-places):f}"
        return "0" if not whole else text


def work(
    sheet: Sheet,
    write: Callable[[Line, Value], Value],
    rules: Mapping[str, Rule] | None = None,
) -> dict[str, Value]:
    """Every line worked in order from what was written before; `write` gives what is carried on."""
    v: dict[str, Value] = {**sheet.given, **sheet.parameters}
    found: dict[str, Value] = {}
    rules = rules or {}
    for line in sheet.lines:
        value = rules.get(line.name, line.rule)(v)
        found[line.name] = v[line.name] = write(line, value)
    return found


class Written(NamedTuple):
    """A worked sheet: what is typed at each line (nested lists of texts), its values, and what was carried on."""

    typed: dict[str, Any]
    values: dict[str, Value]
    full: dict[str, Value]


def written(
    sheet: Sheet,
    hand: Hand,
    rules: Mapping[str, Rule] | None = None,
    slips: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Written:
    """The sheet as a student writes it. `slips` change what is written at a line, and so what is carried on."""
    typed: dict[str, Any] = {}
    full: dict[str, Value] = {}
    values: dict[str, Value] = {}

    def write(line: Line, value: Value) -> Value:
        full[line.name] = value
        texts = _texts(value, hand, state=line.state)
        slipped = bool(slips and line.name in slips)
        if slips and line.name in slips:
            texts = slips[line.name](texts)
        typed[line.name] = texts
        values[line.name] = number = numbers(texts)
        return value if hand.carries_full and not slipped else number

    with np.errstate(all="ignore"):
        work(sheet, write, rules)
    return Written(typed, values, full)


def _texts(value: Value, hand: Hand, *, state: bool) -> Any:
    if np.ndim(value) == 0:
        if not math.isfinite(float(value)):
            raise FloatingPointError
        return hand.text(float(value), state=state)
    return [_texts(item, hand, state=state) for item in value]


def numbers(texts: Any) -> Value:
    """What typed texts are worth."""
    return float(texts) if isinstance(texts, str) else np.array([numbers(item) for item in texts])


class RightWork:
    """What right work may come to, given what was written before: numbers are rounded or cut off on the way.

    What stands on the sheet may be off by a unit from what was carried on, and so may every line that was left out.
    """

    def __init__(self, sheet: Sheet, hand: Hand) -> None:
        self.sheet, self.hand = sheet, hand
        self.lines = {line.name: line for line in sheet.lines}
        self.reads = {line.name: [name for name in read_by(sheet, line) if name in self.lines] for line in sheet.lines}

    def range(self, name: str, typed: Mapping[str, Value]) -> tuple[Value, Value]:
        """The value of a line by the right rules on the lines typed before it, and how far off right work may be."""
        left_out, sources = self._before(name, typed)
        middle = self._worked(name, left_out, typed, {})
        leeway: Value = 0.0
        for source in sources:
            at = typed[source] if source in typed else self.sheet.right[source]
            unit = np.vectorize(self.hand.unit, otypes=[float])(np.asarray(self.sheet.right[source]))
            for k in range(np.size(at)):
                shift = np.zeros(np.shape(at))
                shift.flat[k] = unit.flat[k] if np.ndim(unit) else unit
                moved = self._worked(name, left_out, typed, {source: shift})
                leeway = leeway + np.nan_to_num(np.abs(np.asarray(moved) - np.asarray(middle)))
        return middle, leeway

    def _before(self, name: str, typed: Mapping[str, Value]) -> tuple[set[str], list[str]]:
        """The lines left out that this one rests on, and those with the typed ones that it is worked from."""
        left_out: set[str] = set()
        sources: dict[str, None] = {}
        waiting = list(self.reads[name])
        while waiting:
            source = waiting.pop()
            if source in sources:
                continue
            sources[source] = None
            if source not in typed:
                left_out.add(source)
                waiting.extend(self.reads[source])
        return left_out, list(sources)

    def _worked(self, name: str, left_out: set[str], typed: Mapping[str, Value], shifts: Mapping[str, Value]) -> Value:
        v: dict[str, Value] = {**self.sheet.given, **self.sheet.parameters, **typed}
        for source, shift in shifts.items():
            if source in typed:
                v[source] = typed[source] + shift
        with np.errstate(all="ignore"):
            for line in self.sheet.lines:
                if line.name == name:
                    return line.rule(v)
                if line.name in left_out:
                    v[line.name] = line.rule(v) + shifts.get(line.name, 0.0)
        raise KeyError(name)


def operands(sheet: Sheet, line: Line) -> list[str]:
    """The givens and parameters that a line's rule reads."""
    return [name for name in read_by(sheet, line) if name in sheet.given or name in sheet.parameters]


def read_by(sheet: Sheet, line: Line) -> list[str]:
    """All that a line's rule reads, by name."""
    seen: list[str] = []

    class Reader(dict[str, Value]):
        def __getitem__(self, name: str) -> Value:
            seen.append(name)
            return super().__getitem__(name)

    with np.errstate(all="ignore"):
        line.rule(Reader({**sheet.given, **sheet.parameters, **sheet.right}))
    return list(dict.fromkeys(seen))


def miscopied(rule: Rule, name: str, other: str) -> Rule:
    """The rule with another quantity read where `name` stands."""
    return lambda v: rule({**v, name: v[other]})
