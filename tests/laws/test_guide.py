"""The guide's pictures are what its script draws now, and the page shows each of them with words beside it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_pictures_are_what_the_script_draws() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "make_guide.py"))
    drawn = made["pictures"]()
    for name, svg in drawn.items():
        assert (made["IMAGES"] / name).read_text(encoding="utf-8") == svg, "run `python tools/make_guide.py`"
    shown = dict(re.findall(r"!\[([^\]]+)\]\(images/([^)]+)\)", made["PATH"].read_text(encoding="utf-8")))
    assert sorted(shown.values()) == sorted(drawn)
    assert all(len(words) > 40 for words in shown)
