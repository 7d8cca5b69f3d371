"""Writes the tables of docs/conventions.md: the losses, the activations and the optimizers as their tables have them.

    python tools/make_conventions.py

Between a pair of markers (`<!-- losses -->` … `<!-- /losses -->`) the page is made anew; the rest of it is written by
hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATH = Path(__file__).resolve().parent.parent / "docs" / "conventions.md"


def page() -> str:
    """The text of the page."""
    text = PATH.read_text(encoding="utf-8")
    for name, made in (("losses", losses()), ("activations", activations()), ("optimizers", optimizers())):
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, made=made: f"{found[1]}\n{made}\n{found[2]}", text)
    return text


def losses() -> str:
    """A row for each loss."""
    rows = (
        (
            called(loss.name, loss.arguments, loss.parameters),
            code(loss.element),
            loss.outputs,
            "the loss and all after it",
        )
        for loss in LOSSES.values()
    )
    return table(("loss", "formula of each output", "over outputs", "alters"), rows)


def activations() -> str:
    """A row for each activation."""
    rows = (
        (
            ", ".join([called(entry.name, ("z",), entry.parameters), *map(code, entry.aliases)]),
            code(entry.formula),
            (code(entry.slope) if entry.slope else "none")
            + (f" where {code(entry.slope_holds)}" if entry.slope_holds else ""),
            code(entry.kink) if entry.kink else "none",
        )
        for entry in ACTIVATIONS.values()
    )
    return table(("activation", "formula", "slope from the output", "corner"), rows)


def optimizers() -> str:
    """A row for each form of each optimizer."""
    return table(("optimizer", "form", "state, then the new parameter", "settings"), _forms())


def _forms() -> Iterator[tuple[str, ...]]:
    for entry in OPTIMIZERS.values():
        settings = ", ".join(f"{code(name)} {default}".rstrip() for name, default in entry.settings)
        for form in entry.forms:
            default = form is entry.forms[0]
            yield (
                code(entry.name),
                code(form.name) + (" (default)" if default and len(entry.forms) > 1 else ""),
                "; ".join(map(code, (*(f"{name} = {formula}" for name, formula in form.state), form.update))),
                settings if default else "the same",
            )


def called(name: str, arguments: Iterable[str], parameters: Iterable[tuple[str, str]]) -> str:
    """A function as it is called, with the defaults of its parameters."""
    return code(f"{name}({', '.join([*arguments, *(f'{key}={default}' for key, default in parameters)])})")


def code(text: str) -> str:
    """A text set as code."""
    return f"`{text}`"


def table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, ("---",) * len(heading), *rows))


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
