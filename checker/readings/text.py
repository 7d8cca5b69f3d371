"""The text and LaTeX readings: a rule as people write it, and with the numbers put in."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from itertools import product
from typing import TYPE_CHECKING, Any

from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from checker.graph.formula import decimal, operand
from checker.graph.node import Node, expansion, strides, transposed
from checker.readings.notation import latex_name, latex_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.graph.node import Map
    from checker.model import Shape

LONGEST = 2_000  # characters of a formula
_SIMPLE = r"[\w\\{}^@\[\]]+|\\frac\{.*\}|[0-9.]+|\\begin\{bmatrix\}[^{}]*\\end\{bmatrix\}"  # needs no brackets
MOST_WINDOWS = 10_000  # elements of all windows of a convolution that is looked for
MOST_OPERATIONS = 150  # in a formula of LaTeX, which sympy takes long over


class _Text(StrPrinter):  # type: ignore[misc]  # sympy has no types
    """Sums and products in the language of problems, operands as they came."""

    def _print_log(self, expr: Any) -> str:
        return f"ln({self._print(expr.args[0])})"

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"


class _TooLongError(Exception):
    """A formula that nobody would read."""


def text(node: Node) -> str:
    """The rule in the language of problems: `dL_da*da_dz`, `W2^T @ dL_dz2`; an ellipsis where nobody would read it."""
    try:
        return _written(node)
    except _TooLongError:
        return "…"


def _written(node: Node) -> str:
    return _Writer(str, "{}^T", " @ ", _text_formula, _text_call).write(node)


def latex(node: Node, label: Callable[[str], str] | None = None) -> str:
    """The rule as LaTeX mathematics; dots where nobody would read it.

    `label` writes names otherwise than as names, as the numbers they have; then products get a dot.
    """
    formula = _latex_formula if label is None else partial(_latex_formula, product="dot")
    try:
        return _Writer(label or latex_name, r"{}^{{\top}}", r"\, ", formula, _latex_call).write(node)
    except _TooLongError:
        return r"\ldots"


class _Writer:
    """Writes a node from the words of one notation."""

    def __init__(
        self,
        name: Callable[[str], str],
        transposed: str,
        matmul: str,
        formula: Callable[[Any, list[str]], str],
        call: Callable[[str, list[str]], str],
    ) -> None:
        self.name, self.transposed, self.matmul, self.formula, self.call = name, transposed, matmul, formula, call

    def write(self, node: Node) -> str:
        if node.op == "name":
            return self.name(node.data)
        if node.op == "constant":
            return decimal(node.data)
        if node.op == "elementwise":
            return self.formula(node.data, [self.write(arg) for arg in node.args])
        if node.op == "selection":
            return self._selection(node)
        return self._contraction(node)

    def _factor(self, node: Node) -> str:
        written = self.write(node)
        plain = node.op == "name" or re.fullmatch(r"[\w@\[\]]+", written) or is_call(written)
        return written if plain else f"({written})"

    def _selection(self, node: Node) -> str:
        (arg,) = node.args
        index = node.data
        written = self._along_output(node)
        if written is not None:
            return written
        inner = self.write(arg)
        if all(len(from_) == 1 for from_ in index):
            flat = [from_[0] for from_ in index]
            if flat == list(range(arg.size)) or arg.size == 1:
                return inner
            if len(flat) == 1:
                at = [flat[0] // s % n + 1 for s, n in zip(strides(arg.shape), arg.shape, strict=True)]
                return f"{self._factor(arg)}[{', '.join(map(str, at))}]"
            if len(arg.shape) == len(node.shape) == 1 and flat == list(range(flat[0], flat[0] + len(flat))):
                return f"{self._factor(arg)}[{flat[0] + 1}:{flat[-1] + 1}]"
            if (
                len(arg.shape) == len(node.shape)
                and all(a in (1, b) for a, b in zip(arg.shape, node.shape, strict=True))
                and index == expansion(arg.shape, node.shape)
            ):
                return inner
            return self.call("gather", [inner])
        if len(node.shape) == 2 and node.shape == (arg.size, arg.size) and len(arg.shape) == 1:
            return self.call("diag", [inner])
        if node.size == 1:
            return self.call("sum", [inner])
        rows, columns = arg.shape if len(arg.shape) == 2 else (0, 0)
        if node.size == rows and list(index) == [tuple(range(i * columns, (i + 1) * columns)) for i in range(rows)]:
            return self.call("row_sum", [inner])
        return self.call("collect", [inner])

    def _along_output(self, node: Node) -> str | None:
        """The gradient of what was convolved, with stride 1: the kernel flipped, along the gradient of the output."""
        (outer,) = node.args
        if outer.op != "contraction" or len(outer.args) != 2 or outer.size > MOST_WINDOWS:
            return None
        (left, right), output = outer.data
        gradient, kernel = outer.args
        if output != (*left, *right) or not len(left) == len(right) == len(node.shape) or len(set(kernel.shape)) != 1:
            return None
        if node.data != transposed(_windows(node.shape, kernel.shape), node.size):
            return None
        flipped = self.call("flip", [self.write(kernel)])
        padding = str(kernel.shape[0] - 1)
        return self.call(f"conv{len(left)}d", [self.write(gradient), flipped, "1", padding])

    def _along_input(self, node: Node) -> str | None:
        """The gradient of a kernel, with stride 1: the gradient of the output, along what was convolved."""
        (places, rest), output = node.data
        gradient, seen = node.args
        if seen.op != "selection" or len(places) > len(rest):
            (rest, places), (seen, gradient) = node.data[0], node.args
        if seen.op != "selection" or seen.size > MOST_WINDOWS or rest != (*places, *output):
            return None
        (image,) = seen.args
        if len(image.shape) != len(output) or seen.data != _windows(image.shape, node.shape):
            return None
        return self.call(f"conv{len(output)}d", [self.write(image), self.write(gradient)])

    def _contraction(self, node: Node) -> str:
        inputs, output = node.data
        if len(node.args) == 1:
            (subscripts,) = inputs
            if len(subscripts) == 2 and output == (1, 0):
                return self.transposed.format(self._factor(node.args[0]))
            inner = self.write(node.args[0])
            if output == ():
                return self.call("sum", [inner])
            return self.call("column_sum" if output == (1,) else "row_sum", [inner])
        if len(node.args) == 2:
            written = self._along_input(node) or self._product(node)
            if written is not None:
                return written
        letters = [",".join("".join("ijklmnop"[i] for i in s) for s in inputs), "".join("ijklmnop"[i] for i in output)]
        return self.call("einsum", ["->".join(letters), *(self.write(arg) for arg in node.args)])

    def _product(self, node: Node) -> str | None:
        (left, right), output = node.data
        a, b = node.args
        shared = [i for i in left if i in right and i not in output]
        if not shared and len(left) == len(right) == 1 and len(output) == 2:
            first, second = (a, b) if output == (left[0], right[0]) else (b, a)
            return self.call("outer", [self.write(first), self.write(second)])
        if len(shared) != 1 or max(len(left), len(right)) > 2:
            return None
        k = shared[0]
        rest = [i for i in (*left, *right) if i != k]
        if len(rest) != len(output) or len(set(rest)) != len(rest):
            return None
        if tuple(rest) != output or (len(left) == 1 and len(right) == 2 and right[1] == k):
            (left, a), (right, b) = (right, b), (left, a)
        elif len(left) == 1 and len(right) == 2:
            return self.matmul.join([self.transposed.format(self._factor(b)), self._factor(a)])
        before, after = self._factor(a), self._factor(b)
        if len(left) == 2 and left[0] == k:
            before = self.transposed.format(before)
        if len(right) == 2 and right[1] == k:
            after = self.transposed.format(after)
        return self.matmul.join([before, after])


def _windows(shape: Shape, size: Shape) -> Map:
    """The index map of all windows of this size, positions first, as a convolution of stride 1 has them."""
    apart = strides(shape)
    positions = product(*(range(n - k + 1) for n, k in zip(shape, size, strict=True)))
    return tuple(
        (sum((p + q) * s for p, q, s in zip(position, place, apart, strict=True)),)
        for position in positions
        for place in product(*map(range, size))
    )


@lru_cache(maxsize=4096)
def _template(expr: Any) -> str:
    """The formula in its placeholders; printed once for the many steps that share it."""
    return str(_Text().doprint(expr)).replace("**", "^")


def _text_formula(formula: Any, args: list[str]) -> str:
    if sum(map(len, args)) > LONGEST:
        raise _TooLongError
    if formula.label:
        return str(formula.label.format(*args))
    # operands that are themselves expressions are put in brackets, so that no precedence is lost
    shown = [arg if re.fullmatch(r"[\w@\[\], ]+", arg) or is_call(arg) else f"({arg})" for arg in args]
    return re.sub(r"\bx(\d+)\b", lambda match: shown[int(match[1])], _template(formula.expr))


def is_call(written: str) -> bool:
    """Whether the whole text is one function with its argument, so that no brackets are needed around it.

    >>> is_call("exp(-(z))"), is_call("exp(a)*exp(b)")
    (True, False)
    """
    begun = re.match(r"(?:[A-Za-z]\w*|\\operatorname\{[^{}]*\}\\left)(?=\()", written)
    if begun is None:
        return False
    depth = 0
    for i in range(begun.end(), len(written)):
        if written[i] == "(":
            depth += 1
        elif written[i] == ")":
            depth -= 1
            if not depth:
                return i == len(written) - 1
    return False


def _text_call(function: str, args: list[str]) -> str:
    return f"{function}({', '.join(args)})"


class _Latex(LatexPrinter):  # type: ignore[misc]  # sympy has no types
    """A factor that is a short decimal stands before a quantity, as people write a learning rate: not `x/2`."""

    def _print_Mul(self, expr: Any) -> str:
        factor, rest = expr.as_coeff_Mul()
        if factor.is_Rational and not factor.is_Integer and (rest.is_Symbol or (rest.is_Pow and rest.base.is_Symbol)):
            number, quantity = decimal(factor), self._print(rest)
            wide = quantity.startswith((r"\frac", r"\begin")) or self._settings["mul_symbol"]
            if "/" not in number and (wide or factor.q > 2):
                return f"{number}{self._settings['mul_symbol_latex']}{quantity}"
        return str(super()._print_Mul(expr))


def _latex_formula(formula: Any, args: list[str], product: str | None = None) -> str:
    if sum(map(len, args)) > LONGEST or formula.operations > MOST_OPERATIONS:
        raise _TooLongError
    simple = [arg if re.fullmatch(_SIMPLE, arg) or is_call(arg) else rf"\left({arg}\right)" for arg in args]
    if formula.label:
        name = formula.label.partition("(")[0]
        rest = formula.label.partition("{0}")[2].rstrip(")")
        return rf"\operatorname{{{latex_word(name)}}}\left({args[0]}{rest.format(*args)}\right)"
    names = {operand(i): arg for i, arg in enumerate(simple)}
    settings = {"symbol_names": names, "mul_symbol": product, "ln_notation": True}
    return str(_Latex(settings).doprint(formula.expr))


def _latex_call(function: str, args: list[str]) -> str:
    return rf"\operatorname{{{latex_word(function)}}}\left({', '.join(args)}\right)"
