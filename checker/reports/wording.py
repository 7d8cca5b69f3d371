"""The catalogue of sentences a student reads: one for each verdict, and for what qualifies it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.outcome import Verdict

if TYPE_CHECKING:
    from checker.outcome import StepGrade


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
            return step.message or SENTENCES[step.verdict].plain
        return _share(step).lstrip() + _unread(step)
    chosen = SENTENCES[step.verdict]
    if step.degenerate:
        chosen = DEGENERATE
    elif step.verdict is Verdict.MISCONCEPTION and all(each.confidence == "possible" for each in step.diagnosis):
        chosen = POSSIBLE
    told = chosen.told if causes and ("{rests_on}" not in chosen.told or step.rests_on) else chosen.plain
    told = QUALIFIED.get(step.message, told)
    return told.replace("{rests_on}", _listed(step.rests_on)) + _share(step) + _unread(step)


def _share(step: StepGrade) -> str:
    """How many elements of an array are right as they are, where only some are."""
    right = sum(element.verdict is Verdict.CORRECT for element in step.elements)
    if step.verdict is Verdict.CORRECT or not 0 < right < len(step.elements):
        return ""
    return f" {right} of {len(step.elements)} elements {'is' if right == 1 else 'are'} right."


def _unread(step: StepGrade) -> str:
    """That some elements of an array cannot be read, where the array as a whole is judged; each says why itself."""
    return " Not all of the answer can be read." if any(element.message for element in step.elements) else ""


def _listed(names: tuple[str, ...], most: int = 4) -> str:
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def points(awarded: float, possible: float) -> str:
    """Points as a person writes them.

    >>> points(10.5, 12)
    '10.5 of 12 points'
    """
    return f"{amount(awarded)} of {amount(possible)} {'point' if amount(possible) == '1' else 'points'}"


def amount(number: float) -> str:
    """A number of points, without digits that say nothing.

    >>> amount(3.0), amount(2 / 3), amount(0.5)
    ('3', '0.667', '0.5')
    """
    return f"{number:.3f}".rstrip("0").rstrip(".")
