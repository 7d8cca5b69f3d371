r"""Names of steps as mathematics, without sympy: a report of numbers needs no more than names.

`parts` says what a name is made of; LaTeX and the pictures' own letters are two ways to write that.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Delta": "Δ",
    "Theta": "Θ",
    "Lambda": "Λ",
    "Sigma": "Σ",
    "Phi": "Φ",
    "Psi": "Ψ",
    "Omega": "Ω",
}
_STATES = ("mhat_", "vhat_", "m_", "v_")
_TAIL = re.compile(r"(\[[0-9, ]*\])?(?:@([0-9]+))?$")


class Name(NamedTuple):
    """What a name is made of: `base` with `below` under and `marks` above it; or a derivative `of` something by `by`.

    `below` is a name again (the w1 of m_w1) or a text, `element` an element as typed, `[2,1]`.
    """

    base: str = ""
    below: str | Name = ""
    marks: tuple[str, ...] = ()
    element: str = ""
    of: Name | None = None
    by: Name | None = None
    hat: bool = False


@lru_cache(maxsize=8192)
def parts(name: str) -> Name:
    """What a step's name is made of, whichever way it is spelt: `dL_dw1`, `dL/dw1` and `∂L/∂w1` are one.

    >>> parts("w1_new@3")
    Name(base='w', below='1', marks=('new', '(3)'), element='', of=None, by=None, hat=False)
    """
    tail = _TAIL.search(name)
    assert tail is not None  # all of it is optional
    element, iteration = tail[1] or "", tail[2]
    whole = name[: tail.start()].replace("∂", "d").replace("/", "_").strip()
    marks = (f"({iteration})",) if iteration else ()
    slope = re.fullmatch(r"d(\w+?)_d(\w+)", whole)
    if slope:
        return Name(marks=marks, element=element, of=parts(slope[1]), by=parts(slope[2]))
    if whole.endswith("_new") and whole != "_new":
        return parts(whole[:-4])._replace(marks=("new", *marks), element=element)
    for prefix in _STATES:
        if whole.startswith(prefix) and len(whole) > len(prefix):
            return Name(prefix[0], parts(whole[len(prefix) :]), marks, element, hat="hat" in prefix)
    base, _, index = whole.partition("_")
    digits = re.fullmatch(r"([^\W\d]+?)(\d+)", base)
    if digits:
        base, index = digits[1], digits[2] + (f", {index}" if index else "")
    return Name(base, index, marks, element)


def latex_word(word: str) -> str:
    """Text that LaTeX prints as it stands."""
    return re.sub(r"([_&%$#{}])", r"\\\1", word)


@lru_cache(maxsize=8192)
def latex_name(name: str) -> str:
    r"""A step's name as mathematics: `dL_dw1` is a fraction, `w1` has an index, `a@2` a bracketed superscript.

    >>> print(latex_name("dL_dw1"))
    \frac{\partial L}{\partial w_{1}}
    >>> print(latex_name("w1_new@3"), latex_name("mhat_w1"), latex_name("z1[2]"))
    w_{1}^{\text{new}(3)} \hat{m}_{w_{1}} z_{1}[2]
    """
    return _latex(parts(name))


def _latex(name: Name) -> str:
    above = "".join(mark if mark.startswith("(") else rf"\text{{{mark}}}" for mark in name.marks)
    above = f"^{{{above}}}" if above else ""
    if name.of is not None and name.by is not None:
        fraction = rf"\frac{{\partial {_latex(name.of)}}}{{\partial {_latex(name.by)}}}"
        return f"{fraction}{above}{name.element}"
    base = name.base
    if base.lower() in GREEK and (base.islower() or base in GREEK):
        base = f"\\{base}"
    elif len(base) > 1:
        base = rf"\mathit{{{latex_word(base)}}}"
    if name.hat:
        base = rf"\hat{{{base}}}"
    index = latex_word(name.below) if isinstance(name.below, str) else _latex(name.below)
    below = f"_{{{index}}}" if index else ""
    return f"{base}{below}{above}{name.element}"


def latex_number(value: float) -> str:
    r"""A number to six digits, as LaTeX; an exponent becomes a power of ten.

    >>> print(latex_number(-1.5e-07), latex_number(0.25))
    -1.5 \cdot 10^{-7} 0.25
    """
    mantissa, e, exponent = f"{value + 0.0:.6g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa


def latex_array(texts: list[str], shape: tuple[int, ...]) -> str:
    r"""Numbers as a matrix, a vector as a column; dots for what has more than two axes.

    >>> print(latex_array(["1", "2"], (2,)))
    \begin{bmatrix}1 \\ 2\end{bmatrix}
    """
    if not shape:
        return texts[0]
    if len(shape) > 2:
        return r"\ldots"
    width = shape[1] if len(shape) == 2 else 1
    rows = r" \\ ".join(" & ".join(texts[i : i + width]) for i in range(0, len(texts), width))
    return rf"\begin{{bmatrix}}{rows}\end{{bmatrix}}"
