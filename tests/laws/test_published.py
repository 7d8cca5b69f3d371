"""Worked examples from textbooks, courses and posts earn full marks with the figures they print, as they print them."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import checker
from checker.model import Problem, Tolerance, Verdict
from checker.problem import load_problem

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "problem_sets"
PROBLEMS = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
PUBLISHED: dict[str, dict[str, Any]] = json.loads((ROOT / "tests/data/published.json").read_text(encoding="utf-8"))

NEURONS = {  # this project's own problems: the activation and its slope, worked here from z
    "neuron-sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2),
    "neuron-tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "neuron-relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0),
    "neuron-linear": (lambda z: z, lambda z: 1.0),
}
FLOAT_DECIMALS = 15  # what a program prints beyond these is noise of its floats, and a problem cannot ask for it


def submission(name: str) -> Path:
    return FOLDER / "submissions" / f"{name}.yaml"


def answers(name: str) -> dict[str, Any]:
    """The answers as typed: PyYAML's base loader leaves every scalar a text."""
    loaded = yaml.load(submission(name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert loaded["problem"] == name
    typed: dict[str, Any] = loaded["answers"]
    return typed


def read(name: str) -> Problem:
    path = PROBLEMS[name]
    return load_problem(path.read_bytes(), str(path))


def texts(answer: Any) -> list[str]:
    return [text for item in answer for text in texts(item)] if isinstance(answer, list) else [answer]


def step_meant(problem: Problem, answer: str) -> str:
    """The step's own name for an answer's, in the spellings these submissions use."""
    base, *tail = re.split(r"(?=[\[@])", answer.replace("/", "_"), maxsplit=1)
    return problem.aliases.get(base, base).lstrip("-") + "".join(tail)


def test_every_problem_is_published_or_a_neuron_and_has_a_submission() -> None:
    assert sorted(PROBLEMS) == sorted([*PUBLISHED, *NEURONS])
    assert sorted(PROBLEMS) == sorted(path.stem for path in (FOLDER / "submissions").glob("*.yaml"))


@pytest.mark.parametrize("name", PROBLEMS)
def test_example_earns_full_marks(name: str) -> None:
    grade = checker.grade(submission(name), problem=PROBLEMS[name])
    assert {step.step: step.verdict for step in grade.steps if step.verdict is not Verdict.CORRECT} == {}
    assert [step.step for step in grade.steps] == [text for text, _ in read(name).ask or ()]
    assert grade.awarded == pytest.approx(grade.possible, abs=1e-12)
    assert grade.possible == pytest.approx(len(grade.steps))
    assert grade.first_error is None
    assert grade.warnings == ()


@pytest.mark.parametrize("name", PUBLISHED)
def test_figures_are_typed_as_printed(name: str) -> None:
    assert answers(name) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_exactly_the_published_figures_are_asked(name: str) -> None:
    problem = read(name)
    assert problem.ask is not None
    asked = sorted(step_meant(problem, text) for text, _ in problem.ask)
    assert asked == sorted(step_meant(problem, answer) for answer in PUBLISHED[name])


@pytest.mark.parametrize("name", PUBLISHED)
def test_tolerance_is_as_tight_as_the_printing(name: str) -> None:
    problem = read(name)
    rubrics = {step_meant(problem, step): rubric for step, rubric in problem.rubric.steps.items()}
    loose = {}
    for answer, printed in PUBLISHED[name].items():
        rubric = rubrics.get(step_meant(problem, answer))
        tolerance = rubric.tolerance if rubric and rubric.tolerance else problem.rubric.tolerance
        asked = 4 if tolerance == Tolerance() else tolerance.decimals
        decimals = max(len(text.partition(".")[2]) for text in texts(printed))
        if asked is None or asked < min(decimals, FLOAT_DECIMALS):
            loose[answer] = asked
    assert loose == {}


@pytest.mark.parametrize("name", NEURONS)
def test_neuron_is_worked_right_and_rounded(name: str) -> None:
    activation, slope = NEURONS[name]
    x, y, w, b, rate = (1.0, 0.5), 1.0, (0.8, -0.4), 0.1, 0.1
    z = w[0] * x[0] + w[1] * x[1] + b
    error, delta = activation(z) - y, (activation(z) - y) * slope(z)
    right = {
        "z": z,
        "a": activation(z),
        "L": error**2 / 2,
        "dL_da": error,
        "da_dz": slope(z),
        "dL_dz": delta,
        "dL_dw1": delta * x[0],
        "dL_dw2": delta * x[1],
        "dL_db": delta,
        "w1_new": w[0] - rate * delta * x[0],
        "w2_new": w[1] - rate * delta * x[1],
        "b_new": b - rate * delta,
    }
    assert answers(name) == {step: f"{value:.4f}" for step, value in right.items()}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problem_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    text = PROBLEMS[name].read_text(encoding="utf-8")
    problem = read(name)
    assert text.startswith("# yaml-language-server: $schema=../schemas/problem.schema.json\n# Source: ")
    assert "\n# Conventions: " in text
    assert problem.id == name
    assert problem.title
    assert f"| [{name}]({name}.yaml) | " in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_readme_lists_no_other_problem() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[([a-z0-9-]+)\]", readme, flags=re.MULTILINE) == sorted(PROBLEMS)
