"""Trees back to text, and the text under which an error points to its place."""

from __future__ import annotations

from checker.expression.tree import Call, Expression, Index, Name, Negative, Number

_SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(1, 6)
# how tightly an operator binds, and what its operands must bind to stand without brackets
_BINDS = {
    "+": (_SUM, _SUM, _PRODUCT),
    "-": (_SUM, _SUM, _PRODUCT),
    "*": (_PRODUCT, _PRODUCT, _SIGNED),
    "/": (_PRODUCT, _PRODUCT, _SIGNED),
    "@": (_PRODUCT, _PRODUCT, _SIGNED),
    "^": (_POWER, _ATOM, _SIGNED),
}
_SPACED = frozenset("+-@")


def unparse(tree: Expression) -> str:
    """The tree as text of the language, with `^` for powers and no more brackets than it needs.

    Parsing it again gives the same tree, but for the places.

    >>> from checker.expression.parser import parse
    >>> unparse(parse("((a−y)²)÷2 + w1 x1", ()))
    '(a - y)^2/2 + w1*x1'
    """
    out: list[str] = []
    stack: list[str | tuple[Expression, int]] = [(tree, _SUM)]  # what is still to be written, last first
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
            continue
        part, needed = item
        if isinstance(part, Number):
            out.append(part.text)
        elif isinstance(part, Name):
            out.append(part.name)
        elif isinstance(part, Call):
            out.append(f"{part.function}(")
            stack.append(")")
            for i, argument in reversed(list(enumerate(part.arguments))):
                stack.append((argument, _SUM))
                if i:
                    stack.append(", ")
        elif isinstance(part, Index):
            chosen = (
                str(chosen) if isinstance(chosen, int) else f"{chosen.start or ''}:{chosen.stop or ''}"
                for chosen in part.items
            )  # fmt: skip
            bare = isinstance(part.base, Call | Index) or (
                isinstance(part.base, Name) and part.base.name not in ("e", "pi")
            )
            stack.append(f"{'' if bare else ')'}[{','.join(chosen)}]")
            stack.append((part.base, _SUM))
            if not bare:
                out.append("(")
        else:
            binds = _SIGNED if isinstance(part, Negative) else _BINDS[part.operator][0]
            if binds < needed:
                out.append("(")
                stack.append(")")
            if isinstance(part, Negative):
                out.append("-")
                stack.append((part.operand, _SIGNED))
            else:
                _, left, right = _BINDS[part.operator]
                sign = f" {part.operator} " if part.operator in _SPACED else part.operator
                stack += ((part.right, right), sign, (part.left, left))
    return "".join(out)


def caret(text: str, at: int, width: int = 60) -> str:
    """Two lines: the text around the offset `at`, at most `width` characters of it, and a caret under the place.

    >>> print(caret("a*(1 - a", 2))
    a*(1 - a
      ^
    """
    from unicodedata import combining, east_asian_width

    at = min(max(at, 0), len(text))
    start, stop = 0, len(text)
    if len(text) > width:
        start = min(max(at - width // 2, 0), len(text) - width)
        stop = start + width
    # what has no width of its own, or turns the direction of the line, would put the caret under the wrong place
    plain = ["…"] if start else []
    plain += (c if c.isprintable() and not combining(c) else " " if c.isspace() else "\ufffd" for c in text[start:stop])
    padding = "".join("  " if east_asian_width(c) in "WF" else " " for c in plain[: at - start + (start > 0)])
    return f"{''.join(plain)}{'…' if stop < len(text) else ''}\n{padding}^"
