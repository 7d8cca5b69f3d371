"""The picture of a handout: the network, or the graph of the forward pass where the equations are no network's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.model import Kind
from checker.reports.picture import Item, graph_svg, network_svg, units_of

if TYPE_CHECKING:
    from checker.generating.structure import Structure
    from checker.reports.picture.units import Unit

TITLE = "The network"
_COLOURS = (
    "<style>text { fill: #1b1f27; font-family: STIX Two Math, New Computer Modern Math, serif; } "
    ".box { fill: #f5f7fa; stroke: #566070; } .edge { fill: none; stroke: #566070; } .head { fill: #566070; } "
    ".bar { stroke: #1b1f27; }</style>"
)


def units(structure: Structure) -> list[Unit] | None:
    """The units of the problem's network; None where its equations are of another form."""
    return units_of(structure.problem, structure.program.shapes)


def picture(structure: Structure, *, alone: bool = False) -> str:
    """The picture as one `svg` element; `alone` where no page's style sheet gives it colours."""
    found = units(structure)
    if found is not None:
        return network_svg(found, TITLE)
    program = structure.program
    forward = [step for step in program.steps if step.kind in ("forward", "loss")]
    known = {step.name for step in forward}
    items = [
        Item(step.name, Kind(step.kind), tuple(parent for parent in step.parents if parent in known))
        for step in forward
    ]
    drawn = graph_svg(items, TITLE, "The steps of the forward pass, and what each is worked from.", id="network")
    if not (alone and drawn):
        return drawn
    head, end, rest = drawn.partition(">")
    return f"{head}{end}{_COLOURS}{rest}"
