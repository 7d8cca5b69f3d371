"""What comes with the product beside its code: the folders of schemas, problems and templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checker.errors import Finding, InternalError

_REINSTALL = "reinstall check-backprop"


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of problems, submissions or reports, by name.

    Raises:
        InternalError: it was not installed.
    """
    import json

    path = data_folder("schemas") / f"{name}.schema.json"
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InternalError(Finding(f"the schema {name!r} cannot be read: {fault}", None, _REINSTALL)) from None
    return loaded


def data_folder(name: str) -> Path:
    """The folder of data `name` that is shipped: inside the package, or beside it where that is a checkout.

    Raises:
        InternalError: there is neither.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / f"_{name}", package.parent / name):
        if folder.is_dir():
            return folder
    raise InternalError(Finding(f"the folder {name!r} of check-backprop is missing", None, _REINSTALL))
