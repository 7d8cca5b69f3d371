"""The tokens of an expression on their way to the grammar: functions and constants told apart from quantities.

Products that are not written are put in; what the grammar would refuse without a reason is refused here with one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.build import CONSTANTS
from checker.expression.constant import MAX_DIGITS
from checker.expression.normalise import describe, fold_name
from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from lark import Token

MAX_POWER_OF_TEN = 400
MAX_ELEMENT = 100_000
MAX_NAME = 100

_BEGINS = frozenset(("NUMBER", "NAME", "FUNC", "CONSTANT", "OPEN", "ROOT"))
_ENDS = frozenset(("NUMBER", "NAME", "CONSTANT", "CLOSE", "CLOSE_INDEX", "SUPERSCRIPT", "TRANSPOSE", "ITERATION"))
_BRACKETS = frozenset(("OPEN", "CLOSE", "OPEN_INDEX", "CLOSE_INDEX"))
_OPERATORS = frozenset(("PLUS", "MINUS", "TIMES", "OVER", "MATMUL", "POWER"))
SYMBOLS = {
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


def joined(tokens: list[Token], quantities: Container[str], derivatives: Container[str]) -> list[Token]:
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


class Scan:
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
        return self._error(
            token, f"{shown} cannot stand after {self._shown(last)}", "write what is missing, or delete it"
        )

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
        return token.update("CONSTANT") if written in CONSTANTS else token

    def _function(self, written: str) -> str | None:
        """The function that a name before a bracket means; None where it means a quantity."""
        symbol = SYMBOLS.get(written, "")
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


def stray(plain: str, at: int) -> ExpressionError:
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
    return ExpressionError(f"{describe(character)} cannot stand here", at, "delete it, or write what it belongs to")
