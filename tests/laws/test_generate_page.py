"""docs/generate.md names every entry of every table that `generate` has, and every setting of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.generating.exports import EXPORTS
from checker.generating.guarantees import GUARANTEES
from checker.generating.handouts import FORMATS
from checker.generating.kinds import KINDS, OPTIONS
from checker.generating.template import SETTINGS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "generate.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "said",
    [
        *(f"`{{{name}: " for kind in KINDS.values() for name in (kind.name,)),
        *(f"`{name}: " for name in (*OPTIONS, *SETTINGS)),
        *(f"| `{name}` |" for name in (*GUARANTEES, "difficulty", *EXPORTS)),
        f"`--formats {','.join(FORMATS)}`",
        f"`--exports {','.join(EXPORTS)}`",
    ],
)
def test_the_page_has_every_entry(said: str) -> None:
    assert said in PAGE


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda export: export.name)
def test_the_page_says_where_an_export_lies(export) -> None:
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{export.name}` |"))
    assert ("`set-key/exports/" in row) == export.private
