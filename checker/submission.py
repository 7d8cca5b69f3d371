"""A student's file: which problem, whose, and every answer with its place. What an answer means is judged later."""

from __future__ import annotations

import re
from typing import NamedTuple

from checker import yamlfile
from checker.errors import Finding, Place, SubmissionError
from checker.numbertext import FractionText, NumberError, NumberText, read_fraction, read_number
from checker.yamlfile import Mapping, Node, Scalar, Sequence

FORMAT = "check-backprop/submission@1"
KEYS = ("format", "problem", "student", "answers")
ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
LONGEST_NAME = 200
LONGEST_FORMULA = 2_000
MOST_NUMBERS = 100_000
DEEPEST = 4  # axes of an array

Number = NumberText | FractionText


class Entry(NamedTuple):
    """One answer, or one element of it: the text as typed, where, and what it is.

    `number` where it is one, `formula` where it is something to be read as an expression, both where both were given,
    neither where nothing was filled in; `error` says what is wrong and how to mend it.
    """

    text: str
    line: int
    column: int
    number: Number | None = None
    formula: str | None = None
    error: str | None = None


Content = Entry | list["Content"]


class Answer(NamedTuple):
    """What a student wrote beside the name of a step: `content` is an Entry, or lists of them as the file has them."""

    name: str
    key_line: int
    key_column: int
    line: int
    column: int
    content: Content


class Submission(NamedTuple):
    """A submission as it stands in its file; `student` is None where the file does not say."""

    problem: str
    student: str | None
    file: str
    answers: tuple[Answer, ...]
    problem_place: Place


def load_submission(data: bytes, file: str) -> Submission:
    """The submission in a file's bytes.

    Raises:
        SubmissionError: the file as a whole cannot be used, with everything that is wrong with it. What is wrong with
            the writing of one answer stands in that answer's entries instead.
    """
    root = yamlfile.read(data, file, SubmissionError)
    findings = _checked(root, file)
    if findings:
        raise SubmissionError(*findings)
    problem = root.items["problem"]
    student = root.items.get("student")
    answers = root.items["answers"]
    assert isinstance(problem, Scalar) and isinstance(answers, Mapping)
    read = _Answers()
    found = tuple(
        Answer(name, (key := answers.keys[name]).line, key.column, node.line, node.column, read.content(node, 0))
        for name, node in answers.items.items()
    )
    if read.count > MOST_NUMBERS:
        where = Place(file, answers.line, answers.column)
        raise SubmissionError(Finding(f"{read.count} numbers, more than {MOST_NUMBERS}", where, "leave some out"))
    name = student.text.strip() if isinstance(student, Scalar) else ""
    return Submission(problem.text, name or None, file, found, yamlfile.place(problem, file))


def _checked(root: Mapping, file: str) -> list[Finding]:
    """What is wrong with the keys and their kinds. A good file passes by this look; a bad one is explained in full."""
    items = root.items
    form, problem, student, answers = (items.get(key) for key in KEYS)
    good = (
        all(key in KEYS for key in items)
        and isinstance(form, Scalar)
        and form.text == FORMAT
        and isinstance(problem, Scalar)
        and ID.fullmatch(problem.text) is not None
        and (student is None or (isinstance(student, Scalar) and len(student.text) <= LONGEST_NAME))
        and isinstance(answers, Mapping)
    )
    if good:
        assert isinstance(answers, Mapping)
        return [
            Finding(f"a step's name of {len(name)} characters", yamlfile.place(answers.keys[name], file), "shorten it")
            for name in answers.items
            if len(name) > LONGEST_NAME
        ]
    return _explained(root, file)


def _explained(root: Mapping, file: str) -> list[Finding]:
    for key in ("problem", "student"):  # a number is an id or a name as it stands
        node = root.items.get(key)
        if isinstance(node, Scalar) and isinstance(yamlfile.value(node), int | float):
            node.plain = False
    answers = root.items.get("answers")
    structure = yamlfile.schema("submission")
    structure = {**structure, "properties": {**structure["properties"], "answers": {"type": "object"}}}
    if answers is not None and isinstance(answers, Scalar) and yamlfile.value(answers) is None:
        structure["properties"] = {**structure["properties"], "answers": {}}
        empty = [
            Finding("there are no answers", yamlfile.place(answers, file), "write them below `answers:`, one a line")
        ]
    else:
        empty = []
    found = yamlfile.validate(root, structure, file) + empty
    return sorted(found, key=lambda finding: finding.where or Place(file)) or [
        Finding("the file is not a submission", Place(file), f"start with `format: {FORMAT}`")
    ]


class _Answers:
    """Reads the values below `answers:`, counting them."""

    def __init__(self) -> None:
        self.count = 0

    def content(self, node: Node, depth: int) -> Content:
        if node.__class__ is Scalar:
            self.count += 1
            return entry(node)  # type: ignore[arg-type]  # its class was just looked at
        if isinstance(node, Sequence):
            if depth >= DEEPEST:
                return Entry("[…]", node.line, node.column, error=f"nested deeper than {DEEPEST} lists; remove brackets")
            return [self.content(item, depth + 1) for item in node.items]
        assert isinstance(node, Mapping)
        self.count += 1
        return _both(node)


def entry(scalar: Scalar) -> Entry:
    """One value as typed: a number, a fraction, something to be read as a formula, nothing, or an error."""
    text, line, column = scalar.text, scalar.line, scalar.column
    try:
        number: Number | None = read_number(text)
        if number is not None:
            return Entry(text, line, column, number)
        number = read_fraction(text)
        if number is not None:
            return Entry(text, line, column, number)
    except NumberError as fault:
        return Entry(text[:LONGEST_FORMULA], line, column, error=str(fault))
    if scalar.plain:
        data = yamlfile.value(scalar)
        if data is None:
            return Entry("", line, column)
        if isinstance(data, bool):
            return Entry(text, line, column, error=f"{text} is a yes or no, not a number; write the number")
    if not text.strip():
        return Entry("", line, column)
    if len(text) > LONGEST_FORMULA:
        return Entry(
            f"{text[:60]}…", line, column, error=f"a formula of {len(text)} characters; use at most {LONGEST_FORMULA}"
        )
    return Entry(text, line, column, formula=text)


def _both(node: Mapping) -> Entry:
    """`{value: …, formula: …}`, either of which may stand alone."""
    unknown = [key for key in node.items if key not in ("value", "formula")]
    if unknown or not node.items:
        where = node.keys[unknown[0]] if unknown else node
        found = f"the key {unknown[0]!r}" if unknown else "an empty mapping"
        return Entry("", where.line, where.column, error=f"{found} in an answer; write `{{value: …, formula: …}}`")
    parts: dict[str, Entry] = {}
    for key, part in node.items.items():
        if not isinstance(part, Scalar):
            return Entry("", part.line, part.column, error=f"{key} is not a single text; write one number or formula")
        parts[key] = entry(part)
        if parts[key].error:
            return parts[key]
    value, formula = parts.get("value"), parts.get("formula")
    if value is not None and value.formula is not None:
        where, mend = value, "write a number as the value, the formula beside it"
        return Entry(value.text, where.line, where.column, error=f"the value {value.text!r} is a formula; {mend}")
    if formula is None or not formula.text:
        assert value is not None or formula is not None
        return value or Entry("", node.line, node.column)
    text = formula.text if value is None or not value.text else f"{value.text} = {formula.text}"
    number = value.number if value is not None else None
    return Entry(text, (value or formula).line, (value or formula).column, number, formula.text)
