"""The words and signs of LaTeX: those that a formula may use, with their meaning here, and those that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from checker.expression.latex.tokens import Token

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "varrho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
GREEK_LETTERS = "".join(dict.fromkeys(GREEK.values()))
SPELLED = {letter: name for name, letter in reversed(GREEK.items())}
SPACES = frozenset((",", ";", ":", "!", " ", ">", "quad", "qquad", "thinspace", "medspace", "thickspace", "enspace",
                     "displaystyle", "textstyle", "limits", "nolimits", "big", "Big", "bigl", "bigr", "Bigl", "Bigr",
                     "bigg", "Bigg", "biggl", "biggr", "Biggl", "Biggr", "relax"))  # fmt: skip
FONTS = frozenset(("mathrm", "mathit", "mathbf", "mathcal", "mathsf", "mathbb", "boldsymbol", "bm", "text", "textit",
                    "textrm", "operatorname", "vec", "mathnormal", "textbf"))  # fmt: skip
SIGNS = {
    "cdot": "*", "times": "*", "odot": "⊙", "circ": "⊙", "ast": "*", "bullet": "*", "star": "*", "div": "/",
    "lbrace": "(", "rbrace": ")", "{": "(", "}": ")", "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")",
}  # fmt: skip
FUNCTIONS = frozenset(("exp", "ln", "log", "tanh", "max", "min", "erf"))
FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"))
OPENING = frozenset(("(", "[", "{", "|", "\\left", "\\lvert", "\\vert", "\\|", "\\{", "\\lbrack"))
ACCENTS = frozenset(("hat", "bar", "tilde", "widehat", "widetilde", "overline"))
MENDS = {
    "sum": "write sum(…), or every term",
    "prod": "write every factor",
    "int": "write what the integral comes to",
    "otimes": "write outer(a, b), or a * b^T",
    "sin": "a formula has no sines here",
    "cos": "a formula has no cosines here",
    "begin": "answer element by element, with no matrices and cases",
    "infty": "write a number; infinity is none here",
    "nabla": r"write \frac{\partial L}{\partial w}",
    "\\": "write one formula",
    "pm": "write one sign",
    "over": r"write \frac{…}{…}",
    "leq": "leave the comparison out",
    "geq": "leave the comparison out",
    "%": "write the number itself, 0.05 for 5%",
}


def refusal(token: Token) -> ExpressionError:
    """The error for a token that cannot begin a part."""
    kind, text, at = token
    if kind == "command":
        mend = MENDS.get(text[1:], "write it in plain text, with the names of the problem")
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
