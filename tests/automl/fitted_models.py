"""Fitted AutoML models of one learner each, without a search."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from metalearn.automl.estimators import AutoMLClassifier, AutoMLRegressor
from metalearn.automl.fitting import Fitted
from metalearn.automl.leaderboard import leaderboard, trial_table
from metalearn.automl.library import FitTrial
from metalearn.automl.margins import fitted_calibrator, margin_scale, standardized_margins
from metalearn.automl.objective import objective_of
from metalearn.automl.predictor import Ensemble, Member
from metalearn.core.configuration import Configuration
from metalearn.learners import get
from metalearn.learners.predictions import class_predictions
from metalearn.learners.preparation import preparation_pipeline

N = 90


@cache
def mixed_table() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Every type of column that a table may have, three classes, and numbers."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "number": rng.normal(size=N),
            "count": rng.integers(0, 5, N),
            "word": rng.choice(["x", "y", "z"], N),
            "category": pd.Categorical(rng.choice(["u", "v"], N)),
            "flag": rng.choice([True, False], N),
            "text": [f"text {i % 50} of it" for i in range(N)],
            "day": pd.date_range("2020-01-01", periods=N).astype(str),
            "moment": pd.date_range("2020-01-01", periods=N, freq="h", tz="UTC"),
            "span": pd.to_timedelta(np.arange(N), unit="h"),
            "nullable": pd.array(rng.integers(0, 9, N), dtype="Int64"),
            "digits": [str(i) for i in range(N)],
            "empty": np.nan,
        }
    )
    X.loc[::5, "number"] = np.nan
    X.loc[::7, "word"] = None
    y = np.nan_to_num(X["number"].to_numpy()) + X["count"].to_numpy() / 2.0
    labels = np.array(["low", "mid", "high"])[np.digitize(y, [0.5, 1.5])]
    return X, labels, y


PLAIN_COLUMNS = ("number", "count", "word")
STEPS = ("n_estimators", "iterations", "max_iter")


@cache
def prepared(kind, columns):
    X = mixed_table()[0]
    X = X if columns is None else X[[*columns]]
    pipeline = preparation_pipeline(kind).fit(X)
    return pipeline, pipeline.transform(X)


def of_few_steps(space, configuration):
    """Return a configuration with as few trees or iterations as the space allows."""
    values = configuration.hyperparameters
    few = {name: space.config_space[name].lower for name in STEPS if name in values}
    return Configuration(configuration.algorithm, {**values, **few})


def fitted_model(kind, *learners, columns=None):
    """Return an estimator whose ensemble has one refitted member a learner, equally weighted.

    It is fitted to these columns of the mixed table, or to all.
    """
    from sklearn.pipeline import Pipeline

    X, labels, numbers = mixed_table()
    X = X if columns is None else X[[*columns]]
    y = labels if kind == "classification" else numbers
    classes = np.unique(labels) if kind == "classification" else None
    members, trials = [], []
    for name in learners:
        algorithm = get(name)
        space = algorithm.space(kind)
        configuration = of_few_steps(space, space.default())
        preparation, A = prepared(algorithm.preparation, columns)
        model = algorithm.estimator(kind, configuration).fit(A, y)
        calibrator, scales = None, ()
        if classes is not None:
            found = class_predictions(model, A, classes)
            if not found.is_probability:
                scales = (margin_scale(found.values),)
                margins = standardized_margins(found.values, scales[0])
                calibrator = fitted_calibrator(margins, np.searchsorted(classes, y))
        steps = Pipeline([("prepare", preparation), ("model", model)])
        members.append(Member(configuration, (steps,), calibrator, scales=scales))
        trials.append(FitTrial(configuration, "recommended", "ok", loss=0.5, ended_s=1.0))
    n = len(members)
    weights = np.full(n, 1.0 / n)
    ensemble = Ensemble(
        kind, classes, tuple(members), weights, np.zeros(0),
        temperature=1.1, low=None if classes is not None else -3.0,
        high=None if classes is not None else 9.0,
        distances=None if classes is not None else np.full(n, 4.0),
    )  # fmt: skip
    objective = objective_of(None, kind)
    estimator = (AutoMLClassifier if classes is not None else AutoMLRegressor)(5, kb="none")
    estimator._take(
        Fitted(
            tuple(X.columns), True, ensemble,
            leaderboard(trials, objective, dict.fromkeys(range(n), 1.0 / n)),
            trial_table(trials, objective), objective.name, 0.5, ("a note",),
            members[0].pipelines[0], None, tuple(map(str, X.dtypes)), "0123abcd",
        )
    )  # fmt: skip
    return estimator
