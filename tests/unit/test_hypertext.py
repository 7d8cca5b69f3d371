"""The HTML report, read by a parser that is not ours: what it says, and that text stays text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import checker
from checker.model import Diagnosis, ElementGrade, Grade, Kind, Notice, StepGrade, Verdict
from checker.outcome import Choice
from checker.reports import FORMATS, Level
from checker.reports.mathml import formula_mathml
from checker.reports.page import style
from checker.submission import load_submission

ROOT = Path(__file__).resolve().parents[2]
SUBMISSIONS = sorted((ROOT / "problem_sets/submissions").glob("*.yaml"))
ADA = """\
format: check-backprop/submission@1
problem: neuron-sigmoid
student: ada
answers:
  z: 0.7
  a: 0.6682
  L: 0.0550
  dL/da: -0.3318
  da_dz: 0.2217
  delta: -0.3318
  dL/dw1: -0.3318
  dL/dw2: -0.1659
  dL/db: -0.3318
  w1_new: 0.8332
  w2_new: -0.3834
"""


def parsed(page: str) -> Any:
    """The page, its style sheet left out: that is the same in all, and a parser in Python takes long over a font."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.replace(style(), ""))


def words(element: Any) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Grade:
    path = tmp_path_factory.mktemp("ada") / "ada.yaml"
    path.write_text(ADA, encoding="utf-8")
    return checker.grade(path, problem=ROOT / "problem_sets/neuron-sigmoid.yaml")


def test_the_report_says_the_points_the_first_mistake_and_its_cause_once(ada: Grade) -> None:
    page = FORMATS["html"].render(ada)
    tree = parsed(page)
    assert words(tree.find(".//h1")) == "One sigmoid neuron, one gradient step"
    assert words(tree.find(".//p[@class='points']")) == "10.5 of 12 points"
    first = words(tree.find(".//section[@class='callout first']"))
    assert first.startswith("The first mistake is at ∂L∂z (line 10).")
    assert "5 later answers follow from it." in first
    hint = next(step for step in ada.steps if step.step == "dL_dz").diagnosis[0].hint
    assert words(tree).count(hint) == 1


def test_the_table_has_every_step_with_its_answer_verdict_and_points(ada: Grade) -> None:
    tree = parsed(FORMATS["html"].render(ada))
    rows = tree.findall(".//tbody/tr")
    assert [row.find(".//span[@class='name']").get("title") for row in rows] == [step.step for step in ada.steps]
    shown = [[words(cell) for cell in row.findall("td")] for row in rows]
    assert shown[5] == ["-0.3318", "!misconception", "0.5/1"]
    assert shown[11] == ["", "○missing", "0/1"]
    assert [row.get("class") for row in rows].index("first") == 5
    assert all(row.find("th").get("scope") == "row" for row in rows)


def test_the_picture_marks_the_first_mistake_and_what_follows(ada: Grade) -> None:
    page = FORMATS["html"].render(ada)
    assert page.count(">first mistake</text>") == 1
    assert page.count('class="edge follows"') == 5
    assert "It is carried on to dL_dw1, dL_dw2, dL_db, w1_new, w2_new." in page
    assert "dL_db: follow-through" in page


def test_right_values_are_there_at_full_only(ada: Grade) -> None:
    assert "0.0735670424264" not in FORMATS["html"].render(ada)
    tree = parsed(FORMATS["html"].render(ada, Level.FULL))
    row = tree.findall(".//tbody/tr")[5]
    assert [words(cell) for cell in row.findall("td")] == [
        "-0.3318", "-0.07356006", "-0.0735670424264", "!misconception", "0.5/1",
    ]  # fmt: skip
    assert "∂L∂z=∂L∂a·∂a∂z =(−0.331812)·0.221713" in words(tree)


@pytest.mark.parametrize("path", SUBMISSIONS, ids=lambda path: path.stem)
def test_every_shipped_submission_has_a_sound_page_at_every_level(path: Path) -> None:
    named = load_submission(path.read_bytes(), str(path)).problem
    problem = ROOT / "problem_sets" / f"{named}.yaml"
    grade = checker.grade(path, problem=problem)
    for level in Level:
        page = FORMATS["html"].render(grade, level)
        tree = parsed(page)
        identifiers = [each.get("id") for each in tree.iter() if each.get("id")]
        assert len(identifiers) == len(set(identifiers))
        assert tree.find(".//script") is None
        assert (tree.find(".//table") is not None) == level.shows(Level.VERDICT)
        assert "\\" not in page.replace(style(), "")


PAYLOADS = st.sampled_from(
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'\"><svg onload=alert(1)>", "</title><script>",
        "</math><img>", "]]><b>", "&lt;b&gt;", "\u202egnp.exe", "\x1b[31mred", "a\x00b", "javascript:alert(1)",
        "{{7*7}}", "\ud800", "﷽" * 50, "d<b>_d<i>", "x" * 5000,
    ]
)  # fmt: skip
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "p", "code", "main", "section", "div",
    "i", "ul", "ol", "li", "span", "b", "small", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td",
    "dl", "dt", "dd", "pre", "footer", "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt",
    "mroot", "msub", "msup", "msubsup", "mover", "munder", "mtable", "mtr", "mtd", "svg", "desc", "text", "tspan",
    "rect", "path", "g",
}  # fmt: skip
texts = PAYLOADS | st.text(max_size=12)
DIAGNOSES = st.builds(Diagnosis, texts, st.sampled_from(["clear", "possible"]), texts, texts)
ELEMENTS = st.builds(ElementGrade, st.just((1, 1)), st.sampled_from(Verdict), texts, texts, texts, st.just(0.0))
payload_steps = st.builds(
    StepGrade,
    step=texts,
    kind=st.sampled_from(Kind),
    verdict=st.sampled_from(Verdict),
    submitted=st.none() | texts | st.lists(texts, max_size=2),
    reference=texts,
    carried=texts,
    awarded=st.just(0.5),
    possible=st.just(1.0),
    message=texts,
    formula=texts,
    diagnosis=st.lists(DIAGNOSES, max_size=1).map(tuple),
    rests_on=st.lists(texts, max_size=1).map(tuple),
    note=texts,
    parents=st.lists(texts, max_size=2).map(tuple),
    means=texts,
    elements=st.lists(ELEMENTS, max_size=2).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Grade, texts, texts, texts, texts, st.just(0.5), st.just(1.0), texts,
        st.lists(st.builds(Notice, texts), max_size=1).map(tuple),
        st.lists(payload_steps, min_size=1, max_size=4, unique_by=lambda step: step.step).map(tuple),
        choice=st.none() | st.builds(Choice, st.booleans(), st.integers(2, 9), st.sampled_from(["last", "best"])),
    )
)  # fmt: skip
def test_text_stays_text(grade: Grade) -> None:
    page = FORMATS["html"].render(grade, Level.FULL)
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(page.replace(style(), ""))
    for element in tree.iter():
        if isinstance(element.tag, str):
            assert element.tag.rpartition("}")[2] in TAGS
            assert not [name for name in element.attrib if str(name).startswith("on") or name in ("href", "src")]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page)
    assert page.replace(style(), "").count("style=") == 1  # the width of the meter


@given(st.text(max_size=60) | st.text("abxyW12.()[]^*/+-@T ,=e", max_size=60))
def test_any_formula_is_sound_markup_and_loses_nothing(formula: str) -> None:
    page = formula_mathml(formula)
    tree = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False).parseFragment(page)
    tags = {element.tag.rpartition("}")[2] for element in tree.iter() if isinstance(element.tag, str)}
    assert tags <= TAGS | {"DOCUMENT_FRAGMENT"}


def test_a_formula_keeps_its_numbers_names_and_signs() -> None:
    said = re.sub("<[^>]*>", "", formula_mathml("dL_da*a*(1 - a) = -0.33*0.22^2 + 1.5e-07"))
    assert said == "∂L∂a·a·(1−a)=−0.33·0.222+1.5×10−7"
