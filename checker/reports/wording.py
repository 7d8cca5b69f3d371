"""The catalogue of sentences a student reads: one for each verdict, and for what qualifies it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from checker.outcome import Verdict
from checker.reports.language import ENGLISH, say, say_count, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from re import Pattern

    from checker.outcome import Grade, StepGrade


class Sentence(NamedTuple):
    """What is said of a verdict: `plain` names no cause, `told` may (`{rests_on}` stands for the earlier answers)."""

    plain: str
    told: str


DEGENERATE = Sentence(
    "0 only because an earlier answer is 0, which shows nothing of the method: no points.",
    "0 only because of your own {rests_on}, which shows nothing of the method: no points.",
)

SENTENCES: dict[Verdict, Sentence] = {
    Verdict.CORRECT: Sentence("Correct.", "Correct."),
    Verdict.FOLLOW_THROUGH: Sentence(
        "The method is right; the value follows from an earlier answer that is not.",
        "The method is right; the value follows from your own {rests_on}.",
    ),
    Verdict.MISCONCEPTION: Sentence("Not right.", "Not right: this is what a known mistake gives."),
    Verdict.SLIP: Sentence("Not right.", "Not right: a slip away from the right answer."),
    Verdict.IMPRECISE: Sentence(
        "Right as far as it goes, but given to fewer digits than asked.",
        "Right as far as it goes, but given to fewer digits than asked.",
    ),
    Verdict.WRONG: Sentence("Not right.", "Not right: work this step again from your own earlier answers."),
    Verdict.MISSING: Sentence("No answer.", "No answer."),
    Verdict.UNREADABLE: Sentence("The answer cannot be read.", "The answer cannot be read."),
}

POSSIBLE = Sentence(
    "Not right.", "Not right: a known mistake may have given this value, though chance could explain it."
)

SPECIAL = (DEGENERATE, POSSIBLE)

# where something was answered, but not what is asked for
QUALIFIED = {
    "numbers_only": "Right at the problem's numbers alone.",
    "formula": "A formula is asked for, and there is none.",
    "value": "A number is asked for, and there is only a formula.",
    "both": "A number and a formula are asked for, and there is only one of them.",
}

WORDS: dict[Verdict, str] = {
    Verdict.CORRECT: "correct",
    Verdict.FOLLOW_THROUGH: "follow-through",
    Verdict.MISCONCEPTION: "misconception",
    Verdict.SLIP: "slip",
    Verdict.IMPRECISE: "imprecise",
    Verdict.WRONG: "wrong",
    Verdict.MISSING: "missing",
    Verdict.UNREADABLE: "unreadable",
}


def word(verdict: Verdict) -> str:
    """What a verdict is called in the language that is spoken."""
    return say(WORDS[verdict])


# which of several submissions counts, by what is kept and whether it is this one
SAID = {
    ("last", True): "Of your {count} submissions to this problem this one counts: the last that could be graded.",
    ("last", False): "Of your {count} submissions to this problem this one does not count: the last one does.",
    ("first", True): "Of your {count} submissions to this problem this one counts: the first that could be graded.",
    ("first", False): "Of your {count} submissions to this problem this one does not count: the first one does.",
    ("best", True): "Of your {count} submissions to this problem this one counts: the best of them.",
    ("best", False): "Of your {count} submissions to this problem this one does not count: the best one does.",
}


def chosen(grade: Grade) -> str:
    """Whether a submission is the one that counts; '' where it is the only one."""
    choice = grade.choice
    return "" if choice is None else say(SAID[choice.keep, choice.counts], count=choice.of)


# a verdict is never told by its colour alone; all of these are in the mathematics font
SYMBOLS: dict[Verdict, str] = {
    Verdict.CORRECT: "✓",
    Verdict.FOLLOW_THROUGH: "→",
    Verdict.MISCONCEPTION: "!",
    Verdict.SLIP: "±",
    Verdict.IMPRECISE: "≈",
    Verdict.WRONG: "×",
    Verdict.MISSING: "○",
    Verdict.UNREADABLE: "?",
}


def sentence(step: StepGrade, *, causes: bool) -> str:
    """What the student is told of one step, with or without its cause.

    Of an answer that cannot be read two more lines show the place: the answer, and a caret below it. An unreadable
    answer says why it is unreadable at every level: that speaks of how it is typed, not of its value.
    """
    if step.verdict is Verdict.UNREADABLE:
        if step.message or all(element.message for element in step.elements):
            return step.message or say(SENTENCES[step.verdict].plain)
        return _share(step).lstrip() + _unread(step)
    chosen = SENTENCES[step.verdict]
    if step.degenerate:
        chosen = DEGENERATE
    elif step.verdict is Verdict.MISCONCEPTION and all(each.confidence == "possible" for each in step.diagnosis):
        chosen = POSSIBLE
    told = chosen.told if causes and ("{rests_on}" not in chosen.told or step.rests_on) else chosen.plain
    told = say(QUALIFIED.get(step.message, told))
    return told.replace("{rests_on}", listed(step.rests_on)) + _share(step) + _unread(step)


# What is said of a formula beyond its verdict. Such a note is made where no language is known: its parts are found
# again by these patterns, in which `{rest}` is another of them.
NOTES = (
    "the formula is right; the value beside it is not what it gives",
    "the value is right; the formula beside it does not give it",
    "the value is not what the formula beside it gives",
    "the formula is right for these numbers only, not in general",
    "the formula is right for these numbers only, not in general: {rest}",
    "this follows from the same mistake at {place}, which is counted once",
    "right but for one thing: {rest}",
    "compared with the right formula, {rest}",
    "its sign is turned",
    "the factor {factor} is missing",
    "the factor {factor} is one too many",
    "a factor {number} is missing",
    "a factor {number} is missing and its sign is turned",
    "there is a factor {number} too many",
    "there is a factor {number} too many and its sign is turned",
)


def note(text: str) -> str:
    """A note in the language that is spoken; what is none of `NOTES` stays as it is.

    >>> note("the factor da_dz is missing")
    'the factor da_dz is missing'
    """
    if not text or spoken() == ENGLISH:
        return text
    for pattern, shape in _shapes():
        found = shape.fullmatch(text)
        if found is not None:
            values = found.groupdict()
            if "rest" in values:
                values["rest"] = note(values["rest"])
            return say(pattern, **values)
    before, both, after = text.partition("; ")
    return f"{note(before)}; {note(after)}" if both else text


@cache
def _shapes() -> tuple[tuple[str, Pattern[str]], ...]:
    import re

    def shape(pattern: str) -> Pattern[str]:
        return re.compile(
            re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)" if "{rest}" in pattern else r"(?P<\1>[^;]+)", re.escape(pattern))
        )

    return tuple((pattern, shape(pattern)) for pattern in NOTES)


def _share(step: StepGrade) -> str:
    """How many elements of an array are right as they are, where only some are."""
    right = sum(element.verdict is Verdict.CORRECT for element in step.elements)
    if step.verdict is Verdict.CORRECT or not 0 < right < len(step.elements):
        return ""
    return " " + say_count(
        "{count} of {all} elements is right.", "{count} of {all} elements are right.", right, all=len(step.elements)
    )


def _unread(step: StepGrade) -> str:
    """That some elements of an array cannot be read, where the array as a whole is judged; each says why itself."""
    return " " + say("Not all of the answer can be read.") if any(each.message for each in step.elements) else ""


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names as an enumeration, the last ones counted where there are many.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = list(names[:most])
    if len(names) > most:
        return ", ".join(shown) + " " + say("and {count} more", count=len(names) - most)
    return f" {say('and')} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def points(awarded: float, possible: float) -> str:
    """Points as a person writes them.

    >>> points(10.5, 12)
    '10.5 of 12 points'
    """
    one = amount(possible) == "1"
    return say_count(
        "{awarded} of {possible} point",
        "{awarded} of {possible} points",
        1 if one else 2,
        awarded=amount(awarded),
        possible=amount(possible),
    )


def amount(number: float) -> str:
    """A number of points, without digits that say nothing.

    >>> amount(3.0), amount(2 / 3), amount(0.5)
    ('3', '0.667', '0.5')
    """
    return f"{number:.3f}".rstrip("0").rstrip(".")
