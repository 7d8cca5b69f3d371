"""Handouts, read by readers that are not ours: an HTML parser, a PDF reader, an XML parser, a Markdown parser."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import html5lib
import pypdf
import pytest
from markdown_it import MarkdownIt

from checker import yamlfile
from checker.errors import AuthorError
from checker.generating import generate_set
from checker.generating.handouts import FORMATS
from checker.generating.handouts.typst import pdf
from checker.generating.handouts.typstmath import mathematics

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "problem_sets" / "templates").glob("*.yaml"))
ROSTER = 'id,name\nada,"<b>Ada</b> $x_1$ #pagebreak() \\\\end{document}"\n'


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda path: path.stem)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.stem)
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    summary = generate_set(request.param, folder / "roster.csv", folder / "set", seed="x", formats=tuple(FORMATS))
    problem = yamlfile.read((folder / "set" / "problems" / "ada.yaml").read_bytes(), "p", AuthorError)
    return folder / "set" / "handouts", summary, problem


def numbers(problem) -> list[str]:
    """Every number of the problem's givens and parameters, as it is typed."""
    found, waiting = [], [problem.items[key] for key in ("given", "parameters") if key in problem.items]
    network = problem.items.get("network")
    if network is not None:
        waiting += [network.items[key] for key in ("input", "target")]
        waiting += [
            layer.items[key]
            for layer in network.items["layers"].items
            for key in ("weights", "bias")
            if key in layer.items
        ]
    while waiting:
        part = waiting.pop()
        if hasattr(part, "text"):
            found.append(part.text)
        else:
            waiting.extend(part.items.values() if isinstance(part.items, dict) else part.items)
    return found


def asked(summary) -> list[str]:
    return [item.label for item in summary.variants[0].structure.asked]


def test_the_page_has_everything_and_nothing_from_elsewhere(made) -> None:
    folder, summary, problem = made
    text = (folder / "ada.html").read_text(encoding="utf-8")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document = parser.parse(text)
    shown = "".join(document.itertext())
    for number in numbers(problem):
        assert number.replace("-", "−") in shown
    for label in asked(summary):
        assert label in [code.text for code in document.iter("code")]
    assert document.findall(".//h1")
    assert list(document.iter("{http://www.w3.org/2000/svg}svg"))
    assert list(document.iter("{http://www.w3.org/1998/Math/MathML}math"))
    assert "<b>Ada</b>" in shown
    assert not list(document.iter("script"))
    assert not re.search(r"""(?:src|href)\s*=\s*["']?https?:""", text)
    assert "777000" not in text  # no token was left in a formula


def test_the_pdf_is_tagged_and_says_the_same(made) -> None:
    folder, summary, problem = made
    data = (folder / "ada.pdf").read_bytes()
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert reader.trailer["/Root"]["/Lang"] == "en"
    shown = "".join("".join(page.extract_text().split()) for page in reader.pages).replace("−", "-")
    for number in numbers(problem):
        assert number in shown
    for label in asked(summary):
        assert label in shown
    assert "#pagebreak()" in shown


def test_the_markdown_has_tables_and_its_picture(made) -> None:
    folder, summary, problem = made
    text = (folder / "ada.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") >= 3
    assert "<b>" not in html
    (picture,) = set(re.findall(r'src="([^"]+)"', html))
    ET.parse(folder / picture)
    for number in numbers(problem):
        assert number in text
    for label in asked(summary):
        assert f"<code>{label}</code>" in html


def test_the_latex_is_balanced_and_escaped(made) -> None:
    folder, _, problem = made
    text = (folder / "ada.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert text.count(r"\end{document}") == 1
    assert r"\$x\_1\$" in text
    for number in numbers(problem):
        assert number in text


def test_every_format_is_the_same_bytes_again(tmp_path) -> None:
    (tmp_path / "roster.csv").write_text("ada\n", encoding="utf-8")
    for name in ("one", "two"):
        generate_set(TEMPLATES[0], tmp_path / "roster.csv", tmp_path / name, seed="x", formats=tuple(FORMATS))
    for suffix in (".md", ".html", ".pdf", ".tex"):
        one, two = (tmp_path / name / "handouts" / f"ada{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    "latex",
    [
        r"\hat{v} = \frac{v}{1 - \beta_{2}^{t}}",
        r"\operatorname{leaky\_relu}\left(z, 0.1\right)",
        r"\frac{\partial L}{\partial W_{1}}_{[2, 1]}",
        r"\left|z\right|^{2} + \sqrt{x} \odot y^{\top}",
        r"\mathit{net}_{h1}^{\text{new}}, \; e^{-z}",
        r"\sum_{j} e^{z_{j}} \times 10^{-3}",
    ],
)
def test_typst_sets_our_latex(latex: str) -> None:
    assert pdf(f"$ {mathematics(latex)} $").startswith(b"%PDF")


OWN = "A later answer is judged by your own earlier ones: a mistake costs its own step and not those after it"


@pytest.mark.parametrize(
    ("grading", "said"),
    [
        ("{}", [f"{OWN}.", "An answer may be a number, a fraction, or a formula in the names above."]),
        (
            "{steps: {L: {carry: false, expect: formula}}, expect: value}",
            [
                f"{OWN}, except at L, where the right value counts.",
                "An answer is a number or a fraction.",
                "For L: a formula in the names above.",
            ],
        ),
        ("{expect: both}", [f"{OWN}.", "An answer is a number together with the formula that gives it."]),
    ],
)
def test_how_answers_are_judged_is_said_as_it_is(tmp_path, grading: str, said: list[str]) -> None:
    text = (ROOT / "problem_sets" / "templates" / "single-neuron.yaml").read_text(encoding="utf-8")
    template = tmp_path / "t.yaml"
    template.write_text(text.replace("grading: {tolerance: {decimals: 4}}", f"grading: {grading}"), encoding="utf-8")
    (tmp_path / "roster.txt").write_text("ada\n", encoding="utf-8")
    generate_set(template, tmp_path / "roster.txt", tmp_path / "set", seed="x", formats=("md", "html", "tex"))
    for suffix in ("html", "tex"):
        page = (tmp_path / "set" / "handouts" / f"ada.{suffix}").read_text(encoding="utf-8")
        assert all(sentence in page for sentence in said)
    page = (tmp_path / "set" / "handouts" / "ada.md").read_text(encoding="utf-8")
    assert page.splitlines()[-len(said) :] == [f"- {sentence}" for sentence in said]
