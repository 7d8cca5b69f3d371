"""What a notebook shows of what the library gives back, read by a parser that is not ours."""

from __future__ import annotations

import re
from typing import Any

import html5lib
import pytest

import checker
from checker.reports.notebook import _scoped

PAYLOAD = "<script>alert(1)</script><img src=x onerror=alert(1)>"
PROBLEM = f"""\
format: check-backprop/problem@1
id: small
title: "{PAYLOAD}"
given: {{x: [1, 2], y: 1}}
parameters: {{w: [0.5, -0.25], b: 0.1}}
forward:
  z: w @ x + b
  a: sigmoid(z)
loss: {{L: (a - y)^2 / 2}}
update: {{optimizer: sgd, learning_rate: 0.1}}
"""
SUBMISSION = f"""\
format: check-backprop/submission@1
problem: small
student: "{PAYLOAD}"
answers:
  z: 0.1
  a: "{PAYLOAD}"
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("notebook")
    problem, submission = folder / "small.yaml", folder / "s.yaml"
    problem.write_text(PROBLEM, encoding="utf-8")
    submission.write_text(SUBMISSION, encoding="utf-8")
    values = (checker.load_problem(problem), checker.solve(problem, iterations=5), checker.grade(submission))
    return {type(value).__name__: value._repr_html_() for value in values}


def parsed(html: str) -> Any:
    page = re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(page)


@pytest.mark.parametrize("kind", ["Problem", "Solution", "Grade"])
def test_it_is_html_in_which_text_stays_text(shown, kind):
    tree = parsed(shown[kind])
    assert PAYLOAD in "".join(tree.itertext())
    assert not [element.tag for element in tree.iter() if element.tag in ("script", "img", "main", "body")]


def test_it_says_what_the_value_is(shown):
    said = {kind: re.sub(r"\s+", " ", "".join(parsed(html).itertext())) for kind, html in shown.items()}
    for word in ("Given", "Parameters", "Equations", "Update", "0.5", "−0.25", "sgd, learning rate 0.1"):
        assert word in said["Problem"]
    for word in ("Forward", "Loss", "Gradients", "Updated parameters", "falls at every update"):
        assert word in said["Solution"]
    assert "1 unreadable" in said["Grade"]
    assert "1 correct" in said["Grade"]


def test_its_style_stays_with_it():
    sheet = re.sub(r"/\*.*?\*/", "", _scoped(), flags=re.DOTALL)
    depth, outside = 0, ""
    for character in sheet:
        depth += character == "{"
        outside += character if depth == 0 else ""
        depth -= character == "}"
    assert outside.strip() == ".check-backprop"
    assert depth == 0
    assert not re.search(r"(?m)^\s*(:root|body|html|@page|@font-face)\b", sheet)
