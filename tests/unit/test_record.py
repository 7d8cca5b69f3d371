"""The page of figures: each benchmark writes its own section and leaves the others alone."""

from __future__ import annotations

import importlib.util
import re

import pytest
from markdown_it import MarkdownIt

from benchmarks.record import HEAD, PAGE, SECTIONS, placed, record


def test_a_page_that_is_not_there_is_made_with_every_section_in_order(tmp_path):
    page = tmp_path / "performance.md"
    record("derivation", ["job", "target"], [["a|b", "2"]], "python -m benchmarks.derivation --write", page=page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [section.title for section in SECTIONS]
    assert text.count("Not measured yet.") == len(SECTIONS) - 1
    cells = [token.content for token in MarkdownIt().enable("table").parse(text) if token.type == "inline"]
    at = cells.index("a|b")
    assert cells[at - 2 : at + 3] == [
        "job",
        "target",
        "a|b",
        "2",
        "Measured by `python -m benchmarks.derivation --write`.",
    ]


def test_only_the_section_itself_is_written(tmp_path):
    page = tmp_path / "performance.md"
    record("startup", ["job"], [["first"]], "x", page=page)
    record("diagnosis", ["job"], [["last"]], "y", "A *note*.", page=page)
    by_hand = page.read_text(encoding="utf-8").replace("## Deriving", "A line by hand.\n\n## Deriving")
    page.write_text(by_hand, encoding="utf-8")
    record("startup", ["job"], [["again"]], "x", page=page)
    assert page.read_text(encoding="utf-8") == by_hand.replace("| first |", "| again |")
    assert "| last |\n\nA *note*.\n\nMeasured by `y`." in by_hand


def test_a_section_that_is_missing_comes_to_its_place():
    names = [section.name for section in SECTIONS]
    whole = placed(HEAD, names[0], "a table")
    for section, after in zip(SECTIONS, [*SECTIONS[1:], None], strict=True):
        start = whole.index(f"## {section.title}")
        end = whole.index(f"## {after.title}") if after else len(whole)
        without = f"{whole[:start]}{whole[end:]}"
        assert placed(without, names[0], "a table") == whole, section.name


@pytest.mark.parametrize("torn", ["<!-- startup -->", "<!-- /startup -->\n<!-- startup -->"])
def test_torn_markers_are_an_error(torn):
    with pytest.raises(ValueError, match="startup"):
        placed(f"{HEAD}\n## T\n\n{torn}\n", "reading", "a table")


def test_a_section_that_nobody_lists_is_an_error():
    with pytest.raises(KeyError, match="speed"):
        placed(HEAD, "speed", "a table")


def test_the_page_has_every_section_and_every_command_in_it_is_there():
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^<!-- ([a-z_]+) -->$", text, re.MULTILINE) == [section.name for section in SECTIONS]
    for module in re.findall(r"python -m (benchmarks\.\w+)", text):
        assert importlib.util.find_spec(module), module
