"""Markup apart from the texts in it: a page that shows the same markup with other numbers is sent the numbers alone."""

from __future__ import annotations

import re
from html import unescape

from checker.cache import digest

_TEXT = re.compile(r">([^<]*[^<\s][^<]*)(?=<)")


def apart(markup: str) -> tuple[str, list[str]]:
    """What names the markup without its texts, and the texts in their order, blank ones left out.

    >>> one, other = apart("<p>a &lt; b <i>2</i></p>"), apart("<p>c <i>35</i></p>")
    >>> one[0] == other[0], one[1], other[1]
    (True, ['a < b ', '2'], ['c ', '35'])
    """
    return digest(_TEXT.sub(">\0", markup).encode())[:16], [unescape(text) for text in _TEXT.findall(markup)]
