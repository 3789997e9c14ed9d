from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.errors import NotEnoughMetaDataError, ShapeError
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.surrogates.densify import densify, forest_predictions


def one_nearest(
    x: Floats, y: Floats, at: Floats, rng: np.random.Generator
) -> tuple[Floats, float]:
    return y[((at[:, None] - x[None]) ** 2).sum(axis=2).argmin(axis=1)], 1.0


def test_complete_matrix_is_reproduced_by_its_nearest_neighbour(rng: np.random.Generator) -> None:
    points, losses = rng.random((40, 3)), rng.random((6, 40))
    histories = [History(points, row) for row in losses]
    dense = densify(histories, points, rng, model=one_nearest)
    np.testing.assert_array_equal(dense.losses, losses)
    np.testing.assert_allclose(dense.regret, normalized_regret(losses))
    np.testing.assert_array_equal(dense.trust, 1.0)


def bowls(rng: np.random.Generator, n: int, noise: float = 0.0) -> list[History]:
    """Tasks with points of their own; losses are bowls of other scales around nearby centres."""
    found = []
    for t in range(8):
        x = rng.random((n, 2))
        center = np.array([0.3, 0.6]) + 0.05 * rng.normal(size=2)
        y = 10.0**t * (((x - center) ** 2).sum(axis=1) + noise * rng.normal(size=n))
        found.append(History(x, y, f"task {t}"))
    return found


def test_own_points_become_a_matrix_on_common_candidates(rng: np.random.Generator) -> None:
    at = rng.random((200, 2))
    dense = densify(bowls(rng, 60), at, rng)
    truth = ((at - [0.3, 0.6]) ** 2).sum(axis=1)
    assert dense.losses.shape == (8, 200)
    assert dense.trust.min() > 0.6
    for row in dense.losses:
        assert np.corrcoef(row, truth)[0, 1] > 0.85
    assert truth[dense.regret.mean(axis=0).argmin()] < np.quantile(truth, 0.05)


def test_few_observations_follow_the_pooled_model(rng: np.random.Generator) -> None:
    histories = bowls(rng, 60)
    histories[3] = History(histories[3].X[:5], histories[3].y[:5])
    histories[4] = History(histories[4].X[:0], histories[4].y[:0])
    at = rng.random((100, 2))
    dense = densify(histories, at, rng)
    assert dense.trust[3] == dense.trust[4] == 0.0
    truth = ((at - [0.3, 0.6]) ** 2).sum(axis=1)
    assert np.corrcoef(dense.losses[3], truth)[0, 1] > 0.85
    np.testing.assert_array_equal(dense.regret[4], 0.0)


def test_noise_is_not_trusted(rng: np.random.Generator) -> None:
    signal, noise = bowls(rng, 60), bowls(rng, 60, noise=5.0)
    dense = densify([*signal[:4], *noise[4:]], rng.random((50, 2)), rng)
    assert dense.trust[:4].min() > 0.5
    assert dense.trust[4:].max() < 0.3


def test_out_of_bag_r2_predicts_the_error_on_new_points(rng: np.random.Generator) -> None:
    x, at = rng.random((200, 3)), rng.random((400, 3))

    def f(z: Floats) -> Floats:
        return np.sin(5 * z[:, 0]) + z[:, 1]

    y = f(x) + 0.2 * rng.normal(size=200)
    predicted, r2 = forest_predictions(x, y, at, rng)
    fresh = f(at) + 0.2 * rng.normal(size=400)
    assert r2 == pytest.approx(1 - ((fresh - predicted) ** 2).mean() / fresh.var(), abs=0.08)
    assert predicted.min() >= y.min() - 1e-9


def test_inactive_axes_and_generators(rng: np.random.Generator) -> None:
    x = rng.random((60, 2))
    x[::2, 1] = np.nan
    y = np.where(np.isnan(x[:, 1]), 0.1, 0.9)
    history = History(x, y)
    at = np.array([[0.5, np.nan], [0.5, 0.5]])
    first = densify([history, history], at, np.random.default_rng(0))
    again = densify([history, history], at, np.random.default_rng(0))
    np.testing.assert_array_equal(first.losses, again.losses)
    assert np.all(first.losses[:, 0] < 0.2)
    assert np.all(first.losses[:, 1] > 0.8)


def test_says_what_is_wrong(rng: np.random.Generator) -> None:
    with pytest.raises(ShapeError, match="encode both"):
        densify([History(np.ones((1, 2)), np.ones(1))], np.ones((3, 1)), rng)
    with pytest.raises(NotEnoughMetaDataError, match="at least 1 task"):
        densify([History(np.ones((1, 2)), np.array([np.nan]))], np.ones((3, 2)), rng)
