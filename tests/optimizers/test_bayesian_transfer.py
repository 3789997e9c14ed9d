"""Planted source tasks for the default: a related source helps, a misleading one costs little.

Paired over seeds: both searches choose from the same table of random points of a known function.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wilcoxon

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.optimizers import get
from metalearn.testing.functions import FUNCTIONS, shifted_source

N_POINTS, N_RUNS = 300, 100
COST = 0.1


def curve(name: str, planted: str, seed: int, n_trials: int) -> Floats:
    """Return `(n_trials,)` normalized regret of the best so far.

    Planted are `nothing`; a `related` source, a shifted copy with runs of its own; or one that is
    `misleading`, the same with losses turned around, or `both`.
    """
    function, rng = FUNCTIONS[name], np.random.default_rng(seed)
    space = function.space
    configurations = space.sample(N_POINTS, rng)
    X, y = space.encode(configurations), np.array([function.loss(c) for c in configurations])
    related = shifted_source(function, N_RUNS, rng)
    misleading = History(related.X, -related.y)
    sources = {"nothing": (), "related": (related,), "misleading": (misleading,),
               "both": (misleading, related)}[planted]  # fmt: skip
    warm = WarmStart(space, sources=sources)
    optimizer = get("bayesian")(space, initial=warm, rng=np.random.default_rng(seed))
    left, told = np.arange(N_POINTS), []
    for _ in range(n_trials):
        (index,) = optimizer.choose(X[left])
        row, left = left[index], np.delete(left, index)
        optimizer.tell(Trial(configurations[row]).finished(float(y[row])))
        told.append(y[row])
    return (np.minimum.accumulate(told) - y.min()) / np.ptp(y)


def curves(name: str, planted: str, n_seeds: int, n_trials: int) -> Floats:
    return np.array([curve(name, planted, 100 + seed, n_trials) for seed in range(n_seeds)])


def test_a_related_source_helps_on_few_seeds() -> None:
    cold, warm = (curves("branin", kind, 4, 6).mean(axis=1) for kind in ("nothing", "related"))
    assert warm.mean() < 0.5 * cold.mean()


@pytest.mark.slow
def test_a_related_source_helps() -> None:
    cold, warm = (curves("branin", kind, 8, 12).mean(axis=1) for kind in ("nothing", "related"))
    assert wilcoxon(cold - warm, alternative="greater").pvalue < 0.02
    assert warm.mean() < 0.3 * cold.mean()


@pytest.mark.slow
def test_sources_that_contradict_each_other_cost_little() -> None:
    """At first they cancel out: the first evaluation is a guess, and shows which to follow."""
    cold, warm = (curves("branin", kind, 16, 12).mean(axis=1) for kind in ("nothing", "both"))
    assert warm.mean() <= (1.0 + COST) * cold.mean()


def test_a_misleading_source_is_outweighed_on_few_seeds() -> None:
    cold, misled = (curves("branin", kind, 3, 10)[:, -1] for kind in ("nothing", "misleading"))
    assert misled.mean() <= cold.mean() + COST


@pytest.mark.slow
def test_a_misleading_source_costs_little() -> None:
    cold, misled = (curves("branin", kind, 8, 20)[:, -1] for kind in ("nothing", "misleading"))
    assert misled.mean() <= cold.mean() + COST


@pytest.mark.slow
@pytest.mark.parametrize("name", ["branin", "hartmann3", "hartmann6", "mixed"])
def test_over_many_seeds(name: str) -> None:
    """A related source gains beyond chance, beside a contradictory one on average."""
    cold, related, both, misled = (
        curves(name, kind, 20, 30) for kind in ("nothing", "related", "both", "misleading")
    )
    gains = np.stack([(cold - warm).mean(axis=1) for warm in (related, both)], axis=1)
    assert bootstrap_means(gains, np.random.default_rng(0))[0][0] > 0.0
    assert gains[:, 1].mean() > 0.0
    assert (misled - cold)[:, -1].mean() <= COST
