"""Writes into docs/architecture.md what the source says of itself: each module's line, each kind of place.

    python tools/make_architecture.py

Between a pair of markers (`<!-- modules -->` … `<!-- /modules -->`) the page is made anew; the rest of it is written by
hand. A law test holds the page and the source together.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from checker.graph.mistakes import FINDERS

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "architecture.md"


def page() -> str:
    """The text of the page."""
    text = PATH.read_text(encoding="utf-8")
    for name, made in (("modules", modules()), ("places", places())):
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, made=made: f"{found[1]}\n{made}\n{found[2]}", text)
    return text


def modules() -> str:
    """A table of every module with the first sentence of its docstring, in the order in which data flows."""
    package = ROOT / "checker"
    rank = {name: number for number, name in enumerate(order())}
    found = []
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        if parts in (("__main__",), ("__init__",)):
            continue
        name = "/".join(parts[:-1]) + "/" if parts[-1] == "__init__" else "/".join(parts) + ".py"
        found.append((rank[parts[0]], parts[0], name.count("/") if name.endswith("/") else 9, name, path))
    rows = [f"| `{name}` | {first_line(path)} |" for *_, name, path in sorted(found)]
    return "\n".join(["| module | what it does |", "|---|---|", *rows])


def order() -> list[str]:
    """The modules and folders of the package, what is imported first: the layers that import-linter holds."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        (contract,) = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return [name for layer in reversed(contract["layers"]) for name in re.findall(r"\w+", layer)]


def first_line(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split()).replace("|", "\\|")


def places() -> str:
    """The kinds of places at which a wrong rule can act, with the names that its formula may use."""
    lines = [" ".join((finder.__doc__ or "").split()) for finder in FINDERS]
    return "\n".join(f"- {line}" for line in lines)


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
