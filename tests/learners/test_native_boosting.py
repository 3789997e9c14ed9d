"""XGBoost and CatBoost behind one interface: labels, weights, categories, missing values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor

from metalearn.learners import get
from metalearn.learners.algorithm import Algorithm
from metalearn.learners.common_list import algorithm_list

NAMES = ("xgboost", "catboost")
RNG = np.random.default_rng(0)
N = 300
GROUP = RNG.integers(0, 6, N)
# A category whose effect has no order: codes in any order need many splits, categories one.
FRAME = pd.DataFrame({
    "city": pd.Categorical([["o", "b", "x", "a", "q", "m"][g] for g in GROUP]),
    "x": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)),
})  # fmt: skip
EVEN = GROUP % 2


@pytest.fixture(params=NAMES)
def learner(request) -> Algorithm:
    pytest.importorskip(request.param)
    return get(request.param)


def model(learner, kind, **values):
    space = learner.space(kind)
    default = dict(space.default().hyperparameters)
    return learner.estimator(kind, space.configuration({**default, **values}))


@pytest.mark.parametrize(
    "labels", [["no", "yes"], [False, True], [7, 3], np.array([1.5, 2.5]), ["", "nan"]]
)
def test_any_labels(learner, labels):
    y = np.array(labels)[EVEN]
    fitted = model(learner, "classification").fit(FRAME, y)
    assert list(fitted.classes_) == sorted(set(y.tolist()))
    assert (fitted.predict(FRAME) == y).mean() > 0.98
    chances = fitted.predict_proba(FRAME)
    assert chances.shape == (N, 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-6)


def test_a_class_that_a_fold_lacks(learner):
    """Codes 0, 2 and 5 of a task: XGBoost alone refuses gaps."""
    y = np.array([0, 2, 5])[GROUP % 3]
    fitted = model(learner, "classification").fit(FRAME, y)
    assert list(fitted.classes_) == [0, 2, 5]
    assert (fitted.predict(FRAME) == y).mean() > 0.98


def test_categories_are_not_numbers(learner):
    """Stumps separate odd from even groups only if they may group categories at will."""
    shallow = {"xgboost": {"max_depth": 2, "n_estimators": 32},
               "catboost": {"depth": 3, "iterations": 64}}[learner.name]  # fmt: skip
    target = np.where(EVEN, 10.0, -10.0)
    fitted = model(learner, "regression", **shallow, learning_rate=0.3).fit(FRAME, target)
    assert np.abs(fitted.predict(FRAME) - target).max() < 1.0
    unseen = FRAME.assign(city=pd.Categorical([None] * N, FRAME["city"].cat.categories))
    assert np.isfinite(fitted.predict(unseen)).all()


def test_balanced_weights_move_predictions_to_the_rare_class(learner):
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"x": rng.normal(size=400)})
    y = (rng.random(400) < 0.05 + 0.1 * (X["x"] > 0)).astype(int).to_numpy()
    plain, balanced = (
        model(learner, "classification", class_weight=weight).fit(X, y).predict_proba(X)[:, 1]
        for weight in ("none", "balanced")
    )
    assert balanced.mean() > 2 * plain.mean()


@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.parametrize("weight", ["none", "balanced"])
def test_rows_without_weight_do_not_count(learner, kind, weight):
    values = {"class_weight": weight} if kind == "classification" else {}
    y = np.where(RNG.random(N) < 0.5, EVEN, 1 - EVEN)  # half of the rows contradict the rest
    fitted = model(learner, kind, **values).fit(FRAME, y, sample_weight=1.0 * (y == EVEN))
    assert (np.round(fitted.predict(FRAME)) == EVEN).mean() > 0.98


def test_seeds_and_copies(learner):
    """Equal seeds predict equally, and a copy is as the original; the original stays unfitted."""
    values = {"xgboost": {"subsample": 0.5}, "catboost": {"rsm": 0.5}}[learner.name]
    estimator = model(learner, "regression", **values)
    y = EVEN + FRAME["x"].fillna(0.0).to_numpy()
    first = estimator.fit(FRAME, y).predict(FRAME)
    again = clone(estimator).fit(FRAME, y).predict(FRAME)
    np.testing.assert_array_equal(first, again)
    assert is_regressor(estimator)
    assert is_classifier(model(learner, "classification"))


def test_one_thread_and_no_early_stopping(learner, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # CatBoost writes files where it is unless it is told not to
    estimator = model(learner, "classification").fit(FRAME, EVEN)
    given = estimator.estimator.get_params()
    assert {given.get("n_jobs"), given.get("thread_count")} == {1, None}
    trees = {"xgboost": lambda m: m.get_booster().num_boosted_rounds(),
             "catboost": lambda m: m.tree_count_}[learner.name](estimator.estimator_)  # fmt: skip
    assert trees == given.get("n_estimators", given.get("iterations"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_default_comes_first_and_is_the_librarys_where_that_is_not_too_slow(learner, kind):
    default = algorithm_list(learner.name, kind, 1)[0].hyperparameters
    unset = learner.estimators[0].unset
    differs = {name for name in unset if name in default and unset[name] != default[name]}
    assert differs == {"xgboost": {"reg_alpha"}, "catboost": {"iterations"}}[learner.name]
