"""`similar`: known tasks that resemble a table, the meta-features in which they agree, and a map.

The order is that of the task weights of the default recommender (forest proximity), the same
weights that `recommend` shows as evidence. Meta-features in which two tasks agree or differ, and
the map, come from the weighted distance of `tasks.similarity`; the weights are learned from
performance. That distance also breaks ties of the task weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.json_numbers import finite_or_null
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Task
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.numerics.tasks.classical_scaling import classical_map
from metalearn.numerics.tasks.similarity import TaskSimilarity, fit_similarity
from metalearn.recommenders.meta_prior import MetaPrior, fit_meta_prior
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.workflows.openml_qualities import vector_of
from metalearn.workflows.recommend.ask import RecommendRequest
from metalearn.workflows.recommend.known import Known, known_for
from metalearn.workflows.recommend.metric_choice import metric_in_store, stored_metric
from metalearn.workflows.recommend.recent import RECENT

if TYPE_CHECKING:
    from metalearn.learners.tables import Table
    from metalearn.metafeatures import MetaFeatures
    from metalearn.store import Store

__all__ = [
    "Compared",
    "Neighbour",
    "Neighbourhood",
    "SimilarTasks",
    "described",
    "fit_neighbourhood",
    "similar_tasks",
    "similar_to",
]

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
    return {
        "meta_feature": item.name,
        "here": item.here,
        "there": finite_or_null(item.there),
        "distance": item.distance,
        "usual_distance": item.usual,
    }


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """Known tasks with meta-features, ready to be compared with any task.

    Attributes:
        meta: The tasks with meta-features, `n_tasks` of them.
        described: Their positions among the tasks that the forest was fitted on.
        prior: The forest of task weights.
        similarity: The distance in meta-features.
    """

    meta: MetaDataset
    described: Ints
    prior: MetaPrior
    similarity: TaskSimilarity

    def nearest(self, features: Floats, n: int, *, without: str = "") -> tuple[Neighbour, ...]:
        """Return the known tasks most similar to one with these meta-features.

        Args:
            features: `(n_meta_features,)`; NaN = unknown.
            n: Number of tasks.
            without: Key of a task that is left out, such as the task itself. The forest has
                seen it, so its neighbours are those of a known task.
        """
        weights = self.prior.weights(features)[self.described]
        kept = np.array([task.key != without for task in self.meta.tasks])
        weights = np.round(weights / (float(weights[kept].max(initial=0.0)) or 1.0), 4)
        parts = self.similarity.parts(features)
        usual = parts.mean(axis=0)
        order = [t for t in np.lexsort((parts.sum(axis=1), -weights)) if kept[t]][:n]
        return tuple(
            self._neighbour(features, parts[t], usual, float(weights[t]), int(t)) for t in order
        )

    def _neighbour(
        self, features: Floats, parts: Floats, usual: Floats, weight: float, t: int
    ) -> Neighbour:
        gain = usual - parts

        def compared(columns: Iterable[int]) -> tuple[Compared, ...]:
            return tuple(
                Compared(
                    self.meta.meta_feature_names[self.similarity.used[k]],
                    float(features[self.similarity.used[k]]),
                    float(self.meta.meta_features[t, self.similarity.used[k]]),
                    float(parts[k]),
                    float(usual[k]),
                )
                for k in columns
            )

        best = np.argsort(-gain, kind="stable")[:_N_REASONS]
        worst = np.argsort(gain, kind="stable")[:_N_REASONS]
        return Neighbour(
            self.meta.tasks[t],
            weight,
            float(parts.sum()),
            compared(k for k in best if gain[k] > 0),
            compared(k for k in worst if gain[k] < 0),
        )

    def places(self) -> Floats:
        """Return `(n_tasks, 2)` positions of the tasks on a map."""
        return classical_map(self.similarity.between())


def described(table: Table) -> MetaFeatures:
    """Return the meta-features of a table, as far as ten seconds go."""
    from metalearn.metafeatures import extract

    return extract(table.X, table.y, kind=table.kind, time_budget_s=_FEATURE_BUDGET_S)


def similar_tasks(
    table: Table, store: Store, *, n: int = 10, metric: str | None = None,
    found: MetaFeatures | None = None, exclude: str | Sequence[str] = (),
) -> SimilarTasks:  # fmt: skip
    """Return the known tasks of a store that are most similar to a table.

    Args:
        table: The table.
        store: The store.
        n: Number of neighbours to list.
        metric: Metric of the losses that similarity is learned from; None takes the one that
            `recommend` takes.
        found: The table's meta-features; computed if None.
        exclude: Names or keys of known tasks to leave out.

    Raises:
        NotEnoughMetaDataError: If the store has too few tasks of this kind with meta-features.
        UsageError: If `n` is less than 1.
    """
    if metric is None:
        chosen, _ = stored_metric(store, table.kind)
    else:
        chosen = metric_in_store(store, table.kind, metric)
    known = known_for(store, table.kind, chosen, RecommendRequest(exclude=exclude))
    _check(n, known.meta)
    found = found or described(table)
    features = vector_of(known.meta.meta_feature_names, found.values, table.kind)
    return _compared_to(table.task(), features, _neighbourhood(known), n)


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
    _check(n, meta)
    return _compared_to(task, features, fit_neighbourhood(meta), n)


def fit_neighbourhood(meta: MetaDataset) -> Neighbourhood:
    """Return the known tasks, ready to be compared: the forest and the distance are fitted.

    Args:
        meta: Known tasks of one kind; at least two have meta-features.
    """
    known = _with_features(meta)
    imputed = meta.with_failures_imputed().with_outliers_clipped()
    rng = np.random.default_rng(0)  # the seed of `recommend`
    prior = fit_meta_prior(imputed, prepared_meta(imputed, "similar"), rng)
    part = meta.take(tasks=known)
    return Neighbourhood(part, known, prior, fit_similarity(part.meta_features, part.losses))


def _check(n: int, meta: MetaDataset) -> None:
    if n < 1:
        raise UsageError(f"n must be at least 1, got {n}")
    n_known = len(_with_features(meta))
    if n_known < 2:
        kind = meta.tasks[0].kind if meta.tasks else "known"
        raise NotEnoughMetaDataError(
            f"similar tasks need at least 2 {kind} tasks with meta-features; the snapshot "
            f"has {n_known}. Collect some (metalearn collect TABLES), or name another store"
        )


def _with_features(meta: MetaDataset) -> Ints:
    return np.flatnonzero(np.isfinite(meta.meta_features).any(axis=1))


def _neighbourhood(known: Known) -> Neighbourhood:
    """Return the fitted neighbourhood; a process keeps those of its last stores."""
    key = f"neighbourhood {known.key}" if known.key else ""
    found = RECENT.get(key)
    if not isinstance(found, Neighbourhood):
        found = fit_neighbourhood(known.meta)
        if key:
            RECENT.put(key, found)
    return found


def _compared_to(task: Task, features: Floats, known: Neighbourhood, n: int) -> SimilarTasks:
    parts = known.similarity.parts(features)
    distances = parts.sum(axis=1)
    return SimilarTasks(
        task=task,
        neighbours=known.nearest(features, n),
        known=known.meta.tasks,
        distances=distances,
        places=_places(known.similarity, distances),
        snapshot=known.meta.snapshot,
        is_learned=known.similarity.is_learned,
    )


def _places(similarity: TaskSimilarity, distances: Floats) -> Floats:
    n = len(distances)
    joint = np.zeros((n + 1, n + 1))
    joint[:n, :n] = similarity.between()
    joint[n, :n] = joint[:n, n] = distances
    return classical_map(joint)
