"""The demo is a course as one is: different problems, right and wrong answers, all graded, the same each time."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from checker.cli import main
from checker.demo import ASSIGNMENTS, STUDENTS, make_course, told
from checker.errors import AuthorError


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("demo") / "course")


def gradebook(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name / "graded" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_class_has_all_that_a_class_has(course, name):
    rows = gradebook(course.folder, name)
    graded = [row for row in rows if row["status"] == "graded"]
    assert len(rows) == STUDENTS - 1, "one student hands nothing in"
    assert len(graded) == len(rows) - 1, "one file cannot be read"
    right = [row for row in graded if row["percent"] == "100"]
    assert len(graded) / 4 < len(right) < len(graded)
    assert any(float(row["percent"]) < 75 for row in graded), "somebody has worked another's numbers"
    report = json.loads((course.folder / name / "graded" / "class.json").read_text(encoding="utf-8"))
    assert len({entry["code"] for entry in report["misconceptions"]}) >= 3


def test_everybody_has_other_numbers(course):
    for name in ASSIGNMENTS:
        problems = [path.read_text(encoding="utf-8") for path in (course.folder / name / "set" / "problems").iterdir()]
        numbers = {re.sub(r"(?m)^(id|title): .*", "", text) for text in problems}
        assert len(problems) == len(numbers) == STUDENTS


def test_what_is_said_leads_to_files_that_are_there(course):
    text = told(course)
    paths = [line.split()[0] for line in text.partition("Open\n")[2].partition("\n\n")[0].splitlines()]
    assert len(paths) == 4
    assert all(Path(path).is_file() for path in paths)


def test_the_same_seed_gives_the_same_files(course, tmp_path):
    again = make_course(tmp_path / "course")
    for name in ASSIGNMENTS:
        for part in ("class", "set/problems", "set/handouts"):
            made = {path.name: path.read_bytes() for path in (course.folder / name / part).iterdir()}
            assert {path.name: path.read_bytes() for path in (again.folder / name / part).iterdir()} == made
        assert gradebook(course.folder, name) == gradebook(again.folder, name)


def test_nothing_is_written_where_something_is(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(AuthorError, match=r"the folder is not empty: 'mine.txt' is in it; give a new folder"):
        make_course(tmp_path)
    assert main(["demo", str(tmp_path / "mine.txt")]) == 2
    assert "the folder cannot be made: File exists" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
