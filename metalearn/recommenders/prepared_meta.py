"""Meta-data ready for recommenders: missing cells and failures imputed, one weight per task.

A failed evaluation has the worst loss of its task (`metalearn.core.failures`). A missing regret is
the configuration's mean over tasks, shrunk and somewhat worse (`metalearn.numerics.imputation`).
Tasks whose losses are all equal have weight 0 (D4); near-duplicates share one vote (2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.failures import failures_imputed
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.errors import NotEnoughMetaDataError
from metalearn.numerics.imputation import imputed_regret
from metalearn.numerics.statistics.ranks import mean_rank_utility
from metalearn.numerics.statistics.regret import constant_rows

__all__ = [
    "Measured",
    "PreparedMeta",
    "as_scores",
    "measured",
    "prepared_meta",
]

_TASKS_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class PreparedMeta:
    """Meta-data ready for recommenders: losses, utilities, and one weight per task.

    Attributes:
        losses: `(n_tasks, n_configurations)`; failures have the task's worst; NaN = not observed.
        utility: `(n_configurations, n_tasks)`, 1 - normalized regret; missing cells imputed.
        weights: Task weights `(n_tasks,)`, non-negative, sum 1; near-duplicates share one weight.
        fallback: Minus the mean rank utility, `(n_configurations,)`; lower first.
    """

    losses: Floats
    utility: Floats
    weights: Floats
    fallback: Floats

    @property
    def n_configurations(self) -> int:
        """Number of configurations."""
        return len(self.fallback)


def prepared_meta(meta: MetaDataset, method: str) -> PreparedMeta:
    """Return the losses, utilities and task weights of `meta`.

    Args:
        meta: The known tasks.
        method: Name of the recommender, for the error message.

    Raises:
        NotEnoughMetaDataError: If there is no task or no configuration.
    """
    if meta.n_tasks == 0 or meta.n_configurations == 0:
        raise NotEnoughMetaDataError(
            f"{method!r} needs at least one task and one configuration with metric "
            f"{meta.metric.name!r}; the snapshot has {meta.n_tasks} and {meta.n_configurations}. "
            f"Evaluate some (metalearn collect) or import some (metalearn import) first"
        )
    losses = meta.with_failures_imputed().losses
    weights = _votes(meta.groups, constant_rows(losses))
    mean_utility = mean_rank_utility(losses, weights)
    return PreparedMeta(
        losses,
        _utility(imputed_regret(losses)),
        weights,
        np.round(-mean_utility, 9),  # treats values equal up to rounding as ties
    )


def _utility(regret: Floats) -> Floats:
    """Return 1 - regret, `(n_configurations, n_tasks)`; some tasks at a time, to use the cache."""
    utility = np.empty(regret.shape[::-1])
    for start in range(0, len(regret), _TASKS_AT_ONCE):
        part = slice(start, start + _TASKS_AT_ONCE)
        np.subtract(1.0, regret[part].T, out=utility[:, part])
    return utility


def _votes(groups: Ints, undecided: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    _, member, size = np.unique(groups, return_inverse=True, return_counts=True)
    votes = np.where(undecided, 0.0, 1.0 / size[member])
    if votes.sum() == 0.0:
        votes = 1.0 / size[member]
    return np.asarray(votes / votes.sum())


@dataclass(frozen=True, slots=True)
class Measured:
    """The evaluations of the target task.

    Attributes:
        indices: `(n,)` evaluated configurations, in order of evaluation.
        losses: `(n,)`, finite; a failure has the worst measured loss (0 if all failed).
        failed: `(n,)`, whether the evaluation failed.
    """

    indices: Ints
    losses: Floats
    failed: np.ndarray[tuple[int], np.dtype[np.bool_]]


def measured(target: TargetTask) -> Measured:
    """Return the target's evaluations with failures imputed."""
    failed = ~np.isfinite(target.observed_losses)
    return Measured(target.observed, failures_imputed(target.observed_losses), failed)


def as_scores(order: Ints, n: int) -> Floats:
    """Return `(n,)` scores: positions in `order`, lower first; configurations not listed get `n`.

    >>> as_scores(np.array([2, 0]), 3)
    array([1., 3., 0.])
    """
    scores = np.full(n, float(n))
    scores[order] = np.arange(len(order))
    return scores
