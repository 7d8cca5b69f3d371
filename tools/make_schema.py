"""Writes into schemas/problem.schema.json what the tables know: run it after adding an entry to one.

    python tools/make_schema.py

The rest of that file is written by hand and stays as it is. schemas/template.schema.json is made of it, and of the
tables of draws and guarantees. Law tests hold the files and the tables together.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from checker.generating.guarantees import GUARANTEES
from checker.generating.kinds import KINDS, OPTIONS
from checker.generating.template import DRAWS, MOST_DRAWS
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.conventions import CONVENTIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem.language import BELOW_ONE, EXTRAS, FRACTION_PATTERN, NAME_PATTERN, POSITIVE, table_names

PATH = Path(__file__).resolve().parent.parent / "schemas" / "problem.schema.json"
TEMPLATE_PATH = PATH.with_name("template.schema.json")

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
        if name not in SETTINGS:
            raise SystemExit(f"{__file__}: say in SETTINGS what the setting {name} is")
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


def template(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of templates: that of problems, with what is drawn, and its names wherever a value may stand."""
    made: dict[str, Any] = json.loads(json.dumps(schema))
    made["title"] = "A template of check-backprop"
    made["description"] = "A problem whose numbers are drawn for each student by `check-backprop generate`."
    made["required"] = [*made["required"], "vary"]
    number = made["$defs"]["number"]
    number["description"] += " In a template also the name of something that is drawn."
    number["pattern"] = f"(?:{number['pattern']})|^{NAME_PATTERN}$"
    name = {"description": "The name of something that is drawn.", "type": "string", "pattern": f"^{NAME_PATTERN}$"}
    for key in ("activation", "loss"):
        made["$defs"][key]["then"] = {"anyOf": [made["$defs"][key]["then"], name]}
    optimizer = made["properties"]["update"]["properties"]
    for key in ("optimizer", "form"):
        choice = optimizer[key]
        optimizer[key] = {"description": choice.pop("description"), "anyOf": [choice, name]}
    listed = "; ".join(f"{kind.name}: {kind.summary}" for kind in KINDS.values())
    made["properties"]["vary"] = {
        "description": "What differs from student to student, by name: a given or a parameter, whose own value is then "
        "an example, or a new name that stands wherever a number, an activation or a loss may. Drawn in this order.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": {
            "description": f"How it is drawn. {listed}.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                **{
                    each: {"description": f"{kind.summary[:1].upper()}{kind.summary[1:]}.", **kind.schema}
                    for kind in KINDS.values()
                    for each in (kind.name, *kind.aliases)
                },
                **{option.name: option.schema for option in OPTIONS.values()},
            },
        },
    }
    made["properties"]["require"] = {
        "description": "What must hold for every variant: comparisons (< <= > >= == !=) of expressions in the names of "
        "the problem and its steps, joined by `and` and `or`.",
        "type": "array",
        "items": {"description": "A condition, such as abs(z1) > 0.1.", "type": "string", "pattern": "\\S"},
    }
    checks = "; ".join(f"{entry.name}: {entry.summary}" for entry in GUARANTEES.values())
    made["properties"]["template"] = {
        "description": "Settings of the template.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "version": {
                "description": "Changes everybody's numbers: raise it when the template changes. 1 unless said.",
                "type": ["integer", "string"],
                "default": 1,
            },
            "accept": {
                "description": f"Guarantees and mistakes that are waived, everywhere or ` at STEP`. {checks}.",
                "type": "array",
                "items": {"description": "A name, or `NAME at STEP`.", "type": "string"},
            },
            "difficulty": {
                "description": "How far a variant's effort may lie from the middle, as a share; `any` for any. 15% "
                "unless said.",
                "type": ["number", "string"],
                "default": "15%",
            },
            "draws": {
                "description": "How many draws are tried for a student.",
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_DRAWS,
                "default": DRAWS,
            },
        },
    }
    return made


def shown(schema: dict[str, Any]) -> str:
    """The text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """The text of the file, filled in anew."""
    return shown(written(json.loads(PATH.read_text(encoding="utf-8"))))


def template_page() -> str:
    """The text of the templates' schema, made anew from that of problems."""
    return shown(template(json.loads(page())))


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
    TEMPLATE_PATH.write_text(template_page(), encoding="utf-8")
