"""The update: which optimizer, with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.knowledge.optimizers import OPTIMIZERS
from checker.model import Update
from checker.problem.language import BELOW_ONE, EXTRAS, MAX_ITERATIONS, POSITIVE, table_names
from checker.problem.words import table_number, typed
from checker.table import suggest
from checker.yamlfile import Mapping, Node, short

if TYPE_CHECKING:
    from fractions import Fraction

    from checker.problem.reader import Reader


def read_update(reader: Reader, node: Node | None) -> Update | None:
    """What stands under `update`, every setting of the optimizer filled in; None where there is nothing."""
    if node is None:
        return None
    content = reader.mapping(node, "settings under 'update'", "{optimizer: sgd, learning_rate: 0.1}")
    if not isinstance(node, Mapping):
        return None
    if "learning_rate" not in content.items:
        reader.missing(content, "learning_rate")
    chosen = content.items.get("optimizer")
    name = "sgd" if chosen is None else reader.string(chosen, "the optimizer")
    if name is None:
        return None
    if name not in OPTIMIZERS:
        where = chosen if chosen is not None else content
        reader.say(where, f"unknown optimizer {short(name)!r}", suggest(name, table_names(OPTIMIZERS)))
        return None
    entry = OPTIMIZERS[name]
    defaults = dict(entry.settings)
    numeric = list(dict.fromkeys(("learning_rate", *defaults, *EXTRAS)))
    known = ["optimizer", *numeric, "form", "iterations"]
    settings: dict[str, Fraction] = {}
    for key, written in content.keys.items():
        reader.places[f"update.{key}"] = reader.place(written)
        if key not in known:
            reader.say(written, f"{entry.name} has no setting {short(key)!r}", suggest(key, known))
    for key in numeric:
        value = content.items.get(key)
        if value is not None:
            exact = reader.number(value, key)
            if exact is not None and _in_range(reader, value, key, exact):
                settings[key] = exact
        elif defaults.get(key):
            settings[key] = table_number(defaults[key])
        elif key in defaults and key != "learning_rate":
            reader.missing(content, key)
    form = _form(reader, content.items.get("form"), entry.name, [form.name for form in entry.forms])
    iterations = reader.integer(content.items.get("iterations"), "iterations", 1, MAX_ITERATIONS)
    return Update(entry.name, settings, form, iterations or 1, reader.place(node))


def _form(reader: Reader, node: Node | None, optimizer: str, forms: list[str]) -> str | None:
    """The form the author picked; None where they left it to the convention."""
    if node is None:
        return None
    text = reader.string(node, "the form")
    if text is None or text in forms:
        return text
    if len(forms) < 2:
        reader.say(node, f"{optimizer} has only one form", "remove 'form'")
    else:
        reader.say(node, f"{optimizer} has no form {short(text)!r}", suggest(text, forms))
    return None


def _in_range(reader: Reader, node: Node, key: str, exact: Fraction) -> bool:
    """Whether a setting of an optimizer makes sense; says so where not."""
    if key in POSITIVE and exact <= 0:
        reader.say(node, f"{key} must be more than 0, found {short(typed(node))}")
    elif key in BELOW_ONE and not 0 <= exact < 1:
        reader.say(node, f"{key} must be at least 0 and less than 1, found {short(typed(node))}")
    elif exact < 0:
        reader.say(node, f"{key} must not be negative, found {short(typed(node))}")
    else:
        return True
    return False
