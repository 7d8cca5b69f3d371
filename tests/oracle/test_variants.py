"""Some variants of every shipped template, held to every promise by the oracle; `benchmarks.variants` takes 1,000."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
import yaml

from checker.cli import main
from checker.generating import generate_set
from oracle.variants import faults

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "problem_sets" / "templates").glob("*.yaml"))
SOME = 25


def made(template: Path, folder: Path, count: int = SOME, **settings) -> list[str]:
    """The faults that the oracle finds in a set."""
    folder.mkdir(exist_ok=True)
    (folder / "roster.txt").write_text("".join(f"student{n:04}\n" for n in range(count)), encoding="utf-8")
    generate_set(template, folder / "roster.txt", folder / "set", formats=(), **settings)
    draws = yaml.load(template.read_text(encoding="utf-8"), yaml.BaseLoader)
    return faults(draws["id"], folder / "set", folder / "set-key", draws["vary"])


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_promise_is_kept_and_the_key_earns_full_marks(template: Path, tmp_path: Path) -> None:
    assert made(template, tmp_path, seed="oracle") == []
    filled_in(tmp_path)
    assert main(["batch", str(tmp_path / "sheets"), "--problems", str(tmp_path / "set" / "problems"),
                 "--out", str(tmp_path / "graded"), "--reports", "none"]) == 0  # fmt: skip
    with (tmp_path / "graded" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == SOME
    assert all(row["status"] == "graded" and row["awarded"] == row["possible"] for row in rows)


def filled_in(folder: Path) -> None:
    """Every blank submission of a set with the answers of its key."""
    (folder / "sheets").mkdir()
    for path in (folder / "set" / "submissions").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for step in json.loads((folder / "set-key" / "answers" / f"{path.stem}.json").read_text())["steps"]:
            answer = json.dumps(step["answer"]).replace('"', "")
            text, count = re.subn(rf"(?m)^  {re.escape(step['step'])}: .*$", f"  {step['step']}: {answer}", text)
            assert count == 1
        (folder / "sheets" / path.name).write_text(text, encoding="utf-8")


LOOSE = """
template: {draws: 500, difficulty: any, accept: [saturated_units, dead_units, small_answers, small_gradients,
  equal_answers, mistakes, zeros]}
"""


def test_the_oracle_finds_what_is_wrong(tmp_path: Path) -> None:
    """The same template with every guarantee waived and far wider draws: the oracle must object, to each of them."""
    text = (ROOT / "problem_sets" / "templates" / "network-2-2-2.yaml").read_text(encoding="utf-8")
    text = text[: text.index("require:")].replace("[-2, 2], step: 0.1, not: [0]", "[-9, 9], step: 1")
    text = text.replace(", not: [0, 1, -1], distinct: true", "").replace(", distinct: true", "")
    template = tmp_path / "loose.yaml"
    template.write_text(f"{text}{LOOSE}", encoding="utf-8")
    (tmp_path / "roster.txt").write_text("".join(f"student{n:04}\n" for n in range(200)), encoding="utf-8")
    generate_set(template, tmp_path / "roster.txt", tmp_path / "set", formats=(), seed="oracle")
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))
    manifest["difficulty"]["band"] = "1/20"
    (tmp_path / "set" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    strict = yaml.load((ROOT / "problem_sets/templates/network-2-2-2.yaml").read_text(), yaml.BaseLoader)["vary"]
    found = "\n".join(faults("network-2-2-2", tmp_path / "set", tmp_path / "set-key", strict))
    for words in (
        "saturates its sigmoid", "is too small to grade", "is under 0.0001", "equals", "cannot be told from the right",
        "give the same", "require 1", "outside the band", "was excluded", "off its grid", "has a number twice",
    ):  # fmt: skip
        assert words in found, words


def test_the_oracle_finds_a_state_that_is_rounded_to_nothing(tmp_path: Path) -> None:
    text = (ROOT / "problem_sets" / "templates" / "adam-step.yaml").read_text(encoding="utf-8")
    template = tmp_path / "loose.yaml"
    for waived, found in (("", False), (", coarse_states", True)):
        loose = LOOSE.replace("zeros", f"zeros{waived}").replace("difficulty: any", "difficulty: 100%")
        template.write_text(f"{text.replace('significant: 4', 'decimals: 5')}{loose}", encoding="utf-8")
        said = "\n".join(made(template, tmp_path / f"made{found}", 10, seed="oracle"))
        assert ("rests on a state that is rounded to nothing" in said) == found, said


def test_the_oracle_reads_the_key(tmp_path: Path) -> None:
    template = ROOT / "problem_sets" / "templates" / "network-2-2-1.yaml"
    assert made(template, tmp_path, 3, seed="oracle") == []
    path = tmp_path / "set-key" / "answers" / "student0000.json"
    key = json.loads(path.read_text(encoding="utf-8"))
    steps = {step["step"]: step for step in key["steps"]}
    steps["a"]["answer"] = f"{float(steps['a']['answer']) + 0.00002:.5f}"
    steps["dL_dz"]["exact"] = f"{float(steps['dL_dz']['exact'].rstrip('…')) * 1.0001:.12f}"
    path.write_text(json.dumps(key), encoding="utf-8")
    draws = yaml.load(template.read_text(encoding="utf-8"), yaml.BaseLoader)["vary"]
    assert faults("network-2-2-1", tmp_path / "set", tmp_path / "set-key", draws) == [
        "student0000: a is rounded wrongly",
        "student0000: dL_dz is worked wrongly",
    ]
