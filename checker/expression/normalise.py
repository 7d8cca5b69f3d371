"""Which characters an expression may have, and the many ways to type one sign made one; offsets stay what they were."""

from __future__ import annotations

import re

from checker.expression.tree import ExpressionError

# Greek letters that cannot be taken for Latin ones; the others (Α, Β, ο, …) are refused as look-alikes.
GREEK = "αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΦΨΩ"
_VARIANTS = {"µ": "μ", "ϵ": "ε", "ϕ": "φ", "ϑ": "θ", "ϱ": "ρ", "ϰ": "κ", "∆": "Δ", "\u2126": "Ω"}
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_SIGNS = {
    "-": "−–‒‐‑",
    "*": "·⋅∙•×⊙∘∗",
    "/": "÷∕⁄",
    "'": "’′",
    " ": _SPACES,
}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_FOLDED = str.maketrans({**{typed: sign for sign, many in _SIGNS.items() for typed in many}, **_VARIANTS})
_REFUSED = re.compile(
    "[^-A-Za-z0-9_+*/^@()\\[\\],:.' \t\r\n⁰¹²³⁴-⁹⁺⁻₀-₉ᵀ⊤√∂"
    + GREEK
    + "".join(_VARIANTS)
    + "".join(_SIGNS.values())
    + "]"
)
_RELATION = re.compile(r"\s*[=≈≃≅~]")

_MENDS = {
    "=": "write one side only",
    "<": "leave the comparison out",
    ">": "leave the comparison out",
    "≤": "leave the comparison out",
    "≥": "leave the comparison out",
    "!": "write the number that a factorial is; leave a comparison out",
    "%": "write the number itself, 0.05 for 5%",
    '"': "leave the quotation marks out",
    "`": "leave the quotation marks out",
    "“": "leave the quotation marks out",
    "”": "leave the quotation marks out",
    "„": "leave the quotation marks out",
    "{": "write round brackets",
    "}": "write round brackets",
    "|": "write abs(…) for a magnitude",
    ";": "separate arguments with a comma",
    "\\": "write exp(x), sqrt(x), a/b in plain text",
    "$": "write the formula in plain text",
    "—": "type the minus sign -",
    "∑": "write sum(…)",
    "∗": "type *",
    "∇": "write ∂L/∂w",
    "∞": "write a number; infinity is none here",
    "…": "write every term",
}  # fmt: skip
LOOK_ALIKES = dict(
    zip(
        "АВЕКМНОРСТХЅІЈаеорсухѕіјһԁԛԝьΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABEKMHOPCTXSIJaeopcyxsijhdqwbABEZHIKMNOPTYXo",
        strict=True,
    )
)


def normalise(text: str) -> str:
    """`text` with one spelling for each sign, every offset kept; a leading `=` or `≈` is blanked.

    Raises:
        ExpressionError: a character that is not part of the language.
    """
    relation = _RELATION.match(text)
    if relation:
        text = " " * relation.end() + text[relation.end() :]
    refused = _REFUSED.search(text)
    if refused:
        raise _refusal(text, refused.start())
    return text if text.isascii() else text.translate(_FOLDED)


def fold_name(name: str) -> str:
    """The name as an expression that uses it has it: `w₁` is `w1`, and the micro sign is the letter μ.

    >>> fold_name("w₁₂")
    'w12'
    """
    return name if name.isascii() else name.translate(_FOLDED).translate(_SUBSCRIPTS)


def lowered(superscript: str) -> str:
    """The digits and sign of a superscript, on the line.

    >>> lowered("⁻¹²")
    '-12'
    """
    return superscript.translate(_SUPERSCRIPTS)


def describe(character: str) -> str:
    r"""The character between quotes where it can be shown safely, else its number and name.

    >>> describe("%"), describe("\u202e")
    ("'%'", 'U+202E RIGHT-TO-LEFT OVERRIDE')
    """
    import unicodedata

    if character.isprintable() and not unicodedata.combining(character):
        return f"'{character}'"
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{' ' + name if name else ''}"


def _refusal(text: str, at: int) -> ExpressionError:
    import unicodedata

    character = text[at]
    if character in LOOK_ALIKES:
        script, _, letter = unicodedata.name(character).partition(" ")
        return ExpressionError(
            f"'{character}' is the {script.capitalize()} {letter.lower()}, a look-alike",
            at,
            f"type the Latin {LOOK_ALIKES[character]}",
        )
    if character == "=" and text[at - 1 : at] not in ("=", "<", ">", "!") and text[at + 1 : at + 2] != "=":
        before = re.search(r"(?:[(,]\s*)([^\W\d]\w*)\s*$", text[:at][-200:])
        if before:
            return ExpressionError("an argument is given by its place, not by name", at, f"leave out '{before[1]} ='")
    return ExpressionError(f"{describe(character)} has no meaning in a formula", at, _mend(character))


def _mend(character: str) -> str:
    import unicodedata

    if character in _MENDS:
        return _MENDS[character]
    category = unicodedata.category(character)
    plain = unicodedata.normalize("NFKC", character)
    if category[0] in "CM":
        return "delete it"
    if unicodedata.decomposition(character).startswith("<super>"):
        return "write ^ before an exponent"
    if plain != character and plain.isascii() and len(plain) == 1:
        return f"type the ordinary '{plain}'"
    if "⁄" in plain:
        return f"write {plain.replace('⁄', '/')}"
    if category[0] == "L":
        return "names are made of the letters a to z, Greek letters, digits and _"
    return "write it with names, numbers, brackets and + - * / ^"
