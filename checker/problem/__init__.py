"""A problem file becomes a `Problem`: numbers exact, expressions read, every name resolved, every fault reported.

The hand-written checks of this package are the fast path and say most themselves. Where they find keys missing or
unknown, the JSON Schema is asked to explain the file, and whatever else it finds at other places is said too.
"""

from __future__ import annotations

import re

from checker import yamlfile
from checker.errors import AuthorError, Finding
from checker.model import Problem
from checker.problem.equations import read_equations, read_written
from checker.problem.language import (
    EQUATION_KEYS,
    FORMAT,
    FUNCTIONS,
    ID_PATTERN,
    KEYS,
    MAX_NAME,
    MAX_TITLE,
    TEMPLATE_KEYS,
)
from checker.problem.marking import read_aliases, read_ask, read_conventions, read_rubric
from checker.problem.network import read_network
from checker.problem.reader import Reader
from checker.problem.update import read_update
from checker.yamlfile import Mapping, Node, Scalar, described, short

__all__ = ["FUNCTIONS", "load_problem", "problem_from"]


def load_problem(data: bytes, file: str) -> Problem:
    """The problem that a file holds: `data` are its bytes, `file` the name its errors carry.

    Raises:
        AuthorError: the file cannot be used. All its findings, in the order of their places.
    """
    return problem_from(yamlfile.read(data, file, AuthorError), file, data.decode("utf-8-sig"))


def problem_from(root: Mapping, file: str, text: str) -> Problem:
    """The problem that the values of a file hold, where they are read already; `text` is the whole file.

    Raises:
        AuthorError: as for `load_problem`.
    """
    return _problem(Reader(root, file, text))


def _problem(reader: Reader) -> Problem:
    root = reader.root
    for key in TEMPLATE_KEYS:
        if key in root.items:
            raise AuthorError(
                Finding(
                    f"this file is a template, not a problem: it has {key!r}",
                    reader.place(root.keys[key]),
                    "make problems from it with `check-backprop generate`",
                )
            )
    reader.mapping(root, "a problem", "its keys", KEYS)
    for key in ("format", "id"):
        if key not in root.items:
            reader.missing(root, key)
    reader.places.update((name, reader.place(key)) for name, key in root.keys.items())
    get = root.items.get
    _check_format(reader, get("format"))
    identity = _identity(reader, get("id"))
    title = _title(reader, get("title"))

    if "network" in root.items:
        for key in EQUATION_KEYS:
            if key in root.items:
                reader.say(
                    root.keys[key],
                    f"{key!r} cannot stand beside 'network', which writes its own",
                    "remove one of the two",
                )
        quantities, written = read_network(reader, get("network"))
        named = True
    else:
        quantities = [
            *reader.quantities(get("given"), "given"),
            *reader.quantities(get("parameters"), "parameter"),
        ]
        written, named = read_written(reader, get("forward"), get("loss"))
        if not any(key in root.items for key in ("forward", "loss")):
            reader.meant.append(
                Finding(
                    "the problem has no equations",
                    reader.place(root),
                    "write them under 'forward', or layers under 'network'",
                )
            )
    equations = read_equations(reader, written)
    trained = tuple(quantity.name for quantity in quantities if quantity.role == "parameter")
    update = read_update(reader, get("update"))
    if "update" in root.items and not any(kind == "parameter" for kind, _ in reader.names.values()):
        mend = "train the weights of a layer" if "network" in root.items else "list them under 'parameters'"
        reader.say(root.keys["update"], "there are no parameters to update", mend)
    aliases = read_aliases(reader, get("aliases"))
    ask = read_ask(reader, get("ask"))
    rubric = read_rubric(reader, get("grading"))
    conventions = read_conventions(reader, get("conventions"))
    reader.finish()
    return Problem(
        id=identity,
        title=title or identity,
        quantities=tuple(quantities),
        equations=tuple(equations),
        loss=equations[-1].name,
        trained=trained,
        update=update,
        ask=ask,
        rubric=rubric,
        conventions=conventions,
        aliases=aliases,
        source=reader.file,
        loss_is_named=named,
        text=reader.text,
        places=reader.places,
    )


def _check_format(reader: Reader, node: Node | None) -> None:
    if node is None:
        return
    text = node.text if isinstance(node, Scalar) else ""
    if text.startswith("check-backprop/submission@"):
        reader.say(node, "this file is a submission, not a problem", "give the problem file")
    elif text != FORMAT:
        reader.say(node, f"expected the format {FORMAT}, found {described(node)}", f"write `format: {FORMAT}`")


def _identity(reader: Reader, node: Node | None) -> str:
    if node is None:
        return ""
    text = reader.string(node, "the id")
    if text is not None and not re.fullmatch(ID_PATTERN, text):
        long = f": {len(text)} characters" if len(text) > MAX_NAME else ""
        reader.say(
            node,
            f"{short(text)!r} cannot be an id{long}",
            f"use at most {MAX_NAME} letters a to z, digits, '.', '_' and '-', not starting with '.'",
        )
    return text or ""


def _title(reader: Reader, node: Node | None) -> str:
    if node is None:
        return ""
    text = reader.string(node, "the title")
    if text is not None and not text.strip():
        reader.say(node, "the title is empty", "give one, or remove the key (then the id stands in)")
    elif text is not None and len(text) > MAX_TITLE:
        reader.say(node, f"the title has {len(text):,} characters", f"use at most {MAX_TITLE}")
    return " ".join((text or "").split())
