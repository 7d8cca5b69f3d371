"""Where a set and its key lie: apart from each other, so that who gets the one is not given the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from pathlib import Path


def check_folders(out: Path, key_out: Path, secret: Path | None) -> None:
    """Nothing, where key and secret are kept apart from what is handed out.

    Raises:
        AuthorError: one lies inside the other.
    """
    inside = out.resolve()
    for path, option in ((key_out, "--key-out"), (secret, "--secret-file")):
        if path is None:
            continue
        resolved = path.resolve()
        if resolved == inside or resolved.is_relative_to(inside):
            what = f"{option} lies inside --out, which is handed out"
            raise AuthorError(Finding(what, Place(str(path)), "put it beside, or elsewhere"))
    if inside.is_relative_to(key_out.resolve()):
        what = "--out lies inside --key-out: who gets the one is easily given the other"
        raise AuthorError(Finding(what, Place(str(out)), "put them side by side"))


def check_secret(secret: Path, key_out: Path) -> None:
    """Nothing, where there is a secret, or no set yet that rests on one: a new one would not give its numbers again.

    Raises:
        AuthorError: there is a set, and not its secret.
    """
    if (key_out / "manifest.json").is_file() and not secret.exists():
        what = f"there is a set in {key_out}, and not the secret that it was made with"
        raise AuthorError(Finding(what, Place(str(secret)), "give that secret with --secret-file, or another folder"))


def default_key(out: Path) -> Path:
    """Where the key goes unless said: beside the set."""
    resolved = out.resolve()
    return (
        out.parent / f"{resolved.name}-key"
        if out.name not in ("", ".", "..")
        else resolved.parent / f"{resolved.name}-key"
    )
