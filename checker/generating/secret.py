"""The instructor's secret: made on first use, readable by nobody else, never part of what is handed out."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from typing import TYPE_CHECKING

from checker.errors import AuthorError, Finding, Place

if TYPE_CHECKING:
    from pathlib import Path

LEAST_BYTES = 16
MOST_BYTES = 4_096


def read_secret(path: Path) -> tuple[bytes, bool]:
    """The secret in a file, and whether the file was made just now.

    Raises:
        AuthorError: the file cannot be read or made, can be read by others, or is too short to be secret.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return _made(path), True
    except OSError as error:
        raise _unusable(path, error) from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise AuthorError(Finding("the secret is no regular file", Place(str(path)), "give a file"))
        if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            what = f"the secret can be read by others (its mode is {stat.S_IMODE(status.st_mode):04o})"
            raise AuthorError(Finding(what, Place(str(path)), f"run `chmod 600 {path}`, if nobody has seen it"))
        data = file.read(MOST_BYTES + 1).strip()
    if not LEAST_BYTES <= len(data) <= MOST_BYTES:
        what = f"a secret of {len(data)} bytes" if data else "the secret is empty"
        mend = "give a file that is not there yet: it is made with 256 random bits"
        raise AuthorError(Finding(f"{what}; it needs at least {LEAST_BYTES}", Place(str(path)), mend))
    return data, False


def _made(path: Path) -> bytes:
    """A new secret, put into its file whole: a run that is cut short leaves no half of one."""
    data = secrets.token_hex(32).encode()
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)  # fails where another run was first, whose secret then holds
        except FileExistsError:
            return read_secret(path)[0]
        except OSError:  # a file system without links
            beside.rename(path)
        return data
    except OSError as error:
        raise _unusable(path, error) from None
    finally:
        beside.unlink(missing_ok=True)


def _unusable(path: Path, error: OSError) -> AuthorError:
    what = f"the secret cannot be read or made: {error.strerror or error}"
    return AuthorError(Finding(what, Place(str(path)), "give another --secret-file"))


def public(seed: str) -> bytes:
    """What stands for the secret in a practice set, whose numbers anybody may work out again."""
    return b"check-backprop: public practice set\0" + seed.encode()


def fingerprint(secret: bytes) -> str:
    """What tells one secret from another and gives neither away."""
    return hmac.digest(secret, b"check-backprop: which secret", "sha256").hex()[:32]
