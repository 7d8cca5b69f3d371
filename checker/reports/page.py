"""One self-contained page: style sheet and mathematics font inside, no script, nothing fetched from anywhere.

Reports, handouts and the class report are bodies put into `page`; a page of its own takes `style()`.
"""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

from checker.reports.plain import printable

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
FONT = "stix-two-math.woff2"


def page(title: str, body: str, *, language: str = "en", style_too: str = "") -> str:
    """A whole HTML document around `body`, which is markup: whoever makes it has escaped what is text in it.

    `style_too` are further rules of that page; they follow ours and may use the tokens.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        f"<title>{text(title)}</title>\n<style>\n{style()}{style_too}</style>\n</head>\n"
        f"<body>\n{body.strip()}\n</body>\n</html>\n"
    )


def text(value: object) -> str:
    """Anything as text of a page: what it contains is neither markup nor a character that turns a line around.

    >>> text("<b>&'")
    '&lt;b&gt;&amp;&#x27;'
    """
    return escape(printable(str(value)))


@cache
def style(*, font: bool = True) -> str:
    """The style sheet, with the mathematics font inside it unless it comes another way."""
    sheet = asset("style.css").decode()
    return (font_face() if font else "") + sheet


def font_face(source: str = "") -> str:
    """The rule that names the mathematics font: from `source`, an address, or from the rule itself."""
    if not source:
        from base64 import b64encode

        source = f"data:font/woff2;base64,{b64encode(asset(FONT)).decode()}"
    return (
        f'@font-face {{ font-family: "STIX Two Math"; src: url("{source}") format("woff2"); font-display: block; }}\n'
    )


def asset(name: str) -> bytes:
    """A file of `assets`."""
    return (files("checker.reports") / "assets" / name).read_bytes()
