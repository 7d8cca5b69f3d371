r"""LaTeX mathematics to text of the expression language, by a bounded reader of ours: no macro is ever expanded.

Only what a formula needs is read: fractions, roots, brackets, scripts, products, Greek letters, named functions.
Everything else is refused with its place. What a name is (`W^{(2)}` for W2, `w_{1}` for w1 or w_1, `z_{2}` for the
element z[2]) is asked of the caller, who knows the names of the problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.latex.reader import Reader
from checker.expression.tree import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_LENGTH = 20_000


def is_latex(text: str) -> bool:
    r"""Whether the text is LaTeX: it has a backslash, a brace or a dollar sign.

    >>> is_latex(r"\sigma(z)"), is_latex("W^{T} x"), is_latex("a*(1 - a)")
    (True, True, False)
    """
    return any(sign in text for sign in "\\{}$")


def from_latex(text: str, resolve: Callable[[Sequence[str]], str | None]) -> tuple[str, list[int]]:
    r"""The formula as text of the expression language, and for each of its characters the offset it comes from.

    Args:
        text: LaTeX mathematics, between dollar signs or not.
        resolve: given spellings of one name, best first, the one that the problem has; None where it has none.

    Raises:
        ExpressionError: what is not read, its offset into `text`, and how to mend it. No other error leaves.

    >>> from_latex(r"\frac{1}{1 + e^{-z}}", lambda names: names[0])[0]
    '((1)/(1+e^(-z)))'
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the formula has {len(text):,} characters", MAX_LENGTH, f"write at most {MAX_LENGTH:,}")
    reader = Reader(text, resolve)
    pieces = reader.whole()
    plain: list[str] = []
    places: list[int] = []
    for piece in pieces:
        plain.append(piece.text)
        places.extend([piece.at] * len(piece.text))
    places.append(len(text))
    return "".join(plain), places
