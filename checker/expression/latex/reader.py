r"""The grammar of LaTeX formulas, by recursive descent: each method reads one kind of part and gives its text."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker.expression.latex.names import NameCursor, spellings
from checker.expression.latex.tokens import Token
from checker.expression.latex.words import ACCENTS, FONTS, FRACTIONS, FUNCTIONS, GREEK, OPENING, SIGNS, refusal
from checker.expression.tree import ExpressionError

MAX_DEPTH = 40


class Piece(NamedTuple):
    """A part of the result: its text, where in the source it begins, and what it is to its neighbours."""

    text: str
    at: int
    operand: bool = True


class Reader(NameCursor):
    """Reads one text, token by token; depth is bounded, and each token is looked at a bounded number of times."""

    def whole(self) -> list[Piece]:
        """The whole text."""
        token = self.peek()
        while token is not None and token.text in ("=", "≈", "\\approx", "&", "&=") and not self.depth:
            self.next += 1
            token = self.peek()
        pieces = self.sequence(())
        if not pieces:
            raise ExpressionError("the formula is empty", 0, "write a number or a formula")
        return pieces

    def sequence(self, closers: tuple[str, ...]) -> list[Piece]:
        """Parts up to one of the closing tokens, which is not taken."""
        self.depth += 1
        token = self.peek()
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"nested more than {MAX_DEPTH} deep", token.at if token else self.stop, "write the inner parts apart"
            )
        pieces: list[Piece] = []
        while (token := self.peek()) is not None:
            if token.text in closers:
                break
            part = self.part(token)
            if part and pieces and pieces[-1].operand and part[0].operand:
                pieces.append(Piece(" ", part[0].at, operand=False))  # side by side they multiply
            pieces.extend(part)
        else:
            if closers:
                shown = {"}": "'}'", ")": "')'", "]": "']'"}.get(closers[0], f"'{closers[0]}'")
                raise ExpressionError("a bracket is never closed", self.stop, f"add {shown}")
        self.depth -= 1
        return pieces

    def part(self, token: Token) -> list[Piece]:
        """One part: a quantity or number with its scripts, a function with its argument, or an operator."""
        kind, text, at = token
        if kind == "sign" and text in "+-−–*/·×⊙÷,":
            self.next += 1
            return [Piece({"−": "-", "–": "-"}.get(text, text), at, operand=False)]
        if kind == "command" and text[1:] in SIGNS and SIGNS[text[1:]] in "*⊙/":
            self.next += 1
            return [Piece(SIGNS[text[1:]], at, operand=False)]
        if kind == "sign" and text == "@":
            self.next += 1
            return [Piece(" @ ", at, operand=False)]
        if text == "{" and [t.text for t in self.ahead(2)][1:] == ["}"]:
            self.next += 2  # {} separates and is nothing
            return []
        return self.operand()

    def operand(self) -> list[Piece]:
        """A quantity, number, bracket, fraction, root or call, with what is written above and below it."""
        token = self.take("a quantity")
        kind, text, at = token
        name = text[1:] if kind == "command" else text
        if kind == "number":
            return self.scripted([Piece(text.replace("{,}", "."), at)])
        if kind == "word":
            return self.word(text, at)
        if kind == "command" and name in FRACTIONS:
            return self.scripted(self.fraction(at))
        if kind == "command" and name == "sqrt":
            return self.scripted(self.root(at))
        if kind == "command" and name == "partial":
            return self.slope(at)
        if text in OPENING:
            return self.scripted(self.bracket(token))
        if kind == "command" and name in FUNCTIONS:
            return self.call(name, at)
        if kind == "command" and name in ACCENTS:
            base = self.letters()
            return self.named([base + name.removeprefix("wide"), f"{base}_{name.removeprefix('wide')}", base], at)
        if kind == "command" and name in FONTS:
            return self.font(at)
        if kind == "command" and name in GREEK:
            return self.named([GREEK[name], name], at)
        raise refusal(token)

    def group(self) -> list[Piece]:
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
            self.tokens[self.next] = Token("number", token.text[1:], token.at + 1)
            return [Piece(token.text[0], token.at)]
        if token.kind == "word" and len(token.text) > 1 and self.resolve([token.text]) is None:
            self.next -= 1
            self.tokens[self.next] = Token("word", token.text[1:], token.at + 1)
            return [Piece(token.text[0], token.at)]
        if token.kind in ("number", "word"):
            return [Piece(token.text, token.at)]
        self.next -= 1
        if token.text in ("-", "−"):
            self.next += 1
            return [Piece("-", token.at, operand=False), *self.operand()]
        return self.operand()

    def fraction(self, at: int) -> list[Piece]:
        r"""`\frac{a}{b}`, which is a derivative where both begin with a d or `\partial`."""
        mark = self.mark()
        derivative = self.derivative(at)
        if derivative is not None:
            return derivative
        self.back(mark)  # `dL` was no differential after all
        above = self.group()
        below = self.group()
        return [Piece("((", at), *above, Piece(")/(", below[0].at), *below, Piece("))", below[-1].at)]

    def derivative(self, at: int) -> list[Piece] | None:
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
        return [Piece(self.iterated(found), at)]

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
            self.tokens[self.next] = Token("word", token.text[1:], token.at + 1)
        elif token.text[1:] in FONTS and [t.text for t in self.ahead(4)][1:] == ["{", "d", "}"]:
            self.next += 4
        else:
            return None
        return self.name_inside()

    def name_inside(self) -> str | None:
        """One name and the brace that closes it; None where there is more."""
        token = self.peek()
        if token is None or not (token.kind == "word" or (token.kind == "command" and (
            token.text[1:] in GREEK or token.text[1:] in FONTS or token.text[1:] in ACCENTS))):  # fmt: skip
            return None
        pieces = self.operand()
        if len(pieces) != 1 or not self.at("}") or not re.fullmatch(r"[\w@\[\],Α-ω]+", pieces[0].text):
            return None
        self.next += 1
        return pieces[0].text

    def slope(self, at: int) -> list[Piece]:
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
                        return [Piece(found or f"d{above[0].text}_d{below[0].text}", at)]
        self.next = start
        raise ExpressionError(r"'\partial' stands only in a derivative", at, r"write \frac{\partial L}{\partial a}")

    def root(self, at: int) -> list[Piece]:
        r"""`\sqrt{x}` and `\sqrt[3]{x}`."""
        if self.at("["):
            self.next += 1
            degree = self.sequence(("]",))
            self.next += 1
            inner = self.group()
            if not degree:
                raise ExpressionError("the root has no degree", at, "write it, or delete the brackets")
            return [Piece("((", at), *inner, Piece(")^(1/(", at), *degree, Piece(")))", at)]
        return [Piece("sqrt(", at), *self.group(), Piece(")", at)]

    def bracket(self, token: Token) -> list[Piece]:
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
        return [Piece(opening, at), *pieces, Piece(")", self.tokens[self.next - 1].at)]

    def word(self, text: str, at: int) -> list[Piece]:
        """A run of letters: a name of the problem, a function, or letters side by side, which multiply."""
        if "_" in text and self.resolve([text]) is None:
            # w_1x: the underscore is an index after all; what follows the index is read again
            base, _, rest = text.partition("_")
            match = re.match(r"[0-9]+|[A-Za-z][A-Za-z0-9_]*", rest)
            if base and match:
                tail: list[Token] = [Token("sign", "_", at + len(base))]
                tail.append(Token("number" if rest[0].isdigit() else "word", match[0], at + len(base) + 1))
                if match.end() < len(rest):
                    after = rest[match.end() :]
                    tail.append(Token("word", after, at + len(base) + 1 + match.end()))
                self.tokens[self.next : self.next] = tail
                text = base
        if self.at("'") or (self.at("(", "\\left") and self.resolve([text]) is None and len(text) > 1):
            return self.applied(text, at)
        if len(text) > 1 and text.isalpha() and self.resolve([text]) is None:
            spelled = self.spellings(text)
            if self.resolve(spelled) is None and all(
                letter == "e" or self.resolve([letter]) is not None for letter in text[:-1]
            ):
                pieces: list[Piece] = []
                for i, letter in enumerate(text[:-1]):
                    pieces += [Piece(letter, at + i), Piece(" ", at + i, operand=False)]
                return pieces + self.named([text[-1]], at + len(text) - 1)
        return self.named([text], at)

    def font(self, at: int) -> list[Piece]:
        r"""`\mathrm{ReLU}(z)`, `\mathbf{W}`: what stands between the braces is one word."""
        word = self.letters()
        if word == "1" and self.at("(", "[", "\\left", "_", "\\{"):
            return self.indicator(at)
        if self.at("(", "\\left", "'") and self.resolve([word]) is None:
            return self.applied(word, at)
        return self.named([word], at)

    def indicator(self, at: int) -> list[Piece]:
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
        return self.scripted([Piece("step(", at), *inner, Piece(")", closing.at)])

    def named(self, bases: list[str], at: int) -> list[Piece]:
        """A name with its indices: the spelling that the problem has."""
        mark = self.mark()
        index = self.indices()
        spelled = [name for base in bases for name in spellings(base, *index)]
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
        return self.scripted([Piece(name, at)])

    def applied(self, word: str, at: int) -> list[Piece]:
        """A word before a bracket: a function in the language's own terms, or a product the parser will tell."""
        if self.at("'"):
            self.next += 1
            return self.call(f"{word}'", at)
        return self.call(word, at)

    def call(self, function: str, at: int) -> list[Piece]:
        r"""A function with its argument: `\ln(a)`, `\tanh^2 z`, `\sigma'(z)`."""
        power: list[Piece] = []
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
                    raise ExpressionError("an inverse function is not read here", caret.at, r"write \frac{1}{…}")
                power = [Piece("^(", caret.at), *inner, Piece(")", caret.at)]
        token = self.peek()
        bracketed = token is not None and token.text in ("(", "[", "\\left", "\\{", "{")
        if token is None or not (bracketed or token.kind in ("word", "number", "command")):
            raise ExpressionError(f"the function {function} has no argument", at, f"write {function}(…)")
        if token.kind == "command" and token.text != "\\left" and token.text[1:] in SIGNS:
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
        call = [Piece(f"{function}(", at), *inner, Piece(")", inner[-1].at)]
        if power:
            return [Piece("(", at), *call, *power, Piece(")", at)]
        return self.scripted(call)

    def scripted(self, pieces: list[Piece]) -> list[Piece]:
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
                pieces = [*pieces, Piece(f"[{''.join(t.text for t in inner)}]", token.at)]
            elif token.text == "_":
                raise ExpressionError("an index stands only after a name", token.at, "delete it")
            else:
                return pieces

    def element_follows(self) -> bool:
        """Whether the bracket that opens here holds the number of an element."""
        for token in self.tokens[self.next + 1 : self.next + 10]:
            if token.text == "]":
                return True
            if not (token.text.isdigit() or token.text in (",", ":")):
                return False
        return False

    def power(self, at: int) -> list[Piece]:
        """What stands above: a power, or the sign of a transpose."""
        texts = [t.text for t in self.ahead(3)]
        if texts[:1] in (["\\top"], ["\\intercal"], ["⊤"]):
            self.next += 1
            return [Piece("^⊤", at)]
        if texts[:1] == ["{"] and texts[1:2] in (["\\top"], ["\\intercal"], ["⊤"]) and texts[2:] == ["}"]:
            self.next += 3
            return [Piece("^⊤", at)]
        if texts[:1] == ["T"] or texts == ["{", "T", "}"]:
            self.next += 1 if texts[0] == "T" else 3
            return [Piece("^T", at)]
        if [t.text for t in self.ahead(6)][:1] == ["{"] and [t.text for t in self.ahead(6)][1:] == [
            "\\mathsf", "{", "T", "}", "}",
        ]:  # fmt: skip
            self.next += 6
            return [Piece("^T", at)]
        return [Piece("^(", at), *self.group(), Piece(")", at)]
