"""The dummy: against scikit-learn's, fold by fold, and its expectation from class shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from metalearn.core.metric import metric_named
from metalearn.learners.dummy import dummy_folds, dummy_score
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.tables import as_table

RNG = np.random.default_rng(0)
X = pd.DataFrame({"a": RNG.normal(size=120), "b": RNG.normal(size=120)})
CLASSES = pd.Series(["u"] * 70 + ["v"] * 30 + ["w"] * 20)
NUMBERS = pd.Series(RNG.lognormal(size=120))


def test_classification_equals_scikit_learn() -> None:
    prepared = PreparedTask(as_table(X, CLASSES), Procedure())
    for found, (train, test) in zip(dummy_folds(prepared), prepared.splits, strict=True):
        dummy = DummyClassifier(strategy="prior").fit(X.iloc[train], CLASSES.iloc[train])
        predicted, truth = dummy.predict(X.iloc[test]), CLASSES.iloc[test]
        assert found.scores == pytest.approx(
            {
                "balanced_accuracy": balanced_accuracy_score(truth, predicted),
                "accuracy": accuracy_score(truth, predicted),
                "roc_auc": 0.5,
                "log_loss": log_loss(truth, dummy.predict_proba(X.iloc[test])),
            }
        )


def test_regression_equals_scikit_learn() -> None:
    prepared = PreparedTask(as_table(X, NUMBERS), Procedure())
    for found, (train, test) in zip(dummy_folds(prepared), prepared.splits, strict=True):
        truth = NUMBERS.iloc[test]

        def predicted(strategy: str, train=train, test=test) -> np.ndarray:
            fitted = DummyRegressor(strategy=strategy).fit(X.iloc[train], NUMBERS.iloc[train])
            return fitted.predict(X.iloc[test])

        assert found.scores == pytest.approx(
            {
                "r2": r2_score(truth, predicted("mean")),
                "rmse": root_mean_squared_error(truth, predicted("mean")),
                "mae": mean_absolute_error(truth, predicted("median")),
            }
        )


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("balanced_accuracy", 1 / 3),
        ("accuracy", 70 / 120),
        ("error_rate", 50 / 120),
        ("roc_auc", 0.5),
        ("log_loss", log_loss(CLASSES, np.tile([70 / 120, 30 / 120, 20 / 120], (120, 1)))),
        ("f1_macro", f1_score(CLASSES, ["u"] * 120, average="macro")),
    ],
)
def test_expectation_from_class_shares(metric: str, value: float) -> None:
    found = dummy_score(metric_named(metric), "classification", CLASSES)
    assert found == pytest.approx(value)


def test_expectation_from_moments() -> None:
    """Of 0, 0, 0, 4: mean 1, variance 3, median 0, mean distance from it 1, median of it 0."""
    y = pd.Series([0.0, 0.0, 0.0, 4.0])
    wanted = {"r2": 0.0, "mse": 3.0, "rmse": 3.0**0.5, "mae": 1.0, "medae": 0.0}
    for name, value in wanted.items():
        assert dummy_score(metric_named(name), "regression", y) == pytest.approx(value)
    assert np.isnan(dummy_score(metric_named("brier_score"), "classification", CLASSES))
