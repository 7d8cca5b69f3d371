"""Exports, read by readers that are not ours: text2qti, nbformat, an XML schema, PrairieLearn's template language."""

from __future__ import annotations

import base64
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import chevron
import html5lib
import nbformat
import pytest
import xmlschema
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Question, Quiz

import checker
from checker.errors import AuthorError
from checker.generating import generate_set
from checker.generating.exports import EXPORTS

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "problem_sets" / "templates").glob("*.yaml"))
NAME = '<b>Ada</b> $x_1$ {{params}} ]]> \\(y\\) "quoted"'
ROSTER = f'id,name\nada,"{NAME.replace(chr(34), chr(34) * 2)}"\ngrace,Grace\n'


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda path: path.stem)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.stem)
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    generate_set(request.param, folder / "roster.csv", folder / "set", seed="x", formats=(), exports=tuple(EXPORTS))
    return folder


def right(folder: Path, student: str) -> list[tuple[str, str, float]]:
    """Every number of the key: its step, rounded as it is typed, and its points."""
    key = json.loads((folder / "set-key" / "answers" / f"{student}.json").read_text(encoding="utf-8"))
    found = []
    for step in key["steps"]:
        numbers = flat(step["answer"])
        found += [(step["step"], number, step["points"] / len(numbers)) for number in numbers]
    return found


def flat(value) -> list[str]:
    return [text for part in value for text in flat(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("student", ["ada", "grace"])
def test_moodle_takes_it(made: Path, student: str) -> None:
    path = made / "set-key" / "exports" / "moodle" / f"{student}.xml"
    xmlschema.XMLSchema(ROOT / "tests" / "data" / "moodle.xsd").validate(path)
    category, description, *questions = ET.parse(path).getroot().findall("question")
    assert (category.get("type"), description.get("type")) == ("category", "description")
    assert category.findtext("category/text").startswith("$course$/top/")
    assert "no follow-through" in category.findtext("info/text")
    picture = description.find("questiontext/file")
    assert ET.fromstring(base64.b64decode(picture.text)).tag.endswith("svg")
    body = description.findtext("questiontext/text")
    assert f"@@PLUGINFILE@@/{picture.get('name')}" in body
    assert html5lib.HTMLParser(strict=True).parseFragment(body) is not None
    expected = right(made, student)
    assert len(questions) == len(expected)
    assert len({question.findtext("name/text") for question in questions}) == len(questions)
    for question, (step, number, points) in zip(questions, expected, strict=True):
        assert question.get("type") == "numerical"
        assert step in question.findtext("name/text") or "[" in question.findtext("name/text")
        answer, other = question.findall("answer")
        assert (answer.get("fraction"), other.get("fraction"), other.findtext("text")) == ("100", "0", "*")
        tolerance = float(answer.findtext("tolerance"))
        assert abs(float(answer.findtext("text")) - float(number)) <= tolerance
        assert 0 < tolerance <= 1e-3
        assert math.isclose(float(question.findtext("defaultgrade")), points, abs_tol=1e-6)
        assert number in answer.findtext("feedback/text")
        assert "right value" in other.findtext("feedback/text")
        assert question.findtext("generalfeedback/text")


@pytest.mark.parametrize("student", ["ada", "grace"])
def test_text2qti_takes_it_for_canvas(made: Path, tmp_path: Path, student: str) -> None:
    text = (made / "set-key" / "exports" / "canvas" / f"{student}.txt").read_text(encoding="utf-8")
    config = Config()
    config["latex_render_url"] = "https://canvas.example.edu/equation_images/"
    quiz = Quiz(text, config=config, source_name="quiz.txt")
    QTI(quiz).save(tmp_path / "quiz.zip")
    assert (tmp_path / "quiz.zip").stat().st_size > 1000
    assert "no follow-through" in quiz.description_raw.replace("&#45;", "-")
    questions = [each for each in quiz.questions_and_delims if isinstance(each, Question)]
    expected = right(made, student)
    assert len(questions) == len(expected)
    times = quiz.points_possible / sum(points for _, _, points in expected)
    assert math.isclose(times, round(times), abs_tol=1e-9)
    for question, (_, number, points) in zip(questions, expected, strict=True):
        assert question.type == "numerical_question"
        low, high = float(question.numerical_min_html_xml), float(question.numerical_max_html_xml)
        assert low <= float(number) <= high  # as Canvas gets them: at 4 decimals
        assert high - low < 3.01e-4 or high - low < 0.01 * abs(float(number))
        assert math.isclose(question.points_possible, times * points)
        assert question.correct_feedback_raw == "Right."
        assert "right value" in question.incorrect_feedback_raw
        assert question.feedback_raw


def test_the_name_of_a_student_is_no_markup_in_a_quiz(made: Path) -> None:
    text = (made / "set-key" / "exports" / "canvas" / "ada.txt").read_text(encoding="utf-8")
    quiz = Quiz(text, config=Config(), source_name="quiz.txt")
    shown = html5lib.parseFragment(html_of(quiz.title_xml))
    assert NAME in "".join(shown.itertext())


def html_of(escaped: str) -> str:
    return ET.fromstring(f"<t>{escaped}</t>").text


def test_prairielearn_takes_it(made: Path) -> None:
    (folder,) = (made / "set-key" / "exports" / "prairielearn").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "info.json",
        "parameters.json",
        "question.html",
        "server.py",
    ]
    info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", info["uuid"])
    assert info["type"] == "v3"
    assert info["title"]
    assert info["topic"]
    assert "no follow-through" in info["comment"]
    assert not re.search(r"\b(ada|grace)\b", (folder / "parameters.json").read_text(encoding="utf-8"), re.IGNORECASE)
    code = (folder / "server.py").read_text(encoding="utf-8")
    assert set(re.findall(r"^import (\w+)", code, re.MULTILINE)) == {"json", "os"}
    names: dict[str, object] = {}
    exec(compile(code, "server.py", "exec"), names)
    seen = []
    for seed in (0, 1, 2):
        data = {
            "variant_seed": seed,
            "options": {"question_path": str(folder)},
            "params": {},
            "correct_answers": {},
        }
        names["generate"](data)
        page = chevron.render((folder / "question.html").read_text(encoding="utf-8"), {"params": data["params"]})
        inputs = list(html5lib.parse(page, namespaceHTMLElements=False).iter("pl-number-input"))
        assert [each.get("answers-name") for each in inputs] == list(data["correct_answers"])
        assert "{{" not in page
        seen.append((inputs, list(data["correct_answers"].values())))
    assert seen[0][1] == seen[2][1] != seen[1][1]
    for (inputs, values), student in zip(seen, ("ada", "grace"), strict=False):
        expected = right(made, student)
        shares = {points / int(each.get("weight")) for each, (_, _, points) in zip(inputs, expected, strict=True)}
        assert max(shares) - min(shares) < 1e-9
        for each, value, (_, number, _) in zip(inputs, values, expected, strict=True):
            assert (each.get("comparison"), each.get("rtol")) == ("relabs", "0")
            assert abs(value - float(number)) <= float(each.get("atol")) <= 1e-3


@pytest.mark.parametrize("student", ["ada", "grace"])
def test_a_notebook_writes_the_submission(made: Path, tmp_path: Path, monkeypatch, student: str) -> None:
    path = made / "set" / "notebooks" / f"{student}.ipynb"
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    cells = {cell.id: cell for cell in notebook.cells}
    assert "no follow\\-through" in cells["title"].source or "no follow-through" in cells["title"].source
    (picture,) = cells["title"].attachments.values()
    assert ET.fromstring(base64.b64decode(picture["image/svg+xml"])).tag.endswith("svg")
    key = json.loads((made / "set-key" / "answers" / f"{student}.json").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    problem = made / "set" / "problems" / f"{student}.yaml"
    names: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
    blank = checker.grade(tmp_path / f"{student}.yaml", problem=problem)
    assert (blank.awarded, blank.warnings, blank.student) == (0, (), student)
    assert list(names["answers"]) == [step["step"] for step in key["steps"]]
    for step in key["steps"]:
        names["answers"][step["step"]] = numbers(step["answer"])
    exec(compile(cells["submission"].source, "submission", "exec"), names)
    full = checker.grade(tmp_path / f"{student}.yaml", problem=problem)
    assert full.awarded == full.possible > 0
    given = checker.load_problem(problem)
    for quantity in given.quantities:
        assert [float(each) for each in quantity.values] == [float(text) for text in flat_numbers(names[quantity.name])]


def numbers(value):
    return [numbers(part) for part in value] if isinstance(value, list) else float(value)


def flat_numbers(value):
    return [number for part in value for number in flat_numbers(part)] if isinstance(value, list) else [value]


def test_answers_are_kept_with_the_key(made: Path) -> None:
    handed_out = b"".join(path.read_bytes() for path in (made / "set").rglob("*") if path.is_file())
    long = {number for student in ("ada", "grace") for _, number, _ in right(made, student) if len(number) > 6}
    assert long
    assert not [number for number in long if number.encode() in handed_out]
    for folder in ("set", "set-key"):
        manifest = json.loads((made / folder / "manifest.json").read_text(encoding="utf-8"))
        listed = set(manifest["files"]).union(*(student["files"] for student in manifest["students"]))
        found = {str(path.relative_to(made / folder)) for path in (made / folder).rglob("*") if path.is_file()}
        assert found - {"manifest.json"} == listed


def test_who_joins_changes_nobody_elses_files(tmp_path: Path) -> None:
    def files(ids: str) -> dict[str, bytes]:
        (tmp_path / "roster.txt").write_text(ids)
        for _ in range(2):  # made again over itself
            summary = generate_set(
                TEMPLATES[0], tmp_path / "roster.txt", tmp_path / "set", seed="x", formats=(), exports=tuple(EXPORTS)
            )
            assert summary.kept == ()
        return {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for folder in ("set/notebooks", "set-key/exports")
            for path in (tmp_path / folder).rglob("*")
            if path.is_file()
        }

    before, after = files("ada\n"), files("ada\ngrace\n")
    changed = {path for path, data in before.items() if after[path] != data}
    assert {path.rpartition("/")[2] for path in changed} == {"parameters.json"}
    assert {path.rpartition("/")[2] for path in set(after) - set(before)} == {"grace.xml", "grace.txt", "grace.ipynb"}


def test_an_unknown_system_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "roster.txt").write_text("ada\n")
    with pytest.raises(AuthorError) as error:
        generate_set(TEMPLATES[0], tmp_path / "roster.txt", tmp_path / "set", seed="x", exports=("moodel",))
    assert str(error.value) == "unknown export 'moodel'; did you mean 'moodle'?"
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda export: export.name)
def test_every_export_says_what_is_lost(export) -> None:
    assert "no follow-through" in export.lost
    assert "no diagnosis" in export.lost
