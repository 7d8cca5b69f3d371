"""Writes into schemas/problem.schema.json what the tables know: run it after adding an entry to one.

    python tools/make_schema.py

The rest of that file is written by hand and stays as it is. A law test holds the file and the tables together.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.conventions import CONVENTIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem.language import BELOW_ONE, EXTRAS, FRACTION_PATTERN, POSITIVE, table_names

PATH = Path(__file__).resolve().parent.parent / "schemas" / "problem.schema.json"

SETTINGS = {
    "learning_rate": "The step size: how much of the gradient is taken off a parameter. More than 0, no unit.",
    "momentum": "How much of the last step is kept, from 0 to below 1.",
    "rho": "How much of the mean of squared gradients is kept, from 0 to below 1.",
    "beta1": "How much of the mean of gradients is kept, from 0 to below 1.",
    "beta2": "How much of the mean of squared gradients is kept, from 0 to below 1.",
    "epsilon": "A small number that keeps the division from failing, 0 or more.",
    "weight_decay": "What multiple of each parameter is added to its gradient (adamw: is taken off the parameter"
    " itself), 0 or more; none unless said.",
    "clip_value": "The bound, either way, that each element of a gradient is cut to, more than 0; none unless said.",
    "clip_norm": "The length that all gradients together are scaled down to, more than 0; none unless said.",
}


def written(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with everything that the tables determine filled in anew; `schema` itself stays as it is."""
    filled: dict[str, Any] = json.loads(json.dumps(schema))
    filled["$defs"]["activation"] = function(ACTIVATIONS, "The activation of a layer")
    filled["$defs"]["loss"] = function(LOSSES, "The loss of the network's outputs and the target")
    filled["properties"]["update"]["properties"] = update(filled["properties"]["update"]["properties"])
    filled["properties"]["conventions"]["properties"] = {
        name: convention(CONVENTIONS[name]) for name in table_names(CONVENTIONS)
    }
    return filled


def function(table: Any, meaning: str) -> dict[str, Any]:
    """An activation or a loss: its name, or its name with its parameters."""
    with_parameters = {
        name: {
            "description": f"{entry.summary} With its parameters.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                parameter: {
                    "description": f"The parameter {parameter} of {name}, "
                    + (f"{default} unless said." if default else "which must be given."),
                    "$ref": "#/$defs/number",
                }
                for parameter, default in entry.parameters
            },
        }
        for entry in table.values()
        for name in (entry.name, *entry.aliases)
        if entry.parameters
    }
    listed = "; ".join(f"{entry.name}: {entry.summary}" for entry in table.values())
    return {
        "description": f"{meaning}: a name, or {{name: {{parameter: number}}}}. {listed}",
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": list(table_names(table))},
        "else": {
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {
                "description": "A function without parameters.",
                "type": "object",
                "maxProperties": 0,
            },
            "properties": with_parameters,
            "propertyNames": {"enum": list(table_names(table))},
        },
    }


def update(known: dict[str, Any]) -> dict[str, Any]:
    """The properties of `update`: those written by hand (`iterations`), and every setting of every optimizer."""
    listed = "; ".join(f"{entry.name}: {entry.summary}" for entry in OPTIMIZERS.values())
    forms = {form.name: None for entry in OPTIMIZERS.values() for form in entry.forms}
    pairs = "; ".join(f"{entry.name}: {', '.join(f.name for f in entry.forms)}" for entry in OPTIMIZERS.values())
    properties: dict[str, Any] = {
        "optimizer": {
            "description": f"How parameters follow their gradients, sgd unless said. {listed}",
            "enum": list(table_names(OPTIMIZERS)),
            "default": "sgd",
        },
        "form": {
            "description": f"Which way of writing the optimizer is meant; the first unless said. {pairs}",
            "enum": list(forms),
        },
    }
    names = dict.fromkeys(("learning_rate", *(n for e in OPTIMIZERS.values() for n, _ in e.settings), *EXTRAS))
    for name in names:
        defaults = [
            f"{default} for {entry.name}"
            for entry in OPTIMIZERS.values()
            for setting, default in entry.settings
            if setting == name and default
        ]
        said = f" Unless said: {', '.join(defaults)}." if defaults else ""
        setting: dict[str, Any] = {"description": SETTINGS[name] + said, "$ref": "#/$defs/number"}
        if name in POSITIVE:
            setting["exclusiveMinimum"] = 0
        else:
            setting["minimum"] = 0
        if name in BELOW_ONE:
            setting["exclusiveMaximum"] = 1
        properties[name] = setting
    properties["iterations"] = known["iterations"]
    return properties


def convention(entry: Any) -> dict[str, Any]:
    """A convention: its choices with their meaning, numbers as numbers."""
    choices: list[Any] = []
    for text, _ in entry.choices:
        try:
            exact = Fraction(text)
        except ValueError:
            choices.append(text)
            continue
        choices.append(int(exact) if exact.denominator == 1 else float(exact))
    meanings = "; ".join(f"{text}: {meaning}" for text, meaning in entry.choices)
    described: dict[str, Any] = {"description": f"{entry.summary} {meanings}."}
    if any(isinstance(choice, (int, float)) for choice in choices):  # a fraction is a number too: 1/2 is 0.5
        described |= {"anyOf": [{"enum": choices}, {"type": "string", "pattern": f"^{FRACTION_PATTERN}$"}]}
    else:
        described |= {"enum": choices}
    return {**described, "default": choices[0]}


def shown(schema: dict[str, Any]) -> str:
    """The text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """The text of the file, filled in anew."""
    return shown(written(json.loads(PATH.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
