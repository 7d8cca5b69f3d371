"""A solution as text, as a calculator shows it: each step's formula, the numbers put in, and the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.model import Kind
from checker.reports.plain import cell, equation, inline, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model import Solution, SolvedStep

DIGITS = 8  # significant digits of a value, where nothing is asked
SHORT = 40  # an exact value up to this length is shown beside its decimal
WIDTH = 100

HEADINGS: dict[Kind, str] = {
    Kind.FORWARD: "Forward",
    Kind.LOSS: "Loss",
    Kind.LOCAL_DERIVATIVE: "Local derivatives",
    Kind.GRADIENT: "Gradients",
    Kind.OPTIMIZER_STATE: "Optimizer state",
    Kind.UPDATE: "Updated parameters",
}


def draw(worked: Solution, digits: int | None = None) -> str:
    """The solution as text; with `digits`, exact values are shown whatever their length."""
    blocks = [printable(worked.title) or printable(worked.problem)]
    for kind, steps in grouped(worked.steps):
        lines = [line for step in steps for line in _step(step, digits)]
        blocks.append("\n".join([HEADINGS[kind], *(f"  {line}" for line in lines)]))
    if len(worked.loss_curve) > 1:
        blocks.append(_curve(worked, digits))
    if worked.remark:
        blocks.append(printable(worked.remark))
    return "\n\n".join(blocks) + "\n"


def grouped(steps: tuple[SolvedStep, ...]) -> Iterator[tuple[Kind, list[SolvedStep]]]:
    """The steps of each kind, in the kinds' order and the steps' own."""
    for kind in Kind:
        found = [step for step in steps if step.kind is kind]
        if found:
            yield kind, found


def _step(step: SolvedStep, digits: int | None) -> Iterator[str]:
    """`name = formula = numbers put in = exact = value`: one line where it fits, else a part a line."""
    first = printable(equation(step.step, step.formula))
    name = printable(step.step)
    if step.shape:
        yield first
        yield from _block(step, step.value, digits)
        return
    value = number(step.value, digits)
    parts = [first]
    for part in (printable(step.substitution).removeprefix(f"{name} = "), exact_text(step.exact, digits), value):
        if part and part != parts[-1] and not parts[-1].endswith(f" = {part}"):
            parts.append(part)
    line = " = ".join(parts)
    if len(line) <= WIDTH:
        yield line
        return
    yield parts[0]
    yield from (f"{' ' * len(name)} = {part}" for part in parts[1:])


def _block(step: SolvedStep, value: Any, digits: int | None) -> Iterator[str]:
    shown = cell(numbers(value, digits), width=WIDTH - len(step.step) - 5, rows=20)
    lead = " " * len(printable(step.step))
    for count, line in enumerate(shown.split("\n")):
        yield f"{lead} {'=' if not count else ' '} {line}"
    exact = exact_text(step.exact, digits)
    if exact and exact != inline(numbers(value, digits)):
        yield f"{lead} = {exact}"


def exact_text(exact: Any, digits: int | None) -> str:
    """The exact value in words of one line, '' where it is too long to help and nobody asked for digits."""
    if exact is None or exact == "":
        return ""
    text = inline(exact)
    return text if digits is not None or len(text) <= SHORT else ""


def number(value: float | None, digits: int | None) -> str:
    """A float to so many significant digits, never more than a float has.

    >>> number(0.668187772168166, None), number(0.5, 4), number(-0.0, None)
    ('0.66818777', '0.5', '0')
    """
    if value is None:
        return "-"
    return f"{value + 0.0:.{min(digits or DIGITS, 17)}g}"


def numbers(value: Any, digits: int | None) -> Any:
    """The same for every number of a nested list."""
    if isinstance(value, (list, tuple)):
        return [numbers(each, digits) for each in value]
    return number(value, digits)


def _curve(worked: Solution, digits: int | None) -> str:
    from tabulate import tabulate

    rows = [[str(count), number(worked.loss_curve[count], digits)] for count in selected(len(worked.loss_curve))]
    headers = ["updates", printable(worked.loss_name)]
    return "The loss after so many updates\n\n" + str(
        tabulate(rows, headers, "simple", disable_numparse=True, colalign=("right", "left"))
    )


def selected(count: int) -> list[int]:
    """Which points of a curve of `count` a short table shows: the first, 1, 2, 5, 10, 20, 50 …, and the last.

    >>> selected(101)
    [0, 1, 2, 5, 10, 20, 50, 100]
    """
    if count <= 8:
        return list(range(count))
    shown, scale = [0], 1
    while scale < count:
        shown += [step * scale for step in (1, 2, 5) if step * scale < count - 1]
        scale *= 10
    return [*shown, count - 1]
