"""The pages that are files: reports, a problem worked out, the class report. Opened from the disk, with no network."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path

import pypdf
import pytest

import checker
from checker.cli import main
from checker.demo import make_course

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "problem_sets"
PAYLOAD = "<img src=x onerror=alert(1)>"
SIZES = {"desk": {"width": 1280, "height": 900}, "telephone": {"width": 360, "height": 780}}
UNREADABLE = f"""\
format: check-backprop/submission@1
problem: neuron-sigmoid
student: "{PAYLOAD}"
answers:
  z: 0.7 + +
  a: "1,500"
  L: "{PAYLOAD}"
  dL/da: (a - y
  da_dz: {{value: "0,2217", formula: "a*(1-a))"}}
  dL/dz: \\frac{{1}}{{2
  dL/dw1: -0.0736
  dL/dw2: 3
  dL/db: [1, 2]
  w1_new: "javascript:alert(1)"
"""


def written_out(widths=(3, 3, 3, 1)):
    """A network in single numbers: about a hundred steps."""
    rng = random.Random(1)
    given = {f"x{i}": round(rng.uniform(-1, 1), 2) for i in range(1, widths[0] + 1)}
    signals, parameters, forward = list(given), {}, []
    for layer, width in enumerate(widths[1:], 1):
        units = []
        for j in range(1, width + 1):
            names = [f"w{layer}_{j}{i}" for i in range(1, len(signals) + 1)]
            parameters |= {name: round(rng.uniform(-1, 1), 2) for name in (*names, f"b{layer}_{j}")}
            products = " + ".join(f"{w}*{s}" for w, s in zip(names, signals, strict=True))
            forward += [f"  z{layer}_{j}: {products} + b{layer}_{j}", f"  a{layer}_{j}: sigmoid(z{layer}_{j})"]
            units.append(f"a{layer}_{j}")
        signals = units
    lines = "\n".join(forward)
    return (
        f"format: check-backprop/problem@1\nid: written-out\ngiven: {json.dumps(given | {'y': 1})}\n"
        f"parameters: {json.dumps(parameters)}\nforward:\n{lines}\nloss: {{L: ({signals[0]} - y)^2/2}}\n"
        "update: {optimizer: sgd, learning_rate: 0.5}\n"
    )


def arrays(widths=(12, 20, 12, 5)):
    """A network in arrays that no page has room for."""
    rng = random.Random(2)

    def vector(size):
        return [round(rng.uniform(-1, 1), 2) for _ in range(size)]

    layers = [
        {"weights": [vector(a) for _ in range(b)], "bias": vector(b), "activation": "tanh"}
        for a, b in itertools.pairwise(widths)
    ]
    network = {
        "input": {"x": vector(widths[0])},
        "target": {"y": vector(widths[-1])},
        "layers": layers,
        "loss": "half_squared_error",
    }
    update = {"optimizer": "adam", "learning_rate": 0.1}
    return json.dumps({"format": "check-backprop/problem@1", "id": "arrays", "network": network, "update": update})


def answers(problem, spoilt):
    """Right answers to a problem but for one step, which is doubled."""

    def typed(value, factor):
        return [typed(each, factor) for each in value] if isinstance(value, list) else round(value * factor, 6)

    steps = checker.solve(problem).steps
    found = {step.step: typed(step.value, 2 if step.step == spoilt else 1) for step in steps}
    return json.dumps({"format": "check-backprop/submission@1", "problem": problem.stem, "answers": found})


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every page, as the command writes it: its file by its name."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "written-out.yaml").write_text(written_out(), encoding="utf-8")
    (folder / "arrays.yaml").write_text(arrays(), encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    submissions = {
        "first mistake": re.search(r"```yaml file=ada.yaml\n(.*?)```", readme, re.DOTALL)[1],
        "unreadable": UNREADABLE,
        "a hundred steps": answers(folder / "written-out.yaml", "dL_dz2_1"),
        "long arrays": answers(folder / "arrays.yaml", "dL_dz2"),
    }
    for name, problem in (
        ("all right", "neuron-sigmoid"),
        ("convolution", "conv2d-backward"),
        ("recurrent", "tiny-rnn"),
        ("adam", "adam-three-steps"),
        ("batch", "ng-logistic-batch"),
    ):
        submissions[name] = (SHIPPED / f"submissions/{problem}.yaml").read_text(encoding="utf-8")
    made = {}
    for name, text in submissions.items():
        path = folder / f"{name.replace(' ', '-')}-answers.yaml"
        path.write_text(text, encoding="utf-8")
        problems = folder if name in ("a hundred steps", "long arrays") else SHIPPED
        made[name] = path.with_suffix(".html")
        report(path, problems, made[name])
    for problem in ("mazur-2-2-2-network", "tiny-rnn", "conv2d-backward", "adam-three-steps", "arrays", "written-out"):
        path = SHIPPED / f"{problem}.yaml"
        path = path if path.exists() else folder / path.name
        made[f"solved {problem}"] = folder / f"{problem}-solved.html"
        iterations = ["--iterations", "60", "--learning-rate", "2"] if "mazur" in problem else []
        printed(["solve", str(path), "--format", "html", *iterations], made[f"solved {problem}"])
    make_course(folder / "course")
    made["class"] = min((folder / "course").rglob("class.html"))
    return made


def report(path, problems, target):
    printed([str(path), "--problems", str(problems), "--format", "html", "--feedback", "full"], target)


def printed(arguments, target):
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(arguments) in (0, 1)
    target.write_text(out.getvalue(), encoding="utf-8")


PAGES = [
    "first mistake", "unreadable", "a hundred steps", "long arrays", "all right", "convolution", "recurrent", "adam",
    "batch", "solved mazur-2-2-2-network", "solved tiny-rnn", "solved conv2d-backward", "solved adam-three-steps",
    "solved arrays", "solved written-out", "class",
]  # fmt: skip
LARGE = ("a hundred steps", "long arrays", "solved arrays", "solved written-out")  # axe-core takes long over them


@pytest.fixture
def opened(browser, pages):
    """A function that opens one of the pages from the disk; what goes wrong in it fails the test."""
    contexts, faults = [], []

    def start(name, **options):
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on(
            "request", lambda asked: faults.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
        )
        page.goto(pages[name].as_uri())
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def test_every_page_is_looked_at(pages):
    assert sorted(pages) == sorted(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barriers_in_light_and_dark_and_fits_a_telephone(opened, no_barriers, name):
    for scheme, size in (("light", "desk"), ("dark", "telephone")):
        page = opened(name, color_scheme=scheme, viewport=SIZES[size])
        if name not in LARGE or size == "desk":
            no_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.parametrize("name", PAGES)
def test_paper_has_room_for_everything(opened, name):
    page = opened(name, viewport={"width": 680, "height": 960})  # A4 less its margins, in CSS pixels
    page.emulate_media(media="print")
    outside = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > 681)"
        ".map(each => `${each.tagName} ${each.textContent.slice(0, 60)}`)"
    )
    assert outside == []
    # black and white: nothing on paper has a colour
    colours = page.evaluate(
        "[...new Set([...document.querySelectorAll('body *')].flatMap(each => { const s = getComputedStyle(each);"
        " return [s.color, s.backgroundColor, s.fill, s.stroke] }))]"
    )
    for colour in colours:
        if found := re.fullmatch(r"rgba?\((\d+), (\d+), (\d+)(?:, [0-9.]+)?\)", colour):
            assert len(set(found.groups())) == 1, colour


def test_a_report_is_printed_on_few_sheets(opened, tmp_path):
    page = opened("first mistake")
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    sheets = pypdf.PdfReader(tmp_path / "report.pdf").pages
    assert 1 <= len(sheets) <= 4
    width, height = (float(side) for side in sheets[0].mediabox[2:])
    assert (round(width), round(height)) == (595, 842)


def test_a_first_mistake_is_marked_in_words_in_a_picture_and_in_the_table(opened):
    page = opened("first mistake")
    assert "The first mistake is at" in page.locator(".callout.first").inner_text()
    assert page.locator("svg .flag").text_content() == "first mistake"
    assert "misconception" in page.locator("tr.first").inner_text()


def test_what_students_write_is_text(opened):
    page = opened("unreadable")
    assert page.locator("img, script, iframe, a[href]").count() == 0
    assert PAYLOAD in page.locator(".byline").inner_text()
