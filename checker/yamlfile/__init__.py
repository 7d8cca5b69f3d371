"""YAML files as located values: each keeps its text, its line and its column, and nothing in them can run or explode.

`read` gives the values of a file; `value` says what one is by the core schema of YAML 1.2; `validate` explains what a
JSON Schema has against a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.yamlfile.nodes import Mapping, Node, Scalar, Sequence, at, described, place, short, value
from checker.yamlfile.reading import DEFAULT, MAX_FINDINGS, Limits, read

if TYPE_CHECKING:
    from checker.errors import Finding

__all__ = [
    "DEFAULT",
    "MAX_FINDINGS",
    "Limits",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "at",
    "described",
    "place",
    "read",
    "short",
    "validate",
    "value",
]


def validate(root: Mapping, schema: dict[str, Any], file: str) -> list[Finding]:
    """What a JSON Schema has against a file: each fault once, in plain words, in the order of their places."""
    from checker.yamlfile.explaining import explained  # a sound file does not pay for it

    return explained(root, schema, file)
