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
from checker.expression.tree import Binary, Call, ExpressionError, Name, Negative
from checker.expression.tree import names as names_in
from checker.expression.written import caret, unparse
from checker.graph.build import FUNCTIONS, Builder, BuildError
from checker.graph.node import Node, Nodes, ShapeError
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.sheet import FormulaError
from checker.stepname import StepNames, UnknownStep
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.expression.tree import Expression
    from checker.graph.formula import Formula
    from checker.model import Problem, Shape

LONGEST = 2_000  # characters
MOST_TOKENS = 1_000
RATES = ("learning_rate", "eta", "η", "lr")

SHORT_NAME = 3  # letters: sin is near min, and means something else
USUAL = ("exp", "ln", "sqrt", "abs", "max", "sum", "sigmoid", "tanh", "relu", "softmax")

LANGUAGE = frozenset(
    (*FUNCTIONS, *(n for table in (ACTIVATIONS, LOSSES) for e in table.values() for n in (e.name, *e.aliases)))
)


class Apart(Nodes):
    """Nodes whose formulas are never fused or simplified."""

    def elementwise(self, formula: Formula, args: Sequence[Node], fuse: bool = True) -> Node:
        """The formula of these operands, as it stands."""
        return super().elementwise(formula, args, fuse=False)


class AnswerBuilder(Builder):
    """Builds students' expressions: also derivatives of functions (`σ'(z)`), nothing larger than its bounds."""

    # 0: what stands side by side is multiplied element by element; 1: arrays of different shapes are a matrix product,
    # `W2^T dL_dz2`; 2: and vectors a dot product, `w x + b`
    products = 0
    text = ""
    most_elements = 20_000
    most_windows = 60_000

    def _binary(self, tree: Binary, scope: Mapping[str, Node]) -> Node:
        if tree.operator not in ("*", "@", "+", "-"):
            return super()._binary(tree, scope)
        left, right = self._build(tree.left, scope), self._build(tree.right, scope)
        names: dict[str, Node] = {"left": left, "right": right}
        if tree.operator in ("+", "-") and self.products:
            for side, other in (("left", right), ("right", left)):
                node = names[side]
                if len(node.shape) == 1 and other.shape == (1, *node.shape):  # x^T @ W^T + b, all of it as rows
                    names[side] = self.nodes.reshape(node, other.shape)
        operator = tree.operator
        ranks = len(left.shape), len(right.shape)
        typed = self.text[tree.at : tree.at + 1]
        if operator == "*" and min(ranks) >= 1 and left.shape[-1] == right.shape[0] and typed not in "⊙∘":
            if max(ranks) == 2:
                as_matrices = self.products >= 1 and (left.shape != right.shape or typed not in "*·×⋅∙•∗")
            else:
                as_matrices = self.products == 2
            operator = "@" if as_matrices else "*"
        if operator == "@" and ranks == (1, 2) and right.shape[0] == 1 != left.shape[0]:
            names["left"] = self.nodes.reshape(left, (left.shape[0], 1))  # a vector is a column: u @ v^T
        return super()._binary(Binary(operator, Name("left", tree.at), Name("right", tree.at), tree.at), names)

    def _call(self, tree: Call, scope: Mapping[str, Node]) -> Node:
        if tree.function.endswith("'"):
            return self._slope(tree, scope)
        # each argument is built once, and stands under a name of its own in what follows
        args = {f"argument {n}": self._build(argument, scope) for n, argument in enumerate(tree.arguments)}
        places = (Name(name, argument.at) for name, argument in zip(args, tree.arguments, strict=True))
        return super()._call(Call(tree.function, tuple(places), tree.at), args)

    def _slope(self, tree: Call, scope: Mapping[str, Node]) -> Node:
        """`f'(z)`: the derivative of an elementwise function by its first argument, at that argument."""
        name = tree.function.removesuffix("'")
        function = FUNCTIONS.get(name)
        if name in ACTIVATIONS:
            entry = ACTIVATIONS[name]
            (z,), settings = self._arguments(Call(name, tree.arguments, tree.at), scope, 1, entry.parameters)
            if name == "softmax":
                raise BuildError(
                    "softmax mixes its inputs and has no slope of its own", tree.at, "write diag(a) - outer(a, a)"
                )
            numbers = {key: node for key, node in settings.items() if node.op == "constant"}
            free = tuple(key for key in settings if key not in numbers)
            formula = self._entry_formula(entry, numbers, free, "")
            operands = [z, *(settings[key] for key in free)]
        elif function is not None and function.most == 1 and name not in ("sum", "mean", "column_sum", "transpose"):
            if len(tree.arguments) != 1:
                raise BuildError(f"{name}' takes 1 argument, not {len(tree.arguments)}", tree.at, f"write {name}'(z)")
            node = function.make(self, [self.nodes.name("x", ())])
            if node.op != "elementwise":
                raise BuildError(f"{name}' is not read here", tree.at, "write the derivative itself")
            formula, operands = node.data, [self._build(tree.arguments[0], scope)]
        else:
            raise BuildError(f"{name}' is not read here", tree.at, "write the derivative itself")
        found = self.nodes.formulas.derivative(formula, 0)
        if found is None:
            zero = self.nodes.constant(0)
            return zero if operands[0].shape == () else self.nodes.expand(zero, operands[0].shape)
        slope, used = found
        node = self.nodes.elementwise(slope, [operands[i] for i in used])
        return node if node.shape or not operands[0].shape else self.nodes.expand(node, operands[0].shape)


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
