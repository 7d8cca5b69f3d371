"""Text that is only text: what a student typed cannot move a cursor, change a colour or turn a line around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.reports.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator


def printable(text: str) -> str:
    r"""`text` on one line, without control, bidirectional and invisible characters or terminal sequences.

    >>> printable("\x1b[31m0.7\x1b[0m\n")
    '0.7'
    >>> printable("a\u202eb\u00a0c")
    'ab c'
    """
    if text.isprintable():
        return text
    if "\x1b" in text or "\x9b" in text:
        import re

        # a sequence's parameters are printable characters: they go with the escape that introduces them
        text = re.sub(
            r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?", "", text
        )
    kept = (each if each.isprintable() else " " if each.isspace() else "" for each in text)
    return "".join(kept).strip()


def flat(value: Any) -> Iterator[Any]:
    """Every value of a nested list, in order; of a single one that.

    >>> list(flat([["1", "2"], ["3", None]])), list(flat(0.5))
    (['1', '2', '3', None], [0.5])
    """
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from flat(part)
    else:
        yield value


def inline(value: Any) -> str:
    """A number's text, or an array's as one line.

    >>> inline([["1", "2"], ["3", None]])
    '[[1, 2], [3, -]]'
    """
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    return "-" if value is None else printable(str(value))


def cell(value: Any, width: int = 34, rows: int = 8) -> str:
    """What stands in one cell of a table: short things whole, a matrix a row a line, anything longer cut with '…'.

    >>> print(cell([["0.123456", "0.234567"], ["0.345678", "0.456789"]], width=24))
    [[0.123456, 0.234567],
     [0.345678, 0.456789]]
    """
    whole = "" if value is None else inline(value)
    if len(whole) <= width:
        return whole
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        lines = [inline(row) for row in value[:rows]]
        last = "…]" if len(value) > rows else "]"
        texts = [f"{'[' if not number else ' '}{cut(line, width)}" for number, line in enumerate(lines)]
        return ",\n".join(texts) + (f",\n {last}" if len(value) > rows else last)
    return cut(whole, width)


def cut(text: str, width: int) -> str:
    """`text`, or as much of it as fits with an ellipsis."""
    return text if len(text) <= width else text[: width - 1] + "…"


def placed(message: str) -> tuple[str, list[str]]:
    r"""What is said, and two lines that show the place in a formula, where the message has them.

    >>> placed("nothing follows '+'\na +\n  ^"), placed("no number\n")
    (("nothing follows '+'", ['a +', '  ^']), ('no number\n', []))
    """
    lines = message.split("\n")
    return (lines[0], lines[1:]) if len(lines) == 3 and lines[2].strip(" ") == "^" else (message, [])


def echoed(answer: Any) -> Any:
    """An answer as typed; where it has a decimal comma, with the number that it is read as.

    >>> echoed(["0,5", "-1/3", "≈ 0.7"]), echoed("-0,0368 = dL_da*x2")
    (['0,5 (read as 0.5)', '-1/3', '≈ 0.7'], '-0,0368 (read as -0.0368) = dL_da*x2')
    """
    if isinstance(answer, (list, tuple)):
        return [echoed(each) for each in answer]
    if not isinstance(answer, str) or "," not in answer:
        return answer
    from checker.numbertext import NumberError, read_number

    typed, equals, formula = answer.partition(" = ")
    try:
        read = read_number(typed)
    except NumberError:
        read = None
    if read is None:
        return answer
    meant = typed.strip("=≈≃≅∼~ ").replace(",", ".")
    return f"{typed} ({say('read as {number}', number=meant)}){equals}{formula}"


def equation(name: str, formula: str) -> str:
    """`name = formula`, once."""
    return formula if formula.startswith(f"{name} =") else f"{name} = {formula}"
