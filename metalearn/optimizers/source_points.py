"""Good points of the source tasks, and draws from a warm start, for population methods.

The best tenth of each source history (at least 10 points, METHODS 11.8) is pooled with the weights
of the tasks. These points initialize a swarm, a population, a covariance or TPE's good density.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.warm_start import WarmStart

__all__ = ["PRIOR_SHARE", "drawn_from_prior", "drawn_from_sources", "top_points"]

_TOP_SHARE, _TOP_LEAST = 0.1, 10
_JITTER = 0.05
PRIOR_SHARE = 0.7
"""Probability with which methods that sample at random draw from the prior, not uniformly."""


def top_points(
    warm: WarmStart, share: float = _TOP_SHARE, least: int = _TOP_LEAST
) -> tuple[Floats, Floats]:
    """Return the best points of the source tasks, `(n, n_axes)`, and their weights, `(n,)`.

    Args:
        warm: The warm start; failed evaluations of its sources are left out.
        share: Share of each source that is taken.
        least: Least number of points of each source, as far as it has them.

    Returns:
        Points (NaN = inactive) and weights of sum 1; none without sources of positive weight.
    """
    points, weights = [], []
    for source, weight in zip(warm.sources, warm.weights, strict=True):
        order = np.argsort(source.y, kind="stable")[: int(np.isfinite(source.y).sum())]
        best = order[: max(round(share * len(order)), least)]
        if weight > 0 and len(best):
            points.append(source.X[best])
            weights.append(np.full(len(best), weight / len(best)))
    if not points:
        return np.empty((0, warm.space.n_axes)), np.empty(0)
    together = np.concatenate(weights)
    return np.concatenate(points), together / together.sum()


def drawn_from_prior(
    warm: WarmStart, rng: np.random.Generator, prior_share: float = PRIOR_SHARE
) -> Configuration:
    """Return a draw from the prior with probability `prior_share`, else a uniform one."""
    if warm.prior is not None and rng.random() < prior_share:
        return warm.space.decode(warm.prior.sample_points(1, rng))[0]
    return warm.space.sample(1, rng)[0]


def drawn_from_sources(warm: WarmStart, rng: np.random.Generator) -> Configuration:
    """Return a draw from the prior, else a jittered top point of the sources, else a uniform one.

    The jitter is normal with standard deviation 0.05 on ordered axes of the cube, reflected.
    """
    if warm.prior is not None:
        return drawn_from_prior(warm, rng, 1.0)
    points, weights = top_points(warm)
    if not len(points):
        return warm.space.sample(1, rng)[0]
    point = points[rng.choice(len(points), p=weights)].copy()
    ordered = np.array([axis.is_ordered for axis in warm.space.axes])
    moved = np.abs(point + _JITTER * rng.standard_normal(len(point)))
    point = np.where(ordered, np.where(moved > 1, 2 - moved, moved), point)
    return warm.space.decode(point[None, :])[0]
