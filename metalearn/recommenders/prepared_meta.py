"""What recommenders take from a meta-dataset: regrets without holes, and whom to count how much.

Failed evaluations count as their task's worst loss, holes as a cautious guess (METHODS D3); tasks
without preference count nothing (D4), near-duplicates share one vote (2.2).
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

__all__ = ["Measured", "PreparedMeta", "as_scores", "measured", "prepared_meta"]


@dataclass(frozen=True, slots=True)
class PreparedMeta:
    """The known tasks, ready for arithmetic.

    Attributes:
        losses: `(n_tasks, n_configurations)`; failures hold the task's worst; NaN = not observed.
        utility: `(n_configurations, n_tasks)`, 1 - normalized regret; holes hold a guess.
        weights: `(n_tasks,)`, non-negative, sum 1: one vote per group of near-duplicates.
        fallback: `(n_configurations,)`, lower first: minus the mean rank utility.
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
    """Return what `meta` knows.

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
        np.ascontiguousarray(1.0 - fill_holes(normalized_regret(losses)).T),
        weights,
        np.round(-mean_utility(ranks, weights), 9),  # equal up to rounding is equal
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
        indices: `(n,)` configurations evaluated, in order.
        losses: `(n,)`, finite: a failure holds the worst loss told (0 if all failed).
        failed: `(n,)`: which failed.
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


def as_scores(order: Ints, n: int) -> Floats:
    """Return `(n,)` scores: the position in `order`, lower first; what is not listed comes last.

    >>> as_scores(np.array([2, 0]), 3)
    array([1., 3., 0.])
    """
    scores = np.full(n, float(n))
    scores[order] = np.arange(len(order))
    return scores
