"""A class marked at once gets the grades that each student gets alone; a plain file is read as any other file is."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from oracle.networks import random_case
from sheets import assert_same, no_formula, sheet_text

from checker import load_program
from checker.block import Block, Cells, grade_block
from checker.compare import asked_unit
from checker.diagnose import many
from checker.errors import AuthorError, Place, SubmissionError
from checker.grading import grade_submission
from checker.mark import mark
from checker.outcome import Tolerance
from checker.plainsheet import PlainReader
from checker.problem import load_problem
from checker.readings.ball import work
from checker.readings.compile import compile_problem
from checker.readings.lanes import LANES
from checker.sheet import lay
from checker.shipped import data_folder
from checker.submission import load_submission


def class_of(seed, students, tmp_path):
    rng = random.Random(seed)
    case = random_case(rng)
    path = tmp_path / "p.yaml"
    path.write_text(case.problem_yaml, encoding="utf-8")
    program = load_program(path)
    sheets = []
    for n in range(students):
        text = sheet_text(case, rng, f"s{n}")
        try:
            sheets.append((text.encode(), load_submission(text.encode(), f"s{n}.yaml")))
        except Exception:  # what no student gets a grade for is not a matter of blocks
            continue
    return program, sheets


@pytest.mark.parametrize("seed", range(25))
def test_a_block_gives_each_student_the_grade_of_this_student_alone(seed, tmp_path):
    program, sheets = class_of(seed, 25, tmp_path)
    submissions = [submission for _, submission in sheets]
    for grade, submission in zip(grade_block(submissions, program, no_formula), submissions, strict=True):
        assert_same(grade, grade_submission(submission, program, no_formula))


@pytest.mark.parametrize("seed", range(8))
def test_mistakes_are_named_in_a_block_as_they_are_alone(seed, tmp_path):
    program, sheets = class_of(seed, 12, tmp_path)
    submissions = [submission for _, submission in sheets]

    def with_mistakes(made=[]):  # noqa: B006 - derived once
        if not made:
            made.append(load_program(tmp_path / "p.yaml", mistakes=True))
        return made[0]

    grades = grade_block(submissions, program, no_formula, with_mistakes)
    for grade, submission in zip(grades, submissions, strict=True):
        assert_same(grade, grade_submission(submission, program, no_formula, with_mistakes))


def assert_begins_with(diagnosing, program):
    """What was marked with the one need not be marked again with the other: its slots are the same, and more come."""
    assert diagnosing.steps[: len(program.steps)] == program.steps
    assert diagnosing.values[: len(program.values)] == program.values
    assert diagnosing.ask == program.ask
    for formula, other in zip(program.formulas, diagnosing.formulas, strict=False):
        assert (formula.arity, formula.constants, formula.code) == (other.arity, other.constants, other.code)


@pytest.mark.parametrize("name", sorted(path.stem for path in data_folder("problem_sets").glob("*.yaml")))
def test_a_program_with_mistakes_begins_with_the_program_without(name):
    path = data_folder("problem_sets") / f"{name}.yaml"
    try:
        problem = load_problem(path.read_bytes(), str(path))
    except AuthorError:
        pytest.skip("a template, not a problem")
    assert_begins_with(compile_problem(problem, mistakes=True), compile_problem(problem))


@pytest.mark.parametrize("name", ["mazur-2-2-2-network", "softmax-two-classes", "adam-three-steps", "conv2d-backward"])
def test_wrong_rules_of_one_shape_give_together_what_each_gives_alone(name):
    program = load_program(data_folder("problem_sets") / f"{name}.yaml", mistakes=True)
    rng, exact = np.random.default_rng(1), set(program.exact)
    values = [v if n in exact else v + rng.normal(size=7) for n, v in enumerate(program.values)]
    radii = [0.0 if n in exact else abs(rng.normal(size=7)) / 100 for n in range(len(program.values))]
    with LANES.quiet():
        for number, step in enumerate(program.steps):
            mistakes = program.mistakes.at(number)
            if not mistakes:
                continue
            found = many.worked(program, number, values, radii, 7)
            for n, mistake in enumerate(mistakes):
                alone = list(values), list(radii)
                work(mistake.route.code, program.formulas, *alone, LANES)
                for table, part in zip(found, alone, strict=True):
                    for element in range(step.size):
                        expected = np.broadcast_to(part[mistake.route.out[element]], 7)
                        np.testing.assert_array_equal(table[element][n], expected)


def test_a_class_with_mistakes_in_it_is_marked_once(tmp_path, monkeypatch):
    program, sheets = class_of(3, 25, tmp_path)
    diagnosing = load_program(tmp_path / "p.yaml", mistakes=True)
    calls = {False: 0, True: 0}
    for mistakes in calls:

        def counted(*args, _mark=mark, _mistakes=mistakes):
            calls[_mistakes] += 1
            return _mark(*args)

        monkeypatch.setattr("checker.block.mark", counted)
        block = Block(program, Cells(), (lambda: diagnosing) if mistakes else None)
        block.mark([lay(submission, program, no_formula) for _, submission in sheets])
    assert block.diagnosis.any()
    assert calls[True] == calls[False]


@pytest.mark.parametrize(
    "tolerance",
    [Tolerance(), Tolerance(significant=3), Tolerance(decimals=3, significant=2), Tolerance(relative=0.01)],
)
def test_units_are_the_same_for_one_number_as_for_many(tolerance):
    """Also about the powers of ten, where a logarithm may be on either side, and at the ends of what floats hold."""
    numbers = [0.0, float("inf"), 5e-324, 1.7e308]
    numbers += [10.0**k * (1 + d * 2.2e-16) for k in range(-320, 309) for d in (-300, -30, -8, -4, -2, -1, 0, 1, 2, 9)]
    many = asked_unit(tolerance, np.array([*numbers, *(-x for x in numbers)]), LANES)
    assert many.tolist() == [asked_unit(tolerance, x) for x in (*numbers, *(-x for x in numbers))]


@pytest.mark.parametrize("seed", range(10))
def test_so_they_are_where_only_some_steps_are_asked(seed):
    """A mistake may use steps that no right way to an answer uses: they must not get between the others."""
    rng = random.Random(seed)
    case = random_case(rng)
    problem = load_problem(case.problem_yaml.encode(), "p.yaml")
    asked = tuple((name, Place("p.yaml")) for name in rng.sample(case.ask, min(len(case.ask), rng.randint(1, 5))))
    problem = replace(problem, ask=asked)
    program, diagnosing = compile_problem(problem), compile_problem(problem, mistakes=True)
    assert_begins_with(diagnosing, program)
    part = replace(case, values={name: case.values[name] for name, _ in asked})
    submissions = []
    for n in range(8):
        with suppress(SubmissionError):  # a sheet without answers
            text = sheet_text(part, random.Random(100 * seed + n), f"s{n}")
            submissions.append(load_submission(text.encode(), "s.yaml"))
    grades = grade_block(submissions, program, no_formula, lambda: diagnosing)
    for grade, submission in zip(grades, submissions, strict=True):
        assert_same(grade, grade_submission(submission, program, no_formula, lambda: diagnosing))


@pytest.mark.parametrize("seed", range(12))
def test_a_grade_does_not_depend_on_who_is_graded_with_it(seed, tmp_path):
    program, sheets = class_of(seed, 12, tmp_path)
    submissions = [submission for _, submission in sheets]
    together = grade_block(submissions, program, no_formula)
    assert [grade for one in submissions for grade in grade_block([one], program, no_formula)] == together
    assert grade_block(submissions[::-1], program, no_formula)[::-1] == together


def test_a_block_of_nobody_has_no_grades(tmp_path):
    program, _ = class_of(1, 1, tmp_path)
    assert grade_block([], program, no_formula) == []


@pytest.mark.parametrize("seed", range(25))
def test_a_plain_file_is_laid_as_the_whole_way_lays_it(seed, tmp_path):
    program, sheets = class_of(seed, 25, tmp_path)
    reader, plain = PlainReader(program), 0
    for data, submission in [*sheets, *sheets]:
        quick = reader.lay(data, submission.file)
        if quick is None:
            continue
        plain += 1
        whole = lay(submission, program, no_formula)
        assert quick.cells == whole.cells
        assert quick.places == whole.places
        assert (whole.faults, whole.warnings) == ({}, [])
        assert quick.submission == whole.submission._replace(answers=())
    if all(not shape for shape in program.shapes.values()):
        assert plain >= len(sheets) // 3


PLAIN = "format: check-backprop/submission@1\nproblem: p\nstudent: ada\nanswers:\n  z: 0.7\n  a: 0.66\n"
NEURON = """format: check-backprop/problem@1
id: p
given: {x: 1, y: 1}
parameters: {w: 0.7, Null: 1}
forward:
  z: w*x*Null
  a: sigmoid(z)
loss:
  L: (a - y)^2/2
aliases: {delta: -dL_dz}
"""


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip("\n"),
        PLAIN.replace("  z: 0.7", "  z:   0.7   # a note"),
        PLAIN.replace("  z: 0.7", "  # a note\n\n  z: -.7e-1"),
        PLAIN.replace("  z: 0.7", "  z:"),
        PLAIN.replace("  z: 0.7", "  z:   "),
        PLAIN.replace("  z: 0.7", "  z: +7."),
        PLAIN.replace("  z: 0.7", "  z: 007"),
        PLAIN.replace("  z: 0.7", "  dL/dz: 0.7\n  delta: 0.7"),
        PLAIN.replace("  z: 0.7", "  z: 0.7\n  z: 0.8"),
        PLAIN.replace("  z: 0.7", "   z: 0.7"),
        PLAIN.replace("  z: 0.7", "  z:0.7"),
        PLAIN.replace("  z: 0.7", "  z: 0.7#x"),
        PLAIN.replace("  z: 0.7", "  z: 0x1F"),
        PLAIN.replace("  z: 0.7", "  z: 1e99"),
        PLAIN.replace("  z: 0.7", "  z: 0.7\n    0.8"),
        PLAIN.replace("  z: 0.7", "  z: 0.7\n..."),
        PLAIN.replace("  z: 0.7", "  z: 0.7\n---"),
        PLAIN.replace("  z: 0.7", "  z: 0.7\n  ~"),
        PLAIN.replace("  z: 0.7", "\tz: 0.7"),
        PLAIN.replace("  z: 0.7", "  z: 0.7\t"),
        PLAIN.replace("  z: 0.7", "z: 0.7"),
        PLAIN.replace("  z: 0.7", "  ?: 0.7"),
        PLAIN.replace("ada", "null"),
        PLAIN.replace("ada", "7"),
        PLAIN.replace("ada", "007"),
        PLAIN.replace("ada", "1e5"),
        PLAIN.replace("ada", "Ada Byron  # who"),
        PLAIN.replace("ada", "'ada'"),
        PLAIN.replace("ada", "ada: x"),
        PLAIN.replace("ada", "- ada"),
        PLAIN.replace("ada", "a" * 201),
        PLAIN.replace("student: ada\n", ""),
        PLAIN.replace("problem: p", "problem: 7"),
        PLAIN.replace("problem: p", "problem: null"),
        PLAIN.replace("problem: p", "problem: p.1"),
        PLAIN.replace("problem: p", "problem: a/b"),
        PLAIN.replace("student: ada", "problem: q"),
        PLAIN.replace("student: ada", "wrong: q"),
        PLAIN.replace("submission@1", "submission@2"),
        "# words\n" + PLAIN,
        "\ufeff" + PLAIN,
        PLAIN + "more: 1\n",
        PLAIN.split("  z", maxsplit=1)[0],
        "",
    ],
)
def test_whatever_is_laid_quickly_the_whole_way_lays_the_same(text, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(NEURON, encoding="utf-8")
    program = load_program(path)
    data = text.encode()
    reader = PlainReader(program)
    for _ in range(2):
        quick = reader.lay(data, "s.yaml")
        if quick is not None:
            whole = lay(load_submission(data, "s.yaml"), program, no_formula)
            assert quick == whole._replace(submission=whole.submission._replace(answers=()))
            if quick.submission.problem:
                block = Block(program, Cells())
                block.mark([quick, whole])
                assert block.grade(0) == block.grade(1)


def test_the_plainest_file_is_laid_quickly(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(NEURON, encoding="utf-8")
    reader = PlainReader(load_program(path))
    assert reader.lay(PLAIN.encode(), "s.yaml") is not None
    assert reader.lay(PLAIN.replace("0.7", "[0.7]").encode(), "s.yaml") is None
