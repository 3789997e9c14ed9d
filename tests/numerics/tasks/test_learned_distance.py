from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.numerics.tasks.learned_distance import fit_distance


def world(rng: np.random.Generator, *, telling: bool) -> tuple[Floats, Floats]:
    """100 tasks whose order of 30 configurations turns with the second of six features."""
    features = rng.normal(size=(100, 6))
    angle = features[:, 1] if telling else rng.normal(size=100)
    waves = rng.normal(size=(2, 30))
    losses = np.cos(angle)[:, None] * waves[0] + np.sin(angle)[:, None] * waves[1]
    return features, losses + 0.05 * rng.normal(size=losses.shape)


def test_finds_the_feature_that_tells(rng: np.random.Generator) -> None:
    features, losses = world(rng, telling=True)
    learned = fit_distance(features, losses, rng)
    assert learned.is_learned
    assert learned.gain > 0.2
    assert learned.weights.argmax() == 1
    assert learned.weights[1] > 5 * np.delete(learned.weights, 1).max()
    nearest = learned.distances(features[7]).argsort()[1:4]
    assert np.abs(features[nearest, 1] - features[7, 1]).max() < 0.3


def test_what_was_learned_from_noise_is_switched_off(rng: np.random.Generator) -> None:
    gains = []
    for seed in range(8):
        features, losses = world(np.random.default_rng(seed), telling=False)
        learned = fit_distance(features, losses, rng)
        gains.append(learned.gain)
        if not learned.is_learned:
            assert np.ptp(learned.weights) == 0.0
    assert abs(np.mean(gains)) < 0.1  # no better than chance on left-out tasks


@pytest.mark.parametrize("shape", [(1, 3), (5, 0), (30, 2)])
def test_little_data(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    features = rng.normal(size=shape)
    losses = rng.normal(size=(shape[0], 12))
    losses[rng.random(losses.shape) < 0.7] = np.nan
    learned = fit_distance(features, losses, rng)
    for target in (np.empty(0), np.full(shape[1], np.nan), rng.normal(size=shape[1])):
        found = learned.distances(target)
        assert found.shape == (shape[0],)
        assert np.isfinite(found).all()
        assert (found >= 0).all()
