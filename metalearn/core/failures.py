"""The loss of a failed evaluation: the worst loss measured on its task (METHODS D3).

A failed evaluation was made and gave no loss. A missing cell was never evaluated; for missing
cells see `metalearn.numerics.imputation`.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats

__all__ = ["failures_imputed"]


def failures_imputed(
    losses: Floats, failed: Bools | None = None, *, unmeasured: float = 0.0
) -> Floats:
    """Return losses in which every failed evaluation has the worst loss of its row.

    Args:
        losses: `(..., n)`, one row per task; NaN or infinite = no loss.
        failed: Same shape, which evaluations failed; None = all that have no finite loss. Cells
            with a finite loss never change.
        unmeasured: Loss of failures in a row without any finite loss; NaN leaves them missing.

    Returns:
        Same shape; cells that did not fail are unchanged.

    >>> failures_imputed(np.array([[0.25, np.nan, 0.75], [np.nan, np.nan, np.nan]]))
    array([[0.25, 0.75, 0.75],
           [0.  , 0.  , 0.  ]])
    """
    finite = np.isfinite(losses)
    worst = np.where(finite, losses, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
    worst = np.where(np.isfinite(worst), worst, unmeasured)
    kept = finite if failed is None else finite | ~failed
    return np.where(kept, losses, worst)
