"""LaTeX of ours, which is little enough of it, written again in typst's own notation for mathematics."""

from __future__ import annotations

import json
import re

_SIGN = re.compile(r"\\(?:[A-Za-z]+|.)|[0-9]+(?:\.[0-9]+)?|[A-Za-z]|\s+|.")
_GREEK = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega",
    )
)
_WORDS = {
    "partial": "partial", "cdot": "dot.op", "top": "top", "sum": "sum", "ln": "ln", "log": "log", "max": "max",
    "min": "min", "exp": "exp", "tanh": "tanh", "odot": "dot.o", "varepsilon": "epsilon", "times": "times",
    "ldots": "dots.h", "infty": "oo", "sin": "sin", "cos": "cos", "tan": "tan", ",": "", " ": " ", "!": "",
    ";": "space", "quad": "quad",
}  # fmt: skip
_ONE = {"sqrt": "sqrt", "hat": "hat", "bar": "overline", "mathbf": "bold", "mathrm": "upright"}
_MARKS = {",": "comma", "(": "paren.l", ")": "paren.r", "[": "bracket.l", "]": "bracket.r", "|": "bar.v", ";": "semi",
          "/": "slash", "*": "ast", ":": "colon", "#": "\\#", "$": "\\$", "&": "\\&", '"': '\\"'}  # fmt: skip


class _Reader:
    """Reads LaTeX of ours and gives typst's mathematics."""

    def __init__(self, latex: str) -> None:
        self.tokens = [sign for sign in _SIGN.findall(latex) if not sign.isspace()]
        self.at = 0

    def until(self, ends: frozenset[str] = frozenset()) -> str:
        """What stands before one of these tokens, which is passed."""
        parts = []
        while self.at < len(self.tokens):
            sign = self.tokens[self.at]
            self.at += 1
            if sign in ends:
                break
            parts.append(self._one(sign))
        return " ".join(part for part in parts if part)

    def argument(self) -> str:
        """A group in braces, or one sign."""
        sign = self.tokens[self.at]
        self.at += 1
        return self.until(frozenset("}")) if sign == "{" else self._one(sign)

    def _word(self) -> str:
        """The text of a group, as it is."""
        found = []
        self.at += 1
        while self.tokens[self.at] != "}":
            found.append(self.tokens[self.at].removeprefix("\\"))
            self.at += 1
        self.at += 1
        return json.dumps("".join(found), ensure_ascii=False)

    def _one(self, sign: str) -> str:
        if not sign.startswith("\\"):
            if sign == "{":
                return self.until(frozenset("}"))
            if sign in "_^":
                return f"{sign}({self.argument()})"
            return "'" if sign == "'" else _MARKS.get(sign, sign)
        name = sign[1:]
        if name == "frac":
            return f"frac({self.argument()}, {self.argument()})"
        if name == "left":
            left = self.tokens[self.at]
            self.at += 1
            inner = self.until(frozenset({"\\right"}))
            right = self.tokens[self.at]
            self.at += 1
            return f"lr({_bracket(left)} {inner} {_bracket(right)})"
        if name == "operatorname":
            return f"op({self._word()})"
        if name in ("text", "mathrm"):
            return f"upright({self._word()})"
        if name == "mathit":
            return f"italic({self._word()})"
        if name in _ONE:
            return f"{_ONE[name]}({self.argument()})"
        if name in _GREEK:
            return name
        return _WORDS.get(name, _MARKS.get(name, json.dumps(name)))


def _bracket(sign: str) -> str:
    return "" if sign == "." else _MARKS.get(sign.removeprefix("\\"), sign.removeprefix("\\"))


def mathematics(latex: str) -> str:
    r"""LaTeX of ours in typst's notation.

    >>> print(mathematics(r"\frac{\partial L}{\partial w_{1}} = \left(a - y\right) \cdot 2"))
    frac(partial L, partial w_(1)) = lr(paren.l a - y paren.r) dot.op 2
    """
    return _Reader(latex).until().replace(" _(", "_(").replace(" ^(", "^(")
