"""Templates, filled: one environment for server and workers. What is put in is text, unless we marked it as markup."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from checker import __version__
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.knowledge.optimizers import OPTIMIZERS
from checker.reports.plain import printable
from checker.web import choice


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("checker.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        activations=ACTIVATIONS, losses=LOSSES, optimizers=OPTIMIZERS, choice=choice, version=__version__
    )
    environment.filters.update(markup=markup, words=words, printable=printable, slug=slug)
    return environment


def render(template: str, **values: Any) -> str:
    """The template filled with these values."""
    return _environment().get_template(template).render(**values)


def markup(text: str) -> Markup:
    """What is markup already: MathML and SVG that we made, and templates' own output."""
    return Markup(text)  # noqa: S704 - called only with what we made


def words(name: str) -> str:
    """An entry's name as words.

    >>> words("half_squared_error")
    'half squared error'
    """
    return name.replace("_", " ")


def slug(name: str) -> str:
    """A name as an id within a page: letters and digits as they are, everything else by its number.

    >>> slug("W1[2,1]")
    'W1-5b2-2c1-5d'
    """
    return "".join(each if each.isalnum() and each.isascii() else f"-{ord(each):x}" for each in name)
