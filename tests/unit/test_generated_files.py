"""What a set's JSON files promise in their schemas, and the variants that a program gets without any files."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import checker
from checker import generate
from checker.errors import AuthorError
from checker.generating import generate_set

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "problem_sets" / "templates").glob("*.yaml"))
SCHEMAS = {
    name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("set", "set-key", "key")
}


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda path: path.stem)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.stem)
    (folder / "roster.txt").write_text("ada\ngrace\nalan\n", encoding="utf-8")
    generate_set(request.param, folder / "roster.txt", folder / "set", seed="x", exports=("prairielearn",))
    return request.param, folder


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def documents(folder: Path):
    yield "set", read(folder / "set" / "manifest.json")
    yield "set-key", read(folder / "set-key" / "manifest.json")
    for path in sorted((folder / "set-key" / "answers").iterdir()):
        yield "key", read(path)


def test_every_file_is_as_its_schema_says(made) -> None:
    for name, document in documents(made[1]):
        jsonschema.validate(document, SCHEMAS[name], jsonschema.Draft202012Validator)


def mappings(value, path=()):
    if isinstance(value, dict):
        yield path, value
        for key, part in value.items():
            yield from mappings(part, (*path, key))
    elif isinstance(value, list):
        for part in value[:1]:
            yield from mappings(part, (*path, 0))


FREE = {"files", "guarantees"}  # names of files and of guarantees are keys


def test_the_schemas_miss_nothing_and_allow_nothing_else(made) -> None:
    for name, document in documents(made[1]):
        validator = jsonschema.Draft202012Validator(SCHEMAS[name])
        for path, mapping in mappings(document):
            if FREE.intersection(map(str, path)):
                continue
            for key in list(mapping):
                kept = mapping.pop(key)
                assert not validator.is_valid(document), (name, path, key)
                mapping[key] = kept
            mapping["more"] = 1
            assert not validator.is_valid(document), (name, path)
            del mapping["more"]
        assert validator.is_valid(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_property_is_described(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])

    def properties(schema):
        if isinstance(schema, dict):
            for key, part in schema.items():
                if key in ("properties", "$defs"):
                    yield from part.items()
                yield from properties(part)
        elif isinstance(schema, list):
            for part in schema:
                yield from properties(part)

    found = list(properties(SCHEMAS[name]))
    assert found
    for key, schema in found:
        assert schema.get("description", "").endswith("."), key


# ---------------------------------------------------------------- without files


def test_a_program_gets_what_the_command_writes(made) -> None:
    template, folder = made
    found = generate(template, ["ada", "grace", "alan"], seed="x")
    assert [each.student for each in found] == ["ada", "grace", "alan"]
    manifest = {row["student"]: row for row in read(folder / "set" / "manifest.json")["students"]}
    for each in found:
        path = folder / "set" / "problems" / f"{each.student}.yaml"
        schema, _, text = path.read_text(encoding="utf-8").partition("\n")
        assert each.text == text
        assert schema.startswith("# yaml-language-server")
        assert each.problem.id == checker.load_problem(path).id
        assert each.submission == (folder / "set" / "submissions" / f"{each.student}.yaml").read_text(encoding="utf-8")
        key = read(folder / "set-key" / "answers" / f"{each.student}.json")["steps"]
        assert [(step["step"], step["answer"]) for step in key] == [(step.label, step.answer) for step in each.key]
        assert list(each.answers) == [step["step"] for step in key]
        assert each.difficulty.total == manifest[each.student]["difficulty"]["total"]
        assert each.guarantees.keys() == manifest[each.student]["guarantees"].keys()
        assert each.handout.startswith("# ")


def test_variants_are_counted_where_nobody_is_named() -> None:
    assert [each.student for each in generate(TEMPLATES[0], 2)] == ["1", "2"]
    (one,) = generate("network-2-2-1")
    assert one.problem.id == "network-2-2-1-1"


@pytest.mark.parametrize(
    ("students", "said"),
    [
        (["ada", "ada"], "'ada' stands there twice, first on place 1"),
        (["ada", "../b"], "the id '../b' has a '/' in it"),
        ([""], "an id is empty"),
    ],
)
def test_ids_are_looked_at(students: list[str], said: str) -> None:
    with pytest.raises(AuthorError, match=said):
        generate(TEMPLATES[0], students)


def test_a_secret_gives_other_variants_than_a_seed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    first, again = (generate(TEMPLATES[0], 1, secret_file=secret)[0].text for _ in range(2))
    assert first == again != generate(TEMPLATES[0], 1)[0].text
    assert secret.stat().st_mode & 0o777 == 0o600
