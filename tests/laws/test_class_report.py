"""The class report: what is one assignment, who is missing, who shares an answer, and that pseudonyms name nobody."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from classes import PROBLEM, RIGHT, submission

from checker import solve
from checker.batch import grade_folder
from checker.batch.assignments import common_title

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "class.schema.json").read_text())


def answers_to(path):
    return {step.step: f"{float(step.value):.5f}" for step in solve(path).steps}


def variants(folder: Path, students: list[str]) -> dict[str, dict[str, str]]:
    """A problem for each student, of two activations and two learning rates; the right answers of each."""
    folder.mkdir()
    found = {}
    for n, student in enumerate(students):
        text = PROBLEM.replace("id: neuron", f"id: neuron-{student}").replace("w1: 0.8", f"w1: {0.5 + n * 0.07:.2f}")
        if n % 2:
            text = text.replace("sigmoid(z)", "tanh(z)").replace("One sigmoid neuron", "One tanh neuron")
        path = folder / f"{student}.yaml"
        path.write_text(text.replace("learning_rate: 0.1", f"learning_rate: {(0.1, 0.3)[n // 2 % 2]}"))
        found[student] = answers_to(path)
    return found


def report(out: Path) -> dict:
    found = json.loads((out / "class.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.fixture
def drawn(tmp_path):
    """A class in which everybody has a variant; the first four forget the slope, the last copied from the first."""
    students = [f"p{n:02}" for n in range(12)]
    right, folder = variants(tmp_path / "problems", students), tmp_path / "class"
    folder.mkdir()
    for n, student in enumerate(students):
        answers = dict(right[student])
        if n < 4:
            answers = {name: value for name, value in answers.items() if name in ("z", "a", "L", "dL_da", "da_dz")}
            answers["dL_dz"] = answers["dL_da"]
        if n == 11:
            answers = dict(right["p04"])
        (folder / f"{student}.yaml").write_text(submission(answers, student, f"neuron-{student}"))
    return folder


def test_what_a_template_draws_is_one_assignment(drawn, tmp_path):
    grade_folder(drawn, tmp_path / "out", problems=tmp_path / "problems", reports=[])
    found = report(tmp_path / "out")
    (given,) = found["assignments"]
    assert given == {
        "problem": "neuron-p00", "called": "neuron", "title": "One … neuron", "problems": 12, "students": 12,
    }  # fmt: skip
    assert {step["students"] for step in found["steps"]} == {12}
    assert len({step["step"] for step in found["steps"]}) == len(found["steps"])
    forgot = next(each for each in found["misconceptions"] if each["code"] == "act_deriv_missing")
    assert (forgot["students"], forgot["steps"][0]) == (4, {"step": "dL_dz", "students": 4})
    (copied,) = found["fits_another_variant"]
    assert (copied["student"], copied["fits"], copied["whose"]) == ("p11", "neuron-p04", ["p04"])
    page = (tmp_path / "out" / "class.html").read_text(encoding="utf-8")
    assert page.count("Step by step") == 1
    assert "12 problems that differ in their numbers and in what else the template draws" in page


def test_problems_that_one_student_has_both_of_are_two_assignments(tmp_path):
    folder, problems = tmp_path / "class", tmp_path / "problems"
    right = variants(problems, ["one", "two"])  # neuron-one and neuron-two ask for the same steps
    folder.mkdir()
    for student in ("p1", "p2"):
        for problem in ("one", "two"):
            text = submission(right[problem], student, f"neuron-{problem}")
            (folder / f"{student}-{problem}.yaml").write_text(text)
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    found = report(tmp_path / "out")
    assert [each["called"] for each in found["assignments"]] == ["neuron-one", "neuron-two"]
    assert all(step["students"] == 2 for step in found["steps"])


def test_problems_that_ask_for_something_else_are_two_assignments(tmp_path):
    folder, problems = tmp_path / "class", tmp_path / "problems"
    right = variants(problems, ["one", "two"])
    (problems / "two.yaml").write_text((problems / "two.yaml").read_text() + "ask: [z, {step: a, points: 3}]\n")
    text = (problems / "two.yaml").read_text().replace("ask: [z, {step: a, points: 3}]\n", "ask: [z]\n")
    (problems / "two.yaml").write_text(text)
    folder.mkdir()
    (folder / "p1.yaml").write_text(submission(right["one"], "p1", "neuron-one"))
    (folder / "p2.yaml").write_text(submission({"z": right["two"]["z"]}, "p2", "neuron-two"))
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    assert len(report(tmp_path / "out")["assignments"]) == 2


def test_who_of_the_roster_handed_in_nothing(tmp_path):
    folder, problems = tmp_path / "class", tmp_path / "problems"
    problems.mkdir()
    folder.mkdir()
    (problems / "neuron.yaml").write_text(PROBLEM)
    (tmp_path / "roster.csv").write_text("id,name\np1,First Person\np2,Second Person\np3,Third Person\np4,Fourth One\n")
    (folder / "p1.yaml").write_text(submission(RIGHT, "p1"))
    (folder / "other.yaml").write_text(submission(RIGHT, "Person, Second"))
    (folder / "p3.yaml").write_text("format: check-backprop/submission@1\nanswers: {z: [\n")  # ungradable, but there
    options = {"problems": problems, "roster": tmp_path / "roster.csv", "reports": []}
    summary = grade_folder(folder, tmp_path / "out", **options)
    assert summary.absent == ["p4"]
    assert report(tmp_path / "out")["handed_in_nothing"] == {"students": 1, "who": ["p4"]}
    assert "On the roster, and no file is theirs." in (tmp_path / "out" / "class.html").read_text()
    grade_folder(folder, tmp_path / "nameless", pseudonyms=True, **options)
    assert report(tmp_path / "nameless")["handed_in_nothing"] == {"students": 1}
    assert "p4" not in (tmp_path / "nameless" / "class.html").read_text().partition("</style>")[2]
    grade_folder(folder, tmp_path / "open", problems=problems, reports=[])
    assert "handed_in_nothing" not in report(tmp_path / "open")


def test_who_shares_a_rare_wrong_answer_is_named_and_who_shares_a_common_one_is_not(tmp_path):
    folder, problems = tmp_path / "class", tmp_path / "problems"
    problems.mkdir()
    folder.mkdir()
    (problems / "neuron.yaml").write_text(PROBLEM)
    for n in range(20):
        wrong = {"dL_db": "0.4711"} if n in (3, 7) else {"da_dz": "0.9876"} if n > 9 else {}
        (folder / f"p{n:02}.yaml").write_text(submission(RIGHT | wrong, f"p{n:02}"))
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    steps = {step["step"]: step["identical_wrong"] for step in report(tmp_path / "out")["steps"]}
    assert steps["dL_db"] == [{"submitted": "0.4711", "students": 2, "who": ["p03", "p07"]}]
    assert steps["da_dz"] == [{"submitted": "0.9876", "students": 10}]


def test_pseudonyms_name_nobody_though_a_problem_is_called_after_its_student(drawn, tmp_path):
    (drawn / "lost.yaml").write_text("format: check-backprop/submission@1\nproblem: neuron-p99\nanswers: {z: 1}\n")
    grade_folder(drawn, tmp_path / "out", problems=tmp_path / "problems", reports=[], pseudonyms=True)
    report(tmp_path / "out")
    page = (tmp_path / "out" / "class.html").read_text(encoding="utf-8").partition("</style>")[2]
    for text in ((tmp_path / "out" / "class.json").read_text(encoding="utf-8"), page):
        assert "student 0" in text
        for name in [f"p{n:02}" for n in range(12)]:
            assert name not in text


@pytest.mark.parametrize(
    ("titles", "common"),
    [
        (["Backprop"], "Backprop"),
        (["One neuron (tanh), one step", "One neuron (tan), one step"], "One neuron (…), one step"),
        (["One neuron", "Two layers"], "One neuron"),
        (["", "A title"], ""),
        (["A neuron", "A neuron and more"], "A neuron…"),
    ],
)
def test_a_title_for_several(titles, common):
    assert common_title(titles) == common
