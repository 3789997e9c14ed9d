"""The initial design: a recommender's ranking of configurations in a continuous space.

Where tasks share configurations, these are the columns of the matrix that the recommender is
fitted on. Where they share too few (OpenML's random runs), the best configurations of every task
are the candidates, and a model predicts their losses on the other tasks (`densify`, METHODS 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Explains
from metalearn.core.trial import Trial
from metalearn.surrogates.densify import densify
from metalearn.surrogates.kernel_ridge import kernel_ridge
from metalearn.workflows.recommend.floor import degenerate_configurations
from metalearn.workflows.warm_start.adaptive_order import KnownRanking
from metalearn.workflows.warm_start.fitted_ranker import fitted_ranker
from metalearn.workflows.warm_start.stored_runs import StoredRuns

__all__ = ["Design", "common_matrix", "initial_design"]

_SHARED, _MIN_TASKS = 0.2, 2
_N_CANDIDATES = 300
_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Design:
    """The configurations that a recommender ranks first, and its task weights.

    Attributes:
        configurations: Best first, without observed and forbidden ones.
        weights: `(n_tasks,)` weights of the known tasks, sum 1.
        ranking: Ranks the known configurations again after every evaluation; None for `k` = 0,
            or where losses on the known tasks are predicted, not measured.
        notes: How the matrix was computed, and why the list is short.
    """

    configurations: tuple[Configuration, ...]
    weights: Floats
    ranking: KnownRanking | None = None
    notes: tuple[str, ...] = ()


def initial_design(
    sources: StoredRuns,
    meta_features: Floats,
    k: int,
    rng: np.random.Generator,
    *,
    observed: tuple[Trial, ...] = (),
    recommender: str = "default",
) -> Design:
    """Return the first `k` configurations to try, by a recommender over the known tasks.

    Configurations that are worse than the dummy on most known tasks are not listed.

    Args:
        sources: Source tasks with their runs; at least one.
        meta_features: `(n_meta_features,)` of the target, in the order of `sources.described`;
            NaN or empty = unknown.
        k: Length of the list.
        rng: For `densify` and for the recommender.
        observed: Trials already evaluated on the target.
        recommender: Name of the method.
    """
    meta, predicted = common_matrix(sources, rng)
    notes = [predicted] if predicted else []
    ranker = fitted_ranker(recommender, meta, rng)
    degenerate: frozenset[Configuration] = frozenset()
    if sources.floor is not None and not predicted:
        degenerate = degenerate_configurations(meta, sources.floor)
    ranking = KnownRanking(ranker, meta_features, meta.configurations).mapped(
        lambda c: c if c not in degenerate and sources.space.is_allowed(c) else None
    )
    target = ranking.target(observed)
    weights = ranker.task_weights(target) if isinstance(ranker, Explains) else _votes(meta.groups)
    listed = ranking.order(observed)
    if len(listed) < k:
        why = "no other one beats a dummy on most tasks" if degenerate else "no more are known"
        notes.append(f"{len(listed)} configurations instead of {k}: {why}")
    return Design(
        tuple(listed[:k]), weights, ranking if k and not predicted else None, tuple(notes)
    )


def common_matrix(sources: StoredRuns, rng: np.random.Generator) -> tuple[MetaDataset, str]:
    """Return a meta-dataset of tasks x common configurations, with measured or predicted losses.

    Losses are measured if at least half of all runs are of configurations that at least a fifth
    of the tasks (and at least two) ran; else they are predicted at the best configurations of
    every task. Over several algorithms, the measured matrix is that of `recommend`. The second
    value is a note that losses are predicted; empty if they are measured.
    """
    histories = sources.histories
    every = np.concatenate([history.X for history in histories])
    losses = np.concatenate([history.y for history in histories])
    row = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    first, column = _distinct(every)
    enough = max(_MIN_TASKS, int(np.ceil(_SHARED * len(histories))))
    n_tasks_of = np.bincount(column, minlength=len(first))
    shared = n_tasks_of >= min(enough, len(histories))
    if shared[column].mean() >= 0.5 and sources.matrix is not None:
        known = np.isfinite(sources.matrix.losses).any(axis=0)
        return sources.matrix.take(configurations=known), ""
    if shared[column].mean() >= 0.5:
        matrix = np.full((len(histories), len(first)), np.nan)
        matrix[row, column] = losses
        points, matrix, predicted = every[first[shared]], matrix[:, shared], ""
    else:
        points = _best_points(histories)
        model = kernel_ridge(histories, rng)
        dense = densify(histories, points, rng, model=model)
        matrix = dense.losses
        predicted = (
            f"the known tasks share no configurations: losses of {len(points)} configurations "
            f"are predicted (median out-of-bag R2 {np.median(dense.trust):.2f})"
        )
    configurations, kept = _once(sources.space.decode(points))
    described = sources.described
    full = replace(
        described,
        configurations=configurations,
        losses=matrix[:, kept],
        failed=None,  # type: ignore[arg-type]  # None is an input: nothing failed
        runtimes_s=None,  # type: ignore[arg-type]  # None is an input: unknown
    )
    return full, predicted


def _distinct(points: Floats) -> tuple[Ints, Ints]:
    """Return the first index of each distinct row, ascending, and each row's distinct number."""
    rounded = np.round(np.where(np.isnan(points), -1.0, points), _DECIMALS)
    _, first, number = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))
    return np.sort(first), np.asarray(place[number.ravel()], dtype=np.int64)


def _best_points(histories: tuple[History, ...]) -> Floats:
    """Return the best points of every task, equally many of each, at most 300 in total."""
    each = max(1, _N_CANDIDATES // len(histories))
    best = [h.X[np.argsort(h.y, kind="stable")[:each]] for h in histories]
    points = np.concatenate(best)
    first, _ = _distinct(points)
    return np.asarray(points[first[:_N_CANDIDATES]])


def _once(configurations: list[Configuration]) -> tuple[tuple[Configuration, ...], list[int]]:
    """Return the distinct configurations, and the index of the first occurrence of each."""
    places: dict[Configuration, int] = {}
    for i, configuration in enumerate(configurations):
        places.setdefault(configuration, i)
    return tuple(places), list(places.values())


def _votes(groups: Ints) -> Floats:
    """Return equal weights per group; near-duplicates share one weight."""
    _, member, size = np.unique(groups, return_inverse=True, return_counts=True)
    votes = 1.0 / size[member]
    return np.asarray(votes / votes.sum())
