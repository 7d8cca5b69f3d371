"""The chart of the loss: its numbers stand where they belong, whatever they are, and are told in words as well."""

from __future__ import annotations

import itertools
import math
from random import Random
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.reports.picture import Curve, chart_svg
from checker.reports.picture.chart import (
    COLOURS,
    DASHES,
    HIGH,
    LEFT,
    MOST_CURVES,
    MOST_POINTS,
    RIGHT,
    TOP,
    WIDTH,
    level,
    thinned,
    upright,
)

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


def drawn(*curves: Curve, **more: str) -> ET.Element:
    return ET.fromstring(chart_svg(curves, "The loss", upward="L", **more))


def points(root: ET.Element, place: int = 0) -> list[tuple[float, float]]:
    lines = [each for each in root.iter(f"{SVG}polyline") if each.get("class") == f"series s{place}"]
    return [tuple(map(float, pair.split(","))) for line in lines for pair in line.get("points", "").split()]


def words(root: ET.Element) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def test_points_stand_at_their_numbers() -> None:
    root = drawn(Curve("", [1.0, 0.5, 0.25, 0.0]))
    wide, bottom = WIDTH - LEFT - RIGHT, TOP + HIGH
    assert points(root) == [
        (pytest.approx(LEFT + wide * k / 3, abs=0.06), pytest.approx(bottom - HIGH * value, abs=0.06))
        for k, value in enumerate([1.0, 0.5, 0.25, 0.0])
    ]
    assert words(root) == ["0", "0.2", "0.4", "0.6", "0.8", "1", "0", "1", "2", "3", "L", "updates"]


def test_a_loss_that_falls_by_decades_is_drawn_on_a_logarithmic_scale() -> None:
    root = drawn(Curve("", [10.0**-k for k in range(5)]))
    heights = [y for _, y in points(root)]
    assert {round(b - a, 1) for a, b in itertools.pairwise(heights)} == {HIGH / 4}
    assert "L (logarithmic scale)" in words(root)
    assert "L" in words(drawn(Curve("", [1.0, 0.02, 0.0])))  # 0 has no logarithm


def test_what_left_the_range_of_numbers_is_a_gap() -> None:
    root = drawn(Curve("", [1.0, 2.0, math.inf, math.nan, 1.5, 1.0]))
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    assert len(points(root)) == 4
    assert chart_svg([Curve("", [math.nan, math.inf])], "The loss", upward="L") == ""


def test_curves_differ_in_dashes_and_name_in_the_legend_and_points_tell_their_numbers() -> None:
    curves = [Curve(f"learning rate {k}", [1.0, 1 / (k + 1)]) for k in range(MOST_CURVES)]
    root = drawn(*curves, said="They fall.")
    lines = list(root.iter(f"{SVG}polyline"))
    assert len({line.get("stroke-dasharray") for line in lines}) == MOST_CURVES == len(COLOURS) == len(DASHES)
    assert [word for word in words(root) if word.startswith("learning")] == [curve.label for curve in curves]
    told = [each.text for each in root.iter(f"{SVG}title")]
    assert "learning rate 3: updates: 1, L = 0.25" in told
    named = {each.get("id"): each.text for each in root.iter() if each.get("id")}
    assert named == {"chart-title": "The loss", "chart-desc": "They fall."}
    assert chart_svg([*curves, curves[0]], "The loss", upward="L") == ""


def test_names_are_text() -> None:
    payload = "<script>alert(1)</script>\u202e&"
    root = ET.fromstring(chart_svg([Curve(payload, [1.0, 2.0])] * 2, payload, upward=payload, said=payload))
    assert not list(root.iter(f"{SVG}script"))
    assert root.find(f"{SVG}title").text == "<script>alert(1)</script>&"


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=40), min_size=1, max_size=4))
def test_whatever_the_numbers_are_points_and_marks_stay_in_the_picture(values: list[list[float]]) -> None:
    found = chart_svg([Curve(f"c{k}", each) for k, each in enumerate(values)], "The loss", upward="L")
    if not found:
        assert not any(math.isfinite(value) and abs(value) < 1e300 for each in values for value in each)
        return
    root = ET.fromstring(found)
    for place in range(len(values)):
        for x, y in points(root, place):
            assert LEFT - 0.1 <= x <= WIDTH - RIGHT + 0.1
            assert TOP - 0.1 <= y <= TOP + HIGH + 0.1
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= WIDTH


@given(st.floats(-1e299, 1e299), st.floats(-1e299, 1e299))
def test_a_scale_holds_its_numbers_and_has_few_round_marks(a: float, b: float) -> None:
    low, high = sorted((a, b))
    axis = upright(low, high)
    assert -1e-6 <= axis.share(low) <= axis.share(high) <= 1 + 1e-6
    assert 2 <= len(axis.ticks) <= 9
    assert all(x < y for x, y in zip(axis.ticks, axis.ticks[1:], strict=False))


@given(st.integers(1, 10_000))
def test_updates_are_counted_in_whole_numbers(last: int) -> None:
    ticks = level(last).ticks
    assert all(tick == int(tick) for tick in ticks)
    assert 2 <= len(ticks) <= 9
    assert ticks[-1] <= last


@given(st.integers(MOST_POINTS, 10_000), st.integers())
def test_thinning_loses_no_peak(count: int, seed: int) -> None:
    random = Random(seed)
    values = [random.gauss(0, 1) for _ in range(count)]
    kept = thinned(list(enumerate(values)))
    heights = [value for _, value in kept]
    assert len(kept) <= MOST_POINTS + 2
    assert (min(heights), max(heights)) == (min(values), max(values))
    assert kept[0] == (0, values[0])
    assert kept[-1] == (len(values) - 1, values[-1])
    assert kept == sorted(kept)
