"""The quick model of one task: it predicts a smooth loss, and admits what it cannot predict."""

from __future__ import annotations

import numpy as np

from metalearn.core.history import History
from metalearn.surrogates.kernel_ridge import kernel_ridge


def _histories(rng: np.random.Generator, n: int = 80) -> list[History]:
    points = [rng.random((n, 2)) for _ in range(4)]
    return [History(x, (x[:, 0] - 0.3) ** 2, str(i)) for i, x in enumerate(points)]


def test_a_smooth_loss_is_predicted_where_nothing_was_tried(rng: np.random.Generator) -> None:
    histories = _histories(rng)
    model = kernel_ridge(histories, rng)
    fresh = rng.random((50, 2))
    predicted, trust = model(histories[0].X, histories[0].y, fresh, rng)
    assert trust > 0.9
    assert np.corrcoef(predicted, (fresh[:, 0] - 0.3) ** 2)[0, 1] > 0.98


def test_noise_is_not_trusted(rng: np.random.Generator) -> None:
    model = kernel_ridge(_histories(rng), rng)
    x = rng.random((80, 2))
    _, trust = model(x, rng.normal(size=80), x, rng)
    assert trust < 0.1


def test_many_observations_are_predicted_as_well(rng: np.random.Generator) -> None:
    (long,) = _histories(rng, 1200)[:1]
    model = kernel_ridge([long], rng)
    predicted, trust = model(long.X, long.y, long.X[:40], rng)
    assert trust > 0.9
    assert np.corrcoef(predicted, long.y[:40])[0, 1] > 0.98
