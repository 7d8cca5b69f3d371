"""Every key that a file can have stands in docs/authoring.md with an example, which is what its schema takes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

MADE = runpy.run_path(str(Path(__file__).resolve().parents[2] / "tools" / "make_authoring.py"))
KINDS = ("problem", "template", "submission")
CASES = [(kind, path) for kind in KINDS for path in MADE["keys"](kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_an_example_and_every_example_a_key(kind):
    assert list(MADE["examples"]()[kind]) == list(MADE["keys"](kind))


@pytest.mark.parametrize(("kind", "path"), CASES, ids=[f"{kind} {path}" for kind, path in CASES])
def test_an_example_is_what_its_schema_takes(kind, path):
    key = MADE["keys"](kind)[path]
    example = yaml.safe_load(MADE["examples"]()[kind][path])
    Draft202012Validator({"$defs": key.root.get("$defs", {}), **key.schema}).validate(example)


@pytest.mark.parametrize(("kind", "path", "wrong"), [("problem", "update.form", 3), ("template", "vary.integers", "x")])
def test_a_wrong_example_would_be_found(kind, path, wrong):
    key = MADE["keys"](kind)[path]
    assert not Draft202012Validator({"$defs": key.root.get("$defs", {}), **key.schema}).is_valid(wrong)
