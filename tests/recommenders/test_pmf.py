from __future__ import annotations

import numpy as np

from metalearn.core import MetaDataset
from metalearn.numerics.statistics.regret import expected_random_regret, normalized_regret
from metalearn.recommenders.pmf import PMF
from metalearn.testing.worlds import clusters, regret_after, with_holes


def test_finds_the_kind_of_task_by_evaluations_alone(rng: np.random.Generator) -> None:
    world = clusters(rng, informative=False)
    assert regret_after(world, PMF(n_axes=5).fit(world.meta, rng), 9).max() < 0.05
    holes = with_holes(world.meta, 0.5, rng)
    assert regret_after(world, PMF(n_axes=5).fit(holes, rng), 10).mean() < 0.05


def test_first_configurations_come_from_the_nearest_tasks(rng: np.random.Generator) -> None:
    world, noise = clusters(rng, n_tasks=200), clusters(rng, n_tasks=200, informative=False)
    informed = regret_after(world, PMF(n_axes=5).fit(world.meta, rng), 2).mean()
    assert informed < 0.7 * regret_after(noise, PMF(n_axes=5).fit(noise.meta, rng), 2).mean()


def test_beats_random_search_on_published_data(tst_svm: MetaDataset, mean_regret) -> None:
    ours = mean_regret(tst_svm, PMF(n_steps=30), 15, n_folds=5)
    regret = normalized_regret(tst_svm.losses)
    for k in (5, 10, 15):
        assert ours[k - 1] < 0.65 * expected_random_regret(regret, k).mean()
