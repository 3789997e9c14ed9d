"""Training a population on a table: every learner, exact continuation, the schedule, errors."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.errors import UnknownNameError, UsageError
from metalearn.learners.resumable import RESUMABLE
from metalearn.plots.lineage import write_lineage
from metalearn.workflows.population import PopulationTraining, train_population


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(160, 4)), columns=list("abcd"))
    found["colour"] = rng.choice(["red", "blue"], 160)
    found["y"] = np.where(found["a"] + 0.5 * found["b"] > 0, "yes", "no")
    return found


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> PopulationTraining:
    return train_population(frame, "y", n_members=5, n_rounds=4, resource=5, metric="log_loss")


def test_the_final_model_predicts_the_raw_table(
    found: PopulationTraining, frame: pd.DataFrame
) -> None:
    assert len(found.trials) == 20
    assert found.best in found.trials[-5:]
    assert np.mean(found.model.predict(frame.drop(columns="y")) == frame["y"]) > 0.8
    assert found.schedule["epochs"].tolist() == [5, 10, 15, 20]
    assert found.to_frame()["copied"].sum() >= 3  # one member a round


def test_the_lineage_is_drawn(found: PopulationTraining, tmp_path: Path) -> None:
    paths = write_lineage(found, tmp_path)
    assert {path.name for path in paths} == {"lineage.svg", "lineage.png", "lineage.csv"}
    assert pd.read_csv(tmp_path / "lineage.csv")["is_best"].sum() == 4


@pytest.mark.parametrize("name", RESUMABLE)
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_every_learner_trains_both_kinds(name: str, kind: str, frame: pd.DataFrame) -> None:
    target = "y" if kind == "classification" else frame["a"] * 2 + frame["b"]
    X = frame if kind == "classification" else frame[["a", "b", "c"]]
    trained = train_population(X, target, learner=name, n_members=3, n_rounds=3, resource=4)
    assert np.isfinite(trained.score)
    assert trained.task.kind == kind


@pytest.mark.parametrize("name", RESUMABLE)
def test_a_continued_fit_is_the_uninterrupted_one_and_copies_are_deep(name: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] > 0).astype(int)
    learner = RESUMABLE[name]
    values = learner.space("classification").default().hyperparameters
    whole, halves = (learner.begin("classification", values, 0) for _ in range(2))
    learner.continue_fit(whole, X, y, 6, values)
    learner.continue_fit(halves, X, y, 3, values)
    before = halves.predict_proba(X)
    other = copy.deepcopy(halves)
    learner.continue_fit(other, X, y, 3, values)
    np.testing.assert_array_equal(halves.predict_proba(X), before)
    np.testing.assert_allclose(other.predict_proba(X), whole.predict_proba(X), rtol=1e-9)


def test_a_new_rate_takes_effect_at_once() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] > 0).astype(int)
    learner = RESUMABLE["mlp"]
    values = dict(learner.space("classification").default().hyperparameters)
    model = learner.begin("classification", values, 0)
    learner.continue_fit(model, X, y, 1, values)
    before = model.coefs_[0].copy()
    learner.continue_fit(model, X, y, 1, {**values, "learning_rate_init": 1e-12})
    np.testing.assert_allclose(model.coefs_[0], before, atol=1e-9)


def test_unknown_learners_and_resources_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mlp'"):
        train_population(frame, "y", learner="mlpp")
    with pytest.raises(UsageError, match="resource must be at least 1"):
        train_population(frame, "y", resource=0)
