"""The loss that a fit minimises, from a metric's name or a scikit-learn scorer.

Predictions are class probabilities `(n, n_classes)` or numbers `(n,)`. Metrics of our own are
vectorised over candidates, so that ensemble selection takes milliseconds. Any other scorer gets an
estimator that returns fixed predictions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from metalearn.automl.losses import MEASURES, Truth, surprise
from metalearn.core.arrays import Floats
from metalearn.core.metric import METRICS, metric_named
from metalearn.core.task import Kind
from metalearn.errors import NegatedMetricError, UnknownNameError, UsageError

__all__ = ["MetricLoss", "Truth", "objective_of"]

_log = logging.getLogger(__name__)

DEFAULT_OBJECTIVE: dict[Kind, str] = {"classification": "log_loss", "regression": "rmse"}


@dataclass(frozen=True)
class MetricLoss:
    """A metric as a loss.

    Attributes:
        name: Its name, for people.
        kind: Kind of task.
        stored: The closest metric of the store.
        greater_is_better: Direction of the raw score.
        optimum: The loss is `optimum - score` where greater is better.
        scorer: scikit-learn scorer; None for a metric of ours.
        measure: Name of the metric of ours that is computed; "" for a scorer.
    """

    name: str
    kind: Kind
    stored: str
    greater_is_better: bool
    optimum: float = 0.0
    scorer: Any = None  # a scikit-learn scorer or a callable of the same signature
    measure: str = ""

    @property
    def uses_labels(self) -> bool:
        """Whether only the predicted class counts, so that class weights can help."""
        if self.scorer is None:
            return MEASURES[self.measure].uses_labels
        return getattr(self.scorer, "_response_method", None) == "predict"

    def score(self, loss: float) -> float:
        """Return the raw score of a loss."""
        return self.optimum - loss if self.greater_is_better else loss

    def loss(self, truth: Truth, predictions: Floats) -> float:
        """Return the loss of predictions; infinite if they are not finite."""
        if not np.isfinite(predictions).all():
            return float("inf")
        value = float(self.losses(truth, predictions[None])[0])
        return value if np.isfinite(value) else float("inf")

    def losses(self, truth: Truth, candidates: Floats) -> Floats:
        """Return the losses of candidates, `(k,)`, from predictions `(k, n, ...)`."""
        if self.scorer is not None:
            scores = np.array([_score_or_nan(self.scorer, truth, p) for p in candidates])
            return self.optimum - scores if self.greater_is_better else scores
        return MEASURES[self.measure].losses(truth, candidates)

    def reduced(self, truth: Truth, library: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        """Return a smaller library with the same losses of weighted means, and that loss.

        The log loss depends on the probability of the true class only.
        """
        if self.measure == "log_loss":
            true = library[:, np.arange(len(truth.y)), truth.y]
            return np.ascontiguousarray(true), lambda p: surprise(truth, p)
        return library, lambda p: self.losses(truth, p)

    def check(self, truth: Truth) -> None:
        """Try the scorer on predictions that are nearly right.

        Raises:
            UsageError: If it cannot be computed for this target.
        """
        if self.scorer is None:
            return
        if truth.classes is None:
            predictions = np.asarray(truth.y, dtype=np.float64)
        else:
            n_classes = len(truth.classes)
            predictions = 0.1 / n_classes + 0.9 * np.eye(n_classes)[truth.y]
        try:
            _scored(self.scorer, truth, predictions)
        except Exception as error:  # whatever a scorer of the user raises
            what = "numbers" if truth.classes is None else f"{len(truth.classes)} classes"
            raise UsageError(
                f"the metric {self.name!r} cannot be computed for this target of {what} "
                f"({type(error).__name__}: {str(error)[:200]}); choose another metric, such as "
                f"{DEFAULT_OBJECTIVE[self.kind]!r}"
            ) from error


def objective_of(metric: Any, kind: Kind) -> MetricLoss:
    """Return the objective of a metric's name, of a scikit-learn scorer's name, or of a scorer.

    Args:
        metric: A name, a callable `scorer(estimator, X, y)`, or None for the default: log loss
            or RMSE.
        kind: Kind of task.

    Raises:
        UnknownNameError: If the name is neither a metric of ours nor a scikit-learn scorer.
        UsageError: If it is a metric of the other kind of task.
    """
    if metric is None:
        metric = DEFAULT_OBJECTIVE[kind]
    if callable(metric):
        name = getattr(metric, "__name__", None) or getattr(
            getattr(metric, "_score_func", None), "__name__", "scorer"
        )
        return MetricLoss(str(name), kind, DEFAULT_OBJECTIVE[kind], True, scorer=metric)
    try:
        known = metric_named(str(metric))
    except NegatedMetricError as error:  # a scikit-learn name: minus the loss is the score
        return replace(objective_of(error.metric, kind), name=str(metric), greater_is_better=True)
    except UnknownNameError:
        return _sklearn_objective(str(metric), kind)
    if known.kind != kind:
        ours = [m.name for m in METRICS.values() if m.kind == kind]
        raise UsageError(
            f"{known.name!r} is not a metric for {kind}; choose one of {', '.join(ours)}, "
            "or a scikit-learn scorer"
        )
    stored, optimum = MEASURES[known.name].stored, known.optimum or 0.0
    up = known.greater_is_better
    return MetricLoss(known.name, kind, stored, up, optimum, measure=known.name)


def _sklearn_objective(name: str, kind: Kind) -> MetricLoss:
    from sklearn.metrics import get_scorer, get_scorer_names

    if name not in get_scorer_names():
        raise UnknownNameError("metric", name, (*METRICS, "or a scikit-learn scorer"))
    return MetricLoss(name, kind, DEFAULT_OBJECTIVE[kind], True, scorer=get_scorer(name))


class _FixedRegressor:
    """An estimator that returns fixed predictions, for scikit-learn's scorers."""

    _estimator_type = "regressor"

    def __init__(self, truth: Truth, predictions: Floats) -> None:
        self.classes_ = truth.classes
        self._predictions = predictions

    def fit(self, X: Any, y: Any) -> Self:  # noqa: ARG002  # scikit-learn's signature
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.base import BaseEstimator
        from sklearn.utils import ClassifierTags, RegressorTags

        tags = BaseEstimator().__sklearn_tags__()
        tags.estimator_type = self._estimator_type
        if self._estimator_type == "classifier":
            tags.classifier_tags = ClassifierTags()
        else:
            tags.regressor_tags = RegressorTags()
        return tags

    def predict(self, X: Any) -> Any:  # noqa: ARG002  # fixed
        return self._predictions


class _FixedClassifier(_FixedRegressor):
    """The same with class probabilities."""

    _estimator_type = "classifier"

    def predict(self, X: Any) -> Any:  # noqa: ARG002  # fixed
        return self.classes_[np.argmax(self._predictions, axis=1)]

    def predict_proba(self, X: Any) -> Any:  # noqa: ARG002  # fixed
        return self._predictions


def _scored(scorer: Any, truth: Truth, predictions: Floats) -> float:
    is_classes = truth.classes is not None
    y = truth.classes[truth.y] if is_classes else truth.y
    fixed = (_FixedClassifier if is_classes else _FixedRegressor)(truth, predictions)
    nothing = np.zeros((len(y), 1))
    if truth.weight is None:
        return float(scorer(fixed, nothing, y))
    try:
        return float(scorer(fixed, nothing, y, sample_weight=truth.weight))
    except TypeError:  # a measure without weights
        return float(scorer(fixed, nothing, y))


def _score_or_nan(scorer: Any, truth: Truth, predictions: Floats) -> float:
    """Return a score; NaN where it is not defined: rows of a fold may lack a class."""
    try:
        return _scored(scorer, truth, predictions)
    except Exception as error:  # `MetricLoss.check` has shown that it works for the whole table
        _log.info("the metric is not defined here: %s", error)
        return float("nan")
