from __future__ import annotations

import gzip
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core import Configuration, MetaDataset, TargetTask, Task, metric_named
from metalearn.core.arrays import Floats
from metalearn.core.encoding import encode_configurations
from metalearn.core.history import History
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.recommenders.meta_model import MetaModel
from metalearn.recommenders.pair_model import PairModel
from metalearn.recommenders.portfolio import Portfolio
from metalearn.recommenders.zero_shot_surrogate import ZeroShotSurrogate
from metalearn.surrogates.densify import densify
from metalearn.testing.worlds import clusters, regret_after


def test_equals_the_portfolio_on_a_complete_matrix(rng: np.random.Generator) -> None:
    def look_up(
        x: Floats, y: Floats, at: Floats, rng: np.random.Generator
    ) -> tuple[Floats, float]:
        return y[np.abs(at[:, None] - x[None]).sum(axis=2).argmin(axis=1)], 1.0

    world = clusters(rng)
    ours = ZeroShotSurrogate(model=look_up).fit(world.meta, rng).score(TargetTask())
    theirs = Portfolio().fit(world.meta, rng).score(TargetTask())
    assert list(np.argsort(ours)[:4]) == list(np.argsort(theirs)[:4])


@pytest.fixture(scope="module")
def pimp(shared_data: Path) -> MetaDataset:
    """Random forests on 30 tasks, 120 configurations each, almost none shared."""
    path = shared_data / "metadatasets" / "pimp-rf" / "random_forest.arff.gz"
    with gzip.open(path, "rt") as file:
        lines = file.read().splitlines()
    names = [line.split()[1] for line in lines if line.startswith("@ATTRIBUTE")]
    table = pd.read_csv(StringIO("\n".join(lines[lines.index("@DATA") + 1 :])), names=names)
    table = table[table["task_id"].isin(table["task_id"].unique()[:30])]
    table = table[table.groupby("task_id").cumcount() < 120]
    prefix = "randomforestclassifier__"
    axes = ("bootstrap", "criterion", "max_features", "min_samples_leaf", "min_samples_split")
    values = table[[prefix + axis for axis in axes]].set_axis(axes, axis=1).to_dict("records")
    keys: dict[Configuration, int] = {}
    columns = [keys.setdefault(Configuration("random_forest", v), len(keys)) for v in values]
    rows, tasks = pd.factorize(table["task_id"])
    losses = np.full((len(tasks), len(keys)), np.nan)
    losses[rows, columns] = 1.0 - table["predictive_accuracy"]
    known = tuple(Task(str(t), str(t)) for t in tasks)
    return MetaDataset(metric_named("accuracy"), known, tuple(keys), losses)


@pytest.mark.slow
def test_lists_what_is_good_on_tasks_that_share_no_configuration(pimp: MetaDataset) -> None:
    rng = np.random.default_rng(0)
    order = rng.permutation(pimp.n_tasks)
    assert np.isfinite(pimp.losses).sum(axis=0).mean() < 1.1
    ranker = ZeroShotSurrogate(n_candidates=300).fit(pimp.take(order[:20]), rng)
    first = np.argsort(ranker.score(TargetTask()))[:3]
    # judged by models of the left-out tasks' own runs, which the list has not seen
    table = encode_configurations(pimp.configurations).table
    drawn = rng.choice(pimp.n_configurations, 200, replace=False)
    at = table[np.concatenate([first, drawn])]
    gained = []
    for row in pimp.losses[order[20:]]:
        run = np.isfinite(row)
        found = densify([History(table[run], row[run])], at, rng).losses[0]
        gained.append((found[3:].mean() - found[:3].min()) / found[3:].std())
    assert np.mean(gained) > 0.8  # standard deviations better than a random configuration


def test_forest_prediction_is_a_weighted_mean_of_known_tasks(rng: np.random.Generator) -> None:
    world = clusters(rng)
    ranker = MetaModel().fit(world.meta, rng)
    target = TargetTask(world.target_meta_features[2])
    expected = ranker.task_weights(target) @ normalized_regret(world.meta.losses)
    np.testing.assert_allclose(ranker.score(target), expected, atol=2e-9)


@pytest.mark.parametrize("recommender", [MetaModel(), PairModel()])
def test_meta_features_tell_the_kind_of_task(
    recommender: MetaModel | PairModel, rng: np.random.Generator
) -> None:
    world = clusters(rng, n_tasks=100)
    assert regret_after(world, recommender.fit(world.meta, rng), 2).mean() < 0.05
    noise = clusters(rng, n_tasks=100, informative=False)
    assert regret_after(noise, recommender.fit(noise.meta, rng), 2).mean() > 0.1
