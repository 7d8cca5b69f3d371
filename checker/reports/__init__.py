"""The table of report formats, each a pure text of a grade or of a solution."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.reports.language import ENGLISH, LANGUAGES, Language, Speaking
from checker.reports.levels import Level, redact
from checker.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.model import Grade, Solution
    from checker.reports.pieces import Pieces

__all__ = [
    "ENGLISH",
    "FORMATS",
    "LANGUAGES",
    "PLOTS",
    "SOLUTION_FORMATS",
    "Format",
    "Language",
    "Level",
    "Plot",
    "SolutionFormat",
    "Speaking",
    "redact",
]


class Format(NamedTuple):
    """A way to write a grade, which is handed only what is left of the grade at its level.

    `draw` writes it as a whole, or `pieces` gives what it is put together from: students of a class share them.
    """

    name: str
    media: str
    suffix: str
    draw: Callable[[Grade, Level, bool], str] | None = None
    aliases: tuple[str, ...] = ()
    pieces: Callable[[], Pieces] | None = None

    def render(
        self, grade: Grade, level: Level = Level.HINT, *, colour: bool = False, language: Language = ENGLISH
    ) -> str:
        """The report a student may see at this feedback level; `colour` counts only where the format has colours."""
        with Speaking(language):
            return self.drawn(redact(grade, level), level, colour=colour)

    def drawn(self, grade: Grade, level: Level, *, colour: bool = False) -> str:
        """The report of an already redacted grade."""
        if self.pieces is not None:
            return self.pieces().draw(grade, level)
        assert self.draw is not None, "a format is drawn as a whole or in pieces"
        return self.draw(grade, level, colour)


class SolutionFormat(NamedTuple):
    """A way to write a solution; `digits` is how many significant digits its numbers show, None the format's own.

    `mathematics` says whether it shows every step's numbers put in as LaTeX.
    """

    name: str
    media: str
    suffix: str
    render: Callable[[Solution, int | None], str]
    aliases: tuple[str, ...] = ()
    mathematics: bool = False


class Plot(NamedTuple):
    """A kind of file that the loss curve is drawn into; `draw` gives its bytes, the same ones for the same curve."""

    name: str
    suffix: str
    draw: Callable[[Solution], bytes]
    aliases: tuple[str, ...] = ()


# A format's module is imported when it is first drawn: a student's run pays for one of them.


def _text(grade: Grade, level: Level, colour: bool) -> str:
    from checker.reports import text

    return text.draw(grade, level, colour)


def _json() -> Pieces:
    from checker.reports import data

    return data.PIECES


def _markdown() -> Pieces:
    from checker.reports import markdown

    return markdown.PIECES


def _html() -> Pieces:
    from checker.reports import hypertext

    return hypertext.PIECES


def _solution_text(solution: Solution, digits: int | None) -> str:
    from checker.reports import worked

    return worked.draw(solution, digits)


def _solution_json(solution: Solution, digits: int | None) -> str:
    from checker.reports import data

    return data.draw_solution(solution)


def _solution_latex(solution: Solution, digits: int | None) -> str:
    from checker.reports import derivation

    return derivation.draw_latex(solution)


def _solution_mathml(solution: Solution, digits: int | None) -> str:
    from checker.reports import derivation

    return derivation.draw_mathml(solution)


def _solution_markdown(solution: Solution, digits: int | None) -> str:
    from checker.reports import markdown

    return markdown.draw_solution(solution, digits)


def _solution_html(solution: Solution, digits: int | None) -> str:
    from checker.reports import solvedpage

    return solvedpage.draw(solution, digits)


def _plot_svg(solution: Solution) -> bytes:
    from checker.reports.solvedpage import loss_chart

    return f'<?xml version="1.0" encoding="UTF-8"?>\n{loss_chart(solution)}\n'.encode()


def _plot_png(solution: Solution) -> bytes:
    from checker.reports.picture.raster import png
    from checker.reports.solvedpage import loss_chart

    return png(loss_chart(solution))


FORMATS: Table[Format] = Table(
    "format",
    (
        Format("text", "text/plain; charset=utf-8", ".txt", _text),
        Format("json", "application/json", ".json", pieces=_json),
        Format("markdown", "text/markdown; charset=utf-8", ".md", aliases=("md",), pieces=_markdown),
        Format("html", "text/html; charset=utf-8", ".html", pieces=_html),
    ),
)

SOLUTION_FORMATS: Table[SolutionFormat] = Table(
    "format",
    (
        SolutionFormat("text", "text/plain; charset=utf-8", ".txt", _solution_text),
        SolutionFormat("json", "application/json", ".json", _solution_json),
        SolutionFormat("markdown", "text/markdown; charset=utf-8", ".md", _solution_markdown, ("md",)),
        SolutionFormat("latex", "application/x-latex", ".tex", _solution_latex, ("tex",), mathematics=True),
        SolutionFormat("mathml", "application/xhtml+xml", ".xhtml", _solution_mathml, mathematics=True),
        SolutionFormat("html", "text/html; charset=utf-8", ".html", _solution_html, mathematics=True),
    ),
)

PLOTS: Table[Plot] = Table("plot", (Plot("svg", ".svg", _plot_svg), Plot("png", ".png", _plot_png)))
