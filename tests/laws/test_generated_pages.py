"""Pages that a script writes are what the script writes now: each has its `PATH` and its `page()`."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SCRIPTS = [*sorted(TOOLS.glob("make_*.py")), TOOLS / "marks.py"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_page_is_what_its_script_makes(script: Path) -> None:
    made = runpy.run_path(str(script))
    path = made["PATH"]
    assert path.read_text(encoding="utf-8") == made["page"](), f"run `python tools/{script.name}`"
