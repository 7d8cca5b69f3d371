"""The problem file of a variant, written from its values: without its author's comments, and with holes for numbers."""

from __future__ import annotations

import json
import re

from checker.generating.holes import Piece, Place, joined
from checker.generating.variant import Hole
from checker.yamlfile import Mapping, Node, Scalar, Sequence

WIDTH = 100  # of a line
_PLAIN = re.compile(r"[A-Za-z0-9_.(+-][A-Za-z0-9_.+*/^() @-]*")
_NO_TEXT = re.compile(r"[-+.0-9eE_]*|null|true|false|yes|no|on|off|~|[-+.]?(?:inf|nan)", re.IGNORECASE)


def written(root: Mapping, identity: Piece) -> list[Piece]:
    """The problem file of a variant, without its author's comments, in pieces between which the drawn numbers go."""
    pieces: list[Piece] = []
    for name, node in root.items.items():
        if name == "id":
            pieces += ["id: ", identity, "\n"]
        else:
            _entry(pieces, root.keys[name], node, 0, as_block=name in ("forward", "loss"))
    return joined(pieces)


def _entry(pieces: list[Piece], key: Scalar, node: Node, indent: int, as_block: bool = False) -> None:
    pieces.append(f"{' ' * indent}{_scalar(key, flow=False)}:")
    if isinstance(node, Scalar):
        pieces += [" ", node_piece(node, flow=False), "\n"]
        return
    flow = _flow(node)
    length = indent + len(key.text) + 2 + sum(len(piece) if isinstance(piece, str) else 4 for piece in flow)
    if not node.items or (not as_block and length <= WIDTH):
        pieces += [" ", *flow, "\n"]
    elif isinstance(node, Mapping):
        pieces.append("\n")
        for name, part in node.items.items():
            _entry(pieces, node.keys[name], part, indent + 2)
    else:
        pieces.append("\n")
        for part in node.items:
            pieces += [
                " " * (indent + 2),
                "- ",
                *(_flow(part) if not isinstance(part, Scalar) else [node_piece(part, flow=False)]),
                "\n",
            ]


def node_piece(node: Scalar, flow: bool) -> Piece:
    """A scalar, or the place of a number that is drawn."""
    return Place(node.variable, node.element) if isinstance(node, Hole) else _scalar(node, flow)


def _scalar(node: Scalar, flow: bool) -> str:
    text = node.text
    plain = _PLAIN.fullmatch(text) or (
        not flow and re.fullmatch(_PLAIN.pattern + r"[A-Za-z0-9_.+*/^() @,\[\]-]*", text)
    )
    if plain and text == text.strip() and not text.startswith("- ") and (node.plain or not _NO_TEXT.fullmatch(text)):
        return text
    return json.dumps(text, ensure_ascii=False)


def _flow(node: Node) -> list[Piece]:
    if isinstance(node, Scalar):
        return [node_piece(node, flow=True)]
    if isinstance(node, Sequence):
        parts: list[Piece] = ["["]
        for i, item in enumerate(node.items):
            parts += [", "] if i else []
            parts += _flow(item)
        return [*parts, "]"]
    parts = ["{"]
    for i, (name, item) in enumerate(node.items.items()):
        parts += [", "] if i else []
        parts += [f"{_scalar(node.keys[name], flow=True)}: ", *_flow(item)]
    return [*parts, "}"]
