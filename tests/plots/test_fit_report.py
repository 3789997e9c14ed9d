from __future__ import annotations

import numpy as np
import pytest

from metalearn.automl.held_out import ColumnImportance, HeldOut
from metalearn.plots.fit_report import (
    confusion_data,
    draw_column_importance,
    draw_confusion,
    draw_expected,
    draw_residuals,
    residual_data,
)
from metalearn.plots.style import styled
from metalearn.workflows.fit.report import Expected


def test_counts_of_a_confusion_matrix():
    """Counted by hand: two of class a right, one of a taken for b, one of b right."""
    found = HeldOut(np.array([0, 0, 0, 1]), np.empty((4, 2)), np.array([0, 0, 1, 1]), ["a", "b"])
    data = confusion_data(found)
    assert data.labels == ("a", "b")
    assert data.counts.tolist() == [[2, 1], [0, 1]]


def test_rare_classes_of_many_are_pooled():
    true = np.repeat(np.arange(30), np.arange(30, 0, -1))
    found = HeldOut(true, np.empty((len(true), 30)), true, [f"c{i}" for i in range(30)])
    data = confusion_data(found)
    assert len(data.labels) == 12
    assert data.labels[-1] == "others"
    assert data.counts.sum() == len(true)
    assert (data.counts == np.diag(np.diag(data.counts))).all()


def test_residuals_of_many_rows_are_a_sample():
    true = np.arange(10_000.0)
    data = residual_data(HeldOut(true, true + 1.0, None, None))
    assert 1000 < len(data.true) <= 2000
    assert data.predicted - data.true == pytest.approx(1.0)


def test_figures_show_names_as_they_are():
    with styled():
        importance = ColumnImportance(("$x$", "y" * 80), np.array([0.2, -0.1]),
                                      np.array([0.1, 0.0]), 0.5, 10, 3, True)  # fmt: skip
        drawn = [
            draw_column_importance(importance),
            draw_confusion(confusion_data(HeldOut(np.array([0, 1]), np.empty((2, 2)),
                                                  np.array([0, 1]), ["$a", "b$"]))),
            draw_residuals(residual_data(HeldOut(np.array([1.0, 2.0]), np.array([1.0, 2.5]),
                                                 None, None))),
            draw_expected((Expected("svc", 0.7, np.nan, np.nan, 0.8),), "accuracy"),
        ]  # fmt: skip
    for figure in drawn:
        figure.canvas.draw()
    names = [label.get_text() for label in drawn[0].axes[0].get_yticklabels()]
    assert names[0] == "$x$"
    assert len(names[1]) == 32
