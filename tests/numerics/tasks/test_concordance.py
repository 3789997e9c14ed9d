import itertools

import numpy as np
import pytest

from metalearn.numerics.tasks.concordance import concordance


def _slow(losses, target):
    shares = []
    for row in losses:
        votes = []
        for i, j in itertools.combinations(range(len(target)), 2):
            if target[i] == target[j]:
                continue
            product = (target[i] - target[j]) * (row[i] - row[j])
            votes.append(0.5 if np.isnan(product) or product == 0 else float(product > 0))
        shares.append(np.mean(votes) if votes else 0.5)
    return shares


def test_equals_counting_pairs(rng):
    losses = np.round(rng.random((20, 7)), 1)
    losses[rng.random(losses.shape) < 0.2] = np.nan
    target = np.round(rng.random(7), 1)
    np.testing.assert_allclose(concordance(losses, target), _slow(losses, target))


@pytest.mark.parametrize("target", [[], [0.3], [0.3, 0.3, 0.3]])
def test_without_an_ordered_pair_it_is_one_half(rng, target):
    losses = rng.random((4, len(target)))
    np.testing.assert_array_equal(concordance(losses, np.array(target)), np.full(4, 0.5))
