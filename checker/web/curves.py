"""The loss over repeated updates: of what is shown, and beside it with other learning rates and other activations."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.errors import CheckerError
from checker.numbertext import read_fraction, read_number
from checker.problem import load_problem
from checker.readings.loop import loss_curve
from checker.reports.picture import standalone
from checker.reports.picture.chart import MOST_CURVES, chart_svg
from checker.reports.picture.chart import Curve as Line
from checker.reports.worked import selected
from checker.solving import describe
from checker.web.bench import worked
from checker.web.fields import FILE
from checker.web.flat import flat_units
from checker.web.jobs import NOTHING, Opened, open_choice
from checker.web.render import render, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from checker.model import Problem
    from checker.web.choice import Form

MOST_WORK = 2_000_000  # numbers of all steps in all updates of one curve


class Curve(NamedTuple):
    """One line of the chart: what it is of, its losses, and what they do in words."""

    label: str
    losses: tuple[float, ...]
    remark: str


def compare(form: Form, places: Sequence[Path]) -> dict[str, Any]:
    """The curves as data for the chart, and as a table of what each does; why there are none where there are none."""
    opened = open_choice(form, places)
    choice, problem, _ = opened
    answer = {"faults": choice.faults, "why": "", "loss": "", "log": choice.settings.log, "series": [], "table": ""}
    if problem is None or choice.faults:
        return answer
    if problem.update is None:
        return {**answer, "why": "This problem has no update to repeat."}
    curves = list(_curves(form, places, opened))
    return {
        **answer,
        "loss": problem.loss,
        "series": [{"label": each.label, "losses": _finite(each.losses)} for each in curves],
        "table": render("curves.html", curves=curves, loss=problem.loss, shown=selected(len(curves[0].losses))),
    }


def _curves(form: Form, places: Sequence[Path], opened: Opened) -> Iterator[Curve]:
    choice, problem, work = opened
    assert problem is not None
    assert work is not None
    assert problem.update is not None
    size = sum(len(known.numbers) for known in work.values(problem).values())
    count = max(1, min(choice.settings.updates, MOST_WORK // max(1, size)))
    rate = problem.update.settings["learning_rate"]
    yield _curve(f"as set, learning rate {_short(rate)}", problem, count, flat_units(problem, work.values(problem)))
    for text in choice.rates:
        another = _exact(text)
        if another != rate:
            settings = {**problem.update.settings, "learning_rate": another}
            yield _curve(
                f"learning rate {text}", replace(problem, update=replace(problem.update, settings=settings)), count
            )
    if choice.settings.kind not in ("neuron", "network"):
        return
    own = {layer.activation for layer in choice.settings.layers}
    for name in choice.settings.compare:
        if own == {name}:
            continue
        other_form = {key: value for key, value in form.items() if not key.startswith("activation")}
        for k in range(1, len(choice.settings.layers) + 1):
            other_form["activation" if choice.settings.kind == "neuron" else f"activation{k}"] = [name]
        other_choice = open_choice(other_form, places).choice
        try:
            other = load_problem(other_choice.text.encode(), FILE)
            yield _curve(words(name), other, count, flat_units(other, worked(other).values(other)))
        except CheckerError as error:
            yield Curve(words(name), (), str(error.findings[0].what) if error.findings else str(error))


def _curve(label: str, problem: Problem, count: int, flat: str = "") -> Curve:
    losses = tuple(loss_curve(problem, count))
    return Curve(label, losses, f"{describe(problem, losses)} {flat}".strip())


def losses_csv(form: Form, places: Sequence[Path]) -> str:
    """The losses of every curve, an update a line."""
    opened = open_choice(form, places)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    curves = list(_curves(form, places, opened)) if opened.problem is not None and opened.problem.update else []
    curves = [curve for curve in curves if curve.losses]
    writer.writerow(["updates", *(curve.label for curve in curves)])
    for k in range(max((len(curve.losses) for curve in curves), default=0)):
        writer.writerow([k, *(repr(curve.losses[k]) for curve in curves)])
    return out.getvalue()


def losses_svg(form: Form, places: Sequence[Path]) -> str:
    """The chart as an SVG file of its own, the first curves where there are more than can be told apart."""
    opened = open_choice(form, places)
    if opened.problem is None or opened.problem.update is None:
        return NOTHING
    curves = [each for each in _curves(form, places, opened) if each.losses][:MOST_CURVES]
    drawn = chart_svg(
        [Line(each.label, each.losses) for each in curves],
        f"The loss of {opened.problem.title or opened.problem.id} over repeated updates",
        upward=opened.problem.loss,
        said=curves[0].remark if curves else "",
    )
    return standalone(drawn or NOTHING)


def _finite(values: Sequence[float]) -> list[float | None]:
    return [value if isfinite(value) else None for value in values]


def _exact(text: str) -> Fraction:
    read = read_number(text) or read_fraction(text)
    assert read is not None  # it was checked
    return read.fraction()


def _short(value: Fraction) -> str:
    return f"{float(value):g}"
