"""The page that all HTML comes in: whole by itself, readable, and without anything that could run."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from hashlib import sha256

import html5lib
import pytest

from checker.model import Verdict
from checker.reports.page import FONT, asset, page, style

STYLE = asset("style.css").decode()
LIGHT, DARK, PRINT = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_every_colour_of_words_can_be_read(tokens: dict[str, str]) -> None:
    assert set(tokens) == set(LIGHT)
    for colour in ("ink", "soft", "accent"):
        for surface in ("paper", "card"):
            assert contrast(tokens[colour], tokens[surface]) >= 4.5, (colour, surface)
    for verdict in Verdict:
        name = verdict.value.replace("_", "-")
        for surface in ("paper", "card", f"{name}-tint", "misconception-tint"):
            assert contrast(tokens[name], tokens[surface]) >= 4.5, (name, surface)
        assert contrast(tokens["ink"], tokens[f"{name}-tint"]) >= 4.5, name
        assert contrast(tokens["soft"], tokens[f"{name}-tint"]) >= 4.5, name


def test_every_verdict_has_a_class() -> None:
    for verdict in Verdict:
        assert f".{verdict.value} {{" in STYLE


def test_the_page_is_html_and_reaches_for_nothing() -> None:
    whole = page("<script>alert(1)</script> & co", "<p>text</p>")
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(whole)
    assert tree.find("head/title").text == "<script>alert(1)</script> & co"
    assert tree.find(".//script") is None
    assert "default-src 'none'" in tree.find("head/meta[@http-equiv]").get("content")
    addresses = re.findall(r"url\(\"?([^\")]{1,40})|(?:src|href)=\"([^\"]{1,40})", whole)
    assert [a or b for a, b in addresses]
    assert all((a or b).startswith("data:") for a, b in addresses)
    assert "@import" not in whole


def test_the_font_is_the_one_that_is_noted_and_has_the_mathematics_table() -> None:
    data = asset(FONT)
    noted = re.search(r"SHA-256 of `stix-two-math.woff2`: `([0-9a-f]{64})`", asset("README.md").decode())
    assert noted is not None
    assert sha256(data).hexdigest() == noted[1]
    assert b"SIL OPEN FONT LICENSE Version 1.1" in asset("OFL.txt")
    embedded = re.search(r"base64,([A-Za-z0-9+/=]+)", style())
    assert embedded is not None
    assert b64decode(embedded[1]) == data
    ttlib = pytest.importorskip("fontTools.ttLib", reason="fonttools is not installed")
    pytest.importorskip("brotli", reason="brotli is not installed")
    font = ttlib.TTFont(io.BytesIO(data))
    assert "MATH" in font
    from checker.reports.wording import SYMBOLS

    needed = "".join(SYMBOLS.values()) + "∂−⋅×⊤≤…𝟏𝑎𝑊𝜃∑∇√"
    assert [each for each in needed if ord(each) not in font.getBestCmap()] == []
