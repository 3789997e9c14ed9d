"""The mean over slices is the hypervolume, up to the width of a slice."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.search.front import box_of
from metalearn.numerics.search.hypervolume import hypervolume
from metalearn.numerics.search.hypervolume_slices import slice_reaches


@pytest.mark.parametrize(("n_losses", "tolerance"), [(2, 0.03), (3, 0.05), (4, 0.05)])
@pytest.mark.parametrize("seed", range(3))
def test_subsets_have_their_hypervolume(n_losses: int, tolerance: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    losses = rng.gamma(1.0, size=(40, n_losses)) * 10.0 ** np.arange(n_losses)
    ideal, reference = box_of(losses)
    reaches = slice_reaches(losses)
    assert reaches.min() == 0.0
    assert reaches.max() <= 1.0
    for size in (1, 5, 40):
        chosen = rng.choice(40, size, replace=False)
        share = hypervolume(losses[chosen], reference) / np.prod(reference - ideal)
        assert reaches[chosen].max(axis=0).mean() == pytest.approx(share, abs=tolerance)


def test_equal_points_reach_equally_far() -> None:
    reaches = slice_reaches(np.ones((3, 2)))
    np.testing.assert_array_equal(reaches, 1.0)
