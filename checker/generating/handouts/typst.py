"""The handout as PDF, by typst: offline, tagged for screen readers, the same bytes wherever it is made.

Formulas are LaTeX of ours, which is little enough of it to be written again in typst's own notation here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding
from checker.generating.blank import NAME
from checker.generating.handouts.content import Given, Handout, rows
from checker.generating.variant import Piece, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.generating.handouts.content import Line

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


def content(text: str) -> str:
    """A text as typst's content, whatever marks are in it."""
    return f"#{json.dumps(text, ensure_ascii=False)}"


HEAD = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 20mm, y: 20mm), numbering: "1 / 1")
#set text(font: ("New Computer Modern", "Libertinus Serif"), size: 10.5pt, lang: "en")
#set par(justify: false)
#set math.mat(column-gap: 0.8em, row-gap: 0.35em)
#show math.equation: set text(top-edge: "bounds", bottom-edge: "bounds")
#show math.equation.where(block: true): set block(above: 0.9em, below: 0.9em)
#show heading.where(level: 1): set text(size: 18pt)
#show heading.where(level: 2): it => block(above: 1.4em, below: 0.8em, sticky: true, text(size: 13pt, it.body))
#show heading.where(level: 3): it => block(above: 1.1em, below: 0.6em, sticky: true, text(size: 11pt, it.body))
#show raw: set text(font: "DejaVu Sans Mono", size: 8.5pt)
"""


def pieces(handout: Handout, picture: str = "") -> list[Piece]:
    """The source of the PDF, in pieces; `picture` is the network's SVG."""
    found: list[Piece] = [
        HEAD.format(title=json.dumps(handout.title, ensure_ascii=False)),
        f"= {content(handout.title)}\n#grid(columns: (1fr, auto), [*#",
        NAME,
        f"*], [{content(handout.total)}])\n#line(length: 100%, stroke: 0.8pt)\n",
    ]
    if picture:
        size = re.search(r'width="([\d.]+)"', picture)
        wide = min(170.0, float(size[1]) * 0.22) if size else 100.0
        found.append(
            f'#align(center, image(bytes({json.dumps(picture, ensure_ascii=False)}), format: "svg", '
            f'width: {wide:.0f}mm, alt: "The network"))\n'
        )
    for heading, givens in (("Given", handout.givens), ("Parameters", handout.parameters)):
        if givens:
            found += [f"== {heading}\n", *_numbers(givens)]
    found += ["== Equations\n", _lines(handout.equations)]
    if handout.definitions:
        found += ["where\n", _lines(handout.definitions)]
    found += [f"{content(each[:1].upper() + each[1:] + '.')}\n\n" for each in (*handout.notes, *handout.conventions)]
    if handout.update:
        found += [f"{content(handout.update)}\n", _lines(handout.rules)]
    found.append("== Questions\n")
    number = 0
    for group in handout.groups:
        found.append(
            f"=== {content(group.heading)}\n#table(columns: (8mm, 34mm, auto, 1fr, auto), stroke: none, inset: 4.5pt, "
            "align: (right + horizon, left + horizon, left + horizon, left + horizon, right + horizon), "
            "table.hline(stroke: 0.6pt), table.header([], [step], [write it as], [], [points]), "
            "table.hline(stroke: 0.4pt), "
        )
        for question in group.questions:
            number += 1
            said = [question.shape] if handout.same_rounding else [question.shape, question.rounding]
            label = json.dumps(question.label, ensure_ascii=False)
            found.append(
                f"[{number}], [$display({mathematics(question.latex)})$], raw({label}), "
                f"[{content(', '.join(filter(None, said)))}], [{question.points.partition(' ')[0]}], "
                "table.hline(stroke: 0.2pt + gray), "
            )
        found.append(")\n")
    found.append("== Rounding\n" + "".join(f"- {content(rule)}\n" for rule in handout.judging))
    return joined(found)


def _lines(lines: Sequence[Line]) -> str:
    aligned = " \\ ".join(f"{mathematics(line.left)} &= {mathematics(line.right)}" for line in lines)
    return f"$ {aligned} $\n"


def _numbers(givens: Sequence[Given]) -> list[Piece]:
    found: list[Piece] = []
    single = [each for each in givens if not each.shape]
    for start in range(0, len(single), 10):
        some = single[start : start + 10]
        heads = ", ".join(f"[$ {mathematics(each.latex)} $]" for each in some)
        found.append(
            f"#table(columns: {len(some)}, stroke: none, align: center, inset: (x: 9pt, y: 4.5pt), "
            f"table.header({heads}), table.hline(stroke: 0.5pt), "
        )
        for each in some:
            found += ["[$", each.numbers[0], "$], "]
        found.append(")\n")
    for row in rows(givens):
        found.append("$ ")
        for place, each in enumerate(row):
            found += [
                " wide " if place else "",
                f"{mathematics(each.latex)} = ",
                *_array(each.shape, list(each.numbers)),
            ]
        found.append(" $\n")
    return found


def _array(shape: tuple[int, ...], numbers: list[Piece]) -> list[Piece]:
    columns = shape[1] if len(shape) == 2 else 1
    if len(shape) > 2:
        size = len(numbers) // shape[0]
        inner: list[Piece] = ["lr(bracket.l "]
        for i in range(shape[0]):
            inner += [" comma "] if i else []
            inner += _array(shape[1:], numbers[i * size : (i + 1) * size])
        return [*inner, " bracket.r)"]
    found: list[Piece] = ["mat("]
    for place, number in enumerate(numbers):
        if place:
            found.append(", " if place % columns else "; ")
        found.append(number)
    return [*found, ")"]


def quoted(text: str) -> str:
    """A text as a string of typst."""
    return json.dumps(text, ensure_ascii=False)


def pdf(source: str) -> bytes:
    """The PDF of a source.

    Raises:
        AuthorError: typst is not installed.
    """
    try:
        import typst
    except ImportError:
        what = "PDF needs the package typst, which is not installed"
        raise AuthorError(Finding(what, None, "run `pip install 'check-backprop[pdf]'`")) from None
    made = typst.compile(source.encode(), format="pdf", ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
