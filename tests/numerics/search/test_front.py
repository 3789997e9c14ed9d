"""The front of a set of points, and shares of hypervolume against a count of grid cells."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.search.front import box_of, front_members, hypervolume_shares


def test_the_front_by_ascending_first_loss_without_doubles() -> None:
    losses = np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [2.0, 2.0], [3.0, 3.0], [np.nan, 0.0]])
    assert front_members(losses).tolist() == [1, 2, 0]
    assert front_members(np.empty((0, 2))).tolist() == []


def test_one_outlier_does_not_move_the_reference() -> None:
    losses = np.column_stack([np.linspace(0, 1, 101), np.linspace(1, 0, 101)])
    plain = box_of(losses)[1]
    losses[-1, 0] = 1e6
    np.testing.assert_allclose(box_of(losses)[1], plain, rtol=0.02)


@pytest.mark.parametrize("n_losses", [2, 3, 4])
def test_shares_equal_a_count_of_cells(n_losses: int) -> None:
    """Losses on a grid of eight steps; every cell of the box is dominated or not."""
    rng = np.random.default_rng(n_losses)
    sets = [rng.integers(0, 8, (12, n_losses)).astype(float) for _ in range(2)]
    ideal, reference = box_of(np.concatenate(sets))
    draws = rng.uniform(ideal, reference, (40_000, n_losses))
    shares = hypervolume_shares(sets)
    for losses, share in zip(sets, shares, strict=True):
        dominated = (losses[:, None, :] <= draws[None, :, :]).all(axis=2).any(axis=0)
        assert share == pytest.approx(dominated.mean(), abs=0.01)


def test_a_search_without_a_result_covers_nothing() -> None:
    shares = hypervolume_shares([np.full((1, 2), np.nan), np.array([[1.0, 1.0]])])
    assert shares[0] == 0.0
    assert shares[1] == pytest.approx(1.0)
    assert hypervolume_shares([np.empty((0, 2))]).tolist() == [0.0]
