from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import Configuration, MetaDataset, TargetTask, Task, metric_named
from metalearn.recommenders.forest_mixture import ForestMixture
from metalearn.testing.worlds import clusters


def test_evaluated_ones_come_last_and_the_list_is_complete():
    world = clusters(np.random.default_rng(0))
    ranker = ForestMixture().fit(world.meta, np.random.default_rng(0))
    target = TargetTask(world.target_meta_features[0]).tell(3, 0.4).tell(8, float("nan"))
    scores = ranker.score(target)
    assert sorted(np.argsort(scores)[-2:]) == [3, 8]
    assert len(np.unique(np.delete(scores, [3, 8]))) == len(scores) - 2


def test_scale_of_an_unbounded_metric_does_not_matter():
    world = clusters(np.random.default_rng(0), informative=False)
    rng = np.random.default_rng(1)
    factor = np.exp(3 * rng.normal(size=world.meta.n_tasks))[:, None]
    meta = replace(world.meta, metric=metric_named("rmse"), losses=world.meta.losses * factor)
    ranker = ForestMixture().fit(meta, np.random.default_rng(0))
    target, scaled = TargetTask(), TargetTask()
    for index in (4, 0, 7):
        loss = float(world.target_losses[2, index])
        target, scaled = target.tell(index, loss), scaled.tell(index, 1e3 * loss)
    first, second = ranker.score(target), ranker.score(scaled)
    assert np.argmin(first) == np.argmin(second) == world.best[2]


def test_weights_go_to_the_tasks_of_the_same_kind():
    world = clusters(np.random.default_rng(0), informative=False)
    ranker = ForestMixture().fit(world.meta, np.random.default_rng(0))
    target = TargetTask()
    for index in (0, 1, 2, 4, 9):
        target = target.tell(index, float(world.target_losses[1, index]))
    same = np.arange(world.meta.n_tasks) % 4 == 1
    assert ranker.task_weights(TargetTask())[same].sum() == pytest.approx(0.25)
    assert ranker.task_weights(target)[same].sum() > 0.7


@pytest.mark.parametrize(("power", "order"), [(1.0, [0, 1, 2]), (0.5, [0, 2, 1])])
def test_three_small_regrets_outweigh_a_large_one_in_a_list_without_answers(power, order):
    one_large, three_small, rest = [0.9, 0.0, 0.9, 1.0], [0.16, 0.16, 0.0, 1.0], [0.0, 0.5, 0.5, 1]
    meta = MetaDataset(
        metric_named("balanced_error_rate"),
        tuple(Task(f"t{i}", f"t{i}") for i in range(10)),
        tuple(Configuration("svc", {"C": float(j)}) for j in range(4)),
        np.array([one_large, *[three_small] * 3, *[rest] * 6]),
    )
    ranker = ForestMixture(power=power).fit(meta, np.random.default_rng(0))
    assert list(np.argsort(ranker.score(TargetTask()))[:3]) == order
