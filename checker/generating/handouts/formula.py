"""An expression as its author wrote it, as LaTeX: what a handout shows is not what is derived from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.expression.tree import Binary, Call, Index, Name, Negative, Number, Slice, names
from checker.readings.notation import latex_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.expression.tree import Expression

_SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(1, 6)
_ROMAN = {"exp": r"\exp", "ln": r"\ln", "log": r"\log", "max": r"\max", "min": r"\min", "tanh": r"\tanh"}


def latex_of(tree: Expression, symbol: Callable[[str], str] = latex_name, arrays: frozenset[str] = frozenset()) -> str:
    r"""The expression as LaTeX; `symbol` writes its names, of which `arrays` are multiplied element by element.

    >>> from checker.expression.parser import parse
    >>> print(latex_of(parse("(a - y)^2 / 2", ())))
    \frac{\left(a - y\right)^{2}}{2}
    >>> print(latex_of(parse("W1 @ x + 2*b[1]", ())))
    W_{1} x + 2 b_{[1]}
    """
    return _written(_marked(tree, arrays), _SUM, symbol)


def _marked(tree: Expression, arrays: frozenset[str]) -> Expression:
    """The expression with a product of two arrays written by an operator of its own."""
    if isinstance(tree, Binary):
        left, right = _marked(tree.left, arrays), _marked(tree.right, arrays)
        both = tree.operator == "*" and all(
            not arrays.isdisjoint(name for name, _ in names(side)) for side in (tree.left, tree.right)
        )
        return Binary("⊙" if both else tree.operator, left, right, tree.at)
    if isinstance(tree, Negative):
        return Negative(_marked(tree.operand, arrays), tree.at)
    if isinstance(tree, Call):
        return Call(tree.function, tuple(_marked(argument, arrays) for argument in tree.arguments), tree.at)
    return tree


def _written(tree: Expression, needed: int, symbol: Callable[[str], str]) -> str:
    text, binds = _parts(tree, symbol)
    return rf"\left({text}\right)" if binds < needed else text


def _parts(tree: Expression, symbol: Callable[[str], str]) -> tuple[str, int]:
    """The LaTeX of an expression, and how tightly it holds together."""
    if isinstance(tree, Number):
        return tree.text, _ATOM
    if isinstance(tree, Name):
        return {"pi": r"\pi"}.get(tree.name) or symbol(tree.name), _ATOM
    if isinstance(tree, Negative):
        return f"-{_written(tree.operand, _SIGNED, symbol)}", _SIGNED
    if isinstance(tree, Index):
        items = ", ".join(
            f"{item.start or ''}:{item.stop or ''}" if isinstance(item, Slice) else str(item) for item in tree.items
        )
        return f"{{{_written(tree.base, _ATOM, symbol)}}}_{{[{items}]}}" if not isinstance(
            tree.base, Name
        ) else f"{_element(symbol(tree.base.name), items)}", _ATOM
    if isinstance(tree, Call):
        return _call(tree, symbol)
    return _binary(tree, symbol)


def _element(base: str, items: str) -> str:
    return f"{base}_{{[{items}]}}" if "_" not in base else f"{{{base}}}_{{[{items}]}}"


def _binary(tree: Binary, symbol: Callable[[str], str]) -> tuple[str, int]:
    if tree.operator == "/":
        return rf"\frac{{{_written(tree.left, _SUM, symbol)}}}{{{_written(tree.right, _SUM, symbol)}}}", _ATOM - 1
    if tree.operator == "^":
        base = _written(tree.left, _ATOM, symbol)
        if isinstance(tree.left, Name) and "^" in base:
            base = f"{{{base}}}"
        return f"{base}^{{{_written(tree.right, _SUM, symbol)}}}", _POWER
    if tree.operator in "+-":
        right = _written(tree.right, _PRODUCT, symbol)
        if right.startswith("-"):
            right = rf"\left({right}\right)"
        return f"{_written(tree.left, _SUM, symbol)} {tree.operator} {right}", _SUM
    left, right = _written(tree.left, _PRODUCT, symbol), _written(tree.right, _SIGNED, symbol)
    if tree.operator == "⊙":
        return rf"{left} \odot {right}", _PRODUCT
    numbers = right[:1].isdigit() or right.startswith(("-", r"\frac"))
    joint = r" \cdot " if numbers else " "
    return f"{left}{joint}{right}", _PRODUCT


def _call(tree: Call, symbol: Callable[[str], str]) -> tuple[str, int]:
    arguments = [_written(argument, _SUM, symbol) for argument in tree.arguments]
    if tree.function == "sqrt":
        return rf"\sqrt{{{arguments[0]}}}", _ATOM
    if tree.function == "abs":
        return rf"\left|{arguments[0]}\right|", _ATOM
    if tree.function == "transpose":
        return rf"{_written(tree.arguments[0], _ATOM, symbol)}^{{\top}}", _POWER
    if tree.function == "exp" and len(arguments[0]) <= 40:
        return f"e^{{{arguments[0]}}}", _POWER
    name = _ROMAN.get(tree.function) or operator(tree.function)
    return rf"{name}\left({', '.join(arguments)}\right)", _ATOM


def operator(name: str) -> str:
    r"""A function's name in upright type.

    >>> print(operator("leaky_relu"))
    \operatorname{leaky\_relu}
    """
    return r"\operatorname{" + name.replace("_", r"\_") + "}"
