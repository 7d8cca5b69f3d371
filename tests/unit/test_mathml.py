"""Mathematics for pages: read back by an XML parser and by an HTML parser that are not ours."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest

from checker.expression.latex import from_latex
from checker.problem import load_problem
from checker.readings.notation import latex_name
from checker.reports.mathml import mathml, name_mathml, number_latex
from checker.solving import solve_problem

SHIPPED = sorted((Path(__file__).parents[2] / "problem_sets").glob("*.yaml"))
# MathML Core: all that browsers agree on
CORE = {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "mfrac",
    "msqrt",
    "mroot",
    "msub",
    "msup",
    "msubsup",
    "mover",
    "munder",
    "mtable",
    "mtr",
    "mtd",
}


def read(markup: str) -> ET.Element:
    """The `math` element, by an XML parser; an HTML parser in strict mode has to agree that it is one."""
    html5lib.HTMLParser(strict=True).parseFragment(markup)
    root = ET.fromstring(markup)
    assert root.tag == "math"
    return root


def spoken(markup: str) -> str:
    return "".join(read(markup).itertext()).replace("\u2061", "")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_formula_of_a_shipped_problem_is_mathematics(path: Path) -> None:
    solution = solve_problem(load_problem(path.read_bytes(), str(path)))
    assert solution.steps
    for step in solution.steps:
        root = read(mathml(step.latex, display=True))
        assert root.get("display") == "block"
        assert {element.tag for element in root.iter()} <= CORE, step.latex
        assert "\\" not in "".join(root.itertext()), step.latex
        assert not [mo.text for mo in root.iter("mo") if (mo.text or "").isalpha() and len(mo.text or "") > 1]
        assert all(element.get("mathvariant") in (None, "normal") for element in root.iter())
        assert read(name_mathml(step.step)) is not None


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\operatorname{leaky\_relu}\left(z, 0.1\right)", "leaky_relu(z,0.1)"),
        (r"\mathit{net}_{h1}", "neth1"),
        (r"\mathbf{1}\left[z > 0\right]", "𝟏[z>0]"),
        (r"\tanh^{2}{\left(z \right)}", "tanh2(z)"),
        (r"\hat{m}_{w_{1}}", "m^w1"),
        (r"\begin{bmatrix}1 & -2\\3 & 4\end{bmatrix}", "[1−234]"),
        (r"\max\left(0, z\right)", "max(0,z)"),
        (number_latex("-1.5e-07"), "−1.5×10−7"),
    ],
)
def test_what_our_latex_uses(latex: str, said: str) -> None:
    assert spoken(mathml(latex)) == said


def test_a_function_is_no_operator_and_a_sign_after_a_relation_is_no_difference() -> None:
    root = read(mathml(r"a = -\operatorname{f}(-z) - 1"))
    assert [mi.text for mi in root.iter("mi")] == ["a", "f", "z"]
    signs = [mo.get("form") for mo in root.iter("mo") if mo.text == "−"]
    assert signs == ["prefix", "prefix", None]


def test_brackets_of_a_matrix_stretch_inside_a_longer_formula() -> None:
    root = read(mathml(r"W = \begin{bmatrix}1 & 2\\3 & 4\end{bmatrix} + b"))
    assert [mo.text for mo in root.iter("mo") if mo.get("stretchy") == "true"] == ["[", "]"]


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("dL_dw1", r"\frac{\partial L}{\partial w_{1}}"),
        ("∂L/∂w1", r"\frac{\partial L}{\partial w_{1}}"),
        ("dE_total_dnet_h1", r"\frac{\partial E_{total}}{\partial \mathit{net}_{h1}}"),
        ("dL_dW1[2,1]", r"\frac{\partial L}{\partial W_{1}}[2,1]"),
        ("w1_new@3", r"w_{1}^{\text{new}(3)}"),
        ("dL_dtheta@2", r"\frac{\partial L}{\partial \theta}^{(2)}"),
        ("mhat_w", r"\hat{m}_{w}"),
        ("v_W1", r"v_{W_{1}}"),
        ("z1[2]", "z_{1}[2]"),
        ("a@2", "a^{(2)}"),
        ("delta", r"\delta"),
        ("Err6", r"\mathit{Err}_{6}"),
    ],
)
def test_names_as_mathematics(name: str, latex: str) -> None:
    assert latex_name(name) == latex
    assert read(name_mathml(name)).tag == "math"


def test_what_cannot_be_converted_is_shown_and_is_text() -> None:
    assert mathml("x^{a}^{<script>}") == "<math><mtext>x^{a}^{&lt;script&gt;}</mtext></math>"


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "a</math><script>", "d<b>_d&", "]]>", "x{}\\%", ""])
def test_a_name_is_text_whatever_it_holds(name: str) -> None:
    tags = {element.tag for element in read(name_mathml(name)).iter()}
    assert tags <= CORE


@pytest.mark.parametrize("name", ["m_theta", "vhat_W1", "theta_new@3", "dL_dtheta@2", "v_w1@2", "w1_new@2", "mhat_b"])
def test_a_name_written_as_latex_is_read_as_that_name(name: str) -> None:
    known = {"theta", "w1", "W1", "b", "L", name, name.partition("@")[0]}
    read_back, _ = from_latex(latex_name(name), lambda spelled: next((each for each in spelled if each in known), None))
    assert read_back == name
