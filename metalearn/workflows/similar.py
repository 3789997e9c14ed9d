"""`similar`: known tasks that resemble a table, the meta-features in which they agree, and a map.

The order is that of the task weights of the default recommender (forest proximity), the same
weights that `recommend` shows as evidence. Meta-features in which two tasks agree or differ, and
the map, come from the weighted distance of `tasks.similarity`; the weights are learned from
performance. That distance also breaks ties of the task weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Task
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.numerics.tasks.similarity import TaskSimilarity, classical_map, fit_similarity
from metalearn.recommenders.meta_prior import fit_meta_prior
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.workflows.openml_qualities import vector_of
from metalearn.workflows.recommend.ask import RecommendRequest, known_meta_dataset
from metalearn.workflows.recommend.metric_choice import known_metric, stored_metric

if TYPE_CHECKING:
    from metalearn.learners.tables import Table
    from metalearn.store import Store

__all__ = ["Compared", "Neighbour", "SimilarTasks", "similar_tasks", "similar_to"]

_FEATURE_BUDGET_S = 10.0
_N_REASONS = 3
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Compared:
    """One meta-feature of the new task and of a known one.

    Attributes:
        name: Name of the meta-feature.
        here: Its value for the new task.
        there: Its value for the known task; NaN = unknown.
        distance: Its contribution to the distance.
        usual: Its mean contribution over the known tasks.
    """

    name: str
    here: float
    there: float
    distance: float
    usual: float

    def __str__(self) -> str:
        return f"{self.name} ({_short(self.here)}, {_short(self.there)})"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A known task near the new one.

    Attributes:
        task: The known task.
        similarity: Weight of the task relative to the most similar one, in [0, 1], as in the
            evidence of `recommend`.
        distance: Weighted mean distance of the scaled meta-features.
        closer: Meta-features that bring it nearer than usual, strongest first.
        apart: Meta-features that keep it away, strongest first.
    """

    task: Task
    similarity: float
    distance: float
    closer: tuple[Compared, ...]
    apart: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class SimilarTasks:
    """Result of `similar`.

    Attributes:
        task: The new task.
        neighbours: The most similar known tasks, the most similar first.
        known: All known tasks compared with it.
        distances: Their distances, `(n_tasks,)`.
        places: `(n_tasks + 1, 2)` positions on the map; the new task is the last row.
        snapshot: Digest of the snapshot of the store.
        is_learned: Whether the weights of the meta-features are learned from performance.
    """

    task: Task
    neighbours: tuple[Neighbour, ...]
    known: tuple[Task, ...]
    distances: Floats
    places: Floats
    snapshot: str
    is_learned: bool

    def document(self) -> Mapping[str, object]:
        """Return the JSON document."""
        return {
            "task": self.task.to_dict(),
            "snapshot": self.snapshot,
            "weights": "learned from performance" if self.is_learned else "equal",
            "n_known": len(self.known),
            "place": self.places[-1].tolist(),
            "neighbours": [
                {
                    "task": near.task.name,
                    "key": near.task.key,
                    "similarity": near.similarity,
                    "distance": near.distance,
                    "place": self.places[self.known.index(near.task)].tolist(),
                    "closer": [_plain(item) for item in near.closer],
                    "apart": [_plain(item) for item in near.apart],
                }
                for near in self.neighbours
            ],
        }


def _short(value: float) -> str:
    """Return a number in three digits; unknown is a dash, rounding noise is 0."""
    if not np.isfinite(value):
        return "-"
    return "0" if abs(value) < _NOISE else f"{value:.3g}"


def _plain(item: Compared) -> dict[str, object]:
    there = item.there if np.isfinite(item.there) else None
    return {
        "meta_feature": item.name,
        "here": item.here,
        "there": there,
        "distance": item.distance,
        "usual_distance": item.usual,
    }


def similar_tasks(
    table: Table, store: Store, *, n: int = 10, metric: str | None = None
) -> SimilarTasks:
    """Return the known tasks of a store that are most similar to a table.

    Raises:
        NotEnoughMetaDataError: If the store has too few tasks of this kind with meta-features.
        UsageError: If `n` is less than 1.
    """
    from metalearn.metafeatures import extract

    if metric is None:
        chosen, _ = stored_metric(store, table.kind)
    else:
        chosen = known_metric(store, table.kind, metric)
    meta, _ = known_meta_dataset(store, table.kind, chosen, RecommendRequest())
    found = extract(table.X, table.y, kind=table.kind, time_budget_s=_FEATURE_BUDGET_S)
    features = vector_of(meta.meta_feature_names, found.values, table.kind)
    return similar_to(table.task(), features, meta, n=n)


def similar_to(task: Task, features: Floats, meta: MetaDataset, *, n: int = 10) -> SimilarTasks:
    """Return the known tasks that are most similar to a task with these meta-features.

    Args:
        task: The new task.
        features: `(n_meta_features,)` in the order of the meta-dataset; NaN = unknown.
        meta: The known tasks of the same kind. The forest is fitted on all of them; those with
            meta-features are compared.
        n: Number of neighbours to list.

    Raises:
        NotEnoughMetaDataError: If fewer than two known tasks have meta-features.
        UsageError: If `n` is less than 1.
    """
    if n < 1:
        raise UsageError(f"n must be at least 1, got {n}")
    described = np.flatnonzero(np.isfinite(meta.meta_features).any(axis=1))
    if len(described) < 2:
        raise NotEnoughMetaDataError(
            f"similar tasks need at least 2 {task.kind} tasks with meta-features; the snapshot "
            f"has {len(described)}. Collect some (metalearn collect TABLES), or name another store"
        )
    weights = _task_weights(features, meta)[described]
    meta = meta.take(tasks=described)
    similarity = fit_similarity(meta.meta_features, meta.losses)
    parts = similarity.parts(features)
    distances = parts.sum(axis=1)
    order = np.lexsort((distances, -weights))[:n]
    return SimilarTasks(
        task=task,
        neighbours=tuple(
            _neighbour(meta, similarity, features, parts, float(weights[t]), int(t)) for t in order
        ),
        known=meta.tasks,
        distances=distances,
        places=_places(similarity, distances),
        snapshot=meta.snapshot,
        is_learned=similarity.is_learned,
    )


def _neighbour(
    meta: MetaDataset,
    similarity: TaskSimilarity,
    features: Floats,
    parts: Floats,
    weight: float,
    t: int,
) -> Neighbour:
    usual = parts.mean(axis=0)
    gain = usual - parts[t]

    def compared(columns: Ints | Sequence[int]) -> tuple[Compared, ...]:
        return tuple(
            Compared(
                meta.meta_feature_names[similarity.used[k]],
                float(features[similarity.used[k]]),
                float(meta.meta_features[t, similarity.used[k]]),
                float(parts[t, k]),
                float(usual[k]),
            )
            for k in columns
        )

    best = np.argsort(-gain, kind="stable")[:_N_REASONS]
    worst = np.argsort(gain, kind="stable")[:_N_REASONS]
    return Neighbour(
        meta.tasks[t],
        weight,
        float(parts[t].sum()),
        compared([k for k in best if gain[k] > 0]),
        compared([k for k in worst if gain[k] < 0]),
    )


def _task_weights(features: Floats, meta: MetaDataset) -> Floats:
    """Return the task weights of the default recommender, the largest is 1; `(n_tasks,)`."""
    meta = meta.with_failures_imputed().with_outliers_clipped()
    rng = np.random.default_rng(0)  # the seed of `recommend`
    prior = fit_meta_prior(meta, prepared_meta(meta, "similar"), rng)
    weights = prior.weights(features)
    return np.round(weights / (float(weights.max()) or 1.0), 4)


def _places(similarity: TaskSimilarity, distances: Floats) -> Floats:
    n = len(distances)
    joint = np.zeros((n + 1, n + 1))
    joint[:n, :n] = similarity.between()
    joint[n, :n] = joint[:n, n] = distances
    return classical_map(joint)
