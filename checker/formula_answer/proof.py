"""Whether two rules are one for certain: proven in normal form, with as few steps put in as it takes.

`a*(1 - a)*dL_da` is the same as `dL_da*a - a*a*dL_da` whatever a and dL_da are, so steps are symbols at first. Where
that proves nothing, the latest step is replaced by its rule, and so on down to the leaves.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from checker.formula_answer.forms import BeyondForm
from checker.formula_answer.points import Point, cost
from checker.formula_answer.symbols import FinerExponents, Symbols
from checker.graph.node import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.formula_answer.code import Code
    from checker.formula_answer.draws import Group
    from checker.formula_answer.forms import Form
    from checker.graph.formula import Formula
    from checker.graph.node import Node

EFFORT = 20_000  # products of terms in one proof: some 50 ms
MOST_OPERATIONS = 10_000  # of all rules that are put in, over all attempts
MOST_FINER = 8


def proven(
    sides: tuple[Node, Node],
    slots: Sequence[int],
    negative: bool,
    rules: Mapping[str, Node],
    order: Mapping[str, int],
    sizes: Mapping[str, int],
    groups: Sequence[Group],
    codes: dict[Formula, Code],
) -> list[bool]:
    """For each of the slots, whether the formula is proven to be the rule; if not, they may be equal all the same.

    Args:
        sides: the formula and the rule, in steps and leaves.
        slots: the elements of the rule that the formula's elements are.
        negative: whether the formula has the other sign.
        rules: the rule of each step.
        order: the place of each step.
        sizes: how many elements each leaf has.
        groups: leaves that add up to 1.
        codes: the formulas as lists of operations.
    """
    found = [False] * len(slots)
    symbols = Symbols(EFFORT)
    put_in: dict[str, Node] = {}
    operations = 0
    finer = 0
    while not all(found):
        operations += cost([*sides, *put_in.values()], codes)
        if operations > MOST_OPERATIONS:
            break
        frontier = {name for node in (*sides, *put_in.values()) for name in names(node)} - put_in.keys()
        known = _symbols(symbols, frontier, rules, sizes, groups)
        point = Point(put_in, order, known, symbols, codes)
        sure = len(symbols.sure)
        try:
            own, true = (point.work(side) for side in sides)
            same = [not ((-x if negative else x) - true[slot]).above for x, slot in zip(own, slots, strict=True)]
        except FinerExponents:
            finer += 1
            if finer > MOST_FINER:
                break
            continue
        except BeyondForm:
            if symbols.left < 0:
                break
        else:
            found = [a or b for a, b in zip(found, same, strict=True)]
            if len(symbols.sure) > sure:  # what has a logarithm is positive: some of it was met too late
                continue
        steps = frontier & rules.keys()
        if not steps:
            break
        latest = max(steps, key=order.__getitem__)
        put_in[latest] = rules[latest]
    return found


def _symbols(
    symbols: Symbols,
    wanted: set[str],
    rules: Mapping[str, Node],
    sizes: Mapping[str, int],
    groups: Sequence[Group],
) -> dict[str, list[Form]]:
    """A symbol for every element of these steps and leaves; what adds up to 1 has one less."""
    last = {group[-1]: group[:-1] for group in groups}
    found: dict[str, list[Form]] = {}
    for name in sorted(wanted):
        size = rules[name].size if name in rules else sizes[name]
        found[name] = []
        for i in range(size):
            if (name, i) in last:
                others = (symbols.generator(each) for each in last[name, i])
                found[name].append(sum((-other for other in others), symbols.rational(Fraction(1))))
            else:
                found[name].append(symbols.generator((name, i)))
    return found
