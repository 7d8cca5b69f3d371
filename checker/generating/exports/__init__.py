"""Exports: the same set for the systems that students already work in, and what is lost in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from checker.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.generating.exports.content import Item, Origin

LOST = (
    "answers are compared with the right value alone: a mistake costs every later answer as well (no follow-through), "
    "and none is named (no diagnosis)"
)


class Writer(Protocol):
    """Writes a set in one format: files for each variant, and those that belong to all of them."""

    def one(self, item: Item) -> dict[str, bytes]:
        """The files of one variant, by their paths."""

    def shared(self) -> dict[str, bytes]:
        """The files of the whole set, once every variant has been seen."""


class Export(NamedTuple):
    """A format: what it is, what is lost in it, and whether it holds the answers and so belongs with the key."""

    name: str
    summary: str
    lost: str
    private: bool
    writer: Callable[[Origin], Writer]
    aliases: tuple[str, ...] = ()


def _moodle(origin: Origin) -> Writer:
    from checker.generating.exports.moodle import Moodle

    return Moodle(EXPORTS["moodle"].lost)


def _canvas(origin: Origin) -> Writer:
    from checker.generating.exports.canvas import Canvas

    return Canvas(EXPORTS["canvas"].lost)


def _prairielearn(origin: Origin) -> Writer:
    from checker.generating.exports.prairielearn import PrairieLearn

    return PrairieLearn(origin, EXPORTS["prairielearn"].lost)


def _notebook(origin: Origin) -> Writer:
    from checker.generating.exports.notebook import Notebook

    return Notebook(EXPORTS["notebook"].lost)


EXPORTS: Table[Export] = Table(
    "export",
    (
        Export(
            "moodle",
            "Moodle XML: a category for each variant, with a numerical question for each number",
            f"In Moodle {LOST}; fractions and formulas are not read.",
            True,
            _moodle,
        ),
        Export(
            "canvas",
            "a quiz for each variant in the format of text2qti, which makes the QTI that Canvas imports",
            f"In Canvas {LOST}; it keeps 4 decimals, so no answer is asked more exactly than that; fractions and "
            "formulas are not read; the picture of the network stays in the handout.",
            True,
            _canvas,
            ("text2qti",),
        ),
        Export(
            "prairielearn",
            "a question folder for PrairieLearn, whose variants are those of the set",
            f"In PrairieLearn {LOST}; formulas are not read; who gets which variant is PrairieLearn's choice, not the "
            "roster's.",
            True,
            _prairielearn,
        ),
        Export(
            "notebook",
            "a Jupyter notebook for each student, which writes the submission in the end",
            "The notebook itself marks nothing: no follow-through, no diagnosis. The submission that its last cell "
            "writes loses neither.",
            False,
            _notebook,
            ("jupyter", "ipynb"),
        ),
    ),
)
