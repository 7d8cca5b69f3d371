"""The nodes of the graph: names and constants, and the three operations that differentiation stays within.

elementwise  a formula of operands that broadcast (equal rank or a single number; axes of size 1 stretch)
contraction  an einsum: products of operands summed over the indices that the result does not have
selection    an index map: each element of the result is the sum of some elements of one operand

Equal nodes are one object. A node never refers to a step by anything but its name, so a step's rule is the node down
to the nearest named ones, and following through on a student's answers is evaluating it with their numbers.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from checker.graph.formula import MOST_OPERANDS, Formula, Formulas, operand, rational

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.model import Shape

Map = tuple[tuple[int, ...], ...]
MOST_COMPOSED = 10_000  # elements of a map of maps, beyond which it must be no larger than the two


class ShapeError(Exception):
    """Operands whose shapes do not go together; the text names both."""


class Node:
    """One operation. `data` is the name, the number, the Formula, the subscripts or the index map."""

    __slots__ = ("args", "data", "id", "op", "shape")

    def __init__(self, id: int, op: str, data: Any, args: tuple[Node, ...], shape: Shape) -> None:
        self.id, self.op, self.data, self.args, self.shape = id, op, data, args, shape

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"{self.op}({self.data!r}, {', '.join(map(repr, self.args))})"


class Nodes:
    """Makes the nodes of one derivation, each distinct one once."""

    def __init__(self) -> None:
        self.formulas = Formulas()
        self._known: dict[Any, Node] = {}

    def _node(self, op: str, data: Any, args: tuple[Node, ...], shape: Shape) -> Node:
        key = (op, data, tuple(arg.id for arg in args), shape)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Node(len(self._known), op, data, args, shape)
        return found

    def name(self, name: str, shape: Shape) -> Node:
        """A quantity or another step, by name."""
        return self._node("name", name, (), shape)

    def constant(self, value: Fraction | int) -> Node:
        """A single exact number."""
        return self._node("constant", Fraction(value), (), ())

    def elementwise(self, formula: Formula, args: Sequence[Node], fuse: bool = True) -> Node:
        """The formula of these operands.

        Constants are folded in, and what is elementwise itself is fused into one formula, so that a ball sees
        `a*(1 - a)` whole. A call of a named function (`sigmoid`) is neither fused nor fused into.

        Raises:
            ShapeError: the operands do not broadcast.
        """
        shape = broadcast(arg.shape for arg in args)
        if formula.opaque or not fuse:
            return self._node("elementwise", formula, tuple(args), shape)
        leaves: dict[int, int] = {}
        operands: list[Node] = []
        inner: list[Formula | None] = []
        wiring: list[tuple[int, ...]] = []
        total = 0
        for arg in args:
            part: Formula | None = None
            uses: tuple[Node, ...] = (arg,)
            number = constant_in(arg)
            if number is not None:
                part, uses = self.formulas.intern(rational(number), 0), ()
            elif arg.op == "elementwise" and total + len(arg.args) <= MOST_OPERANDS and fusible(formula, arg.data):
                part, uses = arg.data, arg.args
            numbers = []
            for node in uses:
                if node.id not in leaves:
                    leaves[node.id] = len(operands)
                    operands.append(node)
                numbers.append(leaves[node.id])
            total += len(uses)
            inner.append(part)
            wiring.append(tuple(numbers))
        fused, used = self.formulas.fuse(formula, inner, tuple(wiring))
        kept = tuple(operands[i] for i in used)
        if fused.arity == 0:
            value = fused.expr
            if value.is_Rational:
                constant = self.constant(Fraction(int(value.p), int(value.q)))
                return constant if shape == () else self.expand(constant, shape)
            return (
                self._node("elementwise", fused, (), ())
                if shape == ()
                else self.expand(self._node("elementwise", fused, (), ()), shape)
            )
        if fused.arity == 1 and fused.expr == operand(0):  # 1*x is x: a rewrite must not miss it
            return kept[0] if kept[0].shape == shape else self.expand(kept[0], shape)
        node = self._node("elementwise", fused, kept, broadcast(arg.shape for arg in kept))
        return node if node.shape == shape else self.expand(node, shape)

    def contraction(self, inputs: Sequence[Sequence[int]], output: Sequence[int], args: Sequence[Node]) -> Node:
        """The einsum of `args` with these subscripts; indices that `output` lacks are summed over.

        Raises:
            ShapeError: one index stands for axes of different sizes.
        """
        sizes: dict[int, int] = {}
        for subscripts, arg in zip(inputs, args, strict=True):
            for index, size in zip(subscripts, arg.shape, strict=True):
                if sizes.setdefault(index, size) != size:
                    raise ShapeError(f"shapes {shown(args[0].shape)} and {shown(args[-1].shape)} do not go together")
        renamed: dict[int, int] = {}
        for index in (i for subscripts in inputs for i in subscripts):
            renamed.setdefault(index, len(renamed))
        spec = (tuple(tuple(renamed[i] for i in s) for s in inputs), tuple(renamed[i] for i in output))
        if len(args) == 1 and spec[0][0] == spec[1]:
            return args[0]
        if all(not s for s in spec[0]):  # a product of single numbers is elementwise
            return self.elementwise(self.formulas.product(len(args)), args)
        return self._node("contraction", spec, tuple(args), tuple(sizes[i] for i in output))

    def selection(self, index: Map, arg: Node, shape: Shape) -> Node:
        """Elements of `arg`: the element i of the result is the sum of the flat elements `index[i]`; none gives 0."""
        if shape == arg.shape and all(len(from_) == 1 and from_[0] == i for i, from_ in enumerate(index)):
            return arg
        if not any(index):
            zero = self.constant(0)
            return zero if shape == () else self._node("selection", ((0,),) * prod(shape), (zero,), shape)
        if arg.op == "selection" and not _explodes(index, arg.data):  # a map of a map is a map
            inner = arg.data
            return self.selection(
                tuple(tuple(j for i in from_ for j in inner[i]) for from_ in index), arg.args[0], shape
            )
        return self._node("selection", index, (arg,), shape)

    def expand(self, node: Node, shape: Shape) -> Node:
        """`node` repeated to fill `shape`."""
        return node if node.shape == shape else self.selection(expansion(node.shape, shape), node, shape)

    def fold(self, node: Node, shape: Shape) -> Node:
        """The transpose of `expand`: what `shape` was stretched to, summed back."""
        if node.shape == shape:
            return node
        return self.selection(transposed(expansion(shape, node.shape), prod(shape)), node, shape)

    def reshape(self, node: Node, shape: Shape) -> Node:
        """The same elements, row by row, in another shape."""
        return self.selection(tuple((i,) for i in range(node.size)), node, shape)

    def rename(self, node: Node, names: dict[str, Node], done: dict[int, Node]) -> Node:
        """`node` with named leaves replaced; `done` remembers what has been replaced already."""
        for current in ordered(node):
            if current.id in done:
                continue
            if current.op == "name":
                done[current.id] = names.get(current.data, current)
            elif not current.args:
                done[current.id] = current
            else:
                args = tuple(done[arg.id] for arg in current.args)
                if any(arg.op == "constant" for arg in args) and current.op == "elementwise":
                    done[current.id] = self.elementwise(current.data, args)
                else:
                    done[current.id] = self._node(current.op, current.data, args, current.shape)
        return done[node.id]


def _explodes(outer: Map, inner: Map) -> bool:
    """Whether the map of a map would be far larger than the two: a sum that is spread over all elements again."""
    sizes = [len(from_) for from_ in inner]
    composed = sum(sizes[i] for from_ in outer for i in from_)
    return composed > MOST_COMPOSED and composed > 2 * (sum(map(len, outer)) + sum(sizes))


def ordered(root: Node) -> list[Node]:
    """The nodes that `root` is made of, operands before what uses them, `root` last."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node.id not in seen:
            seen.add(node.id)
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args) if arg.id not in seen)
    return order


def fusible(outer: Formula, inner: Formula) -> bool:
    """Whether a formula may go into another: named functions stay whole, and nothing grows without bound."""
    return not inner.opaque and outer.fits(inner)


def constant_in(node: Node) -> Fraction | None:
    """The number that fills the whole node; None where it is not one number."""
    if node.op == "constant":
        return Fraction(node.data)
    if node.op == "selection" and node.args[0].op == "constant" and all(from_ == (0,) for from_ in node.data):
        return Fraction(node.args[0].data)
    return None


def names(root: Node) -> list[str]:
    """The names that `root` uses, in order of first use."""
    return [node.data for node in ordered(root) if node.op == "name"]


def broadcast(shapes: Iterable[Shape]) -> Shape:
    """The shape that operands of these shapes have together: single numbers and axes of size 1 stretch.

    Raises:
        ShapeError: they have none.
    """
    result: Shape = ()
    for shape in shapes:
        if shape in (result, ()):
            continue
        if result == ():
            result = shape
            continue
        if len(shape) != len(result) or any(a != b and 1 not in (a, b) for a, b in zip(shape, result, strict=True)):
            raise ShapeError(f"shapes {shown(result)} and {shown(shape)} do not go together")
        result = tuple(b if a == 1 else a for a, b in zip(result, shape, strict=True))
    return result


def expansion(small: Shape, large: Shape) -> Map:
    """The index map that stretches `small` to `large` (equal rank, or `small` a single number)."""
    if small == ():
        return ((0,),) * prod(large)
    steps = strides(small)
    return tuple(
        (sum(s * i for s, i, n in zip(steps, at, small, strict=True) if n != 1),)
        for at in product(*(range(n) for n in large))
    )


def transposed(index: Map, size: int) -> Map:
    """The map that sends each element back to where it came from; `size` is the number of elements there."""
    back: list[list[int]] = [[] for _ in range(size)]
    for to, from_ in enumerate(index):
        for i in from_:
            back[i].append(to)
    return tuple(tuple(b) for b in back)


def strides(shape: Shape) -> tuple[int, ...]:
    """How far apart neighbours along each axis are, row by row."""
    steps = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        steps[axis] = steps[axis + 1] * shape[axis + 1]
    return tuple(steps)


def shown(shape: Shape) -> str:
    """The shape in words: 'a number', 'a vector of 3', 'a 2x3 matrix'."""
    if not shape:
        return "a number"
    if len(shape) == 1:
        return f"a vector of {shape[0]}"
    return f"a {'x'.join(map(str, shape))} {'matrix' if len(shape) == 2 else 'array'}"
