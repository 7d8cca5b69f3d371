"""Random problems and their right values, by HIPS autograd in float64.

Nothing here is imported from the checker. What it shares with it are names alone: those of the activations, losses and
optimizers, and the spelling of steps. Every function is written again, where possible by another formula.

>>> case = random_case(random.Random(1), kind="neuron")
>>> "z" in case.values and case.kind == "neuron"
True
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import elementwise_grad, grad, jacobian
from autograd.extend import defvjp, primitive

Value = Any  # a float or an array, traced or not
Env = dict[str, Value]
Rule = Callable[[Env], Value]

NEAREST_KINK = 1e-3  # closer than this to a corner, two right answers may differ
LARGEST_ARGUMENT = 8.0  # beyond it a sigmoid's 1 - a has lost half of its digits
LARGEST_VALUE = 1e4


@dataclass(frozen=True)
class Case:
    """A problem and the value of every step that it asks for: floats, or nested lists for arrays."""

    problem_yaml: str
    values: dict[str, Any]
    kind: str
    activations: tuple[str, ...]
    loss: str
    optimizer: str
    ask: tuple[str, ...]
    form: str = ""
    conventions: tuple[str, ...] = ()


# ---------------------------------------------------------------- the functions, written again


@primitive
def erf(x: Value) -> Value:
    return np.vectorize(math.erf, otypes=[float])(x)


defvjp(erf, lambda ans, x: lambda g: g * 2.0 / math.sqrt(math.pi) * anp.exp(-(x**2)))


def sigmoid(z: Value) -> Value:
    return 0.5 * (anp.tanh(0.5 * z) + 1.0)


def softplus(z: Value) -> Value:
    return anp.logaddexp(0.0, z)


def softmax(z: Value) -> Value:
    shifted = anp.exp(z - anp.max(z, axis=0))
    return shifted / anp.sum(shifted, axis=0)


def gelu_tanh(z: Value) -> Value:
    return z * sigmoid(math.sqrt(8.0 / math.pi) * (z + 0.044715 * z**3))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

ACTIVATIONS: dict[str, Callable[..., Value]] = {
    "linear": lambda z: z * 1.0,
    "sigmoid": sigmoid,
    "tanh": lambda z: 2.0 * sigmoid(2.0 * z) - 1.0,
    "relu": lambda z: anp.where(z > 0, z, 0.0 * z),
    "leaky_relu": lambda z, slope=0.01: anp.where(z > 0, z, slope * z),
    "elu": lambda z, alpha=1.0: anp.where(z > 0, z, alpha * anp.expm1(z)),
    "selu": lambda z: SELU_SCALE * anp.where(z > 0, z, SELU_ALPHA * anp.expm1(z)),
    "softplus": softplus,
    "softsign": lambda z: z / (1.0 + anp.sqrt(z**2)),
    "silu": lambda z: z * sigmoid(z),
    "gelu": lambda z: 0.5 * z * (1.0 + erf(z * math.sqrt(0.5))),
    "gelu_tanh": gelu_tanh,
    "mish": lambda z: z * anp.tanh(softplus(z)),
    "exp": anp.exp,
    "softmax": softmax,
}
KINKED = {"relu", "leaky_relu", "elu", "selu", "softsign"}
PARAMETER = {"leaky_relu": "slope", "elu": "alpha", "huber": "delta"}
ALIASES = {"linear": "identity", "sigmoid": "logistic", "silu": "swish"}


def huber(a: Value, y: Value, delta: float = 1.0) -> Value:
    r = a - y
    return anp.where(r**2 <= delta**2, 0.5 * r**2, delta * anp.sqrt(r**2) - 0.5 * delta**2)


def kl_divergence(a: Value, y: Value) -> Value:
    y = np.asarray(y)
    entropy = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0)), 0.0)
    return entropy - y * anp.log(a)


def cross_entropy_of_logits(z: Value, y: Value) -> Value:
    highest = anp.max(z, axis=0)
    return y * (anp.log(anp.sum(anp.exp(z - highest), axis=0)) + highest - z)


@dataclass(frozen=True)
class Loss:
    """`domain` says what the prediction is: any number, a probability, a distribution, a logit, logits, a margin."""

    element: Callable[..., Value]
    domain: str
    mean: bool = False
    written: str = ""
    margins: Callable[..., Value] | None = None


LOSSES: dict[str, Loss] = {
    "half_squared_error": Loss(lambda a, y: 0.5 * (a - y) ** 2, "any", written="(A - Y)^2/2"),
    "squared_error": Loss(lambda a, y: (a - y) ** 2, "any", written="(A - Y)^2"),
    "mean_squared_error": Loss(lambda a, y: (a - y) ** 2, "any", mean=True),
    "absolute_error": Loss(
        lambda a, y: anp.sqrt((a - y) ** 2), "any", written="abs(A - Y)", margins=lambda a, y: a - y
    ),
    "huber": Loss(huber, "any", margins=lambda a, y, delta=1.0: np.abs(np.abs(a - y) - delta)),
    "hinge": Loss(
        lambda a, y: anp.where(y * a < 1, 1 - y * a, 0.0 * a),
        "margin",
        written="max(0, 1 - Y*A)",
        margins=lambda a, y: 1 - y * a,
    ),
    "binary_cross_entropy": Loss(
        lambda a, y: -y * anp.log(a) - (1 - y) * anp.log(1 - a),
        "probability",
        written="-(Y*ln(A) + (1 - Y)*ln(1 - A))",
    ),
    "binary_cross_entropy_with_logits": Loss(
        lambda z, y: y * softplus(-z) + (1 - y) * softplus(z), "logit", written="ln(1 + e^A) - Y*A"
    ),
    "categorical_cross_entropy": Loss(lambda a, y: -y * anp.log(a), "distribution"),
    "categorical_cross_entropy_with_logits": Loss(cross_entropy_of_logits, "logits"),
    "kl_divergence": Loss(kl_divergence, "distribution"),
}

OPTIMIZERS: tuple[tuple[str, str], ...] = (
    ("sgd", "plain"),
    ("momentum", "classical"),
    ("momentum", "sutskever"),
    ("nesterov", "classical"),
    ("nesterov", "sutskever"),
    ("adagrad", "epsilon_outside"),
    ("adagrad", "epsilon_inside"),
    ("rmsprop", "epsilon_outside"),
    ("rmsprop", "epsilon_inside"),
    ("adam", "epsilon_outside"),
    ("adam", "epsilon_inside"),
    ("adamw", "epsilon_outside"),
    ("adamw", "epsilon_inside"),
)
FIRST_FORMS = {"plain", "classical", "epsilon_outside"}
ADAPTIVE = {"adagrad", "rmsprop", "adam", "adamw"}


def stepped(
    update: dict[str, Any], t: int, w: Value, g: Value, state: dict[str, Value]
) -> tuple[dict[str, Value], Value]:
    """The optimizer's state after iteration `t` and the new parameter; `state` is what the last one left."""
    name, form = update["optimizer"], update["form"]
    rate = update["learning_rate"]
    v, m = state.get("v", 0.0 * w), state.get("m", 0.0 * w)

    def divided(top: Value, square: Value) -> Value:
        epsilon = update.get("epsilon", 1e-8)
        root = np.sqrt(square + epsilon) if form == "epsilon_inside" else np.sqrt(square) + epsilon
        return rate * top / root

    if name == "sgd":
        return {}, w - rate * g
    if name in ("momentum", "nesterov"):
        mu = update.get("momentum", 0.9)
        v = mu * v + (g if form == "classical" else -rate * g)
        along = rate * v if form == "classical" else -v  # what plain momentum takes away
        return {"v": v}, w - (along if name == "momentum" else mu * along + rate * g)
    if name == "adagrad":
        v = v + g * g
        return {"v": v}, w - divided(g, v)
    if name == "rmsprop":
        rho = update.get("rho", 0.9)
        v = v * rho + g * g * (1 - rho)
        return {"v": v}, w - divided(g, v)
    beta1, beta2 = update.get("beta1", 0.9), update.get("beta2", 0.999)
    m = m * beta1 + g * (1 - beta1)
    v = v * beta2 + g * g * (1 - beta2)
    mhat, vhat = m / (1 - beta1**t), v / (1 - beta2**t)
    new = w - divided(mhat, vhat)
    if name == "adamw":
        new = new - rate * update.get("weight_decay", 0.01) * w
    return {"m": m, "v": v, "mhat": mhat, "vhat": vhat}, new


def effective(update: dict[str, Any], gradients: Env, parameters: Env) -> Env:
    """The gradients that the optimizer sees: clipped by value, then by their common norm, then with the decay added."""
    seen = dict(gradients)
    if "clip_value" in update:
        seen = {name: np.clip(g, -update["clip_value"], update["clip_value"]) for name, g in seen.items()}
    if "clip_norm" in update:
        norm = math.sqrt(math.fsum(float(x) ** 2 for g in seen.values() for x in np.ravel(g)))
        if norm > update["clip_norm"]:
            seen = {name: g * (update["clip_norm"] / norm) for name, g in seen.items()}
    if "weight_decay" in update and update["optimizer"] != "adamw":
        seen = {name: g + update["weight_decay"] * parameters[name] for name, g in seen.items()}
    return seen


# ---------------------------------------------------------------- a problem being drawn


class UnluckyError(Exception):
    """The numbers drawn lie where floats or corners would make two right answers differ; draw again."""


@dataclass
class Wish:
    """What a case is asked to hold, where its kind can hold it; '' is no wish."""

    activation: str = ""
    loss: str = ""
    optimizer: str = ""
    form: str = ""


@dataclass
class Equation:
    """`uses` are the names in it; `local` is how its local derivatives look: "" for none that are steps."""

    name: str
    text: str
    rule: Rule
    uses: tuple[str, ...]
    local: str = ""  # "elementwise" | "jacobian"; an equation of one number always has them
    margins: Rule | None = None  # distances from the nearest corner
    argument: str | None = None  # what an activation is applied to


@dataclass
class Draft:
    """A problem while it is drawn."""

    kind: str
    rng: random.Random
    wish: Wish
    givens: Env = field(default_factory=dict)
    targets: Env = field(default_factory=dict)
    parameters: Env = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    equations: list[Equation] = field(default_factory=list)
    loss: str = "L"
    loss_is_named: bool = True
    activations: list[str] = field(default_factory=list)
    loss_kind: str = ""
    conventions: dict[str, Any] = field(default_factory=dict)
    network: list[str] | None = None  # the lines of the shorthand that stands for all of it
    examples: int = 0

    def number(self, low: float = -1.0, high: float = 1.0) -> float:
        """A short decimal that is not 0."""
        while True:
            found = round(self.rng.uniform(low, high), self.rng.choice((1, 2, 2, 3)))
            if found:
                return found

    def array(self, *shape: int, low: float = -1.0, high: float = 1.0) -> Value:
        if not shape:
            return self.number(low, high)
        return np.array([self.array(*shape[1:], low=low, high=high) for _ in range(shape[0])])

    def given(self, name: str, *shape: int) -> str:
        self.givens[name] = self.array(*shape)
        return name

    def parameter(self, name: str, *shape: int) -> str:
        self.parameters[name] = self.array(*shape)
        return name

    def say(self, name: str, text: str, rule: Rule, *uses: str, local: str = "", margins: Rule | None = None) -> str:
        self.equations.append(Equation(name, text, rule, uses, local, margins))
        return name

    def activation(self, *, only: str = "", structural: bool = True) -> tuple[str, dict[str, float]]:
        """An activation's name and parameters: `only`, or the one wished for, or any."""
        plain = [name for name in ACTIVATIONS if structural or name != "softmax"]
        name = only or (self.wish.activation if self.wish.activation in plain else self.rng.choice(plain))
        self.wish.activation = ""  # once is enough
        settings = {}
        if name in PARAMETER and self.rng.random() < 0.6:
            settings[PARAMETER[name]] = self.number(0.05, 1.5)
        self.activations.append(name)
        return name, settings

    def activate(self, name: str, argument: str, chosen: tuple[str, dict[str, float]]) -> str:
        """The equation `name: activation(argument)`."""
        function, settings = chosen
        shown = ALIASES[function] if function in ALIASES and self.rng.random() < 0.2 else function
        text = f"{shown}({', '.join([argument, *map(number_text, settings.values())])})"
        apply = ACTIVATIONS[function]

        def margins(env: Env) -> Value:
            z = np.asarray(env[argument])
            if np.max(np.abs(z)) > LARGEST_ARGUMENT:
                raise UnluckyError
            return np.abs(z) if function in KINKED else np.ones(1)

        self.equations.append(
            Equation(
                name,
                text,
                lambda env: apply(env[argument], **settings),
                (argument,),
                "jacobian" if function == "softmax" else "elementwise",
                margins,
                argument,
            )
        )
        return name

    def pick_loss(self, *domains: str) -> tuple[str, dict[str, float]]:
        """A loss for a prediction of one of these domains (all where none is named), and its parameters."""
        fitting = [name for name, loss in LOSSES.items() if not domains or loss.domain in domains]
        name = self.wish.loss if self.wish.loss in fitting else self.rng.choice(fitting)
        settings = {"delta": self.number(0.2, 1.2)} if name == "huber" and self.rng.random() < 0.6 else {}
        self.loss_kind = name
        self.loss = self.rng.choice(("L", "L", "E", "J", "C"))
        return name, settings

    def output_for(self, loss: str, scalar: bool = False) -> tuple[str, dict[str, float]]:
        """An activation whose outputs the loss can take."""
        fixed = {"probability": "sigmoid", "distribution": "softmax", "logit": "linear", "logits": "linear"}
        return self.activation(only=fixed.get(LOSSES[loss].domain, ""), structural=not scalar)

    def target(self, name: str, loss: str, *shape: int) -> str:
        """A given that suits the loss: any number, -1 or 1, a probability, a distribution down each column."""
        domain = LOSSES[loss].domain
        if domain == "margin":
            drawn = np.array([self.rng.choice((-1.0, 1.0)) for _ in range(math.prod(shape))]).reshape(shape)
        elif domain in ("probability", "logit"):
            soft = self.rng.random() < 0.4
            picked = [
                self.number(0.05, 0.95) if soft else float(self.rng.randint(0, 1)) for _ in range(math.prod(shape))
            ]
            drawn = np.array(picked).reshape(shape)
        elif domain in ("distribution", "logits"):
            columns = [self.distribution(shape[0]) for _ in range(math.prod(shape[1:]))]
            drawn = np.array(columns).T if len(shape) == 2 else np.array(columns[0])
        else:
            drawn = self.array(*shape)
        self.givens[name] = drawn if shape else float(drawn)
        self.targets[name] = self.givens[name]
        return name

    def distribution(self, size: int) -> list[float]:
        """One-hot, or hundredths that add up to 1; some are 0."""
        if self.rng.random() < 0.5:
            hot = self.rng.randrange(size)
            return [float(i == hot) for i in range(size)]
        cuts = sorted(self.rng.choice(range(0, 101, 5)) for _ in range(size - 1))
        return [(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]

    def reduced(self, element: Value, mean: bool) -> Value:
        """Over the outputs of an example and over the examples, as the loss and the conventions say."""
        declared = self.conventions.get("output_reduction", "as_defined")
        mean = mean if declared == "as_defined" else declared == "mean"
        if np.ndim(element) == 0:
            return element
        for_example = anp.mean(element, axis=0) if mean else anp.sum(element, axis=0)
        if np.ndim(for_example) == 0:
            return for_example
        summed = self.conventions.get("batch_reduction", "mean") == "sum"
        return anp.sum(for_example) if summed else anp.mean(for_example)

    def lose(self, chosen: tuple[str, dict[str, float]], pairs: list[tuple[str, str]], mean_over_pairs: bool) -> None:
        """The loss of these predictions and targets: the sum over the pairs, or their mean."""
        name, settings = chosen
        loss = LOSSES[name]
        scalar = np.ndim(self.givens[pairs[0][1]]) == 0
        written = bool(loss.written) and scalar and not settings and self.rng.random() < 0.4

        def shown(a: str, y: str) -> str:
            if written:
                return "(" * (len(pairs) > 1) + loss.written.replace("A", a).replace("Y", y) + ")" * (len(pairs) > 1)
            return f"{name}({', '.join([a, y, *map(number_text, settings.values())])})"

        text = " + ".join(shown(a, y) for a, y in pairs)
        count = len(pairs)
        if mean_over_pairs and count > 1:
            text = f"({text})/{count}"

        def rule(env: Env) -> Value:
            total: Value = 0.0
            for a, y in pairs:
                total = total + self.reduced(loss.element(env[a], env[y], **settings), loss.mean)
            return total / count if mean_over_pairs else total

        def margins(env: Env) -> Value:
            if loss.margins is None:
                return np.ones(1)
            return np.concatenate([np.abs(np.ravel(loss.margins(env[a], env[y], **settings))) for a, y in pairs])

        self.say(self.loss, text, rule, *(n for pair in pairs for n in pair), margins=margins)


def affine(weights: Value, below: Value, bias: Value) -> Value:
    """Weights times what is below, plus the bias for every example."""
    total = anp.dot(weights, below)
    return total + (bias[:, None] if np.ndim(total) == 2 and np.ndim(bias) == 1 else bias)


# ---------------------------------------------------------------- the kinds


def neuron(d: Draft) -> None:
    """One neuron, everything a single number."""
    inputs = [d.given(f"x{i}") for i in range(1, d.rng.randint(1, 3) + 1)]
    loss = d.pick_loss("any", "margin", "probability", "logit")
    weighted_sum(d, "z", inputs, [d.parameter(f"w{i}") for i in range(1, len(inputs) + 1)], d.parameter("b"))
    d.activate("a", "z", d.output_for(loss[0], scalar=True))
    d.lose(loss, [("a", d.target("y", loss[0]))], False)


def weighted_sum(d: Draft, name: str, inputs: list[str], weights: list[str], bias: str) -> str:
    text = " + ".join(f"{w}*{x}" for w, x in zip(weights, inputs, strict=True)) + f" + {bias}"
    pairs = list(zip(weights, inputs, strict=True))
    return d.say(name, text, lambda env: sum((env[w] * env[x] for w, x in pairs), env[bias]), *weights, *inputs, bias)


def scalar_net(d: Draft) -> None:
    """A net written out unit by unit; the units of a layer may share one bias."""
    sizes = d.rng.choice(((2, 2, 1), (2, 2, 2), (3, 2, 2)))
    loss = d.pick_loss("any", "margin", "probability", "logit")
    shared = d.rng.random() < 0.3
    below = [d.given(f"i{k}") for k in range(1, sizes[0] + 1)]
    hidden = d.activation(structural=False)
    output = d.output_for(loss[0], scalar=True)
    count = 0
    for layer, (letter, size, chosen) in enumerate((("h", sizes[1], hidden), ("o", sizes[2], output)), 1):
        units = []
        for k in range(1, size + 1):
            weights = [d.parameter(f"w{count + j}") for j in range(1, len(below) + 1)]
            count += len(below)
            bias = f"b{layer}" if shared else f"b{letter}{k}"
            if bias not in d.parameters:
                d.parameter(bias)
            z = weighted_sum(d, f"z{letter}{k}", below, weights, bias)
            units.append(d.activate(f"{letter}{k}", z, chosen))
        below = units
    pairs = [(o, d.target(f"t{k}", loss[0])) for k, o in enumerate(below, 1)]
    d.lose(loss, pairs, LOSSES[loss[0]].mean)


def dense(d: Draft, examples: int = 0, *domains: str, shorthand: bool = False) -> None:
    """Dense layers as arrays: by explicit equations or by the shorthand, for one example or for a batch."""
    d.examples = examples
    batch = (examples,) if examples else ()
    loss = d.pick_loss(*domains)
    sizes = [d.rng.randint(1, 4)]
    if d.rng.random() < 0.7:
        sizes.append(d.rng.randint(2, 5))
    sizes.append(d.rng.randint(2, 3))
    if examples and d.rng.random() < 0.6:
        declare(d)
    below = d.given("x", sizes[0], *batch)
    last = len(sizes) - 1
    layers = []
    for k in range(1, last + 1):
        d.parameter(f"W{k}", sizes[k], sizes[k - 1])
        d.parameter(f"b{k}", sizes[k])
        W, b, source = f"W{k}", f"b{k}", below
        d.say(
            f"z{k}", f"{W} @ {source} + {b}", lambda env, W=W, b=b, source=source: affine(env[W], env[source], env[b])
        )
        chosen = d.output_for(loss[0]) if k == last else d.activation()
        below = d.activate(f"a{k}", f"z{k}", chosen)
        layers.append((W, b, chosen))
    d.lose(loss, [(below, d.target("y", loss[0], sizes[-1], *batch))], False)
    if shorthand:
        d.loss = d.equations[-1].name = "L"  # the shorthand's own names cannot be chosen
        for W, b, _ in layers:
            for name in (W, b):
                if d.rng.random() < 0.15 and len(d.frozen) + 1 < len(d.parameters):
                    d.frozen.add(name)
        d.network = shorthand_lines(d, layers, loss)


def declare(d: Draft) -> None:
    """A batch under other conventions than the defaults."""
    picked = d.rng.choice(("batch_reduction", "batch_mean_at", "output_reduction"))
    d.conventions[picked] = {
        "batch_reduction": "sum",
        "batch_mean_at": "parameters",
        "output_reduction": d.rng.choice(("sum", "mean")),
    }[picked]


def shorthand_lines(
    d: Draft, layers: list[tuple[str, str, tuple[str, dict[str, float]]]], loss: tuple[str, dict[str, float]]
) -> list[str]:
    def called(chosen: tuple[str, dict[str, float]]) -> str:
        name, settings = chosen
        if not settings:
            return name
        return f"{{{name}: {{{', '.join(f'{k}: {number_text(v)}' for k, v in settings.items())}}}}}"

    lines = [
        "network:",
        f"  input: {{x: {value_text(d.givens['x'])}}}",
        f"  target: {{y: {value_text(d.givens['y'])}}}",
        "  layers:",
    ]
    for W, b, chosen in layers:
        frozen = "".join(f", train_{part}: false" for part, n in (("weights", W), ("bias", b)) if n in d.frozen)
        lines.append(
            f"    - {{weights: {value_text(d.parameters[W])}, bias: {value_text(d.parameters[b])}, "
            f"activation: {called(chosen)}{frozen}}}"
        )
    return [*lines, f"  loss: {called(loss)}"]


def recurrent(d: Draft) -> None:
    """Three steps of a recurrent net that share their weights, as single numbers or as vectors."""
    vectors = d.rng.random() < 0.6
    n, h, o = (2, d.rng.randint(2, 3), 2) if vectors else (0, 0, 0)
    shape = (lambda *sizes: sizes) if vectors else (lambda *sizes: ())
    loss = d.pick_loss() if vectors else d.pick_loss("any", "margin", "probability", "logit")
    d.given("h0", *shape(h))
    for name, sizes in (("U", (h, n)), ("R", (h, h)), ("b", (h,)), ("V", (o, h)), ("c", (o,))):
        d.parameter(name, *shape(*sizes))
    hidden, output = d.activation(structural=vectors), d.output_for(loss[0], scalar=not vectors)
    times = " @ " if vectors else "*"
    pairs = []
    for t in (1, 2, 3):
        x, before = d.given(f"x{t}", *shape(n)), f"h{t - 1}"
        d.say(
            f"s{t}",
            f"U{times}{x} + R{times}{before} + b",
            lambda env, x=x, before=before: anp.dot(env["U"], env[x]) + anp.dot(env["R"], env[before]) + env["b"],
            *(() if vectors else ("U", x, "R", before, "b")),
        )
        state = d.activate(f"h{t}", f"s{t}", hidden)
        if t == 3 or d.rng.random() < 0.7:
            d.say(
                f"q{t}",
                f"V{times}{state} + c",
                lambda env, state=state: anp.dot(env["V"], env[state]) + env["c"],
                *(() if vectors else ("V", state, "c")),
            )
            out = d.activate(f"o{t}", f"q{t}", output)
            pairs.append((out, d.target(f"y{t}", loss[0], *shape(o))))
    d.lose(loss, pairs, False)


def windows(array: Value, size: int) -> list[list[Value]]:
    """The places of each window of `size` (by `size`), side by side; what does not fill one is left out."""
    counts = [n // size for n in array.shape]
    if len(counts) == 1:
        return [[array[i * size + p] for p in range(size)] for i in range(counts[0])]
    return [
        [array[i * size + p, j * size + q] for p in range(size) for q in range(size)]
        for i in range(counts[0])
        for j in range(counts[1])
    ]


def pooled(array: Value, size: int, how: Callable[[Value], Value]) -> Value:
    flat = anp.array([how(anp.array(window)) for window in windows(array, size)])
    return anp.reshape(flat, tuple(n // size for n in array.shape))


def tie_margins(array: Value, size: int) -> Value:
    """How far the largest of each window is from the next."""
    ranked = [sorted(float(v) for v in window) for window in windows(array, size)]
    return np.array([window[-1] - window[-2] for window in ranked])


def correlate(array: Value, kernel: Value) -> Value:
    """Valid cross-correlation with stride 1, term by term."""
    if np.ndim(kernel) == 1:
        n = array.shape[0] - kernel.shape[0] + 1
        return sum(kernel[p] * array[p : p + n] for p in range(kernel.shape[0]))
    rows, columns = (a - k + 1 for a, k in zip(array.shape, kernel.shape, strict=True))
    return sum(
        kernel[p, q] * array[p : p + rows, q : q + columns]
        for p in range(kernel.shape[0])
        for q in range(kernel.shape[1])
    )


def convolution(d: Draft, rank: int) -> None:
    """A convolution, its activation, a pooling and a dense layer."""
    if rank == 1:
        d.given("x", d.rng.randint(6, 8))
        d.parameter("k", d.rng.choice((2, 3)))
        image, kernel = "x", "k"
    else:
        side = d.rng.randint(4, 6)
        d.given("X", side, side + d.rng.randint(0, 1))
        d.parameter("K", 2, d.rng.choice((2, 3)))
        image, kernel = "X", "K"
    d.parameter("c")
    d.say("z", f"conv{rank}d({image}, {kernel}) + c", lambda env: correlate(env[image], env[kernel]) + env["c"])
    d.activate("a", "z", d.activation(structural=False))
    largest = d.rng.random() < 0.6
    d.say(
        "p",
        f"{'max' if largest else 'avg'}_pool(a, 2)",
        lambda env: pooled(env["a"], 2, anp.max if largest else anp.mean),
        margins=(lambda env: tie_margins(np.asarray(env["a"]), 2)) if largest else None,
    )
    n = d.givens[image].shape
    m = d.parameters[kernel].shape
    size = [(a - b + 1) // 2 for a, b in zip(n, m, strict=True)]
    d.parameter("b")
    if rank == 1 and d.rng.random() < 0.5:
        loss = d.pick_loss()
        d.parameters["b"] = d.array(2)
        d.parameter("V", 2, size[0])
        d.say("u", "V @ p + b", lambda env: anp.dot(env["V"], env["p"]) + env["b"])
        d.activate("o", "u", d.output_for(loss[0]))
        d.lose(loss, [("o", d.target("y", loss[0], 2))], False)
        return
    loss = d.pick_loss("any", "margin", "probability", "logit")
    d.parameter("V", *size)
    d.say("u", "sum(V*p) + b", lambda env: anp.sum(env["V"] * env["p"]) + env["b"], "V", "p", "b")
    d.activate("o", "u", d.output_for(loss[0], scalar=True))
    d.lose(loss, [("o", d.target("y", loss[0]))], False)


def slices(d: Draft) -> None:
    """Gates cut out of one vector and put together again; elements count from 1, both ends included."""
    loss = d.pick_loss()
    n = d.rng.randint(2, 3)
    d.given("x", n)
    d.parameter("W", 5, n)
    d.parameter("b", 5)
    d.say("h", "W @ x + b", lambda env: anp.dot(env["W"], env["x"]) + env["b"])
    d.say("s", "h[1:2]", lambda env: env["h"][0:2])
    d.say("r", "h[3:4]", lambda env: env["h"][2:4])
    d.activate("u", "s", d.activation(structural=False))
    d.activate("v", "r", d.activation(structural=False))
    d.say("g", "u*v", lambda env: env["u"] * env["v"], "u", "v", local="elementwise")
    d.say("f", "h[5] + W[2,1]", lambda env: env["h"][4] + env["W"][1, 0])
    d.say(
        "c",
        d.rng.choice(("concat(g, u, f)", "concat(g, s, h[5] + W[2,1])")),
        lambda env: anp.concatenate([env["g"], env["u"], anp.reshape(env["f"], (1,))]),
    )
    if "s," in d.equations[-1].text:
        d.equations[-1].rule = lambda env: anp.concatenate(
            [env["g"], env["s"], anp.reshape(env["h"][4] + env["W"][1, 0], (1,))]
        )
    d.parameter("V", 2, 3)
    d.say("q", "V @ c[2:4] + x[1]", lambda env: anp.dot(env["V"], env["c"][1:4]) + env["x"][0])
    d.activate("o", "q", d.output_for(loss[0]))
    d.lose(loss, [("o", d.target("y", loss[0], 2))], False)


def functions(d: Draft) -> None:
    """The functions of the language; nothing is named as the loss, so the last equation is differentiated."""
    d.loss, d.loss_is_named = "f", False
    d.given("p", 3)
    d.parameter("u", 3)
    d.parameter("v", 3)
    d.parameter("s")
    d.parameter("M", 2, 3)
    offset = d.number(0.5, 2.0)
    d.say("q", "dot(u, v)*s", lambda env: anp.dot(env["u"], env["v"]) * env["s"], "u", "v", "s")
    d.say("r", f"sum(u^2) + {offset}", lambda env: anp.sum(env["u"] ** 2) + offset, "u")
    d.say("g", "exp(u)/(1 + v^2)", lambda env: anp.exp(env["u"]) / (1 + env["v"] ** 2), "u", "v", local="elementwise")
    d.say("O", "outer(p, g)", lambda env: anp.outer(env["p"], env["g"]))
    d.say("N", "M @ transpose(O)", lambda env: anp.dot(env["M"], env["O"].T))
    d.say("k", "mean(N*M) - q/r", lambda env: anp.mean(env["N"] * env["M"]) - env["q"] / env["r"], "N", "M", "q", "r")
    higher = d.rng.choice(("max", "min"))
    choose = anp.maximum if higher == "max" else anp.minimum
    d.say(
        "t",
        f"{higher}(u, v)",
        lambda env: choose(env["u"], env["v"]),
        "u",
        "v",
        local="elementwise",
        margins=lambda env: np.abs(env["u"] - env["v"]),
    )
    d.say(
        "w",
        "sqrt(r) + ln(r)*abs(k) - s^3",
        lambda env: anp.sqrt(env["r"]) + anp.log(env["r"]) * anp.sqrt(env["k"] ** 2) - env["s"] ** 3,
        "r",
        "k",
        "s",
        margins=lambda env: np.abs(env["k"]),
    )
    d.activate("a", "t", d.activation())
    d.say(
        "f",
        "w*q + sum(a*t) - e^(-k)/pi + 2^q + tanh(s)*erf(k)",
        lambda env: (
            env["w"] * env["q"]
            + anp.sum(env["a"] * env["t"])
            - anp.exp(-env["k"]) / math.pi
            + anp.exp(env["q"] * math.log(2))
            + anp.tanh(env["s"]) * erf(env["k"])
        ),
    )


KINDS: dict[str, Callable[[Draft], None]] = {
    "neuron": neuron,
    "scalar_net": scalar_net,
    "arrays": dense,
    "network": lambda d: dense(d, shorthand=True),
    "batch": lambda d: dense(d, d.rng.randint(2, 4)),
    "network_batch": lambda d: dense(d, d.rng.randint(2, 4), shorthand=True),
    "softmax": lambda d: dense(d, 0, "distribution"),
    "logits": lambda d: dense(d, d.rng.choice((0, 0, 3)), "logit", "logits"),
    "rnn": recurrent,
    "conv1d": lambda d: convolution(d, 1),
    "conv2d": lambda d: convolution(d, 2),
    "slices": slices,
    "functions": functions,
}


# ---------------------------------------------------------------- the right values


def worked(d: Draft, update: dict[str, Any] | None) -> Env:
    """Every step of the problem: forward values, gradients, local derivatives, state and updates, all iterations.

    Raises:
        UnluckyError: a value lies too near to a corner, or is too large to be told apart.
    """
    parameters = dict(d.parameters)
    states: dict[str, dict[str, Value]] = {name: {} for name in parameters}
    found: Env = {}
    for t in range(1, (update["iterations"] if update else 1) + 1):
        suffix = f"@{t}" if t > 1 else ""
        once = differentiated(d, parameters)
        if update:
            trained = [name for name in parameters if name not in d.frozen]
            gradients = {name: once[f"d{d.loss}_d{name}"] for name in trained}
            if update["optimizer"] in ADAPTIVE:
                sizes = np.concatenate([np.abs(np.ravel(g)) for g in gradients.values()])
                if np.any((sizes > 0) & (sizes < 1e-6)):  # a step of g/(|g| + epsilon) would enlarge its last digits
                    raise UnluckyError
            seen = effective(update, gradients, parameters)
            for name in trained:
                states[name], new = stepped(update, t, parameters[name], seen[name], states[name])
                once.update({f"{state}_{name}": value for state, value in states[name].items()})
                once[f"{name}_new"] = new
            parameters.update({name: once[f"{name}_new"] for name in trained})
        found.update({f"{name}{suffix}": value for name, value in once.items()})
    if any(not np.all(np.abs(value) < LARGEST_VALUE) for value in found.values()):
        raise UnluckyError
    return found


def forward(d: Draft, leaves: Env, nudges: Env | None = None) -> Env:
    """Every value; each equation's is moved by its nudge, so that a slope by the nudge is the gradient."""
    env = {**d.givens, **{name: leaves[name] for name in leaves}}
    for equation in d.equations:
        value = equation.rule(env)
        env[equation.name] = value if nudges is None else value + nudges[equation.name]
    return env


def differentiated(d: Draft, parameters: Env) -> Env:
    """The steps of one pass: equations, their local derivatives, the gradients of the loss."""
    env = forward(d, parameters)
    found: Env = {equation.name: env[equation.name] for equation in d.equations}
    for equation in d.equations:
        if equation.margins is not None and np.min(equation.margins(env)) < NEAREST_KINK:
            raise UnluckyError
    inputs = [name for name in d.givens if name not in d.targets]
    leaves = {**parameters, **{name: d.givens[name] for name in inputs}}
    nudges = {equation.name: np.zeros(np.shape(env[equation.name])) for equation in d.equations}
    by_leaf, by_nudge = grad(lambda both: forward(d, both[0], both[1])[d.loss])((leaves, nudges))
    at_parameters = d.conventions.get("batch_mean_at") == "parameters"
    for name, value in by_leaf.items():
        if not (at_parameters and name in inputs):  # whether an input is on the way is a matter of taste
            found[f"d{d.loss}_d{name}"] = value
    for equation in d.equations:
        if equation.name != d.loss:
            scale = d.examples if at_parameters else 1
            found[f"d{d.loss}_d{equation.name}"] = by_nudge[equation.name] * scale
            found.update(local_derivatives(equation, env))
    return found


def local_derivatives(equation: Equation, env: Env) -> Env:
    """The local derivatives of an equation that are steps, by name."""
    found: Env = {}
    for parent in dict.fromkeys(equation.uses):

        def alone(value: Value, parent: str = parent) -> Value:
            return equation.rule({**env, parent: value})

        at = np.asarray(env[parent], dtype=float)
        name = f"d{equation.name}_d{parent}"
        shape = np.shape(env[equation.name])
        if shape == ():
            found[name] = grad(alone)(at)
        elif equation.local == "elementwise" and at.shape == shape:
            found[name] = elementwise_grad(alone)(at)
        elif equation.local == "jacobian" and len(shape) == 1:
            found[name] = jacobian(alone)(at)
    return found


# ---------------------------------------------------------------- a case


def random_update(rng: random.Random, wish: Wish) -> dict[str, Any] | None:
    """Settings for an optimizer: the one wished for or any, some settings left to their defaults."""
    if not wish.optimizer and rng.random() < 0.1:
        return None
    fitting = [(name, form) for name, form in OPTIMIZERS if wish.optimizer in ("", name) and wish.form in ("", form)]
    name, form = rng.choice(fitting)
    update: dict[str, Any] = {
        "optimizer": name,
        "form": form,
        "learning_rate": rng.choice((0.01, 0.05, 0.1, 0.5)),
        "iterations": rng.choice((1, 1, 1, 2, 3)),
    }

    def maybe(key: str, *choices: float, likely: float = 0.5) -> None:
        if rng.random() < likely:
            update[key] = rng.choice(choices)

    if name in ("momentum", "nesterov"):
        maybe("momentum", 0.5, 0.8, 0.95)
    if name == "rmsprop":
        maybe("rho", 0.5, 0.99)
    if name in ("adam", "adamw"):
        maybe("beta1", 0.5, 0.8)
        maybe("beta2", 0.9, 0.99)
    if name in ADAPTIVE:
        maybe("epsilon", 0.001, 0.1, 1e-6)
    maybe("weight_decay", 0.01, 0.1, likely=0.25)
    maybe("clip_value", 0.05, 0.2, likely=0.15)
    maybe("clip_norm", 0.1, 0.5, likely=0.15)
    return update


def number_text(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def value_text(value: Value) -> str:
    if np.ndim(value) == 0:
        return number_text(value)
    return f"[{', '.join(value_text(item) for item in value)}]"


def yaml_of(d: Draft, update: dict[str, Any] | None, ask: tuple[str, ...]) -> str:
    """The problem file."""
    lines = ["format: check-backprop/problem@1", f"id: oracle-{d.kind.replace('_', '-')}", f"title: a random {d.kind}"]
    if d.network is not None:
        lines += d.network
    else:
        for section, quantities in (("given", d.givens), ("parameters", d.parameters)):
            lines += [f"{section}:", *(f"  {name}: {value_text(value)}" for name, value in quantities.items())]
        named = d.equations[:-1] if d.loss_is_named else d.equations
        lines += ["forward:", *(f"  {equation.name}: {equation.text}" for equation in named)]
        if d.loss_is_named:
            lines += ["loss:", f"  {d.loss}: {d.equations[-1].text}"]
    if update:
        shown = {
            key: value if isinstance(value, str) else number_text(value)
            for key, value in update.items()
            if not (key == "form" and value in FIRST_FORMS) and not (key == "iterations" and value == 1)
        }
        lines.append(f"update: {{{', '.join(f'{key}: {value}' for key, value in shown.items())}}}")
    if d.conventions:
        lines.append(f"conventions: {{{', '.join(f'{key}: {value}' for key, value in d.conventions.items())}}}")
    lines.append(f"ask: [{', '.join(ask)}]")
    return "\n".join(lines) + "\n"


def random_case(
    rng: random.Random,
    *,
    kind: str | None = None,
    activation: str = "",
    loss: str = "",
    optimizer: str = "",
    form: str = "",
) -> Case:
    """A random problem of the kind (any where None), with the value of everything it asks for.

    It holds the activation, loss and optimizer asked for where a problem of its kind can: a neuron has no softmax, and
    an output is what its loss can take.

    Raises:
        KeyError: an unknown kind.
        RuntimeError: no problem away from all corners was found in 500 draws.
    """
    kind = kind or rng.choice(list(KINDS))
    for _ in range(500):
        wish = Wish(activation, loss, optimizer, form)
        draft = Draft(kind, rng, wish)
        update = random_update(rng, wish)
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
                KINDS[kind](draft)
                values = worked(draft, update)
        except (UnluckyError, FloatingPointError):
            continue
        ask = tuple(values)
        return Case(
            yaml_of(draft, update, ask),
            {name: np.asarray(value, dtype=float).tolist() for name, value in values.items()},
            kind,
            tuple(draft.activations),
            draft.loss_kind,
            update["optimizer"] if update else "",
            ask,
            update["form"] if update else "",
            tuple(f"{key}={value}" for key, value in draft.conventions.items()),
        )
    raise RuntimeError(f"no {kind} with {activation or 'any activation'} and {loss or 'any loss'} in 500 draws")


def cases(count: int, seed: int) -> Iterator[Case]:
    """So many cases that go round all kinds, activations, losses and optimizers' forms; the same for the same seed."""
    kinds, activations, losses = list(KINDS), list(ACTIVATIONS), list(LOSSES)
    for i in range(count):
        rng = random.Random(f"{seed}/{i}")
        optimizer, form = OPTIMIZERS[(i + i // 13) % len(OPTIMIZERS)]
        yield random_case(
            rng,
            kind=kinds[i % len(kinds)],
            activation=activations[(i + i // 15) % len(activations)],
            loss=losses[i % len(losses)],
            optimizer=optimizer if i % 17 else "",
            form=form if i % 17 else "",
        )
