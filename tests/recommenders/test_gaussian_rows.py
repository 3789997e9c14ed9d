from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import MetaDataset, TargetTask, metric_named
from metalearn.recommenders.gaussian_rows import GaussianRows
from metalearn.testing.worlds import clusters, regret_after, with_holes


@pytest.mark.slow
def test_reaches_the_reference_figures_on_oboe(oboe: MetaDataset, mean_regret) -> None:
    # a second implementation: sklearn's ledoit_wolf, dense conditioning, EI; METHODS appendix A
    curve = mean_regret(oboe, GaussianRows())
    found = curve[[0, 2, 4, 9, 19]]
    np.testing.assert_allclose(found, [0.148, 0.078, 0.060, 0.040, 0.022], atol=0.001)


@pytest.mark.slow
def test_reaches_the_reference_figures_on_tst_svm(tst_svm: MetaDataset, mean_regret) -> None:
    curve = mean_regret(tst_svm, GaussianRows(), 50, n_folds=50)
    found = curve[[4, 9, 19, 49]]
    np.testing.assert_allclose(found, [0.050, 0.028, 0.016, 0.003], atol=0.001)


def test_finds_the_kind_of_task_by_evaluations_alone(rng: np.random.Generator) -> None:
    world = clusters(rng, informative=False)
    assert regret_after(world, GaussianRows().fit(world.meta, rng), 5).max() == 0.0
    holes = with_holes(world.meta, 0.5, rng)
    assert regret_after(world, GaussianRows().fit(holes, rng), 6).mean() < 0.05


def test_predicts_what_is_not_evaluated(rng: np.random.Generator) -> None:
    world = clusters(rng, informative=False)
    ranker = GaussianRows().fit(world.meta, rng)
    seen = np.array([0, 1, 2, 3])
    for losses in world.target_losses:
        mean, variance = ranker.predict(TargetTask(observed=seen, observed_losses=losses[seen]))
        assert np.abs(mean - losses).max() < 0.15
        assert np.all(variance[4:] > 0)


def test_scale_of_a_task_does_not_matter_where_losses_have_no_upper_end(
    rng: np.random.Generator,
) -> None:
    world = clusters(rng, informative=False)
    factor = np.exp(rng.normal(0, 5, world.meta.n_tasks))
    meta = replace(
        world.meta, metric=metric_named("rmse"), losses=world.meta.losses * factor[:, None]
    )
    plain = replace(world.meta, metric=metric_named("rmse"))
    ranker, reference = GaussianRows().fit(meta, rng), GaussianRows().fit(plain, rng)
    assert regret_after(world, ranker, 6).max() == regret_after(world, reference, 6).max() == 0.0
    seen = np.array([5, 0, 1, 2])
    for scale in (1e-6, 1e6):
        losses = scale * world.target_losses[3, seen]
        scores = ranker.score(TargetTask(observed=seen, observed_losses=losses))
        scores[seen] = np.inf
        assert scores.argmin() == world.best[3] == 3
