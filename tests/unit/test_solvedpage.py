"""A problem worked out on a page, read by a parser that is not ours, and its loss curve as a file."""

from __future__ import annotations

import json
import re
import struct
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest

import checker
from checker.cli import main
from checker.reports import PLOTS, SOLUTION_FORMATS
from checker.reports.page import style

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "problem_sets").glob("*.yaml"))
SVG = "{http://www.w3.org/2000/svg}"
PAYLOAD = "<img src=x onerror=alert(1)>"


def page(problem: str | Path, digits: int | None = None, **more: Any) -> Any:
    path = problem if isinstance(problem, Path) else ROOT / f"problem_sets/{problem}.yaml"
    drawn = SOLUTION_FORMATS["html"].render(checker.solve(path, mathematics=True, digits=digits, **more), digits)
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(drawn.replace(style(), ""))


def words(element: Any) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def headings(tree: Any) -> list[str]:
    return [words(each) for each in tree.iter("h2")]


def row(tree: Any, step: str) -> Any:
    return next(li for li in tree.findall(".//ol[@class='worked']/li") if li.find("code").text == step)


def result(tree: Any, step: str) -> str:
    return words(row(tree, step).find(".//span[@class='part result']"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_step_of_every_problem_is_on_its_page_with_its_value(path: Path) -> None:
    solution = checker.solve(path)
    tree = page(path)
    rows = tree.findall(".//ol[@class='worked']/li")
    assert {li.find("code").text for li in rows} == {step.step for step in solution.steps}
    for step in solution.steps:
        if step.shape == ():
            sign, value = result(tree, step.step)[0], result(tree, step.step)[1:].replace("−", "-")
            mantissa, _, power = value.partition("×10")
            found = float(mantissa) * 10.0 ** int(power or 0)
            assert found == pytest.approx(step.value, rel=1e-7)
            assert sign in "=≈"
    assert tree.findall(".//merror") == tree.findall(".//script") == []
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_a_number_is_equal_only_where_it_is_whole() -> None:
    tree = page("neuron-sigmoid")
    assert result(tree, "z") == "=0.7"
    assert result(tree, "a") == "≈0.66818777"
    assert headings(tree)[:4] == ["Given", "Parameters", "The network", "The loss over repeated updates"]
    assert words(row(tree, "dL_dw1").find(".//div")).startswith("∂L∂w1=∂L∂zx1=")


def test_digits_are_shown_where_they_are_asked_for() -> None:
    tree = page("neuron-sigmoid", digits=25)
    assert words(row(tree, "a").find(".//div[@class='digits']")).startswith("0.66818777216816610653")


def test_a_learning_rate_is_written_as_a_factor() -> None:
    assert "0.5⁢∂L∂W2" in words(row(page("mazur-2-2-2-network"), "W2_new")).replace("·", "⁢").replace("0.5∂", "0.5⁢∂")


def test_pictures_are_there_where_something_is_found_in_them() -> None:
    assert "The network" in headings(page("mazur-2-2-2-network"))
    assert "The network" not in headings(page("conv2d-backward"))
    some = page("mazur-2-2-2-network", steps=("z1",))
    assert "The network" not in headings(some)
    assert "The computation graph" not in headings(some)
    assert some.find(f".//{SVG}svg") is None


def test_the_loss_curve_has_its_picture_its_words_and_its_table() -> None:
    tree = page("neuron-sigmoid", iterations=50, learning_rates=["2", 0.5, "0.1", "1/3"])
    section = next(each for each in tree.iter("section") if "The loss over" in words(each))
    assert section.find(f".//{SVG}title").text == "The loss over repeated updates"
    heads = [words(each) for each in section.findall(".//thead/tr/th")]
    assert heads == ["updates", "learning rate 0.1", "learning rate 2", "learning rate 0.5", "learning rate 1/3"]
    said = [words(each) for each in section.findall("p")]
    assert len(said) == 4
    assert said[1].startswith("learning rate 2: The loss goes from 0.0550497 to")
    first = [words(each) for each in section.find(".//tbody/tr")]
    assert first == ["0", *["0.0550497"] * 4]


def test_what_an_author_writes_is_text(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        f"format: check-backprop/problem@1\nid: p\ntitle: '{PAYLOAD}'\ngiven: {{x: 1}}\nparameters: {{w: 2}}\n"
        "forward: {z: w*x}\nloss: {L: (z - 1)^2}\nupdate: {optimizer: sgd, learning_rate: 0.1}\n",
        encoding="utf-8",
    )
    tree = page(path, iterations=5)
    assert tree.find(".//h1").text == PAYLOAD
    assert tree.find(".//img") is None


def test_curves_with_other_learning_rates_are_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["solve", "neuron-sigmoid", "--step", "z", "--iterations", "3", "--learning-rate", "1"]
    assert main(asked) == 0
    assert "  updates  learning rate 0.1    learning rate 1\n" in (shown := capsys.readouterr().out)
    assert "\nlearning rate 1: The loss goes from 0.0550497 to" in shown
    assert main([*asked, "--format", "markdown"]) == 0
    assert "| updates | `learning rate 0.1` | `learning rate 1` |" in capsys.readouterr().out
    assert main([*asked, "--format", "json"]) == 0
    (other,) = json.loads(capsys.readouterr().out)["compared"]
    assert (other["learning_rate"], len(other["loss_curve"])) == ("1", 4)


@pytest.mark.parametrize("name", list(PLOTS))
def test_a_plot_has_the_same_bytes_each_time(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suffix = PLOTS[name].suffix
    files = [tmp_path / f"{n}{suffix}" for n in (1, 2)]
    for path in files:
        assert main(["solve", "neuron-sigmoid", "--iterations", "20", "--plot", str(path)]) == 0
    first, second = (path.read_bytes() for path in files)
    assert first == second
    if name == "svg":
        assert ET.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg"
    if name == "png":
        assert first[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", first[16:24]) == (960, 504)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["neuron-sigmoid", "--plot", "loss.jpg"], "--plot loss.jpg: name a file that ends in .svg or .png\n"),
        (["conv2d-backward", "--plot", "loss.svg"], "--plot: there is no loss curve, for the problem has no update\n"),
        (["neuron-sigmoid", "--learning-rate", "much"], "'much' is no learning rate; give a positive number, as 0.1"),
        (["neuron-sigmoid", "--learning-rate", "-1"], "'-1' is no learning rate"),
        (["neuron-sigmoid", "--learning-rate", "1e99999"], "'1e99999' is no learning rate"),
        (["conv2d-backward", "--learning-rate", "1"], "the problem has no update, so no learning rate"),
        (["neuron-sigmoid", *["--learning-rate", "1"] * 8], "--learning-rate is given more than 7 times"),
        (["neuron-sigmoid", "--plot", "no/folder/loss.svg"], "no/folder/loss.svg: No such file or directory\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["solve", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_typst_a_png_is_refused_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    assert main(["solve", "neuron-sigmoid", "--plot", str(tmp_path / "loss.png")]) == 2
    assert "run `pip install 'check-backprop[plot]'`, or ask for SVG" in capsys.readouterr().err
