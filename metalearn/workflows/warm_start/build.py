"""`warm_start`: a warm start for a space, from the stored runs of other tasks.

The space is that of one algorithm, or the joint space of several (`all`).

Three steps, each usable alone: extract the table's meta-features (the only slow one), read the
algorithm's runs from the store (`stored_runs`), and combine both. The target itself, its
near-duplicates and the excluded tasks are never source tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import JointSpace
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.names import known_names, names_of
from metalearn.core.space import Space
from metalearn.core.space_mapping import SpaceMapping
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, NotEnoughMetaDataError, UsageError
from metalearn.learners.joint import are_names, is_joint, named_space, names_of_space
from metalearn.learners.tables import Table
from metalearn.pipelines import Genotype, Grammar, PipelineSpace, is_pipelines
from metalearn.workflows.describe import Description
from metalearn.workflows.tables.content import same_content
from metalearn.workflows.tables.reading import checked_table
from metalearn.workflows.warm_start.initial_design import initial_design
from metalearn.workflows.warm_start.joint_runs import joint_runs
from metalearn.workflows.warm_start.pipelines import (
    good_pipelines,
    pipeline_design,
    stored_pipelines,
)
from metalearn.workflows.warm_start.stored_runs import StoredRuns, stored_runs
from metalearn.workflows.warm_start.user_space import in_user_space, space_mapping
from metalearn.workflows.writeback.remember import TrialMemory

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = [
    "WarmStartRequest",
    "warm_start",
    "warm_start_for",
    "warm_start_from",
    "warm_start_over",
]

_FEATURE_BUDGET_S = 10.0
_SPARE, _FEWEST = 5, 50


@dataclass(frozen=True, slots=True)
class WarmStartRequest:
    """Options of `warm_start`, besides the task.

    Attributes:
        k: Length of the initial design; 0 for none.
        metric: Name of the metric; None takes the default of the kind of task.
        exclude: Names or keys of known tasks to leave out, near-duplicates included.
        observed: Scores already measured on this task, by configuration; NaN = it failed.
        recommender: Name of the method that orders the design.
        seed: Seed of everything random.
    """

    k: int = 10
    metric: str | None = None
    exclude: tuple[str, ...] = ()
    observed: Mapping[Configuration, float] | None = None
    recommender: str = "default"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 0:
            raise UsageError(f"k must be at least 0, got {self.k}")


def warm_start(
    X: Any,
    y: Any = None,
    *,
    space: Any = None,
    estimator: Any = None,
    algorithm: str | None = None,
    names: Mapping[str, str | None] | None = None,
    k: int = 10,
    metric: str | None = None,
    kb: Store | str | Path | None = None,
    kind: Kind | None = None,
    exclude: str | Sequence[str] = (),
    observed: Mapping[Configuration, float] | None = None,
    recommender: str = "default",
    seed: int = 0,
    remember: bool = False,
    procedure: str = "user",
) -> WarmStart:
    """Return a warm start over the space of one or more algorithms, for any optimizer.

    Args:
        X: A data frame or array of features; a `Table`; or a `Description`, whose meta-features
            are reused (then this takes less than a second).
        y: The target, one value per row; or the name of the target column in `X`.
        space: Name of an algorithm; `all` or names of several for their joint space, in which
            `algorithm` is the root axis; a `Space`, whose axes are matched by name (runs outside
            it are left out); or your own space, in the format of any library in
            `metalearn.bridges`. `warm.mapping` shows how your space was matched.
        estimator: The estimator that your space belongs to, alone or in a Pipeline; without a
            space, all its arguments in our space of the algorithm are searched.
        algorithm: Name of our learner that your space belongs to, if there is no estimator.
        names: Our axis by the name in your space, where it is not found; None leaves the
            parameter to your optimizer.
        k: Length of the initial design; 0 for none.
        metric: Name of the metric; None takes the default of the kind of task.
        kb: The store with the meta-data: an open one, a path, or None for the default.
        kind: `classification` or `regression`; guessed from `y` if None.
        exclude: Names or keys of known tasks to leave out. The task itself and its stored
            near-duplicates are always left out.
        observed: Scores already measured on this task, by configuration; NaN = it failed.
        recommender: Name of the method that orders the initial design.
        seed: Seed of everything random.
        remember: Whether a bridge writes the finished trials to the store (see
            `metalearn.remember`), as far as the library allows; otherwise there is a warning.
        procedure: Your name for how the objective estimates scores (`5-fold`), if they are
            remembered.

    Returns:
        Initial design, histories of known tasks with their weights (largest first), prior
        density, and observations, all in one space.

    Raises:
        InputError: If the data cannot be used.
        NotEnoughMetaDataError: If the store has no run of the algorithm on another task.
        UsageError: If the algorithm or the metric is for the other kind of task, or trials
            cannot be remembered: there is no table, or the store is read-only.
    """
    from metalearn.store import opened_store

    request = WarmStartRequest(k, metric, names_of(exclude), observed, recommender, seed)
    task = X if isinstance(X, Description) else checked_table(X, y, kind=kind)
    mapping = None
    if is_joint(space) and (estimator is not None or algorithm is not None or names):
        raise UsageError(
            f"space={space!r} names several algorithms; estimator=, algorithm= and names= are for "
            "a space of your own, of one algorithm: leave them out"
        )
    if estimator is not None or not (are_names(space) or isinstance(space, Space)):
        mapping = _mapping(task, space, estimator, algorithm, names)
    with opened_store(kb) as store:
        if mapping is None:
            warm = warm_start_for(task, store, space, request)
        else:
            warm = warm_start_over(task, store, mapping, request)
    return replace(warm, memory=_memory(task, kb, procedure)) if remember else warm


def warm_start_for(
    task: Table | Description,
    store: Store,
    space: str | Sequence[str] | Space,
    request: WarmStartRequest,
) -> WarmStart:
    """Return a warm start for a table, or for known meta-features, from an open store.

    Args:
        task: The table, or its description.
        store: The store with the meta-data.
        space: Name of an algorithm, or several names, see `metalearn.warm_start`; or a space.
        request: The options.

    Raises:
        NotEnoughMetaDataError: If the store has no run of the algorithm on another task.
    """
    kind = task.kind if isinstance(task, Table) else task.task.kind
    if is_pipelines(space) and not isinstance(space, Space):
        space = PipelineSpace(kind, Grammar.for_table(task) if isinstance(task, Table) else None)
    wanted, left_out = _wanted(space, kind)
    if isinstance(wanted, PipelineSpace):
        return _warm_pipelines(task, store, wanted, request)
    if isinstance(wanted, JointSpace):
        found = joint_runs(store, wanted, kind, metric=request.metric)
    else:
        found = stored_runs(store, wanted, kind, metric=request.metric)
    tasks = store.tasks()
    known_names("task", request.exclude, [*tasks["name"], *tasks["task"]])
    sources = found.without((*request.exclude, *_own(task, found.described)))
    if not len(sources.histories):
        raise NotEnoughMetaDataError(
            f"the store knows no run of {found.space.algorithm!r} on another {kind} task within "
            "the space; collect some (metalearn collect), or name another store"
        )
    warm = warm_start_from(sources, _features(task, sources.described), request)
    return replace(warm, notes=(*left_out, *warm.notes)) if left_out else warm


def _wanted(space: str | Sequence[str] | Space, kind: Kind) -> tuple[str | Space, tuple[str, ...]]:
    """Return one name, which the store may know, or a space; and what was left out of it."""
    if is_joint(space):
        return named_space(space, kind)
    if isinstance(space, str | Space):
        return space, ()
    (name,) = names_of_space(space)
    return name, ()


def _warm_pipelines(
    task: Table | Description, store: Store, space: PipelineSpace, request: WarmStartRequest
) -> WarmStart:
    """Return a warm start over pipelines, from the recommended list of its learners."""
    _check_algorithm(request.observed or {}, {space.algorithm})
    joint = warm_start_for(task, store, space.grammar.learners, replace(request, observed=None))
    assert joint.metric is not None
    good: list[Genotype] = []
    stored = stored_pipelines(store, space, joint.metric)
    if stored is not None:
        good = good_pipelines(stored, space, (*request.exclude, *_own(task, stored)))
    rng = np.random.default_rng(request.seed)
    return WarmStart(
        space,
        pipeline_design(space, request.k, joint.configurations, good, rng),
        observations=_trials(request.observed or {}, joint.metric),
        metric=joint.metric,
        snapshot=joint.snapshot,
        notes=joint.notes,
    )


def warm_start_over(
    task: Table | Description, store: Store, mapping: SpaceMapping, request: WarmStartRequest
) -> WarmStart:
    """Return a warm start over the user's own space, observations included.

    Raises:
        NotEnoughMetaDataError: If the store has no run of the algorithm on another task.
    """
    observed = request.observed or {}
    _check_algorithm(observed, {mapping.ours.algorithm, mapping.theirs.algorithm})
    mapped = [(mapping.to_ours(c.hyperparameters), score) for c, score in observed.items()]
    mapped_request = replace(
        request,
        # Some configurations may not exist in the user's space.
        k=max(_SPARE * request.k, _FEWEST) if request.k else 0,
        observed={c: score for c, score in mapped if isinstance(c, Configuration)},
    )
    warm = in_user_space(
        warm_start_for(task, store, mapping.ours, mapped_request), mapping, request.k
    )
    assert warm.metric is not None
    return replace(warm, observations=_trials(observed, warm.metric))


def warm_start_from(
    sources: StoredRuns, meta_features: Floats, request: WarmStartRequest
) -> WarmStart:
    """Return a warm start from source tasks that are already in one space; no store is needed.

    Args:
        sources: The source tasks, without the target.
        meta_features: `(n_meta_features,)` of the target, as in `sources.described`; NaN or empty
            = unknown.
        request: The options.
    """
    from metalearn.priors import kde

    rng = np.random.default_rng(request.seed)
    _check_algorithm(request.observed or {}, set(sources.space.algorithms))
    observed = _trials(request.observed or {}, sources.metric)
    design = initial_design(
        sources, meta_features, request.k, rng,
        observed=observed, recommender=request.recommender,
    )  # fmt: skip
    order = np.argsort(-design.weights, kind="stable")
    keys = [history.task for history in sources.histories]
    prior = kde(
        sources.runs,
        task_weights=dict(zip(keys, map(float, design.weights), strict=True)),
        seed=request.seed,
    )
    return WarmStart(
        sources.space,
        design.configurations,
        tuple(sources.histories[i] for i in order),
        design.weights[order],
        prior,
        observed,
        sources.metric,
        sources.described.snapshot,
        (*sources.notes, *design.notes),
        ranking=design.ranking,
    )


def _mapping(
    task: Table | Description,
    space: Any,
    estimator: Any,
    algorithm: str | None,
    names: Mapping[str, str | None] | None,
) -> SpaceMapping:
    kind, n = (task.kind, task.X.shape[1]) if isinstance(task, Table) else _described(task)
    own = None if isinstance(space, str | Space) else space
    meant = space if isinstance(space, str) else algorithm
    return space_mapping(
        own, estimator=estimator, algorithm=meant, kind=kind, names=names, n_features=n
    )


def _memory(task: Table | Description, kb: Any, procedure: str) -> TrialMemory:
    from metalearn.store import Store

    if isinstance(task, Description):
        raise UsageError("remember=True needs the table itself, not only its description")
    return TrialMemory(task, kb.path if isinstance(kb, Store) else kb, procedure)


def _described(task: Description) -> tuple[Kind, int | None]:
    return task.task.kind, task.task.n_features


def _check_algorithm(observed: Mapping[Configuration, float], known: set[str]) -> None:
    """Refuse observations of other algorithms than that of the space.

    Raises:
        InputError: If there is one.
    """
    for configuration in observed:
        if configuration.algorithm not in known:
            raise InputError(
                f"observed={{{configuration}: ...}}: expected configurations of "
                f"{' or '.join(sorted(known))}, which the space is for; leave the others out, or "
                "make a warm start for their algorithm"
            )


def _trials(observed: Mapping[Configuration, float], metric: Metric) -> tuple[Trial, ...]:
    """Return the observations as trials; NaN = it failed.

    Raises:
        InputError: If a score is outside the range of the metric.
    """
    scores = {c: float(score) for c, score in observed.items()}
    checked = {c: metric.checked(s, f"the score of {c}") if s == s else s
               for c, s in scores.items()}  # fmt: skip
    return tuple(Trial(c).finished(metric.loss(score)) for c, score in checked.items())


def _own(task: Table | Description, known: MetaDataset) -> list[str]:
    """Return the keys of known tasks that are the target: equal size and equal content.

    For a `Description`, an equal name or key replaces the content.
    """
    mine = task.task() if isinstance(task, Table) else task.task
    same = [t for t in known.tasks if (t.n_rows, t.n_features) == (mine.n_rows, mine.n_features)]
    if isinstance(task, Description):
        return [t.key for t in same if t.name == mine.name or t.key == mine.key]
    return same_content(task, [t.key for t in same])


def _features(task: Table | Description, known: MetaDataset) -> Floats:
    if not known.meta_feature_names:
        return np.empty(0)
    if isinstance(task, Description):
        values = task.features.values
    else:
        from metalearn.metafeatures import extract

        values = extract(task.X, task.y, kind=task.kind, time_budget_s=_FEATURE_BUDGET_S).values
    return np.array([values.get(name, np.nan) for name in known.meta_feature_names])
