"""The equations: each expression read once, every name in it resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker import yamlfile
from checker.expression.parser import parse
from checker.expression.tree import ExpressionError, Name, walk
from checker.model import Equation
from checker.problem.language import FUNCTIONS, MAX_EQUATIONS, MAX_NAME
from checker.table import suggest
from checker.yamlfile import Mapping, Node, Scalar, described, short

if TYPE_CHECKING:
    from checker.errors import Place
    from checker.problem.reader import Reader


class Written(NamedTuple):
    """An equation before it is read; `text` is '' where a finding says why there is none."""

    name: str
    text: str
    where: Place


def read_written(reader: Reader, forward: Node | None, loss: Node | None) -> tuple[list[Written], bool]:
    """The equations under `forward` and `loss` in order, and whether a loss is named."""
    found: list[Written] = []
    content = reader.mapping(forward, "expressions by name under 'forward'", "{z: w*x + b}")
    _gather(reader, content, "forward", found)
    if loss is None:
        if forward is not None and isinstance(forward, Mapping) and not forward.items:
            reader.say(forward, "'forward' has no equations", "write at least one, such as `z: w*x + b`")
        return found, False
    if isinstance(loss, Scalar) and loss.text:
        reader.say(
            loss,
            f"expected the loss by name, found {described(loss)}",
            f"write `loss: {{L: {short(loss.text)}}}`",
        )
        return found, True
    content = reader.mapping(loss, "one expression by name under 'loss'", "{L: (a - y)^2 / 2}")
    if isinstance(loss, Mapping) and len(loss.items) - sum(not first for first in _cut(loss).values()) != 1:
        reader.say(
            loss,
            f"expected exactly one equation under 'loss', found {len(loss.items) or 'none'}",
            "put the others under 'forward'" if loss.items else "write one, such as `L: (a - y)^2 / 2`",
        )
    _gather(reader, content, "loss", found)
    return found, True


def _open(text: str) -> int:
    """How many brackets are opened and not closed; negative where more are closed."""
    return text.count("(") - text.count(")")


def _cut(content: Mapping) -> dict[str, bool]:
    """The names of the equations that a comma has cut inside { }, where it ends a value; True of the first part."""
    found: dict[str, bool] = {}
    names = list(content.items)
    for place, name in enumerate(names):
        node = content.items[name]
        depth = _open(node.text) if isinstance(node, Scalar) and node.plain and name not in found else 0
        for count, part in enumerate(names[place + 1 :], 1) if depth > 0 else ():
            depth += _open(part)
            if depth <= 0:
                found |= {name: True, **dict.fromkeys(names[place + 1 : place + 1 + count], False)}
            if depth <= 0 or yamlfile.value(content.items[part]) is not None:
                break
    return found


def _gather(reader: Reader, content: Mapping, section: str, found: list[Written]) -> None:
    cut = _cut(content)
    for name, node in content.items.items():
        key = content.keys[name]
        if name in cut:
            if cut[name]:
                reader.places[f"{section}.{name}"] = reader.place(key)
                reader.register(key, name, "equation")
                what = f"in {short(name)!r}: a comma ends a value between {{ and }}"
                reader.say(node, what, "put the expression in quotes, or write each equation on a line of its own")
                found.append(Written(name, "", reader.place(node)))
            continue
        reader.places[f"{section}.{name}"] = reader.place(key)
        reader.register(key, name, "equation")
        if not isinstance(node, Scalar) or yamlfile.value(node) is None or isinstance(yamlfile.value(node), bool):
            reader.odd(node, f"an expression for {short(name)!r}", "write one, such as w*x + b")
            found.append(Written(name, "", reader.place(node)))
            continue
        # a folded expression reads as one line; a line break counts as the space it stands for
        text = node.text.strip().replace("\n", " ")
        if not text:
            reader.say(node, f"the expression of {short(name)!r} is empty", "write one, such as w*x + b")
        found.append(Written(name, text, reader.start(node)))


def read_equations(reader: Reader, written: list[Written]) -> list[Equation]:
    """The equations, each expression read once and its names resolved; an empty text was reported before."""
    if len(written) > MAX_EQUATIONS:
        first = written[MAX_EQUATIONS]
        place = reader.names[first.name][1]
        reader.say(place, f"the problem has {len(written):,} equations", f"use at most {MAX_EQUATIONS:,}")
        return []
    visible = {name for name, (kind, _) in reader.names.items() if kind != "equation"}
    visible |= {"e", "pi"} - reader.names.keys()
    equations = []
    for line in written:
        if line.text:
            try:
                expression = parse(line.text, FUNCTIONS, quantities=reader.names)
            except ExpressionError as error:
                place = reader.within(line.where, line.text, error.at)
                reader.say(place, f"in {short(line.name)!r}: {error.what}", error.mend)
            else:
                for part in walk(expression):
                    if isinstance(part, Name) and part.name not in visible:
                        what, mend = _unknown(reader, line, part, visible)
                        place = reader.within(line.where, line.text, part.at)
                        reader.say(place, f"in {short(line.name)!r}: {what}", mend)
                equations.append(Equation(line.name, expression, line.text, line.where))
        visible.add(line.name)
    return equations


def _unknown(reader: Reader, line: Written, part: Name, visible: set[str]) -> tuple[str, str]:
    """What is wrong with a name that means nothing where it stands, and what was probably meant."""
    name = part.name
    shown = repr(short(name))
    if name == line.name:
        return f"{shown} uses itself", "an equation may use only what stands above it"
    taken = reader.names.get(name)
    if taken:
        return f"{shown} is defined below, on line {taken[1].line}", "move it up"
    if line.text[part.at + len(name) :].lstrip(" ").startswith("("):
        return f"unknown function {shown}", suggest(name, sorted(FUNCTIONS | visible))
    for cut in range(1, min(len(name), MAX_NAME)):
        if name[:cut] in visible and name[cut:] in visible:
            mend = f"names of several letters are never split: for a product write {name[:cut]}*{name[cut:]}"
            return f"unknown name {shown}", mend
    return f"unknown name {shown}", suggest(name, [known for known in reader.names if known in visible])
