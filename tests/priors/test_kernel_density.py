"""KDE priors: normalisation, sampler against density, planted regions, conditions, leakage."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.errors import InputError
from metalearn.histories.runs import Runs
from metalearn.priors import best_runs, kde


def svm_space():
    space = cs.ConfigurationSpace()
    kernel = cs.CategoricalHyperparameter("kernel", ["linear", "rbf"])
    gamma = cs.UniformFloatHyperparameter("gamma", 1e-4, 10.0, log=True)
    c = cs.UniformFloatHyperparameter("C", 1e-2, 1e2, log=True)
    degree = cs.UniformIntegerHyperparameter("degree", 1, 12)
    space.add(kernel, gamma, c, degree)
    space.add(cs.EqualsCondition(gamma, kernel, "rbf"))
    return Space("svm", space)


def world(n_tasks=8, n_runs=200):
    """Good: rbf with gamma * C constant (a ridge), degree small."""
    space = svm_space()
    at = {name: j for j, name in enumerate(space.names)}
    histories = []
    for number in range(n_tasks):
        X = space.encode(space.sample(n_runs, np.random.default_rng(number)))
        gamma = np.nan_to_num(X[:, at["gamma"]], nan=2.0)
        y = np.abs(gamma + X[:, at["C"]] - 1.0) + 0.3 * X[:, at["degree"]]
        histories.append(History(X, y, f"t{number}"))
    return Runs(space, METRICS["error_rate"], tuple(histories))


@pytest.fixture(scope="module")
def runs():
    return world()


@pytest.mark.parametrize("joint", [True, False])
def test_density_integrates_to_one(runs, joint):
    prior = kde(runs, joint=joint)
    X = np.random.default_rng(0).random((60_000, runs.space.n_axes))
    X = np.where(runs.space.active(X), X, np.nan)
    assert np.exp(prior.log_density(X)).mean() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("joint", [True, False])
def test_sampler_follows_the_density(runs, joint):
    # E over the sampler of any g equals E over the uniform measure of g * density.
    prior = kde(runs, joint=joint)
    rng = np.random.default_rng(0)
    drawn = prior.sample_points(20_000, rng)
    U = rng.random((60_000, runs.space.n_axes))
    U = np.where(runs.space.active(U), U, np.nan)
    weight = np.exp(prior.log_density(U))
    weight /= weight.mean()
    for j in range(runs.space.n_axes):
        for power in (1, 2):
            expected = (weight * np.nan_to_num(U[:, j]) ** power).mean()
            assert np.nanmean(np.nan_to_num(drawn[:, j]) ** power) == pytest.approx(
                expected, abs=0.025
            )
    assert np.isnan(drawn).mean(axis=0) == pytest.approx(
        (weight[:, None] * np.isnan(U)).mean(axis=0), abs=0.025
    )


def test_joint_sampling_keeps_the_ridge(runs):
    at = {name: j for j, name in enumerate(runs.space.names)}
    correlation = {}
    for joint in (True, False):
        X = kde(runs, joint=joint).sample_points(4000, np.random.default_rng(0))
        X = X[~np.isnan(X[:, at["gamma"]])]
        correlation[joint] = np.corrcoef(X[:, at["gamma"]], X[:, at["C"]])[0, 1]
    assert correlation[True] < -0.4
    assert abs(correlation[False]) < 0.1


def test_held_out_best_is_likely(runs):
    prior = kde(runs, exclude=["t7"])
    assert "t7" not in prior.pool.tasks
    held_out = runs.histories[7]
    best = held_out.X[np.argsort(held_out.y)[:10]]
    assert prior.log_density(best).mean() > 1.0
    worst = held_out.X[np.argsort(held_out.y)[-10:]]
    assert prior.log_density(worst).mean() < 0.0
    assert np.exp(prior.log_density(worst)).min() >= prior.uniform * 0.999


def test_marginals_show_where_good_values_lie(runs):
    prior = kde(runs)
    at = {name: j for j, name in enumerate(runs.space.names)}
    kernel = prior.marginal_density(at["kernel"], np.array([0.25, 0.75]))
    assert kernel[1] > 1.5
    assert kernel.mean() == pytest.approx(1.0)
    degree = prior.marginal_density(at["degree"], (np.arange(12) + 0.5) / 12)
    assert degree.mean() == pytest.approx(1.0, abs=1e-9)
    assert degree[0] > 2 * degree[8]


def test_pool_weights_and_ties():
    runs = world(n_tasks=3)
    pool = best_runs(runs, n_top=5, task_weights={"t0": 3.0, "t1": 1.0})
    assert pool.tasks == ("t0", "t1")
    assert pool.weights[:5].sum() == pytest.approx(0.75)
    tied = Runs(
        runs.space,
        runs.metric,
        (History(runs.histories[0].X, np.r_[np.zeros(100), np.ones(100)], "tied"),),
    )
    first, again = (best_runs(tied, seed=0).points for _ in range(2))
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, best_runs(tied, seed=1).points, equal_nan=True)
    assert kde(tied).uniform == 0.3  # one task only


@pytest.mark.parametrize(
    ("n_runs", "n_best"), [(3, 0), (4, 1), (8, 2), (24, 3), (48, 4), (99, 9), (100, 10), (500, 10)]
)
def test_number_of_best_runs_follows_the_runs_of_a_task(n_runs, n_best):
    assert len(best_runs(world(n_tasks=1, n_runs=n_runs)).points) == n_best


def test_few_values_tried_make_a_wide_prior():
    # Five tasks that share four configurations and agree on the best: not a spike there.
    runs = world(n_tasks=1, n_runs=4)
    shared = tuple(History(runs.histories[0].X, runs.histories[0].y, f"t{i}") for i in range(5))
    prior = kde(Runs(runs.space, runs.metric, shared))
    at = runs.space.names.index("C")
    assert prior.pool.resolution[at] == 0.25
    assert prior.marginal_density(at, np.linspace(0, 1, 101)).max() < 2.5


def test_too_little_is_uniform_and_says_so():
    runs = world(n_tasks=1, n_runs=30)
    three = Runs(
        runs.space, runs.metric, (History(runs.histories[0].X[:3], np.arange(3.0), "few"),)
    )
    flat = Runs(runs.space, runs.metric, (History(runs.histories[0].X, np.ones(30), "flat"),))
    for few, says in (
        (kde(runs, n_top=10), "30 runs are fewer than 4 x 10"),
        (kde(three), "3 runs are fewer than 4"),
        (kde(flat, n_top=5), "equal"),
    ):
        assert few.is_uniform
        assert says in few.pool.notes[0]
        assert (few.log_density(runs.histories[0].X) == 0).all()
        assert len(few.sample(7, np.random.default_rng(0))) == 7
    with pytest.raises(InputError, match="uniform share"):
        type(kde(runs))(runs.space, kde(runs).pool, uniform=0.0)
