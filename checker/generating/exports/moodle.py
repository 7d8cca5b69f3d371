"""Moodle XML: a category for each variant, in it what is given as a description, and a question for each number."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from checker.generating.exports.content import decimal_text
from checker.generating.exports.page import explained, formula, given, pieces
from checker.generating.handouts import shown
from checker.reports.page import text

if TYPE_CHECKING:
    from checker.generating.exports.content import Item, Number, Sheet
    from checker.generating.holes import Piece

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
UNITLESS = (
    "<unitgradingtype>0</unitgradingtype><unitpenalty>0.1</unitpenalty><showunits>3</showunits><unitsleft>0</unitsleft>"
)
PICTURE = "network.svg"


class Moodle:
    """Writes a file to be imported for each variant."""

    def __init__(self, lost: str) -> None:
        self._lost = lost
        self._made: dict[Sheet, tuple[list[Piece], str]] = {}

    def one(self, item: Item) -> dict[str, bytes]:
        """The variant's file."""
        title = item.sheet.handout.title
        path = "/".join(part.replace("/", "//") for part in ("$course$", "top", title, item.student.stem))
        numbers = list(item.numbers())
        parts = [
            HEAD,
            f"<question type='category'><category><text>{text(path)}</text></category>",
            f"<info format='html'><text>{_html(f'<p>{text(self._lost)}</p>')}</text></info></question>\n",
            self._description(item),
            *(_question(item, place, number) for place, number in enumerate(numbers, 1)),
            "</quiz>\n",
        ]
        return {f"exports/moodle/{item.student.stem}.xml": "".join(parts).encode()}

    def shared(self) -> dict[str, bytes]:
        """Nothing."""
        return {}

    def _description(self, item: Item) -> str:
        """What is given, with the network as a file of its own: editors take SVG out of a text."""
        if item.sheet not in self._made:
            self._made[item.sheet] = pieces(item.sheet), b64encode(item.sheet.picture.encode()).decode("ascii")
        made, picture = self._made[item.sheet]
        body = f"<p><strong>{text(shown(item.student))}</strong></p>\n"
        file = ""
        if picture:
            body += f"<p><img src='@@PLUGINFILE@@/{PICTURE}' alt='The network'></p>\n"
            file = f"<file name='{PICTURE}' path='/' encoding='base64'>{picture}</file>"
        body += f"{given(made, item.draw)}<p>{text(self._lost)}</p>\n"
        return (
            f"<question type='description'><name><text>{text(item.identity)} 00 given</text></name>\n"
            f"<questiontext format='html'><text>{_html(body)}</text>{file}</questiontext>\n"
            "<generalfeedback format='html'><text></text></generalfeedback>"
            "<defaultgrade>0</defaultgrade><penalty>0</penalty><hidden>0</hidden></question>\n"
        )


def _question(item: Item, place: int, number: Number) -> str:
    asked = f"<p>{place}. {formula(number.latex)} (<code>{text(number.label)}</code>): {text(number.rounding)}</p>"
    bound = decimal_text(number.bound)
    wrong = (
        f"<p>Not within {bound} of the right value. It was compared with the right value even if an earlier answer of "
        "yours is wrong.</p>"
    )
    return (
        f"<question type='numerical'><name><text>{text(f'{item.identity} {place:02} {number.label}')}</text></name>\n"
        f"<questiontext format='html'><text>{_html(asked)}</text></questiontext>\n"
        f"<generalfeedback format='html'><text>{_html(explained(number))}</text></generalfeedback>\n"
        f"<defaultgrade>{float(number.points):.7f}</defaultgrade><penalty>0</penalty><hidden>0</hidden>\n"
        f"{_answer(decimal_text(number.value), 100, bound, f'<p>Right: {number.answer}</p>')}"
        f"{_answer('*', 0, '0', wrong)}{UNITLESS}</question>\n"
    )


def _answer(value: str, fraction: int, bound: str, feedback: str) -> str:
    return (
        f"<answer fraction='{fraction}' format='moodle_auto_format'><text>{value}</text>"
        f"<feedback format='html'><text>{_html(feedback)}</text></feedback><tolerance>{bound}</tolerance></answer>\n"
    )


def _html(markup: str) -> str:
    """Markup as the text of an XML element."""
    return markup.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
