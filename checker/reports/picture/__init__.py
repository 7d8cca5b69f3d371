"""Pictures as SVG, drawn from plain data: the computation graph of a problem, its network, curves of the loss.

A picture takes its colours from the page's style sheet by class names, so it is light, dark and printed as the page is;
`standalone` gives it a style sheet of its own.
"""

from __future__ import annotations

from checker.reports.picture.chart import Curve, chart_svg
from checker.reports.picture.drawing import graph_svg, standalone
from checker.reports.picture.network import network_svg
from checker.reports.picture.placing import Item
from checker.reports.picture.units import units_of

__all__ = ["Curve", "Item", "chart_svg", "graph_svg", "network_svg", "standalone", "units_of"]
