"""The loss that a fit minimises, from a metric's name or a scikit-learn scorer.

Predictions are class probabilities `(n, n_classes)` or numbers `(n,)`. Metrics of our own are
vectorised over candidates, so that ensemble selection takes milliseconds. Any other scorer gets an
estimator that returns fixed predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import METRICS, metric_named
from metalearn.core.task import Kind
from metalearn.errors import UnknownNameError, UsageError
from metalearn.numerics.temperature import SMALLEST

__all__ = ["Objective", "Truth", "objective_of"]

DEFAULT_OBJECTIVE: dict[Kind, str] = {"classification": "log_loss", "regression": "rmse"}
_PROBABILITY = ("log_loss", "brier_score")
_LABEL = ("accuracy", "error_rate", "balanced_accuracy", "balanced_error_rate", "f1_macro")
_NUMBER = ("rmse", "mse", "r2", "mae", "medae")
_STORED: dict[Kind, tuple[str, ...]] = {
    "classification": ("log_loss", "balanced_accuracy", "accuracy", "roc_auc"),
    "regression": ("rmse", "r2", "mae"),
}
_CLOSEST = {
    "brier_score": "log_loss",
    "error_rate": "accuracy",
    "balanced_error_rate": "balanced_accuracy",
    "f1_macro": "balanced_accuracy",
    "mse": "rmse",
    "medae": "mae",
}


@dataclass(frozen=True, eq=False)
class Truth:
    """What predictions are compared with.

    Attributes:
        y: Class codes or numbers, `(n,)`.
        weight: Weights of the rows, `(n,)`; None for equal ones.
        classes: The classes in the order of the codes; None for regression.
    """

    y: Any  # Ints or Floats
    weight: Floats | None = None
    classes: Any = None  # array of labels

    def take(self, rows: Any) -> Truth:
        """Return the truth of some rows, by index or mask."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, y=self.y[rows], weight=weight)


@dataclass(frozen=True)
class Objective:
    """A metric as a loss.

    Attributes:
        name: Its name, for people.
        kind: Kind of task.
        stored: The closest metric of the store.
        greater_is_better: Direction of the raw score.
        optimum: The loss is `optimum - score` where greater is better.
        scorer: scikit-learn scorer; None for a metric of ours.
    """

    name: str
    kind: Kind
    stored: str
    greater_is_better: bool
    optimum: float = 0.0
    scorer: Any = None  # a scikit-learn scorer or a callable of the same signature

    @property
    def uses_labels(self) -> bool:
        """Whether only the predicted class counts, so that class weights can help."""
        return self.name in _LABEL

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
            scores = np.array([_scored(self.scorer, truth, p) for p in candidates])
            return self.optimum - scores if self.greater_is_better else scores
        return _OURS[self.name](truth, candidates)

    def reduced(self, truth: Truth, library: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        """Return a smaller library with the same losses of weighted means, and that loss.

        The log loss depends on the probability of the true class only.
        """
        if self.scorer is None and self.name == "log_loss":
            true = library[:, np.arange(len(truth.y)), truth.y]
            return np.ascontiguousarray(true), lambda p: _surprise(truth, p)
        return library, lambda p: self.losses(truth, p)


def objective_of(metric: Any, kind: Kind) -> Objective:
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
        return Objective(str(name), kind, _STORED[kind][0], True, scorer=metric)
    try:
        known = metric_named(str(metric))
    except UnknownNameError:
        return _sklearn_objective(str(metric), kind)
    ours = _NUMBER if kind == "regression" else (*_PROBABILITY, *_LABEL, "roc_auc")
    if known.name not in ours:
        raise UsageError(
            f"{known.name!r} is not a metric for {kind}; choose one of {', '.join(ours)}, "
            "or a scikit-learn scorer"
        )
    stored = _CLOSEST.get(known.name, known.name)
    optimum = known.optimum or 0.0
    return Objective(known.name, kind, stored, known.greater_is_better, optimum)


def _sklearn_objective(name: str, kind: Kind) -> Objective:
    from sklearn.metrics import get_scorer, get_scorer_names

    if name not in get_scorer_names():
        raise UnknownNameError("metric", name, (*METRICS, "or a scikit-learn scorer"))
    return Objective(name, kind, _STORED[kind][0], True, scorer=get_scorer(name))


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
    return float(scorer(fixed, np.zeros((len(y), 1)), y))


def _mean(values: Floats, truth: Truth) -> Floats:
    """Return weighted means over the rows, `(k,)`, of `(k, n)` values."""
    return np.asarray(np.average(values, axis=1, weights=truth.weight))


def _surprise(truth: Truth, true_class: Floats) -> Floats:
    return _mean(-np.log(np.clip(true_class, SMALLEST, None)), truth)


def _log_loss(truth: Truth, candidates: Floats) -> Floats:
    true = candidates[:, np.arange(len(truth.y)), truth.y]
    return _surprise(truth, true / np.maximum(candidates.sum(axis=2), SMALLEST))


def _brier(truth: Truth, candidates: Floats) -> Floats:
    target = np.eye(candidates.shape[2])[truth.y]
    scale = 2.0 if candidates.shape[2] == 2 else 1.0  # two classes: of the positive one alone
    return _mean(np.asarray(((candidates - target) ** 2).sum(axis=2) / scale), truth)


def _wrong(truth: Truth, candidates: Floats) -> Floats:
    """Return `(k, n)` of 0 and 1."""
    return np.asarray(candidates.argmax(axis=2) != truth.y, dtype=np.float64)


def _error_rate(truth: Truth, candidates: Floats) -> Floats:
    return _mean(_wrong(truth, candidates), truth)


def _balanced_error(truth: Truth, candidates: Floats) -> Floats:
    wrong = _wrong(truth, candidates)
    present = np.unique(truth.y)
    rates = [_mean(wrong[:, truth.y == c], truth.take(truth.y == c)) for c in present]
    return np.asarray(np.mean(rates, axis=0))


def _f1_macro(truth: Truth, candidates: Floats) -> Floats:
    guess = candidates.argmax(axis=2)
    weight = np.ones(len(truth.y)) if truth.weight is None else truth.weight
    scores = []
    for c in range(candidates.shape[2]):
        true = weight * (truth.y == c)
        said = weight * (guess == c)
        sizes = true.sum() + said.sum(axis=1)
        hits = (said * (truth.y == c)).sum(axis=1)
        if true.sum() > 0 or (sizes > 0).any():
            scores.append(np.where(sizes > 0, 2.0 * hits / np.maximum(sizes, 1e-300), 0.0))
    return np.asarray(1.0 - np.mean(scores, axis=0))


def _area_loss(truth: Truth, candidates: Floats) -> Floats:
    """1 - area under the ROC curve, mean of one against the rest (weights are not used)."""
    from scipy.stats import rankdata

    classes = np.unique(truth.y)
    used = [1] if candidates.shape[2] == 2 else list(classes)
    areas = []
    for c in used:
        positive = truth.y == c
        n_positive = int(positive.sum())
        if not 0 < n_positive < len(positive):
            continue
        ranks = rankdata(candidates[:, :, c], axis=1)
        u = ranks[:, positive].sum(axis=1) - n_positive * (n_positive + 1) / 2
        areas.append(u / (n_positive * (len(positive) - n_positive)))
    return np.asarray(1.0 - np.mean(areas, axis=0)) if areas else np.full(len(candidates), 0.5)


def _mse(truth: Truth, candidates: Floats) -> Floats:
    return _mean((candidates - truth.y) ** 2, truth)


def _rmse(truth: Truth, candidates: Floats) -> Floats:
    return np.asarray(np.sqrt(_mse(truth, candidates)))


def _mae(truth: Truth, candidates: Floats) -> Floats:
    return _mean(np.abs(candidates - truth.y), truth)


def _medae(truth: Truth, candidates: Floats) -> Floats:
    return np.asarray(np.median(np.abs(candidates - truth.y), axis=1))


def _one_minus_r2(truth: Truth, candidates: Floats) -> Floats:
    center = np.average(truth.y, weights=truth.weight)
    spread = float(np.average((truth.y - center) ** 2, weights=truth.weight))
    return np.asarray(_mse(truth, candidates) / (spread or 1.0))


_OURS: dict[str, Callable[[Truth, Floats], Floats]] = {
    "log_loss": _log_loss,
    "brier_score": _brier,
    "accuracy": _error_rate,
    "error_rate": _error_rate,
    "balanced_accuracy": _balanced_error,
    "balanced_error_rate": _balanced_error,
    "f1_macro": _f1_macro,
    "roc_auc": _area_loss,
    "rmse": _rmse,
    "mse": _mse,
    "r2": _one_minus_r2,
    "mae": _mae,
    "medae": _medae,
}
