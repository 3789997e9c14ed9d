"""Predictive distribution of a new row: a mixture with one component per source task.

The component of a task is its row plus a Gaussian difference that scales with the task's range of
losses. Differences are correlated over configurations by four terms: the patterns in which source
tasks differ (METHODS 8.5), a kernel over hyperparameters, a common level, and noise of each cell:

    difference_t ~ N(0, range_t^2 S),   S = h^2 P'P/n + kappa^2 K + level^2 11' + sigma^2 I.

Every component is conditioned on the target's observations and weighted by their likelihood. For
h -> 0 this gives kernel-weighted tasks, for h -> 1 the Gaussian row model. Components are
multivariate t distributions: a component with poor predictions gets a larger variance, by the
factor (nu + d^2) / (nu + n) with d the Mahalanobis distance, so that one unexpected loss does not
stop exploration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.gaussian_process.matern import matern52
from metalearn.numerics.search.unit_improvement import unit_improvement

__all__ = ["RowMixture", "RowPosterior", "SeenRow", "SourceRows", "expected_row_improvement"]

_CUT = 1e-3
_LEAST_COMPONENTS, _MOST_CELLS = 64, 1_250_000  # components x configurations
_BLOCK = 16_384  # cells whose improvement is computed at once, in the processor's cache


@dataclass(frozen=True, slots=True)
class SourceRows:
    """Rows of the source tasks, which mixtures of different settings share.

    Attributes:
        rows: `(n_tasks, n_configurations)` losses, finite.
        patterns: Same shape: rows divided by their ranges, without their mean over tasks.
        ranges: `(n_tasks,)`, positive.
        encoded: `(n_configurations, n_encoded)` configurations for the kernel.
        squares: `(n_configurations,)` mean squares of the patterns.
    """

    rows: Floats
    patterns: Floats
    ranges: Floats
    encoded: Floats
    squares: Floats

    @classmethod
    def of(cls, rows: Floats, patterns: Floats, ranges: Floats, encoded: Floats) -> SourceRows:
        """Return the rows with the mean squares of their patterns."""
        squares = np.einsum("tc,tc->c", patterns, patterns) / len(rows)
        return cls(rows, patterns, ranges, encoded, np.asarray(squares))

    def seen(self, weights: Floats, observed: Ints, losses: Floats) -> SeenRow:
        """Return the observations of a target, prepared for mixtures of any settings.

        Args:
            weights: `(n_tasks,)` prior weights of the source tasks, non-negative, sum 1.
            observed: `(n,)` indices of configurations, n >= 1.
            losses: `(n,)` their losses; finite.
        """
        return SeenRow(
            weights,
            observed,
            losses,
            np.asarray(weights @ self.rows),
            self.rows[:, observed],
            self.patterns[:, observed].T @ self.patterns / len(self.rows),
            matern52(self.encoded[observed], self.encoded),
        )


@dataclass(frozen=True, slots=True)
class SeenRow:
    """Observations of a target, with what does not depend on the settings of a mixture.

    Attributes:
        weights: `(n_tasks,)` prior weights of the source tasks.
        observed: `(n,)` indices of configurations.
        losses: `(n,)` their losses.
        centre: `(n_configurations,)` weighted mean row.
        there: `(n_tasks, n)` rows at the observed configurations.
        shared: `(n, n_configurations)` covariances of the patterns.
        kernel: `(n, n_configurations)` kernel over hyperparameters.
    """

    weights: Floats
    observed: Ints
    losses: Floats
    centre: Floats
    there: Floats
    shared: Floats
    kernel: Floats


@dataclass(frozen=True, slots=True)
class RowMixture:
    """The mixture before any observation of the target.

    Attributes:
        known: Rows of the source tasks.
        bandwidth: h in (0, 1), the typical distance of a target to its row; 1 = the distance
            between rows.
        level: Standard deviation of the common level, in ranges.
        smooth: Standard deviation of the part with the kernel over hyperparameters (kappa).
        noise: Standard deviation of the independent part of each cell (sigma).
        freedom: Degrees of freedom nu of the t distribution.
        trust: Exponent of the likelihood, at most 1; below 1 because cells are not independent
            given the model.
    """

    known: SourceRows
    bandwidth: float = 0.35
    level: float = 0.2
    smooth: float = 0.1
    noise: float = 0.02
    freedom: float = 5.0
    trust: float = 0.5

    def covariance(self, seen: SeenRow) -> Floats:
        """Return `(n_observed, n_configurations)` of S."""
        covariance = self.bandwidth**2 * seen.shared
        covariance += self.smooth**2 * seen.kernel + self.level**2
        covariance[np.arange(len(seen.observed)), seen.observed] += self.noise**2
        return covariance

    def variance(self) -> Floats:
        """Return `(n_configurations,)`, the diagonal of S."""
        rest = self.smooth**2 + self.level**2 + self.noise**2
        return np.asarray(self.bandwidth**2 * self.known.squares + rest)

    def log_likelihood(self, shared: Floats, observed: Ints, surprise: Floats) -> float:
        """Return the log density of differences from the mean row, up to a constant.

        Args:
            shared: `(n, n)` covariance of the rows behind the mean; it replaces that of
                `patterns`, so that a row can be held out.
            observed: `(n,)` indices of configurations.
            surprise: `(n,)` differences there, in ranges.
        """
        points, n = self.known.encoded[observed], len(observed)
        covariance = self.bandwidth**2 * shared + self.smooth**2 * matern52(points, points)
        covariance += self.level**2 + self.noise**2 * np.eye(n)
        root = np.linalg.cholesky(covariance)
        distance = float((np.linalg.solve(root, surprise) ** 2).sum())
        log_density = -0.5 * (self.freedom + n) * np.log1p(distance / self.freedom)
        return float(log_density - np.log(np.diag(root)).sum())

    def given(self, seen: SeenRow) -> RowPosterior:
        """Return the distribution of the target's row given its observations."""
        n, ranges = len(seen.observed), self.known.ranges
        cross = self.covariance(seen)
        root = np.linalg.cholesky(cross[:, seen.observed])
        # Shrinking rows towards their weighted mean keeps the total covariance unchanged.
        shrink = float(np.sqrt(1.0 - self.bandwidth**2))
        centre_there = seen.centre[seen.observed]
        means_there = centre_there + shrink * (seen.there - centre_there)
        solved = np.linalg.solve(root, np.hstack([cross, (seen.losses - means_there).T]))
        gain, surprise = np.hsplit(solved, [cross.shape[1]])
        surprise /= ranges
        distance = np.einsum("nt,nt->t", surprise, surprise)
        log_likelihood = -0.5 * (self.freedom + n) * np.log1p(distance / self.freedom)
        log_likelihood -= n * np.log(ranges)
        with np.errstate(divide="ignore"):
            logs = np.log(seen.weights) + self.trust * log_likelihood
        posterior = np.exp(logs - logs.max())
        posterior /= posterior.sum()
        keep, shares = _components(posterior, cross.shape[1])
        means = (surprise[:, keep] * ranges[keep]).T @ gain
        means += (1.0 - shrink) * seen.centre
        means += shrink * self.known.rows[keep]
        left = np.maximum(self.variance() - np.einsum("nc,nc->c", gain, gain), 1e-12)
        widen = np.sqrt((self.freedom + distance[keep]) / (self.freedom + n))
        return RowPosterior(
            posterior, keep, shares, means, np.sqrt(left), widen * ranges[keep], ranges[keep]
        )


def _components(weights: Floats, n_configurations: int) -> tuple[Ints, Floats]:
    """Return tasks that stand for a mixture, and their shares, which sum to 1.

    They are all tasks whose weight is not negligible; where these are too many, a systematic
    sample of them by decreasing weight.
    """
    keep = np.flatnonzero(weights > _CUT * weights.max())
    shares = weights[keep] / weights[keep].sum()
    most = max(_LEAST_COMPONENTS, _MOST_CELLS // max(n_configurations, 1))
    if len(keep) <= most:
        return keep, shares
    order = np.argsort(-shares, kind="stable")
    places = (np.arange(most) + 0.5) / most
    drawn = np.searchsorted(np.cumsum(shares[order]), places).clip(max=len(keep) - 1)
    chosen, times = np.unique(drawn, return_counts=True)
    return keep[order[chosen]], times / most


@dataclass(frozen=True, slots=True)
class RowPosterior:
    """A mixture of Gaussians for each cell of the target's row.

    Attributes:
        weights: `(n_tasks,)` posterior weights of the source tasks, sum 1.
        kept: `(n_kept,)` tasks whose components are evaluated.
        shares: `(n_kept,)` their shares, sum 1.
        means: `(n_kept, n_configurations)`.
        spread: `(n_configurations,)` standard deviation in units of `scales`.
        scales: `(n_kept,)` scale of each component.
        ranges: `(n_kept,)` range of losses of each component's task.
    """

    weights: Floats
    kept: Ints
    shares: Floats
    means: Floats
    spread: Floats
    scales: Floats
    ranges: Floats


def expected_row_improvement(posterior: RowPosterior, best: float) -> Floats:
    """Return the expected improvement over the best loss so far, in normalized regret.

    The improvement under a component is divided by the range of losses of its task, because the
    target would have that range if the component were true.

    Args:
        posterior: Distribution of the target's row.
        best: Lowest loss observed.

    Returns:
        `(n_configurations,)`, non-negative.
    """
    per_cell = posterior.shares / posterior.ranges
    total = np.zeros(len(posterior.spread))
    step = max(1, _BLOCK // max(len(total), 1))
    for start in range(0, len(per_cell), step):
        part = slice(start, start + step)
        deviation = posterior.scales[part, None] * posterior.spread
        standard = best - posterior.means[part]
        standard /= deviation
        deviation *= unit_improvement(standard)
        total += per_cell[part] @ deviation
    return total
