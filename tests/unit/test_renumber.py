"""One derivation serves every problem that differs only in its numbers, and gives what deriving anew would give."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.readings.program import dump, load
from checker.readings.renumber import Programs, Renumbering, families, structure

if TYPE_CHECKING:
    from checker.model import Problem

SHIPPED = sorted((Path(__file__).parents[2] / "problem_sets").glob("*.yaml"))
SOFTMAX = """\
format: check-backprop/problem@1
id: softmax
title: Softmax
given: {x: [1, 2], y: [0, 1, 0]}
parameters: {W: [[0.1, 0.2], [0.3, -0.1], [0.4, 0.2]]}
forward:
  z: W @ x
  a: softmax(z)
loss:
  L: categorical_cross_entropy(a, y)
"""


def problem_in(path: Path) -> Problem:
    return load_problem(path.read_bytes(), path.name)


def with_other_numbers(problem: Problem, seed: int = 1) -> Problem:
    quantities = tuple(
        replace(q, values=tuple(v + Fraction((7 * k + 3 * n + seed) % 11 + 1, 97) for k, v in enumerate(q.values)))
        for n, q in enumerate(problem.quantities)
    )
    return replace(problem, id="another", title="Another", quantities=quantities)


def targets(text: str) -> Problem:
    return load_problem(SOFTMAX.replace("y: [0, 1, 0]", f"y: {text}").encode(), "softmax.yaml")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@pytest.mark.parametrize("mistakes", [False, True])
def test_renumbering_gives_what_deriving_gives(path: Path, mistakes: bool) -> None:
    problem = problem_in(path)
    other = with_other_numbers(problem)
    assert structure(problem) == structure(other)
    program = compile_problem(problem, mistakes=mistakes)
    if program.fixed:
        with pytest.raises(ValueError, match="computed with its own numbers"):
            Renumbering(program)
        return
    renumbered = Renumbering(load(dump(program)))(other)
    assert dump(renumbered) == dump(compile_problem(other, mistakes=mistakes))


def test_a_route_that_needs_targets_of_1_comes_and_goes() -> None:
    one_hot, loose = targets("[0, 1, 0]"), targets("[0.5, 1, 0]")
    assert structure(one_hot) == structure(loose)
    for start, other in ((one_hot, loose), (loose, one_hot)):
        assert dump(Renumbering(compile_problem(start))(other)) == dump(compile_problem(other))
    assert dump(compile_problem(one_hot)) != dump(compile_problem(replace(loose, id="softmax")))


def test_problems_fall_into_families_of_the_same_routes() -> None:
    problems = [targets(text) for text in ("[0, 1, 0]", "[0.5, 1, 0]", "[1, 0, 0]", "[0, 0.25, 0]", "[0.5, 0.5, 0]")]
    found = families(Renumbering(compile_problem(problems[0])), problems)
    assert [family.members for family in found] == [[0, 2, 4], [1, 3]]
    for family in found:
        for lane, member in enumerate(family.members):
            alone = compile_problem(problems[member])
            assert [step.routes for step in family.program.steps] == [step.routes for step in alone.steps]
            for step in alone.steps:
                for slot in range(step.slot, step.slot + step.size):
                    assert family.values[slot][lane] == pytest.approx(alone.values[slot], rel=1e-14)


def test_only_numbers_may_differ() -> None:
    neuron = problem_in(SHIPPED[[path.stem for path in SHIPPED].index("neuron-sigmoid")])
    assert neuron.update is not None
    for other in (
        replace(neuron, equations=neuron.equations[:-1]),
        replace(neuron, update=replace(neuron.update, settings={"learning_rate": Fraction(1, 2)})),
        replace(neuron, conventions={**neuron.conventions, "relu_at_zero": "1"}),
        replace(neuron, aliases={}),
        replace(neuron, rubric=replace(neuron.rubric, shares={})),
    ):
        assert structure(other) != structure(neuron)


def test_programs_derive_each_structure_once_and_keep_the_last_ones() -> None:
    derived = []

    def compile_one(problem: Problem, mistakes: bool):
        derived.append((problem.id, mistakes))
        return compile_problem(problem, mistakes=mistakes)

    programs = Programs(compile_one, most=2)
    neuron = problem_in(SHIPPED[[path.stem for path in SHIPPED].index("neuron-sigmoid")])
    assert programs.program(neuron).problem == "neuron-sigmoid"
    assert programs.program(with_other_numbers(neuron)).problem == "another"
    programs.program(neuron, mistakes=True)
    programs.program(targets("[0, 1, 0]"))
    programs.program(neuron)
    assert derived == [
        ("neuron-sigmoid", False),
        ("neuron-sigmoid", True),
        ("softmax", False),
        ("neuron-sigmoid", False),
    ]


def test_computed_iterations_are_derived_each_time() -> None:
    text = (Path(SHIPPED[0]).parent / "neuron-sigmoid.yaml").read_text()
    text = text.replace("learning_rate: 0.1}", "learning_rate: 0.1, iterations: 5}").replace(
        "ask: [z,", "ask: ['z@5', z,"
    )
    problem = load_problem(text.encode(), "p.yaml")
    programs = Programs(lambda p, mistakes: compile_problem(p, mistakes=mistakes))
    assert programs.renumbering(problem) is None
    other = with_other_numbers(problem)
    assert dump(programs.program(other)) == dump(compile_problem(other))
