"""Laws of the expression language: only its own error leaves, text and tree agree, Python reads arithmetic alike."""

from __future__ import annotations

import ast
from fractions import Fraction
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from checker.expression.parser import parse
from checker.expression.tree import (
    Binary,
    Call,
    Expression,
    ExpressionError,
    Index,
    Name,
    Negative,
    Number,
    Slice,
    names,
)
from checker.expression.written import caret, unparse

FUNCTIONS = frozenset({"sigmoid", "exp", "max", "sqrt", "transpose"})
TOKENS = [
    *("a", "w1", "e", "pi", "π", "T", "σ", "∂L/∂a", "sigmoid", "exp", "max", "lambda", "for", "__x", "_y"),
    *("0", "1", "2.5", ".5", "5.", "1e3", "1e400", "1e999", "64", "65", "100001"),
    *("+", "-", "−", "*", "**", "/", "÷", "^", "@", "·", "×", "⊙", "√", "²", "⁻¹", "ᵀ", "^⊤", "₁", "'", "′"),
    *("(", ")", "(", ")", "[", "]", ",", ":", ".", "=", "≈", " ", "  ", "\n", "\u00a0", "\u202e", "а", "\0"),
]


def read(text: str) -> Expression | ExpressionError:
    try:
        return parse(text, FUNCTIONS)
    except ExpressionError as error:
        return error


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(TOKENS), max_size=60).map("".join)))
@example("((" * 40)
@example("\ud800")
def test_only_the_parsers_own_error_leaves_it(text: str) -> None:
    tree = read(text)
    if isinstance(tree, ExpressionError):
        assert 0 <= tree.at <= len(text)
        assert tree.what
        lines = caret(text, tree.at).split("\n")
        assert len(lines) == 2
        assert lines[1].strip() == "^"
        again = read(text)
        assert isinstance(again, ExpressionError)
        assert again.args == tree.args
        return
    assert parse(text, FUNCTIONS) == tree
    assert shape(parse(unparse(tree), FUNCTIONS)) == shape(tree)
    assert all(0 <= at < len(text) for _, at in names(tree))


def shape(tree: Expression) -> object:
    """The tree without places and the texts of numbers."""
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Negative):
        return ("neg", shape(tree.operand))
    if isinstance(tree, Binary):
        return (tree.operator, shape(tree.left), shape(tree.right))
    if isinstance(tree, Call):
        return (tree.function, *map(shape, tree.arguments))
    return ("index", shape(tree.base), tree.items)


slices = st.integers(1, 9).flatmap(
    lambda start: st.builds(Slice, st.sampled_from([None, start]), st.one_of(st.none(), st.integers(start, 20)))
)
leaves = st.one_of(
    st.sampled_from(["a", "b", "w1", "dL_da", "T", "e", "pi"]).map(lambda name: Name(name, 0)),
    st.sampled_from(["0", "1", "2", "0.50", "1e-3"]).map(lambda text: Number(Fraction(text), text, 0)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda operand: Negative(operand, 0)),
        st.builds(lambda sign, x, y: Binary(sign, x, y, 0), st.sampled_from("+-*/@"), inner, inner),
        st.builds(lambda x, y: Binary("^", x, y, 0), inner, leaves),
        st.builds(lambda x, y: Binary("^", x, y, 0), leaves, inner),
        st.builds(lambda x: Call("exp", (x,), 0), inner),
        st.builds(lambda x: Call("sigmoid'", (x,), 0), inner),
        st.builds(lambda x, y: Call("max", (x, y), 0), inner, inner),
        st.builds(
            lambda x, items: Index(x, tuple(items), 0),
            inner,
            st.lists(st.one_of(st.integers(1, 100_000), slices), min_size=1, max_size=3),
        ),
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_a_tree_written_out_is_read_as_itself(tree: Expression) -> None:
    text = unparse(tree)
    again = read(text)
    if isinstance(again, ExpressionError):
        # only a constant may be too large: the trees are built without regard to size
        assert "constant" in again.what or "powers of powers" in again.what, text
    else:
        assert shape(again) == shape(tree)
        assert unparse(again) == text


@settings(max_examples=300, deadline=None)
@given(trees)
def test_every_bracket_written_is_needed(tree: Expression) -> None:
    text = unparse(tree)
    opened: list[int] = []
    pairs = []
    for i, character in enumerate(text):
        if character == "(":
            opened.append(i)
        elif character == ")":
            pairs.append((opened.pop(), i))
    for start, stop in pairs:
        if start and (text[start - 1].isalnum() or text[start - 1] == "'"):
            continue  # of a call
        without = f"{text[:start]} {text[start + 1 : stop]} {text[stop + 1 :]}"
        bare = read(without)  # an error for (2)[1], or where a constant becomes too large
        assert isinstance(bare, ExpressionError) or shape(bare) != shape(tree), (text, without)


SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^", ast.MatMult: "@"}


def of_python(node: ast.expr) -> object:
    if isinstance(node, ast.BinOp):
        return (SIGNS[type(node.op)], of_python(node.left), of_python(node.right))
    if isinstance(node, ast.UnaryOp):
        return ("neg", of_python(node.operand)) if isinstance(node.op, ast.USub) else of_python(node.operand)
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    assert isinstance(node, ast.Name)
    return node.id


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 3) -> str:
    """Text that Python's own grammar reads too."""
    operand = []
    for _ in range(draw(st.integers(1, 5))):
        signs = draw(st.sampled_from(["", "", "", "-", "+", "- -"]))
        if depth and draw(st.integers(0, 3)) == 0:
            operand.append(f"{signs}({draw(arithmetic(depth=depth - 1))})")
        else:
            operand.append(signs + draw(st.sampled_from(["a", "b", "c", "2", "3", "0.5"])))
    text = operand[0]
    for part in operand[1:]:
        text += draw(st.sampled_from(["+", " - ", "*", " / ", " @ ", "**"])) + part
    return text


@settings(max_examples=400, deadline=None)
@given(arithmetic())
@example("-2**2")
@example("2**-1")
@example("2**3**2")
@example("a@b*c/d")
@example("-a**-b**-c")
def test_arithmetic_is_read_as_python_reads_it(text: str) -> None:
    tree = read(text.replace("**", "^"))
    if isinstance(tree, ExpressionError):
        assert "constant" in tree.what
        return
    assert shape(tree) == of_python(ast.parse(text, mode="eval").body)
    assert shape(parse(text, ())) == shape(tree)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "w1", "(a - b)", "exp(z)", "2", "x²", "h[1]"]), min_size=2, max_size=8))
def test_side_by_side_is_a_star(parts: list[str]) -> None:
    beside = read(" ".join(parts))
    if isinstance(beside, ExpressionError):
        assert any(right == "2" and left in ("2", "x²") for left, right in pairwise(parts))
    else:
        assert not any(right == left == "2" for left, right in pairwise(parts))
        assert shape(beside) == shape(parse("*".join(parts), FUNCTIONS))
