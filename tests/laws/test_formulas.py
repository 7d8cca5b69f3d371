"""Laws of formulas as answers: pairs decided right over every table entry, and a step's own rule is its identity."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from checker.formula_answer import IDENTITY, FormulaAnswers
from checker.formula_answer.identity import Pair
from checker.graph.node import names
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.problem import load_problem
from checker.readings.text import latex, text
from checker.sheet import FormulaError
from checker.stepname import StepNames, Target

ROOT = Path(__file__).parents[2]
DATA = json.loads((ROOT / "tests/data/formulas.json").read_text(encoding="utf-8"))
SHIPPED = sorted((ROOT / "problem_sets").glob("*.yaml"))
UNWRITTEN = re.compile(r"einsum|collect|gather")  # what the language has no word for


@cache
def answers(key: str) -> FormulaAnswers:
    return FormulaAnswers(load_problem(DATA["problems"][key].encode(), f"{key}.yaml"))


@cache
def found_by(key: str) -> StepNames:
    return answers(key).names


@pytest.mark.parametrize("key", list(DATA["problems"]))
def test_pairs_of_formulas_are_decided_right(key: str) -> None:
    wrongly = []
    for row in DATA["rows"]:
        if row["problem"] != key:
            continue
        try:
            worked = answers(key).judge(row["formula"], found_by(key).find(row["step"]))
            equal = all(holds == IDENTITY for holds in worked.holds)
        except FormulaError as error:
            equal = False
            if not str(error).startswith("the formula has no value at the problem's numbers"):
                wrongly.append({**row, "refused": str(error)})
        if equal != row["equal"]:
            wrongly.append(row)
    assert wrongly == []


def test_every_equal_pair_is_proven_in_normal_form_and_no_other() -> None:
    wrongly = []
    for row in DATA["rows"]:
        formulas = answers(row["problem"])
        try:
            reading, step, slots = formulas._parsed(row["formula"], formulas.names.find(row["step"]))
        except FormulaError:
            continue
        if not reading.named:
            continue
        target = formulas.names.find(row["step"])
        comparer = formulas._world.comparer
        pairs = [Pair(node, step.rule, slots, target.negative) for node in reading.nodes]
        if any(all(comparer._proven(pair, sums)) for pair in pairs for sums in (False, True)) != row["equal"]:
            wrongly.append(row)
    assert wrongly == []


def test_the_pairs_cover_every_table_entry_and_both_answers() -> None:
    assert len(DATA["rows"]) >= 400
    text = " ".join(DATA["problems"].values())
    assert [name for name in ACTIVATIONS if f"{name}(z)" not in text and f"activation: {name}" not in text] == []
    assert [name for name in LOSSES if name not in text] == []
    assert [name for name in OPTIMIZERS if f"optimizer: {name}" not in text] == []
    equal = sum(row["equal"] for row in DATA["rows"])
    assert min(equal, len(DATA["rows"]) - equal) >= 200
    assert all(row["why"] for row in DATA["rows"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_rule_is_the_identity_of_its_step_as_text_and_as_latex(path: Path) -> None:
    judged = FormulaAnswers(load_problem(path.read_bytes(), str(path)))
    named_e = any(quantity in ("e", "pi") for quantity in judged.names.shapes)
    for step in judged.steps:
        for route in step.routes:
            if not route.proven or not names(route.node):
                continue
            written = [text(route.node)]
            if not named_e:  # an `e` of the problem's own hides the one of e^{-z}
                written.append(latex(route.node))
            for formula in written:
                if not UNWRITTEN.search(formula):
                    worked = judged.judge(formula, Target(step.name))
                    assert set(worked.holds) == {IDENTITY}, (step.name, formula)


@pytest.mark.parametrize("path", SHIPPED[:12], ids=lambda path: path.stem)
def test_a_rule_with_a_term_or_a_factor_too_many_is_not(path: Path) -> None:
    judged = FormulaAnswers(load_problem(path.read_bytes(), str(path)))
    for step in judged.steps:
        formula = text(step.rule)
        if not names(step.rule) or UNWRITTEN.search(formula):
            continue
        for wrong in (f"({formula}) + 1e-12", f"1.000000001*({formula})"):
            worked = judged.judge(wrong, Target(step.name))
            right = [value for value, holds in zip(worked.values, worked.holds, strict=True) if holds == IDENTITY]
            assert not any(right), (step.name, wrong)  # 0 times a factor is still 0


def test_judgements_do_not_depend_on_their_order_or_their_number() -> None:
    rows = [row for row in DATA["rows"] if row["problem"] in ("neuron-relu", "softmax")]
    problems = {key: DATA["problems"][key].encode() for key in ("neuron-relu", "softmax")}

    def judged(order: list[dict[str, str]]) -> dict[tuple[str, ...], object]:
        fresh = {key: FormulaAnswers(load_problem(data, key)) for key, data in problems.items()}
        return {
            (row["problem"], row["step"], row["formula"]): fresh[row["problem"]].judge(
                row["formula"], fresh[row["problem"]].names.find(row["step"])
            )
            for row in order
        }

    assert judged(rows) == judged(rows[::-1])
