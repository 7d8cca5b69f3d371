"""The answers of a practice form as a submission file, and a submission file as the answers of a form.

What is graded is the file that is downloaded, so that the page and the command say the same of it. Whatever is typed
stands in the file as one value: nothing that is typed can become a key, a tag or another answer.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from checker import yamlfile
from checker.errors import SubmissionError
from checker.stepname import UnknownStep
from checker.submission import FORMAT, load_submission
from checker.web.fields import said
from checker.yamlfile import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from checker.readings.program import Asked, Program
    from checker.web.choice import Form

FILE = "answers"  # what findings call the text
VALUE, CELLS, FORMULA, MORE = "v.", "c.", "f.", "more"
MOST_CELLS, MOST_ACROSS = 36, 6

_PLAIN = re.compile(r"(?:[A-Za-z0-9_.(+]|-(?=[A-Za-z0-9_.(]))[A-Za-z0-9_.+*/^() @=-]*")


class Composed(NamedTuple):
    """A submission file, and what is wrong with the writing of answers, by the number of the step or `MORE`."""

    text: str
    faults: dict[int | str, str]


def shape_of(item: Asked, program: Program) -> tuple[int, ...]:
    """The shape of what is asked: () for a number."""
    return () if item.element is not None else program.steps[item.step].shape


def has_cells(shape: tuple[int, ...]) -> bool:
    """Whether an array is small enough for a field an element."""
    return 0 < len(shape) <= 2 and prod(shape) <= MOST_CELLS and shape[-1] <= MOST_ACROSS


def compose(form: Form, program: Program) -> Composed:
    """The submission file that a form stands for: every asked step in its order, empty where nothing was typed."""
    faults: dict[int | str, str] = {}
    lines = [f"format: {FORMAT}", f"problem: {program.problem}"]
    student = _one(form, "student").strip()
    if student:
        lines.append(f"student: {scalar(student)}")
    lines.append("answers:")
    for n, item in enumerate(program.ask):
        text = _answer(form, n, shape_of(item, program), faults)
        lines.append(f"  {key(item.label)}:{' ' if text else ''}{text}")
    taken = {item.label for item in program.ask}
    lines += [f"  {key(name)}: {text}" for name, text in _more(form, taken, faults)]
    return Composed("\n".join(lines) + "\n", faults)


def _one(form: Form, name: str) -> str:
    values = form.get(name)
    return values[-1] if values else ""


def _answer(form: Form, n: int, shape: tuple[int, ...], faults: dict[int | str, str]) -> str:
    cells = form.get(f"{CELLS}{n}")
    if cells is not None and len(cells) == prod(shape):
        texts = [scalar(each, inside=True) or "null" for each in cells]
        value = _nested(texts, shape) if any(each.strip() for each in cells) else ""
    else:
        value = " ".join(_one(form, f"{VALUE}{n}").split())
        if value[:1] in ("[", "{"):
            fault = _flow_fault(value)
            if fault:
                faults[n] = fault
                value = quoted(value)
        else:
            value = scalar(value, inside=True)
    formula = scalar(_one(form, f"{FORMULA}{n}"), inside=True)
    if not formula:
        return value
    return f"{{value: {value}, formula: {formula}}}" if value else f"{{formula: {formula}}}"


def _nested(texts: list[str], shape: tuple[int, ...]) -> str:
    if not shape:
        return texts[0]
    size = len(texts) // shape[0]
    return f"[{', '.join(_nested(texts[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0]))}]"


def _flow_fault(text: str) -> str:
    """What is wrong with a list or a mapping on one line; '' where it is one."""
    try:
        root = yamlfile.read(f"x: {text}\n".encode(), FILE, SubmissionError)
    except SubmissionError as error:
        if text.count("[") > text.count("]"):
            return "the list has no end yet; close it with ]"
        return said(error.findings[0])
    return "" if list(root.items) == ["x"] and not isinstance(root.items["x"], Scalar) else "this is no list"


def _more(form: Form, taken: set[str], faults: dict[int | str, str]) -> list[tuple[str, str]]:
    """The further answers, `name: answer` a line, as typed; none where they cannot be read."""
    text = _one(form, MORE).replace("\r\n", "\n")
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return []
    try:
        root = yamlfile.read(text.encode(), FILE, SubmissionError)
    except SubmissionError as error:
        where = error.findings[0].where
        faults[MORE] = (f"line {where.line}: " if where else "") + said(error.findings[0])
        return []
    again = [name for name in root.items if name in taken]
    if again:
        faults[MORE] = f"{again[0]} has a field of its own; write its answer there"
    return [(name, flow(node)) for name, node in root.items.items() if name not in taken]


# ---------------------------------------------------------------- values as text of a file


def key(name: str) -> str:
    """The name of a step as a key."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def scalar(text: str, *, inside: bool = False) -> str:
    """What was typed as one value; '' where that is nothing.

    A name keeps its spaces; `inside` an answer they mean nothing.

    >>> scalar(" -0.5 ", inside=True), scalar("0,5", inside=True), scalar("a: b"), scalar("null")
    ('-0.5', '"0,5"', '"a: b"', '"null"')
    """
    text = " ".join(text.split()) if inside else text.strip()
    if not text:
        return ""
    plain = _PLAIN.fullmatch(text) and (inside or text[0].isalpha()) and text.lower() not in ("null", "true", "false")
    return text if plain else quoted(text)


def quoted(text: str) -> str:
    r"""A text in double quotes, whatever is in it.

    >>> print(quoted('a"b'), quoted(chr(7)))
    "a\"b" "\U00000007"
    """
    made = []
    for each in text:
        if each in '"\\':
            made.append(f"\\{each}")
        elif each.isprintable() and not "\ud800" <= each <= "\udfff":
            made.append(each)
        else:
            made.append("\ufffd" if "\ud800" <= each <= "\udfff" else f"\\U{ord(each):08X}")
    return f'"{"".join(made)}"'


def flow(node: Node) -> str:
    """A value of a file on one line."""
    if isinstance(node, Sequence):
        return f"[{', '.join(map(flow, node.items))}]"
    if isinstance(node, Mapping):
        return f"{{{', '.join(f'{key(name)}: {flow(item)}' for name, item in node.items.items())}}}"
    if node.plain and yamlfile.value(node) is None:
        return "null"
    return scalar(node.text, inside=True) or "null"


# ---------------------------------------------------------------- a file as answers


class Opened(NamedTuple):
    """A submission file as a form: which problem and whose, each field's text or texts by its name."""

    problem: str
    student: str
    fields: dict[str, Any]


def problem_of(data: str) -> str:
    """Which problem a submission file answers.

    Raises:
        SubmissionError: it is no submission that can be used.
    """
    return load_submission(data.encode(), FILE).problem


def opened(data: str, program: Program) -> Opened:
    """The fields that hold the answers of a submission file; what has none stands among the further answers.

    Raises:
        SubmissionError: the file as a whole cannot be used.
    """
    sheet = load_submission(data.encode(), FILE)
    answers = yamlfile.read(data.encode(), FILE, SubmissionError).items["answers"]
    assert isinstance(answers, Mapping)
    found: dict[str, Any] = {}
    more = []
    for name, node in answers.items.items():
        if not _put(name, node, program, found):
            more.append(f"{key(name)}: {flow(node)}")
    if more:
        found[MORE] = "\n".join(more)
    return Opened(sheet.problem, sheet.student or "", found)


def _put(name: str, node: Node, program: Program, found: dict[str, Any]) -> bool:
    """Whether an answer could be put into the field that is for it."""
    try:
        target = program.names.find(name)
    except UnknownStep:
        return False
    for n, item in enumerate(program.ask):
        step = program.steps[item.step]
        if step.name != target.step or item.negative != target.negative:
            continue
        at = None if target.element is None else _position(target.element, step.shape)
        shape = shape_of(item, program)
        if item.element == at:
            return _fill(n, node, shape, item, found)
        if item.element is None and at is not None and isinstance(node, Scalar) and has_cells(shape):
            if f"{VALUE}{n}" in found:
                return False
            cells = found.setdefault(f"{CELLS}{n}", [""] * prod(shape))
            if cells[at]:
                return False
            cells[at] = _typed(node)
            return True
    return False


def _fill(n: int, node: Node, shape: tuple[int, ...], item: Asked, found: dict[str, Any]) -> bool:
    if f"{VALUE}{n}" in found or f"{CELLS}{n}" in found or f"{FORMULA}{n}" in found:
        return False  # the step is answered twice
    if isinstance(node, Mapping) and item.expect == "both" and set(node.items) <= {"value", "formula"}:
        formula = node.items.get("formula")
        if formula is None or isinstance(formula, Scalar):
            if formula is not None:
                found[f"{FORMULA}{n}"] = _typed(formula)
            value = node.items.get("value")
            if value is not None:
                _value(n, value, shape, found)
            return True
    _value(n, node, shape, found)
    return True


def _value(n: int, node: Node, shape: tuple[int, ...], found: dict[str, Any]) -> None:
    if isinstance(node, Scalar):
        found[f"{VALUE}{n}"] = _typed(node)
        return
    cells = _cells(node, shape) if has_cells(shape) else None
    if cells is not None:
        found[f"{CELLS}{n}"] = cells
    else:
        found[f"{VALUE}{n}"] = flow(node)


def _cells(node: Node, shape: tuple[int, ...]) -> list[str] | None:
    """The texts of an array's elements; None where the lists are not of its shape, or hold more than texts."""
    if not shape:
        return [_typed(node)] if isinstance(node, Scalar) else None
    if not isinstance(node, Sequence) or len(node.items) != shape[0]:
        return None
    parts = [_cells(item, shape[1:]) for item in node.items]
    return [text for part in parts if part is not None for text in part] if None not in parts else None


def _typed(node: Scalar) -> str:
    return "" if node.plain and yamlfile.value(node) is None else " ".join(node.text.split())


def _position(element: tuple[int, ...], shape: tuple[int, ...]) -> int:
    position = 0
    for index, size in zip(element, shape, strict=True):
        position = position * size + index - 1
    return position
