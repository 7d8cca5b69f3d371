"""Numbers as people type them: read without losing a digit, refused before anything big is built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction

MAX_DIGITS = 400
MAX_EXPONENT = 400
SURE = 300  # digits that fit into a float, on either side of the point
MAX_LENGTH = 1_000  # of a number in one of the rarer spellings, spaces included


class NumberError(Exception):
    """Text that is surely meant as a number and refused: what is wrong with the number, and how to mend it.

    `at` is the offset into the text of what is wrong; None where that is all of it.
    """

    def __init__(self, what: str, mend: str, at: int | None = None) -> None:
        super().__init__(what, mend, at)
        self.what, self.mend, self.at = what, mend, at

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


class NumberText(NamedTuple):
    """A number as typed: its value is int(`digits`) * 10**`exponent`, and `exponent` is the place of its last digit.

    >>> read_number("-0.0730")
    NumberText(text='-0.0730', digits='-730', exponent=-4)
    """

    text: str
    digits: str
    exponent: int

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(f"{self.digits}e{self.exponent}")

    @property
    def unit(self) -> float:
        """What one more in the last typed digit would be."""
        return float(f"1e{self.exponent}")

    def fraction(self) -> Fraction:
        """The number itself."""
        from fractions import Fraction

        if self.exponent < 0:
            return Fraction(int(self.digits), 10**-self.exponent)
        return Fraction(int(self.digits) * 10**self.exponent)


class FractionText(NamedTuple):
    """A fraction of two typed numbers, as typed."""

    text: str
    numerator: NumberText
    denominator: NumberText

    @property
    def value(self) -> float:
        """The nearest float."""
        return _divided(self.numerator, self.denominator)

    def fraction(self) -> Fraction:
        """The quotient itself."""
        return self.numerator.fraction() / self.denominator.fraction()


_PLAIN = re.compile(r"([-+]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?[0-9]+))?")

# What follows is needed for the rarer spellings alone, so `re` compiles it when it first meets one. No two parts that
# repeat can match the same character side by side, or are possessive: time stays linear in the text.
_SPELLED = (
    r"(?:[=~] *+)?([-+]?) *+([0-9]*+)(?:([.,])([0-9]*+))?"
    r"(?:[eE]([-+]?[0-9]++)"
    r"| *+[*x] *+10 *+(?:(?:\^|\*\*) *+(?:([-+]?[0-9]++)|\( *+([-+]?[0-9]++) *+\))|([⁺⁻]?[⁰¹²³⁴-⁹]++)))?"
)
_GROUPED = r"(?:[=~] *+)?([-+]?) *+([0-9]{1,3}(?:([, ])[0-9]{3}(?:\3[0-9]{3})*+)(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?"
_DOTTED = r"(?:[=~] *+)?([-+]?) *+([0-9]{1,3}(?:\.[0-9]{3})++,[0-9]*+)"
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–‒‐‑﹣－", "-"),
        **dict.fromkeys("×·⋅∙∗", "*"),
        **dict.fromkeys("≈≃≅∼", "~"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "),
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")


def read_number(text: str) -> NumberText | None:
    """The number that `text` is, in any of the ways people type one; None where it is something else.

    >>> [read_number(text).value for text in ("-7.36e-2", "−0.0736", "≈ 0,6682", "1.2×10^-3", "1.2·10⁻³", ".5", "010")]
    [-0.0736, -0.0736, 0.6682, 0.0012, 0.0012, 0.5, 10.0]
    >>> read_number("0.66820").unit
    1e-05
    >>> [read_number(text) for text in ("nan", "0x1F", "1.2.3", "1_000", "true", "", "2z", "1/3")]
    [None, None, None, None, None, None, None, None]

    Raises:
        NumberError: it is surely meant as a number, but could be read in two ways or is beyond the bounds.
    """
    whole, _, decimals = text.partition(".")
    digits = whole + decimals
    if digits.isdigit() and digits.isascii() and len(digits) < SURE:  # nearly every answer, and half the time
        return NumberText(text, digits.lstrip("0") or "0", -len(decimals))
    if digits[1:].isdigit() and digits[0] == "-" and digits.isascii() and len(digits) < SURE and decimals[:1] != "-":
        return NumberText(text, f"-{digits[1:].lstrip('0') or '0'}", -len(decimals))
    match = _PLAIN.fullmatch(text)
    if match is None:
        return _spelled(text)
    sign, whole, decimals, power = match.groups("")
    return _number(text, sign, whole, decimals, power)


def read_fraction(text: str) -> FractionText | None:
    """The fraction of two numbers that `text` is; None where it is something else.

    >>> read_fraction("−7 / 10").value, read_fraction("1/3").fraction()
    (-0.7, Fraction(1, 3))

    Raises:
        NumberError: the denominator is 0, or one of the two numbers is refused.
    """
    above, slash, below = text.partition("/")
    # 1/3*10^2 is (1/3)*10^2: below the line only a number in figures is read as one
    if not slash or any(sign in below for sign in "*x×·⋅∙∗=~≈≃≅∼"):
        return None
    numerator = read_number(above)
    try:
        denominator = read_number(below) if numerator else None
    except NumberError as error:
        if error.at is not None:
            error.at += len(above) + 1
        raise
    if numerator is None or denominator is None:
        return None
    if denominator.digits in ("0", "-0"):
        raise NumberError("its denominator is 0", "divide by another number", len(above) + 1)
    read = FractionText(text, numerator, denominator)
    try:
        value = read.value
    except OverflowError:
        raise _too_large() from None
    if not value and numerator.digits not in ("0", "-0"):
        raise _too_small()
    return read


def _number(text: str, sign: str, whole: str, decimals: str, power: str) -> NumberText | None:
    digits = whole + decimals
    if not digits:
        return None
    if len(digits) > MAX_DIGITS:
        raise NumberError(f"it has {len(digits):,} digits", f"give at most {MAX_DIGITS}")
    exponent = -len(decimals)
    if power:
        size = power.lstrip("-+0") or "0"
        if len(size) > 3 or int(size) > MAX_EXPONENT:
            shown = power if len(power) <= 12 else f"{power[:11]}…"
            raise NumberError(f"its exponent is {shown}", f"stay between -{MAX_EXPONENT} and {MAX_EXPONENT}")
        exponent += -int(size) if power[0] == "-" else int(size)
    digits = digits.lstrip("0") or "0"
    read = NumberText(text, f"-{digits}" if sign == "-" else digits, exponent)
    magnitude = len(digits) + exponent
    if magnitude > 308 and digits != "0" and abs(read.value) > 1.7976931348623157e308:
        raise _too_large()
    if magnitude < -322 and digits != "0" and not read.value:
        raise _too_small()
    return read


def _spelled(text: str) -> NumberText | None:
    """A number in one of the rarer spellings."""
    short = text.strip()
    if len(short) > MAX_LENGTH:
        return None
    start = len(text) - len(text.lstrip())
    short = short.translate(_SIGNS)
    match = re.fullmatch(_SPELLED, short)
    if match is None:
        _refuse(short, start)
        return None
    sign, whole, point, decimals, power, ten, bracketed, raised = match.groups("")
    if point == "," and not decimals:
        _refuse(short, start)
        return None
    if point == "," and len(decimals) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
        raise NumberError(
            "its comma may stand for thousands or for decimals",
            f"write {sign}{whole}{decimals} or {sign}{whole}.{decimals}",
            start + match.start(3),
        )
    return _number(text, sign, whole, decimals, power or ten or bracketed or raised.translate(_SUPERSCRIPTS))


def _refuse(text: str, start: int) -> None:
    """Refuse what is no number here, but what a person would take for one; `start` is where the text begins.

    Raises:
        NumberError: it is that.
    """
    if text.endswith(","):
        with_comma = _PLAIN.fullmatch(text[:-1].rstrip())
        if with_comma and (with_comma[2] or with_comma[3]):
            raise NumberError("a comma stands behind it", "remove the comma", start + len(text) - 1)
        return
    match = re.fullmatch(_GROUPED, text)
    if match:
        between = "a comma" if match[3] == "," else "a space"
        plain = match[1] + match[2].replace(match[3], "")
        raise NumberError(f"it has {between} between its digits", f"write {plain}", start + match.start(3))
    match = re.fullmatch(_DOTTED, text)
    if match:
        plain = match[1] + match[2].replace(".", "").replace(",", ".")
        what = "it has points between its digits and a decimal comma"
        raise NumberError(what, f"write {plain}", start + text.index("."))


def _divided(above: NumberText, below: NumberText) -> float:
    """The nearest float to the quotient: whole numbers are divided once, so that nothing is rounded twice."""
    shift = above.exponent - below.exponent
    top, bottom = int(above.digits), int(below.digits)
    scale: int = 10 ** abs(shift)
    return top * scale / bottom if shift >= 0 else top / (bottom * scale)


def _too_large() -> NumberError:
    return NumberError("it is too large", "stay below 1e308")


def _too_small() -> NumberError:
    return NumberError("it is too close to 0 to be told from it", "write 0, or stay above 1e-307")
