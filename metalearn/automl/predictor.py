"""The fitted state of a fit: members, weights and corrections; plain objects only.

- `Member.pipelines`: scikit-learn Pipelines of two steps, `prepare` and `model`: one fitted on all
  rows, or one a fold, whose predictions are averaged. Members share fitted preparations.
- `Member.calibrator`: a scikit-learn LogisticRegression from standardized margins to
  probabilities, or None; `scales`: for each pipeline, mean and standard deviation of its training
  margins, `(2, n_classes)`.
- `Ensemble.weights`: `(m,)`, sum 1; `temperature`: of the mixed probabilities; `class_weights`:
  `(n_classes,)`, by which probabilities are multiplied before the largest decides, or None.
- `Ensemble.low`, `high`: limits of predicted numbers, or None; `distances`: how far each member
  may be from the median of all members, `(m,)`, or None.
- `Ensemble.stacker`: a scikit-learn LogisticRegression or LinearRegression on the members'
  predictions, used instead of the weights, or None.

Prediction depends neither on the search nor on the engine.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.margins import calibrated, standardized_margins
from metalearn.automl.stacking import stacked
from metalearn.automl.winsorizing import winsorized
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.learners.predictions import class_predictions, number_predictions
from metalearn.numerics.temperature import normalized, with_temperature

__all__ = ["Ensemble", "Member", "constant_ensemble", "fold_pipelines"]

_FARTHEST = 1e18


@dataclass(frozen=True, eq=False)
class Member:
    """One configuration of an ensemble, fitted.

    Attributes:
        configuration: Its configuration.
        pipelines: Fitted scikit-learn Pipelines; their predictions are averaged.
        calibrator: From margins to probabilities; None for models that give probabilities.
        is_refitted: Whether it saw all rows; else it has one model a fold.
        scales: The scale of the margins of each pipeline; empty without a calibrator.
    """

    configuration: Configuration
    pipelines: tuple[Any, ...]
    calibrator: Any = None
    is_refitted: bool = True
    scales: tuple[Floats, ...] = ()

    def predictions(self, X: pd.DataFrame, classes: Any, prepared: dict[int, Any]) -> Floats:
        """Return probabilities `(n, n_classes)`, or numbers `(n,)` where `classes` is None.

        Args:
            X: Rows as they came.
            classes: All classes, sorted.
            prepared: Rows prepared so far, by identity of the preparation; added to.
        """
        found = [self._one(i, X, classes, prepared) for i in range(len(self.pipelines))]
        return np.asarray(np.mean(found, axis=0))

    def _one(self, i: int, X: pd.DataFrame, classes: Any, prepared: dict[int, Any]) -> Any:
        pipeline = self.pipelines[i]
        preparation, model = pipeline.named_steps["prepare"], pipeline.named_steps["model"]
        if id(preparation) not in prepared:
            prepared[id(preparation)] = _within_reach(preparation.transform(X))
        A = prepared[id(preparation)]
        if classes is None:
            return number_predictions(model, A).values
        found = class_predictions(model, A, classes)
        if found.is_probability or self.calibrator is None:
            return normalized(found.values)
        margins = standardized_margins(found.values, self.scales[i])
        return normalized(calibrated(self.calibrator, margins))


def _within_reach(prepared: Any) -> Any:  # a matrix, or a data frame
    """Cut prepared numbers so far from the training rows that their squares would overflow."""
    if isinstance(prepared, np.ndarray) and prepared.size:
        is_near = np.abs(prepared).max() <= _FARTHEST  # not if NaN
        return prepared if is_near else np.nan_to_num(
            np.clip(prepared, -_FARTHEST, _FARTHEST)
        )  # fmt: skip
    return prepared


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A weighted mean of members, corrected.

    Attributes:
        kind: Kind of task.
        classes: All classes, sorted; None for regression.
        members: The members, largest weight first; none for a constant prediction.
        weights: Their weights, `(m,)`, sum 1.
        constant: What is predicted without members: class shares, or a number.
        temperature: Of the mixed probabilities.
        class_weights: By which probabilities are multiplied to decide for a class, or None.
        low: No number below it is predicted, by a member or in all; None for no limit.
        high: No number above it is predicted; None for no limit.
        distances: How far the numbers of each member may be from the median of all, `(m,)`, or
            None; see `metalearn.automl.winsorizing`.
        stacker: A scikit-learn model that combines the members instead of their weights, or None;
            see `metalearn.automl.stacking`.
    """

    kind: Kind
    classes: Any
    members: tuple[Member, ...]
    weights: Floats
    constant: Floats
    temperature: float = 1.0
    class_weights: Floats | None = None
    low: float | None = None
    high: float | None = None
    distances: Floats | None = None
    stacker: Any = None  # an untyped scikit-learn model

    def values(self, X: pd.DataFrame) -> Floats:
        """Return probabilities `(n, n_classes)`, or numbers `(n,)`, of rows as they came."""
        if not self.members:
            return np.tile(self.constant, (len(X), 1)) if self._is_classes else np.full(
                len(X), float(self.constant)
            )  # fmt: skip
        prepared: dict[int, Any] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [member.predictions(X, self.classes, prepared) for member in self.members]
        if self.low is not None or self.high is not None:
            found = [np.clip(numbers, self.low, self.high) for numbers in found]
        total = self.combined(np.stack(found))
        if self._is_classes:
            return with_temperature(total, self.temperature)
        if self.low is None and self.high is None:
            return np.asarray(total)
        return np.asarray(np.clip(total, self.low, self.high))

    def combined(self, predictions: Floats) -> Floats:
        """Return the combination of the members' predictions `(m, n, ...)`, not yet corrected."""
        if self.stacker is not None:
            return stacked(self.stacker, predictions)
        if self.distances is not None:
            predictions = winsorized(predictions, self.distances)
        return np.asarray(np.tensordot(self.weights, predictions, axes=1))

    def decisions(self, values: Floats) -> Any:
        """Return the labels that probabilities decide for, or the numbers themselves."""
        if not self._is_classes:
            return values
        scaled = values if self.class_weights is None else values * self.class_weights
        return self.classes[scaled.argmax(axis=1)]

    @property
    def _is_classes(self) -> bool:
        return self.kind == "classification"


def constant_ensemble(kind: Kind, classes: Any, y: Any, weight: Floats | None) -> Ensemble:
    """Return an ensemble without members: class shares or the mean of the target."""
    if kind == "regression":
        return Ensemble(kind, None, (), np.empty(0), np.asarray(np.average(y, weights=weight)))
    codes = np.searchsorted(classes, y)
    shares = np.bincount(codes, weights=weight, minlength=len(classes)).astype(np.float64)
    return Ensemble(kind, classes, (), np.empty(0), shares / shares.sum())


def fold_pipelines(models: Sequence[tuple[Any, Any]]) -> tuple[Any, ...]:
    """Return Pipelines of fitted `(preparation, model)` pairs."""
    from sklearn.pipeline import Pipeline

    return tuple(Pipeline([("prepare", p), ("model", m)]) for p, m in models)
