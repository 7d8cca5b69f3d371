"""README's first commands are those that `.ci/run` runs on a clean machine, and its problem is the shipped one.

What it shows of other commands is held by test_documents.
"""

from __future__ import annotations

import re
from pathlib import Path

from checker.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_shown_problem_is_the_shipped_one():
    shown = blocks("yaml")[0]
    shipped = (ROOT / "problem_sets" / "neuron-sigmoid.yaml").read_text(encoding="utf-8")
    wanted = [line for line in shipped.splitlines() if line.strip() and not line.startswith("#")]
    assert shown.splitlines() == wanted


def test_the_first_command_grades_the_shipped_submission(monkeypatch, capsys):
    command = blocks("sh")[0].strip()
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/check-backprop ")
    monkeypatch.chdir(ROOT)
    assert main([command.rsplit(" ", 1)[-1]]) == 0
    assert "12 of 12 points" in capsys.readouterr().out


def test_the_second_command_runs_these_tests():
    assert blocks("sh")[1].strip().endswith(".venv/bin/pytest -q -n auto --dist worksteal")
