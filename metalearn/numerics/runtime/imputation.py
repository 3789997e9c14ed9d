"""Runtimes of source tasks with missing cells imputed (METHODS 2.1, 2.2)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.errors import NotEnoughMetaDataError

__all__ = ["complete_runtimes", "relative_costs"]


def complete_runtimes(runtimes_s: Floats, method: str) -> Floats:
    """Return runtimes with missing cells imputed from row and column medians.

    The logarithm of a runtime is modelled as task effect + configuration effect, both medians.
    Zeros, which coarse clocks report, become the smallest positive runtime.

    Args:
        runtimes_s: `(n_tasks, n_configurations)` seconds; NaN = unknown.
        method: Name of the recommender, for the error message.

    Returns:
        Same shape, positive, finite.

    Raises:
        NotEnoughMetaDataError: If no positive runtime is known.
    """
    positive = np.isfinite(runtimes_s) & (runtimes_s > 0)
    if not positive.any():
        raise NotEnoughMetaDataError(
            f"{method!r} needs at least one evaluation with a runtime; the snapshot has none. "
            f"Collect with runtimes, or use the recommender 'portfolio'"
        )
    least = runtimes_s[positive].min()
    logs = np.log(np.maximum(np.where(np.isfinite(runtimes_s), runtimes_s, least), least))
    logs = np.where(np.isfinite(runtimes_s), logs, np.nan)
    by_task = _median(logs, 1, float(np.median(logs[np.isfinite(logs)])))[:, None]
    by_configuration = _median(logs - by_task, 0, 0.0)
    return np.exp(np.where(np.isnan(logs), by_task + by_configuration, logs))


def relative_costs(runtimes_s: Floats) -> Floats:
    """Return `(n_configurations,)` medians over tasks of the runtime over the task's median.

    Args:
        runtimes_s: `(n_tasks, n_configurations)`, positive, no missing cell.
    """
    return np.asarray(np.median(runtimes_s / np.median(runtimes_s, axis=1)[:, None], axis=0))


def _median(values: Floats, axis: int, otherwise: float) -> Floats:
    known = np.isfinite(values).any(axis=axis)
    result = np.full(known.shape, otherwise)
    part = values[known] if axis == 1 else values[:, known]
    result[known] = np.nanmedian(part, axis=axis)
    return result
