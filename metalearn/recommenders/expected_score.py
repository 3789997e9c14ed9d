"""The expected loss of every configuration on a new task, with a calibrated interval.

A forest on meta-features weights the known tasks; the expected loss is the weighted mean of their
losses (METHODS 7.1). The error of such predictions is measured out of bag: for each known task, by
the trees that were grown without it. The interval is the conformal interval of Johansson,
Bostroem, Lofstrom & Linusson (2014): quantiles of these errors, each divided by the weighted
standard deviation over known tasks. Losses observed on the new task shift and narrow the interval
through the covariance of the errors between configurations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.forest_proximity import ForestProximity, fit_proximity, steady

__all__ = ["Expectation", "ExpectedScore", "expected_score"]

_MAX_PATTERNS = 12
_PRIOR_WEIGHT = 0.05
"""Share of the uniform distribution in the task weights: no weight is zero."""


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
        losses: `(n_tasks, n_configurations)`, winsorised, missing cells imputed; NaN where a
            configuration has no data at all.
        proximity: Forest proximity of a target to the known tasks.
        errors: Out-of-bag errors divided by the spread over tasks, sorted.
        covariance: Covariance of the raw out-of-bag errors between configurations.
    """

    losses: Floats
    proximity: ForestProximity
    errors: Floats
    covariance: Floats

    def predict(self, target: TargetTask, *, coverage: float = 0.8) -> Expectation:
        """Return expected losses and the interval that holds `coverage` of them."""
        weights = _mixed(self.proximity.weights(target.meta_features))
        mean, spread = _weighted(weights[None, :], self.losses)
        mean, spread = mean[0], spread[0]
        tail = (1.0 - coverage) / 2.0
        below, above = np.quantile(self.errors, [tail, 1.0 - tail])
        low, high = mean + below * spread, mean + above * spread
        shift, shrink = self._evidence(target, mean)
        middle = mean + shift
        low, high = middle + shrink * (low - mean), middle + shrink * (high - mean)
        return Expectation(middle, low, high, weights)

    def _evidence(self, target: TargetTask, mean: Floats) -> tuple[Floats, Floats]:
        """Return shift of the mean by observed losses, and factor that narrows the interval."""
        known = np.isfinite(target.observed_losses) & np.isfinite(mean[target.observed])
        indices = target.observed[known]
        if not len(indices):
            return np.zeros_like(mean), np.ones_like(mean)
        surprise = target.observed_losses[known] - mean[indices]
        variance = np.maximum(np.diag(self.covariance), 1e-12)
        across = self.covariance[:, indices]
        inner = across[indices] + 0.1 * np.diag(variance[indices])
        solved = np.linalg.solve(inner, np.column_stack([surprise, across.T]))
        shift = across @ solved[:, 0]
        explained = np.einsum("co,oc->c", across, solved[:, 1:])
        shrink = np.sqrt(np.clip(1.0 - explained / variance, 0.05, 1.0))
        return np.where(np.isfinite(mean), shift, 0.0), shrink


def expected_score(meta: MetaDataset, rng: np.random.Generator) -> ExpectedScore:
    """Return the model of expected losses fitted on a meta-dataset.

    Args:
        meta: Known tasks; missing losses and meta-features (NaN) are allowed.
        rng: Seed of the forest.
    """
    losses = _filled(_winsorised(meta.losses))
    votes = np.full(meta.n_tasks, 1.0 / meta.n_tasks)
    proximity = fit_proximity(meta.meta_features, _patterns(losses), votes, rng)
    weights = np.where(meta.groups[:, None] == meta.groups, 0.0, _mixed(proximity.out_of_bag()))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    errors, covariance = _calibrated(weights, losses, np.isfinite(meta.losses))
    return ExpectedScore(losses, proximity, errors, covariance)


def _winsorised(losses: Floats) -> Floats:
    """Return losses capped at the upper quartile plus three interquartile ranges."""
    known = losses[np.isfinite(losses)]
    if not len(known):
        return losses
    lower, upper = np.quantile(known, [0.25, 0.75])
    return np.asarray(np.minimum(losses, upper + 3.0 * max(upper - lower, 1e-12)))


def _filled(losses: Floats) -> Floats:
    """Return losses with missing cells imputed by task effect + configuration effect."""
    known = np.isfinite(losses)
    if known.all():
        return losses
    rows, columns = known.sum(axis=1), known.sum(axis=0)
    values = np.where(known, losses, 0.0)
    center = values.sum() / max(known.sum(), 1)
    task = np.zeros(len(losses))
    effect = np.zeros(losses.shape[1])
    for _ in range(5):
        task = np.where(known, losses - center - effect, 0.0).sum(axis=1) / np.maximum(rows, 1)
        gap = np.where(known, losses - center - task[:, None], 0.0).sum(axis=0)
        effect = gap / (columns + 1.0)
    filled = np.where(known, losses, center + task[:, None] + effect)
    filled[:, columns == 0] = np.nan
    return np.asarray(filled)


def _patterns(losses: Floats) -> Floats:
    """Return scores on the leading principal components of the losses, unscaled."""
    outputs = losses[:, np.isfinite(losses).all(axis=0)]
    if not outputs.size:
        return np.empty((len(losses), 0))
    left, values, _ = np.linalg.svd(outputs - outputs.mean(axis=0), full_matrices=False)
    return steady((left * values)[:, :_MAX_PATTERNS])


def _mixed(weights: Floats) -> Floats:
    """Return task weights mixed with uniform ones."""
    return np.asarray((1.0 - _PRIOR_WEIGHT) * weights + _PRIOR_WEIGHT / weights.shape[-1])


def _weighted(weights: Floats, losses: Floats) -> tuple[Floats, Floats]:
    """Return weighted means and standard deviations over tasks, each `(n, n_configurations)`."""
    mean = weights @ losses
    variance = np.maximum(weights @ losses**2 - mean**2, 0.0)
    return mean, np.sqrt(variance) + 0.01


def _calibrated(weights: Floats, losses: Floats, observed: Bools) -> tuple[Floats, Floats]:
    """Return sorted standardised errors of observed cells, and the covariance of raw errors."""
    if len(losses) < 3:  # too few tasks to calibrate: a fixed grid of errors
        grid = np.linspace(-2.5, 2.5, 101)
        n = losses.shape[1]
        return grid, np.eye(n) * float(np.nanvar(losses) or 1.0)
    mean, spread = _weighted(weights, losses)
    raw = losses - mean
    errors = np.sort((raw / spread)[observed])
    usable = np.nan_to_num(raw)
    return errors, usable.T @ usable / len(losses)
