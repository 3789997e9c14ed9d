"""Concordance of tasks: agreement of their order of the evaluated configurations (METHODS 0.5)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["concordance"]


def concordance(losses: Floats, target: Floats) -> Floats:
    """Return for each task the share of the target's ordered pairs that it orders equally.

    Pairs that tie on the target are left out; a pair that ties on the task, or that the task has
    not observed, counts one half. Invariant under increasing maps of a task's losses.

    Args:
        losses: `(n_tasks, n_observed)` losses of the source tasks at the evaluated configurations;
            NaN = not observed.
        target: `(n_observed,)` losses of the target task there; finite.

    Returns:
        `(n_tasks,)` in [0, 1]; one half where the target orders no pair.

    >>> concordance(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]]), np.array([5.0, 6.0]))
    array([1. , 0. , 0.5])
    """
    n = len(target)
    first, second = np.triu_indices(n, 1)
    sign = np.sign(target[second] - target[first])
    ordered = sign != 0
    if not ordered.any():
        return np.full(len(losses), 0.5)
    first, second, sign = first[ordered], second[ordered], sign[ordered]
    signs = np.nan_to_num(np.sign(losses[:, second] - losses[:, first]))
    return np.asarray(0.5 + 0.5 * (signs @ sign) / len(sign))
