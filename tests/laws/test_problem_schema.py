from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker import yamlfile
from checker.errors import AuthorError
from checker.expression.parser import parse
from checker.expression.tree import Name
from checker.graph import functions
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.conventions import CONVENTIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem import FUNCTIONS, load_problem
from checker.problem.language import GREEK, KEYS, NAME_PATTERN, TEMPLATE_KEYS, table_names

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATH = ROOT / "schemas" / "problem.schema.json"
SCHEMA = json.loads(PATH.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

PLAIN = """format: check-backprop/problem@1
id: neuron-sigmoid
title: One sigmoid neuron
given: {x1: 1, x2: 0.50, y: 1}
parameters: {w: [[0.8, -0.4], [1/3, 1e-3]], b: 1/10}
forward:
  z: w1*x1 + w2*x2 + b
  a: sigmoid(z)
loss:
  L: (a - y)^2 / 2
update: {optimizer: adam, learning_rate: 0.1, form: epsilon_inside, clip_norm: 5, iterations: 3}
ask: [z, a, L, dL_da, "dL/dw1"]
grading:
  tolerance: {relative: 1%}
  shares: {slip: 0.25}
  steps: {dL_dw1: {points: 2, carry: false, tolerance: {significant: 2, strict: true}}}
conventions: {relu_at_zero: 0.5, max_at_tie: split}
aliases: {delta: dL_dz, Err: -dL_da}
""".replace("w1*x1 + w2*x2", "w[1,1]*x1 + w[1,2]*x2")
LAYERS = """format: check-backprop/problem@1
id: layers
network:
  input: {x: [0.05, 0.10]}
  target: {y: [0.01, 0.99]}
  layers:
    - {weights: [[0.15, 0.20], [0.25, 0.30]], bias: [0.35, 0.35], activation: sigmoid}
    - {weights: [[0.40, 0.45], [0.50, 0.55]], bias: 0.60, activation: {leaky_relu: {slope: 0.1}}, train_bias: false}
  loss: {huber: {delta: 1}}
update: {optimizer: sgd, learning_rate: 0.5}
"""
TOKENS = [
    *" \n:,-[]{}'\"|>#%&*!?@`~/()^_.+=<\\\t0123456789",
    *(
        "true",
        "null",
        ".nan",
        "1e999",
        "1/0",
        "0x1F",
        "1,5",
        "- ",
        ": ",
        "{}",
        "[]",
        "{a: 1}",
        "x",
        "z",
        "L",
        "e",
        "θ",
        "−",
    ),
    *KEYS,
    *(
        "learning_rate",
        "weights",
        "bias",
        "activation",
        "sigmoid",
        "decimals",
        "strict",
        "relative",
        "points",
        "iterations",
    ),
]


def parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of the schema with its path."""
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key in ("properties", "$defs", "patternProperties"):
                for name, described in inner.items():
                    yield f"{path}/{key}/{name}", described
            yield from parts(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for i, inner in enumerate(schema):
            yield from parts(inner, f"{path}/{i}")


def refusal(data: bytes) -> AuthorError | None:
    """What the loader says against a file; any other error is a failure."""
    try:
        load_problem(data, "p.yaml")
    except AuthorError as error:
        return error
    return None


def accepted(text: str) -> bool:
    """Whether the loader takes a text; what it says where it does not is in order and says everything once."""
    error = refusal(text.encode())
    if error is None:
        return True
    assert error.findings
    assert all(finding.what and finding.where for finding in error.findings)
    assert list(error.findings) == sorted(error.findings, key=lambda finding: finding.where or ())
    assert len(set(error.findings)) == len(error.findings)
    return False


def valid(text: str) -> bool:
    """Whether the schema takes a text that is YAML."""
    return VALIDATOR.is_valid(yamlfile.value(yamlfile.read(text.encode(), "p.yaml", AuthorError)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_is_what_the_tables_say() -> None:
    make = runpy.run_path(str(ROOT / "tools" / "make_schema.py"))
    assert PATH.read_text(encoding="utf-8") == make["shown"](make["written"](SCHEMA))


def test_a_new_entry_of_a_table_would_be_in_the_schema() -> None:
    text = PATH.read_text(encoding="utf-8")
    for table in (ACTIVATIONS, LOSSES, OPTIMIZERS, CONVENTIONS):
        for entry in table.values():
            assert all(f'"{name}"' in text for name in (entry.name, *entry.aliases))
            assert json.dumps(entry.summary, ensure_ascii=False)[1:-1] in text


def test_every_property_has_a_description() -> None:
    assert [path for path, described in parts(SCHEMA) if not described.get("description")] == []


def test_the_schema_knows_the_keys_of_the_loader() -> None:
    assert set(SCHEMA["properties"]) == {*KEYS, *TEMPLATE_KEYS}
    assert SCHEMA["properties"]["given"]["propertyNames"]["pattern"] == f"^{NAME_PATTERN}$"


@pytest.mark.parametrize("name", ["w1", "e", "T", "if", *GREEK, "dL_dz", "x" * 64])
def test_a_name_of_the_loader_is_a_name_of_the_language(name: str) -> None:
    assert parse(name, FUNCTIONS, quantities=(name,)) == Name(name, 0)
    assert accepted(f"format: check-backprop/problem@1\nid: n\ngiven: {{{name}: 1}}\nforward: {{f_: {name}}}\n")


@pytest.mark.parametrize("text", [PLAIN, LAYERS])
def test_both_take_a_good_file(text: str) -> None:
    assert accepted(text)
    assert valid(text)


@pytest.mark.parametrize("path", sorted((ROOT / "problem_sets").glob("*.yaml")), ids=lambda path: path.stem)
def test_both_take_every_shipped_problem(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert accepted(text)
    assert valid(text)


@pytest.mark.parametrize(
    "activation", [name for entry in ACTIVATIONS.values() for name in (entry.name, *entry.aliases)]
)
def test_every_activation_can_be_used_in_a_layer(activation: str) -> None:
    text = LAYERS.replace("activation: sigmoid", f"activation: {activation}")
    assert accepted(text)
    assert valid(text)
    for parameter, _ in ACTIVATIONS[activation].parameters:
        text = LAYERS.replace("activation: sigmoid", f"activation: {{{activation}: {{{parameter}: 1/2}}}}")
        assert accepted(text)
        assert valid(text)


@pytest.mark.parametrize("loss", [name for entry in LOSSES.values() for name in (entry.name, *entry.aliases)])
def test_every_loss_can_be_used_in_a_network(loss: str) -> None:
    text = LAYERS.replace("{huber: {delta: 1}}", loss)
    assert accepted(text)
    assert valid(text)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimizer_form_and_setting_can_be_used(optimizer: str) -> None:
    entry = OPTIMIZERS[optimizer]
    for form in entry.forms:
        given_settings = ", ".join(f"{name}: {default or 0.1}" for name, default in entry.settings)
        text = LAYERS.replace(
            "{optimizer: sgd, learning_rate: 0.5}", f"{{optimizer: {optimizer}, form: {form.name}, {given_settings}}}"
        )
        assert accepted(text)
        assert valid(text)


@pytest.mark.parametrize("convention", list(CONVENTIONS))
def test_every_choice_of_every_convention_can_be_made(convention: str) -> None:
    for choice, _ in CONVENTIONS[convention].choices:
        text = f"{LAYERS}conventions: {{{convention}: {choice}}}\n"
        assert load_problem(text.encode(), "p.yaml").conventions[convention] == choice
        assert valid(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good file with a few small things changed."""
    text = draw(st.sampled_from((PLAIN, LAYERS)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.sampled_from([*TOKENS, ""])) + text[end:]
    return text


@st.composite
def revalued(draw: st.DrawFn) -> str:
    """A good file in which one value was replaced by another, so that it stays YAML."""
    lines = draw(st.sampled_from((PLAIN, LAYERS))).splitlines()
    places = [i for i, line in enumerate(lines) if ": " in line]
    i = draw(st.sampled_from(places))
    pieces = lines[i].split(": ")
    j = draw(st.integers(1, len(pieces) - 1))
    value, rest = (pieces[j], "") if "," not in pieces[j] and "}" not in pieces[j] else _head(pieces[j])
    assert value is not None
    pieces[j] = (
        draw(st.sampled_from([*TOKENS[-len(KEYS) - 28 :], "1", "-1", "0.5", "'0.5'", "1%", "text", "false", "~"]))
        + rest
    )
    lines[i] = ": ".join(pieces)
    return "\n".join(lines) + "\n"


def _head(piece: str) -> tuple[str, str]:
    """A piece cut at the first comma or closing bracket."""
    cut = min(at for at in (piece.find(","), piece.find("}"), piece.find("]")) if at >= 0)
    return piece[:cut], piece[cut:]


@settings(max_examples=400, deadline=None)
@given(st.one_of(mutated(), revalued()))
def test_a_changed_file_loads_or_is_an_author_error_and_what_the_schema_refuses_is_refused(text: str) -> None:
    if accepted(text):
        assert valid(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_bytes_load_or_are_an_author_error(data: bytes) -> None:
    for extended in (data, b"format: check-backprop/problem@1\nid: n\nforward: {f: 1}\ntitle: " + data):
        error = refusal(extended)
        assert error is None or error.findings


def test_every_function_of_the_language_can_be_built() -> None:
    assert {*FUNCTIONS} <= {*functions.FUNCTIONS, *table_names(ACTIVATIONS), *table_names(LOSSES)}


TEMPLATES = sorted((ROOT / "problem_sets" / "templates").glob("*.yaml"))


def test_the_schema_of_templates_is_what_the_tables_say() -> None:
    make = runpy.run_path(str(ROOT / "tools" / "make_schema.py"))
    path = ROOT / "schemas" / "template.schema.json"
    assert path.read_text(encoding="utf-8") == make["template_page"]()
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [place for place, described in parts(schema) if not described.get("description")] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_schema_of_templates_takes_every_shipped_one(path: Path) -> None:
    schema = json.loads((ROOT / "schemas" / "template.schema.json").read_text(encoding="utf-8"))
    read = yamlfile.value(yamlfile.read(path.read_bytes(), "p.yaml", AuthorError))
    jsonschema.Draft202012Validator(schema).validate(read)
