"""The form of the calculator: which controls there are for a choice, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.cache import digest
from checker.web.choice import NUMBER
from checker.web.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.web.catalogue import Listed
    from checker.web.choice import Choice, Form
    from checker.web.fields import Field


def draw(choice: Choice, form: Form, listed: Sequence[Listed]) -> str:
    """The controls as markup, each with what was typed into it, be it of use or not."""

    def typed(field: Field) -> str:
        values = form.get(NUMBER + field.name)
        return values[-1] if values else field.text

    names = [(each.id, each.shipped) for each in listed]
    tokens = token(choice).split(".")
    return render("controls.html", chosen=choice, s=choice.settings, listed=names, tokens=tokens, typed=typed)


def token(choice: Choice) -> str:
    """What decides which controls there are, for what is worked out and for its numbers: where one of the two changes,
    a page asks for its form anew and puts that part in place.
    """
    settings = choice.settings
    layers = [(layer.units, layer.activation) for layer in settings.layers]
    what = (settings.kind, settings.inputs, layers, settings.loss, settings.optimizer)
    listed = settings.problem if settings.kind == "problem" else ""
    numbers = (listed, bool(choice.text), choice.usual)
    return ".".join(digest(repr(parts).encode())[:12] for parts in ((*what, listed), numbers))
