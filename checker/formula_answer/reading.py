"""What a student's formula says: text or LaTeX to a node in the names of the problem, every refusal with its place.

Nothing a student types reaches sympy: operations stay apart, one node each, and are worked as numbers later. Sympy
only ever sees the one-operation formulas of the language and the entries of the tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.expression.grouping import regrouped
from checker.expression.latex import from_latex, is_latex
from checker.expression.parser import parse
from checker.expression.scan import SYMBOLS
from checker.expression.tree import ExpressionError, Name, Negative
from checker.expression.tree import names as names_in
from checker.expression.written import caret, unparse
from checker.formula_answer.building import AnswerBuilder, Apart
from checker.graph.build import BuildError
from checker.graph.functions import FUNCTIONS
from checker.graph.node import Node, ShapeError
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.sheet import FormulaError
from checker.stepname import StepNames, UnknownStep
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.expression.tree import Expression
    from checker.model import Problem, Shape

LONGEST = 2_000  # characters
MOST_TOKENS = 1_000
RATES = ("learning_rate", "eta", "η", "lr")

SHORT_NAME = 3  # letters: sin is near min, and means something else
USUAL = ("exp", "ln", "sqrt", "abs", "max", "sum", "sigmoid", "tanh", "relu", "softmax")

LANGUAGE = frozenset(
    (*FUNCTIONS, *(n for table in (ACTIVATIONS, LOSSES) for e in table.values() for n in (e.name, *e.aliases)))
)


class Reading(NamedTuple):
    """What a formula may mean, and whether it names a quantity.

    `W2^T dL_dz2` is a product element by element in this language and a matrix product on paper: `nodes` has both, the
    language's own reading first. `grouped` is what it means where what stands beside a denominator belongs to it, as
    in `1/2x` for 1/(2x), and `rewritten` how that is written; empty where nothing does.
    """

    nodes: tuple[Node, ...]
    named: bool
    grouped: tuple[Node, ...]
    rewritten: str


class _Quiet(StepNames):
    """Names whose near ones are not looked for: many spellings are tried, and most mean nothing."""

    def _near(self, text: str) -> str:
        return ""


class Reader:
    """Reads the formulas of one problem's answers.

    `shapes` has the shape of every leaf and of every step that is worked; `names` finds what else a step may be called.
    """

    def __init__(
        self, problem: Problem, shapes: Mapping[str, Shape], leaves: Mapping[str, object], names: StepNames
    ) -> None:
        self.shapes, self.leaves = shapes, leaves
        self.names = _Quiet(names.shapes, names.aliases, names.loss, names.iterations)
        self.builder = AnswerBuilder(Apart(), problem.conventions)
        self.settings = dict(problem.update.settings) if problem.update else {}
        self.quantities = {*shapes, *problem.aliases}
        self.derivatives = {*names.shapes, *shapes} | (
            {f"dL_d{name[len(problem.loss) + 3 :]}" for name in names.shapes if name.startswith(f"d{problem.loss}_d")}
            if "L" not in names.shapes
            else set()
        )

    def read(self, text: str, before: Mapping[str, bool]) -> Reading:
        """What a formula may mean; `before` says which steps it may use.

        Raises:
            FormulaError: what is wrong, how to mend it, and two lines that show where.
        """
        try:
            return self._read(text, before)
        except (ExpressionError, BuildError) as error:
            raise FormulaError(refusal(text, error)) from None

    def _read(self, text: str, before: Mapping[str, bool]) -> Reading:
        if len(text) > LONGEST:
            raise ExpressionError(f"a formula of {len(text):,} characters", LONGEST, f"use at most {LONGEST:,}")
        plain, places = text, None
        if is_latex(text):
            plain, places = from_latex(text, self._spelled)
        try:
            tree = parse(
                plain, LANGUAGE, quantities=self.quantities, derivatives=self.derivatives, max_tokens=MOST_TOKENS,
                max_length=20_000,
            )  # fmt: skip
            scope = self._scope(plain, tree, before)
            found = self._meanings(plain, tree, scope)
            other = regrouped(tree, plain)
            grouped = () if other == tree else tuple(self._meanings(plain, other, scope))
            named = any(name in scope for name, _ in names_in(tree))
            return Reading(tuple(found), named, grouped, unparse(other) if grouped else "")
        except (ExpressionError, BuildError) as error:
            if places is not None:
                error.at = places[min(error.at, len(places) - 1)]
            raise

    def _meanings(self, text: str, tree: Expression, scope: Mapping[str, Node]) -> list[Node]:
        """The nodes that a tree may mean."""
        found: list[Node] = []
        wrong: BuildError | None = None
        self.builder.text = text
        arrays = any(node.shape for node in scope.values())
        for products in (0, 1, 2) if arrays else (0,):
            self.builder.products = products
            try:
                node = self.builder.build(tree, scope)
            except BuildError as error:
                wrong = wrong or error
            except ShapeError as error:
                wrong = wrong or BuildError(str(error), 0)
            else:
                if node not in found:
                    found.append(node)
        if not found:
            assert wrong is not None
            raise wrong
        return found

    def _spelled(self, names: Sequence[str]) -> str | None:
        """The first spelling that the problem has."""
        for name in names:
            base, _, rest = name.partition("[")
            known = base in self.shapes or base in self.names.aliases
            if not known:
                try:
                    self.names.find(base)
                except UnknownStep:
                    continue
            if rest:
                try:
                    shape = self.shapes.get(base) or self.shapes[self.names.find(base).step]
                except (UnknownStep, KeyError):
                    continue
                index = rest.rstrip("]").split(",")
                if len(index) != len(shape):
                    continue
            return name
        return None

    def _scope(self, text: str, tree: Expression, before: Mapping[str, bool]) -> dict[str, Node]:
        """The nodes of the names that a formula uses."""
        scope: dict[str, Node] = {}
        nodes = self.builder.nodes
        for name, at in names_in(tree):
            if name in self.leaves:
                scope[name] = nodes.name(name, self.shapes[name])
                continue
            try:
                found = self.names.find(name)
            except UnknownStep:
                if name in ("e", "pi", "T"):
                    continue
                setting = "learning_rate" if name in RATES else name
                if setting in self.settings:
                    scope[name] = nodes.constant(self.settings[setting])
                    continue
                raise self._unknown(text, name, at, before) from None
            if not before.get(found.step, False):
                raise BuildError(
                    f"{name!r} is {'the step itself' if found.step in before else 'a later step'}", at,
                    "use givens, parameters and steps before this one",
                )  # fmt: skip
            node = nodes.name(found.step, self.shapes[found.step])
            if found.negative:
                node = self.builder.build(Negative(Name("x", 0), 0), {"x": node})
            scope[name] = node
        return scope

    def _unknown(self, text: str, name: str, at: int, before: Mapping[str, bool]) -> BuildError:
        """The error for a name that the problem does not have."""
        aliases = [alias for alias in self.names.aliases if before.get(self.names.find(alias).step)]
        known = [*self.leaves, *(step for step, may in before.items() if may), *aliases]
        number = _mistyped(text, name, at)
        if number:
            return BuildError(f"a letter stands among the digits, in {name!r}", at, f"write {number}")
        if name in SYMBOLS:
            return BuildError(f"the function {name} has no argument", at, f"write {name}(…)")
        element = self._as_element(name)
        if element:
            return BuildError(f"unknown name {name!r}", at, f"did you mean {element!r}?")
        if name in ("d", "∂") and re.match(r"[d∂]\s+\w+\s*/\s*[d∂]", text[at:]):
            return BuildError(f"unknown name {name!r}", at, "write a derivative without spaces: dL/dz")
        parts = split(name, {*known, *self.names.shapes})
        if parts:
            return BuildError(f"{name!r} is not a name here", at, f"to multiply, write {'*'.join(parts)}")
        if re.match(rf"{re.escape(name)}\s*'?\(", text[at:]):
            return BuildError(f"unknown function {name!r}", at, _near_function(name))
        if name.lower() in ("true", "false", "none", "nan", "inf", "infinity", "null"):
            return BuildError(f"{name!r} is not a number", at, "write a number or a formula")
        return BuildError(f"unknown name {name!r}", at, suggest(name, known))

    def _as_element(self, name: str) -> str | None:
        """The element of an array that a name with an index means: `x1` and `x_1` for x[1], `W11` for W[1,1]."""
        for cut in range(len(name) - 1, 0, -1):
            digits, base = name[cut:], name[:cut].removesuffix("_")
            if not digits.isdecimal():
                break
            for known in (base, f"{base[:1].upper()}{base[1:]}"):  # w11 is on paper an element of W
                shape = self.shapes.get(known, ())
                index = [digits] if len(shape) == 1 else list(digits)
                if len(index) == len(shape) and all(1 <= int(i) <= n for i, n in zip(index, shape, strict=True)):
                    return f"{known}[{','.join(index)}]"
        return None


def _near_function(name: str) -> str:
    """The function that was probably meant, else those that most formulas use."""
    near = suggest(name, LANGUAGE) if len(name) > SHORT_NAME else ""
    return near if near.startswith("did you mean") else f"use one of {', '.join(USUAL)}, …"


def _mistyped(text: str, name: str, at: int) -> str:
    """The number in which an O stands for a 0 or an l for a 1: 0.1O74; '' where it is something else."""
    if not re.fullmatch(r"[OoIl]+[0-9]*", name) or not re.match(r"[0-9.]", text[at - 1 : at]):
        return ""
    start = at
    while start and re.match(r"[0-9.]", text[start - 1]):
        start -= 1
    whole = text[start : at + len(name)].translate(str.maketrans("OoIl", "0011"))
    return whole if re.fullmatch(r"[0-9]*\.?[0-9]+", whole) else ""


def split(name: str, known: set[str]) -> list[str]:
    """The known names that a name is made of, the fewest; [] where it is not.

    >>> split("w1x1", {"w1", "x1", "w"})
    ['w1', 'x1']
    """
    best: list[list[str] | None] = [[]] + [None] * len(name)
    for stop in range(1, len(name) + 1):
        for start in range(max(0, stop - 64), stop):
            before = best[start]
            if before is not None and name[start:stop] in known:
                now = best[stop]
                if now is None or len(before) + 1 < len(now):
                    best[stop] = [*before, name[start:stop]]
    found = best[-1]
    return found if found is not None and len(found) > 1 else []


def refusal(text: str, error: ExpressionError | BuildError) -> str:
    """What is wrong and how to mend it, then the formula with a caret under the place."""
    said = f"{error.what}{'; ' + error.mend if error.mend else ''}"
    return f"{said}\n{caret(text, error.at)}"


__all__ = ["LANGUAGE", "Reader", "refusal", "split"]
