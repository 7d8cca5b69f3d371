"""A class is graded as each student is alone, and whatever happens in between, the files end the same."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from classes import PROBLEM, RIGHT, rows_of, submission
from oracle.networks import random_case
from sheets import assert_same, close, no_formula, sheet_text

from checker import grade, load_program
from checker.batch import grade_folder
from checker.batch.kept import Face, Kept
from checker.batch.outcomes import Entry, Variant
from checker.batch.record import Recorder
from checker.block import Block, Cells
from checker.errors import AuthorError
from checker.formula_answer import FormulaAnswers
from checker.grading import grade_submission
from checker.problem import load_problem
from checker.reports import FORMATS, Level
from checker.sheet import lay
from checker.submission import load_submission

HOSTILE = {
    "alias.yaml": "answers: {z: &a [1, 1], a: *a}\n",
    "tag.yaml": "answers: {z: !!python/object/apply:os.getcwd []}\n",
    "twice.yaml": "answers:\n  z: 0.7\n  z: 0.8\n",
    "cut.yaml": "answers: {z: [\n",
    "none.yaml": "answers:\n",
    "list.yaml": "answers: [1, 2]\n",
    "more.yaml": "answers: {z: 1}\nunheard: of\n",
    "brackets.yaml": "answers: {z: " + "[" * 5000 + "\n",
    "two.yaml": "answers: {z: 1}\n---\na: 1\n",
    "control.yaml": "answers: {z: '\x01'}\n",
    "elsewhere.yaml": "answers: {z: 1}\n",
    "unknown.yaml": "answers: {z: 1}\n",
    "long.yaml": "answers: {z: 1}\n#" + "x" * 1_100_000,
}


def make_class(folder: Path, students: int, seed: int = 1) -> Path:
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    for n in range(students):
        answers = {
            name: f"{value * rng.choice([1] * 9 + [-1, 2]):.4f}" for name, value in RIGHT.items() if rng.random() < 0.97
        }
        if rng.random() < 0.1:
            answers["a"] = rng.choice(["sigmoid(z)", "1/(1 + e^(-z))", ".nan", "[1, 2]", "2/3"])
        where = folder / (f"group{n % 3}" if n % 4 == 0 else "")
        where.mkdir(exist_ok=True)
        (where / f"s{n:03}.yaml").write_text(submission(answers, f"student {n}"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    folder = tmp_path_factory.mktemp("problems")
    (folder / "neuron.yaml").write_text(PROBLEM, encoding="utf-8")
    return folder


def rendered(out: Path) -> dict[str, bytes]:
    """Every file but the database, whose pages lie as they came; and what the database says of each submission."""
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith("results.sqlite")
    }
    columns = "name, key, variant, family, content, student, problem, status, awarded, possible, first_error, reason"
    with sqlite3.connect(out / "results.sqlite") as connection:
        files["results"] = repr(connection.execute(f"SELECT {columns} FROM results ORDER BY name").fetchall()).encode()
    connection.close()
    return files


# ---------------------------------------------------------------- what is kept of a grade


@pytest.mark.parametrize("kind", ["arrays", "scalar_net"])
def test_what_is_kept_of_a_grade_is_the_grade(kind, tmp_path):
    rng = random.Random(kind)
    case = random_case(rng, kind=kind)
    path = tmp_path / "p.yaml"
    path.write_text(case.problem_yaml, encoding="utf-8")
    program, mistakes = load_program(path), load_program(path, mistakes=True)
    recorder = Recorder(program, lambda _: no_formula, lambda: mistakes)
    leaves = tuple(
        value for slot, shape in program.leaves.values() for value in program.values[slot : slot + math.prod(shape)]
    )
    variant = Variant("k", "p", program.title, leaves)
    entries = [Entry(f"s{n}.yaml", f"s{n}", sheet_text(case, rng, f"s{n}").encode()) for n in range(8)]
    outcomes, kept = recorder.record(entries * 2, [variant])
    kept = Kept.load(kept.dump())
    (numbers,) = recorder.numbers([variant])
    face = Face(recorder.face.program._replace(problem=program.problem, values=np.frombuffer(numbers).tolist()))
    for outcome, entry in zip(outcomes, entries * 2, strict=True):
        if outcome.status == "ungradable":
            with pytest.raises(Exception, match=r"line|more|expected|answers|twice|key"):
                load_submission(entry.data, entry.name)
            continue
        block = Block(program, Cells(), lambda: mistakes)
        block.mark([lay(load_submission(entry.data, entry.name), program, no_formula)])
        grade, alone = kept.grade(face, outcome.position, outcome.student, entry.name), block.grade(0)
        assert_same(grade, alone)
        assert (outcome.awarded, outcome.possible, outcome.first_error, outcome.student) == (
            alone.awarded, alone.possible, alone.first_error, alone.student,
        )  # fmt: skip


@pytest.mark.parametrize("level", Level)
def test_every_report_is_what_the_student_gets_alone(level, tmp_path, problems):
    folder = make_class(tmp_path / "class", 30)
    grade_folder(folder, tmp_path / "out", problems=problems, reports=list(FORMATS), feedback=level.value)
    for file in sorted(folder.rglob("*.yaml")):
        name = file.relative_to(folder).as_posix()
        alone = grade(file, problem=problems / "neuron.yaml")
        alone = alone._replace(submission=name)
        for form in FORMATS.values():
            written = (tmp_path / "out" / "reports" / name).with_suffix(form.suffix).read_text(encoding="utf-8")
            if level is not Level.FULL:
                assert written == form.render(alone, level)
            elif form.name == "json":
                steps = json.loads(written)["steps"]
                for one, other in zip(steps, json.loads(form.render(alone, level))["steps"], strict=True):
                    assert close(one.pop("carried"), other.pop("carried"))
                    assert one == other


def test_students_share_what_is_alike(tmp_path, problems, monkeypatch):
    folder, made = tmp_path / "class", []
    folder.mkdir()
    for n in range(40):
        answers = {name: value for k, (name, value) in enumerate(RIGHT.items()) if k != n % 8}
        (folder / f"s{n}.yaml").write_text(submission(answers | {"dL_db": n % 3}, f"s{n}"))
    whole = Kept.grade
    monkeypatch.setattr(Kept, "grade", lambda *arguments: made.append(1) or whole(*arguments))
    for level in ("verdict", "hint"):
        made.clear()
        grade_folder(folder, tmp_path / level, problems=problems, reports=list(FORMATS), feedback=level)
        assert len(made) == 1
        assert len(list((tmp_path / level / "reports").iterdir())) == 40 * len(FORMATS)


@pytest.mark.parametrize(
    ("keep", "which", "english", "german"),
    [
        ("last", "ada3.yaml", "the last that could be graded", "die letzte, die bewertet werden konnte"),
        ("first", "ada1.yaml", "the first that could be graded", "die erste, die bewertet werden konnte"),
        ("best", "ada2.yaml", "the best of them", "zählt diese: die beste"),
    ],
)
def test_a_report_says_which_of_several_counts(keep, which, english, german, tmp_path, problems):
    folder = tmp_path / "class"
    folder.mkdir()
    for name, answers in (("ada1", {"z": 0.7}), ("ada2", RIGHT), ("ada3", {"z": 0.7}), ("ben", RIGHT)):
        (folder / f"{name}.yaml").write_text(submission(answers, name.rstrip("123")))
    for language, said, others in (("en", english, "does not count"), ("de", german, "zählt diese nicht")):
        out = tmp_path / language
        grade_folder(folder, out, problems=problems, keep=keep, reports=list(FORMATS), language=language)
        for form in FORMATS.values():
            for name in ("ada1.yaml", "ada2.yaml", "ada3.yaml"):
                text = (out / "reports" / name).with_suffix(form.suffix).read_text(encoding="utf-8")
                if form.name == "json":
                    assert json.loads(text)["choice"] == {"counts": name == which, "of": 3, "keep": keep}
                else:
                    assert (said in " ".join(text.split())) is (name == which)
                    assert (others in text) is (name != which)
            alone = (out / "reports" / "ben.yaml").with_suffix(form.suffix).read_text(encoding="utf-8")
            assert not any(each in alone for each in ("choice", said, others))


# ---------------------------------------------------------------- nothing is lost


def test_whatever_lies_in_the_folder_costs_only_itself(tmp_path, problems):
    folder = make_class(tmp_path / "class", 200)
    right = {path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")}
    head = "format: check-backprop/submission@1\nproblem: neuron\nstudent: x\n"
    for name, text in HOSTILE.items():
        (folder / name).write_text(head + text, encoding="utf-8")
    (folder / "elsewhere.yaml").write_text(head.replace("neuron", "../../etc/passwd") + "answers: {z: 1}\n")
    (folder / "unknown.yaml").write_text(head.replace("neuron", "neuro") + "answers: {z: 1}\n")
    (folder / "latin.yaml").write_bytes(head.encode() + b"answers: {z: '\xe9'}\n")
    (folder / "utf16.yaml").write_bytes((head + "answers: {z: 1}\n").encode("utf-16"))
    outside = tmp_path / "outside.yaml"
    outside.write_text(submission(RIGHT))
    (folder / "link.yaml").symlink_to(outside)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "empty.yaml").write_text("")
    (folder / "problem.yaml").write_text(PROBLEM)
    (folder / "notes.txt").write_text("words")
    broken = {*HOSTILE, "latin.yaml", "utf16.yaml", "link.yaml", "pipe.yaml"}
    summary = grade_folder(folder, tmp_path / "out", problems=problems, reports=["json"])
    rows = rows_of(tmp_path / "out")
    assert {name for name, row in rows.items() if row["status"] == "graded"} == right
    assert {name for name, row in rows.items() if row["status"] == "ungradable"} == broken
    for name in broken:
        assert rows[name]["reason"], name
        assert (rows[name]["awarded"], rows[name]["possible"], rows[name]["percent"]) == ("", "", "")
    assert {each.name for each in summary.passed} == {"folder.yaml", "empty.yaml", "problem.yaml"}
    assert all(each.reason for each in summary.passed)
    for name in sorted(right)[::7]:
        alone = grade(folder / name, problem=problems / "neuron.yaml")
        assert float(rows[name]["awarded"]) == pytest.approx(alone.awarded)
        assert (rows[name]["first_error"] or None) == alone.first_error


def test_no_worker_count_and_no_order_changes_a_byte(tmp_path, problems, monkeypatch):
    from checker.batch import blocks, run

    folder = make_class(tmp_path / "class", 60)
    grade_folder(folder, tmp_path / "one", problems=problems, junit=True)
    monkeypatch.setattr(blocks, "BLOCK", 7)
    options = run.Options(junit=True, jobs=2, pool_from=1)
    run.grade_class(folder, tmp_path / "two", problems, options)
    assert rendered(tmp_path / "one") == rendered(tmp_path / "two")
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    for path in sorted(again.rglob("*.yaml"))[::2]:
        path.rename(path.with_suffix(".away"))
    grade_folder(again, tmp_path / "three", problems=problems, junit=True)
    for path in again.rglob("*.away"):
        path.rename(path.with_suffix(".yaml"))
    assert grade_folder(again, tmp_path / "three", problems=problems, junit=True).regraded == 30
    assert rendered(tmp_path / "three") == rendered(tmp_path / "one")


def test_formulas_take_long_and_make_small_blocks(tmp_path, problems, monkeypatch):
    from checker.batch import blocks

    folder = tmp_path / "class"
    folder.mkdir()
    for n in range(9):
        formulas = {"a": "1/(1 + exp(-z))", "da_dz": "a*(1 - a)"} if n % 3 == 0 else {}
        (folder / f"s{n}.yaml").write_text(submission(RIGHT | formulas, f"s{n}"))
    grade_folder(folder, tmp_path / "one", problems=problems)
    monkeypatch.setattr(blocks, "BLOCK_FORMULAS", 4)
    grade_folder(folder, tmp_path / "many", problems=problems)
    assert rendered(tmp_path / "one") == rendered(tmp_path / "many")
    found = {}
    for name in ("one", "many"):
        connection = sqlite3.connect(tmp_path / name / "results.sqlite")
        found[name] = [count for (count,) in connection.execute("SELECT count(*) FROM results GROUP BY block")]
        connection.close()
    assert found == {"one": [9], "many": [1, 3, 3, 2]}


def test_a_second_run_grades_and_writes_nothing(tmp_path, problems):
    folder = make_class(tmp_path / "class", 20)
    first = grade_folder(folder, tmp_path / "out", problems=problems)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}
    second = grade_folder(folder, tmp_path / "out", problems=problems)
    assert (first.regraded, second.regraded, second.written) == (20, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in before if path.name != "results.sqlite"} == {
        path: changed for path, changed in before.items() if path.name != "results.sqlite"
    }


def test_a_rerun_redoes_only_what_changed_and_mends_what_was_damaged(tmp_path, problems):
    folder, out = make_class(tmp_path / "class", 20), tmp_path / "out"
    grade_folder(folder, out, problems=problems)
    whole = rendered(out)
    (out / "reports" / "s001.json").write_text("damaged")
    (out / "gradebook.csv").unlink()
    (out / "reports" / "mine.txt").write_text("not ours")
    summary = grade_folder(folder, out, problems=problems)
    assert (summary.regraded, summary.written) == (0, 4)
    (out / "reports" / "mine.txt").unlink()
    assert rendered(out) == whole
    old = (folder / "s001.yaml").read_text()
    (folder / "s001.yaml").write_text(submission(RIGHT, "student 1"))
    assert grade_folder(folder, out, problems=problems).regraded == 1
    assert rows_of(out)["s001.yaml"]["percent"] == "100"
    (folder / "s001.yaml").unlink()
    grade_folder(folder, out, problems=problems)
    assert "s001.yaml" not in rows_of(out)
    assert not (out / "reports" / "s001.json").exists()
    (folder / "s001.yaml").write_text(old)
    grade_folder(folder, out, problems=problems)
    assert rendered(out) == whole


def test_a_changed_problem_is_regraded(tmp_path):
    folder, out, problems = make_class(tmp_path / "class", 8), tmp_path / "out", tmp_path / "problems"
    problems.mkdir()
    (problems / "neuron.yaml").write_text(PROBLEM)
    grade_folder(folder, out, problems=problems, reports=[])
    (problems / "neuron.yaml").write_text(PROBLEM + "grading: {steps: {z: {points: 3}}}\n")
    assert grade_folder(folder, out, problems=problems, reports=[]).regraded == 8
    assert {row["possible"] for row in rows_of(out).values()} == {"14"}
    (problems / "neuron.yaml").write_text(PROBLEM.replace("sigmoid(z)", "sigmod(z)"))
    grade_folder(folder, out, problems=problems, reports=[])
    rows = rows_of(out)
    assert {row["status"] for row in rows.values()} == {"ungradable"}
    assert all("sigmod" in row["reason"] for row in rows.values())


KILLS = int(os.environ.get("CHECK_BACKPROP_KILLS", "5"))


def test_killed_at_any_moment_a_rerun_ends_with_the_same_bytes(tmp_path, problems):
    folder = make_class(tmp_path / "class", 150)
    command = [sys.executable, "-m", "checker", "batch", str(folder), "--problems", str(problems), "--jobs", "1"]
    started = time.monotonic()
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=False, capture_output=True)
    undisturbed = time.monotonic() - started
    whole, rng = rendered(tmp_path / "whole"), random.Random(3)
    for n in range(KILLS):
        out = tmp_path / f"out{n}"
        process = subprocess.Popen([*command, "--out", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, 1.0) * undisturbed)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.run([*command, "--out", str(out)], check=False, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        assert rendered(out) == whole
        assert not (out / ".unfinished").exists()


def works(pid: int) -> bool:
    """Whether a process is there and not merely waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_workers_end_with_the_process_that_started_them(tmp_path, problems):
    folder, started = make_class(tmp_path / "class", 40), tmp_path / "started"
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from checker.batch import blocks, record\n"
        "from checker.batch.options import Options\n"
        "from checker.batch.run import grade_class\n"
        "folder, problems, out, started = map(Path, sys.argv[1:])\n"
        "def slow(*arguments):\n"
        "    Path(f'{started}{os.getpid()}').touch()\n"
        "    time.sleep(60)\n"
        "blocks.BLOCK, record.Recorder.record = 10, slow\n"
        "grade_class(folder, out, problems, Options(jobs=2, pool_from=1))\n"
    )
    places = map(str, (folder, problems, tmp_path / "out", started))
    process = subprocess.Popen([sys.executable, "-c", script, *places])
    deadline = time.monotonic() + 60
    while len(workers := [int(path.name[7:]) for path in tmp_path.glob("started*")]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while any(map(works, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(works, workers))


# ---------------------------------------------------------------- one poisonous submission


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda: os._exit(9), "ended the process"),
        (lambda: time.sleep(60), "longer than 0.5 seconds"),
        (lambda: [each for each in itertools.count() if each < 0], "longer than 0.5 seconds"),
        (lambda: sum(itertools.count()), "longer than 0.5 seconds"),
    ],
    ids=["dies", "sleeps", "computes", "cannot be interrupted"],
)
def test_what_kills_or_holds_up_its_worker_costs_only_itself(tmp_path, problems, monkeypatch, end, said):
    from checker.batch import blocks, record, run

    folder = make_class(tmp_path / "class", 12)
    (folder / "poison.yaml").write_text(submission(RIGHT, "poison"))
    honest = record.Recorder.record

    def poisoned(self, entries, variants):
        if any(entry.name == "poison.yaml" for entry in entries):
            end()
        return honest(self, entries, variants)

    monkeypatch.setattr(record.Recorder, "record", poisoned)
    monkeypatch.setattr(blocks, "BLOCK", 4)
    options = run.Options(reports=(), jobs=2, pool_from=1, timeout=0.5 if "longer" in said else 60)
    run.grade_class(folder, tmp_path / "out", problems, options)
    rows = rows_of(tmp_path / "out")
    assert said in rows["poison.yaml"]["reason"]
    assert {name for name, row in rows.items() if row["status"] == "ungradable"} == {"poison.yaml"}
    monkeypatch.undo()  # what may have been an accident is tried again
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    assert rows_of(tmp_path / "out")["poison.yaml"]["status"] == "graded"


def test_one_that_takes_too_long_is_waited_for_a_few_times(tmp_path, problems, monkeypatch):
    from checker.batch import record, run

    folder, tried = make_class(tmp_path / "class", 30), tmp_path / "tried"
    (folder / "poison.yaml").write_text(submission(RIGHT, "poison"))
    honest = record.Recorder.record

    def poisoned(self, entries, variants):
        poison = any(entry.name == "poison.yaml" for entry in entries)
        with tried.open("a") as file:
            file.write(f"{len(entries)} {poison}\n")
        if poison:
            next(each for each in itertools.count() if each < 0)
        return honest(self, entries, variants)

    monkeypatch.setattr(record.Recorder, "record", poisoned)
    run.grade_class(folder, tmp_path / "out", problems, run.Options(reports=(), timeout=0.5))
    lines = tried.read_text().split("\n")
    assert [line for line in lines if "True" in line] == ["31 True", "5 True", "2 True", "1 True"]
    assert len(lines) < 20
    rows = rows_of(tmp_path / "out")
    assert {name for name, row in rows.items() if row["status"] == "ungradable"} == {"poison.yaml"}


def test_a_fault_of_ours_costs_nobody_else_and_is_no_zero(tmp_path, problems, monkeypatch):
    from checker.batch import record

    folder = make_class(tmp_path / "class", 6)
    (folder / "poison.yaml").write_text(submission(RIGHT, "poison"))
    honest = record.PlainReader.read

    def poisoned(self, data):
        if b"student: poison" in data:
            raise ZeroDivisionError("somewhere")
        return honest(self, data)

    monkeypatch.setattr(record.PlainReader, "read", poisoned)
    grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    rows = rows_of(tmp_path / "out")
    assert rows["poison.yaml"]["reason"] == "a fault of ours, not of this submission: ZeroDivisionError: somewhere"
    assert sum(row["status"] == "graded" for row in rows.values()) == 6


# ---------------------------------------------------------------- where nothing can be written


def test_a_full_disk_leaves_every_earlier_file_whole(tmp_path, problems, monkeypatch):
    from checker.batch import writer

    folder, out = make_class(tmp_path / "class", 10), tmp_path / "out"
    grade_folder(folder, out, problems=problems)
    before = {path: path.read_bytes() for path in (out / "reports").rglob("*") if path.is_file()}
    for path in folder.rglob("*.yaml"):
        path.write_text(submission(RIGHT, "x"))
    honest, writes = os.replace, []

    def full(source, target):
        writes.append(target)
        if len(writes) > 6:
            raise OSError(28, "No space left on device")
        honest(source, target)

    monkeypatch.setattr(writer.os, "replace", full)
    with pytest.raises(AuthorError, match="it cannot be written: No space left on device; choose an --out"):
        grade_folder(folder, out, problems=problems)
    monkeypatch.undo()
    for path, data in before.items():
        assert path.read_bytes() == data or str(path) in map(str, writes[:6])
    assert not (out / ".unfinished").exists()
    grade_folder(folder, out, problems=problems)
    grade_folder(folder, tmp_path / "fresh", problems=problems)
    assert rendered(out) == rendered(tmp_path / "fresh")


def test_a_full_disk_stops_the_database_with_a_clear_error(tmp_path, problems, monkeypatch):
    from checker.batch import store

    folder, out = make_class(tmp_path / "class", 150), tmp_path / "out"
    honest = store._opened

    def small(path):
        connection = honest(path)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(store, "_opened", small)
    with pytest.raises(AuthorError, match="the results cannot be kept: database or disk is full; choose an --out"):
        grade_folder(folder, out, problems=problems)
    monkeypatch.undo()
    grade_folder(folder, out, problems=problems)
    assert len(rows_of(out)) == 150


def test_a_run_beside_another_ends_at_once(tmp_path, problems):
    from checker.batch.store import Results

    folder, out = make_class(tmp_path / "class", 3), tmp_path / "out"
    out.mkdir()
    with Results(out), pytest.raises(AuthorError, match="wait until the other run has ended"):
        grade_folder(folder, out, problems=problems)


@pytest.mark.parametrize("content", [b"", b"not a database at all, but words that go on for a while" * 40])
def test_a_database_that_is_none(tmp_path, problems, content):
    folder, out = make_class(tmp_path / "class", 3), tmp_path / "out"
    out.mkdir()
    (out / "results.sqlite").write_bytes(content)
    if not content:
        grade_folder(folder, out, problems=problems)
        return
    with pytest.raises(AuthorError, match="file is not a database; move the file away"):
        grade_folder(folder, out, problems=problems)


def test_an_out_that_cannot_be_is_an_error(tmp_path, problems):
    folder = make_class(tmp_path / "class", 3)
    (tmp_path / "file").write_text("")
    with pytest.raises(AuthorError, match=r"it cannot be written: .*; choose an --out"):
        grade_folder(folder, tmp_path / "file" / "out", problems=problems)


# ---------------------------------------------------------------- a whole course, and those who would break it

STEPS = list(RIGHT)
BREAKS = {
    "a quote that is not closed": lambda n, text: text.replace(f"  {STEPS[n]}: ", f'  {STEPS[n]}: "'),
    "a step twice": lambda n, text: f"{text}  {STEPS[n]}: 1\n",
    "an anchor": lambda n, text: text.replace(f"  {STEPS[n]}: ", f"  {STEPS[n]}: &bomb "),
    "a tag": lambda n, text: text.replace(f"  {STEPS[n]}: ", f"  {STEPS[n]}: !!python/object/apply:os.getcwd "),
    "brackets": lambda n, text: text.replace(f"  {STEPS[n]}: ", f"  {STEPS[n]}: {'[' * (100 + 700 * n)}"),
    "a byte of another encoding": lambda n, text: text.replace(f"  {STEPS[n]}: ", f"  {STEPS[n]}: \udce9"),
    "two documents": lambda n, text: text.replace(f"  {STEPS[n]}: ", f"---\n  {STEPS[n]}: "),
    "more than 1 MiB": lambda n, text: f"{text}#{'x' * (1_050_000 + n)}\n",
    "an unknown key": lambda n, text: f"{text}points{n}: 12\n",
    "a problem elsewhere": lambda n, text: text.replace("problem: neuron", f"problem: ../neuron{n}"),
}


def test_a_thousand_and_a_hundred_broken_ones_are_a_thousand_grades_and_a_hundred_reasons(tmp_path, problems):
    folder = make_class(tmp_path / "class", 1_000, seed=8)
    right = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))
    broken = []
    for kind, spoil in BREAKS.items():
        for n in range(10):
            name = f"{kind.replace(' ', '-')}-{n}.yaml"
            text = spoil(n, submission(RIGHT, f"broken {n}"))
            (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
            broken.append(name)
    summary = grade_folder(folder, tmp_path / "out", problems=problems, reports=[])
    assert (summary.graded, summary.ungradable) == (1_000, 100)
    rows = rows_of(tmp_path / "out")
    assert sorted(name for name, row in rows.items() if row["status"] == "ungradable") == sorted(broken)
    for name in broken:
        assert rows[name]["reason"].startswith(f"{name}:") or "problem" in rows[name]["reason"], rows[name]
        assert rows[name]["awarded"] == rows[name]["percent"] == ""
    path = problems / "neuron.yaml"
    program, mistaken = load_program(path), load_program(path, mistakes=True)
    formulas = FormulaAnswers(load_problem(path.read_bytes(), str(path)))
    for name in right:
        alone = grade_submission(
            load_submission((folder / name).read_bytes(), name), program, formulas, lambda: mistaken
        )
        assert float(rows[name]["awarded"]) == pytest.approx(alone.awarded, abs=1e-6)
        assert (rows[name]["first_error"] or None) == alone.first_error
