from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import MetaDataset, TargetTask
from metalearn.recommenders.als import ALS
from metalearn.recommenders.average_rank import AverageRank
from metalearn.recommenders.implicit import Implicit
from metalearn.testing.worlds import clusters, one_best, regret_after

pytest.importorskip("implicit")


def test_factors_of_a_new_task_equal_the_library(rng: np.random.Generator) -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    world = clusters(rng)
    ranker = Implicit(factors=5).fit(world.meta, rng)
    values = np.where(rng.random(40) < 0.2, rng.uniform(1.0, 5.0, 40), 0.0)
    with threadpool_limits(1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=5, regularization=0.1, dtype=np.float64, num_threads=1
        )
    model.item_factors, model.user_factors = ranker.configurations, np.zeros((1, 5))
    expected = model.recalculate_user(0, csr_matrix(values[None]))
    np.testing.assert_allclose(ranker.task_factors(values), expected, rtol=1e-6)


def test_serves_where_the_matrix_is_complete(oboe: MetaDataset, mean_regret) -> None:
    # recall of the top decile of left-out tasks within the first ten, against the average rank
    rng = np.random.default_rng(0)
    order = rng.permutation(418)
    train, test = oboe.take(order[60:]), order[:60]
    ranker, baseline = Implicit().fit(train, rng), AverageRank().fit(train, rng)
    told = {t: np.argsort(baseline.score(TargetTask()))[:5] for t in test}

    def recall(informed: bool) -> float:
        shares = []
        for t in test:
            row, seen = oboe.losses[t], told[t]
            target = TargetTask(observed=seen, observed_losses=row[seen])
            scores = (ranker if informed else baseline).score(target)
            first = np.argsort(scores)[:10]
            shares.append(np.mean(row[first] <= np.quantile(row, 0.1)))
        return float(np.mean(shares))

    assert recall(informed=True) > recall(informed=False)


def test_does_not_serve_where_the_best_is_rarely_run(rng: np.random.Generator) -> None:
    world = one_best(rng)
    losses = world.meta.losses.copy()
    losses[1:, world.best[0]] = np.nan
    meta = replace(world.meta, losses=losses)
    explicit = regret_after(world, ALS().fit(meta, rng), 1)
    misled = regret_after(world, Implicit().fit(meta, rng), 1)
    assert explicit.max() == 0.0
    assert misled.min() > 0.1
