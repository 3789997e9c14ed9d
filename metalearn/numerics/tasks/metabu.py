"""A linear map of meta-features after the best configurations of tasks (MetaBu).

Rakotoarison, Milijaona, Rasoanaivo, Sebag & Schoenauer (2022): two tasks are close if their best
configurations are, as sets (Wasserstein distance). Multidimensional scaling places the tasks in a
Euclidean space with these distances, and a linear map of meta-features, which a new task has too,
is fitted to the places. The paper fits the map by fused Gromov-Wasserstein distance to the
distribution of the places. Here each task's place is known, and the map is a ridge regression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from metalearn.core.arrays import Floats
from metalearn.numerics.tasks.classical_scaling import classical_scaling
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles

__all__ = ["MetaBu", "fit_metabu", "top_set_distances"]

_N_BEST, _N_AXES = 20, 10
_RIDGES = (1e-2, 1e-1, 1.0, 1e1, 1e2)


@dataclass(frozen=True, slots=True)
class MetaBu:
    """The map.

    Attributes:
        encoding: Encoding of meta-features.
        centre: `(n_axes,)` mean place.
        slopes: `(n_encoded, n_axes)`.
        ridge: Penalty of smallest leave-one-out error.
    """

    encoding: QuantileScaling
    centre: Floats
    slopes: Floats
    ridge: float

    def apply(self, meta_features: Floats) -> Floats:
        """Return `(n_tasks, n_axes)` places of meta-features `(n_tasks, n_meta_features)`.

        NaN meta-features are allowed.
        """
        return np.asarray(self.encoding.apply(meta_features) @ self.slopes + self.centre)


def top_set_distances(losses: Floats, apart: Floats, n_best: int = _N_BEST) -> Floats:
    """Return `(n_tasks, n_tasks)` Wasserstein distances of the sets of best configurations.

    All sets are of one size, `n_best` or the smallest number of measured losses of a task, so that
    the distance is the mean over an optimal assignment.

    Args:
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
        apart: `(n_configurations, n_configurations)` distances of configurations.
        n_best: Size of a set.
    """
    n = len(losses)
    size = min(n_best, int(np.isfinite(losses).sum(axis=1).min()))
    best = np.argsort(losses, axis=1, kind="stable")[:, :size]
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            cost = apart[np.ix_(best[i], best[j])]
            found[i, j] = found[j, i] = cost[linear_sum_assignment(cost)].mean()
    return found


def fit_metabu(meta_features: Floats, losses: Floats, apart: Floats) -> MetaBu:
    """Return the map fitted on source tasks.

    Args:
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
        apart: `(n_configurations, n_configurations)` distances of configurations.
    """
    encoding = fit_quantiles(meta_features)
    known = encoding.apply(meta_features)
    at = classical_scaling(top_set_distances(losses, apart), _N_AXES)
    centre, middle = at.mean(axis=0), known.mean(axis=0)
    u, values, vt = np.linalg.svd(known - middle, full_matrices=False)
    along = u.T @ (at - centre)

    def error(ridge: float) -> float:
        shrunk = values**2 / (values**2 + ridge)
        leverage = (u**2) @ shrunk + 1.0 / len(at)
        rest = at - centre - u @ (shrunk[:, None] * along)
        return float(((rest / np.maximum(1.0 - leverage, 1e-6)[:, None]) ** 2).sum())

    ridge = min(_RIDGES, key=error)
    slopes = vt.T @ ((values / (values**2 + ridge))[:, None] * along)
    return MetaBu(encoding, centre - middle @ slopes, slopes, ridge)
