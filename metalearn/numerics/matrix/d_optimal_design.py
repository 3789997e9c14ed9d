"""D-optimal experiment design: selects the cells of a row that best determine its factors.

If a row is `columns @ x` plus noise, the confidence ellipsoid of x after evaluating the set S has
a volume proportional to det(sum over S of y y')^(-1/2). OBOE (Yang, Akimoto, Kim & Udell 2019,
section 4.2) solves the relaxed problem (Boyd & Vandenberghe 2004, section 7.5); TensorOboe (Yang,
Fan, Wu & Udell 2020) selects greedily, starting from a pivoted QR factorization, and divides by
cost (METHODS 8.1).
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["greedy_d_optimal", "pivoted_start", "relaxed_d_optimal"]


def pivoted_start(columns: Floats, n: int) -> Ints:
    """Return the first `n` pivots of a QR factorization with column pivoting.

    Args:
        columns: Factors of each configuration, `(n_configurations, rank)`.
        n: Number of pivots; at most the smaller side.
    """
    from scipy.linalg import qr

    pivots = qr(columns.T, mode="r", pivoting=True)[1]
    return np.asarray(pivots[: min(n, *columns.shape)], dtype=np.int64)


def greedy_d_optimal(
    columns: Floats,
    n: int,
    *,
    information: Floats,
    cost: Floats | None = None,
    budget: float = np.inf,
    available: Bools | None = None,
) -> Ints:
    """Return up to `n` configurations, each of largest y' G^-1 y / cost within the budget.

    After each pick G grows by y y', its inverse by a rank-one update, O(n_configurations rank).

    Args:
        columns: Factors y of each configuration, `(n_configurations, rank)`.
        n: Largest number of picks.
        information: G before the first pick, `(rank, rank)`, positive definite: the prior's
            precision (times the noise variance) plus y y' of the evaluated configurations.
        cost: Cost of each, `(n_configurations,)`, positive; 1 if None.
        budget: Largest sum of costs; a configuration that exceeds the rest is skipped.
        available: True where a configuration may be picked, `(n_configurations,)`.

    Returns:
        Indices in the order picked; no index twice.
    """
    price = np.ones(len(columns)) if cost is None else cost
    left = np.ones(len(columns), dtype=np.bool_) if available is None else available.copy()
    solved = np.linalg.solve(information, columns.T)  # G^-1 y of all, (rank, n_configurations)
    spread = np.einsum("ij,ji->i", columns, solved)
    picks: list[int] = []
    while len(picks) < n:
        fits = left & (price <= budget)
        if not fits.any():
            break
        best = int(np.argmax(np.where(fits, spread / price, -np.inf)))
        picks.append(best)
        left[best] = False
        budget -= float(price[best])
        direction, cross = solved[:, best].copy(), columns @ solved[:, best]
        gain = 1.0 + spread[best]
        solved -= np.outer(direction, cross / gain)
        spread = np.maximum(spread - cross**2 / gain, 0.0)
    return np.array(picks, dtype=np.int64)


def relaxed_d_optimal(
    columns: Floats, cost: Floats, budget: float, *, ridge: float = 1e-6
) -> Floats:
    """Return shares v that maximize log det(sum v y y'), 0 <= v <= 1, cost . v <= budget.

    This convex relaxation of OBOE is solved by sequential least squares (SLSQP) with the exact
    gradient y' G^-1 y; for small problems. OBOE evaluates the configurations with v > 0.9.

    Args:
        columns: Factors y of each configuration, `(n_configurations, rank)`.
        cost: Cost of each, `(n_configurations,)`, positive.
        budget: Largest total cost.
        ridge: Added to the diagonal of the information matrix, relative to its mean at v = 1.
    """
    from scipy.optimize import LinearConstraint, minimize

    n, rank = columns.shape
    floor = ridge * float((columns**2).sum()) / rank * np.eye(rank)

    def negative(v: Floats) -> tuple[float, Floats]:
        information = (columns.T * v) @ columns + floor
        solved = np.linalg.solve(information, columns.T)
        value = -float(np.linalg.slogdet(information)[1])
        return value, -np.einsum("ij,ji->i", columns, solved)

    start = np.full(n, min(1.0, budget / float(cost.sum())))
    found = minimize(
        negative,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * n,
        constraints=LinearConstraint(cost[None, :], -np.inf, budget),
        options={"maxiter": 300, "ftol": 1e-10},
    )
    return np.asarray(np.clip(found.x, 0.0, 1.0))
