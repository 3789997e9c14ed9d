"""Tunability from predicted scores: gains over a default (Probst et al. 2019).

Probst, Boulesteix, Bischl, "Tunability: importance of hyperparameters of machine learning
algorithms", JMLR 20 (2019), section 3. The formulas are for arrays of scores, larger is better, as
in the paper; `metalearn.importance.tunability` applies them to surrogates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["Interval", "gains", "interaction", "joint_gain", "mean_interval", "numeric_range",
           "stays_at_default", "usual_levels"]  # fmt: skip

_FEW_TASKS = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over tasks with its confidence interval; NaN with fewer than two tasks."""

    mean: float
    low: float
    high: float
    n_tasks: int


def gains(default_score: Floats, best_score: Floats) -> Floats:
    """Return the tunability of items, `best - default` on each task.

    Args:
        default_score: `(n_tasks,)` score of the reference configuration.
        best_score: `(n_tasks, n_items)` or `(n_tasks,)` best score when only the item is tuned.
    """
    return np.asarray((best_score.T - default_score).T)


def joint_gain(pair: Floats, first: Floats, second: Floats) -> Floats:
    """Return the gain of tuning a pair over tuning its better part alone (section 3.4)."""
    return np.asarray(pair - np.maximum(first, second))


def interaction(pair: Floats, first: Floats, second: Floats) -> Floats:
    """Return the gain of tuning a pair minus the gains of tuning each part alone."""
    return np.asarray(pair - first - second)


def mean_interval(values: Floats, *, level: float = 0.95) -> Interval:
    """Return the mean over tasks and its t-interval; NaN tasks are left out."""
    from scipy.stats import t

    finite = values[np.isfinite(values)]
    n = len(finite)
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    mean = float(finite.mean())
    if n == 1:
        return Interval(mean, float("nan"), float("nan"), 1)
    half = float(t.ppf((1 + level) / 2, n - 1)) * float(finite.std(ddof=1)) / n**0.5
    return Interval(mean, mean - half, mean + half, n)


def stays_at_default(risk: Floats, margin: float, *, alpha: float = 0.05) -> bool:
    """Return whether leaving a hyperparameter at its default is not inferior to tuning it.

    Weerts, Mueller, Vanschoren, "Importance of tuning hyperparameters of machine learning
    algorithms" (2018/2020): the one-sided upper confidence bound of the mean loss over tasks must
    lie below the margin.

    Args:
        risk: `(n_tasks,)` score lost by not tuning the hyperparameter; NaN is left out.
        margin: Largest acceptable loss of score.
        alpha: One-sided error rate.
    """
    found = mean_interval(risk, level=1 - 2 * alpha)
    return bool(found.n_tasks > 1 and found.high < margin)


def numeric_range(optima: Floats, *, low: float = 0.05, high: float = 0.95) -> tuple[float, float]:
    """Return the quantiles of the best values over tasks (section 3.5); NaN = inactive there.

    With fewer than 10 tasks they are NaN; use the full range then.
    """
    finite = optima[np.isfinite(optima)]
    if len(finite) < _FEW_TASKS:
        return float("nan"), float("nan")
    ends = np.quantile(finite, [low, high])
    return float(ends[0]), float(ends[1])


def usual_levels(optima: Sequence[object], *, least: float = 0.05) -> list[tuple[object, float]]:
    """Return the categories that are best on more than a share of tasks, with their shares."""
    known = [value for value in optima if value is not None]
    # 1, 1.0 and True are equal in Python, so the type is part of a level.
    counted = Counter((type(value), value) for value in known)
    shares = [(value, n / len(known)) for (_, value), n in counted.items()]
    kept = [(value, share) for value, share in shares if share > least]
    return sorted(kept, key=lambda pair: -pair[1])
