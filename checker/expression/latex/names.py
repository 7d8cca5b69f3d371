r"""Names as LaTeX writes them, with indices below and marks above: `w_{1}`, `W^{(2)}`, `\hat{y}`, `w^{\text{new}}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.latex.tokens import Cursor, Token
from checker.expression.latex.words import FONTS, GREEK, SPELLED
from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Kind(NamedTuple):
    """What stands between braces: how it is called, what each part of it may be, and how many there may be."""

    one: str
    called: str
    part: str
    most: int
    mend: str


NAME = _Kind("a name", "part of a name", r"[\wΑ-ω]+", 100, "write letters and digits")
INDEX = _Kind("an index", "index", r"[\wΑ-ω]+|,", 40, "write a number or a name")


class NameCursor(Cursor):
    """A cursor that reads the parts of names, and knows which names there are."""

    def __init__(self, text: str, resolve: Callable[[Sequence[str]], str | None]) -> None:
        super().__init__(text)
        self.resolve = resolve

    def letters(self) -> str:
        """The word between braces, or the one sign that stands without."""
        token = self.take("a name")
        if token.text != "{":
            name = GREEK.get(token.text[1:], "") if token.kind == "command" else token.text
            if not re.fullmatch(r"[\wΑ-ω]+", name):
                raise ExpressionError(f"'{token.text}' is no name", token.at, "write a name between the braces")
            return name
        return self._braced(token.at, NAME)

    def _braced(self, at: int, kind: _Kind) -> str:
        """The word between the brace that opened at a place and the one that closes it, which is taken."""
        parts: list[str] = []
        while not self.at("}"):
            part = self.take("a closing brace")
            text = part.text
            if part.kind == "command":
                name = text[1:]
                text = self.letters() if name in FONTS else GREEK.get(name, "_" if name == "_" else "")
            elif kind is INDEX and text == "_" and parts and self.at("{"):  # an index that has an index: v_{W_{1}}
                text = self.letters()
            if not re.fullmatch(kind.part, text):
                raise ExpressionError(f"'{part.text}' is no {kind.called}", part.at, kind.mend)
            parts.append(text)
            if len(parts) > kind.most:
                raise ExpressionError(f"{kind.one} of more than {kind.most} parts", part.at, "shorten it")
        self.next += 1
        if not parts:
            raise ExpressionError(f"{kind.one} is missing", at, "write it between the braces")
        return "".join(parts)

    def spellings(self, base: str) -> list[str]:
        """What a base with the indices that follow may be called; nothing is taken."""
        mark = self.mark()
        try:
            return spellings(base, *self.indices())
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
                self.tokens.insert(self.next, Token("word", token.text[1:], token.at + 1))
                return token.text[0]
            return token.text
        if token.kind == "command" and token.text[1:] in GREEK:
            return GREEK[token.text[1:]]
        if token.kind == "command" and token.text[1:] in FONTS:
            return self.letters()
        if token.text != "{":
            raise ExpressionError(f"'{token.text}' is no index", token.at, "write a number or a name")
        return self._braced(token.at, INDEX)

    def label(self) -> str | None:
        r"""What stands above as a mark, not a power: `(2)`, `[2]`, `new`, `\text{new}`; None for a power."""
        token = self.peek()
        if token is None:
            return None
        if token.text == "{":
            texts = [t.text for t in self.ahead(8)]
            if texts[1:2] in (["("], ["["]) and len(texts) > 4 and texts[3] in (")", "]"):
                if not re.fullmatch(r"[0-9]+|[A-Za-z]", texts[2]):
                    return None
                if texts[4] == "}":
                    self.next += 5
                    return texts[2]
                if texts[4] in ("\\top", "\\intercal", "⊤", "T", "\\mathsf") or texts[4:6] in (
                    ["^", "T"],
                    ["^", "\\top"],
                ):
                    # W^{(2)\top} is W^{(2)} with ^{\top}, which is left to be read
                    brace = self.tokens[self.next]
                    self.next += 4
                    self.tokens[self.next : self.next + (texts[4] == "^")] = [brace._replace(text="^"), brace]
                    return texts[2]
            if texts[1:3] == ["new", "}"]:
                self.next += 3
                return "_new"
            if texts[1:2] and texts[1][1:] in FONTS and texts[1][:1] == "\\" and texts[2:6] == ["{", "new", "}", "}"]:
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


def spellings(base: str, below: str | None, above: str | None) -> list[str]:
    """What a base with an index below and one above may be called in a problem, best first.

    >>> spellings("w", "1", None)
    ['w1', 'w_1', 'w[1]', 'W[1]']
    """
    found: list[str] = []
    later: list[str] = []  # iterations, which every index above could be
    new = above is not None and above.startswith("_new")
    for name in (base, SPELLED[base]) if base in SPELLED else (base,):
        tails = [""]
        if below is not None:
            tails = [below.replace(",", ""), f"_{below.replace(',', '_')}", below.replace(",", "_")]
            spelled = "".join(SPELLED.get(letter, letter) for letter in below)
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
