"""Every command that a document shows is run, in order, in a folder of its own, and what it shows is what is printed.

In a block of ```console a line that begins with `$ ` is a command; what stands below it, down to the next one, is all
that it prints. A line of `…` stands for any number of lines, `…` within a line for any text. A block with `file=NAME`
behind its language is a file that the commands after it find; `<!-- $ COMMAND -->` is run without being shown. A block
of ```diff is applied to a copy of the package, on which the commands after it are run: `@@` alone opens a hunk, whose
lines stand in one place of the file. `CHECK_BACKPROP` names the command to run, where it is not this environment's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(os.environ.get("CHECK_BACKPROP") or shutil.which("check-backprop", path=Path(sys.executable).parent))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRESS = re.compile(r"\w+ \d+ of \d+")  # said only where a machine is slow
BLOCK = re.compile(
    r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$|^<!-- (\$ .*?) -->$", re.MULTILINE | re.DOTALL
)  # of a hidden command only the last group


class Block(NamedTuple):
    """A fenced block: its language, the file it is, and its text."""

    language: str
    file: str
    text: str


def blocks(document: Path) -> list[Block]:
    found = BLOCK.findall(document.read_text(encoding="utf-8"))
    return [
        Block("hidden", "", hidden.removeprefix("$ ")) if hidden else Block(language, file, text)
        for language, file, text, hidden in found
    ]


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Each command with the lines that stand below it."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            assert found, f"a block of ```console begins with a command, not with {line!r}"
            found[-1][1].append(line)
    return found


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether these lines are what is shown; `…` stands for any number of lines."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n" for line in shown
    ]
    pattern = "".join(lines)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def patch(diff: str, root: Path) -> None:
    """Apply the hunks of one file."""
    head, *hunks = re.split(r"^@@\n", diff, flags=re.MULTILINE)
    path = root / re.search(r"^\+\+\+ b/(\S+)$", head, re.MULTILINE)[1]
    text = path.read_text(encoding="utf-8")
    for hunk in hunks:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"{path.name} has this {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")


def copied(root: Path) -> None:
    """A copy of the package in `root`, and a command that runs it."""
    for name in ("checker", "schemas", "problem_sets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = root / "bin" / "check-backprop"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" -P -m checker "$@"\n', encoding="utf-8")
    command.chmod(0o755)


@pytest.mark.parametrize("shown", [["a", "…", "d"], ["…"], ["a", "b…", "…c", "d"], ["a", "b", "c", "d"], ["…", "d"]])
def test_lines_that_fit(shown):
    assert fits(shown, ["a", "b", "c", "d"])


@pytest.mark.parametrize("shown", [[], ["a", "…", "c"], ["a", "b", "d"], ["a", "b", "c", "d", "e"], ["b", "…"]])
def test_lines_that_do_not_fit(shown):
    assert not fits(shown, ["a", "b", "c", "d"])


@pytest.mark.parametrize(
    "document",
    [path for path in DOCUMENTS if path.exists() and any(block.language == "console" for block in blocks(path))],
    ids=lambda path: path.name,
)
def test_commands_print_what_is_shown(document: Path, tmp_path: Path) -> None:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))},
        "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    folder = tmp_path / "folder"
    folder.mkdir()
    for block in blocks(document):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.language == "diff":
            if not (tmp_path / "copy").exists():
                copied(tmp_path / "copy")
                environ["PATH"] = f"{tmp_path / 'copy' / 'bin'}{os.pathsep}{environ['PATH']}"
            patch(block.text, tmp_path / "copy")
        if block.language not in ("console", "hidden"):
            continue
        for command, shown in commands(block.text) if block.language == "console" else [(block.text, ["…"])]:
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environ, check=False, timeout=120, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            printed = [line for line in done.stdout.splitlines() if not PROGRESS.fullmatch(line)]
            assert fits(shown, printed), f"{document.name}: `{command}` printed\n\n{done.stdout}"
            assert done.returncode in (0, 1), f"{document.name}: `{command}` ended with {done.returncode}"


def test_every_relative_link_leads_somewhere():
    for document in DOCUMENTS:
        if not document.exists():
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")):
                assert (document.parent / target).exists(), f"{document.name} links to {target}"
