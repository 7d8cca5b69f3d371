"""LaTeX answers: what is read and as what, what is refused and where, and that nothing is ever expanded."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checker.expression.latex import from_latex, is_latex
from checker.expression.parser import parse
from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = frozenset(
    [
        "w1",
        "x1",
        "a",
        "z",
        "y",
        "L",
        "b",
        "x",
        "W",
        "W1",
        "W2",
        "a1",
        "v",
        "v[2]",
        "W2[2,1]",
        "z2",
        "z2[1]",
        "w_3",
        "w1_new",
        "a@2",
        "dL_da@2",
        "delta",
        "dL_da",
        "da_dz",
        "dL_dw1",
        "dz_dw1",
        "dL_dz2",
        "dL_ddelta",
        "h1_to_o1",
    ]
)


def resolve(names: Sequence[str]) -> str | None:
    return next((name for name in names if name in NAMES), None)


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\frac{\partial L}{\partial a}", "dL_da"),
        (r"\frac{dL}{da}", "dL_da"),
        (r"\frac{d L}{d w_1}", "dL_dw1"),
        (r"\dfrac{\mathrm{d}L}{\mathrm{d}w_{1}}", "dL_dw1"),
        (r"\partial L/\partial a", "dL_da"),
        (r"\frac{\partial \mathcal{L}}{\partial z^{(2)}}", "dL_dz2"),
        (r"\frac{\partial L}{\partial a}^{(2)}", "dL_da@2"),
        (r"\frac{\partial L}{\partial\delta}", "dL_ddelta"),
        (r"\sigma(z)", "σ(z)"),
        (r"\sigma\left(z\right)", "σ(z)"),
        (r"\sigma'(z)", "σ'(z)"),
        (r"\sigma^{\prime}(z)", "σ'(z)"),
        (r"W^{(2)}", "W2"),
        (r"W_2", "W2"),
        (r"\mathbf{W}_{2} \mathbf{x}", "W2 x"),
        (r"W^{[2]}", "W2"),
        (r"W_{2}^{\top}", "W2^⊤"),
        (r"{W^{(2)}}^{T}", "(W2)^T"),
        (r"W^{(2)}{}^\top a_1", "W2^⊤ a1"),
        (r"W^{(2)\top} a_1", "W2^⊤ a1"),
        (r"W^{[2]T}a^{[1]}", "W2^T a1"),
        (r"W^{(2)^T} a_1", "W2^T a1"),
        (r"W^{(2)\mathsf{T}} a_1", "W2^T a1"),
        (r"w_{1}", "w1"),
        (r"w_3", "w_3"),
        (r"v_2", "v[2]"),
        (r"v_{2}", "v[2]"),
        (r"W^{(2)}_{21}", "W2[2,1]"),
        (r"W_{2,1}^{(2)}", "W2[2,1]"),
        (r"z^{(2)}_1", "z2[1]"),
        (r"a^{(2)}", "a@2"),
        (r"w_1^{\text{new}}", "w1_new"),
        (r"w_{1}^{new}", "w1_new"),
        (r"h_{1, to\_o1}", "h1_to_o1"),
        (r"w_1x_1 + b", "w1 x1+b"),
        (r"w_{1}x_{1}", "w1 x1"),
        (r"2xz", "2 x z"),
        (r"a \cdot b \times z", "a*b*z"),
        (r"a \odot b", "a⊙b"),
        (r"a \div b", "a/b"),
        (r"e^{-z}", "e^(-z)"),
        (r"z^2y", "z^(2) y"),
        (r"z^{10}", "z^(10)"),
        (r"\sqrt{z}", "sqrt(z)"),
        (r"\sqrt[3]{z}", "((z)^(1/(3)))"),
        (r"\frac12", "((1)/(2))"),
        (r"\tfrac{1}{2}\left(a-y\right)^{2}", "((1)/(2)) (a-y)^(2)"),
        (r"\ln a", "ln(a)"),
        (r"\ln(1 - a)", "ln(1-a)"),
        (r"\tanh^2(z)", "(tanh(z)^(2))"),
        (r"\exp\left(-z\right)", "exp(-z)"),
        (r"\max(0, z)", "max(0,z)"),
        (r"\operatorname{ReLU}(z)", "ReLU(z)"),
        (r"\mathrm{softmax}\left(z\right)", "softmax(z)"),
        (r"\mathbf{1}\left[z > 0\right]", "step(z)"),
        (r"\left|a - y\right|", "abs(a-y)"),
        (r"\lvert a\rvert", "abs(a)"),
        (r"|a - y|\,z", "abs(a-y) z"),
        (r"\delta x", "delta x"),
        (r"0{,}5\,z", "0.5 z"),
        (r"$a - y$", "a-y"),
        (r"\[ = a - y \]", "a-y"),
        (r"\bigl( a \bigr)", "(a)"),
        (r"\{a\}", "(a)"),
        (r"a\,{}-\;y", "a-y"),
        (r"dL_da \cdot x_1", "dL_da*x1"),
    ],
)
def test_latex_becomes_the_text_it_means(latex: str, plain: str) -> None:
    text, places = from_latex(latex, resolve)
    assert text == plain
    assert len(places) == len(text) + 1
    assert all(0 <= place <= len(latex) for place in places)


@pytest.mark.parametrize(
    ("latex", "at", "message"),
    [
        ("", 0, "the formula is empty; write a number or a formula"),
        (r"\sum_i a_i", 0, r"'\sum' is not read here; write sum(…), or every term"),
        (r"a + \sin z", 4, r"'\sin' is not read here; a formula has no sines here"),
        (
            r"\begin{pmatrix} a \end{pmatrix}",
            0,
            r"'\begin' is not read here; answer element by element, with no matrices and cases",
        ),
        (r"\input{x}", 0, r"'\input' is not read here; write it in plain text, with the names of the problem"),
        (r"\left(a - y", 11, r"a bracket is never closed; add '\right'"),
        (r"\left(a - y\right]", 17, r"']' cannot close '('; write \right)"),
        (r"(a - y", 6, "a bracket is never closed; add ')'"),
        (r"a}", 1, "'}' closes nothing; delete it, or open a bracket before"),
        (r"\frac{a}", 8, "the formula ends where an argument is expected; write it"),
        (r"\frac{}{a}", 5, "nothing stands between the braces; write what belongs there"),
        (r"\ln", 0, "the function ln has no argument; write ln(…)"),
        (r"\ln a b", 6, "the argument of ln could end in two places; put it in brackets"),
        (r"\tanh^{-1}(z)", 5, r"an inverse function is not read here; write \frac{1}{…}"),
        (r"\partial L", 0, r"'\partial' stands only in a derivative; write \frac{\partial L}{\partial a}"),
        (r"a = b", 2, "'=' is not part of a formula; write one side only"),
        (r"a \\ b", 2, r"'\\' is not read here; write one formula"),
        (r"50\%", 2, r"'\%' is not read here; write the number itself, 0.05 for 5%"),
        (r"a % b", 2, "'%' begins a comment in LaTeX; write the number itself, 0.05 for 5%"),
        (r"^2", 0, "nothing stands before '^'; write what it belongs to"),
        (r"(a)_1", 3, "an index stands only after a name; delete it"),
        (r"$a", 0, "'$' is never closed; add $"),
        ("a" + r"\sqrt{" * 60, 241, "nested more than 40 deep; write the inner parts apart"),
    ],
)
def test_what_is_not_read_is_refused_with_its_place(latex: str, at: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        from_latex(latex, resolve)
    assert (caught.value.at, str(caught.value)) == (at, message)


def test_what_is_latex() -> None:
    assert all(is_latex(text) for text in (r"\sigma", "w_{1}", "$a$"))
    assert not any(is_latex(text) for text in ("a*(1 - a)", "w_1", "z^2", "dL/da", "|a|"))


PIECES = [
    *(r"\frac", r"\sqrt", r"\left(", r"\right)", r"\left|", r"\partial", r"\sigma", r"\ln", r"\cdot", r"\top"),
    *(r"\mathrm", r"\hat", r"\mathbf{1}", r"\text{new}", r"\{", r"\}", r"\,", "\\", r"\operatorname{ReLU}", r"\prime"),
    *("{", "}", "(", ")", "[", "]", "^", "_", "|", "'", "$", "+", "-", "/", ",", "=", ">", "0", "12", ".5", "{,}", " "),
    *("a", "w_1", "dL", "da", "d", "W", "T", "xyz", "e", "z^2", "²", "σ", "а", "\0", "\u202e", "%", "&", "~"),
]  # fmt: skip


def checked(error: ExpressionError, text: str) -> None:
    assert error.what
    assert 0 <= error.at <= len(text)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
@example(r"\frac{dL}{da}" * 40)
@example(r"\frac{dz}{a}")
def test_only_its_own_error_leaves_it_and_what_it_gives_the_parser_judges(latex: str) -> None:
    before = latex
    try:
        text, places = from_latex(latex, resolve)
    except ExpressionError as error:
        checked(error, latex)
        return
    assert latex == before
    assert len(places) == len(text) + 1
    assert all(0 <= place <= len(latex) for place in places)
    try:
        parse(text, {"σ", "ln", "sqrt", "abs", "step", "ReLU"})
    except ExpressionError as error:
        checked(error, text)


def test_a_fraction_that_is_no_derivative_stays_one() -> None:
    assert from_latex(r"\frac{dz}{a}", lambda names: next((n for n in names if n in ("dz", "a")), None))[0] == (
        "((dz)/(a))"
    )
    assert from_latex(r"\frac{d}{a}", resolve)[0] == "((d)/(a))"


def test_what_was_looked_at_in_vain_is_read_once() -> None:
    assert from_latex(r"\frac{w_1x}{v_1x}", resolve)[0] == from_latex(r"\frac{w_{1}x}{v_{1}x}", resolve)[0]
    assert from_latex(r"x w_1a^12", resolve)[0] == "x w1 a^(1) 2"
    assert from_latex(r"\frac{d a^12}{y}", lambda names: next((n for n in names if n in "day"), None))[0] == (
        "((d a^(1) 2)/(y))"
    )


def test_long_formulas_take_a_moment_only() -> None:
    for latex in (
        r"\frac{" * 39,
        r"\frac{dL}{da}+" * 140 + "a",
        "{" * 2_000,
        r"\sigma(" * 280,
        "a_{" * 600,
        "a_" * 900,
        "dL_da" * 400,
        r"\frac{d" + "L_da" * 300 + "}{x}",
    ):
        taken = []
        for _ in range(3):  # the machine may be busy with something else
            before = time.process_time()
            with suppress(ExpressionError):  # either is well: it is the time that is looked at
                from_latex(latex, resolve)
            taken.append(time.process_time() - before)
        assert min(taken) < 0.05
