"""Meta-data ready for recommenders: missing cells and failures imputed, one weight per task.

This module names the rules for cells without a loss; recommenders and workflows call them here.

- A failed evaluation of a known task has the task's worst observed loss
  (`MetaDataset.with_failures_imputed`, METHODS D3); one of the target has the worst loss measured
  there (`measured`).
- A missing regret is the configuration's mean, shrunk to the overall mean, plus half a standard
  deviation (`imputed_regret`): recommenders and row mixtures use this one.
- A missing loss is task effect plus configuration effect (`additive_imputation`): the expected
  score, which keeps the unit of the loss, uses this one.

Tasks whose losses are all equal have weight 0 (D4); near-duplicates share one vote (2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.errors import NotEnoughMetaDataError
from metalearn.numerics.statistics.ranks import mean_utility, rank_rows, rank_utility
from metalearn.numerics.statistics.regret import constant_rows, fill_holes, normalized_regret

__all__ = [
    "Measured",
    "PreparedMeta",
    "additive_imputation",
    "as_scores",
    "imputed_regret",
    "measured",
    "prepared_meta",
]


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
    ranks = rank_utility(rank_rows(losses))
    return PreparedMeta(
        losses,
        np.ascontiguousarray(1.0 - imputed_regret(losses).T),
        weights,
        np.round(-mean_utility(ranks, weights), 9),  # treats values equal up to rounding as ties
    )


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
    known = target.observed_losses[~failed]
    worst = known.max() if len(known) else 0.0
    return Measured(target.observed, np.where(failed, worst, target.observed_losses), failed)


def imputed_regret(losses: Floats) -> Floats:
    """Return normalized regret with missing cells imputed (METHODS 2.2, D3).

    Args:
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
    """
    return fill_holes(normalized_regret(losses))


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
    for _ in range(5):
        task = np.where(known, losses - center - effect, 0.0).sum(axis=1) / np.maximum(rows, 1)
        gap = np.where(known, losses - center - task[:, None], 0.0).sum(axis=0)
        effect = gap / (columns + 1.0)
    filled = np.where(known, losses, center + task[:, None] + effect)
    filled[:, columns == 0] = np.nan
    return np.asarray(filled)


def as_scores(order: Ints, n: int) -> Floats:
    """Return `(n,)` scores: positions in `order`, lower first; configurations not listed get `n`.

    >>> as_scores(np.array([2, 0]), 3)
    array([1., 3., 0.])
    """
    scores = np.full(n, float(n))
    scores[order] = np.arange(len(order))
    return scores
