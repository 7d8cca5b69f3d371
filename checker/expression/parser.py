"""Text to a tree, by one bounded grammar (grammar.lark) for authors and students.

The text goes through three sieves before a tree is built (build.py): its characters (normalise.py), its tokens
(scan.py) and the grammar. Nothing is evaluated; constants too large to be worked with are refused by a bound
(constant.py).
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.build import Build
from checker.expression.normalise import normalise
from checker.expression.scan import Scan, joined, stray
from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Container

    from lark import Lark, Token

    from checker.expression.build import Value
    from checker.expression.tree import Expression

MAX_LENGTH = 20_000
MAX_TOKENS = 5_000
MAX_DEPTH = 60


def parse(
    text: str,
    functions: Container[str],
    *,
    quantities: Container[str] = (),
    derivatives: Container[str] = (),
    max_length: int = MAX_LENGTH,
    max_depth: int = MAX_DEPTH,
    max_tokens: int = MAX_TOKENS,
) -> Expression:
    """The tree of an expression.

    A name before a bracket is a function where it is in `functions` and not in `quantities`, else the two multiply;
    so it is with `e` and `pi`. Two operands with nothing between them multiply exactly as with `*`, from left to
    right: `1/2x` is (1/2)*x, and `e^-2z` is e^(-2)*z. `^` binds to the right and before a minus on its left.
    `f'(z)` is a call of "f'", `∂L/∂a` is the name `dL_da`, `Wᵀ` and `W^⊤` a call of transpose, `√x` of sqrt; `W^T` is
    a power, as T may be a quantity.

    A part's `at` is the offset into `text` of the sign that makes it: the operator of a Binary (the superscript of
    `x²`; the second of two operands side by side), the name of a Call (or `ᵀ`, `√`), the bracket of an Index.

    Raises:
        ExpressionError: what is wrong, where in `text`, and how to mend it. No other error leaves.

    >>> parse("2x", ())
    Binary(operator='*', left=Number(value=Fraction(2, 1), text='2', at=0), right=Name(name='x', at=1), at=1)
    """
    if len(text) > max_length:
        raise ExpressionError(
            f"the expression has {len(text):,} characters", max_length, f"write at most {max_length:,}"
        )
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    plain = normalise(text)
    if not plain.strip():
        raise ExpressionError("the expression is empty", 0, "write a number or a formula")
    engine = _engine()
    run = engine.lark.parse_interactive(plain)
    tokens: list[Token] = []
    stop = None
    depth = 0
    try:
        # not through Lark.lex, which builds its lexer anew each time
        for token in run.lexer_thread.lex(run.parser_state):  # type: ignore[no-untyped-call]
            tokens.append(token)
            if len(tokens) > max_tokens:
                raise ExpressionError(
                    f"the expression has more than {max_tokens:,} parts",
                    token.start_pos or 0,
                    "split it into several, or use vectors",
                )
            if token.type in ("OPEN", "OPEN_INDEX"):
                depth += 1
                if depth > max_depth:  # the scan below will say so, or find something wrong before it
                    break
            elif token.type in ("CLOSE", "CLOSE_INDEX"):
                depth -= 1
    except UnexpectedCharacters as error:
        stop = error.pos_in_stream
    if "/" in plain and "d" in plain:
        tokens = joined(tokens, quantities, derivatives)
    scan = Scan(text, tokens, functions, quantities, max_depth)
    feed = run.feed_token
    try:
        for token in scan.prepared():
            feed(token)
        if stop is not None:
            raise stray(plain, stop)
        scan.close()
        value: Value = feed(engine.end)
    except UnexpectedToken as error:
        raise scan.explained(error.token) from None
    return value.node


class _Engine(NamedTuple):
    lark: Lark
    end: Token


@lru_cache(maxsize=1)
def _engine() -> _Engine:
    from lark import Lark, Token

    # not through pathlib or importlib.resources: they would cost more than reading the file
    with open(os.path.join(os.path.dirname(__file__), "grammar.lark"), encoding="utf-8") as file:  # noqa: PTH118, PTH120, PTH123
        grammar = file.read()
    lark = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        propagate_positions=False,
        maybe_placeholders=False,
        transformer=Build(),
    )
    return _Engine(lark, Token("$END", ""))
