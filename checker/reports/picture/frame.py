"""How every picture begins: its size, and what it is in words for whoever cannot see it."""

from __future__ import annotations

from html import escape
from math import ceil

from checker.reports.page import text

LEAST, STEP, MOST = 0.75, 160, 12  # of its own size, below which letters are too small; what a class of CSS stands for


def opening(wide: float, high: float, id: str, title: str, description: str = "", attributes: str = "") -> str:
    """The start tag, title and description of an `svg` element; whoever asks writes what is in it and ends it.

    On a page it is made as narrow as the page is, but no narrower than letters can be read: then it scrolls.
    """
    labels = f"{id}-title {id}-desc" if description else f"{id}-title"
    least = min(MOST, ceil(LEAST * wide / STEP))
    described = f'<desc id="{escape(id)}-desc">{text(description)}</desc>' if description else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" height="{high:g}" '
        f'class="least-{least}" role="img" aria-labelledby="{escape(labels)}"{attributes}>'
        f'<title id="{escape(id)}-title">{text(title)}</title>{described}'
    )
