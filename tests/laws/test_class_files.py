"""Classes as platforms hand them out, and what is written for them, read back by programs that are not ours."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import html5lib
import jsonschema
import junitparser
import pytest
from classes import PROBLEM, RIGHT, rows_of, submission

from checker import grade, solve
from checker.batch import grade_folder
from checker.batch.collect import collect
from checker.batch.found import File
from checker.batch.lateness import Policy, read_policy, read_time
from checker.batch.platforms import gradescope_senders, sender_of
from checker.batch.spreadsheet import read_spreadsheet
from checker.errors import AuthorError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    folder = tmp_path_factory.mktemp("problems")
    (folder / "neuron.yaml").write_text(PROBLEM, encoding="utf-8")
    return folder


WRONG = {**RIGHT, "dL_dz": 0.5}


# ---------------------------------------------------------------- what platforms hand out


@pytest.mark.parametrize(
    ("name", "platform", "who", "number"),
    [
        ("Ada Lovelace_1815_assignsubmission_file_/a.yaml", "moodle", "Ada Lovelace", "1815"),
        ("Ada Lovelace_1815_assignsubmission_file/a.yaml", "moodle", "Ada Lovelace", "1815"),
        ("Ada Lovelace_1815_assignsubmission_file_a.yaml", "moodle", "Ada Lovelace", "1815"),
        ("Participant_1815_assignsubmission_file_/a.yaml", "moodle", "Participant 1815", "1815"),
        ("Group A-Ada Lovelace_1815_assignsubmission_file_/a.yaml", "moodle", "Group A-Ada Lovelace", "1815"),
        ("lovelaceada_1815_20443_sheet.yaml", "canvas", "lovelaceada", "1815"),
        ("lovelaceada_LATE_1815_20443_my_sheet-2.yaml", "canvas", "lovelaceada", "1815"),
        ("assignment_export/submission_20443/a.yaml", "gradescope", "submission_20443", "20443"),
        ("3970-2557 - Mary-Ann Smith - Sep 24, 2024 926 PM/a.yaml", "brightspace", "Mary-Ann Smith", "3970-2557"),
        ("3970-2557 - Ada - September 4, 2024 1159 PM - a.yaml", "brightspace", "Ada", "3970-2557"),
        ("ada.yaml", "", "", ""),
        ("week_1/ada_2.yaml", "", "", ""),
    ],
)
def test_platforms_say_who_sent_a_file(name, platform, who, number):
    assert sender_of(name)[:3] == (platform, who, number)


def test_gradescope_says_who_stands_behind_a_folder():
    lines = [
        "---\n", "submission_7:\n", "  :submitters:\n", "  - :name: Ada Lovelace\n", "    :sid: '1815'\n",
        "    :email: ada@example.edu\n", "  :created_at: 2024-02-10 23:59:59.123456000 Z\n", "  :results:\n",
        "    :tests:\n", "    - :name: not a student\n", "submission_8:\n", "  :submitters:\n", "  - :name: Bob\n",
    ]  # fmt: skip
    found = gradescope_senders(lines)
    assert found["submission_7"][:3] == ("gradescope", "Ada Lovelace", "1815 ada@example.edu")
    assert found["submission_7"].sent == read_time("2024-02-10T23:59:59+00:00")
    assert found["submission_8"].name == "Bob"


def test_a_zip_is_graded_as_its_folder_is(tmp_path, problems):
    folder = tmp_path / "class"
    for n in range(4):
        place = folder / f"Student {n}_{100 + n}_assignsubmission_file_"
        place.mkdir(parents=True)
        (place / "sheet.yaml").write_text(submission(RIGHT if n else WRONG, f"student {n}"))
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*.yaml")):
            file.write(path, path.relative_to(folder).as_posix())
        file.writestr("../escape.yaml", submission(RIGHT))
        file.writestr("/absolute.yaml", submission(RIGHT))
        link = zipfile.ZipInfo("link.yaml")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("big.yaml", "#" * 3_000_000)
    grade_folder(folder, tmp_path / "one", problems=problems, reports=[])
    grade_folder(archive, tmp_path / "two", problems=problems, reports=[])
    one, two = rows_of(tmp_path / "one"), rows_of(tmp_path / "two")
    assert {name: row for name, row in two.items() if row["status"] == "graded"} == one
    reasons = {name: row["reason"] for name, row in two.items() if row["status"] == "ungradable"}
    assert set(reasons) == {"../escape.yaml", "/absolute.yaml", "link.yaml"}
    assert all("out of the folder" in reasons[name] for name in ("../escape.yaml", "/absolute.yaml"))
    assert "link" in reasons["link.yaml"]


def test_the_members_of_an_archive_are_read_while_it_is_open(tmp_path):
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for n in range(300):
            file.writestr(f"s{n:03}.yaml", submission(RIGHT, f"s{n}"))
    assert sum(len(each.read()) > 100 for each in collect(archive) if isinstance(each, File)) == 300


# ---------------------------------------------------------------- who is who


def roster(folder: Path, text: str) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_who_a_file_says_it_is_by_is_checked_against_who_sent_it(tmp_path, problems):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "lovelaceada_1_11_a.yaml").write_text(submission(RIGHT, "al1"))
    (folder / "hopperbob_2_12_a.yaml").write_text(submission(WRONG, "al1"))  # Bob, in Ada's name
    (folder / "carol.yaml").write_text(submission(RIGHT, "Carol Shaw"))
    (folder / "dave.yaml").write_text(submission(RIGHT, "dave"))
    names = roster(tmp_path, 'Name,Login,ID\n"Lovelace, Ada",al1,1\nBob Hopper,bh2,2\nCarol Shaw,cs3,3\n')
    summary = grade_folder(folder, tmp_path / "out", problems=problems, reports=[], roster=names)
    rows = rows_of(tmp_path / "out")
    assert rows["hopperbob_2_12_a.yaml"]["counts"] == "no", "it takes nothing from Ada's own"
    assert rows["lovelaceada_1_11_a.yaml"]["counts"] == "yes"
    assert "'hopperbob' handed it in" in rows["hopperbob_2_12_a.yaml"]["remark"]
    assert rows["dave.yaml"]["remark"] == "'dave' is not on the roster"
    assert rows["carol.yaml"]["remark"] == rows["lovelaceada_1_11_a.yaml"]["remark"] == ""
    assert len(summary.remarks) == 2
    assert len(json.loads((tmp_path / "out" / "class.json").read_text())["remarks"]) == 2
    assert "handed it in" in (tmp_path / "out" / "class.html").read_text()


def test_of_several_files_the_latest_counts_or_what_is_said(tmp_path, problems):
    folder = tmp_path / "class"
    folder.mkdir()
    for n, answers in ((2, RIGHT), (10, WRONG)):
        (folder / f"try{n}.yaml").write_text(submission(answers, "ada"))
    for keep, counts in (("last", "try10.yaml"), ("first", "try2.yaml"), ("best", "try2.yaml")):
        grade_folder(folder, tmp_path / "out", problems=problems, reports=[], keep=keep)
        assert [name for name, row in rows_of(tmp_path / "out").items() if row["counts"] == "yes"] == [counts]


def test_the_date_of_a_platform_orders_files_before_their_names(tmp_path, problems):
    folder = tmp_path / "class"
    for when, answers in (("Sep 24, 2024 926 PM", WRONG), ("Oct 1, 2024 110 AM", RIGHT)):
        place = folder / f"39-25 - Ada Lovelace - {when}"
        place.mkdir(parents=True)
        (place / "a.yaml").write_text(submission(answers, "ada"))
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    (counting,) = [row for row in rows_of(tmp_path / "out").values() if row["counts"] == "yes"]
    assert "Oct 1" in counting["submission"]


# ---------------------------------------------------------------- lateness


@pytest.mark.parametrize(
    "text", ["10% a day", "5% once", "10% a day, at most 50%, 30 minutes grace, 2 days free, nothing after 7 days"]
)
def test_a_policy_says_what_it_is(text):
    assert str(read_policy(text)) == text


@pytest.mark.parametrize("text", ["", "ten percent", "10% a week", "200% a day", "10% a day; at most 5%"])
def test_a_policy_that_is_none_is_refused(text):
    with pytest.raises(AuthorError, match=r"late policy|cannot be taken"):
        read_policy(text)


def test_lateness_costs_what_the_policy_says(tmp_path, problems):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("ada", "bob", "cy", "di"):
        (folder / f"{name}.yaml").write_text(submission(RIGHT, name))
    names = roster(tmp_path, "student,late\nada,\nbob,2\ncy,2026-03-02T12:00+00:00\ndi,9\n")
    grade_folder(
        folder, tmp_path / "out", problems=problems, reports=[], roster=names, late="10% a day, nothing after 7 days",
        late_column="late", due=read_time("2026-03-01T10:00+00:00"),
    )  # fmt: skip
    rows = {row["student"]: row for row in rows_of(tmp_path / "out").values()}
    assert {name: (row["late_days"], row["penalty"], row["final"]) for name, row in rows.items()} == {
        "ada": ("0", "0", "12"), "bob": ("2", "2.4", "9.6"), "cy": ("2", "2.4", "9.6"), "di": ("9", "12", "0"),
    }  # fmt: skip
    assert {row["awarded"] for row in rows.values()} == {"12"}
    assert json.loads((tmp_path / "out" / "class.json").read_text())["late_policy"] == "10% a day, nothing after 7 days"
    bad = roster(tmp_path, "student,late\nada,soon\n")
    with pytest.raises(AuthorError, match=r"roster\.csv:2:1: 'soon' is neither a number of days nor a time"):
        grade_folder(
            folder, tmp_path / "o", problems=problems, roster=bad, late="10% a day", late_column="late", due=0.0
        )


def test_no_penalty_makes_points_negative_or_more():
    policy = Policy(a_day=40, most=90)
    for awarded in (0.0, 0.5, 3.0, 10.0):
        for days in range(6):
            assert 0 <= policy.penalty(awarded, 10, days) <= awarded


# ---------------------------------------------------------------- gradebooks


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (77),Homework 2 (78),Current Score\r\n"
    "    Points Possible,,,,,10,20,(read only)\r\n"
    '"Lovelace, Ada",1,u1,al1,"A, 1",,19,95\r\n'
    '"Hopper, Bob",2,u2,bh2,"A, 1",3,,\r\n'
    '"Student, Test",9,,x,,,,\r\n'
)
MOODLE = (
    "Identifier;Full name;Email address;Status;Grade;Maximum Grade;Grade can be changed;Feedback comments\n"
    "Participant 1;Ada Lovelace;al1@uni.example;Submitted;;100,00;Yes;\n"
    'Participant 2;Bob Hopper;bh2@uni.example;"Sub;mitted";;100,00;No;\n'
    "Participant 3;Cy Müller;cy@uni.example;Submitted;;100,00;Yes;\n"
)


@pytest.fixture
def small_class(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "a.yaml").write_text(submission(RIGHT, "al1"))
    (folder / "b.yaml").write_text(submission(WRONG, "bh2"))
    (folder / "z.yaml").write_text(submission(RIGHT, "zed"))
    return folder


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_canvas_export_is_filled_and_is_otherwise_what_it_was(encoding, tmp_path, problems, small_class):
    given = tmp_path / "export.csv"
    given.write_bytes(CANVAS.encode(encoding))
    summary = grade_folder(
        small_class, tmp_path / "out", problems=problems, reports=[], gradebook=given, column="homework 1"
    )
    assert given.read_bytes() == CANVAS.encode(encoding)
    filled = (tmp_path / "out" / "upload" / "export.csv").read_bytes()
    bob = grade(small_class / "b.yaml", problem=problems / "neuron.yaml")
    points = f"{round(bob.awarded * 10 / 12, 4):g}"
    assert filled == CANVAS.replace('"A, 1",,19', '"A, 1",10,19').replace('"A, 1",3', f'"A, 1",{points}').encode(
        encoding
    )
    assert "zed: is not in the file" in summary.remarks
    assert "points of 12 are scaled to the 10 of the column" in summary.remarks
    assert list(csv.reader(io.StringIO(filled.decode(encoding), newline="")))[2][5] == "10"


def test_a_moodle_worksheet_is_filled_with_its_own_commas(tmp_path, problems, small_class):
    given = tmp_path / "worksheet.csv"
    given.write_bytes(MOODLE.encode("cp1252"))
    (small_class / "c.yaml").write_text(submission(WRONG, "Müller, Cy"))
    summary = grade_folder(small_class, tmp_path / "out", problems=problems, reports=[], gradebook=given)
    text = (tmp_path / "out/upload/worksheet.csv").read_bytes().decode("cp1252")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert [row[4] for row in rows[1:3]] == ["100", ""]
    assert float(rows[3][4].replace(",", ".")) == pytest.approx(
        100 * grade(small_class / "c.yaml", problem=problems / "neuron.yaml").awarded / 12, abs=1e-4
    )
    assert "," in rows[3][4]
    assert any("cannot be changed" in remark for remark in summary.remarks)


def test_where_a_column_cannot_be_told_nothing_is_guessed(tmp_path, problems, small_class):
    given = tmp_path / "export.csv"
    given.write_text(CANVAS)
    with pytest.raises(AuthorError, match=r"cannot be told which column .*; say --column NAME; there are Homework 1"):
        grade_folder(small_class, tmp_path / "out", problems=problems, reports=[], gradebook=given)
    with pytest.raises(AuthorError, match="there is no column 'Homework 3'; did you mean 'homework"):
        grade_folder(small_class, tmp_path / "out", problems=problems, gradebook=given, column="Homework 3")


@pytest.mark.parametrize(
    "text", ['a,"b ""q"" c",d\r\n1,"x\ny",\r\n', "a;b\n1;2", "a\tb\n\n1\t2\n", '"never closed\n1,2']
)
def test_a_spreadsheet_that_is_not_changed_is_the_same(text):
    sheet = read_spreadsheet(text.encode(), "x.csv")
    assert sheet.changed({}) == text.encode()
    theirs = list(csv.reader(io.StringIO(text, newline=""), delimiter=sheet.delimiter))
    if "never" not in text:
        assert [[cell.value for cell in cells] for _, cells in sheet.rows] == [row or [""] for row in theirs]


def test_no_cell_acts_and_negative_numbers_stay_numbers(tmp_path, problems):
    folder = tmp_path / "class"
    folder.mkdir()
    for n, name in enumerate(["'=1+1'", "'@SUM(A1)'", "'+cmd|x'", "'-2.5'", "'\\tx'"]):
        (folder / f"s{n}.yaml").write_text(submission(RIGHT, name))
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    students = [row["student"] for row in rows_of(tmp_path / "out").values()]
    assert students == ["'=1+1", "'@SUM(A1)", "'+cmd|x", "-2.5", "\\tx"]


# ---------------------------------------------------------------- what others read


def test_what_is_written_is_read_by_others(tmp_path, problems, small_class):
    (small_class / "x<&>.yaml").write_text(submission(WRONG, "x<script>alert(1)</script>"))
    (small_class / "broken.yaml").write_text("format: check-backprop/submission@1\nproblem: neuron\nanswers: {z: [\n")
    out = tmp_path / "out"
    grade_folder(small_class, out, problems=problems, junit=True)
    report = junitparser.JUnitXml.fromfile(str(out / "junit.xml"))
    (suite,) = list(report)
    cases = list(suite)
    assert (
        (suite.tests, suite.failures, suite.errors)
        == (5, 2, 1)
        == (
            len(cases),
            sum(any(isinstance(each, junitparser.Failure) for each in case.result) for case in cases),
            sum(any(isinstance(each, junitparser.Error) for each in case.result) for case in cases),
        )
    )
    assert len({(case.classname, case.name) for case in cases}) == 5, "GitLab tells tests apart by their names"
    page = html5lib.HTMLParser(strict=True).parse((out / "class.html").read_bytes())
    assert page is not None
    assert b"<script" not in (out / "class.html").read_bytes()
    found = json.loads((out / "class.json").read_text())
    schema = json.loads((ROOT / "schemas" / "class.schema.json").read_text())
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)
    assert found["format"] == "check-backprop/class@1"


def test_pseudonyms_name_nobody(tmp_path, problems, small_class):
    grade_folder(small_class, tmp_path / "out", problems=problems, reports=[], pseudonyms=True)
    for name in ("class.json", "class.html"):
        text = re.sub(r"data:[^)\"]*", "", (tmp_path / "out" / name).read_text())
        assert not any(word in text for word in ("al1", "bh2", "zed", "a.yaml"))
    assert "student 1" in (tmp_path / "out" / "class.json").read_text()


def test_gradescope_gets_a_test_a_step_and_no_zero_for_what_cannot_be_graded(tmp_path, problems):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "a.yaml").write_text(submission(WRONG, "ada"))
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[], gradescope=True)
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    alone = grade(folder / "a.yaml", problem=problems / "neuron.yaml")
    assert found["score"] == pytest.approx(alone.awarded)
    assert [test["name"] for test in found["tests"]] == [step.step for step in alone.steps]
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(alone.awarded)
    assert {test["status"] for test in found["tests"]} == {"passed", "failed"}
    (folder / "a.yaml").write_text("format: check-backprop/submission@1\nproblem: neuron\nanswers: {z: [\n")
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[], gradescope=True)
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert "score" not in found
    assert "could not be graded" in found["output"]


# ---------------------------------------------------------------- everybody with numbers of their own


def test_problems_that_differ_only_in_numbers_are_one_block(tmp_path, monkeypatch):
    import checker

    folder, problems = tmp_path / "class", tmp_path / "problems"
    folder.mkdir()
    problems.mkdir()
    for n in range(12):
        text = PROBLEM.replace("id: neuron", f"id: neuron-{n}").replace("x2: 0.5", f"x2: {0.5 + n / 10}")
        (problems / f"neuron-{n}.yaml").write_text(text)
        (folder / f"s{n}.yaml").write_text(submission(RIGHT if n % 2 else WRONG, f"s{n}", f"neuron-{n}"))
    derived = []
    honest = checker.load_program
    monkeypatch.setattr(
        checker, "load_program", lambda path, *args, **more: (derived.append(path), honest(path, *args, **more))[1]
    )
    grade_folder(folder, tmp_path / "out", problems=problems, reports=["json"], feedback="full")
    assert len(set(derived)) == 1, "one derivation serves all"
    rows = rows_of(tmp_path / "out")
    for n in range(12):
        alone = grade(folder / f"s{n}.yaml", problem=problems / f"neuron-{n}.yaml")
        assert float(rows[f"s{n}.yaml"]["awarded"]) == pytest.approx(alone.awarded)
        assert (rows[f"s{n}.yaml"]["first_error"] or None) == alone.first_error
        report = json.loads((tmp_path / "out" / "reports" / f"s{n}.json").read_text())
        assert [step["reference"] for step in report["steps"]] == [step.reference for step in alone.steps]
        assert [step["verdict"] for step in report["steps"]] == [step.verdict.value for step in alone.steps]
        assert report["problem"] == f"neuron-{n}"
    steps = json.loads((tmp_path / "out" / "class.json").read_text())["steps"]
    assert {step["students"] for step in steps} == {12}, "the class report sees one problem"


def test_answers_that_fit_somebody_elses_numbers_are_seen(tmp_path):
    folder, problems = tmp_path / "class", tmp_path / "problems"
    folder.mkdir()
    problems.mkdir()
    values = []
    for n in range(30):
        w1, x2 = 0.5 + n * 0.037, 0.9 - n * 0.021
        text = PROBLEM.replace("id: neuron", f"id: neuron-{n}").replace("w1: 0.8", f"w1: {w1:.3f}")
        path = problems / f"neuron-{n}.yaml"
        path.write_text(text.replace("x2: 0.5", f"x2: {x2:.3f}"))
        values.append({step.step: f"{float(step.value):.5f}" for step in solve(path).steps})
    for n in range(30):
        answers = dict(values[7]) if n == 3 else dict(values[n])
        if n == 11:
            answers |= {"z": "5.1", "L": "0.77", "dL_db": "0.123"}  # wrong, but nobody's
        (folder / f"s{n:02}.yaml").write_text(submission(answers, f"s{n}", f"neuron-{n}"))
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    found = json.loads((tmp_path / "out" / "class.json").read_text())
    (copied,) = found["fits_another_variant"]
    assert (copied["student"], copied["fits"], copied["whose"]) == ("s3", "neuron-7", ["s7"])
    jsonschema.validate(found, json.loads((ROOT / "schemas" / "class.schema.json").read_text()))
    assert "fit somebody else" in (tmp_path / "out" / "class.html").read_text()


# ---------------------------------------------------------------- regrading


def test_a_regrade_says_who_gains_and_who_loses_before_anything_is_written(tmp_path, small_class):
    problems, out = tmp_path / "problems", tmp_path / "out"
    problems.mkdir()
    (problems / "neuron.yaml").write_text(PROBLEM)
    grade_folder(small_class, out, problems=problems)
    (problems / "neuron.yaml").write_text(
        PROBLEM + "grading: {shares: {misconception: 0, slip: 0}, steps: {z: {points: 3}}}\n"
    )
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    told = []
    grade_folder(small_class, out, problems=problems, dry_run=True, announce=told.append)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    ((*changes,),) = told
    assert {change.submission: change.gain > 0 for change in changes} == {
        "a.yaml": True,
        "b.yaml": True,
        "z.yaml": True,
    }
    assert {change.possible for change in changes} == {14}
    seen = []
    grade_folder(
        small_class,
        out,
        problems=problems,
        announce=lambda found: seen.append((found, (out / "gradebook.csv").read_bytes())),
    )
    ((found, written),) = seen
    assert (found, written) == (changes, before[out / "gradebook.csv"])
    grade_folder(small_class, out, problems=problems, announce=lambda found: seen.append((found, b"")))
    assert seen[-1][0] == []


@pytest.fixture
def unwritable(tmp_path_factory):
    """A new folder in which nothing can be written once this is called, whoever runs the tests."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def close():
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o555 if path.is_dir() else 0o444)
            if user == 0:
                os.seteuid(65534)
            with pytest.raises(PermissionError):
                (folder / "x").touch()

        yield folder, close
        os.seteuid(user)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are other ones there")
def test_a_dry_run_needs_nothing_that_can_be_written(unwritable):
    folder, close = unwritable
    for name, text in (("class/a.yaml", submission(RIGHT, "a")), ("problems/neuron.yaml", PROBLEM)):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    grade_folder(folder / "class", folder / "out", problems=folder / "problems", reports=[])
    (folder / "problems" / "neuron.yaml").write_text(f"{PROBLEM}grading: {{steps: {{z: {{points: 3}}}}}}\n")
    # what another user may not import from a private folder of ours is imported before
    grade_folder(folder / "class", folder / "in", problems=folder / "problems", dry_run=True, announce=lambda _: None)
    close()
    told = []
    summary = grade_folder(
        folder / "class", folder / "out", problems=folder / "problems", dry_run=True, announce=told.append
    )
    assert (summary.graded, [(each.before, each.after) for each in told[0]]) == (1, [(12, 14)])


# ---------------------------------------------------------------- a cluster


def test_a_cluster_gives_the_same_gradebook_though_a_worker_is_killed(tmp_path, problems):
    distributed = pytest.importorskip("distributed")
    folder = tmp_path / "class"
    folder.mkdir()
    for n in range(60):
        (folder / f"s{n:02}.yaml").write_text(submission(RIGHT if n % 3 else WRONG, f"s{n}"))
    grade_folder(folder, tmp_path / "alone", problems=problems)
    script = tmp_path / "cluster.py"
    script.write_text(
        "import sys, signal, os, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from pathlib import Path\n"
        "def main():\n"
        "    from distributed import LocalCluster, Client\n"
        "    from checker.batch import blocks, grade_folder\n"
        "    blocks.BLOCK = 5\n"
        "    with LocalCluster(2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:\n"
        "        with Client(cluster) as client:\n"
        "            pids = list(client.run(os.getpid).values())\n"
        "            done = []\n"
        "            def progress(what, count, total):\n"
        "                if what == 'graded' and count and not done:\n"
        "                    done.append(os.kill(pids[0], signal.SIGKILL))\n"
        "            grade_folder(sys.argv[1], sys.argv[2], problems=sys.argv[3], jobs=2, progress=progress,\n"
        "                         executor=client.get_executor(pure=False, retries=1))\n"
        "            assert done\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(folder), str(tmp_path / "cluster"), str(problems)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for name in ("gradebook.csv", "class.json", "class.html", "reports/s00.json", "reports/s01.md"):
        assert (tmp_path / "cluster" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    assert distributed is not None
