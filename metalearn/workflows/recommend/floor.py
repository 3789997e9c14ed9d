"""The floor: the score of a constant prediction (dummy) on the target and on the known tasks.

A configuration is left out of a list if its expected score is below the dummy's, or if it scored
below the dummy on most known tasks (it is degenerate). Where the store has no evaluation of the
dummy, the score follows from the metric: 1 / number of classes for balanced accuracy, 0.5 for the
area under the curve, 0 for R2, the spread of the target for errors in the target's unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.configuration import Configuration
from metalearn.core.dummy import DUMMY
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.errors import UnknownNameError
from metalearn.learners.dummy import dummy_score
from metalearn.learners.tables import Table

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["Floor", "degenerate_configurations", "floor_on", "known_floor"]

_BY_CLASS_SHARES = ("log_loss", "accuracy", "error_rate")
"""Metrics whose dummy score depends on the class shares: they compare relative to the dummy's."""
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Floor:
    """Losses of the dummy; NaN where they are not known.

    Attributes:
        own: Its loss on the target.
        known: Its losses on the known tasks, `(n_tasks,)`.
        is_unit: Whether losses compare between tasks only as multiples of the dummy's.
    """

    own: float
    known: Floats
    is_unit: bool

    @classmethod
    def of(cls, metric: Metric, own: float, known: Floats) -> Floor:
        """Return the floor under a metric."""
        return cls(own, known, _is_relative(metric))

    def units(self) -> tuple[Floats, float]:
        """Return the divisors of losses on known tasks and on the target; 1 for no scaling."""
        positive = np.isfinite(self.known) & (self.known > 0)
        if not (self.is_unit and self.own > 0 and positive.any()):
            return np.ones(len(self.known)), 1.0
        usual = float(np.median(self.known[positive]))
        return np.where(positive, self.known, usual), self.own

    def is_degenerate(self, losses: Floats) -> Bools:
        """Return `(n_configurations,)`: which are worse than the dummy on most known tasks.

        Args:
            losses: `(n_tasks, n_configurations)`; NaN = unknown.
        """
        n_below, n_compared = np.zeros((2, losses.shape[1]), dtype=np.int64)
        for task in np.flatnonzero(np.isfinite(self.known)):  # at once, large stores take longer
            compared, floor = np.isfinite(losses[task]), self.known[task]
            n_below += compared & (losses[task] - floor > self._slack(floor))
            n_compared += compared
        return np.asarray(2 * n_below > np.maximum(n_compared, 1))

    def is_below(self, losses: Floats) -> Bools:
        """Return which losses expected on the target are worse than the dummy's."""
        return np.asarray(losses > self.own + self._slack(np.array(self.own)))

    def _slack(self, floor: Floats) -> Floats:
        """Return differences that are rounding: relative for losses in the target's unit."""
        return np.asarray(_SLACK * np.maximum(0.0 if self.is_unit else 1.0, np.abs(floor)))


def floor_on(table: Table, metric: Metric, known: Floats) -> Floor:
    """Return the floor for a table, given the dummy's losses on the known tasks."""
    own = metric.loss(dummy_score(metric, table.kind, table.y))
    return Floor.of(metric, float(own), known)


def degenerate_configurations(meta: MetaDataset, known: Floats) -> frozenset[Configuration]:
    """Return the configurations that no list holds: worse than the dummy on most known tasks.

    If all are, none is returned: the requested learners can still be ranked.

    Args:
        meta: Losses on the known tasks.
        known: Losses of the dummy on them, `(n_tasks,)`; NaN = unknown.
    """
    is_degenerate = Floor.of(meta.metric, np.nan, known).is_degenerate(meta.losses)
    if is_degenerate.all():
        return frozenset()
    return frozenset(meta.configurations[j] for j in np.flatnonzero(is_degenerate))


def known_floor(store: Store, meta: MetaDataset) -> Floats:
    """Return the losses of the dummy on the known tasks, `(n_tasks,)`; NaN = unknown."""
    known = _measured(store, meta)
    unknown = ~np.isfinite(known)
    if unknown.any():
        known[unknown] = _in_general(store, meta)[unknown]
    return known


def _is_relative(metric: Metric) -> bool:
    """Return whether scores compare between tasks only relative to the dummy's."""
    return metric.target_power > 0 or metric.name in _BY_CLASS_SHARES


def _measured(store: Store, meta: MetaDataset) -> Floats:
    """Return the stored losses of the dummy, `(n_tasks,)`."""
    try:
        found = store.evaluations(meta.metric.name, algorithm=DUMMY)
    except UnknownNameError:
        return np.full(meta.n_tasks, np.nan)
    losses = meta.metric.loss(found["value"].to_numpy(dtype=np.float64))
    by_key = dict(zip(found["task"], losses, strict=True))
    return np.array([by_key.get(task.key, np.nan) for task in meta.tasks], dtype=np.float64)


def _in_general(store: Store, meta: MetaDataset) -> Floats:
    """Return the losses of a dummy that follow from the metric and the number of classes."""
    if meta.metric.target_power:
        return _spread(store, meta)
    return np.array(
        [meta.metric.loss(_chance(meta.metric, task.n_classes)) for task in meta.tasks],
        dtype=np.float64,
    )


def _chance(metric: Metric, n_classes: int | None) -> float:
    if metric.name in ("roc_auc", "r2"):
        return 0.5 if metric.name == "roc_auc" else 0.0
    if n_classes and metric.name in ("balanced_accuracy", "balanced_error_rate"):
        return 1.0 / n_classes if metric.greater_is_better else 1.0 - 1.0 / n_classes
    return float("nan")


def _spread(store: Store, meta: MetaDataset) -> Floats:
    """Return the spread of the target of known tasks, in the metric's unit.

    The standard deviation of a known target follows from stored scores: R2 = 1 - MSE / variance.
    """
    keys = [task.key for task in meta.tasks]
    try:
        r2 = store.meta_dataset("r2", kind="regression", tasks=keys)
        rmse = store.meta_dataset("rmse", kind="regression", tasks=keys)
    except UnknownNameError:
        return np.full(meta.n_tasks, np.nan)
    if (r2.tasks, r2.configurations) != (rmse.tasks, rmse.configurations):
        return np.full(meta.n_tasks, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = rmse.losses / np.sqrt(r2.losses)
    ratios[~np.isfinite(ratios)] = np.nan
    known = np.isfinite(ratios).any(axis=1)
    sd = np.full(len(ratios), np.nan)
    sd[known] = np.nanmedian(ratios[known], axis=1)
    by_key = {task.key: value for task, value in zip(r2.tasks, sd, strict=True)}
    return np.array([by_key.get(key, np.nan) for key in keys]) ** float(meta.metric.target_power)
