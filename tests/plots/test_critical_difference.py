"""The diagram's data; drawing is only asked to produce files."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metalearn.errors import NotEnoughMetaDataError
from metalearn.plots.critical_difference import critical_difference_data, draw_critical_difference
from metalearn.plots.style import save, short_names


def test_items_are_ordered_and_groups_are_positions(tmp_path):
    losses = np.array([[0.3, 0.1, 0.2, 0.9]] * 6 + [[0.3, 0.2, 0.1, 0.9]] * 6)
    data = critical_difference_data(("c", "a", "b", "d"), losses)
    assert set(data.names[:2]) == {"a", "b"}
    assert data.names[2:] == ("c", "d")
    assert data.mean_ranks == (1.5, 1.5, 3.0, 4.0)
    assert data.critical_difference == pytest.approx(2.569 * math.sqrt(20 / 72), abs=1e-3)
    assert data.groups == ((0, 1), (2, 3))
    paths = save(draw_critical_difference(data, "ranks"), tmp_path, "cd", data.to_frame())
    assert [path.suffix for path in paths] == [".svg", ".png", ".csv"]
    assert all(path.stat().st_size > 60 for path in paths)
    again = save(draw_critical_difference(data, "ranks"), tmp_path / "2", "cd", data.to_frame())
    assert paths[0].read_bytes() == again[0].read_bytes()


def test_one_task_has_ranks_but_no_difference():
    data = critical_difference_data(("a", "b"), np.array([[2.0, 1.0], [np.nan, 1.0]]))
    assert data.names == ("b", "a")
    assert math.isnan(data.critical_difference)
    assert draw_critical_difference(data).axes
    with pytest.raises(NotEnoughMetaDataError):
        critical_difference_data(("a", "b"), np.full((2, 2), np.nan))


def test_short_names_stay_unique():
    assert short_names(("a__x", "b__y", "a__x / b__y")) == ("x", "y", "x / y")
    assert short_names(("a__x", "b__x")) == ("a__x", "b__x")
