"""The exact best set of a given size, by mixed-integer programming (METHODS 2.3).

Pfisterer, van Rijn, Probst, Mueller & Bischl (2021), in the p-median formulation, whose relaxation
is tighter: choose x in {0, 1} with sum k and assign every task to one chosen configuration.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.errors import InputError, NotEnoughMetaDataError
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import as_scores, prepared_meta

__all__ = ["PortfolioMIP", "best_set"]


class PortfolioMIP:
    """Lists the optimal set of `size` in greedy order, then greedy additions to it.

    The exact solution does not scale beyond some ten thousand cells (tasks times undominated
    configurations); use `portfolio` there.

    Args:
        size: Number of configurations in the optimal set.
        n_cells: Maximum number of cells; larger problems raise an error.

    Overview:
        idea: the exact best small set
        adapts: no
        needs: up to 100,000 cells; does not scale
    """

    def __init__(self, size: int = 3, n_cells: int = 100_000) -> None:
        self.size, self.n_cells = size, n_cells

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one fixed order; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task.
            InputError: If the problem is too large to be solved exactly.
        """
        known = prepared_meta(meta, "portfolio-mip")
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
    candidates = _undominated(losses)
    if len(candidates) <= size:
        rest = np.setdiff1d(np.arange(len(losses)), candidates)
        return np.sort(np.concatenate([candidates, rest[: size - len(candidates)]]))
    return candidates[_p_median(losses[candidates] * weights, size)]


def _p_median(costs: Floats, size: int) -> Ints:
    """Solve min sum_ij c_ij y_ij, y_ij <= x_i, sum_i y_ij = 1, sum_i x_i = size."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, csr_array, eye_array, hstack, kron

    n, n_tasks = costs.shape  # variables: x (n), then y row by row (n x n_tasks)
    ones_row = coo_array(np.ones((1, n)))
    no_x = coo_array((n_tasks, n))
    once = hstack([no_x, kron(ones_row, eye_array(n_tasks))])
    how_many = hstack([ones_row, coo_array((1, n * n_tasks))])
    only_chosen = hstack([-kron(eye_array(n), np.ones((n_tasks, 1))), eye_array(n * n_tasks)])
    solved = milp(
        np.concatenate([np.zeros(n), costs.ravel()]),
        integrality=np.concatenate([np.ones(n), np.zeros(n * n_tasks)]),
        bounds=Bounds(0.0, 1.0),
        constraints=[
            LinearConstraint(csr_array(once), 1.0, 1.0),
            LinearConstraint(csr_array(how_many), size, size),
            LinearConstraint(csr_array(only_chosen), -np.inf, 0.0),
        ],
    )
    if solved.x is None:
        raise NotEnoughMetaDataError(
            f"no optimal set of {size} was found: {solved.message}; use 'portfolio' instead"
        )
    return np.flatnonzero(solved.x[:n] > 0.5)


def _undominated(losses: Floats) -> Ints:
    """Return the configurations that no other one equals or beats on every task."""
    keep: list[int] = []
    for i in np.argsort(losses.sum(axis=1), kind="stable"):
        if not any((losses[j] <= losses[i]).all() for j in keep):
            keep.append(int(i))
    return np.sort(np.array(keep, dtype=np.int64))
