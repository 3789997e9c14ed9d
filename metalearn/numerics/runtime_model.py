"""Predicted seconds of a configuration on a table of a given size, from stored runtimes.

ln(seconds) is a polynomial of degree 2 in (ln rows, ln features). OBOE (Yang, Akimoto, Kim & Udell
2019, section 4.3) uses degree 3 and one regression per configuration. We differ in four further
points (METHODS 7.4):
- Coefficients are pooled hierarchically (configuration, algorithm, all), so that a few runs of a
  configuration suffice.
- Each task has an effect of its own (its data and its machine), so that a configuration timed only
  on slow tasks is not predicted to be slow.
- Predictions never decrease with the number of rows.
- Outside the observed sizes they are linear in the logarithms. The slope, which is the exponent of
  the complexity, is learned but bounded, and the uncertainty grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.errors import InputError, NotEnoughMetaDataError, ShapeError

__all__ = ["RuntimeModel", "fit_runtime_model"]

_POOL_CONFIGURATION, _POOL_ALGORITHM, _POOL_ALL = 4.0, 4.0, 1.0  # strength, in observations
_SLOPE_ROWS, _SLOPE_FEATURES = (0.5, 3.0), (0.0, 2.0)  # exponents outside the observed sizes
_TYPICAL_SLOPES = np.array([0.8, 0.6])  # centre of the shrinkage; means of the OBOE matrix
_SLOPE_SD = 0.5  # of an exponent outside the observed sizes
_EDGES = (0.02, 0.98)  # quantiles of the sizes between which the polynomial is used
_N_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class RuntimeModel:
    """Polynomials of ln(seconds) in table size, one per configuration.

    Attributes:
        coefficients: `(c, 6)` for 1, a, b, a^2, b^2, ab; a, b = centred and scaled ln sizes.
        center: Means of (ln rows, ln features) over the tasks, `(2,)`.
        scale: Their standard deviations, `(2,)`.
        low: Smallest scaled sizes at which the polynomials are used, `(2,)`.
        high: Largest such sizes, `(2,)`.
        task_sd: Standard deviation of the effect of a task on ln(seconds).
        residual_sd: Standard deviation of the residuals of each configuration, `(c,)`.
        shortest_s: Shortest time ever observed; no prediction is below half of it.
    """

    coefficients: Floats
    center: Floats
    scale: Floats
    low: Floats
    high: Floats
    task_sd: float
    residual_sd: Floats
    shortest_s: float

    @property
    def largest(self) -> tuple[float, float]:
        """Rows and features up to which seconds were observed, nearly (98 % quantiles)."""
        n_rows, n_features = np.exp(self.center + self.high * self.scale)
        return float(n_rows), float(n_features)

    def predict(
        self,
        n_rows: float,
        n_features: float,
        observed: npt.ArrayLike = (),
        observed_runtimes_s: npt.ArrayLike = (),
    ) -> tuple[Floats, Floats]:
        """Return the median seconds of each configuration and the spread of their logarithm.

        P(seconds > limit) = 1 - Phi((ln limit - ln seconds) / log_sd).

        Args:
            n_rows: Rows of the table; at least 1.
            n_features: Columns without the target; at least 1.
            observed: Indices of configurations timed on this task, `(n,)`.
            observed_runtimes_s: Their seconds, `(n,)`; NaN is ignored. They estimate the effect
                of this task and machine, which shifts all predictions and lowers their spread.

        Returns:
            Seconds `(c,)` > 0 and standard deviations of ln(seconds) `(c,)` > 0.

        Raises:
            InputError: If a size is not a positive number.
        """
        if not (n_rows > 0 and n_features > 0):
            raise InputError(f"sizes must be positive, got {n_rows} rows, {n_features} features")
        at = (np.log([n_rows, n_features]) - self.center) / self.scale
        log_s = np.maximum(self._log_seconds(at), np.log(0.5 * self.shortest_s))
        beyond = (at - np.clip(at, self.low, self.high)) * self.scale
        indices = np.asarray(observed, dtype=np.int64)
        with np.errstate(divide="ignore", invalid="ignore"):
            surprise = np.log(np.asarray(observed_runtimes_s, dtype=np.float64)) - log_s[indices]
        known = np.isfinite(surprise)
        precision = 1.0 / self.residual_sd[indices][known] ** 2
        total = precision.sum() + 1.0 / self.task_sd**2
        shift = (precision * surprise[known]).sum() / total
        outside = _SLOPE_SD**2 * float(beyond @ beyond)
        return np.exp(log_s + shift), np.sqrt(self.residual_sd**2 + 1.0 / total + outside)

    def _log_seconds(self, at: Floats) -> Floats:
        """Polynomial at the nearest size within the bounds, monotone in rows, linear beyond."""
        a, b = np.clip(at, self.low, self.high)
        _, linear_a, linear_b, square_a, square_b, product = self.coefficients.T
        slope_at_low = linear_a + product * b
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = -slope_at_low / (2 * square_a)
        turns = (square_a < 0) & (vertex > self.low[0]) & (vertex < a)
        value = np.maximum(self._polynomial(a, b), self._polynomial(self.low[0], b))
        value = np.where(turns, np.maximum(value, self._polynomial(vertex, b)), value)
        beyond = (at - [a, b]) * self.scale  # in logarithms
        # Slopes half-way to the bound: at the bound itself the square term is mostly noise.
        slope_rows = (slope_at_low + square_a * a) / self.scale[0]
        slope_features = (linear_b + product * a + square_b * b) / self.scale[1]
        value = value + np.clip(slope_rows, *_SLOPE_ROWS) * max(beyond[0], 0.0)
        value += np.clip(slope_features, *_SLOPE_FEATURES) * max(beyond[1], 0.0)
        return np.asarray(value)

    def _polynomial(self, a: float | Floats, b: float) -> Floats:
        with np.errstate(invalid="ignore"):
            terms = (1.0, a, b, np.square(a), b * b, a * b)
            return np.asarray(
                sum(w * term for w, term in zip(self.coefficients.T, terms, strict=True))
            )


def fit_runtime_model(
    n_rows: Floats,
    n_features: Floats,
    runtimes_s: Floats,
    algorithms: Sequence[str] | None = None,
) -> RuntimeModel:
    """Return the model of seconds by table size.

    Args:
        n_rows: Rows of each task's table, `(t,)`; tasks with NaN are left out.
        n_features: Columns without the target, `(t,)`; NaN is replaced by the median.
        runtimes_s: Seconds, `(t, c)`; NaN = unknown; zeros count as the shortest positive time.
        algorithms: Algorithm of each configuration, `(c,)`; coefficients of configurations are
            shrunk towards those of their algorithm.

    Raises:
        ShapeError: If the shapes are inconsistent.
        NotEnoughMetaDataError: If no task of known size has a runtime.
    """
    shape = (len(n_rows), runtimes_s.shape[1])
    labels = ("",) * shape[1] if algorithms is None else tuple(algorithms)
    if runtimes_s.shape != shape or len(n_features) != shape[0] or len(labels) != shape[1]:
        raise ShapeError(
            f"runtimes_s: expected shape {shape} for {len(n_features)} n_features and "
            f"{len(labels)} algorithms, got {runtimes_s.shape}"
        )
    sizes = np.stack([n_rows, n_features], axis=1).astype(np.float64)
    rows = (sizes[:, 0] > 0) & (runtimes_s >= 0).any(axis=1)
    if not rows.any():
        raise NotEnoughMetaDataError(
            "runtime prediction needs at least 1 task of known size with a runtime, got none; "
            "collect some evaluations first (metalearn collect)"
        )
    sizes, seconds = sizes[rows], runtimes_s[rows]
    known_p = sizes[:, 1] > 0
    typical = float(np.median(sizes[known_p, 1])) if known_p.any() else 1.0
    logs = np.log(np.where(known_p[:, None] | [True, False], sizes, typical))
    shortest = float(np.min(seconds, where=seconds > 0, initial=np.inf))
    shortest = shortest if np.isfinite(shortest) else 1e-3
    mask = seconds >= 0
    log_s = np.log(np.maximum(np.where(mask, seconds, shortest), shortest))
    center, scale = logs.mean(axis=0), logs.std(axis=0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    unit = (logs - center) / scale
    _, group = np.unique(np.array(labels), return_inverse=True)
    design = _design(unit)
    typical_s = design[:, 1:3] @ (_TYPICAL_SLOPES * scale)
    coefficients, effects, freedom = _backfit(design, log_s - typical_s[:, None], mask, group)
    coefficients[:, 1:3] += _TYPICAL_SLOPES * scale
    residual = np.where(mask, log_s - effects[:, None] - design @ coefficients.T, 0.0)
    residual_sd = _residual_sd(residual, mask, freedom)
    # The effects were shrunk: add their posterior variance.
    spread = effects**2 + np.mean(residual_sd**2) / (mask.sum(axis=1) + 2.0)
    return RuntimeModel(
        coefficients=coefficients,
        center=center,
        scale=scale,
        low=np.quantile(unit, _EDGES[0], axis=0),
        high=np.quantile(unit, _EDGES[1], axis=0),
        task_sd=max(float(np.sqrt(spread.mean())), 0.1),
        residual_sd=residual_sd,
        shortest_s=shortest,
    )


def _design(unit: Floats) -> Floats:
    a, b = unit.T
    return np.stack([np.ones_like(a), a, b, a * a, b * b, a * b], axis=1)


def _backfit(
    design: Floats, log_s: Floats, mask: Bools, group: Ints
) -> tuple[Floats, Floats, Floats]:
    """Return coefficients `(c, 6)`, effects `(t,)` and degrees of freedom `(c,)`."""
    effects = np.zeros(len(log_s))
    coefficients = np.zeros((log_s.shape[1], design.shape[1]))
    freedom = np.zeros(log_s.shape[1])
    counted, known = mask.astype(np.float64), np.where(mask, log_s, 0.0)
    by_task, n_by_task, n_known = known.sum(axis=1), mask.sum(axis=1), mask.sum(axis=0)
    moment, gram = known.T @ design, _gram(design, counted)
    for _ in range(_N_SWEEPS):
        left = moment - counted.T @ (design * effects[:, None])
        coefficients, freedom = _pooled_ridge(gram, left, n_known, group)
        fitted = np.einsum("ti,ti->t", design, counted @ coefficients)  # summed over a task
        effects = (by_task - fitted) / (n_by_task + 2.0)
    return coefficients, effects, freedom


def _gram(design: Floats, counted: Floats) -> Floats:
    """Return `(c, 6, 6)`: products of terms, summed over the known tasks of a configuration.

    Args:
        design: `(t, 6)`.
        counted: `(t, c)`: 1 = known, 0 = unknown.
    """
    n_terms = design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    return (counted.T @ outer).reshape(-1, n_terms, n_terms)


def _pooled_ridge(
    gram: Floats, moment: Floats, n_known: Ints, group: Ints
) -> tuple[Floats, Floats]:
    """Return coefficients `(c, 6)` and degrees of freedom `(c,)`.

    Three ridge regressions (all, algorithm, configuration) each fit the residuals of the one
    before; the degrees of freedom are those of the last one.

    Args:
        gram: `(c, 6, 6)`, see `_gram`.
        moment: `(c, 6)` products of terms and targets.
        n_known: `(c,)` number of known tasks.
        group: `(c,)` number of the algorithm.
    """
    n_terms = moment.shape[1]
    members = np.equal.outer(np.unique(group), group).astype(np.float64)
    eye = np.eye(n_terms)
    free = eye.copy()
    free[0, 0] = 1e-3  # the overall level is not shrunk
    weight = 1.0 / np.maximum(n_known, 1.0) ** 0.5  # limits configurations with many runs
    shared = np.linalg.solve(np.tensordot(weight, gram, 1) + _POOL_ALL * free, weight @ moment)
    result = np.tile(shared, (len(moment), 1))
    moment_g = members @ (moment - np.einsum("cij,cj->ci", gram, result))
    gram_g = np.tensordot(members, gram, 1)
    result += np.linalg.solve(gram_g + _POOL_ALGORITHM * eye, moment_g[:, :, None])[group, :, 0]
    left = moment - np.einsum("cij,cj->ci", gram, result)
    hat = np.linalg.solve(gram + _POOL_CONFIGURATION * eye, np.dstack([gram, left]))
    return result + hat[:, :, -1], np.trace(hat[:, :, :-1], axis1=1, axis2=2)


def _residual_sd(residual: Floats, mask: Bools, freedom: Floats) -> Floats:
    """Return `(c,)` root mean squares, shrunk to the common one by 5 observations."""
    left = np.maximum(mask.sum(axis=0) - freedom, 0.0)
    squares = (residual**2).sum(axis=0)
    spent = min(freedom.sum() + mask.any(axis=1).sum(), 0.8 * mask.sum())  # tasks have effects too
    common = max(float(squares.sum() / (mask.sum() - spent)), 1e-2**2)
    return np.asarray(np.sqrt((squares + 5.0 * common) / (left + 5.0)))
