"""Numbers as people type them: the text kept, the value exact, nothing big built before its size is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction

MOST_DIGITS = 400
MOST_EXPONENT = 400
LONGEST = 1_000  # characters; a longer text is not looked at

_MINUS = "−–‒﹣－"
_SPACES = "\u00a0\u2009\u202f\u2007"
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<digits>\d+(?:[.,]\d*)?|[.,]\d+)"
    r"(?:[eE](?P<exponent>[+-]?\d+)|\s*[×x*·⋅]\s*10\s*(?:\^|\*\*)\s*(?P<power>[+-]?\d+|\([+-]?\d+\)))?",
    re.ASCII,
)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
_FOREIGN = re.compile(r"[+-]?(\.?(inf|nan)|infinity|0[xob][0-9a-z]+|\d[\d_]*_[\d_.]*|\d*\.\d*\.[\d.]*)", re.I | re.ASCII)
_TABLE = str.maketrans({**dict.fromkeys(_MINUS, "-"), **dict.fromkeys(_SPACES, " ")})


class NumberError(ValueError):
    """Text that is meant as a number but cannot be used as one: what is wrong, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what, mend)
        self.what, self.mend = what, mend

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


class NumberText(NamedTuple):
    """A decimal number as typed: `digits` (with its sign, without a point) times ten to the `exponent`."""

    text: str
    digits: str
    exponent: int

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(f"{self.digits}e{self.exponent}")

    @property
    def unit(self) -> float:
        """One unit of the last typed digit."""
        return float(f"1e{self.exponent}")

    def fraction(self) -> Fraction:
        """The exact value."""
        from fractions import Fraction

        return Fraction(int(self.digits)) * Fraction(10) ** self.exponent


class FractionText(NamedTuple):
    """One number over another, as typed: `-1/3`."""

    text: str
    numerator: NumberText
    denominator: NumberText

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(self.fraction())

    def fraction(self) -> Fraction:
        """The exact value."""
        return self.numerator.fraction() / self.denominator.fraction()


def read_number(text: str) -> NumberText | None:
    """The number that `text` is; None where it is something else (a fraction, a formula, a word).

    Raises:
        NumberError: it is meant as a number, but is ambiguous, too long, or no number of ours.

    >>> read_number("−0,6682").value, read_number("1.5×10^-3").value, read_number("a*(1 - a)")
    (-0.6682, 0.0015, None)
    """
    try:  # nearly every answer is a plain decimal, and float() is the fastest judge of that
        float(text)
    except ValueError:
        return _careful(text)
    if text.isascii() and "e" not in text and "E" not in text and len(text) <= MOST_DIGITS and text[-1].isdigit():
        whole, _, decimals = text.partition(".")
        if whole.lstrip("+-").isdigit() and "_" not in text and not text[0].isspace():
            return NumberText(text, whole + decimals, -len(decimals))
    return _careful(text)


def _careful(text: str) -> NumberText | None:
    if len(text) > LONGEST:
        if re.fullmatch(r"[\s\d.,+-]+", text[: LONGEST * 2]):
            raise NumberError(f"a number of {len(text)} characters", f"give at most {MOST_DIGITS} digits")
        return None
    plain = text.translate(_TABLE).strip().lstrip("=≈~").strip()
    if _FOREIGN.fullmatch(plain):
        raise NumberError(f"{_short(text)} is not a number that can be graded", "write it as a plain decimal")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        if _THOUSANDS.fullmatch(plain):
            raise NumberError(*_ambiguous(text))
        return None
    if _THOUSANDS.fullmatch(match["sign"] + match["digits"]):
        raise NumberError(*_ambiguous(text))
    whole, _, decimals = match["digits"].replace(",", ".").partition(".")
    digits = whole + decimals
    if len(digits) > MOST_DIGITS:
        raise NumberError(f"a number of {len(digits)} digits", f"give at most {MOST_DIGITS}")
    power = (match["exponent"] or match["power"] or "0").strip("()")
    if len(power) > 5 or abs(int(power)) > MOST_EXPONENT:
        raise NumberError(f"the exponent of {_short(text)} is out of range", f"use one from -{MOST_EXPONENT} to {MOST_EXPONENT}")
    number = NumberText(text, match["sign"] + digits, int(power) - len(decimals))
    if number.value in (float("inf"), float("-inf")):
        raise NumberError(f"{_short(text)} is too large", "give a number below 1e308")
    return number


def read_fraction(text: str) -> FractionText | None:
    """The fraction of two numbers that `text` is; None where it is something else.

    Raises:
        NumberError: the denominator is 0, or one of the numbers cannot be used.

    >>> read_fraction("-1/4").value
    -0.25
    """
    if text.count("/") != 1 or len(text) > LONGEST:
        return None
    above, below = text.split("/")
    below = below.strip()
    if below.startswith("(") and below.endswith(")"):
        below = below[1:-1]
    numerator, denominator = read_number(above), read_number(below)
    if numerator is None or denominator is None or below[:1] in "=≈~":
        return None
    if not denominator.digits.strip("+-0"):
        raise NumberError(f"{_short(text)} divides by zero", "give a number")
    return FractionText(text, numerator, denominator)


def _ambiguous(text: str) -> tuple[str, str]:
    plain = _short(text)
    return f"{plain} can be read in two ways", "leave out the comma, or use a decimal point"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
