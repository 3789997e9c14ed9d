"""Out-of-fold predictions of a finished fit, and how much each column matters to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.automl.objective import MetricLoss, Truth, objective_of
from metalearn.core.arrays import Floats
from metalearn.numerics.temperature import with_temperature

__all__ = ["ColumnImportance", "HeldOut", "column_importance", "held_out"]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Predictions for rows that the models of their fold had not seen.

    Attributes:
        truth: Class codes or numbers, `(n,)`.
        values: Probabilities `(n, n_classes)`, or numbers `(n,)`, of the corrected ensemble.
        decided: Codes of the predicted classes, `(n,)`; None for regression.
        classes: The classes in the order of the codes; None for regression.
    """

    truth: Any  # integers or floats
    values: Floats
    decided: Any  # integers, or None
    classes: Any  # labels, or None


@dataclass(frozen=True, slots=True, eq=False)
class ColumnImportance:
    """How much the loss rises when the values of a column are shuffled.

    Attributes:
        names: The columns, most important first.
        means: Mean rise of the loss over the shuffles.
        spreads: Standard deviation over the shuffles.
        loss: Loss of the same rows with nothing shuffled.
        n_rows: Rows of the sample.
        n_shuffles: Times that each column was shuffled.
        is_complete: Whether the time was enough for every column.
    """

    names: tuple[str, ...]
    means: Floats
    spreads: Floats
    loss: float
    n_rows: int
    n_shuffles: int
    is_complete: bool


def held_out(model: Any) -> HeldOut | None:
    """Return the out-of-fold predictions of an ensemble; None if the model was loaded or constant.

    Args:
        model: An estimator of `metalearn.automl`, just fitted.
    """
    session = getattr(model, "_session", None)
    ensemble = model.ensemble_
    if session is None or not ensemble.members:
        return None
    library = session.library
    places = {library.trials[i].configuration: i for i in reversed(library.finished)}
    chosen = [places.get(member.configuration) for member in ensemble.members]
    if None in chosen:
        return None
    members = library.predictions(chosen)
    found = ensemble.combined(members)
    truth = library.task.truth.y
    if ensemble.classes is None:
        if ensemble.low is not None or ensemble.high is not None:
            found = np.clip(found, ensemble.low, ensemble.high)
        return HeldOut(truth, np.asarray(found), None, None)
    found = with_temperature(found, ensemble.temperature)
    scaled = found if ensemble.class_weights is None else found * ensemble.class_weights
    return HeldOut(truth, found, scaled.argmax(axis=1), ensemble.classes)


def column_importance(
    model: Any,
    X: Any,
    y: Any,
    *,
    n_rows: int = 400,
    n_shuffles: int = 3,
    time_limit_s: float = 8.0,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> ColumnImportance | None:
    """Return the permutation importance of columns (Breiman 2001) on a sample of rows.

    Args:
        model: A fitted estimator of `metalearn.automl`.
        X: Its training table, a data frame.
        y: Its target, `(n,)`.
        n_rows: Rows of the sample.
        n_shuffles: Times that each column is shuffled.
        time_limit_s: Seconds after which no further column is begun.
        seed: Seed of sample and shuffles.
        clock: Seconds.

    Returns:
        Importances in units of the loss; None for a constant prediction, or if the metric cannot
        be computed by name.
    """
    ensemble = model.ensemble_
    if not ensemble.members:
        return None
    started = clock()
    objective = objective_of(
        model.metric_ if model.metric is None else model.metric, ensemble.kind
    )
    rng = np.random.default_rng([seed, 11])
    rows = np.sort(rng.permutation(len(X))[:n_rows])
    sample = X.iloc[rows].reset_index(drop=True)
    values = np.asarray(y)[rows]
    if ensemble.classes is not None:
        values = np.searchsorted(ensemble.classes, values)
    truth = Truth(values, None, ensemble.classes)
    base = _loss(ensemble, objective, truth, sample)
    rises: dict[str, list[float]] = {}
    n_done = 0
    for _ in range(n_shuffles):
        for name in sample.columns:
            if clock() - started > time_limit_s:
                return _importance(rises, base, len(rows), n_done, n_columns=X.shape[1])
            shuffled = sample.copy(deep=False)
            order = rng.permutation(len(sample))
            shuffled[name] = sample[name].iloc[order].set_axis(sample.index)
            loss = _loss(ensemble, objective, truth, shuffled)
            rises.setdefault(str(name), []).append(loss - base)
        n_done += 1
    return _importance(rises, base, len(rows), n_done, n_columns=X.shape[1])


def _loss(ensemble: Any, objective: MetricLoss, truth: Truth, X: Any) -> float:
    values = ensemble.values(X)
    if objective.uses_labels and ensemble.class_weights is not None:
        values = values * ensemble.class_weights
    return objective.loss(truth, values)


def _importance(
    rises: dict[str, list[float]], base: float, n_rows: int, n_done: int, *, n_columns: int
) -> ColumnImportance:
    names = sorted(rises, key=lambda name: -float(np.mean(rises[name])))
    return ColumnImportance(
        tuple(names),
        np.array([np.mean(rises[name]) for name in names]),
        np.array([np.std(rises[name]) for name in names]),
        base,
        n_rows,
        max(n_done, 1),
        len(names) == n_columns,
    )
