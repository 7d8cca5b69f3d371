"""What is asked and how it is marked: steps, aliases, points, tolerances, conventions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.knowledge.conventions import CONVENTIONS
from checker.model import Rubric, StepRubric, Tolerance
from checker.problem.language import (
    EXPECTED,
    FRACTION,
    GRADING_KEYS,
    MAX_DIGITS,
    MAX_POINTS,
    NUMBER,
    NUMBERS_ONLY,
    STEP_BASE,
    STEP_KEYS,
    TOLERANCE_KEYS,
    table_names,
)
from checker.problem.reader import Reader, name_fault
from checker.problem.words import table_number, taken_by, typed
from checker.table import suggest
from checker.yamlfile import Mapping, Node, Scalar, Sequence, described, short

if TYPE_CHECKING:
    from checker.errors import Place
    from checker.knowledge.entries import Convention


def read_ask(reader: Reader, node: Node | None) -> tuple[tuple[str, Place], ...] | None:
    """The steps that are asked, each with its place; None where the author left it to the default."""
    if node is None:
        return None
    if not isinstance(node, Sequence):
        reader.odd(node, "a list of steps under 'ask'", "write [z, a, dL_dw]")
        return None
    if not node.items:
        reader.say(node, "'ask' is empty", "name at least one step, or remove the key to ask for all")
    asked: dict[str, Place] = {}
    for item in node.items:
        text = reader.string(item, "a step")
        if text is None:
            continue
        text = text.strip()
        if not text:
            reader.say(item, "a step under 'ask' is empty", "remove it")
        elif text in asked:
            reader.say(item, f"{short(text)!r} is asked twice, first on line {asked[text].line}", "remove one")
        else:
            asked[text] = reader.place(item)
    return tuple(asked.items())


def read_aliases(reader: Reader, node: Node | None) -> dict[str, str]:
    """What each alias stands for, with `-` before it where the sign turns."""
    content = reader.mapping(node, "steps by their other names under 'aliases'", "{delta: dL_dz}")
    read: dict[str, str] = {}
    for name, value in content.items.items():
        key = content.keys[name]
        fault = name_fault(name)
        if fault:
            reader.say(key, *fault)
        taken = reader.names.get(name)
        if taken:
            reader.say(key, f"the alias {name!r} is taken {taken_by(taken)}", "rename the alias")
        text = reader.string(value, f"the step that {short(name)!r} stands for")
        if text is None:
            continue
        reader.places[f"aliases.{name}"] = reader.start(value) if isinstance(value, Scalar) else reader.place(value)
        step = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
        minus = "-" if step.startswith("-") else ""
        step = step.removeprefix("-").strip()
        match = STEP_BASE.match(step)
        base = match[0] if match else ""
        if not step:
            reader.say(value, f"the alias {short(name)!r} stands for nothing", f"write `{short(name)}: dL_dz`")
        elif base == name:
            reader.say(value, f"the alias {short(name)!r} stands for itself", "name the step it stands for")
        elif base in content.items and base not in reader.names:
            reader.say(
                value,
                f"the alias {short(name)!r} stands for another alias, {short(base)!r}",
                "name the step itself",
            )
        else:
            read[name] = minus + step
    return read


def read_rubric(reader: Reader, node: Node | None) -> Rubric:
    """What stands under `grading`, with its defaults."""
    content = reader.mapping(node, "settings under 'grading'", "{tolerance: {decimals: 4}}", GRADING_KEYS)
    tolerance = _tolerance(reader, content.items.get("tolerance")) or Tolerance()
    shares = dict(Rubric().shares)
    written = reader.mapping(content.items.get("shares"), "shares by verdict", "{slip: 0.5}", tuple(shares))
    for verdict in shares:
        share = reader.ranged(written.items.get(verdict), f"the share for {verdict}", 0, 1)
        if share is not None:
            shares[verdict] = share
    steps: dict[str, StepRubric] = {}
    listed = reader.mapping(content.items.get("steps"), "settings by step", "{z: {points: 2}}")
    for name, settings in listed.items.items():
        reader.places[f"grading.steps.{name}"] = reader.place(listed.keys[name])
        step = reader.mapping(settings, f"settings for the step {short(name)!r}", "{points: 2}", STEP_KEYS)
        if isinstance(settings, Mapping) and not settings.items:
            reader.say(settings, f"nothing is set for the step {short(name)!r}", "set something or remove it")
        points = reader.ranged(step.items.get("points"), "points", 0, MAX_POINTS)
        steps[name] = StepRubric(
            points=1.0 if points is None else points,
            carry=reader.boolean(step.items.get("carry"), "carry"),
            tolerance=_tolerance(reader, step.items.get("tolerance")),
            expect=_one_of(reader, step.items.get("expect"), "'expect'", EXPECTED),
        )
    expect = _one_of(reader, content.items.get("expect"), "'expect'", EXPECTED) or EXPECTED[0]
    numbers_only = _one_of(reader, content.items.get("numbers_only"), "'numbers_only'", NUMBERS_ONLY) or NUMBERS_ONLY[0]
    return Rubric(tolerance, shares, steps, expect, numbers_only)


def _one_of(reader: Reader, node: Node | None, what: str, choices: tuple[str, ...]) -> str:
    """The choice that is written; '' where none is."""
    if node is None:
        return ""
    text = reader.string(node, f"one of {', '.join(choices)} for {what}")
    if text is None:
        return ""
    text = text.strip()
    if text not in choices:
        near = suggest(text, choices)
        mend = near if near.startswith("did you mean") else f"use one of {', '.join(choices)}"
        reader.say(node, f"unknown choice for {what}: {short(text)!r}", mend)
        return ""
    return text


def _tolerance(reader: Reader, node: Node | None) -> Tolerance | None:
    if node is None:
        return None
    content = reader.mapping(node, "a tolerance by its kind", "{decimals: 4}", TOLERANCE_KEYS)
    if not isinstance(node, Mapping):
        return None
    get = content.items.get
    if not content.items:
        reader.say(node, "the tolerance is empty", "write one such as {decimals: 4}, or remove the key")
        return None
    decimals = reader.integer(get("decimals"), "decimals", 0, MAX_DIGITS)
    significant = reader.integer(get("significant"), "significant", 1, MAX_DIGITS)
    absolute = reader.positive(get("absolute"), "an absolute tolerance")
    relative = _relative(reader, get("relative"))
    strict = "strict" in content.items and reader.boolean(get("strict"), "strict")
    measured = [key for key in ("absolute", "relative") if key in content.items]
    if measured and len(content.items) > 1:
        other = next(key for key in content.items if key != measured[0])
        reader.say(
            content.keys[measured[0]],
            f"a tolerance cannot be both {measured[0]!r} and {other!r}",
            "keep one of them",
        )
    elif list(content.items) == ["strict"]:
        reader.say(
            content.keys["strict"],
            "'strict' alone is no tolerance: it asks for half a unit of the last digit",
            "add 'decimals' or 'significant'",
        )
    return Tolerance(decimals, significant, absolute, relative, strict)


def _relative(reader: Reader, node: Node | None) -> float | None:
    """A relative tolerance, from `1%` or 0.01."""
    if node is None:
        return None
    label, percent = "a relative tolerance", node
    if isinstance(node, Scalar) and node.text.endswith("%") and NUMBER.fullmatch(node.text[:-1].rstrip(" ")):
        percent = Scalar(node.text[:-1].rstrip(" "), True, node.line, node.column)
    exact = reader.number(percent, label)
    if exact is None:
        return None
    if percent is not node:
        exact /= 100
    if not 0 < exact < 1 or not float(exact):
        found = short(typed(node))
        likely = f"; for {found} percent write {found}%" if percent is node and 1 <= exact < 100 else ""
        reader.say(node, f"{label} must be more than 0 and less than 1 (100%), found {found}{likely}")
        return None
    return float(exact)


def read_conventions(reader: Reader, node: Node | None) -> dict[str, str]:
    """The choice of every convention, by its text in the table."""
    content = reader.mapping(node, "choices by convention", "{relu_at_zero: 0}")
    chosen = {entry.name: entry.choices[0][0] for entry in CONVENTIONS.values()}
    seen: dict[str, Place] = {}
    for name, value in content.items.items():
        key = content.keys[name]
        reader.places[f"conventions.{name}"] = reader.place(key)
        if name not in CONVENTIONS:
            reader.say(key, f"unknown convention {short(name)!r}", suggest(name, table_names(CONVENTIONS)))
            continue
        entry = CONVENTIONS[name]
        if entry.name in seen:
            reader.say(key, f"the convention {entry.name!r} is set twice", "remove one")
        seen[entry.name] = reader.place(key)
        choice = _choice(reader, entry, value)
        if choice is not None:
            chosen[entry.name] = choice
    return chosen


def _choice(reader: Reader, entry: Convention, node: Node) -> str | None:
    """The choice of a convention that a value stands for: by its text, or by its number (0.50 is 0.5)."""
    texts = [text for text, _ in entry.choices]
    if isinstance(node, Scalar):
        if (node.plain and NUMBER.fullmatch(node.text)) or FRACTION.fullmatch(node.text):
            exact = reader.number(node, entry.name)
            if exact is None:
                return None
            for text in texts:
                if (NUMBER.fullmatch(text) or FRACTION.fullmatch(text)) and table_number(text) == exact:
                    return text
        elif node.text in texts and not NUMBER.fullmatch(node.text):
            return node.text
    known = ", ".join(texts)
    found = described(node)
    near = suggest(node.text, texts) if isinstance(node, Scalar) else ""
    mend = near if near.startswith("did you mean") else f"use one of {known}"
    reader.say(node, f"unknown choice for the convention {entry.name!r}: {found}", mend)
    return None
