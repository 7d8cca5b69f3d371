"""What a quotient is taken for by many: `1/2x` is (1/2)*x in this language, and 1/(2x) on much paper."""

from __future__ import annotations

from dataclasses import replace

from checker.expression.tree import Binary, Call, Expression, Index, Negative

_TIMES = "*·⋅∙•×⊙∘∗"


def regrouped(tree: Expression, text: str) -> Expression:
    """The tree with what stands beside a denominator, with nothing between them, in the denominator.

    >>> from checker.expression.parser import parse
    >>> from checker.expression.written import unparse
    >>> for text in ("1/2x", "a + 1/2 x y", "(1/2)x", "1/2*x"):
    ...     print(unparse(regrouped(parse(text, ()), text)))
    1/(2*x)
    a + 1/(2*x*y)
    1/2*x
    1/2*x
    """
    if isinstance(tree, Negative):
        return replace(tree, operand=regrouped(tree.operand, text))
    if isinstance(tree, Call):
        return replace(tree, arguments=tuple(regrouped(argument, text) for argument in tree.arguments))
    if isinstance(tree, Index):
        return replace(tree, base=regrouped(tree.base, text))
    if not isinstance(tree, Binary):
        return tree
    left, right = regrouped(tree.left, text), regrouped(tree.right, text)
    beside = tree.operator == "*" and text[tree.at : tree.at + 1] not in _TIMES
    if beside and isinstance(left, Binary) and left.operator == "/" and not _closed(text[left.at : tree.at]):
        return Binary("/", left.left, Binary("*", left.right, right, tree.at), left.at)
    return Binary(tree.operator, left, right, tree.at)


def _closed(text: str) -> bool:
    """Whether a bracket is closed here that is opened before."""
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return True
    return False
