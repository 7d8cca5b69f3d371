r"""LaTeX mathematics to text of the expression language, by a bounded reader of ours: no macro is ever expanded.

Only what a formula needs is read: fractions, roots, brackets, scripts, products, Greek letters, named functions.
Everything else is refused with its place. What a name is (`W^{(2)}` for W2, `w_{1}` for w1 or w_1, `z_{2}` for the
element z[2]) is asked of the caller, who knows the names of the problem.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_LENGTH = 20_000
MAX_TOKENS = 5_000
MAX_DEPTH = 40

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "varrho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_GREEK_LETTERS = "".join(dict.fromkeys(GREEK.values()))
_SPELLED = {letter: name for name, letter in reversed(GREEK.items())}
_SIGNS = {
    "cdot": "*", "times": "*", "odot": "⊙", "circ": "⊙", "ast": "*", "bullet": "*", "star": "*", "div": "/",
    "lbrace": "(", "rbrace": ")", "{": "(", "}": ")", "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")",
}  # fmt: skip
_SPACES = frozenset((",", ";", ":", "!", " ", ">", "quad", "qquad", "thinspace", "medspace", "thickspace", "enspace",
                     "displaystyle", "textstyle", "limits", "nolimits", "big", "Big", "bigl", "bigr", "Bigl", "Bigr",
                     "bigg", "Bigg", "biggl", "biggr", "Biggl", "Biggr", "relax"))  # fmt: skip
_FUNCTIONS = frozenset(("exp", "ln", "log", "tanh", "max", "min", "erf"))
_FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"))
_FONTS = frozenset(("mathrm", "mathit", "mathbf", "mathcal", "mathsf", "mathbb", "boldsymbol", "bm", "text", "textit",
                    "textrm", "operatorname", "vec", "mathnormal", "textbf"))  # fmt: skip
_OPENING = frozenset(("(", "[", "{", "|", "\\left", "\\lvert", "\\vert", "\\|", "\\{", "\\lbrack"))
_ACCENTS = frozenset(("hat", "bar", "tilde", "widehat", "widetilde", "overline"))
_MENDS = {
    "sum": "write sum(…), or every term",
    "prod": "write every factor",
    "int": "integrals are not in the language",
    "otimes": "write outer(a, b), or a * b^T",
    "sin": "sines are not in the language",
    "cos": "cosines are not in the language",
    "begin": "matrices and cases are not in the language; answer element by element",
    "infty": "infinity is not a number here",
    "nabla": r"write \frac{\partial L}{\partial w}",
    "\\": "write one formula",
    "pm": "write one sign",
    "over": r"write \frac{…}{…}",
    "leq": "comparisons are not in the language",
    "geq": "comparisons are not in the language",
    "%": "write the number itself, 0.05 for 5%",
}
_TOKEN = re.compile(
    r"(?P<space>[\s~]+|%)|(?P<command>\\(?:[A-Za-z]+|.))|(?P<number>[0-9]+(?:\{,\}[0-9]+|\.[0-9]*)?|\.[0-9]+)"
    rf"|(?P<word>[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?|[{_GREEK_LETTERS}])|(?P<sign>.)",
    re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


class _Piece(NamedTuple):
    """A part of the result: its text, where in the source it begins, and what it is to its neighbours."""

    text: str
    at: int
    operand: bool = True


def is_latex(text: str) -> bool:
    r"""Whether the text is LaTeX: it has a backslash, a brace or a dollar sign.

    >>> is_latex(r"\sigma(z)"), is_latex("W^{T} x"), is_latex("a*(1 - a)")
    (True, True, False)
    """
    return any(sign in text for sign in "\\{}$")


def from_latex(text: str, resolve: Callable[[Sequence[str]], str | None]) -> tuple[str, list[int]]:
    r"""The formula as text of the expression language, and for each of its characters the offset it comes from.

    Args:
        text: LaTeX mathematics, between dollar signs or not.
        resolve: given spellings of one name, best first, the one that the problem has; None where it has none.

    Raises:
        ExpressionError: what is not read, its offset into `text`, and how to mend it. No other error leaves.

    >>> from_latex(r"\frac{1}{1 + e^{-z}}", lambda names: names[0])[0]
    '((1)/(1+e^(-z)))'
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the formula has {len(text):,} characters", MAX_LENGTH, f"write at most {MAX_LENGTH:,}")
    reader = _Reader(text, resolve)
    pieces = reader.whole()
    plain: list[str] = []
    places: list[int] = []
    for piece in pieces:
        plain.append(piece.text)
        places.extend([piece.at] * len(piece.text))
    places.append(len(text))
    return "".join(plain), places


class _Reader:
    """Reads one text, token by token; depth is bounded, and each token is looked at a bounded number of times."""

    def __init__(self, text: str, resolve: Callable[[Sequence[str]], str | None]) -> None:
        self.text = text
        self.resolve = resolve
        self.tokens: list[_Token] = []
        self.next = 0
        self.depth = 0
        start, stop = _inside(text)
        for match in _TOKEN.finditer(text, start, stop):
            kind = match.lastgroup or "sign"
            if kind == "space" and match[0] != "%":
                continue
            if match[0] == "%":
                raise ExpressionError("'%' begins a comment in LaTeX", match.start(), _MENDS["%"])
            self.tokens.append(_Token(kind, match[0], match.start()))
            if len(self.tokens) > MAX_TOKENS:
                raise ExpressionError(f"the formula has more than {MAX_TOKENS:,} parts", match.start(), "shorten it")
        self.stop = stop

    # ------------------------------------------------------------ tokens

    def peek(self) -> _Token | None:
        """The next token that is more than space."""
        while self.next < len(self.tokens):
            token = self.tokens[self.next]
            if token.kind == "command" and token.text[1:] in _SPACES:
                self.next += 1
                continue
            return token
        return None

    def take(self, wanted: str) -> _Token:
        """The next token.

        Raises:
            ExpressionError: there is none.
        """
        token = self.peek()
        if token is None:
            raise ExpressionError(f"the formula ends where {wanted} is expected", self.stop, "write it")
        self.next += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these."""
        token = self.peek()
        return token is not None and token.text in texts

    def mark(self) -> tuple[int, int, list[_Token]]:
        """Where the reader stands, so that it can go back: reading may split a token into several."""
        return self.next, self.depth, self.tokens[:]

    def back(self, mark: tuple[int, int, list[_Token]]) -> None:
        """Go back to a mark."""
        self.next, self.depth, self.tokens = mark[0], mark[1], mark[2][:]

    # ------------------------------------------------------------ parts

    def whole(self) -> list[_Piece]:
        """The whole text."""
        token = self.peek()
        while token is not None and token.text in ("=", "≈", "\\approx", "&", "&=") and not self.depth:
            self.next += 1
            token = self.peek()
        pieces = self.sequence(())
        if not pieces:
            raise ExpressionError("the formula is empty", 0, "write a number or a formula")
        return pieces

    def sequence(self, closers: tuple[str, ...]) -> list[_Piece]:
        """Parts up to one of the closing tokens, which is not taken."""
        self.depth += 1
        token = self.peek()
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"nested more than {MAX_DEPTH} deep", token.at if token else self.stop, "write the inner parts apart"
            )
        pieces: list[_Piece] = []
        while (token := self.peek()) is not None:
            if token.text in closers:
                break
            part = self.part(token)
            if part and pieces and pieces[-1].operand and part[0].operand:
                pieces.append(_Piece(" ", part[0].at, operand=False))  # side by side they multiply
            pieces.extend(part)
        else:
            if closers:
                shown = {"}": "'}'", ")": "')'", "]": "']'"}.get(closers[0], f"'{closers[0]}'")
                raise ExpressionError("a bracket is never closed", self.stop, f"add {shown}")
        self.depth -= 1
        return pieces

    def part(self, token: _Token) -> list[_Piece]:
        """One part: a quantity or number with its scripts, a function with its argument, or an operator."""
        kind, text, at = token
        if kind == "sign" and text in "+-−–*/·×⊙÷,":
            self.next += 1
            return [_Piece({"−": "-", "–": "-"}.get(text, text), at, operand=False)]
        if kind == "command" and text[1:] in _SIGNS and _SIGNS[text[1:]] in "*⊙/":
            self.next += 1
            return [_Piece(_SIGNS[text[1:]], at, operand=False)]
        if kind == "sign" and text == "@":
            self.next += 1
            return [_Piece(" @ ", at, operand=False)]
        if text == "{" and [t.text for t in self.ahead(2)][1:] == ["}"]:
            self.next += 2  # {} separates and is nothing
            return []
        return self.operand()

    def operand(self) -> list[_Piece]:
        """A quantity, number, bracket, fraction, root or call, with what is written above and below it."""
        token = self.take("a quantity")
        kind, text, at = token
        name = text[1:] if kind == "command" else text
        if kind == "number":
            return self.scripted([_Piece(text.replace("{,}", "."), at)])
        if kind == "word":
            return self.word(text, at)
        if kind == "command" and name in _FRACTIONS:
            return self.scripted(self.fraction(at))
        if kind == "command" and name == "sqrt":
            return self.scripted(self.root(at))
        if kind == "command" and name == "partial":
            return self.slope(at)
        if text in _OPENING:
            return self.scripted(self.bracket(token))
        if kind == "command" and name in _FUNCTIONS:
            return self.call(name, at)
        if kind == "command" and name in _ACCENTS:
            base = self.letters()
            return self.named([base + name.removeprefix("wide"), f"{base}_{name.removeprefix('wide')}", base], at)
        if kind == "command" and name in _FONTS:
            return self.font(at)
        if kind == "command" and name in GREEK:
            return self.named([GREEK[name], name], at)
        raise self.refusal(token)

    @staticmethod
    def refusal(token: _Token) -> ExpressionError:
        """The error for a token that cannot begin a part."""
        kind, text, at = token
        if kind == "command":
            mend = _MENDS.get(text[1:], "write it in plain text, with the names of the problem")
            return ExpressionError(f"'{text}' is not read here", at, mend)
        if text in ("^", "_"):
            return ExpressionError(f"nothing stands before '{text}'", at, "write what it belongs to")
        if text in (")", "]", "}"):
            return ExpressionError(f"'{text}' closes nothing", at, "delete it, or open a bracket before")
        if text == "=":
            return ExpressionError("'=' is not part of a formula", at, "write one side only")
        if text == "'":
            return ExpressionError("a prime may only follow a function", at, r"write \sigma'(z)")
        shown = f"'{text}'" if text.isprintable() else f"U+{ord(text):04X}"
        return ExpressionError(f"{shown} is not read here", at, "write the formula in plain text")

    def group(self) -> list[_Piece]:
        """What stands between braces, or the one sign that stands without."""
        token = self.take("an argument")
        if token.text == "{":
            pieces = self.sequence(("}",))
            self.next += 1
            if not pieces:
                raise ExpressionError("nothing stands between the braces", token.at, "write what belongs there")
            return pieces
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            # \frac12 is a half: one digit is taken, the rest stays
            self.next -= 1
            self.tokens[self.next] = _Token("number", token.text[1:], token.at + 1)
            return [_Piece(token.text[0], token.at)]
        if token.kind == "word" and len(token.text) > 1 and self.resolve([token.text]) is None:
            self.next -= 1
            self.tokens[self.next] = _Token("word", token.text[1:], token.at + 1)
            return [_Piece(token.text[0], token.at)]
        if token.kind in ("number", "word"):
            return [_Piece(token.text, token.at)]
        self.next -= 1
        if token.text in ("-", "−"):
            self.next += 1
            return [_Piece("-", token.at, operand=False), *self.operand()]
        return self.operand()

    def fraction(self, at: int) -> list[_Piece]:
        r"""`\frac{a}{b}`, which is a derivative where both begin with a d or `\partial`."""
        mark = self.mark()
        derivative = self.derivative(at)
        if derivative is not None:
            return derivative
        self.back(mark)  # `dL` was no differential after all
        above = self.group()
        below = self.group()
        return [_Piece("((", at), *above, _Piece(")/(", below[0].at), *below, _Piece("))", below[-1].at)]

    def derivative(self, at: int) -> list[_Piece] | None:
        r"""`\frac{\partial L}{\partial a}` as the name of that step; None where it is another fraction."""
        above = self.differential()
        if above is None:
            return None
        below = self.differential()
        if below is None:
            return None
        found = self.resolve([f"d{above}_d{below}"])
        if found is None:
            if self.resolve([f"d{above}"]) is not None and self.resolve([f"d{below}"]) is not None:
                return None
            found = f"d{above}_d{below}"
        return [_Piece(self.iterated(found), at)]

    def iterated(self, name: str) -> str:
        """The name, of the iteration that follows in brackets above it: `{…}^{(2)}`."""
        if not self.at("^"):
            return name
        mark = self.mark()
        self.next += 1
        above = self.label()
        base, bracket, element = name.partition("[")
        if above is not None and self.resolve([f"{base}@{above}"]) is not None:
            return f"{base}@{above}{bracket}{element}"
        self.back(mark)
        return name

    def differential(self) -> str | None:
        r"""The name in `{\partial L}`, `{dL}` or `{d L}`; None where the group is something else."""
        if not self.at("{"):
            return None
        self.next += 1
        token = self.peek()
        if token is None:
            return None
        if token.text in ("\\partial", "d"):
            self.next += 1
        elif token.kind == "word" and token.text[0] == "d" and self.resolve([token.text]) is None:
            self.tokens[self.next] = _Token("word", token.text[1:], token.at + 1)
        elif token.text[1:] in _FONTS and [t.text for t in self.ahead(4)][1:] == ["{", "d", "}"]:
            self.next += 4
        else:
            return None
        return self.name_inside()

    def name_inside(self) -> str | None:
        """One name and the brace that closes it; None where there is more."""
        token = self.peek()
        if token is None or not (token.kind == "word" or (token.kind == "command" and (
            token.text[1:] in GREEK or token.text[1:] in _FONTS or token.text[1:] in _ACCENTS))):  # fmt: skip
            return None
        pieces = self.operand()
        if len(pieces) != 1 or not self.at("}") or not re.fullmatch(r"[\w@\[\],Α-ω]+", pieces[0].text):
            return None
        self.next += 1
        return pieces[0].text

    def ahead(self, count: int) -> list[_Token]:
        return self.tokens[self.next : self.next + count]

    def slope(self, at: int) -> list[_Piece]:
        r"""`\partial L / \partial a`."""
        start = self.next
        if self.peek() is not None:
            above = self.operand()
            if len(above) == 1 and self.at("/"):
                self.next += 1
                if self.at("\\partial"):
                    self.next += 1
                    below = self.operand()
                    if len(below) == 1:
                        found = self.resolve([f"d{above[0].text}_d{below[0].text}"])
                        return [_Piece(found or f"d{above[0].text}_d{below[0].text}", at)]
        self.next = start
        raise ExpressionError(r"'\partial' stands only in a derivative", at, r"write \frac{\partial L}{\partial a}")

    def root(self, at: int) -> list[_Piece]:
        r"""`\sqrt{x}` and `\sqrt[3]{x}`."""
        if self.at("["):
            self.next += 1
            degree = self.sequence(("]",))
            self.next += 1
            inner = self.group()
            if not degree:
                raise ExpressionError("the root has no degree", at, "write it, or delete the brackets")
            return [_Piece("((", at), *inner, _Piece(")^(1/(", at), *degree, _Piece(")))", at)]
        return [_Piece("sqrt(", at), *self.group(), _Piece(")", at)]

    def bracket(self, token: _Token) -> list[_Piece]:
        """A bracketed part; magnitudes become abs(…)."""
        at, text = token.at, token.text
        sized = text == "\\left"
        if sized:
            token = self.take("a bracket")
            text = token.text
        closers = {
            "(": (")",), "[": ("]",), "{": ("}",), "\\{": ("\\}",), "\\lbrack": ("\\rbrack",), "|": ("|",),
            "\\lvert": ("\\rvert",), "\\vert": ("\\vert",), "\\|": ("\\|",),
        }.get(text)  # fmt: skip
        if closers is None or text == "\\|":
            raise ExpressionError(f"'{text}' is not read as a bracket", token.at, "write round brackets")
        if sized and text == "{":
            raise ExpressionError(r"'\left{' is no bracket", at, r"write \left( … \right)")
        pieces = self.sequence(("\\right",) if sized else closers)
        self.next += 1
        if sized:
            last = self.take("a bracket")
            if last.text not in closers:
                raise ExpressionError(f"'{last.text}' cannot close '{text}'", last.at, f"write \\right{closers[0]}")
        if not pieces:
            raise ExpressionError("nothing stands between the brackets", at, "write what belongs there, or delete them")
        opening = "abs(" if text in ("|", "\\lvert", "\\vert") else "("
        return [_Piece(opening, at), *pieces, _Piece(")", self.tokens[self.next - 1].at)]

    # ------------------------------------------------------------ names

    def word(self, text: str, at: int) -> list[_Piece]:
        """A run of letters: a name of the problem, a function, or letters side by side, which multiply."""
        if "_" in text and self.resolve([text]) is None:
            # w_1x: the underscore is an index after all; what follows the index is read again
            base, _, rest = text.partition("_")
            match = re.match(r"[0-9]+|[A-Za-z][A-Za-z0-9_]*", rest)
            if base and match:
                tail: list[_Token] = [_Token("sign", "_", at + len(base))]
                tail.append(_Token("number" if rest[0].isdigit() else "word", match[0], at + len(base) + 1))
                if match.end() < len(rest):
                    after = rest[match.end() :]
                    tail.append(_Token("word", after, at + len(base) + 1 + match.end()))
                self.tokens[self.next : self.next] = tail
                text = base
        if self.at("'") or (self.at("(", "\\left") and self.resolve([text]) is None and len(text) > 1):
            return self.applied(text, at)
        if len(text) > 1 and text.isalpha() and self.resolve([text]) is None:
            spelled = self.spellings(text)
            if self.resolve(spelled) is None and all(
                letter == "e" or self.resolve([letter]) is not None for letter in text[:-1]
            ):
                pieces: list[_Piece] = []
                for i, letter in enumerate(text[:-1]):
                    pieces += [_Piece(letter, at + i), _Piece(" ", at + i, operand=False)]
                return pieces + self.named([text[-1]], at + len(text) - 1)
        return self.named([text], at)

    def font(self, at: int) -> list[_Piece]:
        r"""`\mathrm{ReLU}(z)`, `\mathbf{W}`: what stands between the braces is one word."""
        word = self.letters()
        if word == "1" and self.at("(", "[", "\\left", "_", "\\{"):
            return self.indicator(at)
        if self.at("(", "\\left", "'") and self.resolve([word]) is None:
            return self.applied(word, at)
        return self.named([word], at)

    def indicator(self, at: int) -> list[_Piece]:
        r"""`\mathbf{1}[z > 0]`, which is step(z)."""
        opening = self.take("a condition")
        if opening.text in ("\\left", "_"):
            opening = self.take("a condition")
        inner = self.sequence((">",))
        self.next += 1
        zero = self.take("0")
        closing = self.take("a bracket")
        if closing.text == "\\right":
            closing = self.take("a bracket")
        if zero.text != "0" or closing.text not in (")", "]", "}", "\\}") or not inner:
            raise ExpressionError("this condition is not read here", opening.at, r"write \mathbf{1}[z > 0], or step(z)")
        return self.scripted([_Piece("step(", at), *inner, _Piece(")", closing.at)])

    def letters(self) -> str:
        """The word between braces, or the one sign that stands without."""
        token = self.take("a name")
        if token.text != "{":
            name = GREEK.get(token.text[1:], "") if token.kind == "command" else token.text
            if not re.fullmatch(r"[\wΑ-ω]+", name):
                raise ExpressionError(f"'{token.text}' is no name", token.at, "write a name between the braces")
            return name
        parts: list[str] = []
        while not self.at("}"):
            token = self.take("a closing brace")
            text = token.text
            if token.kind == "command":
                text = GREEK.get(text[1:], {"_": "_"}.get(text[1:], ""))
                if not text and token.text[1:] in _FONTS:
                    text = self.letters()
            if not re.fullmatch(r"[\wΑ-ω]+", text):
                raise ExpressionError(f"'{token.text}' is no part of a name", token.at, "write letters and digits")
            parts.append(text)
            if len(parts) > 100:
                raise ExpressionError("a name of more than 100 parts", token.at, "shorten it")
        self.next += 1
        if not parts:
            raise ExpressionError("a name is missing", token.at, "write it between the braces")
        return "".join(parts)

    def named(self, bases: list[str], at: int) -> list[_Piece]:
        """A name with its indices: the spelling that the problem has."""
        mark = self.mark()
        index = self.indices()
        spelled = [name for base in bases for name in _spellings(base, *index)]
        found = self.resolve(spelled)
        if found is None and (index[0] or index[1]):
            whole = next((name for base in bases if (name := self.resolve([base])) is not None), None)
            if whole is not None and index[0] is None:
                self.back(mark)  # the superscript is no index but a power: W^{(2)} is refused, w^{2} is a square
                index = (None, None)
                found = whole
                if self.at("^") and [t.text for t in self.ahead(3)][1:3] == ["{", "("]:
                    found = spelled[0]
                    index = self.indices()
        name = found if found is not None else spelled[0]
        if found is not None and "@" not in found:
            name = self.iterated(found)
        if self.at("(", "\\left", "'") and found is None and index == (None, None):
            return self.applied(bases[0], at)
        if found is None and [t.text for t in self.ahead(3)] in (["^", "{", "\\prime"], ["^", "\\prime", "("]):
            return self.applied(bases[0], at)
        if self.at("(", "\\left", "'") and bases[0] == "σ" and found is None:
            return self.applied("σ", at)
        return self.scripted([_Piece(name, at)])

    def spellings(self, base: str) -> list[str]:
        """What a base with the indices that follow may be called; nothing is taken."""
        mark = self.mark()
        try:
            return _spellings(base, *self.indices())
        except ExpressionError:
            return [base]
        finally:
            self.back(mark)

    def indices(self) -> tuple[str | None, str | None]:
        """The index below and the bracketed one above that follow here, in either order; powers are left alone."""
        below = above = None
        while True:
            start = self.next
            if self.at("_") and below is None:
                self.next += 1
                below = self.index()
            elif self.at("^") and above is None:
                self.next += 1
                above = self.label()
                if above is None:
                    self.next = start
                    break
            else:
                break
        return below, above

    def index(self) -> str:
        """An index below: digits, a word, or several with commas."""
        token = self.take("an index")
        if token.kind in ("number", "word") and re.fullmatch(r"[0-9]+|[A-Za-zΑ-ω]\w*", token.text):
            if token.kind == "word" and len(token.text) > 1 and token.text not in ("new", "out", "hid", "in"):
                self.tokens.insert(self.next, _Token("word", token.text[1:], token.at + 1))
                return token.text[0]
            return token.text
        if token.kind == "command" and token.text[1:] in GREEK:
            return GREEK[token.text[1:]]
        if token.kind == "command" and token.text[1:] in _FONTS:
            return self.letters()
        if token.text != "{":
            raise ExpressionError(f"'{token.text}' is no index", token.at, "write a number or a name")
        parts: list[str] = []
        while not self.at("}"):
            part = self.take("a closing brace")
            text = part.text
            if part.kind == "command" and text[1:] in _FONTS:
                text = self.letters()
            elif part.kind == "command":
                text = GREEK.get(text[1:], "_" if text == "\\_" else "")
            elif text == "_" and parts and self.at("{"):  # an index that has an index: v_{W_{1}}
                text = self.letters()
            if not re.fullmatch(r"[\wΑ-ω]+|,", text):
                raise ExpressionError(f"'{part.text}' is no index", part.at, "write a number or a name")
            parts.append(text)
            if len(parts) > 40:
                raise ExpressionError("an index of more than 40 parts", part.at, "shorten it")
        self.next += 1
        if not parts:
            raise ExpressionError("an index is missing", token.at, "write it between the braces")
        return "".join(parts)

    def label(self) -> str | None:
        r"""What stands above as a mark, not a power: `(2)`, `[2]`, `new`, `\text{new}`; None for a power."""
        token = self.peek()
        if token is None:
            return None
        if token.text == "{":
            texts = [t.text for t in self.ahead(8)]
            if texts[1:2] in (["("], ["["]) and len(texts) > 4 and texts[3] in (")", "]") and texts[4] == "}":
                if re.fullmatch(r"[0-9]+|[A-Za-z]", texts[2]):
                    self.next += 5
                    return texts[2]
                return None
            if texts[1:3] == ["new", "}"]:
                self.next += 3
                return "_new"
            if texts[1:2] and texts[1][1:] in _FONTS and texts[1][:1] == "\\" and texts[2:6] == ["{", "new", "}", "}"]:
                self.next += 6
                return "_new"
            texts = [t.text for t in self.ahead(9)]  # the new value of an iteration: ^{\text{new}(2)}
            if texts[2:6] == ["{", "new", "}", "("] and texts[7:] == [")", "}"] and texts[6].isdigit():
                self.next += 9
                return f"_new@{texts[6]}"
            return None
        texts = [t.text for t in self.ahead(4)]
        if texts[0] in ("(", "[") and len(texts) > 2 and texts[2] in (")", "]") and texts[1].isdigit():
            self.next += 3
            return texts[1]
        return None

    # ------------------------------------------------------------ functions

    def applied(self, word: str, at: int) -> list[_Piece]:
        """A word before a bracket: a function in the language's own terms, or a product the parser will tell."""
        if self.at("'"):
            self.next += 1
            return self.call(f"{word}'", at)
        return self.call(word, at)

    def call(self, function: str, at: int) -> list[_Piece]:
        r"""A function with its argument: `\ln(a)`, `\tanh^2 z`, `\sigma'(z)`."""
        power: list[_Piece] = []
        if self.at("'"):
            self.next += 1
            function += "'"
        if self.at("^"):
            caret = self.take("a power")
            if self.at("{") and [t.text for t in self.ahead(3)][1:] == ["\\prime", "}"]:
                self.next += 3
                function += "'"
            elif self.at("\\prime"):
                self.next += 1
                function += "'"
            else:
                inner = self.group()
                if inner[0].text == "-":
                    raise ExpressionError("an inverse function is not in the language", caret.at, r"write \frac{1}{…}")
                power = [_Piece("^(", caret.at), *inner, _Piece(")", caret.at)]
        token = self.peek()
        bracketed = token is not None and token.text in ("(", "[", "\\left", "\\{", "{")
        if token is None or not (bracketed or token.kind in ("word", "number", "command")):
            raise ExpressionError(f"the function {function} has no argument", at, f"write {function}(…)")
        if token.kind == "command" and token.text != "\\left" and token.text[1:] in _SIGNS:
            raise ExpressionError(f"the function {function} has no argument", at, f"write {function}(…)")
        if bracketed:
            self.next += 1
            inner = self.bracket(token)
            if inner[0].text == "(":
                inner = inner[1:-1]
        else:
            inner = self.operand()
            after = self.peek()
            if after is not None and (after.kind in ("word", "number") or after.text in ("(", "\\left")):
                raise ExpressionError(
                    f"the argument of {function} could end in two places", after.at, "put it in brackets"
                )
        call = [_Piece(f"{function}(", at), *inner, _Piece(")", inner[-1].at)]
        if power:
            return [_Piece("(", at), *call, *power, _Piece(")", at)]
        return self.scripted(call)

    def scripted(self, pieces: list[_Piece]) -> list[_Piece]:
        """The operand with its powers, transposes and elements."""
        while True:
            token = self.peek()
            if token is None:
                return pieces
            if token.text == "{" and [t.text for t in self.ahead(3)][1:] == ["}", "^"]:
                self.next += 2  # W^{(2)}{}^T
                continue
            if token.text == "^":
                self.next += 1
                pieces = [*pieces, *self.power(token.at)]
            elif token.text == "[" and self.element_follows():
                inner = []
                while not self.at("]"):
                    inner.append(self.take("a closing bracket"))
                self.next += 1
                pieces = [*pieces, _Piece(f"[{''.join(t.text for t in inner)}]", token.at)]
            elif token.text == "_":
                raise ExpressionError("an index stands only after a name", token.at, "delete it")
            else:
                return pieces

    def element_follows(self) -> bool:
        for token in self.tokens[self.next + 1 : self.next + 10]:
            if token.text == "]":
                return True
            if not (token.text.isdigit() or token.text in (",", ":")):
                return False
        return False

    def power(self, at: int) -> list[_Piece]:
        """What stands above: a power, or the sign of a transpose."""
        texts = [t.text for t in self.ahead(3)]
        if texts[:1] in (["\\top"], ["\\intercal"], ["⊤"]):
            self.next += 1
            return [_Piece("^⊤", at)]
        if texts[:1] == ["{"] and texts[1:2] in (["\\top"], ["\\intercal"], ["⊤"]) and texts[2:] == ["}"]:
            self.next += 3
            return [_Piece("^⊤", at)]
        if texts[:1] == ["T"] or texts == ["{", "T", "}"]:
            self.next += 1 if texts[0] == "T" else 3
            return [_Piece("^T", at)]
        if [t.text for t in self.ahead(6)][:1] == ["{"] and [t.text for t in self.ahead(6)][1:] == [
            "\\mathsf", "{", "T", "}", "}",
        ]:  # fmt: skip
            self.next += 6
            return [_Piece("^T", at)]
        return [_Piece("^(", at), *self.group(), _Piece(")", at)]


def _spellings(base: str, below: str | None, above: str | None) -> list[str]:
    """What a base with an index below and one above may be called in a problem, best first.

    >>> _spellings("w", "1", None)
    ['w1', 'w_1', 'w[1]', 'W[1]']
    """
    found: list[str] = []
    later: list[str] = []  # iterations, which every index above could be
    new = above is not None and above.startswith("_new")
    for name in (base, _SPELLED[base]) if base in _SPELLED else (base,):
        tails = [""]
        if below is not None:
            tails = [below.replace(",", ""), f"_{below.replace(',', '_')}", below.replace(",", "_")]
            spelled = "".join(_SPELLED.get(letter, letter) for letter in below)
            if spelled != below:  # the theta of m_{\theta}
                tails += [f"_{spelled}", spelled]
        if above is None:
            stems, marks = [name], [""]
        elif new:
            stems, marks = [f"{name}{above}"], [above]
        else:
            stems, marks = [f"{name}{above}", f"{name}_{above}"], [f"_{above}"]
        for tail in tails:
            if above is None or new:
                found += [f"{name}{tail}{mark}" for mark in marks]
            elif tail:
                found += [f"{name}_{above}{tail}", f"{name}{tail}_{above}", f"{name}{above}{tail}"]
            else:
                found += stems
            if above is not None and not new:
                later.append(f"{name}{tail}@{above}")
        if below is not None and re.fullmatch(r"[0-9,]+", below):
            apart = below if "," in below or len(below) == 1 else ",".join(below)
            for stem in stems:
                found += [f"{stem}[{below}]", f"{stem}[{apart}]", f"{stem[0].upper()}{stem[1:]}[{apart}]"]
            if above is not None and not new:
                later += [f"{name}@{above}[{below}]", f"{name}@{above}[{apart}]"]
    return list(dict.fromkeys(found + later))


def _inside(text: str) -> tuple[int, int]:
    """Where the mathematics stands: without the dollar signs or brackets around it, and a full stop at the end."""
    start, stop = 0, len(text)
    while start < stop and text[start].isspace():
        start += 1
    while start < stop and text[stop - 1].isspace():
        stop -= 1
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if text.startswith(opening, start) and stop - start >= len(opening) + len(closing):
            if not text.endswith(closing, start, stop):
                raise ExpressionError(f"'{opening}' is never closed", start, f"add {closing}")
            return start + len(opening), stop - len(closing)
    return start, stop
