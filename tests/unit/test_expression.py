"""The expression language, row by row: text, tree or the error's whole message, and why."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
import tracemalloc
from fractions import Fraction
from pathlib import Path

import pytest

from checker.expression.normalise import fold_name
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

FUNCTIONS = frozenset({"sigmoid", "exp", "ln", "max", "leaky_relu", "sqrt", "sum", "transpose"})
ROWS = json.loads((Path(__file__).parent.parent / "data" / "expressions.json").read_text("utf-8"))


def lisp(tree: Expression) -> str:
    if isinstance(tree, Number):
        return tree.text
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Negative):
        return f"(- {lisp(tree.operand)})"
    if isinstance(tree, Binary):
        return f"({tree.operator} {lisp(tree.left)} {lisp(tree.right)})"
    if isinstance(tree, Call):
        return f"({' '.join([tree.function, *map(lisp, tree.arguments)])})"
    items = (f"{i.start or ''}:{i.stop or ''}" if isinstance(i, Slice) else str(i) for i in tree.items)
    return f"([] {lisp(tree.base)} {' '.join(items)})"


def refusal(text: str, **options: int) -> tuple[int, str]:
    with pytest.raises(ExpressionError) as caught:
        parse(text, FUNCTIONS, **options)
    return caught.value.at, str(caught.value)


@pytest.mark.parametrize("row", [row for row in ROWS if "tree" in row], ids=lambda row: ascii(row["text"]))
def test_text_becomes_the_tree_it_means(row: dict[str, str]) -> None:
    tree = parse(row["text"], FUNCTIONS)
    assert lisp(tree) == row["tree"], row["why"]
    assert lisp(parse(unparse(tree), FUNCTIONS)) == row["tree"]


@pytest.mark.parametrize("row", [row for row in ROWS if "error" in row], ids=lambda row: ascii(row["text"]))
def test_what_is_no_expression_is_refused_with_place_and_mend(row: dict[str, object]) -> None:
    assert refusal(str(row["text"])) == (row["at"], row["error"]), row["why"]


def test_every_part_has_its_place() -> None:
    tree = parse("= w1·x₁ − leaky_relu(z[2:4], .5)/ 2 x²", FUNCTIONS)
    assert tree == Binary(
        "-",
        Binary("*", Name("w1", 2), Name("x1", 5), 4),
        Binary(
            "*",
            Binary(
                "/",
                Call(
                    "leaky_relu",
                    (Index(Name("z", 21), (Slice(2, 4),), 22), Number(Fraction(1, 2), ".5", 29)),
                    10,
                ),
                Number(Fraction(2), "2", 34),
                32,
            ),
            Binary("^", Name("x", 36), Number(Fraction(2), "2", 37), 37),
            36,
        ),
        8,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.10", Fraction(1, 10)),
        ("010", Fraction(10)),
        ("5.", Fraction(5)),
        (".25", Fraction(1, 4)),
        ("1.5e-3", Fraction(3, 2000)),
        ("1.5E+3", Fraction(1500)),
        ("1e400", Fraction(10**400)),
        ("1e-0400", Fraction(1, 10**400)),
        ("0" * 49 + "7", Fraction(7)),
    ],
)
def test_numbers_are_exact(text: str, value: Fraction) -> None:
    assert parse(text, ()) == Number(value, text, 0)


def test_a_quantity_wins_over_a_function_and_a_constant() -> None:
    assert lisp(parse("σ(1 - σ)", FUNCTIONS, quantities={"σ"})) == "(* σ (- 1 σ))"
    assert lisp(parse("max(2) + max", FUNCTIONS, quantities={"max"})) == "(+ (* max 2) max)"
    assert lisp(parse("π", FUNCTIONS, quantities={"π"})) == "π"
    assert lisp(parse("e^100", FUNCTIONS)) == "(^ e 100)"
    with pytest.raises(ExpressionError):
        parse("e^100", FUNCTIONS, quantities={"e"})


def test_sigma_needs_sigmoid_to_be_a_function() -> None:
    assert lisp(parse("σ(z)", {"exp"})) == "(* σ z)"
    assert lisp(parse("σ(z)", {"σ"})) == "(σ z)"


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("(" * 61 + "a" + ")" * 61, 60, "nested more than 60 deep; give the inner parts names of their own"),
        ("exp(" * 4_000, 243, "nested more than 60 deep; give the inner parts names of their own"),
        ("-" * 61 + "a", 60, "nested more than 60 deep; give the inner parts names of their own"),
        ("a^" * 61 + "a", 121, "nested more than 60 deep; give the inner parts names of their own"),
        ("a" * 20_001, 20_000, "the expression has 20,001 characters; write at most 20,000"),
        ("a+" * 3_000, 5_000, "the expression has more than 5,000 parts; split it into several, or use vectors"),
        ("a+" * 201 + "a", 401, "more than 200 terms in a row; split it into several equations, or use vectors"),
        ("a " * 201 + "a", 402, "more than 200 factors in a row; split it into several equations, or use vectors"),
        ("a" * 101, 0, "a name of 101 characters; use at most 100"),
        ("1" * 51, 0, "a number of 51 digits; use at most 50"),
        ("1e" + "9" * 15_000, 0, "a power of ten beyond ±400; numbers this large or small are not worked with"),
        ("x" + "²" * 51, 1, "a number of 51 digits; use at most 50"),
        ("²" * 99, 0, f"nothing stands before '{'²' * 20}…'; write what it applies to, or delete it"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_bounds(text: str, at: int, message: str) -> None:
    assert refusal(text) == (at, message)


def test_what_is_just_within_the_bounds_is_read() -> None:
    parse("(" * 60 + "a" + ")" * 60, ())
    parse("-" * 60 + "a", ())
    parse("a^" * 60 + "a", ())
    parse("+".join("a" * 201), ())
    parse("a" * 100, ())
    parse("a - " * 200 + "a", ())
    parse(" + ".join(f"w{i} x{i}" for i in range(200)), ())


def test_bounds_can_be_set() -> None:
    assert refusal("a + b", max_length=4) == (4, "the expression has 5 characters; write at most 4")
    assert refusal("((a))", max_depth=1)[1].startswith("nested more than 1 deep")
    assert refusal("a + b", max_tokens=2)[1].startswith("the expression has more than 2 parts")


def test_depth_counts_what_is_open_at_once() -> None:
    parse(" + ".join(["-(-a)^2"] * 100), ())
    parse(" ".join(["(a)"] * 100), ())
    assert refusal("-(" * 31 + "a" + ")" * 31)[0] == 60


def test_a_sum_leaning_on_brackets_stays_below_the_height_that_walks_can_bear() -> None:
    text = "a"
    for _ in range(10):
        text = f"({text}{' + a' * 40})"
    at, message = refusal(text)
    assert message == "the expression is nested too deeply; give its inner parts names of their own"
    assert text[at] == "+"


def test_the_tallest_tree_compares_hashes_and_pickles() -> None:
    text = "(" + "a + " * 50 + "a)" + " + a" * 198
    tree = parse(text, ())
    assert tree == parse(text, ())
    assert hash(tree) == hash(parse(text, ()))
    assert pickle.loads(pickle.dumps(tree)) == tree


HOSTILE = {
    "tower": "9**9**9**9",
    "powers": "(2**4000)*(2**4000)",
    "long": "a" * 100_000,
    "brackets": "(" * 10_000,
    "matched brackets": "(" * 10_000 + ")" * 10_000,
    "operators": "+" * 20_000,
    "commas": "," * 20_000,
    "names": "a " * 10_000,
    "digits": "1" * 20_000,
    "exponent": "1e" + "9" * 19_000,
    "superscripts": "x" + "⁹" * 19_000,
    "factors": "*".join(["1e399"] * 2_000),
    "fractions": "+".join(f"1/{10**45 + i}" for i in range(199)),
    "nested powers": "((((((((9^64)^64)^64)^64)^64)^64)^64)^64)",
    "powers of a name": "((((((((x^64)^64)^64)^64)^64)^64)^64)^64)",
    "walk": "().__class__.__bases__[0].__subclasses__()",
    "dunder": "__import__('os').system('true')",
    "lambda": "(lambda: 0)()",
    "f-string": "f'{a}'",
    "comprehension": "[a for a in range(9**9)]",
    "partials": "∂ " * 9_000,
    "spaces": "^" + " " * 19_000,
    "bidi": "a\u202e\u2066b",
    "marks": "a" + "\u0301" * 10_000,
    "nul": "\0" * 10_000,
    "look-alikes": "а" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_at_once(text: str) -> None:
    parse("a", ())  # the grammar is built once
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionError) as caught:
            parse(text, FUNCTIONS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert 0 <= caught.value.at <= len(text)
    assert len(str(caught.value)) < 300
    started = time.perf_counter()
    for _ in range(3):
        with pytest.raises(ExpressionError):
            parse(text, FUNCTIONS)
    assert time.perf_counter() - started < 3  # 50 ms each where nothing else runs; a hang is what this finds


def test_an_error_survives_pickling() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("(a", ())
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.what, error.at, error.mend) == ("'(' is never closed", 0, "add ')'")


def test_importing_the_parser_does_not_import_lark() -> None:
    code = "import sys, checker.expression.parser, checker.expression.written; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_in_order_of_first_appearance() -> None:
    tree = parse("b*a[1] + exp(-c, a^d)/b - ∂L/∂a*e", FUNCTIONS)
    assert names(tree) == [("b", 0), ("a", 2), ("c", 14), ("d", 19), ("dL_da", 26), ("e", 32)]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("((a−y)²)÷2 + w1 x1", "(a - y)^2/2 + w1*x1"),
        ("(a*b)*c/(d*e)", "a*b*c/(d*e)"),
        ("a-(b-c)-(d)", "a - (b - c) - d"),
        ("a*(b/c)", "a*(b/c)"),
        ("(a@b)@(c@d)", "a @ b @ (c @ d)"),
        ("(a^b)^c^d", "(a^b)^c^d"),
        ("a^(-b)*(-c)", "a^-b*-c"),
        ("(-a)^2 - -(b*c) + (-d)*e", "(-a)^2 - -(b*c) + -d*e"),
        ("-(a+b)", "-(a + b)"),
        ("∂L/∂a σ'(z)(1)", "dL_da*sigmoid'(z)*1"),
        ("√(x)ᵀ", "transpose(sqrt(x))"),
        ("(a+b)[1,2:3] h[:] (2)[1]", "(a + b)[1,2:3]*h[:]*(2)[1]"),
        ("max((a), ((b + c)), 1.50)", "max(a, b + c, 1.50)"),
        ("W^T@d", "W^T @ d"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert unparse(parse(text, FUNCTIONS)) == canonical
    assert unparse(parse(canonical, FUNCTIONS)) == canonical


@pytest.mark.parametrize(
    ("text", "at", "lines"),
    [
        ("a*(1 - a", 2, ["a*(1 - a", "  ^"]),
        ("a +", 3, ["a +", "   ^"]),
        ("", 0, ["", "^"]),
        ("a*\n b)", 4, ["a*  b)", "    ^"]),
        ("ｅxp", 1, ["ｅxp", "  ^"]),
        ("a\u202eb\u0301", 1, ["a\ufffdb\ufffd", " ^"]),
        ("a" * 100, 0, ["a" * 60 + "…", "^"]),
        ("a" * 100, 99, ["…" + "a" * 60, " " * 60 + "^"]),
        ("a" * 100, 50, ["…" + "a" * 60 + "…", " " * 31 + "^"]),
        ("a" * 60, 60, ["a" * 60, " " * 60 + "^"]),
        ("ab", 9, ["ab", "  ^"]),
    ],
)
def test_a_caret_stands_under_the_place(text: str, at: int, lines: list[str]) -> None:
    assert caret(text, at).split("\n") == lines


def test_names_are_folded_as_in_expressions() -> None:
    assert fold_name("w₁₂") == "w12"
    assert fold_name("ϵ") == "ε"
    assert fold_name("dL_dw1") == "dL_dw1"
