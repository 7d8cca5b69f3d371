"""Writes docs/authoring.md from the schemas: every key of a problem, a template and a submission, with an example.

    python tools/make_authoring.py

The examples stand in tools/authoring.yaml; what a key means stands in its schema, and nowhere else.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "authoring.md"
TEXT = ROOT / "tools" / "authoring.md"
EXAMPLES = ROOT / "tools" / "authoring.yaml"
OWN = {"template": ("vary", "require", "template")}  # the rest of a template is a problem


class Key(NamedTuple):
    """A key that a file can have: its path, its schema, and the schema that its references are found in."""

    path: str
    schema: dict[str, Any]
    root: dict[str, Any]


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of file; those that the tables determine as they are now, whichever script ran first."""
    made = {"problem": "page", "template": "template_page"}
    if kind in made:
        text = runpy.run_path(str(ROOT / "tools" / "make_schema.py"))[made[kind]]()
    else:
        text = (ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def keys(kind: str) -> dict[str, Key]:
    """Every key of a kind of file by its path; what stands in an array or under a free name has no step of its own."""
    root = schema(kind)
    found: dict[str, Key] = {}
    for path, part in _walk(root, root, "", ()):
        if kind not in OWN or path.partition(".")[0] in OWN[kind]:
            found.setdefault(path, Key(path, part, root))
    return found


def _walk(
    root: dict[str, Any], part: dict[str, Any], prefix: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in part.get("properties", {}).items():
        yield prefix + name, inner
        yield from _walk(root, inner, f"{prefix}{name}.", seen)
    for keyword in ("additionalProperties", "items", "then", "else"):
        if isinstance(part.get(keyword), dict):
            yield from _walk(root, part[keyword], prefix, seen)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for inner in part.get(keyword, ()):
            yield from _walk(root, inner, prefix, seen)
    name = part.get("$ref", "").rpartition("/")[2]
    if name and name not in seen:
        yield from _walk(root, root["$defs"][name], prefix, (*seen, name))


def examples() -> dict[str, dict[str, Any]]:
    """The examples by kind of file and path, as text of YAML."""
    tree = yaml.compose(EXAMPLES.read_text(encoding="utf-8"), yaml.SafeLoader)
    text = EXAMPLES.read_text(encoding="utf-8")
    return {
        kind.value: {
            path.value: text[value.start_mark.index : value.end_mark.index].rstrip() for path, value in group.value
        }
        for kind, group in tree.value
    }


def table(kind: str) -> str:
    """The keys of a kind of file: what each means, and an example."""
    shown, known = examples()[kind], keys(kind)
    if lacking := [path for path in known if path not in shown]:
        raise SystemExit(f"{EXAMPLES}: under {kind}, give an example of {', '.join(lacking)}")
    rows = []
    for path, key in known.items():
        last = path.rpartition(".")[2]
        example = f"{last}: {shown[path]}".replace("|", "\\|")
        meaning = meant(key).replace("|", "\\|")
        rows.append(f"| `{path}` | {meaning} | `{example}` |")
    return "\n".join(["| key | meaning | example |", "|---|---|---|", *rows])


def meant(key: Key) -> str:
    """What a key means, by its schema or by the one that it refers to."""
    if "description" in key.schema:
        return " ".join(key.schema["description"].split())
    return " ".join(key.root["$defs"][key.schema["$ref"].rpartition("/")[2]]["description"].split())


def page() -> str:
    """The text of the page."""
    text = TEXT.read_text(encoding="utf-8")
    for kind in ("problem", "template", "submission"):
        text = text.replace(f"<!-- {kind} -->", table(kind))
    return text


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
