"""Box plots: what is drawn, with corrected figures and doubts inside the picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from metalearn.plots.boxes import box_data, draw_boxes, quartiles
from metalearn.plots.style import figure, log_axis, log_ticks

VALUES = np.random.default_rng(0).gamma(1.0, 0.02, (20, 3))


def test_corrected_figures_and_doubts_are_in_the_picture():
    data = box_data(
        ("a", "b", "c"), VALUES, "gain", marks=np.array([0.3, 0.2, 0.1]), mark="corrected",
        doubt="doubtful: 12 runs per task",
    )  # fmt: skip
    order = [("a", "b", "c").index(name) for name in data.names]
    assert data.marks == tuple([0.3, 0.2, 0.1][i] for i in order)
    assert data.to_frame()["corrected"].tolist() == list(data.marks)
    (ax,) = draw_boxes(data, "svc").axes
    shown = [text.get_text() for text in (*ax.texts, *ax.get_legend().get_texts())]
    assert shown == ["doubtful: 12 runs per task", "mean, corrected"]
    assert ax.get_ylim() == (3.5, 0.5)  # the first and the last box whole


def test_columns_are_named_after_what_is_compared():
    data = box_data(("a", "b", "c"), VALUES, "score")
    columns = data.columns("algorithm", "configurations")
    assert list(columns)[:2] == ["algorithm", "n_configurations"]
    assert columns["n_configurations"].tolist() == [20, 20, 20]
    assert columns["median"].tolist() == data.to_frame()["median"].tolist()


def test_quartiles_are_linear_between_neighbours():
    for n in (1, 2, 3, 10, 11):
        values = np.sort(VALUES.ravel()[:n])
        np.testing.assert_allclose(quartiles(values), np.quantile(values, [0.25, 0.5, 0.75]))


def test_plain_boxes_have_neither():
    data = box_data(("a", "b", "c"), VALUES, "share")
    (ax,) = draw_boxes(data).axes
    assert not ax.texts
    assert ax.get_legend() is None
    assert "corrected" not in data.to_frame()


@pytest.mark.parametrize(
    ("low", "high"), [(1e-10, 1.0), (0.5, 20.0), (2.0, 1024.0), (1e-12, 1e12), (3.0, 5.0)]
)
def test_log_axes_have_few_labels_within_their_ends(low, high):
    places, labels = zip(*log_ticks(low, high), strict=True)
    assert 2 <= len(places) <= 4
    assert len(set(labels)) == len(labels)
    assert all(0.98 * low <= place <= 1.02 * high for place in places)
    assert np.all(np.diff(places) > 0)
    drawn, (ax,) = figure(2.4, 2.0)
    ax.plot([low, high], [0.0, 1.0])
    log_axis(ax)
    drawn.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
    assert not ax.xaxis.get_minorticklocs().size
