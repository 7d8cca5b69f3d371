"""How people name a step: `dL_dw1`, `dL/dw1`, `∂L/∂w1`, an alias, an element `z1[2]`, a later iteration `a@2`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_FORM = re.compile(
    r"(?P<sign>[-−–])?(?P<base>[^\[\]@]+)(?:\[(?P<index>[0-9,]{1,40})\])?(?:@(?P<iteration>[0-9]{1,6}))?$"
)


class Target(NamedTuple):
    """What a name means: a step, one element of it (counted from 1) or all, and whether an alias turns the sign."""

    step: str
    element: tuple[int, ...] | None = None
    negative: bool = False


class UnknownStep(Exception):
    """A name that means no step of the problem. The mend is looked for when it is read: most are never shown."""

    def __init__(self, what: str, find_mend: Callable[[], str]) -> None:
        super().__init__(what)
        self.what, self._find_mend = what, find_mend

    @property
    def mend(self) -> str:
        """How to mend it, with the nearest name there is."""
        return self._find_mend()


def _elements(step: str, shape: tuple[int, ...]) -> str:
    """How the elements of a step are named."""
    base, at, iteration = step.partition("@")
    last = f"{base}[{','.join(map(str, shape))}]{at}{iteration}"
    first = f"{base}[{','.join('1' for _ in shape)}]{at}{iteration}"
    return f"its elements are {first} to {last}" if shape else "it is a single number: leave the brackets out"


class StepNames:
    """The names of a problem's steps.

    `shapes` has every step of one iteration that can be named; `loss` is what its gradients are of.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], aliases: Mapping[str, str], loss: str, iterations: int = 1
    ) -> None:
        self.shapes = shapes
        self.aliases = aliases
        self.loss = loss
        self.iterations = iterations

    def find(self, text: str) -> Target:
        """The step, element and sign that `text` means.

        Raises:
            UnknownStep: no step is called so, or the element is beyond its shape.
        """
        return self._find(text, aliased=False)

    def _find(self, text: str, aliased: bool) -> Target:
        match = _FORM.match("".join(text.split()).replace("∂", "d"))
        if match is None:
            raise UnknownStep(f"{text!r} does not name a step", lambda: self._near(text))
        base = match["base"]
        if base in self.aliases and not aliased:
            tail = (f"[{match['index']}]" if match["index"] else "") + (
                f"@{match['iteration']}" if match["iteration"] else ""
            )
            target = self._find(self.aliases[base] + tail, aliased=True)
            return target._replace(negative=target.negative != bool(match["sign"]))
        iteration = int(match["iteration"] or 1)
        step = self._step(base.replace("/", "_"), iteration)
        if step is None:
            raise UnknownStep(f"unknown step {text!r}", lambda: self._near(text))
        element = None
        if match["index"]:
            shape = self.shapes[step.partition("@")[0]]
            parts = match["index"].split(",")
            element = tuple(int(part or 0) for part in parts)
            if len(element) != len(shape) or any(not 1 <= i <= n for i, n in zip(element, shape, strict=True)):
                raise UnknownStep(f"{text!r} is no element of {step}", lambda: _elements(step, shape))
        return Target(step, element, bool(match["sign"]))

    def _step(self, base: str, iteration: int) -> str | None:
        if not 1 <= iteration <= self.iterations:
            return None
        if base not in self.shapes and base.startswith("dL_d") and "L" not in self.shapes:
            base = f"d{self.loss}_d{base[4:]}"
        if base not in self.shapes:
            return None
        return f"{base}@{iteration}" if iteration > 1 else base

    def _near(self, text: str) -> str:
        name = text.replace("/", "_").replace("∂", "d")
        if (short := f"d{self.loss}_{name}") in self.shapes:  # many courses write dw1 for the gradient by w1
            return f"did you mean {short!r}?"
        return suggest(name, self._listed())

    def _listed(self) -> Iterable[str]:
        yield from self.shapes
        yield from self.aliases
