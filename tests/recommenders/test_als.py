from __future__ import annotations

import numpy as np

from metalearn.core import MetaDataset, TargetTask
from metalearn.recommenders.als import ALS
from metalearn.testing.worlds import clusters, regret_after, with_holes


def test_meta_features_alone_tell_the_kind_of_task(rng: np.random.Generator) -> None:
    world = clusters(rng, n_tasks=200, n_clusters=2)
    ranker = ALS(side_penalty=1.0).fit(world.meta, rng)
    assert regret_after(world, ranker, 1).mean() < 0.1
    noise = clusters(rng, n_tasks=200, n_clusters=2, informative=False)
    assert regret_after(noise, ALS(side_penalty=1.0).fit(noise.meta, rng), 1).mean() > 0.15


def test_evaluations_correct_what_meta_features_said(rng: np.random.Generator) -> None:
    world = clusters(rng, informative=False)
    for share in (0.0, 0.5):
        ranker = ALS().fit(with_holes(world.meta, share, rng), rng)
        assert regret_after(world, ranker, 6).mean() < 0.03


def test_predicts_held_out_cells_of_published_data(oboe: MetaDataset) -> None:
    rng = np.random.default_rng(0)
    test = rng.permutation(418)[:40]
    ranker = ALS().fit(oboe.take(np.setdiff1d(np.arange(418), test)), rng)
    errors = []
    for n in (0, 3, 10, 30):
        seen = rng.permutation(219)[:n]
        predicted = [
            ranker.predict(TargetTask(oboe.meta_features[t], seen, oboe.losses[t, seen]))
            for t in test
        ]
        errors.append(np.abs(predicted - oboe.losses[test]).mean())
    assert np.all(np.diff(errors) < 0)
    assert errors[-1] < 0.3 * errors[0]
