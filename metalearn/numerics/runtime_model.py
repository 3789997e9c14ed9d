"""Predicted seconds of a configuration on a table of a given size, from stored runtimes.

ln(seconds) is a polynomial of degree 2 in (ln rows, ln features), plus multiples of ln classes and
of ln(1 + categorical columns), whose preparation takes time. OBOE (Yang, Akimoto, Kim & Udell
2019, section 4.3) uses degree 3, neither of these, and one regression per configuration. We
differ in four further points (METHODS 7.4):
- Coefficients are pooled hierarchically (configuration, algorithm, all), so that a few runs of a
  configuration suffice.
- Each task has an effect of its own (its data and its machine), so that a configuration timed only
  on slow tasks is not predicted to be slow.
- Predictions never decrease with the number of rows.
- Above the observed rows, seconds are a constant plus a power of the rows. The power is the known
  complexity of the algorithm; value and slope at the edge, which set the constant, are learned.
  Pairs of fits on fewer and more rows of a table correct the power (`power_corrections`).
  Where the complexity is unknown, and above the observed features and classes, they are linear in
  the logarithms with a learned, bounded slope. The uncertainty grows with the distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.errors import InputError, NotEnoughMetaDataError, ShapeError
from metalearn.numerics.pooled_regression import pooled_regression

__all__ = ["RuntimeModel", "fit_runtime_model", "power_corrections"]

_SLOPES = (0.5, 3.0), (0.0, 2.0), (0.0, 1.5), (0.0, 1.0)  # exponents outside the observed sizes
_LEAST_SLOPE = 0.2  # at the largest observed rows, if the complexity is known
_TYPICAL_SLOPES = np.array([0.8, 0.6, 0.5, 0.0])  # centre of the shrinkage; two of OBOE's matrix
_SLOPE_SD, _GROWTH_SD = 0.5, 0.25  # of an exponent outside the observed sizes: learned, known
_PAIR_SD = 0.5  # of what a power of the rows leaves open in the seconds of a pair of fits
_MOST_KNOWN = 2_000_000  # seconds that coefficients are learned from, about
_EDGES = (0.02, 0.98)  # quantiles of the sizes between which the polynomial is used


@dataclass(frozen=True, slots=True)
class RuntimeModel:
    """Polynomials of ln(seconds) in table size, one per configuration.

    Attributes:
        coefficients: `(c, 8)` for 1, a, b, a^2, b^2, ab, d, e, which are the centred and scaled
            logarithms of rows, features, classes, and 1 + categorical columns.
        center: Means of the four logarithms over the tasks, `(4,)`.
        scale: Their standard deviations, `(4,)`.
        low: Smallest scaled sizes at which the polynomials are used, `(4,)`.
        high: Largest such sizes, `(4,)`.
        growth: Power of the rows with which the seconds of a large fit grow, `(c,)`; NaN where
            it is unknown.
        task_sd: Standard deviation of the effect of a task on ln(seconds).
        residual_sd: Standard deviation of the residuals of each configuration, `(c,)`.
        shortest_s: Shortest time ever observed; no prediction is below half of it.
        corrections: Added to the power of the rows above the observed ones, `(c,)`.
        corrected: ln of the rows over the observed ones up to which it is added.
    """

    coefficients: Floats
    center: Floats
    scale: Floats
    low: Floats
    high: Floats
    growth: Floats
    task_sd: float
    residual_sd: Floats
    shortest_s: float
    corrections: Floats
    corrected: float = 0.0

    @property
    def largest(self) -> tuple[float, float]:
        """Rows and features up to which seconds were observed, nearly (98 % quantiles)."""
        log_rows, log_features, *_ = self.center + self.high * self.scale
        return float(np.exp(log_rows + self.corrected)), float(np.exp(log_features))

    def predict(
        self,
        n_rows: float,
        n_features: float,
        observed: npt.ArrayLike = (),
        observed_runtimes_s: npt.ArrayLike = (),
        *,
        n_classes: float | None = None,
        n_categorical: float | None = None,
    ) -> tuple[Floats, Floats]:
        """Return the median seconds of each configuration and the spread of their logarithm.

        P(seconds > limit) = 1 - Phi((ln limit - ln seconds) / log_sd).

        Args:
            n_rows: Rows of the table; at least 1.
            n_features: Columns without the target; at least 1.
            observed: Indices of configurations timed on this task, `(n,)`.
            observed_runtimes_s: Their seconds, `(n,)`; NaN is ignored. They estimate the effect
                of this task and machine, which shifts all predictions and lowers their spread.
            n_classes: Classes of the target; None takes what is usual among the known tasks.
            n_categorical: Columns that are no numbers; None likewise.

        Returns:
            Seconds `(c,)` > 0 and standard deviations of ln(seconds) `(c,)` > 0.

        Raises:
            InputError: If a size is not a positive number.
        """
        usual = np.exp(self.center)
        sizes = np.array(
            [
                n_rows,
                n_features,
                usual[2] if n_classes is None else n_classes,
                usual[3] if n_categorical is None else 1.0 + n_categorical,
            ]
        )
        if not (sizes > 0).all():
            raise InputError(
                f"sizes must be positive, got {n_rows} rows, {n_features} features, "
                f"{n_classes} classes, {n_categorical} categorical columns"
            )
        at = (np.log(sizes) - self.center) / self.scale
        log_s = np.maximum(self._log_seconds(at), np.log(0.5 * self.shortest_s))
        beyond = (at - np.clip(at, self.low, self.high)) * self.scale
        indices = np.asarray(observed, dtype=np.int64)
        with np.errstate(divide="ignore", invalid="ignore"):
            surprise = np.log(np.asarray(observed_runtimes_s, dtype=np.float64)) - log_s[indices]
        known = np.isfinite(surprise)
        precision = 1.0 / self.residual_sd[indices][known] ** 2
        total = precision.sum() + 1.0 / self.task_sd**2
        shift = (precision * surprise[known]).sum() / total
        sd_rows = np.where(np.isfinite(self.growth), _GROWTH_SD, _SLOPE_SD)
        outside = (sd_rows * beyond[0]) ** 2 + _SLOPE_SD**2 * float(beyond[1:] @ beyond[1:])
        return np.exp(log_s + shift), np.sqrt(self.residual_sd**2 + 1.0 / total + outside)

    def _log_seconds(self, at: Floats) -> Floats:
        """Polynomial at the nearest size within the bounds, monotone in rows, larger beyond."""
        inside = np.clip(at, self.low, self.high)
        a, b = inside[:2]
        _, linear_a, linear_b, square_a, square_b, product, *linear = self.coefficients.T
        slope_at_low = linear_a + product * b
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = -slope_at_low / (2 * square_a)
        turns = (square_a < 0) & (vertex > self.low[0]) & (vertex < a)
        value = np.maximum(self._polynomial(inside), self._polynomial(inside, self.low[0]))
        value = np.where(turns, np.maximum(value, self._polynomial(inside, vertex)), value)
        # Slopes half-way to the bound: at the bound itself the square term is mostly noise.
        slopes = slope_at_low + square_a * a, linear_b + product * a + square_b * b, *linear
        rows, *further = (
            np.clip(slope / scale, *bounds)
            for slope, scale, bounds in zip(slopes, self.scale, _SLOPES, strict=True)
        )
        beyond = np.maximum((at - inside) * self.scale, 0.0)  # in logarithms
        value = value + self._grown(slopes[0] / self.scale[0], rows, beyond[0])
        return np.asarray(value + beyond[1:] @ np.array(further))

    def _grown(self, slope: Floats, bounded: Floats, beyond: float) -> Floats:
        """Return what is added to ln(seconds) above the observed rows.

        Args:
            slope: Slope of ln(seconds) in ln rows at the largest observed rows, `(c,)`.
            bounded: The same within the bounds of a table without a known complexity, `(c,)`.
            beyond: ln of the rows over the largest observed rows, at least 0.
        """
        is_known = np.isfinite(self.growth)
        power = np.where(is_known, self.growth, 1.0)
        # seconds = constant + factor * rows^power; the share of the second part is slope / power.
        share = np.clip(slope, _LEAST_SLOPE, power) / power
        grown = np.where(is_known, np.log1p(share * np.expm1(power * beyond)), bounded * beyond)
        return np.asarray(grown + self.corrections * min(beyond, self.corrected))

    def _polynomial(self, inside: Floats, a: float | Floats | None = None) -> Floats:
        """Return the polynomials at scaled sizes; `a` replaces the rows."""
        a = inside[0] if a is None else a
        b = inside[1]
        with np.errstate(invalid="ignore"):
            terms = (1.0, a, b, np.square(a), b * b, a * b, *inside[2:])
            return np.asarray(
                sum(w * term for w, term in zip(self.coefficients.T, terms, strict=True))
            )


def fit_runtime_model(
    n_rows: Floats,
    n_features: Floats,
    runtimes_s: Floats,
    algorithms: Sequence[str] | None = None,
    *,
    n_classes: Floats | None = None,
    n_categorical: Floats | None = None,
    growth: Floats | None = None,
) -> RuntimeModel:
    """Return the model of seconds by table size.

    Of large sets, with millions of known seconds, evenly spaced tasks are used.

    Args:
        n_rows: Rows of each task's table, `(t,)`; tasks with NaN are left out.
        n_features: Columns without the target, `(t,)`; NaN is replaced by the median.
        runtimes_s: Seconds, `(t, c)`; NaN = unknown; zeros count as the shortest positive time.
        algorithms: Algorithm of each configuration, `(c,)`; coefficients of configurations are
            shrunk towards those of their algorithm.
        n_classes: Classes of the target, 1 for a number, `(t,)`; NaN is replaced by the median.
        n_categorical: Columns that are no numbers, `(t,)`; NaN is replaced by the median.
        growth: Power of the rows with which the seconds of a large fit grow, `(c,)`; NaN =
            unknown.

    Raises:
        ShapeError: If the shapes are inconsistent.
        NotEnoughMetaDataError: If no task of known size has a runtime.
    """
    shape = (len(n_rows), runtimes_s.shape[1])
    labels = ("",) * shape[1] if algorithms is None else tuple(algorithms)
    powers = np.full(shape[1], np.nan) if growth is None else growth
    classes = np.ones(shape[0]) if n_classes is None else n_classes
    categories = np.zeros(shape[0]) if n_categorical is None else n_categorical
    _check_shapes(shape, runtimes_s, (n_features, classes, categories), (labels, powers))
    sizes = np.stack([n_rows, n_features, classes, 1.0 + categories], axis=1).astype(np.float64)
    rows = _usable_tasks(sizes[:, 0], runtimes_s)
    seconds = runtimes_s[rows]
    logs, mask = _log_sizes(sizes[rows]), seconds >= 0
    log_s, shortest_s = _log_runtimes(seconds)
    center, scale = logs.mean(axis=0), logs.std(axis=0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    unit = (logs - center) / scale
    coefficients, task_sd, residual_sd = _regression(unit, log_s, mask, labels, _typical(scale))
    return RuntimeModel(
        coefficients=coefficients,
        center=center,
        scale=scale,
        low=np.quantile(unit, _EDGES[0], axis=0),
        high=np.quantile(unit, _EDGES[1], axis=0),
        growth=powers,
        task_sd=task_sd,
        residual_sd=residual_sd,
        shortest_s=shortest_s,
        corrections=np.zeros(shape[1]),
    )


def power_corrections(beyond: Floats, surprise: Floats, algorithms: Sequence[str]) -> Floats:
    """Return what is added to the power of the rows of each configuration, `(c,)`.

    A ridge regression through the origin for each algorithm, since at the edge there is nothing
    to correct. It is shrunk as if the known power had the deviation that predictions assume. No
    correction lets seconds fall with the rows.

    Args:
        beyond: ln of the rows of the larger fit of each pair over the largest observed rows,
            `(n,)`, at least 0.
        surprise: ln of measured over expected growth of the seconds of each pair, `(n, c)`;
            NaN = unknown.
        algorithms: Algorithm of each configuration, `(c,)`.
    """
    known = np.isfinite(surprise)
    products = np.where(known, surprise, 0.0).T @ beyond
    squares = known.T @ np.square(beyond)
    _, group = np.unique(np.array(algorithms), return_inverse=True)
    summed = np.bincount(group, products), np.bincount(group, squares)
    ridge = summed[0] / (summed[1] + (_PAIR_SD / _GROWTH_SD) ** 2)
    return np.asarray(np.maximum(ridge, -_LEAST_SLOPE)[group])


def _usable_tasks(n_rows: Floats, runtimes_s: Floats) -> Ints:
    """Return the tasks of known size with a runtime, or some of them if these are many.

    Raises:
        NotEnoughMetaDataError: If there is none.
    """
    n_known = np.count_nonzero(runtimes_s >= 0, axis=1)
    tasks = np.flatnonzero((n_rows > 0) & (n_known > 0))
    if not len(tasks):
        raise NotEnoughMetaDataError(
            "runtime prediction needs at least 1 task of known size with a runtime, got none; "
            "collect some evaluations first (metalearn collect)"
        )
    return _some_of(tasks, int(n_known[tasks].sum()))


def _some_of(tasks: Ints, n_known: int) -> Ints:
    """Return the tasks, evenly spaced ones if together they have too many known seconds."""
    if n_known <= _MOST_KNOWN:
        return tasks
    n = max(len(tasks) * _MOST_KNOWN // n_known, 1)
    return tasks[np.linspace(0, len(tasks) - 1, n).astype(np.int64)]


def _check_shapes(
    shape: tuple[int, int],
    runtimes_s: Floats,
    by_task: tuple[Floats, ...],
    by_configuration: tuple[Sequence[object] | Floats, ...],
) -> None:
    """Raise an error unless all inputs have the number of tasks and of configurations."""
    lengths = [len(values) for values in by_task], [len(values) for values in by_configuration]
    if runtimes_s.shape != shape or {*lengths[0]} != {shape[0]} or {*lengths[1]} != {shape[1]}:
        raise ShapeError(
            f"runtimes_s: expected shape {shape} for sizes of lengths "
            f"{lengths[0]}, algorithms and growth of lengths {lengths[1]}, got {runtimes_s.shape}"
        )


def _regression(
    unit: Floats, log_s: Floats, mask: Bools, labels: Sequence[str], typical: Floats
) -> tuple[Floats, float, Floats]:
    """Return coefficients `(c, 8)`, deviation of tasks, and of the residuals `(c,)`.

    Args:
        unit: Scaled sizes, `(t, 4)`.
        log_s: ln(seconds), `(t, c)`.
        mask: Which of them are known, same shape.
        labels: Algorithm of each configuration, `(c,)`.
        typical: What coefficients are shrunk towards, `(8,)`.
    """
    _, group = np.unique(np.array(labels), return_inverse=True)
    design = _design(unit)
    coefficients, effects, residual_sd = pooled_regression(
        design, log_s - (design @ typical)[:, None], mask, group
    )
    # The effects were shrunk: add their posterior variance.
    spread = effects**2 + np.mean(residual_sd**2) / (mask.sum(axis=1) + 2.0)
    return coefficients + typical, max(float(np.sqrt(spread.mean())), 0.1), residual_sd


def _log_runtimes(seconds: Floats) -> tuple[Floats, float]:
    """Return ln(seconds), same shape, and the shortest positive time, which zeros and NaN get."""
    shortest = float(np.min(seconds, where=seconds > 0, initial=np.inf))
    shortest = shortest if np.isfinite(shortest) else 1e-3
    return np.log(np.maximum(np.where(seconds >= 0, seconds, shortest), shortest)), shortest


def _typical(scale: Floats) -> Floats:
    """Return the coefficients that those of all configurations are shrunk towards, `(8,)`."""
    typical = np.zeros(8)
    typical[[1, 2, 6, 7]] = _TYPICAL_SLOPES * scale
    return typical


def _log_sizes(sizes: Floats) -> Floats:
    """Return logarithms of sizes `(t, 4)`; an unknown one is replaced by the median, else 1."""
    typical = [np.median(column[column > 0]) if (column > 0).any() else 1.0 for column in sizes.T]
    return np.asarray(np.log(np.where(sizes > 0, sizes, typical)))


def _design(unit: Floats) -> Floats:
    a, b, d, e = unit.T
    return np.stack([np.ones_like(a), a, b, a * a, b * b, a * b, d, e], axis=1)
