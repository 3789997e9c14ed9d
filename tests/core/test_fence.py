import numpy as np
import pytest

from metalearn.core.fence import needs_fence, outer_fence
from metalearn.core.metric import METRICS


def test_fence_is_three_interquartile_ranges_above_the_upper_quartile():
    losses = np.array([[0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0, 9.0]])
    np.testing.assert_allclose(outer_fence(losses), [3.0 + 3.0 * 2.0, np.inf])


def test_only_finite_losses_count():
    row = np.array([0.0, 1.0, 2.0, 3.0, 4.0, np.nan, np.inf])
    assert outer_fence(row) == 9.0
    assert outer_fence(np.array([np.nan, np.nan])) == np.inf
    assert outer_fence(np.empty(0)) == np.inf


@pytest.mark.parametrize(("name", "needed"), [("r2", True), ("rmse", True), ("accuracy", False)])
def test_only_a_metric_without_a_worst_value_needs_one(name, needed):
    assert needs_fence(METRICS[name]) is needed


def test_few_places_are_found_without_sorting(monkeypatch):
    rng = np.random.default_rng(0)
    losses = rng.normal(size=(4, 37))
    holes = np.where(rng.random(losses.shape) < 0.3, np.nan, losses)
    found = [outer_fence(losses), outer_fence(losses.ravel()), outer_fence(holes)]
    monkeypatch.setattr("metalearn.core.fence._MOST_PLACES", 0)
    expected = [outer_fence(losses), outer_fence(losses.ravel()), outer_fence(holes)]
    for fences, others in zip(found, expected, strict=True):
        np.testing.assert_array_equal(fences, others)
