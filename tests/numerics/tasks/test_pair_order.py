from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from metalearn.numerics.tasks.pair_order import disagreement


def test_is_one_minus_spearman_where_both_observed_the_same(rng: np.random.Generator) -> None:
    losses = np.round(rng.random((6, 15)), 1)
    expected = 1.0 - stats.spearmanr(losses, axis=1).statistic
    np.testing.assert_allclose(disagreement(losses), expected, atol=1e-12)
    losses[0, 3:] = np.nan
    found = disagreement(losses)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1:, 1:], expected[1:, 1:], atol=1e-12)


def test_with_holes_own_ranks_correlate_over_what_is_shared(rng: np.random.Generator) -> None:
    losses = rng.normal(size=(4, 12))
    losses[1, :4] = losses[2, 3:] = np.nan
    found = disagreement(losses)
    ranks = stats.rankdata(losses[0])[4:], stats.rankdata(losses[1, 4:])
    assert found[0, 1] == found[1, 0] == pytest.approx(1 - np.corrcoef(*ranks)[0, 1])
    assert np.isnan(found[2]).all()


def test_a_task_that_ties_on_all_that_is_shared_says_nothing(rng: np.random.Generator) -> None:
    losses = rng.normal(size=(3, 9))
    losses[1] = 0.25
    losses[2, 3:] = losses[2, 3]
    losses[0, :3] = np.nan
    found = disagreement(losses)
    assert np.isnan(found[1]).all()
    assert np.isnan(found[0, 2])
    assert found[2, 2] == pytest.approx(0.0)
