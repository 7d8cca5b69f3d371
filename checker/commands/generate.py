"""`check-backprop generate`: its arguments, and what it says in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker.commands.arguments import add_names, names_of
from checker.commands.progress import Progress
from checker.commands.terminal import FULL, LESS, complain, emit_lines

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from checker.generating.run import Summary


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
    add_names(parser, "--formats", "the handouts' formats", FORMATS, ("md",))
    parser.add_argument(
        "--exports",
        metavar="LIST",
        type=names_of(EXPORTS),
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
    return LESS if summary.kept else FULL


def _say(summary: Summary, options: Namespace) -> None:
    from checker.generating.places import default_key

    said = [f"{path}: somebody changed it, so it is left as it is" for path in summary.kept]
    said += [f"{student}: no longer in the roster; the files stay" for student in summary.no_longer]
    complain(*said)
    draws = sum(variant.number + 1 for variant in summary.variants)
    count = len(summary.students)
    key = options.key_out or default_key(options.out)
    line = (
        f"{count} variant{'' if count == 1 else 's'} of {summary.template} (version {summary.version}), "
        f"from {draws:,} draw{'' if draws == 1 else 's'}, in {options.out}; the key is in {key}: give it to nobody"
    )
    emit_lines([line])
