"""Charts: well-formed SVG with a label, every text escaped, nothing from outside the frame."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from metalearn.pages.charts.bars import bar_chart, parts_chart
from metalearn.pages.charts.boxes import box_chart
from metalearn.pages.charts.curves import Curve, category_chart, curve_chart
from metalearn.pages.charts.heat import cell_chart, shade_chart
from metalearn.pages.charts.intervals import interval_chart
from metalearn.pages.charts.map import map_chart
from metalearn.pages.charts.points import point_chart
from metalearn.pages.charts.ranks import rank_chart
from metalearn.pages.charts.scales import scale
from metalearn.pages.charts.surface import surface_chart
from metalearn.plots.boxes import box_data
from metalearn.plots.critical_difference import critical_difference_data
from metalearn.plots.task_map import TaskMap

BAD = "<b>&\"'"
X = np.linspace(0.0, 1.0, 5)
RNG = np.random.default_rng(0)
CHARTS = {
    "bars": bar_chart([BAD, "b"], np.array([0.5, np.nan]), BAD, BAD, spreads=np.array([0.1, 0])),
    "parts": parts_chart([(BAD, 1.0), ("b", 0.0)], BAD),
    "boxes": box_chart(
        box_data((BAD, "b"), RNG.random((30, 2)), BAD, marks=np.array([0.1, np.nan]), mark=BAD),
        BAD,
    ),
    "curves": curve_chart(
        [Curve(BAD, X, X, X - 1, X + 1), Curve("b", X, X * np.nan, dots=X, is_step=True)],
        BAD, BAD, BAD, level=0.5,
    ),
    "log curves": curve_chart([Curve("a", X + 1e-3, X)], BAD, BAD, BAD, x_log=True),
    "no curve": curve_chart([Curve("a", X[:0], X[:0])], "l", "x", "y"),
    "categories": category_chart([BAD, "b"], X[:2], BAD, BAD, BAD, low=X[:2], high=X[:2]),
    "category bars": category_chart([BAD, "b"], X[:2], BAD, BAD, BAD, level=0.5),
    "cells": cell_chart(RNG.random((2, 5)), [[BAD] * 5] * 2, [BAD, "b"], [BAD] * 5, BAD, BAD, BAD),
    "shades": shade_chart(RNG.random((4, 30)), [BAD] * 4, [BAD] * 30, BAD, row_label=BAD,
                          ends=(BAD, BAD)),
    "map": map_chart(TaskMap((BAD, "b", "new"), RNG.random((3, 2)), (1, 0)), BAD,
                    keys=(BAD, "k"), hrefs={"k": "k.html"}),
    "points": point_chart(X, X, BAD, BAD, BAD, line="diagonal", spans=(X - 1, X * np.nan),
                          tips=[BAD] * 5),
    "ranks": rank_chart(critical_difference_data((BAD, "b", "c"), RNG.random((20, 3))), BAD),
    "interval": interval_chart(0.5, 0.4, 0.6, (0.0, 1.0), 0.3),
    "unknown interval": interval_chart(np.nan, np.nan, np.nan, (0.0, 0.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_well_formed(name):
    drawn = CHARTS[name]
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == ("group" if root.find(".//a") is not None else "img")
    assert root.get("aria-label")
    assert "<b>" not in drawn
    assert not re.search(r"[ \",]-?(nan|inf)", drawn.replace("nan, nan to nan", ""))
    width, height = (float(v) for v in root.get("viewBox").split()[2:])
    for place in root.iter("circle"):
        assert 0 <= float(place.get("cx")) <= width
        assert 0 <= float(place.get("cy")) <= height


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [(0, 1, False), (-3.2, 17, False), (1e-6, 1e3, True), (2, 5, True), (0.34, 0.39, True)],
)
def test_ticks_lie_on_the_scale_in_order(low, high, log):
    across = scale([low, high], 10.0, 90.0, log=log)
    ticks = across.ticks(5)
    places = [across(value) for value, _ in ticks]
    assert 2 <= len(ticks) <= 7
    assert places == sorted(places)
    assert all(10 <= place <= 90 for place in places)
    values = np.array([low / 2, *(value for value, _ in ticks), 2.0 * high])
    assert across.places(values) == pytest.approx([across(float(v)) for v in values])
    assert [float(name) for _, name in ticks] == pytest.approx([v for v, _ in ticks])


def test_a_scale_of_nothing_and_of_one_value():
    assert scale([], 0.0, 1.0).ticks()
    assert scale([np.nan], 0.0, 1.0, log=True).ticks()
    assert 0 < scale([3.0, 3.0], 0.0, 1.0)(3.0) < 1
    assert 0 < scale([3.0], 0.0, 1.0, log=True)(3.0) < 1


def test_a_curve_that_can_be_brushed_has_a_strip_a_point():
    x, y = np.array([0.1, 1.0, 10.0]), np.array([0.3, 0.5, 0.4])
    said = ("C = 0.1: 0.3", "C = 1: 0.5", "C = 10: 0.4")
    drawn = curve_chart([Curve("C", x, y, texts=said)], "label", "C", "score", x_log=True)
    strips = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*class="strip"', drawn)
    ends = [(float(a), float(a) + float(b)) for a, b in strips]
    assert [start for start, _ in ends[1:]] == pytest.approx(
        [end for _, end in ends[:-1]], abs=0.2
    )
    assert 'data-brush="C"' in drawn
    assert "<title>C = 1: 0.5</title>" in drawn


def test_a_surface_shades_its_values_and_has_windows_for_both_axes():
    values = np.array([[0.0, 0.2, 0.4], [0.6, 0.8, 1.0]])
    drawn = surface_chart(values, ((1.0, 2.0), ("a", "b", "c")), ("x<", "y"), "label", "score")
    assert "x&lt;" in drawn
    assert drawn.count('class="window"') == 2
    (dark,) = re.findall(r'<path d="([^"]*)" class="h9"/>', drawn)  # the highest, and the key
    # the last value of x and of y: right and above
    (x, y) = (float(v) for v in re.match(r"M([\d.]+) ([\d.]+)h", dark).groups())
    assert x > 200
    assert y == pytest.approx(24.0)
