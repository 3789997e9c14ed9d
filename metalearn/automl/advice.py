"""Ranks the stored configurations for the user's table, again after every result.

The first ranking needs no evaluation of the table. Learners without probabilities have no log loss
in the store; they are ranked by balanced accuracy on the known tasks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.seams import Explains, Ranker
from metalearn.core.task import TargetTask
from metalearn.learners.tables import Table
from metalearn.numerics.matrix.set_gain import greedy_order

if TYPE_CHECKING:
    from metalearn.metafeatures import MetaFeatures
    from metalearn.store import Store

__all__ = ["Advice", "advice_for"]

_N_BORROWED = 4
_ALSO: dict[str, str] = {"log_loss": "balanced_accuracy"}
"""Metric that ranks the learners without results under the metric of the fit."""


class Advice:
    """The ranking of a recommender for one table, updated with observed losses.

    Args:
        meta: Losses on the known tasks.
        ranker: The fitted recommender.
        target: The table as a target task, with its observed losses.
        fit_s: Expected processor seconds of one fit on all rows, `(n_configurations,)`; NaN where
            unknown.
        borrowed: Configurations ranked by another metric, best first.
        borrowed_s: Their expected seconds.
        features: Meta-features of the table.
        degenerate: Configurations that are worse than the dummy on most known tasks, which
            `order` leaves out.
        notes: What was left out, and why.
    """

    def __init__(
        self,
        meta: MetaDataset,
        ranker: Ranker,
        target: TargetTask,
        fit_s: Floats,
        *,
        borrowed: Sequence[Configuration] = (),
        borrowed_s: Sequence[float] = (),
        features: MetaFeatures | None = None,
        degenerate: Collection[Configuration] = (),
        notes: Sequence[str] = (),
    ) -> None:
        self.meta, self._ranker, self.target = meta, ranker, target
        self.notes = tuple(notes)
        self.borrowed = tuple(borrowed)
        self.features = features
        self._position = {c: j for j, c in enumerate(meta.configurations)}
        self._unlisted = frozenset(self._position[c] for c in degenerate)
        self._seconds = dict(zip(meta.configurations, map(float, fit_s), strict=True))
        self._seconds |= dict(zip(borrowed, map(float, borrowed_s), strict=True))

    def fit_s(self, configuration: Configuration) -> float:
        """Return the expected seconds of a fit on all rows; NaN if unknown."""
        return self._seconds.get(configuration, float("nan"))

    def algorithm_s(self, algorithm: str) -> float:
        """Return the median expected seconds over an algorithm's configurations; NaN if none."""
        found = [
            s for c, s in self._seconds.items() if c.algorithm == algorithm and np.isfinite(s)
        ]
        return float(np.median(found)) if found else float("nan")

    def task_weights(self) -> Floats | None:
        """Return `(n_tasks,)` weights of the known tasks, sum 1; None if the ranker has none."""
        if not isinstance(self._ranker, Explains):
            return None
        return self._ranker.task_weights(self.target)

    def observe(self, configuration: Configuration, loss: float) -> None:
        """Add an observed loss; NaN for a failed evaluation."""
        j = self._position.get(configuration)
        if j is not None and j not in self.target.observed:
            self.target = self.target.tell(j, loss)

    def order(self) -> list[Configuration]:
        """Return the configurations without an observation, best rank first.

        Those that are worse than the dummy on most known tasks are left out.
        """
        scores = self._ranker.score(self.target)
        seen = {*map(int, self.target.observed), *self._unlisted}
        ranked = [int(j) for j in np.argsort(scores, kind="stable")]
        return [self.meta.configurations[j] for j in ranked if j not in seen]


@dataclass(frozen=True)
class _Question:
    table: Table
    store: Store
    metric: str
    request: Any  # workflows.recommend.RecommendRequest


def advice_for(
    table: Table,
    metric: str,
    *,
    kb: Store | str | Path | None = None,
    algorithms: tuple[str, ...] | None = None,
    exclude: tuple[str, ...] = (),
    feature_budget_s: float = 10.0,
    seed: int = 0,
    recommender: str | None = None,
) -> Advice:
    """Return the ranking of a store's configurations for a table.

    Args:
        table: The table.
        metric: A metric of the store.
        kb: The store, its path, or None for the default one.
        algorithms: Only these algorithms.
        exclude: Known tasks to leave out.
        feature_budget_s: Seconds that computing meta-features may take.
        seed: Seed of the recommender.
        recommender: Name of the one that ranks; None for the default.

    Raises:
        NotEnoughMetaDataError: If the store has too few results for the kind of task and metric.
        StoreError: If the store cannot be read.
    """
    from metalearn.store import opened_store
    from metalearn.workflows.recommend.ask import RecommendRequest

    request = RecommendRequest(
        metric=metric, algorithms=algorithms, exclude=exclude, seed=seed, recommender=recommender
    )
    with opened_store(kb) as store:
        return _advice(_Question(table, store, metric, request), feature_budget_s)


def _advice(question: _Question, feature_budget_s: float) -> Advice:
    from metalearn.metafeatures import extract
    from metalearn.workflows.recommend.ask import DEFAULT_RECOMMENDER, target_task
    from metalearn.workflows.recommend.floor import degenerate_configurations
    from metalearn.workflows.recommend.known import fitted_for, known_for

    table, request = question.table, question.request
    known = known_for(question.store, table.kind, metric_named(question.metric), request)
    found = extract(table.X, table.y, kind=table.kind, time_budget_s=feature_budget_s)
    meta = known.imputed
    target, _ = target_task(table, meta, request, found)
    name = request.recommender or DEFAULT_RECOMMENDER
    ranker = fitted_for(known, name, request.seed).ranker
    weights = ranker.task_weights(target) if isinstance(ranker, Explains) else None
    borrowed, borrowed_s = _borrowed(question, meta, weights)
    return Advice(
        meta,
        ranker,
        target,
        known.expected_seconds(table),
        borrowed=borrowed,
        borrowed_s=borrowed_s,
        features=found,
        degenerate=degenerate_configurations(known.meta, known.floor),
        notes=known.notes,
    )


def _borrowed(
    question: _Question, meta: MetaDataset, weights: Floats | None
) -> tuple[list[Configuration], list[float]]:
    """Return a short portfolio of learners without results under the metric, and its seconds."""
    from metalearn.recommenders.prepared_meta import prepared_meta
    from metalearn.workflows.recommend.known import known_for

    also = _ALSO.get(question.metric)
    if also is None or weights is None:
        return [], []
    found = known_for(question.store, question.table.kind, metric_named(also), question.request)
    known = found.meta
    have = {c.algorithm for c in meta.configurations}
    others = np.array([c.algorithm not in have for c in known.configurations])
    others &= ~found.is_degenerate
    if not others.any():
        return [], []
    prepared = prepared_meta(known.with_failures_imputed(), "borrowed")
    by_key = {task.key: w for task, w in zip(meta.tasks, weights, strict=True)}
    votes = np.array([by_key.get(task.key, 0.0) for task in known.tasks])
    if votes.sum() <= 0:
        votes = prepared.weights
    chosen = greedy_order(
        prepared.utility, votes, fallback=prepared.fallback, available=others, n=_N_BORROWED
    )[:_N_BORROWED]
    seconds = found.expected_seconds(question.table)
    return [known.configurations[j] for j in chosen], [float(seconds[j]) for j in chosen]
