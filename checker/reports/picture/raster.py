"""A picture as PNG, by typst: no system font and no clock, so the same picture has the same bytes everywhere.

Of the libraries that could (measured: matplotlib and what it needs is ten packages), it is the one that handouts are
set with already.
"""

from __future__ import annotations

import json

from checker.errors import AuthorError, Finding

PIXELS = 144  # an inch: two for each unit of the picture


def png(svg: str) -> bytes:
    """The picture, which has colours of its own, in pixels.

    Raises:
        AuthorError: typst is not installed.
    """
    try:
        import typst
    except ImportError:
        what = "a picture as PNG needs the package typst, which is not installed"
        raise AuthorError(Finding(what, None, "run `pip install 'check-backprop[plot]'`, or ask for SVG")) from None
    image = f'#image(bytes({json.dumps(svg, ensure_ascii=False)}), format: "svg")'
    source = f"#set page(width: auto, height: auto, margin: 0pt)\n{image}\n"
    made = typst.compile(source.encode(), format="png", ppi=PIXELS, ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
