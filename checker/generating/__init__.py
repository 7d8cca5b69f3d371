"""Variants: from one template a different, equally hard, sound problem for every student."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checker.generating.run import Summary


def generate_set(
    template: Path | str,
    roster: Path | str,
    out: Path | str,
    *,
    secret_file: Path | str | None = None,
    key_out: Path | str | None = None,
    seed: str | None = None,
    formats: Sequence[str] = ("md",),
    exports: Sequence[str] = (),
    id_column: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Make a set: everybody's problem, handouts and blank submission below `out`, and the key elsewhere.

    Args:
        template: the template's file, or the id of a shipped template.
        roster: the students: CSV with a heading, or an id a line.
        out: where what students get is written.
        secret_file: the instructor's secret, made where there is none (default: `secret` in the key's folder).
        key_out: where the key is written (default: a folder beside `out`).
        seed: a public seed in place of the secret, for practice sets that anybody may make again.
        formats: the formats of the handouts.
        exports: the systems that the set is exported for as well; what holds answers goes into the key's folder.
        id_column: which column of the roster the ids are in.
        progress: told what is being done, how far it is, and of how many.

    Raises:
        AuthorError: the template or the roster cannot be used, the template's conditions cannot be met, the folders
            lie inside each other, or `out` has a set that was made from something else.
    """
    from checker.errors import AuthorError
    from checker.find import contents
    from checker.generating.exports import EXPORTS
    from checker.generating.handouts import FORMATS
    from checker.generating.places import check_folders, check_secret, default_key
    from checker.generating.roster import MOST_BYTES, read_roster
    from checker.generating.run import Maker
    from checker.generating.secret import public, read_secret
    from checker.generating.template import find_template

    out = Path(out)
    key_folder = Path(key_out) if key_out is not None else default_key(out)
    secret_path = Path(secret_file) if secret_file is not None else key_folder / "secret"
    check_folders(out, key_folder, secret_path)
    names = [FORMATS.lookup(name).name for name in dict.fromkeys(formats)]
    systems = [EXPORTS.lookup(name).name for name in dict.fromkeys(exports)]
    read = find_template(template)
    students = read_roster(contents(Path(roster), AuthorError, MOST_BYTES), str(roster), id_column)
    if seed is not None:
        secret = public(seed)
    else:
        check_secret(secret_path, key_folder)
        secret, _ = read_secret(secret_path)
    return Maker(read, secret, out, key_folder, names, seed, systems).make(students, progress)
