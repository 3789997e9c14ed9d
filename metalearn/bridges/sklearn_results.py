"""What a fitted search of scikit-learn's found, as trials: scorers, directions, halving.

All scorers are "greater is better"; those of losses have their sign turned, as their names
show (`neg_log_loss`). A halving search evaluates its first candidates with a little of the
resource: only evaluations with the most that the search used are full results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from metalearn.bridges.bridge import pending
from metalearn.bridges.resources import shares_of
from metalearn.core.metric import metric_named
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UsageError

__all__ = ["METRICS", "checked_metric", "searched_metric", "trials"]

METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "roc_auc": "roc_auc",
    "roc_auc_ovr": "roc_auc",
    "f1_macro": "f1_macro",
    "neg_log_loss": "log_loss",
    "neg_brier_score": "brier_score",
    "r2": "r2",
    "neg_root_mean_squared_error": "rmse",
    "neg_mean_absolute_error": "mae",
    "neg_mean_squared_error": "mse",
    "neg_median_absolute_error": "medae",
}
"""Scorers that measure one of our metrics."""


def trials(warm: WarmStart, search: Any) -> list[Trial]:
    """Return what a fitted search of scikit-learn's evaluated, in `warm.space`.

    Raises:
        InputError: If it is no search, or not fitted.
        UsageError: If it scored by another metric than that of the warm start.
    """
    results = getattr(search, "cv_results_", None)
    if results is None:
        raise InputError(
            f"expected a fitted search of scikit-learn's, got {type(search).__name__} without "
            "cv_results_"
        )
    warm = getattr(search, "warm_start_", warm)  # the same, over the estimator's arguments
    column = _column(warm, search)
    shares = shares_of(results.get("n_resources", np.ones(len(results["params"]))))
    found = []
    for i, values in enumerate(results["params"]):
        trial = pending(warm, values.items(), shares[i])
        loss = -float(results[f"mean_test_{column}"][i])
        if warm.metric is not None and warm.metric.greater_is_better:
            loss = float(warm.metric.loss(-loss))
        found.append(trial.finished(loss, float(results["mean_fit_time"][i])))
    return found


def searched_metric(search: Any) -> str | None:
    """Return the name of the one metric that a search scores by; None if it is none of ours."""
    found = set(_scorers(search).values())
    return found.pop() if len(found) == 1 else None


def checked_metric(search: Any, warm: WarmStart | None = None) -> str:
    """Return the name of the metric that a search scores by: of several, the warm start's.

    Raises:
        UsageError: If it is none of ours.
    """
    found = _scorers(search)
    wanted = None if warm is None or warm.metric is None else warm.metric.name
    if wanted in found.values():
        return str(wanted)
    one = searched_metric(search)
    if one is None:
        raise UsageError(
            f"results by {search.scoring!r} cannot be remembered; scoring= may be "
            f"{', '.join(METRICS)}"
        )
    return one


def _column(warm: WarmStart, search: Any) -> str:
    """Return the end of the names of the columns with the scores of the warm start's metric."""
    scorers = _scorers(search)
    if warm.metric is None:
        if len(scorers) > 1:
            raise UsageError("the search has several scorers, the warm start no metric")
        return next(iter(scorers), "score")
    if checked_metric(search, warm) != warm.metric.name:
        raise UsageError(
            f"the search scores by {searched_metric(search)}, the warm start by "
            f"{warm.metric.name}; make both for one metric (scoring=, metric=)"
        )
    return next(name for name, metric in scorers.items() if metric == warm.metric.name)


def _scorers(search: Any) -> dict[str, str | None]:
    """Return the metric by name of each scorer, as the columns have it; None if it is not ours."""
    scoring = search.scoring
    if scoring is None:
        return {"score": "accuracy" if is_classifier(search.estimator) else "r2"}
    if isinstance(scoring, Mapping):
        return {name: _metric(scorer) for name, scorer in scoring.items()}
    if isinstance(scoring, list | tuple | set):
        return {name: _metric(name) for name in scoring}
    return {"score": _metric(scoring)}


def _metric(scorer: Any) -> str | None:
    name = METRICS.get(scorer) if isinstance(scorer, str) else None
    return None if name is None else metric_named(name).name
