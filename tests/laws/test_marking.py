"""Right work keeps its points however it is rounded; one wrong step spoils nothing that is worked from it rightly."""

from __future__ import annotations

import functools
import math
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from oracle.networks import cases, random_case

from benchmarks.right_networks import at
from benchmarks.right_sheets import TOLERANCES, refused, with_tolerance
from checker import grade, load_program
from checker.mark import CORRECT, FOLLOW_THROUGH, WRONG, mark
from checker.problem import load_problem
from checker.readings.ball import Balls
from checker.readings.ball import run as run_balls
from checker.readings.compile import compile_problem
from checker.readings.lanes import LANES
from checker.readings.numeric import CODES, FLOATS, Formula, run

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@functools.cache
def network(seed):
    """A random network, asked for every step that it asks for."""
    case = random_case(random.Random(seed))
    return compile_problem(load_problem(case.problem_yaml.encode(), f"network {seed}"))


@SLOW
@given(seed=st.integers(0, 60), tolerance=st.sampled_from(TOLERANCES), sheets=st.integers(0, 10**6))
def test_right_work_rounded_anyhow_earns_full_marks(seed, tolerance, sheets):
    _, lost, where = refused(at(network(seed), tolerance), 20, sheets)
    assert not lost, where


def test_a_state_that_is_cut_off_in_each_iteration_costs_nobody_a_point():
    """RMSProp at 3 decimals, whose state left out was rounded twice: of these sheets every eighth was once refused."""
    problem = load_problem(list(cases(225, 1))[224].problem_yaml.encode(), "network 224")
    program = compile_problem(with_tolerance(problem, TOLERANCES[0]))
    sheets, lost, where = refused(at(program, TOLERANCES[0]), 400, 1)
    assert (sheets > 300, lost) == (True, 0), where


def submit(tmp_path, answers):
    path = tmp_path / "a.yaml"
    lines = "".join(f"  {name}: {value}\n" for name, value in answers.items())
    path.write_text(f"format: check-backprop/submission@1\nproblem: p\nanswers:\n{lines}", encoding="utf-8")
    return grade(path, problems=(tmp_path,))


@SLOW
@given(seed=st.integers(0, 60), place=st.integers(0, 10**6), error=st.floats(1, 40), sign=st.sampled_from((-1, 1)))
@example(seed=48, place=9181, error=20.0, sign=1)  # right by another route, through right answers that are off
def test_one_wrong_answer_leaves_what_is_worked_from_it_right(seed, place, error, sign):
    program = network(seed)
    asked = {item.step for item in program.ask}
    wrong = sorted(asked)[place % len(asked)]
    values = list(program.values)
    answers = {}
    for number, step in enumerate(program.steps):
        if number > wrong:
            run(step.routes[0].code, program.formulas, values, FLOATS)
            for element, out in enumerate(step.routes[0].out):
                values[step.slot + element] = values[out]
        elif number == wrong:
            slot = step.slot + place % step.size
            values[slot] += sign * error * (0.1 + abs(values[slot]))
        for slot in range(step.slot, step.slot + step.size):
            if number in asked:
                answers[slot] = values[slot], math.inf, True, -1
    marks = mark(program, list(program.values), answers)
    spoiled = program.steps[wrong].slot + place % program.steps[wrong].size
    room = rounding_of_right_answers(program, answers, marks)
    for slot, (typed, *_) in answers.items():
        verdict, truth = marks.verdict[slot], program.values[slot]
        if slot == spoiled:
            assert verdict == WRONG
        elif typed == truth:
            assert verdict == CORRECT
        elif math.isfinite(typed) and math.isfinite(marks.reach[slot]):
            assert verdict in (CORRECT, FOLLOW_THROUGH)
            assert verdict == FOLLOW_THROUGH or abs(typed - truth) <= marks.unit[slot] * 1.001 + room[slot]


def rounding_of_right_answers(program, answers, marks):
    """How far each step may lie from the truth for what right answers are off, and may have been rounded: no errors."""
    balls = Balls(list(program.values), [0.0] * len(program.values), [0] * len(program.values))
    room = {}
    for step in program.steps:
        routes = []
        for route in step.routes:
            run_balls(route.code, program.formulas, balls, FLOATS, step.iteration)
            routes.append([(balls.value[out], balls.radius[out]) for out in route.out])
        for element in range(step.size):
            slot = step.slot + element
            room[slot] = max(made[element][1] for made in routes)
            balls.value[slot], balls.radius[slot] = routes[0][element][0], room[slot] + marks.unit[slot]
            if slot in answers:
                typed = answers[slot][0]
                off = abs(typed - program.values[slot]) + marks.unit[slot]
                balls.value[slot], balls.radius[slot] = typed, off if marks.verdict[slot] == CORRECT else 0.0
    return room


PROBLEM = """\
format: check-backprop/problem@1
id: p
given: {x: 0.5, y: 1}
parameters: {w: 0.8, b: 0.1}
forward:
  z: w*x + b
  a: sigmoid(z)
loss:
  L: half_squared_error(a, y)
ask: [z, a, L, dL_da, da_dz, dL_dz, dL_dw]
grading: {tolerance: {decimals: 4}}
"""


@pytest.mark.parametrize(
    ("answers", "verdicts"),
    [
        # restarting from the right value after an error is right again, and so is what follows
        ({"z": 0.6, "a": 0.6225, "dL_da": -0.3775}, "wrong correct correct"),
        # following through from a wrong z, with a right method
        ({"z": 0.6, "a": 0.6457, "dL_da": -0.3543}, "wrong follow_through follow_through"),
        # the true z is 0.5: two digits of a are right, four were asked
        ({"z": 0.5, "a": 0.62}, "correct imprecise"),
        # two digits, of which the second is wrong
        ({"z": 0.5, "a": 0.61}, "correct wrong"),
        # an own answer in the middle was left out: what follows from it is worked from z
        ({"z": 0.6, "dL_da": -0.3543}, "wrong follow_through"),
        ({"a": 0.7, "dL_da": -0.3, "dL_dz": -0.063}, "wrong follow_through follow_through"),
    ],
)
def test_marking_by_example(answers, verdicts, tmp_path):
    (tmp_path / "p.yaml").write_text(PROBLEM, encoding="utf-8")
    found = submit(tmp_path, answers)
    given = [step.verdict.value for step in found.steps if step.verdict.value != "missing"]
    wanted = verdicts.split()
    assert [v for v, w in zip(given, wanted, strict=True) if w not in (v, "wrong")] == []
    assert all(v in ("wrong", "slip", "misconception") for v, w in zip(given, wanted, strict=True) if w == "wrong")


RMSPROP = """\
format: check-backprop/problem@1
id: p
given: {x: 0.5, y: 1}
parameters: {w: 1.99}
loss:
  L: half_squared_error(w*x, y)
update: {optimizer: rmsprop, learning_rate: 0.01, rho: 0.9, epsilon: 0.001}
ask: [dL_dw, w_new]
grading: {tolerance: {decimals: 3}}
"""


def test_rounding_before_a_root_is_forgiven_although_half_of_it_leads_below_zero(tmp_path):
    """g = -0.0025 and v = 6.25e-7, which 3 decimals swallow: v may have been taken as 0.000 or as 6e-7."""
    (tmp_path / "p.yaml").write_text(RMSPROP, encoding="utf-8")
    program = load_program(tmp_path / "p.yaml")
    gradient, updated = (program.values[program.steps[item.step].slot] for item in program.ask)
    assert round(gradient, 4) == -0.0025
    for v in (0.1 * gradient**2, 6e-7, 0.0):
        w = 1.99 + 0.01 * 0.0025 / (math.sqrt(v) + 0.001)
        assert submit(tmp_path, {"dL_dw": -0.0025, "w_new": f"{w:.4f}"}).awarded == 2, (v, updated)
    assert submit(tmp_path, {"dL_dw": -0.0025, "w_new": 2.2}).awarded < 2


def root_over(epsilon):
    """1/(sqrt(x) + epsilon)"""
    add, root, divide = CODES["add"], CODES["sqrt"], CODES["divide"]
    return Formula(1, [epsilon, 1.0], [[root, 0, 0], [add, 3, 1], [divide, 2, 4]])


@pytest.mark.parametrize("lanes", [FLOATS, LANES])
@pytest.mark.parametrize(
    ("epsilon", "radius", "iteration", "least", "most"),
    [
        (0.1, 1.01e-4, 1, 0.909, 0.91),  # down to a root of 0, where the formula is 10
        (1e-8, 1e-4 + 1e-9, 1, 41, 42),  # a pole: down to half of it, 1/sqrt(0.5e-4) - 100
        (1e-8, 1e-4 + 1e-9, 3, 99, 101),  # cut off three times: down to a quarter of it, 1/sqrt(0.25e-4) - 100
        (1e-8, 1e-6, 1, 0.4, 0.6),  # the ball does not hold 0
    ],
)
def test_a_ball_reaches_to_the_end_of_the_domain(lanes, epsilon, radius, iteration, least, most):
    balls = Balls([1e-4, 0.0], [radius, 0.0], [0, 0])
    if lanes is LANES:
        balls = Balls([LANES.array([1e-4, 1.0]), 0.0], [LANES.array([radius, radius]), 0.0], [0, 0])
    with lanes.quiet():
        run_balls([[1, 0, [0]]], [root_over(epsilon)], balls, lanes, iteration)
    reach = balls.radius[1] if lanes is FLOATS else balls.radius[1][0]
    assert least <= reach <= most
