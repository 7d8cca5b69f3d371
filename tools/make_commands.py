"""Writes docs/commands.md from the commands themselves: run it after changing an option.

    python tools/make_commands.py

A law test holds the page and the commands together.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from checker.commands import COMMANDS, Command
from checker.commands.terminal import PROGRAM

PATH = Path(__file__).resolve().parent.parent / "docs" / "commands.md"

HEAD = f"""\
# Commands

What `{PROGRAM}` can be asked to do. Results go to standard output, everything else to standard error. The exit
status is 0 for full marks (batch: all graded), 1 for less (batch: some ungradable, or under `--fail-under`), 2 for
input or usage that cannot be used, 3 for a fault of ours. Colours appear only on a terminal, and `NO_COLOR` turns them
off.
"""


def page() -> str:
    """The text of the page."""
    return HEAD + "".join(map(section, COMMANDS.values()))


def section(command: Command) -> str:
    """One command: what it does, how it is called, its arguments."""
    parser = argparse.ArgumentParser(command.name, add_help=False)
    command.module.configure(parser)
    rows = [row(action) for action in parser._actions]  # noqa: SLF001 - no other way
    examples = "\n".join(f"{PROGRAM} {example}" for example in command.examples)
    summary = command.summary[0].upper() + command.summary[1:]
    table = "\n".join(["| argument | meaning |", "|---|---|", *rows])
    return f"\n## {command.name}\n\n{summary}.\n\n```text\n{examples}\n```\n\n{table}\n"


def row(action: argparse.Action) -> str:
    """One argument: how it is written, and what it means."""
    if action.choices is not None and action.metavar is None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        value = str(action.metavar or action.dest.upper())
    if not action.option_strings:
        written = value + (" …" if action.nargs in ("+", "*") else "")
    elif action.nargs == 0:
        written = ", ".join(action.option_strings)
    else:
        written = f"{', '.join(action.option_strings)} {value}"
    meaning = (action.help or "") + (" (required)" if action.option_strings and action.required else "")
    return f"| `{written.replace('|', chr(92) + '|')}` | {meaning.replace('%%', '%').replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
