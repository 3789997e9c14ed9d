"""Transfer methods: nothing without sources, the answer from a twin, unmoved by an adversary."""

import ConfigSpace as CS
import numpy as np
import pytest

from metalearn import optimizers, surrogates
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.tasks.ranking_loss import (
    diluted,
    left_out_ranking_loss,
    may_stay,
    ranking_loss,
    shares_of_lowest,
)
from metalearn.surrogates.soft_taf import SoftTAF, fruitless
from metalearn.surrogates.source_tasks import fit_sources
from metalearn.surrogates.tst import epanechnikov

TRANSFER = ("soft-taf", "taf", "tst-r", "tst-m", "smfo", "rgpe", "pogpe", "stacked",
            "multitask", "ablr", "copula")  # fmt: skip


@pytest.fixture
def space():
    return Space("box", CS.ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}))


@pytest.fixture
def grid():
    axis = (np.arange(12) + 0.5) / 12
    return np.stack([part.ravel() for part in np.meshgrid(axis, axis)], axis=1)


def loss(X):
    return ((X - [0.7, 0.2]) ** 2).sum(axis=1) + 0.1 * np.sin(9 * X[:, 0])


@pytest.mark.parametrize("name", TRANSFER)
def test_without_sources_it_is_the_gaussian_process(name, space, grid, rng):
    X = rng.random((10, 2))
    history = History(X, loss(X))
    alone = surrogates.get("gaussian-process")(space).fit(history, np.random.default_rng(0))
    for warm in (None, WarmStart(space)):
        found = surrogates.get(name)(space, warm).fit(history, np.random.default_rng(0))
        np.testing.assert_array_equal(found.predict(grid).mean, alone.predict(grid).mean)
        np.testing.assert_array_equal(found.predict(grid).std, alone.predict(grid).std)


def test_the_optimum_of_a_twin_comes_first(space, grid):
    warm = WarmStart(space, sources=(History(grid, loss(grid)),))
    optimizer = optimizers.get("bayesian")(space, initial=warm, rng=np.random.default_rng(0))
    (first,) = optimizer.choose(grid)
    assert loss(grid)[first] <= np.sort(loss(grid))[1]


def test_an_adversary_loses_its_weight(space, grid, rng):
    sources = (History(grid, loss(grid)), History(grid, -loss(grid)))
    warm = WarmStart(space, sources=sources)
    fitted = fit_sources(warm)
    X = rng.random((8, 2))
    predictor = SoftTAF(space, warm).fit(History(X, loss(X)), np.random.default_rng(0))
    assert len(fitted) == 2
    assert predictor.weights[1] < 1e-2


def test_ranking_losses_by_hand():
    y = np.array([1.0, 2.0, 3.0])
    assert ranking_loss(y[None, [1, 0, 2]], y)[0] == 2.0
    assert left_out_ranking_loss(y[None, :] - 0.1, y)[0] == 0.0
    np.testing.assert_allclose(shares_of_lowest(np.array([[1.0, 2.0], [1.0, 1.0]])), [0.25, 0.75])


@pytest.mark.parametrize("n_trials", [5, 20, 60])
def test_sources_that_cannot_stay_need_no_judgement(n_trials):
    rng = np.random.default_rng(n_trials)
    losses = rng.integers(0, 8, (31, 64)).astype(np.float64)
    chance = rng.random(30)
    judged = np.flatnonzero(may_stay(chance, n_trials, 50))
    everyone = shares_of_lowest(diluted(losses, chance, n_trials, 50))
    some = shares_of_lowest(diluted(losses[[*judged, 30]], chance[judged], n_trials, 50))
    np.testing.assert_array_equal(everyone[[*judged, 30]], some)
    assert everyone.sum() == pytest.approx(some.sum())


def test_epanechnikov_ends_at_one():
    np.testing.assert_allclose(epanechnikov(np.array([0.0, 0.5, 1.0])), [0.75, 0.5625, 0.0])


@pytest.mark.parametrize(
    ("y", "expected"),
    [([], 0), ([3.0], 0), ([3.0, 3.0, 3.0], 2), ([3.0, 1.0, 2.0, 1.0], 2), ([3.0, 1.0, 0.999], 1),
     ([1.0, 2.0, 0.5], 0)],
)  # fmt: skip
def test_evaluations_since_the_last_notable_improvement(y, expected):
    assert fruitless(np.array(y)) == expected
