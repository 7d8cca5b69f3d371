"""How messages about a problem say what was found: shapes, counts, names that are taken, numbers that are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checker.numbertext import NumberError, read_fraction, read_number
from checker.problem.language import NUMBER
from checker.yamlfile import Node, Scalar

if TYPE_CHECKING:
    from fractions import Fraction

    from checker.errors import Place
    from checker.model import Shape


def typed(node: Node) -> str:
    """The text of a scalar, without spaces around it."""
    return node.text.strip() if isinstance(node, Scalar) else ""


def shape_in_words(shape: Shape) -> str:
    """A shape in words.

    >>> shape_in_words(()), shape_in_words((3,)), shape_in_words((2, 3))
    ('a number', 'a vector of 3', '2 by 3')
    """
    if not shape:
        return "a number"
    return f"a vector of {shape[0]}" if len(shape) == 1 else " by ".join(map(str, shape))


def counted(number: int, thing: str = "number") -> str:
    """A count with its noun.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def article(word: str) -> str:
    """The article of a noun, "a" or "an"."""
    return "an" if word[0] in "aeiou" else "a"


def taken_by(taken: tuple[str, Place]) -> str:
    """Who has a name already: "by an equation on line 8"."""
    kind, place = taken
    return f"by {'a given' if kind == 'given' else article(kind) + ' ' + kind} on line {place.line}"


def number_mend(node: Scalar) -> str:
    """How to write what was probably meant as a number."""
    text = node.text.strip()
    plain = "write a number such as 0.5, or a fraction such as 1/3"
    if not node.plain and NUMBER.fullmatch(text):
        return "remove the quotes"
    if re.fullmatch(r"[-+]?0[xob][0-9A-Fa-f]+", text):
        return "write it in decimal"
    try:
        read = read_number(text)
    except NumberError as error:
        return error.mend or plain
    if read is None:
        return plain
    digits, exponent = read.digits, read.exponent
    if exponent == 0:
        return f"write {digits}"
    sign, figures = ("-", digits[1:]) if digits.startswith("-") else ("", digits.lstrip("+"))
    if -20 < exponent < 0:
        figures = figures.rjust(1 - exponent, "0")
        return f"write {sign}{figures[:exponent]}.{figures[exponent:]}"
    return f"write {sign}{figures}e{exponent}"


def table_number(text: str) -> Fraction:
    """A number or fraction of a table, exactly."""
    read = read_fraction(text) if "/" in text else read_number(text)
    if read is None:
        raise ValueError(f"not a number: {text!r}")
    return read.fraction()
