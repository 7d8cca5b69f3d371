"""`check-backprop generate`: its arguments, and what it says in the end."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.progress import Progress

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from checker.generating.run import Summary
    from checker.table import Table

MOST_SAID = 20


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    from checker.generating.exports import EXPORTS
    from checker.generating.handouts import FORMATS

    parser.add_argument("template", metavar="TEMPLATE", help="a template's file, or the id of a shipped template")
    parser.add_argument(
        "--roster", metavar="FILE", type=Path, required=True, help="the students: CSV with a heading, or an id a line"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where what students get is written")
    parser.add_argument(
        "--key-out", metavar="DIR", type=Path, help="where the private key is written (default: DIR-key beside --out)"
    )
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument(
        "--secret-file",
        metavar="FILE",
        type=Path,
        help="your secret, made on first use (default: secret in the key's folder)",
    )
    secret.add_argument("--seed", metavar="TEXT", help="a public seed in place of the secret, for practice sets")
    parser.add_argument(
        "--formats",
        metavar="LIST",
        type=_formats,
        default=("md",),
        help=f"the handouts' formats, of {', '.join(FORMATS)}, or none (default: md)",
    )
    parser.add_argument(
        "--exports",
        metavar="LIST",
        type=_exports,
        default=(),
        help=f"other systems that the set is written for as well, of {', '.join(EXPORTS)} (docs/generate.md says what "
        "is lost in each)",
    )
    parser.add_argument("--id-column", metavar="NAME", help="the roster's column with the ids, where it is not found")


def run(options: Namespace) -> int:
    """Make the set; 0, or 1 where files that somebody changed were left as they are."""
    from checker.generating import generate_set

    progress = Progress()
    try:
        summary = generate_set(
            options.template,
            options.roster,
            options.out,
            secret_file=options.secret_file,
            key_out=options.key_out,
            seed=options.seed,
            formats=options.formats,
            exports=options.exports,
            id_column=options.id_column,
            progress=progress,
        )
    finally:
        progress.close()
    _say(summary, options)
    return 1 if summary.kept else 0


def _say(summary: Summary, options: Namespace) -> None:
    from checker.generating.run import default_key
    from checker.reports.plain import cut, printable

    said = [f"{path}: somebody changed it, so it is left as it is" for path in summary.kept]
    said += [f"{student}: no longer in the roster; the files stay" for student in summary.no_longer]
    for line in said[:MOST_SAID]:
        print(cut(printable(line), 500), file=sys.stderr)  # noqa: T201 - a command
    if len(said) > MOST_SAID:
        print(f"and {len(said) - MOST_SAID} more", file=sys.stderr)  # noqa: T201 - a command
    draws = sum(variant.number + 1 for variant in summary.variants)
    count = len(summary.students)
    key = options.key_out or default_key(options.out)
    line = (
        f"{count} variant{'' if count == 1 else 's'} of {summary.template} (version {summary.version}), "
        f"from {draws:,} draw{'' if draws == 1 else 's'}, in {options.out}; the key is in {key}: give it to nobody"
    )
    print(printable(line))  # noqa: T201 - a command


def _formats(text: str) -> tuple[str, ...]:
    from checker.generating.handouts import FORMATS

    return _listed(text, FORMATS)


def _exports(text: str) -> tuple[str, ...]:
    from checker.generating.exports import EXPORTS

    return _listed(text, EXPORTS)


def _listed(text: str, table: Table[Any]) -> tuple[str, ...]:
    """The names in a list between commas, each once; none of them for `none`."""
    from checker.table import suggest

    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    for name in names:
        if name not in table:
            raise ArgumentTypeError(f"unknown {table.kind} {name!r}; {suggest(name, [*table, 'none'])}")
    return tuple(dict.fromkeys(table[name].name for name in names))
