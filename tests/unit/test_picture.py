"""The pictures: well-formed, nothing on top of anything else, and as text for whoever cannot see them."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from checker.model import Kind, Verdict
from checker.reports import Language, Speaking
from checker.reports.picture import Item, graph_svg, standalone
from checker.reports.picture.placing import place
from checker.reports.wording import SYMBOLS, WORDS

SVG = "{http://www.w3.org/2000/svg}"
NEURON = [
    Item("z", Kind.FORWARD),
    Item("a", Kind.FORWARD, ("z",)),
    Item("L", Kind.LOSS, ("a",)),
    Item("dL_da", Kind.GRADIENT, ("a",)),
    Item("da_dz", Kind.LOCAL_DERIVATIVE, ("a",)),
    Item("delta", Kind.GRADIENT, ("dL_da", "da_dz"), "dL_dz"),
    Item("dL_dw1", Kind.GRADIENT, ("delta",)),
    Item("dL_db", Kind.GRADIENT, ("delta",)),
    Item("w1_new", Kind.UPDATE, ("dL_dw1",)),
    Item("b_new", Kind.UPDATE, ("dL_db",)),
]


def chain(length: int) -> list[Item]:
    items = [Item(f"h{n}", Kind.FORWARD, (f"h{n - 1}",) if n else ()) for n in range(length)]
    items += [
        Item(f"dL_dh{n}", Kind.GRADIENT, (f"dL_dh{n + 1}",) if n < length - 1 else ()) for n in reversed(range(length))
    ]
    return items


def wide(units: int) -> list[Item]:
    """A layer of scalar units on two inputs, then a sum."""
    items = [Item(f"z{n}", Kind.FORWARD) for n in range(units)]
    items += [Item("L", Kind.LOSS, tuple(f"z{n}" for n in range(units)))]
    items += [Item(f"dL_dz{n}", Kind.GRADIENT, ()) for n in range(units)]
    items += [Item(f"dL_dw{n}{k}", Kind.GRADIENT, (f"dL_dz{n}",)) for n in range(units) for k in (1, 2)]
    items += [Item(f"w{n}{k}_new", Kind.UPDATE, (f"dL_dw{n}{k}",)) for n in range(units) for k in (1, 2)]
    return items


def iterated() -> list[Item]:
    again = [
        item._replace(name=f"{item.name}@2", means="", parents=tuple(f"{p}@2" for p in item.parents))
        for item in NEURON
        if item.name != "delta"
    ]
    return [*NEURON, again[0]._replace(parents=("w1_new", "b_new")), *again[1:]]


CASES = {"neuron": NEURON, "chain": chain(20), "wide": wide(10), "iterated": iterated(), "one": NEURON[:1]}


def boxes(svg: str) -> dict[str, tuple[float, float, float, float]]:
    root = ET.fromstring(svg)
    found = {}
    for group in root.iter(f"{SVG}g"):
        box = next(rect for rect in group.iter(f"{SVG}rect") if rect.get("class") == "box")
        x, y, w, h = (float(box.get(name, "nan")) for name in ("x", "y", "width", "height"))
        found[(group.findtext(f"{SVG}title") or "").partition(":")[0]] = (x, y, w, h)
    return found


@pytest.mark.parametrize("items", CASES.values(), ids=CASES)
def test_every_step_has_a_place_of_its_own_inside_the_picture(items: list[Item]) -> None:
    svg = graph_svg(items, "a graph")
    root = ET.fromstring(svg)
    found = boxes(svg)
    assert set(found) == {item.name for item in items}
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for x, y, w, h in found.values():
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(found.values(), 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


@pytest.mark.parametrize("items", CASES.values(), ids=CASES)
def test_the_forward_pass_runs_to_the_right_and_a_gradient_stands_under_its_value(items: list[Item]) -> None:
    found = boxes(graph_svg(items, "a graph"))
    for item in items:
        for parent in item.parents:
            if item.kind in (Kind.FORWARD, Kind.LOSS) and "@" not in item.name:
                assert found[parent][0] < found[item.name][0]
        about = (item.means or item.name).removeprefix("dL_d")
        if item.kind is Kind.GRADIENT and about in found:
            columns = place(items).spots
            assert columns[about].column == columns[item.name].column
            assert found[about][1] < found[item.name][1]


def test_a_parameters_new_value_stands_beside_its_gradient() -> None:
    found = boxes(graph_svg(NEURON, "a graph"))
    assert found["w1_new"][1] == found["dL_dw1"][1]
    assert found["w1_new"][0] > found["dL_dw1"][0]


def test_every_verdict_has_its_symbol_and_its_word() -> None:
    items = [Item(f"h{n}", Kind.FORWARD, verdict=verdict) for n, verdict in enumerate(Verdict)]
    root = ET.fromstring(graph_svg(items, "a graph"))
    for group, verdict in zip(root.iter(f"{SVG}g"), Verdict, strict=True):
        assert verdict.value in (group.get("class") or "").split()
        assert WORDS[verdict] in (group.findtext(f"{SVG}title") or "")
        assert SYMBOLS[verdict] in "".join(text.text or "" for text in group.iter(f"{SVG}text"))
    assert len(set(SYMBOLS.values())) == len(set(WORDS.values())) == len(Verdict)


def test_the_first_mistake_is_said_and_what_follows_is_drawn() -> None:
    items = [
        item._replace(first=item.name == "delta", follows=("delta",) if item.name == "dL_dw1" else ())
        for item in NEURON
    ]
    svg = graph_svg(items, "a graph", "the first mistake is at delta", id="g7")
    root = ET.fromstring(svg)
    assert svg.count(">first mistake</text>") == 1
    assert len(re.findall(r'class="edge follows"', svg)) == 1
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "g7-title g7-desc")
    assert [root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")] == ["a graph", "the first mistake is at delta"]


def test_names_are_text_and_a_graph_too_large_is_not_drawn() -> None:
    evil = "<script>alert(1)</script>\u202e&'\""
    root = ET.fromstring(graph_svg([Item(evil, Kind.FORWARD)], evil, evil, id="<b>"))
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "\u202e" not in ET.tostring(root, encoding="unicode")
    assert graph_svg(chain(100), "a graph") == graph_svg([], "a graph") == ""


def test_a_picture_that_stands_alone_has_its_own_style_and_runs_nothing() -> None:
    whole = standalone(graph_svg(NEURON, "a graph"))
    root = ET.fromstring(whole)
    style = root.findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme: dark" in style
    assert "script" not in whole


def test_a_picture_speaks_the_language_that_is_spoken_whichever_was_first():
    english = graph_svg(NEURON, "t")
    with Speaking(Language("de")):
        german = graph_svg(NEURON, "t")
    bands = [[band in svg for band in ("gradients", "Gradienten")] for svg in (english, german)]
    assert bands == [[True, False], [False, True]]
