"""The expected loss of every configuration on a new task, with a calibrated interval.

The expected loss is a weighted mean over known tasks, with the weights of a forest proximity
(METHODS 7.1). The forest may be the recommender's own, which compares normalized regrets and so
does not see how hard a task is; a model of task levels from meta-features adds that. The errors of
such predictions are measured out of bag: for each known task, without its group of
near-duplicates. The interval is the conformal one of Johansson, Bostroem, Lofstrom & Linusson
(2014): quantiles of those errors, in units of the spread of the weighted tasks and of the error
size that is usual for rows, columns and classes of the task. The configurations that are expected
to be the best have quantiles of their own (Mondrian categories; Vovk, Gammerman & Shafer 2005,
section 4.5): they are chosen for their low expectation, and known tasks agree on them more than
their errors do. Losses observed on the new task shift and narrow the interval, by the covariance
of those errors.

All numbers inside are shares of the range of the known losses, so neither the unit nor the offset
of the loss matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.fence import outer_fence
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.imputation import additive_imputation
from metalearn.numerics.statistics.loss_unit import LossUnit
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.numerics.tasks.level import LevelModel, fit_level
from metalearn.recommenders.error_covariance import ErrorCovariance
from metalearn.recommenders.error_scale import ErrorScale, fit_error_scale
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.prepared_meta import prepared_meta

__all__ = ["Expectation", "ExpectedScore", "expected_score"]

_PRIOR_WEIGHT = 0.05
"""Share of the uniform distribution in the task weights: no weight is zero."""
_LEAST_SPREAD = 0.01
"""Added to the standard deviation over tasks, as a share of the range of the known losses."""
_LEAST_VARIANCE = 1e-12
_BEST = 0.05
"""Share of the configurations, the best by expectation, whose errors are measured apart."""
_MOST_TASKS = 300
"""Tasks whose out-of-bag errors are measured, at most."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Losses expected on a target.

    Attributes:
        mean: Expected losses, `(n_configurations,)`; NaN where no task has data.
        low: Lower end of the interval, same shape.
        high: Upper end, same shape.
        task_weights: Weights of the known tasks, `(n_tasks,)`, sum 1.
    """

    mean: Floats
    low: Floats
    high: Floats
    task_weights: Floats


@dataclass(frozen=True, slots=True)
class ExpectedScore:
    """The fitted model; made by `expected_score`.

    Attributes:
        unit: Unit of all losses below.
        losses: `(n_tasks, n_configurations)`, winsorised, missing cells imputed; a column without
            any observed loss is NaN.
        proximity: Forest proximity of a target to the known tasks.
        levels: `(n_tasks,)` mean loss of each known task.
        level: Predicts the mean loss of a target.
        scale: Predicts how large the errors of a target are, in spreads over tasks.
        errors: Out-of-bag errors of at most 300 tasks, divided by the spread over tasks and by
            the predicted size, sorted.
        best_errors: Those of the configurations that were expected to be the best, sorted.
        covariance: Covariance of the raw out-of-bag errors between configurations.
    """

    unit: LossUnit
    losses: Floats
    proximity: ForestProximity
    levels: Floats
    level: LevelModel
    scale: ErrorScale
    errors: Floats
    best_errors: Floats
    covariance: ErrorCovariance

    def predict(self, target: TargetTask, *, coverage: float = 0.8) -> Expectation:
        """Return expected losses and the interval that holds `coverage` of them."""
        weights = _mixed(self.proximity.weights(target.meta_features))
        mean, spread = _weighted(weights[None, :], self.losses)
        mean, spread = mean[0], spread[0]
        level = self.level.predict(target.meta_features)
        if level is not None:
            mean = mean + (level - float(weights @ self.levels))
        spread = spread * self.scale.factor(target.meta_features)
        shift, shrink = self._evidence(target, mean)
        middle = mean + shift
        (below, best_below), (above, best_above) = self._ends(coverage)
        is_best = _is_best(middle)
        low = middle + shrink * np.where(is_best, best_below, below) * spread
        high = middle + shrink * np.where(is_best, best_above, above) * spread
        losses = self.unit.losses
        return Expectation(losses(middle), losses(low), losses(high), weights)

    def _ends(self, coverage: float) -> tuple[Floats, Floats]:
        """Return lower and upper quantiles: of all errors, and of those of the best.

        Tasks are exchangeable, not cells: the levels are those of a sample of as many errors as
        there are tasks.
        """
        tail = (1.0 - coverage) / 2.0
        level = min((1.0 - tail) * (1.0 + 1.0 / len(self.levels)), 1.0)
        both = [np.quantile(e, [1.0 - level, level]) for e in (self.errors, self.best_errors)]
        low, high = np.array(both).T
        return low, high

    def _evidence(self, target: TargetTask, mean: Floats) -> tuple[Floats, Floats]:
        """Return shift of the mean by observed losses, and factor that narrows the interval."""
        known = np.isfinite(target.observed_losses) & np.isfinite(mean[target.observed])
        indices = target.observed[known]
        if not len(indices):
            return np.zeros_like(mean), np.ones_like(mean)
        surprise = self.unit.values(target.observed_losses[known]) - mean[indices]
        variance = np.maximum(self.covariance.diagonal(), _LEAST_VARIANCE)
        across = self.covariance.columns(indices)
        inner = across[indices] + 0.1 * np.diag(variance[indices])
        solved = np.linalg.solve(inner, np.column_stack([surprise, across.T]))
        shift = across @ solved[:, 0]
        explained = np.einsum("co,oc->c", across, solved[:, 1:])
        shrink = np.sqrt(np.clip(1.0 - explained / variance, 0.05, 1.0))
        return np.where(np.isfinite(mean), shift, 0.0), shrink


def expected_score(
    meta: MetaDataset, rng: np.random.Generator, proximity: ForestProximity | None = None
) -> ExpectedScore:
    """Return the model of expected losses fitted on a meta-dataset.

    Args:
        meta: Known tasks; missing cells and missing meta-features are allowed.
        rng: Seed of the forest, if one is grown.
        proximity: A forest proximity of the same tasks in the same order, for instance that of
            the recommender; None grows one.
    """
    unit, scaled = _scaled(meta.losses)
    losses = additive_imputation(scaled)
    if proximity is None:
        proximity = forest_proximity(meta, prepared_meta(meta, "expected score"), rng)
    known = np.isfinite(losses).all(axis=0)
    levels = losses[:, known].mean(axis=1) if known.any() else np.zeros(meta.n_tasks)
    level = fit_level(meta.meta_features, levels, meta.groups)
    # Quantiles and a covariance of low rank need no more tasks than this.
    some = np.unique(np.linspace(0, meta.n_tasks - 1, _MOST_TASKS).astype(np.int64))
    is_near = meta.groups[some, None] == meta.groups
    weights = np.where(is_near, 0.0, _mixed(proximity.out_of_bag(some)))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    shift = level.left_out[some] - weights @ levels if level.width else np.zeros(len(some))
    calibrated = _calibrated(meta, some, weights, shift, losses)
    return ExpectedScore(unit, losses, proximity, levels, level, *calibrated)


def _scaled(losses: Floats) -> tuple[LossUnit, Floats]:
    """Return the unit of winsorised losses, and these in that unit: 0 to 1, NaN stays NaN.

    Losses that are all equal have no range; their unit is their size, or 1 if all are 0.
    """
    capped = np.minimum(losses, outer_fence(losses.ravel()))
    finite = np.isfinite(capped)
    known = capped if finite.all() else capped[finite]
    unit = LossUnit.of(known) if known.size else LossUnit(0.0, 0.5)
    if not unit.half:
        unit = LossUnit(unit.low, abs(unit.low) / 2 or 0.5)
    return unit, unit.values(capped)


def _mixed(weights: Floats) -> Floats:
    """Return task weights mixed with uniform ones."""
    return np.asarray((1.0 - _PRIOR_WEIGHT) * weights + _PRIOR_WEIGHT / weights.shape[-1])


def _weighted(weights: Floats, losses: Floats) -> tuple[Floats, Floats]:
    """Return weighted means and standard deviations over tasks, each `(n, n_configurations)`."""
    mean = weights @ losses
    variance = np.maximum(weights @ losses**2 - mean**2, 0.0)
    return mean, np.sqrt(variance) + _LEAST_SPREAD


def _calibrated(
    meta: MetaDataset, tasks: Ints, weights: Floats, shift: Floats, losses: Floats
) -> tuple[ErrorScale, Floats, Floats, ErrorCovariance]:
    """Return the size of errors, sorted standardised errors, and the covariance of raw errors.

    The third value holds the errors of the configurations that were expected to be the best. Only
    observed cells have an error.

    Args:
        meta: Known tasks.
        tasks: `(n,)` indices of the tasks that are held out in turn.
        weights: `(n, n_tasks)` of the other tasks for each of these, rows sum to 1.
        shift: `(n,)` predicted level minus the level of the weighted mean.
        losses: `(n_tasks, n_configurations)`, imputed.
    """
    seen = np.isfinite(meta.losses[tasks])
    if len(losses) < 3 or not seen.any():  # nothing to calibrate on: a fixed grid of errors
        known = losses[np.isfinite(losses)]
        variance = float(known.var()) if len(known) else 0.0
        none = np.empty((0, losses.shape[1]))
        grid = np.linspace(-2.5, 2.5, 101)
        scale, _ = fit_error_scale((), none, np.empty(0), np.empty(0, dtype=np.int64))
        return scale, grid, grid, ErrorCovariance(none, variance or 1.0)
    mean, spread = _weighted(weights, losses)
    raw = losses[tasks] - mean - shift[:, None]
    squares = np.where(seen, np.square(raw / spread), 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        sizes = np.sqrt(squares / seen.sum(axis=1))  # NaN: nothing observed
    scale, factors = fit_error_scale(
        meta.meta_feature_names, meta.meta_features[tasks], sizes, meta.groups[tasks]
    )
    standardised = raw / (spread * factors[:, None])
    best = np.sort(standardised[seen & _is_best(mean)])
    errors = np.sort(standardised[seen])
    covariance = ErrorCovariance(np.nan_to_num(raw))
    return scale, errors, best if len(best) else errors, covariance


def _is_best(mean: Floats) -> Bools:
    """Return which configurations are among the best by expectation, along the last axis."""
    known = np.where(np.isfinite(mean), mean, np.inf)
    limit = np.quantile(known, _BEST, axis=-1, keepdims=True, method="higher")
    return np.asarray(known <= limit)
