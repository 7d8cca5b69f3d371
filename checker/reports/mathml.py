r"""Mathematics for pages: our own LaTeX as MathML, which every current browser sets without a script.

latex2mathml converts; what it leaves to older renderers is mended afterwards: functions' and long names are
identifiers and not operators, bold is a letter of its own, a sign after a relation belongs to what follows it, and
brackets stretch. What is converted is LaTeX that we wrote, never text that somebody handed in.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from checker.readings.notation import latex_name
from checker.reports.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_APPLY = "\u2061"  # function application: what is between `sigmoid` and its bracket
_WORDS = re.compile(r"\\(operatorname|mathrm|mathit)\{((?:[^{}\\]|\\[_&%$#{}])*)\}")
_MATRICES = {"bmatrix": ("[", "]"), "pmatrix": ("(", ")"), "vmatrix": ("|", "|")}
_BOLD = {digit: chr(0x1D7CE + n) for n, digit in enumerate("0123456789")}
_BOLD |= {letter: chr(0x1D400 + n) for n, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_BOLD |= {letter: chr(0x1D41A + n) for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
_TOKEN = re.compile(r"->|[0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?|\.[0-9]+|[^\W\d]\w*(?:@[0-9]+)?|[^\s]")
_OPERATORS = {"*": "·", "@": "\u2062", "-": "−", "->": "→", "<": "&lt;", ">": "&gt;", "&": "&amp;"}
_SIGNS = frozenset("+-−±")
_BEFORE_A_SIGN = frozenset("=<>≤≥≈(,[|·×−+-/→{") | {_APPLY}


@lru_cache(maxsize=8192)
def mathml(latex: str, display: bool = False) -> str:
    r"""The formula as one `math` element; what cannot be converted is shown as it was written.

    >>> print(mathml(r"\frac{1}{2}"))
    <math><mrow><mfrac><mn>1</mn><mn>2</mn></mfrac></mrow></math>
    """
    latex = printable(latex).replace("->", r"\to ")
    try:
        root = _converted(latex)
    except Exception:  # the library has a dozen errors of its own, and a report is worth more than one formula
        return f"<math><mtext>{escape(latex)}</mtext></math>"
    attribute = ' display="block"' if display else ""
    return f"<math{attribute}>{''.join(map(_written, root))}</math>"


def name_mathml(step: str) -> str:
    """A step's name as mathematics, with the name as typed for whoever cannot see it."""
    return mathml(latex_name(step))


@lru_cache(maxsize=8192)
def formula_mathml(formula: str) -> str:
    """A formula as it stands in a problem (`dL_da*da_dz = -0.33*0.22`) as mathematics on one line.

    Names get their indices and powers rise; nothing is rearranged, and what is not understood stays as it is written.

    >>> formula_mathml("w1^2")
    '<math><mrow><msup><msub><mi>w</mi><mn>1</mn></msub><mn>2</mn></msup></mrow></math>'
    """
    parts: list[str] = []
    tokens = _TOKEN.findall(printable(formula))
    at = 0
    while at < len(tokens):
        word = tokens[at]
        at += 1
        if word == "^" and parts and at < len(tokens):
            power, at = _power(tokens, at)
            parts[-1] = f"<msup>{parts[-1]}{power}</msup>"
        elif word in ")]" and (opened := _opening(parts, word)) is not None:
            inner = "".join(parts[opened:])
            parts[opened:] = [f"<mrow>{inner}{_one(word)}</mrow>"]
        elif word[0].isalpha() and tokens[at : at + 1] == ["("]:
            parts.append(f"<mi>{escape(word)}</mi><mo>{_APPLY}</mo>")
        elif word == "-":
            sign = at == 1 or tokens[at - 2] in "(,=[*/+-@^"
            parts.append('<mo form="prefix">−</mo>' if sign else "<mo>−</mo>")
        else:
            parts.append(_one(word))
    return f"<math><mrow>{''.join(parts)}</mrow></math>"


def _power(tokens: list[str], at: int) -> tuple[str, int]:
    """What stands above from `at` on, and where it ends: one token, or everything in the bracket that opens there."""
    if tokens[at] == "T":
        return "<mo>⊤</mo>", at + 1
    start = at
    if tokens[at] in "-+":
        at += 1
    if tokens[at : at + 1] == ["("]:
        depth = 0
        while at < len(tokens):
            depth += (tokens[at] == "(") - (tokens[at] == ")")
            at += 1
            if not depth:
                break
    else:
        at += 1
    return f"<mrow>{''.join(map(_one, tokens[start:at]))}</mrow>" if at - start > 1 else _one(tokens[start]), at


def _opening(parts: list[str], closing: str) -> int | None:
    """Where the bracket stands that this one closes."""
    opening = _one("(" if closing == ")" else "[")
    return next((n for n in range(len(parts) - 1, -1, -1) if parts[n] == opening), None)


def _one(token: str) -> str:
    """One token by itself."""
    if token[0].isdigit() or token[0] == ".":
        mantissa, e, exponent = token.partition("e")
        if not e:
            return f"<mn>{token}</mn>"
        power = exponent.lstrip("+")
        sign = "<mo>−</mo>" if power.startswith("-") else ""
        return (
            f"<mrow><mn>{mantissa}</mn><mo>×</mo><msup><mn>10</mn><mrow>{sign}"
            f"<mn>{int(power.lstrip('-'))}</mn></mrow></msup></mrow>"
        )
    if token[0].isalpha() or token[0] == "_":
        inner = name_mathml(token).removeprefix("<math><mrow>").removesuffix("</mrow></math>")
        return inner if inner.count("<") == 2 or not inner.startswith("<mo") else f"<mrow>{inner}</mrow>"
    return f"<mo>{_OPERATORS.get(token, escape(token))}</mo>"


def number_latex(text: str) -> str:
    r"""A number as printed, as LaTeX: an exponent becomes a power of ten.

    >>> print(number_latex("-1.5e-07"))
    -1.5 \times 10^{-7}
    """
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e and exponent.lstrip("+-").isdigit() else text


def _converted(latex: str) -> Any:
    from latex2mathml.converter import convert

    words: list[tuple[str, str]] = []

    def kept(match: re.Match[str]) -> str:
        words.append((match[1], re.sub(r"\\(.)", r"\1", match[2])))
        return rf"\text{{⟦{len(words) - 1}⟧}}"

    prepared = _WORDS.sub(kept, latex)
    for name, (left, right) in _MATRICES.items():
        prepared = prepared.replace(rf"\begin{{{name}}}", rf"\left{left}\begin{{matrix}}")
        prepared = prepared.replace(rf"\end{{{name}}}", rf"\end{{matrix}}\right{right}")
    root = ET.fromstring(convert(prepared))  # noqa: S314 - what we just made, and of bounded size
    for element in list(root.iter()):
        element.tag = element.tag.rpartition("}")[2]
        _mend(element, words)
    _apply(root)
    for element in root.iter():
        _sign(element)
        _times(element)
    return root


def _mend(element: Any, words: list[tuple[str, str]]) -> None:
    """One element as browsers want it."""
    text = element.text or ""
    if element.tag == "mtext" and (found := re.fullmatch(r"⟦(\d+)⟧", text)):
        kind, word = words[int(found[1])]
        element.tag, element.text = "mi", word
        if kind == "operatorname":
            element.set("class", "function")
        elif len(word) == 1 and kind == "mathrm":
            element.set("mathvariant", "normal")
    elif element.tag == "mo" and len(text) > 1 and text.isalpha():  # max, min
        element.tag = "mi"
        element.set("class", "function")
    elif element.tag == "mi" and text in ("log", "ln", "exp", "tanh", "sin", "cos", "sinh", "cosh", "tan"):
        element.set("class", "function")
    if element.get("mathvariant") == "bold":
        del element.attrib["mathvariant"]
        element.text = "".join(_BOLD.get(letter, letter) for letter in text)
    elif element.get("mathvariant") == "italic":
        del element.attrib["mathvariant"]
    for child in list(element):  # rows of one are no rows
        if child.tag.rpartition("}")[2] == "mrow" and len(child) == 1 and element.tag != "math":
            element[list(element).index(child)] = child[0]


def _apply(row: Any) -> None:
    """Put function application behind every function's name, which is how it gets its space and is read aloud."""
    for child in list(row):
        _apply(child)
        if row.tag in ("mrow", "math", "mtd") and _names_a_function(child):
            row.insert(list(row).index(child) + 1, _operator(_APPLY))


def _names_a_function(element: Any) -> bool:
    if element.tag in ("msup", "msub", "msubsup"):  # the square of tanh
        return _names_a_function(element[0])
    return bool(element.attrib.pop("class", "") == "function")


def _operator(text: str) -> Any:
    operator = ET.Element("mo")
    operator.text = text
    return operator


def _sign(row: Any) -> None:
    """A minus that no quantity stands before is a sign, and keeps close to what follows it."""
    if row.tag not in ("mrow", "math", "mtd"):
        return
    before = None
    for child in row:
        if (
            child.tag == "mo"
            and child.text in _SIGNS
            and (before is None or (before.tag == "mo" and before.text in _BEFORE_A_SIGN))
        ):
            child.set("form", "prefix")
        before = child


def _times(row: Any) -> None:
    """Put a dot between quantities that stand side by side where one has a name of several letters: Why h, not Whyh."""
    if row.tag not in ("mrow", "math", "mtd"):
        return
    for before, after in pairwise(list(row)):
        words = (_word(before), _word(after))
        if all(words) and max(map(len, words)) > 1:
            row.insert(list(row).index(after), _operator("·"))


def _word(element: Any) -> str:
    """The letters of a quantity's name, without what stands below and above it; of anything else nothing."""
    while element.tag in ("msub", "msup", "msubsup", "mover"):
        element = element[0]
    return (element.text or "") if element.tag == "mi" else "d" if element.tag == "mfrac" else ""


def _written(element: Any) -> str:
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items())
    if not len(element) and not element.text:
        yield f"<{element.tag}{attributes}></{element.tag}>"
        return
    yield f"<{element.tag}{attributes}>{escape(element.text or '', quote=False)}"
    for child in element:
        yield from _pieces(child)
    yield f"</{element.tag}>"
