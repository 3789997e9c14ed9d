import numpy as np
from scipy.stats import rankdata

from metalearn.numerics.statistics.ranks import (
    mean_rank_utility,
    mean_utility,
    rank_rows,
    rank_utility,
)


def test_rank_rows_equals_scipy(rng):
    losses = np.round(rng.random((50, 30)), 1)
    losses[rng.random(losses.shape) < 0.3] = np.nan
    losses[3] = np.nan
    np.testing.assert_array_equal(
        rank_rows(losses)[np.arange(50) != 3],
        rankdata(losses[np.arange(50) != 3], axis=1, nan_policy="omit"),
    )
    assert np.isnan(rank_rows(losses)[3]).all()


def test_ranks_do_not_change_under_increasing_maps(rng):
    losses = rng.random((5, 9))
    np.testing.assert_array_equal(rank_rows(losses), rank_rows(np.exp(3 * losses) + 1))


def test_mean_utility_shrinks_what_few_tasks_know():
    losses = np.array([[1.0, 2.0, 3.0], [np.nan, 2.0, 3.0], [np.nan, 2.0, 3.0]])
    mean = mean_utility(rank_utility(rank_rows(losses)), np.ones(3))
    assert mean[0] == (1 * (2.5 / 3) + 2.5) / (1 + 5)
    assert mean[1] > mean[2]


def test_ranks_of_a_part_of_the_tasks_at_a_time_have_the_same_mean(rng, monkeypatch):
    losses, weights = rng.random((23, 7)).round(1), rng.random(23)
    losses[rng.random(losses.shape) < 0.3] = np.nan
    whole = mean_utility(rank_utility(rank_rows(losses)), weights)
    np.testing.assert_array_equal(mean_rank_utility(losses, weights), whole)
    monkeypatch.setattr("metalearn.numerics.statistics.ranks._AT_ONCE", 30)
    np.testing.assert_allclose(mean_rank_utility(losses, weights), whole, rtol=1e-14)
