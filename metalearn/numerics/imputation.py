"""Missing cells of tasks x configurations: one rule for each quantity that is modelled.

The rules differ because the quantities do.

- Normalized regret compares tasks, so a missing cell gets the configuration's mean over tasks,
  shrunk and somewhat worse (`shrunk_imputation`; `imputed_regret` starts from losses).
- A loss in its own unit also depends on how hard the task is: task effect plus configuration
  effect (`additive_imputation`).
- Runtimes differ by orders of magnitude and have outliers: the same sum for their logarithms, with
  medians (`runtime_imputation`).

A failed evaluation is not a missing cell; it has the worst loss of its task
(`metalearn.core.failures`). Models that complete a matrix themselves leave missing cells out of
their fit: `metalearn.numerics.matrix` and, for tasks that share no configuration,
`metalearn.surrogates.densify`.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.errors import NotEnoughMetaDataError
from metalearn.numerics.statistics.regret import normalized_regret

__all__ = ["additive_imputation", "imputed_regret", "runtime_imputation", "shrunk_imputation"]


def imputed_regret(losses: Floats) -> Floats:
    """Return normalized regret with missing cells imputed (METHODS 2.2, D3).

    Args:
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
    """
    return shrunk_imputation(normalized_regret(losses))


def shrunk_imputation(regret: Floats, *, prior: float = 5.0, caution: float = 0.5) -> Floats:
    """Return regrets with missing cells imputed, somewhat above their mean (METHODS 2.2, D3).

    A missing cell gets the configuration's mean, shrunk towards the overall mean by `prior` tasks,
    plus `caution` standard deviations. A configuration thus is neither good because it is unknown
    nor bad because it is rarely run.

    Args:
        regret: `(n_tasks, n_configurations)` in [0, 1]; NaN = not observed.
        prior: Number of tasks that the overall mean counts for.
        caution: Standard deviations by which an imputed cell is worse than its mean.

    Returns:
        Same shape without NaN; the input itself if no cell is missing.
    """
    known = np.isfinite(regret)
    if known.all():
        return regret
    n = known.sum(axis=0)
    values = np.where(known, regret, 0.0)
    overall = values.sum() / max(int(known.sum()), 1) if known.any() else 0.5
    mean = (values.sum(axis=0) + prior * overall) / (n + prior)
    square = (np.where(known, (regret - mean) ** 2, 0.0)).sum(axis=0)
    spread = np.sqrt((square + prior * 0.25**2) / (n + prior))
    return np.where(known, regret, np.clip(mean + caution * spread, 0.0, 1.0))


def additive_imputation(losses: Floats) -> Floats:
    """Return losses with missing cells imputed by task effect + configuration effect.

    The effects are least-squares fits by five rounds of alternating means; the effect of a
    configuration is shrunk by one task. The input itself is returned if nothing is missing.

    Args:
        losses: `(n_tasks, n_configurations)`; NaN = not observed.

    Returns:
        Same shape; a column without any observed loss stays NaN.
    """
    known = np.isfinite(losses)
    if known.all():
        return losses
    rows, columns = known.sum(axis=1), known.sum(axis=0)
    values = np.where(known, losses, 0.0)
    center = values.sum() / max(known.sum(), 1)
    task = np.zeros(len(losses))
    effect = np.zeros(losses.shape[1])
    counted = known.astype(np.float64)
    above = np.where(known, losses - center, 0.0)
    by_task, by_configuration = above.sum(axis=1), above.sum(axis=0)
    for _ in range(5):
        task = (by_task - counted @ effect) / np.maximum(rows, 1)
        effect = (by_configuration - task @ counted) / (columns + 1.0)
    filled = np.where(known, losses, center + task[:, None] + effect)
    filled[:, columns == 0] = np.nan
    return np.asarray(filled)


def runtime_imputation(runtimes_s: Floats, method: str) -> Floats:
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


def _median(values: Floats, axis: int, otherwise: float) -> Floats:
    known = np.isfinite(values).any(axis=axis)
    result = np.full(known.shape, otherwise)
    part = values[known] if axis == 1 else values[:, known]
    result[known] = np.nanmedian(part, axis=axis)
    return result
