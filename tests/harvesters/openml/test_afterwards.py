"""What a harvested store is for: recommend, similar, evaluate and importance run on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.learners.tables import table_of
from metalearn.store import open_store
from metalearn.workflows.evaluate.recommenders import evaluate_store
from metalearn.workflows.similar import similar_tasks

from .checks import harvest
from .loopback import Loopback
from .world import make_world


@pytest.fixture(scope="module")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = make_world(n_tasks=6, n_setups=15)
    for run, name, engine in list(world.evaluations):
        flow, values = world.setups[world.runs[run].setup]
        score = 0.5 + 0.001 * (run % 7)
        if flow == 20:  # forests with small leaves are best everywhere
            score = 0.9 - 0.01 * int(values[21]["min_samples_leaf"])
        world.evaluations[run, name, engine] = repr(score)
    kb = tmp_path_factory.mktemp("harvested") / "kb"
    with Loopback(world, cap=100) as server:
        assert harvest(kb, server).is_complete
    return kb


@pytest.fixture
def table() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 4)), columns=list("abcd"))
    return X, pd.Series(np.where(X["a"] > 0, "yes", "no"))


def test_recommend_goes_by_the_metric_that_there_is(
    harvested: Path, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    found = metalearn.recommend(*table, k=3, kb=harvested)
    assert found.metric.name == "accuracy"
    assert any("by accuracy" in note for note in found.notes)
    best = found[0]
    assert best.configuration.algorithm == "random_forest"
    assert best.configuration.hyperparameters["min_samples_leaf"] <= 3
    best.build().fit(*table)
    with pytest.raises(metalearn.errors.UnknownNameError, match="known: accuracy"):
        metalearn.recommend(*table, kb=harvested, metric="balanced_accuracy")


def test_evaluate_and_importance_find_what_was_planted(harvested: Path) -> None:
    outcome = evaluate_store(harvested, recommenders=["average-rank"], ks=(1,))
    regret = {row.recommender: row.regret_mean for row in outcome.rows}
    assert regret["average-rank"] < 0.1 < regret["random"]
    with open_store(harvested) as store:
        found = metalearn.importance.fanova(store, "random_forest")
    strongest = int(np.argmax(np.nanmedian(found.share, axis=0)))
    assert found.items[strongest] == ("min_samples_leaf",)


def test_similar_works_without_the_usual_metric(
    harvested: Path, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    with open_store(harvested) as store:
        found = similar_tasks(table_of(*table), store, n=3)
    assert len(found.neighbours) == 3
