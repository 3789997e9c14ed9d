"""Size of models, and which columns they use, on tables where both are known."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from metalearn.learners import CATALOGUE
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.model_measures import column_origins, model_measures
from metalearn.learners.preparation import Preparation, preparation_pipeline
from metalearn.learners.tables import as_table
from tests.automl.fitted_models import of_few_steps


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    size = 120
    frame = pd.DataFrame(rng.normal(size=(size, 4)), columns=["a", "b", "a_b", "c"])
    frame.loc[::7, "b"] = np.nan
    frame.insert(1, "empty", np.nan)
    frame["colour"] = rng.choice(["red", "green", "blue"], size)
    return frame


def _relabelled(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a column that skrub has to read."""
    return frame.assign(day=pd.date_range("2024-01-01", periods=len(frame), freq="11h"))


@pytest.mark.parametrize("is_special", [False, True])
@pytest.mark.parametrize("kind", ["scaled", "ordinal", "native"])
def test_every_prepared_column_follows_the_column_it_comes_from(
    frame: pd.DataFrame, kind: Preparation, is_special: bool
) -> None:
    table = _relabelled(frame) if is_special else frame
    pipeline = preparation_pipeline(kind)
    before = pd.DataFrame(pipeline.fit_transform(table))
    origins = column_origins(pipeline)
    assert len(origins) == before.shape[1]
    for j, name in enumerate(table.columns):
        if name == "empty":
            assert j not in origins
            continue
        changed = table.assign(**{name: table[name].to_numpy()[::-1]})
        after = pd.DataFrame(pipeline.transform(changed))
        moved = [not before[c].astype(object).equals(after[c].astype(object)) for c in before]
        assert set(np.flatnonzero(moved)) <= set(np.flatnonzero(origins == j))
        assert any(moved)


def test_only_columns_with_a_split_or_a_coefficient_count(frame: pd.DataFrame) -> None:
    y = (frame["c"] > 0).to_numpy()
    pipeline = preparation_pipeline("ordinal")
    X = np.asarray(pipeline.fit_transform(frame))
    for model in (
        DecisionTreeClassifier(max_depth=1),
        HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=2),
        LogisticRegression(C=0.05, l1_ratio=1.0, solver="saga", max_iter=5000),
    ):
        assert model_measures(pipeline, model.fit(X, y)).n_columns == 1
    measures = model_measures(pipeline, KNeighborsClassifier().fit(X, y))
    assert measures.n_columns == 5
    assert measures.size_bytes > len(pickle.dumps(X))


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_learner_has_costs(name: str, frame: pd.DataFrame) -> None:
    learner = CATALOGUE.get(name)
    if not learner.is_installed:
        pytest.skip(f"{name} is not installed")
    kind = learner.kinds[0]
    signal = frame["a"] + frame["c"]
    y = signal if kind == "regression" else (signal > 0).map({True: "yes", False: "no"})
    procedure = Procedure(n_folds=2)
    prepared = PreparedTask(as_table(frame, y, kind=kind), procedure, measures_costs=True)
    space = learner.space(kind)
    (first, *_) = prepared.evaluate(of_few_steps(space, space.default()))
    assert first.model is not None
    assert first.model.size_bytes > 100
    assert 0 <= first.model.n_columns <= 5


def test_nothing_is_measured_unless_asked(frame: pd.DataFrame) -> None:
    y = (frame["c"] > 0).map({True: "yes", False: "no"})
    prepared = PreparedTask(as_table(frame, y), Procedure(n_folds=2))
    (first, *_) = prepared.evaluate(CATALOGUE.get("naive_bayes").space("classification").default())
    assert first.model is None
