"""A student's file: which problem, whose, and every answer with its place. What an answer means is judged later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker import yamlfile
from checker.errors import Finding, Place, SubmissionError
from checker.numbertext import FractionText, NumberError, NumberText, read_fraction, read_number
from checker.yamlfile import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = "check-backprop/submission@1"
KEYS = ("format", "problem", "student", "answers")
LONGEST_NAME = 200  # characters of a student's or a step's name
LONGEST_FORMULA = 2_000
MOST_NUMBERS = 100_000
DEEPEST = 4

_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_WORDS = {"nan": "not a number", "inf": "infinite", "infinity": "infinite", "∞": "infinite"}

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


class Both(NamedTuple):
    """The numbers of an array and one formula for all of it."""

    value: list[Content]
    formula: Entry


Content = Entry | Both | list["Content"]


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
    if not _sound(root):
        raise SubmissionError(*_explained(root, file))
    problem, answers = root.items["problem"], root.items["answers"]
    student = root.items.get("student")
    assert isinstance(problem, Scalar)
    assert isinstance(answers, Mapping)
    reader = _Answers()
    read = []
    for name, node in answers.items.items():
        key = answers.keys[name]
        content = reader.content(node, 0)
        read.append(Answer(name, key.line, key.column, node.line, node.column, content))
        if reader.numbers > MOST_NUMBERS:
            what = f"there are more than {MOST_NUMBERS:,} numbers in the answers"
            raise SubmissionError(Finding(what, yamlfile.place(key, file), "leave some out"))
    named = student.text.strip() if isinstance(student, Scalar) and not _null(student) else ""
    return Submission(problem.text, named or None, file, tuple(read), yamlfile.place(problem, file))


# ---------------------------------------------------------------- the file as a whole


def _sound(root: Mapping) -> bool:
    """Whether keys and kinds are those of a submission: what its JSON Schema says, without the time that takes."""
    items = root.items
    form, problem, student, answers = (items.get(key) for key in KEYS)
    return (
        len(items) == sum(key in items for key in KEYS)
        and isinstance(form, Scalar)
        and form.text == FORMAT
        and isinstance(problem, Scalar)
        and _ID.fullmatch(problem.text) is not None
        and (student is None or (isinstance(student, Scalar) and _name_fault(student) is None))
        and isinstance(answers, Mapping)
        and all(len(name) <= LONGEST_NAME for name in answers.items)
    )


def _explained(root: Mapping, file: str) -> list[Finding]:
    """What is wrong with a file that is not sound, in the words of its schema where they are the best ones."""
    from checker.shipped import schema

    items = dict(root.items)
    form, answers, student = items.get("format"), items.get("answers"), items.get("student")
    if isinstance(form, Scalar) and form.text.startswith("check-backprop/") and form.text != FORMAT:
        mend = f"write `format: {FORMAT}`"
        if form.text.startswith("check-backprop/problem@"):  # its other keys are no mistakes
            mend = "give a submission to be graded; `solve` and `lint` take problems"
        found = yamlfile.short(form.text)
        return [Finding(f"format: expected {FORMAT}, found {found!r}", yamlfile.place(form, file), mend)]
    own = []
    if isinstance(answers, Mapping):  # what is wrong with a single answer costs that answer alone
        items["answers"] = Mapping(
            {name: Scalar("", True, 1, 1) for name in answers.items if len(name) > LONGEST_NAME},
            answers.keys,
            answers.line,
            answers.column,
        )
    elif isinstance(answers, Scalar) and _null(answers):
        mend = "write them below it, one a line, such as `  z: 0.7`"
        own.append(Finding("answers: there are none", yamlfile.place(answers, file), mend))
    fault = _name_fault(student) if isinstance(student, Scalar) else None
    if student and fault:
        own.append(Finding(f"student: {fault[0]}", yamlfile.place(student, file), fault[1]))
    judged = Mapping(items, root.keys, root.line, root.column)
    taken = {finding.where for finding in own}
    own += [finding for finding in yamlfile.validate(judged, schema("submission"), file) if finding.where not in taken]
    if not own:  # a line break after the id is the one thing that the schema's patterns do not see
        where = yamlfile.place(items.get("problem", root), file)
        own.append(Finding("problem: this id cannot be used", where, "write it on one line"))
    return sorted(own, key=lambda finding: finding.where or ())


def _name_fault(student: Scalar) -> tuple[str, str] | None:
    """What is wrong with the name of a student and how to mend it; None where nothing is."""
    text = student.text.strip()
    if len(text) > LONGEST_NAME:
        return f"the name has {len(text):,} characters", f"use at most {LONGEST_NAME}"
    if _boolean(student):
        return f"expected a name, found {text}", "put it in quotes if it is one"
    if not text.isprintable():
        bad = next((sign for sign in text if sign < " " or "\x7f" <= sign <= "\x9f"), "")
        if bad:
            return f"the control character U+{ord(bad):04X} is not allowed in a name", "remove it"
    return None


def _null(scalar: Scalar) -> bool:
    return yamlfile.value(scalar) is None


def _boolean(scalar: Scalar) -> bool:
    return isinstance(yamlfile.value(scalar), bool)


# ---------------------------------------------------------------- single answers


class _Answers:
    """Reads the values below `answers:`, counting them."""

    def __init__(self) -> None:
        self.numbers = 0

    def content(self, node: Node, depth: int) -> Content:
        """What an answer, or an element of it, holds."""
        self.numbers += 1
        if isinstance(node, Scalar):
            return entry(node)
        if isinstance(node, Sequence):
            self.numbers -= 1
            if depth == DEEPEST:
                return _fault("", node, f"the lists are more than {DEEPEST} deep; remove brackets")
            return [self.content(item, depth + 1) for item in node.items]
        return self.pair(node, depth)

    def pair(self, node: Mapping, depth: int) -> Content:
        """`{value: …, formula: …}`, either of which may stand alone."""
        for name, key in node.keys.items():
            if name not in ("value", "formula"):
                what = f"unknown key {yamlfile.short(name)!r} in an answer"
                return _fault("", key, f"{what}; write {{value: 0.7, formula: a*(1 - a)}}")
        if not node.items:
            return _fault("", node, "an answer is empty; write the number, or remove the brackets")
        value, formula = node.items.get("value"), node.items.get("formula")
        if value is None or (isinstance(value, Scalar) and _null(value)):
            value = None
        if formula is None or (isinstance(formula, Scalar) and _empty(formula)):
            return self.content(value, depth) if value else Entry("", node.line, node.column)
        if not isinstance(formula, Scalar):
            return _fault("", formula, "the formula is not a text; write one, in quotes where it has brackets in it")
        if len(formula.text) > LONGEST_FORMULA:
            return _long(formula)
        written = formula.text.strip()
        if value is None:
            return Entry(written, formula.line, formula.column, formula=written)
        if isinstance(value, Sequence):
            numbers = self.content(value, depth)
            odd = next((each for each in _flat(numbers) if each.error is None and each.formula is not None), None)
            if odd is not None:
                what = f"the value {yamlfile.short(odd.text)!r} is not a number"
                return _fault(odd.text, value, f"{what}; write numbers as the value, the formula beside it")
            if isinstance(numbers, list):
                whole = Entry(written, formula.line, formula.column, formula=written)
                return Both(numbers, whole)
            return numbers
        if not isinstance(value, Scalar):
            return _fault("", value, "the value is not a number; write {value: 0.7, formula: a*(1 - a)}")
        number = entry(value)
        if number.formula is not None:
            what = f"the value {yamlfile.short(number.text)!r} is not a number"
            return _fault(number.text, value, f"{what}; write the number as the value, the formula beside it")
        if number.error is not None or number.number is None:
            return number
        return number._replace(text=f"{number.text} = {written}", formula=written)


def _flat(content: Content) -> Iterator[Entry]:
    if isinstance(content, Entry):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from _flat(part)


def entry(scalar: Scalar) -> Entry:
    """One value as typed: a number, a fraction, something to be read as a formula, nothing, or an error."""
    text, line, column = scalar.text, scalar.line, scalar.column
    try:
        number: Number | None = read_number(text)
        if number is None and "/" in text:
            number = read_fraction(text)
    except NumberError as fault:
        return _fault(text, scalar, f"the number {yamlfile.short(text.strip())} cannot be used: {fault}", fault.at)
    if number is not None:
        return Entry(text, line, column, number)
    if _empty(scalar):
        return Entry("", line, column)
    if len(text) > LONGEST_FORMULA:
        return _long(scalar)
    written = text.strip()
    if _boolean(scalar):
        return _fault(text, scalar, f"{written} is not a number; write the number")
    strange = _strange(written)
    if strange:
        return _fault(written, scalar, *strange)
    return Entry(written, line, column, formula=written)


def _empty(scalar: Scalar) -> bool:
    return not scalar.text.strip() or _null(scalar)


def _strange(text: str) -> tuple[str, int | None] | None:
    """What is wrong with text that is neither a number nor a formula, how to mend it, and where it is.

    None where it may be one.
    """
    bare = text.translate({ord(sign): "-" for sign in "−–‒"}).lstrip("=≈~+- ")
    word = _WORDS.get(bare.lstrip(".").lower())
    if word:
        return f"{text} is {word}; write a number, or leave the answer empty", None
    shown = yamlfile.short(text)
    if not bare[:1].isdigit() and bare[:1] not in (".", ","):
        return None
    if re.fullmatch(r"0[xXoObB][0-9a-fA-F_]+", bare):
        return f"{shown} is not a decimal number; write it in decimal", text.index("0") + 1
    if re.fullmatch(r"[0-9_.]+(?:[eE][-+]?[0-9_]+)?", bare):
        if "_" in bare:
            mend = f"write {yamlfile.short(text.replace('_', ''))}"
            return f"{shown} has an underscore between its digits; {mend}", text.index("_")
        if bare.count(".") > 1 and any(map(str.isdigit, bare)):
            return f"{shown} has more than one decimal point; keep one", text.index(".", text.index(".") + 1)
    if re.fullmatch(r"[0-9.,; eE+-]+", bare) and re.search(r"[0-9][,;]", bare):
        found = re.search(r"[,;]", text)
        what = f"{shown} is not one number; write [1, 2] for several, and 0.5 with a point"
        return what, found.start() if found else None
    return None


def _fault(text: str, at: Node, error: str, place: int | None = None) -> Entry:
    """An answer that cannot be read, and why; with the `place` of what is wrong with it on two more lines."""
    if place is not None:
        from checker.expression.written import caret

        error = f"{error}\n{caret(text, place)}"
    return Entry(text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…", at.line, at.column, error=error)


def _long(scalar: Scalar) -> Entry:
    length = len(scalar.text)
    return _fault(scalar.text, scalar, f"the formula has {length:,} characters; use at most {LONGEST_FORMULA:,}")
