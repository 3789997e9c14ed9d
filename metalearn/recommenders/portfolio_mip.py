"""The exact best set of a given size, by mixed-integer programming (METHODS 2.3).

Pfisterer, van Rijn, Probst, Mueller & Bischl (2021), in the p-median formulation, whose relaxation
is tighter: choose x in {0, 1} with sum k and assign every task to one chosen configuration.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.errors import InputError, NotEnoughMetaDataError
from metalearn.numerics.set_gain import greedy_order
from metalearn.recommenders.experience import as_scores, experience_of
from metalearn.recommenders.fixed_order import FixedOrder

__all__ = ["PortfolioMIP", "best_set"]


class PortfolioMIP:
    """Lists the optimal set of `size` first, ordered greedily, then what the greedy one adds.

    Exact, hence small: it does not scale beyond some ten thousand cells (tasks times configurations
    that are best for some weighting); use `portfolio` there.

    Args:
        size: Configurations in the optimal set.
        n_cells: Refuse larger problems.
    """

    def __init__(self, size: int = 3, n_cells: int = 100_000) -> None:
        self.size, self.n_cells = size, n_cells

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one order; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task.
            InputError: If the problem is too large to be solved exactly.
        """
        known = experience_of(meta, "portfolio-mip")
        cells = known.utility.size
        if cells > self.n_cells:
            raise InputError(
                f"'portfolio-mip' is exact and solves up to {self.n_cells:,} cells (tasks x "
                f"configurations); the snapshot has {cells:,}. Use 'portfolio', or fewer tasks"
            )
        size = min(self.size, known.n_configurations)
        chosen = best_set(1.0 - known.utility, known.weights, size)
        inside = np.zeros(known.n_configurations, dtype=np.bool_)
        inside[chosen] = True
        first = greedy_order(
            known.utility, known.weights, fallback=known.fallback, available=inside
        )
        rest = greedy_order(
            known.utility,
            known.weights,
            fallback=known.fallback,
            covered=known.utility[chosen].max(axis=0),
            available=~inside,
        )
        return FixedOrder(as_scores(np.concatenate([first, rest]), known.n_configurations))


def best_set(losses: Floats, weights: Floats, size: int) -> Ints:
    """Return the set of `size` rows that minimizes the weighted mean of the column minima.

    Args:
        losses: `(n_configurations, n_tasks)`, finite.
        weights: `(n_tasks,)`, non-negative.
        size: Size of the set, at most `n_configurations`.

    Returns:
        Indices, `(size,)`, ascending.

    Raises:
        NotEnoughMetaDataError: If the solver finds no solution, which a finite matrix rules out.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, vstack

    candidates = _undominated(losses)
    if len(candidates) <= size:
        rest = np.setdiff1d(np.arange(len(losses)), candidates)
        return np.sort(np.concatenate([candidates, rest[: size - len(candidates)]]))
    part = losses[candidates]
    n, n_tasks = part.shape
    # Variables: x (n), then y (n x n_tasks), task-wise assignment.
    y = n + np.arange(n * n_tasks).reshape(n, n_tasks)
    columns = y.T.ravel()
    rows = np.repeat(np.arange(n_tasks), n)
    assigned = coo_array((np.ones(n * n_tasks), (rows, columns)), (n_tasks, n + y.size))
    each = np.arange(n * n_tasks)
    opened = coo_array(
        (
            np.concatenate([np.ones(y.size), -np.ones(y.size)]),
            (np.concatenate([each, each]), np.concatenate([y.ravel(), np.repeat(np.arange(n), n_tasks)])),
        ),
        (y.size, n + y.size),
    )  # fmt: skip
    chosen = coo_array((np.ones(n), (np.zeros(n, dtype=int), np.arange(n))), (1, n + y.size))
    solved = milp(
        np.concatenate([np.zeros(n), (part * weights).ravel()]),
        integrality=np.concatenate([np.ones(n), np.zeros(y.size)]),
        bounds=Bounds(0.0, 1.0),
        constraints=[
            LinearConstraint(vstack([assigned, chosen]).tocsr(),
                             np.append(np.ones(n_tasks), size), np.append(np.ones(n_tasks), size)),
            LinearConstraint(opened.tocsr(), -np.inf, 0.0),
        ],
    )  # fmt: skip
    if solved.x is None:
        raise NotEnoughMetaDataError(
            f"no optimal set of {size} was found: {solved.message}; use 'portfolio' instead"
        )
    return candidates[np.flatnonzero(solved.x[:n] > 0.5)]


def _undominated(losses: Floats) -> Ints:
    """Return the configurations that no other one is at least as good as on every task."""
    keep: list[int] = []
    for i in np.argsort(losses.sum(axis=1), kind="stable"):
        if not any((losses[j] <= losses[i]).all() for j in keep):
            keep.append(int(i))
    return np.sort(np.array(keep, dtype=np.int64))
