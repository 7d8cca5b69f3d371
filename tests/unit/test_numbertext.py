from __future__ import annotations

import pickle
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.numbertext import FractionText, NumberError, NumberText, read_fraction, read_number

finite = st.floats(allow_nan=False, allow_infinity=False)


def read(text: str) -> NumberText:
    number = read_number(text)
    assert number is not None, text
    return number


@pytest.mark.parametrize(
    ("text", "digits", "exponent"),
    [
        ("-0.0736", "-736", -4),
        ("0.10", "10", -2),
        ("0", "0", 0),
        ("-0.00", "-0", -2),
        ("010", "10", 0),
        ("+0.5", "5", -1),
        (".5", "5", -1),
        ("-.5", "-5", -1),
        ("5.", "5", 0),
        ("1.2e-3", "12", -4),
        ("1E+3", "1", 3),
        ("1e0000000003", "1", 3),
        ("1.2×10^-3", "12", -4),
        ("1.2*10^-3", "12", -4),
        ("1.2*10**-3", "12", -4),
        ("1.2·10^(-3)", "12", -4),
        ("1.2 × 10^( -3 )", "12", -4),
        ("1.2x10^-3", "12", -4),
        ("1.2×10⁻³", "12", -4),
        ("1.2⋅10¹²", "12", 11),
        ("1.2e−3", "12", -4),
        ("0,6682", "6682", -4),
        ("-1,5", "-15", -1),
        ("0,500", "500", -3),
        ("1234,500", "1234500", -3),
        (",5", "5", -1),
        ("1,2e-3", "12", -4),
        ("=0.5", "5", -1),
        ("≈ -0.67", "-67", -2),
        ("~0.67", "67", -2),
        ("−0.5", "-5", -1),
        ("– 0.5", "-5", -1),
        ("‒.5", "-5", -1),
        ("  0.5\n", "5", -1),
        ("\u00a00.5\u2009", "5", -1),
        ("0e-400", "0", -400),
    ],
)
def test_numbers_as_people_type_them(text: str, digits: str, exponent: int) -> None:
    assert read_number(text) == (text, digits, exponent)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            ".",
            "-",
            "+",
            "e5",
            "=",
            "≈",
            ",",
            "-,",
            "1e",
            "1e+",
            "nan",
            ".nan",
            "inf",
            "-.inf",
            "Infinity",
            "∞",
        ),
        *("0x1F", "0o17", "0b1", "1.2.3", "1..2", "1_000", "true", "null", "1/3", "2z", "a*(1 - a)", "1 1", "5 e3"),
        *("--5", "+-5", "==5", "1.-5", "5-", "1e5.0", "1×10", "1×10^", "1×10^(3", "10^-3", "5%", "٣", "５", "1,2,3"),
        *("1" * 100_000 + "x", " " * 100_000, "=" + " " * 100_000 + "x", "1,234" + ",567" * 100_000),
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,500", "its comma may stand for thousands or for decimals; write 1500 or 1.500"),
        ("-12,345", "its comma may stand for thousands or for decimals; write -12345 or -12.345"),
        ("12,345,678", "it has a comma between its digits; write 12345678"),
        ("1,234.5", "it has a comma between its digits; write 1234.5"),
        ("−1,234.5", "it has a comma between its digits; write -1234.5"),
        ("1.234,5", "it has points between its digits and a decimal comma; write 1234.5"),
        ("12 345.5", "it has a space between its digits; write 12345.5"),
        ("12\u202f345", "it has a space between its digits; write 12345"),
        ("0.7,", "a comma stands behind it; remove the comma"),
        ("5,", "a comma stands behind it; remove the comma"),
        ("1" * 401, "it has 401 digits; give at most 400"),
        ("0." + "1" * 1_000_000, "it has 1,000,001 digits; give at most 400"),
        ("1e999999", "its exponent is 999999; stay between -400 and 400"),
        ("1e-401", "its exponent is -401; stay between -400 and 400"),
        ("1×10^999", "its exponent is 999; stay between -400 and 400"),
        ("1e" + "9" * 100_000, "its exponent is 99999999999…; stay between -400 and 400"),
        ("1e309", "it is too large; stay below 1e308"),
        ("-" + "9" * 309, "it is too large; stay below 1e308"),
        ("1e-400", "it is too close to 0 to be told from it; write 0, or stay above 1e-307"),
    ],
)
def test_what_is_meant_as_a_number_and_refused(text: str, message: str) -> None:
    with pytest.raises(NumberError) as caught:
        read_number(text)
    assert str(caught.value) == message
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.what, again.mend) == (caught.value.what, caught.value.mend)


@given(finite)
def test_every_float_comes_back(number: float) -> None:
    assert repr(read(repr(number)).value) == repr(number)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_a_decimal_is_read_exactly(number) -> None:
    for text in (f"{number:f}", f"{number:e}", f"{number:f}".replace("-", "−")):
        read_exactly = read(text)
        assert read_exactly.fraction() == Fraction(number)
        assert read_exactly.value == float(number)


@given(st.from_regex(r"\A-?[0-9]{1,30}\.[0-9]{0,30}\Z"))
def test_the_unit_is_that_of_the_last_typed_digit(text: str) -> None:
    number = read(text)
    assert number.text == text
    assert number.unit == float(f"1e-{len(text.partition('.')[2])}")
    assert number.fraction() == Fraction(text.rstrip(".") if text.endswith(".") else text)


@given(st.from_regex(r"\A-?[0-9]{1,6}\.[0-9]{1,9}\Z"), st.integers(-9, 9))
def test_every_spelling_of_a_power_of_ten_is_the_same_number(text: str, power: int) -> None:
    raised = str(power).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    spellings = [f"{text}e{power}", f"{text}×10^{power}", f"{text} · 10^({power})", f"{text}*10**{power}"]
    spellings.append(f"≈{text}x10{raised}")
    assert len({read(spelling)[1:] for spelling in spellings}) == 1


@given(st.text(max_size=60) | st.from_regex(r"\A[-+=~≈0-9.,eE ×*^()/_]{0,40}\Z"))
def test_any_text_is_a_number_or_none_or_refused(text: str) -> None:
    for reader in (read_number, read_fraction):
        number = None
        with suppress(NumberError):
            number = reader(text)
        assert number is None or (number.text == text and abs(number.value) < float("inf"))


# ---------------------------------------------------------------- fractions


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-1/3", Fraction(-1, 3)),
        ("7 / 10", Fraction(7, 10)),
        ("−1/3", Fraction(-1, 3)),
        ("1/-3", Fraction(-1, 3)),
        ("≈1/3", Fraction(1, 3)),
        ("0.5/1.5", Fraction(1, 3)),
        ("0,5/3", Fraction(1, 6)),
        ("1.2×10^-3/4", Fraction(3, 10_000)),
        ("1e-3/4", Fraction(1, 4_000)),
        ("0/5", Fraction(0)),
    ],
)
def test_fractions(text: str, value: Fraction) -> None:
    fraction = read_fraction(text)
    assert isinstance(fraction, FractionText)
    assert (fraction.text, fraction.fraction(), fraction.value) == (text, value, float(value))


@pytest.mark.parametrize(
    "text",
    ["", "/", "1/", "/3", "1/2/3", "a/b", "1/3*10^2", "1/3×10^2", "1/ =3", "1/≈3", "1 1/3", "1/x", "0.5", "1/nan"],
)
def test_what_is_no_fraction(text: str) -> None:
    assert read_fraction(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/0", "its denominator is 0; divide by another number"),
        ("0/-0.00", "its denominator is 0; divide by another number"),
        ("1e308/1e-5", "it is too large; stay below 1e308"),
        ("1e-300/1e300", "it is too close to 0 to be told from it; write 0, or stay above 1e-307"),
        ("1/1,500", "its comma may stand for thousands or for decimals; write 1500 or 1.500"),
    ],
)
def test_fractions_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(NumberError) as caught:
        read_fraction(text)
    assert str(caught.value) == message


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**20), st.integers(0, 15))
def test_a_fraction_is_rounded_once(above: int, below: int, places: int) -> None:
    text = f"{above}/{below}e-{places}"
    fraction = read_fraction(text)
    assert fraction is not None
    exact = Fraction(above * 10**places, below)
    assert fraction.fraction() == exact
    assert fraction.value == float(exact)
