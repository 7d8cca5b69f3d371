"""Text to a tree, by one bounded grammar (grammar.lark) for authors and students.

The text goes through three sieves before a tree is built: its characters (normalise.py), its tokens (here: brackets,
what stands beside what, numbers, indices) and the grammar. Nothing is evaluated; constants too large to be worked with
are refused by a bound (constant.py).
"""

from __future__ import annotations

import os
import re
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.expression import constant
from checker.expression.normalise import describe, fold_name, lowered, normalise
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
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from lark import Lark, Token

MAX_LENGTH = 20_000
MAX_TOKENS = 5_000
MAX_DEPTH = 60
# A tree leans to the left by one level an operator, and what is done to it is recursive: under Python's default limit
# a tree compares and pickles up to a height of 330 (measured), and a walk with three frames a level gets no further.
MAX_CHAIN = 200  # operators in a row
MAX_HEIGHT = 250
MAX_DIGITS = 50
MAX_POWER_OF_TEN = 400
MAX_ELEMENT = 100_000
MAX_NAME = 100

_BEGINS = frozenset(("NUMBER", "NAME", "FUNC", "CONSTANT", "OPEN", "ROOT"))
_ENDS = frozenset(("NUMBER", "NAME", "CONSTANT", "CLOSE", "CLOSE_INDEX", "SUPERSCRIPT", "TRANSPOSE", "ITERATION"))
_BRACKETS = frozenset(("OPEN", "CLOSE", "OPEN_INDEX", "CLOSE_INDEX"))
_OPERATORS = frozenset(("PLUS", "MINUS", "TIMES", "OVER", "MATMUL", "POWER"))
_CONSTANTS = {"e": "e", "pi": "pi", "π": "pi"}
_SYMBOLS = {
    "σ": "sigmoid", "Sigmoid": "sigmoid", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu",
    "GELU": "gelu", "SiLU": "silu", "Swish": "silu", "Softplus": "softplus", "Softmax": "softmax", "Tanh": "tanh",
}  # fmt: skip
# Words that make programs or prose of names side by side; alone or with an operator they are names like any other.
_WORDS = frozenset(
    ("and", "as", "assert", "async", "await", "class", "def", "del", "elif", "else", "except", "finally", "for", "from",
     "global", "if", "import", "in", "is", "lambda", "not", "or", "pass", "raise", "return", "then", "try", "when",
     "where", "while", "with", "yield")
)  # fmt: skip
_HEXADECIMAL = re.compile(r"[xX][0-9a-fA-F]+$|[bB][01]+$|[oO][0-7]+$")


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
    stray = None
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
        stray = error.pos_in_stream
    if "/" in plain and "d" in plain:
        tokens = _joined(tokens, quantities, derivatives)
    scan = _Scan(text, tokens, functions, quantities, max_depth)
    feed = run.feed_token
    try:
        for token in scan.prepared():
            feed(token)
        if stray is not None:
            raise _stray(plain, stray)
        scan.close()
        value: _Value = feed(engine.end)
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
        transformer=_Build(),
    )
    return _Engine(lark, Token("$END", ""))


# ---------------------------------------------------------------- tokens


def _joined(tokens: list[Token], quantities: Container[str], derivatives: Container[str]) -> list[Token]:
    """The tokens with `dL / da` made one name, where it is one."""
    found: list[Token] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if (
            i + 2 < len(tokens)
            and token.type == tokens[i + 2].type == "NAME"
            and tokens[i + 1].type == "OVER"
            and token[0] == tokens[i + 2][0] == "d"
        ):
            above, below = fold_name(str(token)), fold_name(str(tokens[i + 2]))
            whole = f"{above}_{below}"
            if whole in derivatives and above not in quantities and below not in quantities:
                token = type(token)("NAME", whole, token.start_pos, end_pos=tokens[i + 2].end_pos)
                i += 2
        found.append(token)
        i += 1
    return found


class _Open(NamedTuple):
    """A bracket that is open: its token, what it is for, and the depth outside it."""

    token: Token
    kind: str  # "group" | "call" | "index"
    outside: int


class _Scan:
    """The tokens of one text on their way to the grammar: marked, checked against neighbours, bounded in depth."""

    def __init__(
        self,
        text: str,
        tokens: list[Token],
        functions: Container[str],
        quantities: Container[str],
        max_depth: int,
    ) -> None:
        self.text, self.tokens = text, tokens
        self.functions, self.quantities = functions, quantities
        self.max_depth = max_depth
        self.open: list[_Open] = []
        self.depth = 0  # open brackets, and the signs and powers that wait for their operand
        self.before: Token | None = None  # what the grammar has been fed last

    def prepared(self) -> Iterator[Token]:
        """The tokens as the grammar knows them: FUNC and CONSTANT marked, BESIDE put in.

        Raises:
            ExpressionError: tokens that cannot stand beside each other, brackets that do not match, too deep a nest.
        """
        for i, lexed in enumerate(self.tokens):
            token = lexed
            following = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
            before = self.before
            ended = before is not None and before.type in _ENDS
            if self.open and self.open[-1].kind == "index" and token.type != "CLOSE_INDEX":
                self._inside_index(token)
            elif token.type == "NAME":
                token = self._name(token, following)
            elif token.type == "NUMBER":
                self._number(token, following)
            kind = token.type
            if before is not None and ended and kind in _BEGINS and not (self.open and self.open[-1].kind == "index"):
                self._beside(before, token)
                self._settle()
                yield type(token)("BESIDE", "", token.start_pos, end_pos=token.start_pos)
            if kind in _BRACKETS:
                self._bracket(token)
            elif kind in ("POWER", "SUPERSCRIPT", "TRANSPOSE") or (kind in ("MINUS", "PLUS") and not ended):
                self.depth += 1  # written out, what stands under each is in brackets
            elif kind == "COMMA":
                self._comma(token, following)
                self._settle()
            elif kind in _OPERATORS:
                self._settle()
            elif kind == "PRIME":
                self._prime(token, following)
            elif kind == "ROOT":
                self._root(i)
            elif kind == "COLON" and not self.open:
                raise self._error(token, "':' stands only in an index", "write h[2:4] for elements 2 to 4")
            if self.depth > self.max_depth:
                raise self._error(
                    token, f"nested more than {self.max_depth} deep", "give the inner parts names of their own"
                )
            yield token
            self.before = token

    def close(self) -> None:
        """Nothing, where the text may end here.

        Raises:
            ExpressionError: a bracket is still open, or an operator waits for its operand.
        """
        last = self.before
        assert last is not None
        if last.type in _OPERATORS or last.type in ("COMMA", "ROOT"):
            raise self._error(last, f"nothing follows {self._shown(last)}", "write what it applies to, or delete it")
        if self.open:
            token = self.open[-1].token
            shown = self._shown(token)
            raise self._error(token, f"{shown} is never closed", f"add {_partner(token)}")

    def explained(self, token: Token) -> ExpressionError:
        """The error, in words, for a token that the grammar does not allow after the last one."""
        if token.type == "CLOSE_INDEX" or (self.open and self.open[-1].kind == "index"):
            what = "an element is missing"
            if token.type == "NUMBER":
                what = "two elements with nothing between them"
            elif token.type == "COLON":
                what = "a slice has only two ends"
            return self._error(token, what, "write numbers from 1, as in W1[2,1] or h[2:4]")
        last = self.before
        shown = self._shown(token)
        kind = token.type
        if kind == "CLOSE" and last is not None:
            if last.type == "OPEN":
                called = len(self.tokens) > 1 and self._closing_call(last)
                what = "the function has no argument" if called else "nothing stands between the brackets"
                return self._error(last, what, "write what belongs there, or delete them")
            return self._error(last, f"nothing stands between {self._shown(last)} and {shown}", "write what is missing")
        if kind == "COMMA":
            return self._error(token, "an argument is missing before the comma", "write it, or delete the comma")
        if last is None or last.type == "OPEN":
            return self._error(token, f"nothing stands before {shown}", "write what it applies to, or delete it")
        if last.type in _OPERATORS and kind in _OPERATORS:
            return self._error(token, f"{shown} cannot follow {self._shown(last)}", "delete one of them")
        return self._error(token, f"{shown} cannot stand after {self._shown(last)}", "")

    # ------------------------------------------------------------ neighbours

    def _name(self, token: Token, following: Token | None) -> Token:
        """The name, marked where it is a function or a constant; what is no name is refused."""
        written = fold_name(str(token))
        if len(written) > MAX_NAME:
            raise self._error(token, f"a name of {len(written):,} characters", f"use at most {MAX_NAME}")
        if written.startswith("__"):
            raise self._error(token, f"names cannot begin with two underscores, as '{written}' does", "rename it")
        if written[0] == "∂" or written in self.quantities:
            return token
        if following is not None and following.type in ("OPEN", "PRIME"):
            function = self._function(written)
            if function is not None:
                return token.update("FUNC", function)
        if written in self.functions:
            raise self._error(token, f"the function {written} has no argument", f"write {written}(…)")
        return token.update("CONSTANT") if written in _CONSTANTS else token

    def _function(self, written: str) -> str | None:
        """The function that a name before a bracket means; None where it means a quantity."""
        symbol = _SYMBOLS.get(written, "")
        if symbol in self.functions:
            return symbol
        return written if written in self.functions else None

    def _number(self, token: Token, following: Token | None) -> None:
        written = str(token)
        mantissa, _, exponent = written.lower().partition("e")
        digits = len(mantissa) - ("." in mantissa)
        if digits > MAX_DIGITS:
            raise self._error(token, f"a number of {digits:,} digits", f"use at most {MAX_DIGITS}")
        power = exponent.lstrip("+-0")
        if len(power) > len(str(MAX_POWER_OF_TEN)) or int(power or "0") > MAX_POWER_OF_TEN:
            raise self._error(
                token, f"a power of ten beyond ±{MAX_POWER_OF_TEN}", "numbers this large or small are not worked with"
            )
        if following is None or following.start_pos != token.end_pos or following.type != "NAME":
            return
        name = str(following)
        if written.endswith("."):
            raise self._error(
                token, f"a point stands between {written[:-1]} and '{name}'", f"write {written[:-1]}*{name}"
            )
        if written == "0" and _HEXADECIMAL.match(name):
            raise self._error(
                token, f"'0{name}' looks like a number in another base", f"write it in decimals, or 0*{name}"
            )
        if name.startswith("_"):
            raise self._error(following, "a number has no underscores", f"write its digits, or {written}*{name}")

    def _beside(self, before: Token, token: Token) -> None:
        """Refuse two operands side by side that do not clearly multiply."""
        if token.type == "NUMBER":
            joined = before.end_pos == token.start_pos
            if before.type == "NUMBER":
                if joined:
                    raise self._error(before, f"'{before}{token}' is not a number", "a number has one decimal point")
                raise self._error(token, f"two numbers side by side, {before} and {token}", "write * between them")
            if before.type == "SUPERSCRIPT":
                raise self._error(token, "a number after an exponent", "write * between them")
            if token.startswith("."):
                raise self._error(token, f"a point cannot follow {self._shown(before)}", f"write *0{token} to multiply")
        elif token.type in ("NAME", "CONSTANT", "FUNC") and before.type in ("NAME", "CONSTANT"):
            for word in (before, token):
                if word in _WORDS:
                    raise self._error(word, f"'{word}' beside a name reads as a word", "write * between factors")

    def _inside_index(self, token: Token) -> None:
        before = self.before
        assert before is not None
        if token.type == "NUMBER":
            digits = token.lstrip("0")
            if not token.isdecimal():
                raise self._error(
                    token, f"an element cannot be number {token}", "elements count from 1, in whole numbers"
                )
            if not digits:
                raise self._error(token, "there is no element 0", "elements count from 1")
            if len(digits) > len(str(MAX_ELEMENT)) or int(digits) > MAX_ELEMENT:
                raise self._error(token, f"there is no element beyond {MAX_ELEMENT:,}", "elements count from 1")
        elif token.type == "MINUS":
            raise self._error(token, "there are no negative elements", "elements count from 1")
        elif token.type not in ("COLON", "COMMA"):
            if token.type in ("CLOSE", "POWER", "TIMES", "PLUS", "OVER", "MATMUL"):
                raise self._error(self.open[-1].token, "'[' is never closed", "add ']'")
            raise self._error(
                token,
                f"{self._shown(token)} cannot be an element",
                "elements are numbers from 1, as in W1[2,1] or h[2:4]",
            )

    def _settle(self) -> None:
        """The depth where an operand begins anew: that of the open brackets."""
        self.depth = self.open[-1].outside + 1 if self.open else 0

    def _bracket(self, token: Token) -> None:
        """Keep account of brackets; refuse those that do not match, and arrays."""
        before = self.before
        if token.type == "OPEN":
            use = "call" if before is not None and before.type in ("FUNC", "PRIME") else "group"
            self.open.append(_Open(token, use, self.depth))
            self.depth += 1
            return
        if token.type == "OPEN_INDEX":
            if before is None or before.type not in _ENDS:
                raise self._error(
                    token, "an array cannot be written inside an expression", "give it a name of its own and use that"
                )
            if before.type in ("NUMBER", "CONSTANT"):
                raise self._error(token, f"{self._shown(before)} has no elements", "delete the square brackets")
            self.open.append(_Open(token, "index", self.depth))
            self.depth += 1
            return
        shown = self._shown(token)
        if not self.open:
            raise self._error(token, f"{shown} closes nothing", f"delete it, or add {_partner(token)} before")
        opened = self.open.pop()
        if (token.type == "CLOSE_INDEX") != (opened.kind == "index"):
            inner = self._shown(opened.token)
            raise self._error(token, f"{shown} cannot close {inner}", f"write {_partner(opened.token)}")
        self.depth = opened.outside

    def _comma(self, token: Token, following: Token | None) -> None:
        before = self.before
        if self.open and self.open[-1].kind != "group":
            return
        if (
            before is not None
            and following is not None
            and before.type == following.type == "NUMBER"
            and before.end_pos == token.start_pos
            and following.start_pos == token.end_pos
        ):
            whole = f"{before},{following}"
            mend = f"write {before}.{following} with a decimal point"
            if re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", whole):
                mend = f"write {before}{following}, or {before}.{following} if a decimal point is meant"
            raise self._error(token, f"a comma inside the number {whole}", mend)
        raise self._error(token, "a comma stands only between the arguments of a function", "delete it")

    def _prime(self, token: Token, following: Token | None) -> None:
        before = self.before
        if before is None or (before.type not in _ENDS and before.type not in ("FUNC", "PRIME")):
            raise self._error(token, "quotation marks have no place in an expression", "write names as they are")
        if before.type == "PRIME":
            raise self._error(token, "only a first derivative is understood", "write one prime")
        if before.type != "FUNC":
            mend = f"write {before}^T for its transpose" if before.type == "NAME" else "delete it"
            raise self._error(token, "a prime may only follow a function, as in sigmoid'(z)", mend)
        if following is None or following.type not in ("OPEN", "PRIME"):
            raise self._error(before, f"the function {before}' has no argument", f"write {before}'(…)")

    def _root(self, i: int) -> None:
        """Refuse a root whose end cannot be seen."""
        near = self.tokens[i + 1 : i + 3]
        if len(near) < 2 or near[0].type not in ("NUMBER", "NAME"):
            return
        under, after = near
        if after.type in ("POWER", "SUPERSCRIPT") or (
            after.type in ("NUMBER", "NAME", "OPEN")
            and after.start_pos == under.end_pos
            and not (after.type == "OPEN" and self._function(str(under)) is not None)
        ):
            raise self._error(
                self.tokens[i], f"√{under} could end in two places", "put what is under the root in brackets"
            )

    # ------------------------------------------------------------ words

    def _closing_call(self, opened: Token) -> bool:
        for i, token in enumerate(self.tokens):
            if token is opened:
                return i > 0 and self.tokens[i - 1].type in ("FUNC", "PRIME")
        return False

    def _shown(self, token: Token) -> str:
        """The token as it was typed, between quotes."""
        written = self.text[token.start_pos : token.end_pos]
        if len(written) > 20:
            written = f"{written[:20]}…"
        return f"'{written}'" if written.isprintable() else f"'{token}'"

    def _error(self, token: Token, what: str, mend: str) -> ExpressionError:
        return ExpressionError(what, token.start_pos or 0, mend)


def _partner(token: Token) -> str:
    return {"(": "')'", "[": "']'", ")": "'('", "]": "'['"}[str(token)]


def _stray(plain: str, at: int) -> ExpressionError:
    """The error for a character of the language where no token begins."""
    character = plain[at]
    before = plain[at - 1 : at]
    if character == ".":
        if before.isalnum() or before in ("_", ")", "]"):
            return ExpressionError(
                "a point cannot follow a quantity", at, "write * to multiply; quantities have no parts"
            )
        return ExpressionError("a point without digits", at, "write the number, or delete it")
    if character == "∂":
        return ExpressionError("'∂' stands only in a derivative", at, "write ∂L/∂a")
    if character in "₀₁₂₃₄₅₆₇₈₉":
        return ExpressionError(f"'{character}' belongs to no name", at, "write it at the end of a name")
    if character == "⊤":
        return ExpressionError("'⊤' stands only in a transpose", at, "write W2^T")
    return ExpressionError(f"{describe(character)} cannot stand here", at)


# ---------------------------------------------------------------- trees


class _Value(NamedTuple):
    """A part that has been read, and what bounds it."""

    node: Expression
    height: int = 1
    chain: int = 0  # operators of the unbracketed sum or product it is
    size: constant.Size = None
    degree: int = 1  # a bound on the powers of any quantity in it


class _Build:
    """What each rule of the grammar becomes; lark calls these with the values of the rule's parts."""

    def start(self, parts: list[Any]) -> _Value:
        value: _Value = parts[0]
        return value

    def binary(self, parts: list[Any]) -> _Value:
        left: _Value = parts[0]
        token: Token = parts[1]
        right: _Value = parts[2]
        operator = str(token) or "*"
        at = token.start_pos or 0
        sum_like = operator in "+-"
        chain = 1
        if left.chain and isinstance(left.node, Binary) and (left.node.operator in "+-") == sum_like:
            chain += left.chain
            if chain > MAX_CHAIN:
                raise ExpressionError(
                    f"more than {MAX_CHAIN} {'terms' if sum_like else 'factors'} in a row", at,
                    "split it into several equations, or use vectors",
                )  # fmt: skip
        size = (
            None if left.size is None or right.size is None else constant.combined(operator, left.size, right.size, at)
        )
        degree = max(left.degree, right.degree) if sum_like else left.degree + right.degree
        node = Binary(operator, left.node, right.node, at)
        return _Value(node, _height(at, left.height, right.height), chain, size, degree)

    def negative(self, parts: list[Any]) -> _Value:
        token, value = parts
        at = token.start_pos
        return _Value(
            Negative(value.node, at), _height(at, value.height), 0, constant.negative(value.size), value.degree
        )

    def positive(self, parts: list[Any]) -> _Value:
        value: _Value = parts[1]
        return value

    def power(self, parts: list[Any]) -> _Value:
        base, token, exponent = parts
        return _power(base, exponent, token.start_pos)

    def superscript(self, parts: list[Any]) -> _Value:
        base, token = parts
        at = token.start_pos
        written = lowered(str(token))
        digits = written.lstrip("+-")
        if len(digits) > MAX_DIGITS:
            raise ExpressionError(f"a number of {len(digits):,} digits", at, f"use at most {MAX_DIGITS}")
        value = _exact(digits)
        exponent = _Value(Number(value, digits, at + len(written) - len(digits)), size=value)
        return _power(base, self.negative([token, exponent]) if written[0] == "-" else exponent, at)

    def transpose(self, parts: list[Any]) -> _Value:
        base, token = parts
        return _call("transpose", [base], token.start_pos)

    def iteration(self, parts: list[Any]) -> _Value:
        base: _Value = parts[0]
        token: Token = parts[1]
        node = base.node
        name = node.base if isinstance(node, Index) else node
        if not isinstance(name, Name) or base.size is not None or "@" in name.name:
            raise ExpressionError(
                f"only a step has iterations, as in a{token}",
                token.start_pos or 0,
                "for a product write @ between spaces",
            )
        name = Name(f"{name.name}{token}", name.at)
        return _Value(Index(name, node.items, node.at) if isinstance(node, Index) else name, base.height)

    def index(self, parts: list[Any]) -> _Value:
        base, token, items, _ = parts
        at = token.start_pos
        return _Value(Index(base.node, items, at), _height(at, base.height), 0, None, base.degree)

    def root(self, parts: list[Any]) -> _Value:
        token, value = parts
        return _call("sqrt", [value], token.start_pos)

    def roots(self, parts: list[Any]) -> _Value:
        return self.root([parts[0], self.root(parts[1:])])

    def number(self, parts: list[Any]) -> _Value:
        token = parts[0]
        written = str(token)
        value = _exact(written)
        return _Value(Number(value, written, token.start_pos), size=value)

    def name(self, parts: list[Any]) -> _Value:
        token = parts[0]
        written = fold_name(str(token))
        if written[0] == "∂":
            loss, _, quantity = "".join(written.split())[1:].partition("/∂")
            written = f"d{loss}_d{quantity}"
        return _Value(Name(written, token.start_pos))

    def constant(self, parts: list[Any]) -> _Value:
        token = parts[0]
        written = _CONSTANTS[str(token)]
        return _Value(Name(written, token.start_pos), size=2.718281828459045 if written == "e" else 3.141592653589793)

    def bracket(self, parts: list[Any]) -> _Value:
        value: _Value = parts[1]
        return value._replace(chain=0) if value.chain else value

    def call(self, parts: list[Any]) -> _Value:
        function = str(parts[0])
        return _call(function, parts[2], parts[0].start_pos)

    def slope(self, parts: list[Any]) -> _Value:
        return _call(f"{parts[0]}'", parts[3], parts[0].start_pos)

    def arguments(self, parts: list[Any]) -> list[Any]:
        return parts[::2]

    def items(self, parts: list[Any]) -> tuple[int | Slice, ...]:
        return tuple(parts[::2])

    def element(self, parts: list[Any]) -> int:
        return int(parts[0])

    def between(self, parts: list[Any]) -> Slice:
        start, stop = int(parts[0]), int(parts[2])
        if stop < start:
            raise ExpressionError(
                f"the slice {start}:{stop} has no elements", parts[0].start_pos, f"write {stop}:{start}"
            )
        return Slice(start, stop)

    def onward(self, parts: list[Any]) -> Slice:
        return Slice(int(parts[0]), None)

    def upto(self, parts: list[Any]) -> Slice:
        return Slice(None, int(parts[1]))

    def whole(self, _parts: list[Any]) -> Slice:
        return Slice(None, None)


def _height(at: int, *heights: int) -> int:
    height = max(heights) + 1
    if height > MAX_HEIGHT:
        raise ExpressionError("the expression is nested too deeply", at, "give its inner parts names of their own")
    return height


def _power(base: _Value, exponent: _Value, at: int) -> _Value:
    degree = base.degree
    size = None
    if exponent.size is not None:
        natural = isinstance(base.node, Name) and base.node.name == "e" and base.size is not None
        size = constant.power(base.size, exponent.size, degree, at, natural)
        if base.size is None:
            degree *= constant.steps(exponent.size)
    return _Value(Binary("^", base.node, exponent.node, at), _height(at, base.height, exponent.height), 0, size, degree)


def _call(function: str, arguments: list[_Value], at: int) -> _Value:
    sizes = [argument.size for argument in arguments]
    return _Value(
        Call(function, tuple(argument.node for argument in arguments), at),
        _height(at, *(argument.height for argument in arguments)),
        0,
        constant.called(function, sizes, at),
        max(argument.degree for argument in arguments),
    )


@lru_cache(maxsize=1024)
def _exact(written: str) -> Fraction:
    mantissa, _, exponent = written.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    power = int(exponent or "0") - len(decimals)
    digits = int(whole + decimals)
    return Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)
