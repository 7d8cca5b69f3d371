"""The figures against their targets: for a terminal, for docs/performance.md, and why one falls short."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.students.hand import Hand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.diagnosis.tally import Tally

PRECISIONS = {
    "3 significant": Hand(None, 3),
    "4 decimals": Hand(4, None),
    "6 decimals": Hand(6, None),
}
# figure: target at 3 significant digits, 4 and 6 decimals, and whether at least ('>') or at most ('<')
TARGETS = {
    "right work with full marks": (">", 1.0),
    "all answered: first wrong step found": (">", 0.99),
    "all answered: true cause reported": (">", 0.98),
    "all answered: true cause first": (">", 0.95),
    "all answered: causes reported": ("<", 1.2),
    "all answered: names reported": ("", 0.0),
    "all answered: said to be clear": ("", 0.0),
    "loss and updates: first wrong step found": (">", 0.99),
    "loss and updates: true cause reported": (">", 0.95),
    "loss and updates: true cause first": (">", 0.88),
    "loss and updates: causes reported": ("<", 1.4),
    "loss and updates: names reported": ("", 0.0),
    "uniform number called clear": ("<", 0.01),
    "replaced digit called clear": ("<", 0.02),
    "other quantity called clear": ("<", 0.02),
    "uniform number given any cause": ("", 0.0),
    "replaced digit given any cause": ("", 0.0),
    "other quantity given any cause": ("", 0.0),
    "later steps given follow-through": (">", 0.99),
    "second mistake found": (">", 0.98),
    "second mistake named": (">", 0.98),
    "given copied wrongly named": (">", 0.7),
    "free points after an early 0": ("<", 0.0),
    "told from right work only by a note": ("", 0.0),
}
# why a figure falls short of its target where it does, by how it begins
WHY = {
    "first wrong step found": "A number that the rounding of steps left out can just have made is right, whatever made "
    "it: what is found is then the next step, at which the mistake shows.",
    "true cause": "Few digits of an updated parameter leave one or two of its gradient: other mistakes lie as near, or "
    "nearer.",
    "causes reported": "Few digits of an updated parameter leave one or two of its gradient: several mistakes fit.",
    "called clear": "A share of some hundred numbers: one of them more or less is a third of a percent.",
}


def table(tallies: Mapping[str, Tally]) -> str:
    """The figures for a terminal; `!` marks what falls short."""
    return tabulate(
        rows(tallies), headers(tallies), disable_numparse=True, colalign=("left", "left", *["right"] * len(tallies))
    )


def headers(tallies: Mapping[str, Tally]) -> list[str]:
    """What stands above the columns of `rows`."""
    return ["", "target", *tallies]


def rows(tallies: Mapping[str, Tally], mark: str = "{} !") -> list[list[str]]:
    """The figures, a row each: what it is, its target, and what was reached at each precision."""
    found = []
    for figure, (direction, target) in TARGETS.items():
        share = not any(word in figure for word in ("causes", "names", "free"))
        row = [
            figure,
            {">": "at least ", "<": "at most ", "": ""}[direction] + _shown(target, share) if direction else "",
        ]
        for tally in tallies.values():
            got = tally.figure(figure)
            shown = "-" if got is None else _shown(got, share)
            row.append(mark.format(shown) if falls_short(figure, tally) else shown)
        found.append(row)
    found.append(["mistakes made", "", *(str(tally.made) for tally in tallies.values())])
    found.append(["of these not to be seen, all answered", "", *(str(tally.unseen) for tally in tallies.values())])
    found.append(
        ["of these not to be seen, loss and updates", "", *(str(tally.like_right) for tally in tallies.values())]
    )
    return found


def falls_short(figure: str, tally: Tally) -> bool:
    """Whether a figure is measured and its target is not reached."""
    direction, target = TARGETS[figure]
    got = tally.figure(figure)
    return got is not None and ((direction == ">" and got < target) or (direction == "<" and got > target))


def shortfalls(tallies: Mapping[str, Tally]) -> str:
    """In Markdown, what falls short, where, and why as far as it is known."""
    lines = []
    for figure in TARGETS:
        where = [name for name, tally in tallies.items() if falls_short(figure, tally)]
        if where:
            why = next((text for start, text in WHY.items() if start in figure), "")
            lines.append(f"- {figure}, at {' and '.join(where)}. {why}".rstrip())
    if not lines:
        return "Every target is reached."
    return (
        fill("Bold figures fall short of their target:", 120)
        + "\n\n"
        + "\n".join(fill(line, 120, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    )


def _shown(value: float, share: bool) -> str:
    return f"{value:.1%}" if share else f"{value:.2f}".removesuffix(".00")
