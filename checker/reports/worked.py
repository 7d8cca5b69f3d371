"""A solution as text, as a calculator shows it: each step's formula, the numbers put in, and the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.outcome import Kind
from checker.reports.plain import cell, equation, inline, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model import ClosedForm, Solution, SolvedStep

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
    if worked.closed_forms:
        lines = [line for form in worked.closed_forms for line in _closed(form)]
        blocks.append("\n".join(["In givens and parameters alone", *lines]))
    if len(worked.loss_curve) > 1:
        blocks.append(_curve(worked, digits))
    blocks += [printable(f"{label}: {remark}" if label else remark) for label, _, remark in curves(worked) if remark]
    return "\n\n".join(blocks) + "\n"


def grouped(steps: tuple[SolvedStep, ...]) -> Iterator[tuple[Kind, list[SolvedStep]]]:
    """The steps of each kind, in the kinds' order and the steps' own."""
    for kind in Kind:
        found = [step for step in steps if step.kind is kind]
        if found:
            yield kind, found


def _closed(form: ClosedForm) -> list[str]:
    from textwrap import wrap

    whole = printable(f"{form.step} = {form.text}")
    return wrap(
        whole, WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False
    )


def _step(step: SolvedStep, digits: int | None) -> Iterator[str]:
    """`name = formula = numbers put in = exact = value`: one line where it fits, else a part a line."""
    name = printable(step.step)
    first = printable(equation(step.step, step.formula))
    put_in = printable(step.substitution).removeprefix(f"{name} = ")
    parts = [first]
    room = WIDTH - len(name) - 5
    for part in (put_in, *values(step, digits, room)):
        if part and part != parts[-1] and not parts[-1].endswith(f" = {part}"):
            parts.append(part)
    line = " = ".join(parts)
    if len(line) <= WIDTH and "\n" not in line and not step.shape:
        yield line
        return
    yield parts[0]
    for part in parts[1:]:
        for count, row in enumerate(part.split("\n")):
            yield f"{' ' * len(name)} {' ' if count else '='} {row}"


def values(step: SolvedStep, digits: int | None, room: int = 10_000) -> list[str]:
    """The exact value, where it is short or digits are asked for, and the decimal, unless the exact one is decimal.

    An exact value that has no short closed form comes as decimals with an ellipsis: it is worth its length only to
    somebody who asked for digits.
    """
    exact = inline(step.exact) if step.exact not in (None, "") else ""
    decimal = cell(numbers(step.value, digits), width=room, rows=20)
    if "…" in exact:
        return [exact] if digits is not None else [decimal]
    return [exact, decimal] if exact and (len(exact) <= SHORT or digits is not None) else [decimal]


def number(value: float | None, digits: int | None) -> str:
    """A float to so many significant digits, never more than a float has.

    >>> number(0.668187772168166, None), number(0.5, 4), number(-0.0, None)
    ('0.66818777', '0.5', '0')
    """
    if value is None:
        return "-"
    return f"{value + 0.0:.{min(digits or DIGITS, 15)}g}"


def numbers(value: Any, digits: int | None) -> Any:
    """The same for every number of a nested list."""
    if isinstance(value, (list, tuple)):
        return [numbers(each, digits) for each in value]
    return number(value, digits)


def _curve(worked: Solution, digits: int | None) -> str:
    from tabulate import tabulate

    headers, rows = curve_table(worked, digits)
    align = ["right", *(["left"] * (len(headers) - 1))]
    return "The loss after so many updates\n\n" + str(
        tabulate(rows, headers, "simple", disable_numparse=True, colalign=align)
    )


def curves(worked: Solution) -> list[tuple[str, tuple[float, ...], str]]:
    """Each loss curve: its name, where there are others to be told from, its losses, and what it does in words."""
    own = ""
    if worked.compared and worked.source is not None and worked.source.update is not None:
        own = f"learning rate {float(worked.source.update.settings['learning_rate']):g}"
    others = ((f"learning rate {each.learning_rate}", each.losses, each.remark) for each in worked.compared)
    return [(own, worked.loss_curve, worked.remark), *others]


def curve_table(worked: Solution, digits: int | None) -> tuple[list[str], list[list[str]]]:
    """The losses after a few selected numbers of updates: the heads of the columns, and the rows."""
    found = curves(worked)
    headers = ["updates", *(printable(label or worked.loss_name) for label, _, _ in found)]
    rows = [
        [str(count), *(number(losses[count], digits) for _, losses, _ in found)]
        for count in selected(len(worked.loss_curve))
    ]
    return headers, rows


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
