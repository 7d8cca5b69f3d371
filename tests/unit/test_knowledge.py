"""The tables against the oracle's own writing of every entry, which shares no code with them."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracle import networks as oracle

from checker.expression.parser import parse
from checker.expression.tree import Binary, Call, Name, Negative, Number
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.conventions import CONVENTIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.expression.tree import Expression
    from checker.knowledge.entries import Form, Optimizer
    from checker.table import Table

DOCUMENT = Path(__file__).parents[2] / "docs" / "conventions.md"
TABLES: tuple[Table[Any], ...] = (ACTIVATIONS, LOSSES, OPTIMIZERS, CONVENTIONS)

AT_KINK = 0.25  # a value no convention has, so that a formula that forgets the corner is caught
DIFFERENTIABLE = {
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "max": np.maximum,
    "min": np.minimum,
    "tanh": np.tanh,
    "erf": np.vectorize(math.erf, otypes=[float]),
    "column_sum": lambda x: np.sum(x, axis=0),
}
FUNCTIONS = {
    **DIFFERENTIABLE,
    "step": lambda x: np.heaviside(x, AT_KINK),
    "diag": np.diag,
    "outer": np.outer,
    "softplus": oracle.softplus,
    "softmax": oracle.softmax,
}


def parts(tree: Expression) -> Iterator[Expression]:
    yield tree
    if isinstance(tree, Negative):
        yield from parts(tree.operand)
    elif isinstance(tree, Binary):
        yield from parts(tree.left)
        yield from parts(tree.right)
    elif isinstance(tree, Call):
        for argument in tree.arguments:
            yield from parts(argument)


def names(text: str) -> set[str]:
    return {part.name for part in parts(parse(text, FUNCTIONS)) if isinstance(part, Name)}


def calls(text: str) -> set[str]:
    return {part.function for part in parts(parse(text, FUNCTIONS)) if isinstance(part, Call)}


def value(text: str, **env: Any) -> Any:
    """What a formula gives, by a reading of the tree that serves no other purpose."""

    def of(tree: Expression) -> Any:
        match tree:
            case Number():
                return float(tree.value)
            case Name():
                return {"pi": math.pi, **env}[tree.name]
            case Negative():
                return -of(tree.operand)
            case Call():
                return FUNCTIONS[tree.function](*map(of, tree.arguments))
            case Binary():
                left, right = of(tree.left), of(tree.right)
                return {
                    "+": lambda: left + right,
                    "-": lambda: left - right,
                    "*": lambda: left * right,
                    "/": lambda: left / right,
                    "^": lambda: left**right,
                }[tree.operator]()
        raise AssertionError(tree)

    return of(parse(text, FUNCTIONS))


def defaults(parameters: tuple[tuple[str, str], ...]) -> dict[str, float]:
    return {name: float(text) for name, text in parameters if text}


def settings(parameters: tuple[tuple[str, str], ...]) -> list[dict[str, float]]:
    """The defaults, and other values."""
    usual = defaults(parameters)
    return [usual, dict.fromkeys(usual, 0.3), dict.fromkeys(usual, 1.7)] if usual else [{}]


# ---------------------------------------------------------------- every table


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_every_entry_has_a_source_and_a_summary_of_one_sentence(table: Table[Any]) -> None:
    for entry in table.values():
        assert len(entry.source) > 15, entry.name
        assert entry.summary.endswith("."), entry.name
        assert ". " not in entry.summary, entry.name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_no_name_stands_for_two_entries(table: Table[Any]) -> None:
    called = [name for entry in table.values() for name in (entry.name, *entry.aliases)]
    assert len(called) == len(set(called))
    assert all(name.isidentifier() and name == name.lower() for name in called)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_entries_cannot_be_changed(table: Table[Any]) -> None:
    for entry in table.values():
        with pytest.raises(FrozenInstanceError):
            entry.name = "another"
        assert not any(isinstance(getattr(entry, f.name), (list, dict, set)) for f in fields(entry))


def test_no_activation_is_called_like_a_loss() -> None:
    losses = {name for entry in LOSSES.values() for name in (entry.name, *entry.aliases)}
    assert not any(name in ACTIVATIONS for name in losses)


def test_the_oracle_knows_every_entry() -> None:
    assert set(ACTIVATIONS) == set(oracle.ACTIVATIONS)
    assert set(LOSSES) == set(oracle.LOSSES)
    assert [(o.name, f.name) for o in OPTIMIZERS.values() for f in o.forms] == list(oracle.OPTIMIZERS)


# ---------------------------------------------------------------- activations


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_uses_what_can_be_differentiated(name: str) -> None:
    entry = ACTIVATIONS[name]
    parameters = {parameter for parameter, _ in entry.parameters}
    assert names(entry.formula) - {"pi"} == {"z"} | parameters
    assert calls(entry.formula) <= set(DIFFERENTIABLE)
    if entry.slope is not None:
        assert names(entry.slope) <= {"a"} | parameters
    if entry.backward is not None:
        assert names(entry.backward) == {"a", "g"}
    assert entry.kink is None or entry.kink in CONVENTIONS
    assert (entry.kink is not None) == bool(calls(entry.formula) & {"max", "min"})


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_what_the_oracle_has_under_its_name(name: str) -> None:
    entry = ACTIVATIONS[name]
    for chosen in settings(entry.parameters):
        for z in (np.linspace(-6, 6, 49), np.array([0.3]), np.arange(12.0).reshape(3, 4) / 4 - 1.3):
            assert value(entry.formula, z=z, **chosen) == pytest.approx(
                oracle.ACTIVATIONS[name](z, **chosen), rel=1e-12, abs=1e-15
            )


@pytest.mark.parametrize(
    ("name", "z", "published"),
    [
        ("sigmoid", 1, 0.7310585786300049),
        ("tanh", 1, 0.7615941559557649),
        ("elu", -1, -0.6321205588285577),
        ("selu", -1, -1.1113307378125625),
        ("softplus", 0, 0.6931471805599453),
        ("softsign", -3, -0.75),
        ("silu", 1, 0.7310585786300049),
        ("gelu", 1, 0.8413447460685429),
        ("gelu_tanh", 1, 0.8411919906082768),
        ("mish", 1, 0.8650983882673103),
        ("leaky_relu", -2, -0.02),
    ],
)
def test_known_values(name: str, z: float, published: float) -> None:
    entry = ACTIVATIONS[name]
    assert value(entry.formula, z=float(z), **defaults(entry.parameters)) == pytest.approx(published, abs=1e-12)


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.slope and name != "softmax"])
def test_a_slope_from_the_output_is_the_slope(name: str) -> None:
    entry = ACTIVATIONS[name]
    for chosen in settings(entry.parameters):
        for z in np.linspace(-3.03, 3.02, 44):
            h = 1e-4
            f = [value(entry.formula, z=z + k * h, **chosen) for k in (-2, -1, 1, 2)]
            measured = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h)
            a = value(entry.formula, z=z, **chosen)
            if entry.slope_holds == "relu_at_zero = 0" and a == 0:
                continue  # a dead unit: below
            assert value(entry.slope or "", a=a, **chosen) == pytest.approx(measured, rel=1e-9, abs=1e-10)


def test_a_slope_from_the_output_holds_only_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in ACTIVATIONS.values():
        if entry.slope_holds:
            name, comparison, zero = entry.slope_holds.split()
            assert name == entry.kink or name in dict(entry.parameters)
            assert comparison in ("=", ">")
            assert zero == "0"
    relu, leaky, elu = (ACTIVATIONS[name] for name in ("relu", "leaky_relu", "elu"))
    dead = value(relu.formula, z=-2.0)
    assert value(relu.slope or "", a=dead) == AT_KINK  # wrong for a dead unit, unless the convention is 0
    monkeypatch.setitem(FUNCTIONS, "step", lambda x: np.heaviside(x, 0))
    assert value(relu.slope or "", a=dead) == 0
    for entry, negative in ((leaky, {"slope": -0.5}), (elu, {"alpha": -0.5})):
        a = value(entry.formula, z=-1.0, **negative)
        assert a > 0
        assert value(entry.slope or "", a=a, **negative) == 1  # wrong: the output does not tell the side


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "selu"])
@pytest.mark.parametrize("corner", [0, 0.5, 1])
def test_at_the_corner_the_output_gives_the_slope_that_is_declared(
    name: str, corner: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FUNCTIONS, "step", lambda x: np.heaviside(x, corner))
    entry = ACTIVATIONS[name]
    chosen = {parameter: 0.3 for parameter, _ in entry.parameters}
    h = 1e-9
    left = -value(entry.formula, z=-h, **chosen) / h
    right = value(entry.formula, z=h, **chosen) / h
    declared = corner * right + (1 - corner) * left
    assert value(entry.slope or "", a=0.0, **chosen) == pytest.approx(declared, rel=1e-6)


def test_softmax_from_its_output() -> None:
    entry = ACTIVATIONS["softmax"]
    z, g = np.array([0.2, -1.1, 0.7]), np.array([0.5, -0.3, 0.1])
    a = value(entry.formula, z=z)
    h = 1e-5
    measured = np.array(
        [(value(entry.formula, z=z + h * e) - value(entry.formula, z=z - h * e)) / (2 * h) for e in np.eye(3)]
    ).T
    assert value(entry.slope or "", a=a) == pytest.approx(measured, abs=1e-9)
    assert value(entry.backward or "", a=a, g=g) == pytest.approx(measured.T @ g, abs=1e-9)


# ---------------------------------------------------------------- losses

PREDICTIONS = {
    "any": (np.array([-1.2, 0.3, 0.9, 2.5]), np.array([0.5, 0.2, 1.0, -1.0])),
    "margin": (np.array([-1.2, 0.3, 0.9, 2.5]), np.array([1.0, -1.0, 1.0, 1.0])),
    "probability": (np.array([0.1, 0.4, 0.8, 0.99]), np.array([0.0, 1.0, 0.3, 1.0])),
    "logit": (np.array([-3.0, 0.0, 0.8, 4.0]), np.array([0.0, 1.0, 0.3, 1.0])),
    "distribution": (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 0.5, 0.25, 0.25])),
    "logits": (np.array([-1.0, 0.0, 0.8, 2.0]), np.array([0.0, 0.5, 0.25, 0.25])),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_uses_its_arguments_and_what_can_be_differentiated(name: str) -> None:
    entry = LOSSES[name]
    assert names(entry.element) == {*entry.arguments, *(parameter for parameter, _ in entry.parameters)}
    assert calls(entry.element) <= {*DIFFERENTIABLE, *ACTIVATIONS, "step"}
    assert entry.outputs in ("sum", "mean")
    assert (entry.outputs == "mean") == oracle.LOSSES[name].mean
    assert (entry.arguments[0] == "z") == ("logit" in oracle.LOSSES[name].domain)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_what_the_oracle_has_under_its_name(name: str) -> None:
    entry, right = LOSSES[name], oracle.LOSSES[name]
    prediction, target = PREDICTIONS[right.domain]
    for chosen in settings(entry.parameters):
        env = {entry.arguments[0]: prediction, entry.arguments[1]: target, **chosen}
        expected = right.element(prediction, target, **chosen)
        assert value(entry.element, **env) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("at_zero", [0, 0.5, 1])
def test_a_target_of_zero_adds_nothing_to_the_divergence(at_zero: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "step", lambda x: np.heaviside(x, at_zero))
    element = LOSSES["kl_divergence"].element
    assert value(element, a=0.3, y=0.0) == 0
    assert value(element, a=0.3, y=0.5) == pytest.approx(0.5 * math.log(0.5 / 0.3))


# ---------------------------------------------------------------- optimizers

FORMS = [(optimizer, form) for optimizer in OPTIMIZERS.values() for form in optimizer.forms]


@pytest.mark.parametrize(("optimizer", "form"), FORMS, ids=lambda part: part.name)
def test_a_form_uses_settings_and_state_that_exist(optimizer: Optimizer, form: Form) -> None:
    known = {"w", "g", "t", *(name for name, _ in optimizer.settings)}
    states = [name for name, _ in form.state]
    assert set(states) <= {"m", "v", "mhat", "vhat"}
    assert len(set(states)) == len(states)
    known |= {f"{state}_prev" for state in states}
    used: set[str] = set()
    for state, text in form.state:
        assert names(text) <= known
        used |= names(text)
        known.add(state)
    assert names(form.update) <= known
    used |= names(form.update)
    assert {name for name, _ in optimizer.settings} <= used
    assert optimizer.decoupled_decay == ("weight_decay" in used)
    assert ("learning_rate", "") in optimizer.settings


@pytest.mark.parametrize(("optimizer", "form"), FORMS, ids=lambda part: part.name)
@pytest.mark.parametrize("usual", [True, False])
def test_a_form_walks_as_the_oracle_does(optimizer: Optimizer, form: Form, usual: bool) -> None:
    chosen = {name: float(text) if usual and text else 0.25 for name, text in optimizer.settings}
    update = {"optimizer": optimizer.name, "form": form.name, **chosen}
    w = right = np.array([0.7, -1.2])
    state = {name: np.zeros(2) for name, _ in form.state}
    expected: dict[str, Any] = {}
    for t, g in enumerate(([0.3, -0.2], [-0.1, 0.4], [0.5, 0.6], [0.2, -0.9]), 1):
        env = {**chosen, "w": w, "g": np.array(g), "t": t, **{f"{name}_prev": kept for name, kept in state.items()}}
        for name, text in form.state:
            env[name] = state[name] = value(text, **env)
        w = value(form.update, **env)
        expected, right = oracle.stepped(update, t, right, np.array(g), expected)
        assert w == pytest.approx(right, rel=1e-12)
        assert set(state) == set(expected)
        for name, kept in state.items():
            assert kept == pytest.approx(expected[name], rel=1e-12)


# ---------------------------------------------------------------- conventions and the document


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_offers_different_choices(name: str) -> None:
    choices = [choice for choice, _ in CONVENTIONS[name].choices]
    assert len(choices) >= 2
    assert len(set(choices)) == len(choices)
    assert all(meaning for _, meaning in CONVENTIONS[name].choices)


def test_the_document_lists_every_entry_as_it_is() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    def row(*cells: str) -> bool:
        return any(all(cell in line for cell in cells) for line in rows)

    def called(name: str, arguments: tuple[str, ...], parameters: tuple[tuple[str, str], ...]) -> str:
        return f"| `{name}({', '.join([*arguments, *(f'{key}={default}' for key, default in parameters)])})`"

    for a in ACTIVATIONS.values():
        cells = [f"`{alias}`" for alias in a.aliases] + [
            f"`{cell}`" for cell in (a.slope, a.kink, a.slope_holds) if cell
        ]
        assert row(called(a.name, ("z",), a.parameters), f"| `{a.formula}` |", *cells), a.name
    for loss in LOSSES.values():
        cell = f"| `{loss.element}` | {loss.outputs} |"
        assert row(called(loss.name, loss.arguments, loss.parameters), cell), loss.name
    for o in OPTIMIZERS.values():
        for form in o.forms:
            state = [f"`{name} = {formula}`" for name, formula in form.state]
            assert row(f"| `{o.name}` | `{form.name}`", *state, f"`{form.update}` |"), (o.name, form.name)
        usual = [f"`{name}` {default}".rstrip() for name, default in o.settings]
        assert row(f"| `{o.name}` | `{o.forms[0].name}`", *usual), o.name
    for convention in CONVENTIONS.values():
        assert f"### `{convention.name}`" in text
        assert convention.summary in text
        for k, (choice, meaning) in enumerate(convention.choices):
            assert f"| `{choice}`{' (default)' if k == 0 else ''} | {meaning} |" in text


def test_the_document_names_what_no_table_holds() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for word in ("delta", "half", "natural", "momentum", "epsilon", "count from 1", "column", "Tolerance", "imprecise"):
        assert word in text, word
