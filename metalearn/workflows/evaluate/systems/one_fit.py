"""One fit of one system on one split, as it runs in a process of its own."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.losses import Truth
from metalearn.automl.objective import MetricLoss, objective_of
from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.learners import CATALOGUE

__all__ = ["FOREST", "held_out_loss", "one_fit"]

FOREST = "untuned-forest"
"""Name of scikit-learn's random forest with its defaults, which is played beside all."""


def one_fit(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a fit: test loss, seconds, and numbers of its trials.

    Args:
        job: `data` (path of pickled features and targets), `kind`, `metric`, `split`,
            `seed`, `system`, `budget_s`, `left_out`, `kb`.
    """
    X, y = pickle.loads(Path(job["data"]).read_bytes())  # noqa: S301  # of the same command
    kind: Kind = job["kind"]
    train, test = _split(y, kind, int(job["split"]), int(job["seed"]))
    _import_all()
    started = time.monotonic()
    model = _fitted(job, X.iloc[train], y.iloc[train])
    fit_s = time.monotonic() - started
    objective = objective_of(job["metric"], kind)
    loss = held_out_loss(objective, y.iloc[train], y.iloc[test], model, X.iloc[test])
    row: dict[str, Any] = {"loss": loss, "fit_s": fit_s, "error": ""}
    if hasattr(model, "trials_"):
        done = model.trials_[model.trials_["status"] == "ok"]
        row |= {"n_trials": len(done), "n_members": len(model.ensemble_.members)}
        best = zip(done["ended_s"], done["loss"].cummin(), strict=True)
        row["curve"] = [[round(float(t), 2), float(f"{v:.6g}")] for t, v in best]
    return row


def held_out_loss(objective: MetricLoss, known: Any, truth: Any, model: Any, X: Any) -> float:
    """Return the loss of a fitted model on test rows.

    Args:
        objective: The metric.
        known: Targets of the training rows; the classes are those of both.
        truth: Targets of the test rows.
        model: Fitted; its classes may be fewer.
        X: The test rows.
    """
    if objective.kind == "regression":
        said = np.asarray(model.predict(X), dtype=np.float64)
        return objective.loss(Truth(np.asarray(truth, dtype=np.float64)), said)
    classes = np.unique(np.concatenate([np.asarray(known), np.asarray(truth)]))
    codes = np.searchsorted(classes, np.asarray(truth))
    if objective.uses_labels:
        said = np.eye(len(classes))[np.searchsorted(classes, np.asarray(model.predict(X)))]
    else:
        said = _over(classes, np.asarray(model.classes_), np.asarray(model.predict_proba(X)))
    return objective.loss(Truth(codes, classes=classes), said)


def _over(classes: Any, own: Any, probabilities: Floats) -> Floats:
    """Return the probabilities as columns of all classes."""
    found = np.zeros((len(probabilities), len(classes)))
    found[:, np.searchsorted(classes, own)] = probabilities
    return found


def _split(y: pd.Series, kind: Kind, split: int, seed: int) -> tuple[Any, Any]:
    """Return positions of two thirds and of one third of the rows, stratified where possible."""
    from sklearn.model_selection import train_test_split

    strata = y if kind == "classification" and y.value_counts().min() > 1 else None
    train, test = train_test_split(
        np.arange(len(y)), test_size=1 / 3, random_state=1_000 * seed + split, stratify=strata
    )
    return train, test


def _import_all() -> None:
    """Import what fits import, which is no part of their seconds."""
    from metalearn.automl.bench import warm

    warm()
    for package in {learner.package for learner in map(CATALOGUE.get, CATALOGUE.names())
                    if learner.is_installed}:  # fmt: skip
        import_module(package)


def _fitted(job: Mapping[str, Any], X: pd.DataFrame, y: pd.Series) -> Any:
    is_classes = job["kind"] == "classification"
    if job["system"] == FOREST:
        return _forest(is_classes).fit(X, y)
    from metalearn.automl import AutoMLClassifier, AutoMLRegressor

    estimator = AutoMLClassifier if is_classes else AutoMLRegressor
    return estimator(
        preset=job["system"], time_budget=job["budget_s"], metric=job["metric"],
        kb=None if job["kb"] is None else Path(job["kb"]), exclude=job["left_out"],
        remember=False, random_state=job["seed"], verbose=0,
    ).fit(X, y)  # fmt: skip


def _forest(is_classes: bool) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.pipeline import make_pipeline

    from metalearn.learners.preparation import preparation_pipeline

    forest = RandomForestClassifier if is_classes else RandomForestRegressor
    return make_pipeline(preparation_pipeline("ordinal"), forest(random_state=0))
