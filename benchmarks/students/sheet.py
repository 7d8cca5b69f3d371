"""A problem, every line of its working in graph order, and the mistakes that can be made in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

Value = Any  # a float or an array
Numbers = Mapping[str, Value]
Rule = Callable[[Numbers], Value]


class Line(NamedTuple):
    """One step of the working: its name, its right rule, whether the loss or an updated parameter stands there."""

    name: str
    rule: Rule
    final: bool
    state: bool


class Injection(NamedTuple):
    """A mistake: its code, and the wrong rule of each line that it spoils."""

    code: str
    rules: dict[str, Rule]
    variant: str

    @property
    def everywhere(self) -> bool:
        """Whether it is made at several steps."""
        return len(self.rules) > 1


@dataclass
class Sheet:
    """A problem, every line of its working in graph order, and the mistakes that can be made in it."""

    kind: str
    given: dict[str, Value]
    parameters: dict[str, Value]
    equations: list[tuple[str, str]]
    loss: tuple[str, str]
    update: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    made: dict[tuple[str, str], dict[str, Rule]] = field(default_factory=dict)
    right: dict[str, Value] = field(default_factory=dict)

    def line(self, name: str, rule: Rule, *, final: bool = False, state: bool = False) -> None:
        self.lines.append(Line(name, rule, final, state))

    def may(self, code: str, variant: str, name: str, rule: Rule) -> None:
        """At this line the mistake can be made; the same variant at several lines is one habit."""
        self.made.setdefault((code, variant), {})[name] = rule

    def injections(self) -> Iterator[Injection]:
        """Every mistake at each of its lines, and at all of them."""
        for (code, variant), rules in self.made.items():
            together = variant.startswith("all ")
            if len(rules) > 1 or together:
                yield Injection(code, dict(rules), variant)
            if not together:
                for name, rule in rules.items():
                    yield Injection(code, {name: rule}, variant)

    def problem(self, identity: str, tolerance: str) -> str:
        """The problem file."""
        lines = ["format: check-backprop/problem@1", f"id: {identity}", f"title: a random {self.kind}"]
        for section, quantities in (("given", self.given), ("parameters", self.parameters)):
            lines += [f"{section}:", *(f"  {name}: {_shown(value)}" for name, value in quantities.items())]
        lines += ["forward:", *(f"  {name}: {text}" for name, text in self.equations)]
        lines += ["loss:", f"  {self.loss[0]}: {self.loss[1]}"]
        lines.append("update: {" + ", ".join(f"{key}: {value}" for key, value in self.update.items()) + "}")
        lines.append(f"ask: [{', '.join(line.name for line in self.lines)}]")
        lines.append(f"grading: {{tolerance: {tolerance}}}")
        return "\n".join(lines) + "\n"


def _shown(value: Value) -> str:
    if np.ndim(value) == 0:
        return repr(float(value)).removesuffix(".0")
    return f"[{', '.join(_shown(item) for item in value)}]"
