import itertools
from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import Configuration, MetaDataset, TargetTask, Task, metric_named
from metalearn.errors import InputError, NotEnoughMetaDataError
from metalearn.recommenders import get
from metalearn.recommenders.portfolio_cost import relative_costs
from metalearn.recommenders.portfolio_mip import PortfolioMIP, best_set
from metalearn.testing.worlds import clusters, regret_after, with_holes


def _meta(losses, seconds=None, metric="error_rate"):
    n_tasks, n = losses.shape
    return MetaDataset(
        metric_named(metric),
        tuple(Task(str(i), str(i)) for i in range(n_tasks)),
        tuple(Configuration("a", {"x": j}) for j in range(n)),
        losses,
        runtimes_s=seconds,
    )


def _order(name, meta):
    scores = get(name)().fit(meta, np.random.default_rng(0)).score(TargetTask())
    return list(np.argsort(scores, kind="stable"))


# janvanrijn/openml-defaults, strategy tests: a0, a1, a2 over four tasks.
TOY = np.array([[1, 1, 1, 3], [2, 2, 2, 2], [3, 3, 3, 1]], dtype=float)


def test_average_rank_on_the_published_toy_matrix():
    assert _order("average-rank", _meta(TOY.T)) == [0, 1, 2]
    assert _order("average-rank", _meta(-TOY.T)) == [2, 1, 0]


def test_portfolio_on_the_published_toy_matrix():
    assert _order("portfolio", _meta(TOY.T))[:2] == [0, 2]
    assert _order("portfolio", _meta(-TOY.T))[:2] == [2, 0]


def test_active_testing_without_similarity_on_the_published_toy_matrix():
    ranker = get("active-testing-at0")().fit(_meta(TOY.T), np.random.default_rng(0))
    target = TargetTask()
    assert np.argmin(ranker.score(target)) == 0
    # Only a2 is ever better than a0.
    assert np.argmin(ranker.score(target.tell(0, 0.5))[1:]) + 1 == 2


def test_a3r_prefers_the_faster_of_equals_and_needs_runtimes():
    losses = np.array([[0.2, 0.2, 0.9], [0.4, 0.4, 0.5]])
    seconds = np.array([[9.0, 1.0, 1.0], [8.0, 2.0, 1.0]])
    assert _order("a3r", _meta(losses, seconds, "accuracy")) == [1, 0, 2]
    assert _order("a3r", _meta(losses, seconds, "log_loss")) == [1, 0, 2]
    with pytest.raises(NotEnoughMetaDataError, match="runtime"):
        _order("a3r", _meta(losses))


def test_relative_costs_by_hand():
    np.testing.assert_allclose(relative_costs(np.array([[1.0, 3.0], [2.0, 6.0]])), [0.5, 1.5])


def test_costs_change_the_portfolio():
    losses = np.array([[0.10, 0.12, 0.9], [0.10, 0.12, 0.9]])
    seconds = np.array([[100.0, 1.0, 1.0], [100.0, 1.0, 1.0]])
    assert _order("portfolio", _meta(losses, seconds))[0] == 0
    assert _order("portfolio-cost", _meta(losses, seconds))[0] == 1


@pytest.mark.parametrize("size", [1, 2, 3])
def test_exact_portfolio_equals_all_subsets(rng, size):
    for _ in range(3):
        losses, weights = rng.random((12, 15)), rng.dirichlet(np.ones(15))
        found = best_set(losses, weights, size)
        assert len(found) == size
        values = [
            losses[list(chosen)].min(axis=0) @ weights
            for chosen in itertools.combinations(range(12), size)
        ]
        assert losses[found].min(axis=0) @ weights == pytest.approx(min(values))


def test_exact_portfolio_beats_the_greedy_one_and_refuses_what_is_too_large(rng):
    world = clusters(rng, n_tasks=30, n_configurations=15)
    exact = regret_after(world, PortfolioMIP(4).fit(world.meta, rng), 4)
    assert exact.max() < 0.1
    with pytest.raises(InputError, match="portfolio"):
        PortfolioMIP(4, n_cells=100).fit(world.meta, rng)


@pytest.mark.parametrize("name", ["portfolio", "portfolio-mip", "portfolio-cost"])
def test_one_specialist_for_each_kind(rng, name):
    world = clusters(rng, informative=False)
    assert regret_after(world, get(name)().fit(world.meta, rng), 5).max() < 0.1
    assert regret_after(world, get("average-rank")().fit(world.meta, rng), 3).mean() > 0.1


def test_near_duplicates_share_one_vote():
    losses = np.array([[0.0, 1.0, 0.4]] * 5 + [[1.0, 0.0, 0.4]] * 2)
    meta = _meta(losses)
    assert _order("portfolio", meta)[0] == 0
    grouped = replace(meta, groups=np.array([0, 0, 0, 0, 0, 1, 2]))
    assert _order("portfolio", grouped)[0] == 1


@pytest.mark.parametrize("name", ["forest-portfolio", "nearest-tasks", "default"])
def test_meta_features_tell_the_kind_at_once(name):
    world = clusters(np.random.default_rng(5), n_tasks=80)
    rng = np.random.default_rng(0)
    assert (regret_after(world, get(name)().fit(world.meta, rng), 1) < 0.1).mean() > 0.7
    untold = clusters(np.random.default_rng(5), n_tasks=80, informative=False)
    assert (regret_after(untold, get(name)().fit(untold.meta, rng), 1) < 0.1).mean() < 0.5


@pytest.mark.parametrize(
    "name", ["kernel-portfolio", "nearest-tasks", "active-testing-set", "default"]
)
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_two_evaluations_tell_the_kind(name, share):
    world = clusters(np.random.default_rng(5), n_tasks=80, n_clusters=8, informative=False)
    meta = with_holes(world.meta, share, np.random.default_rng(1)) if share else world.meta
    ranker = get(name)().fit(meta, np.random.default_rng(0))
    adaptive = regret_after(world, ranker, 5).mean()
    static = regret_after(world, get("portfolio")().fit(meta, np.random.default_rng(0)), 5).mean()
    blind = regret_after(world, get("random")().fit(meta, np.random.default_rng(0)), 5).mean()
    assert adaptive < (0.75 if share == 0.0 else 0.95) * static < static < blind
