"""Meta-data and models for one kind of task and metric, before any table is seen; cached.

`Known` is read from the store: the meta-dataset of configurations that can be run here, losses of
the dummy, a model of seconds. `FittedModels` is learned from it: the recommender and the model of
expected losses. Neither depends on the user's table, and both take most of the time of a first
answer. They are kept in memory and on disk (`metalearn.core.array_cache`), under a key of the
snapshot of the store, the version of the code and the question.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.code_version import code_version
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.names import known_names, names_of
from metalearn.core.seams import Ranker
from metalearn.core.task import Kind
from metalearn.errors import InputError, NotEnoughMetaDataError, install_command
from metalearn.learners.tables import Table
from metalearn.numerics.runtime_model import RuntimeModel
from metalearn.recommenders.expected_score import ExpectedScore
from metalearn.workflows.recommend.at_size import corrected_at_size, digest_at_size
from metalearn.workflows.recommend.expectation import fitted_expectation
from metalearn.workflows.recommend.floor import Floor, known_floor
from metalearn.workflows.recommend.machine_speed import machine_factor
from metalearn.workflows.recommend.metric_choice import metrics_of
from metalearn.workflows.recommend.recent import kept
from metalearn.workflows.recommend.seconds import model_of_seconds, seconds_on, timed_runs

if TYPE_CHECKING:
    from metalearn.store import Store
    from metalearn.workflows.recommend.ask import RecommendRequest

__all__ = ["FittedModels", "Known", "fitted_for", "known_for", "known_meta_dataset"]

_FORM = 3  # raise it when `Known` or `FittedModels` change their meaning


@dataclass(frozen=True)
class Known:
    """What the store knows.

    Attributes:
        key: Key of the question; "" for a store without a snapshot: nothing is kept.
        meta: Known tasks and the configurations that can be run here; failures are NaN.
        notes: What was left out, and why.
        floor: Losses of the dummy on the known tasks, `(n_tasks,)`; NaN = unknown.
        is_degenerate: `(n_configurations,)`: worse than the dummy on most known tasks.
        runtimes: Model of seconds; None if too few are known.
        packages: Packages of the learners, and whether each was installed.
        share_bundled: Share of the tasks that came with metalearn, in [0, 1]; the seconds of the
            others are taken to be of this machine.
        largest_fit: Rows that nearly all fits behind the known scores learned from at most.
    """

    key: str
    meta: MetaDataset
    notes: tuple[str, ...]
    floor: Floats
    is_degenerate: Bools
    runtimes: RuntimeModel | None
    packages: tuple[tuple[str, bool], ...]
    share_bundled: float = 0.0
    largest_fit: float = math.inf

    @cached_property
    def imputed(self) -> MetaDataset:
        """The meta-dataset with failures imputed and outliers clipped, for recommenders."""
        return self.meta.with_failures_imputed().with_outliers_clipped()

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.meta.losses.size

    @property
    def is_current(self) -> bool:
        """Whether the same packages are installed as when it was made."""
        return all((find_spec(name) is not None) == there for name, there in self.packages)

    def expected_seconds(self, table: Table) -> Floats:
        """Return seconds here of one fit on a whole table, `(n_configurations,)`; NaN if unknown.

        The seconds include predictions for a share of as many rows, as in cross-validation.
        """
        if self.runtimes is None:
            return np.full(self.meta.n_configurations, np.nan)
        return seconds_on(self.runtimes, table)[0] * self.machine_factor

    @property
    def machine_factor(self) -> float:
        """What known seconds are multiplied by, for the speed of this machine."""
        return machine_factor(self.share_bundled)


@dataclass(frozen=True, slots=True)
class FittedModels:
    """What was learned from `Known`.

    Attributes:
        ranker: The fitted recommender.
        expected: The model of expected losses, in multiples of `units`.
        units: `(n_tasks,)` divisors of the losses of known tasks.
    """

    ranker: Ranker
    expected: ExpectedScore
    units: Floats

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.expected.losses.size

    @property
    def is_current(self) -> bool:
        """Whether it may be used; its key says everything."""
        return True


def known_for(store: Store, kind: Kind, metric: Metric, request: RecommendRequest) -> Known:
    """Return what a store knows for a kind of task and a metric.

    Raises:
        NotEnoughMetaDataError: If there is no task of the kind or no configuration left.
        UnknownNameError: If an excluded task or an algorithm is unknown.
    """
    key = _key(store, kind, metric, request)

    def read() -> Known:
        meta, notes, packages = _readable(store, kind, metric, request)
        floor = known_floor(store, meta)
        degenerate = Floor.of(metric, np.nan, floor).is_degenerate(meta.losses)
        share, runs = _share_bundled(store, meta), timed_runs(store, meta)
        runtimes = model_of_seconds(runs, meta.configurations)
        if runtimes is not None and share:
            runtimes = corrected_at_size(runtimes, runs, meta, kind)
        return Known(key, meta, notes, floor, degenerate, runtimes, packages, share, runs.largest)

    return kept(key, Known, read)


def fitted_for(known: Known, recommender: str, seed: int) -> FittedModels:
    """Return a recommender and the model of expected losses, fitted to what is known.

    Args:
        known: What is known.
        recommender: Name of the method.
        seed: Seed of the recommender.
    """
    from metalearn import recommenders

    where = recommenders.CATALOGUE.where(recommender)
    key = json.dumps([known.key, known.packages, recommender, where, seed])
    if not known.key or recommenders.CATALOGUE.is_plug_in(recommender):
        key = ""  # the version of a plug-in's code is unknown

    def fit() -> FittedModels:
        rng = np.random.default_rng(seed)
        ranker = recommenders.get(recommender)().fit(known.imputed, rng)
        units, _ = Floor.of(known.meta.metric, 1.0, known.floor).units()
        return FittedModels(ranker, fitted_expectation(known.imputed, units, ranker, seed), units)

    return kept(key, FittedModels, fit)


def known_meta_dataset(
    store: Store, kind: Kind, metric: Metric, request: RecommendRequest
) -> tuple[MetaDataset, list[str]]:
    """Return the meta-dataset of configurations that can be run here, and notes on omissions.

    Raises:
        NotEnoughMetaDataError: If there is no task of the kind or no configuration left.
        UnknownNameError: If an excluded task or an algorithm is unknown.
    """
    meta, notes, _ = _readable(store, kind, metric, request)
    return meta, [*notes]


def _readable(
    store: Store, kind: Kind, metric: Metric, request: RecommendRequest
) -> tuple[MetaDataset, tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """Return `known_meta_dataset`, and which packages of its learners are installed."""
    excluded = _excluded(store, request)
    algorithms = None if request.algorithms is None else names_of(request.algorithms)
    meta = store.meta_dataset(metric.name, kind=kind, algorithms=algorithms)
    keep = [t.name not in excluded and t.key not in excluded for t in meta.tasks]
    losses = meta.losses if all(keep) else meta.losses[keep]
    known = np.isfinite(losses).any(axis=0)
    runnable, notes, packages = _runnable(meta)
    meta = meta.take(keep, known & runnable)
    if not meta.n_tasks or not meta.n_configurations:
        others = ", ".join(metrics_of(store, kind)) or "none"
        raise NotEnoughMetaDataError(
            f"the store knows no {kind} task with metric {metric.name!r} and a configuration that "
            f"can be run here (metrics of its {kind} tasks: {others}); collect some (metalearn "
            "collect), or name another store with --kb"
        )
    return meta, notes, packages


def _excluded(store: Store, request: RecommendRequest) -> set[str]:
    if not names_of(request.exclude):
        return set()
    tasks = store.tasks()
    return set(known_names("task", request.exclude, [*tasks["name"], *tasks["task"]]))


def _runnable(
    meta: MetaDataset,
) -> tuple[Bools, tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """Return which configurations can be run here, notes on the others, and the packages."""
    from metalearn.learners import CATALOGUE

    used = sorted({c.algorithm for c in meta.configurations if c.algorithm in CATALOGUE})
    learners = {name: CATALOGUE.get(name) for name in used}
    packages = {learner.package: learner.is_installed for learner in learners.values()}
    missing = {name: at for name, at in learners.items() if not packages[at.package]}
    notes = tuple(
        f"left out {name}: package {learner.package} is not installed "
        f"({install_command(learner.package, learner.extra)})"
        for name, learner in missing.items()
    )
    runnable = np.array([c.algorithm not in missing for c in meta.configurations])
    return runnable, notes, tuple(sorted(packages.items()))


def _share_bundled(store: Store, meta: MetaDataset) -> float:
    """Return the share of tasks that are those of the bundled store."""
    from metalearn.store import bundled_store, open_store

    try:
        folder = bundled_store().resolve()
    except InputError:  # an installation without it
        return 0.0
    if store.path == folder:
        return 1.0
    with open_store(folder) as bundled:
        ours = {*bundled.tasks()["task"]}
    return float(np.mean([task.key in ours for task in meta.tasks]))


def _key(store: Store, kind: Kind, metric: Metric, request: RecommendRequest) -> str:
    """Return everything that `Known` depends on, as text."""
    from metalearn.learners import CATALOGUE

    if not store.snapshot:
        return ""
    algorithms = None if request.algorithms is None else sorted(names_of(request.algorithms))
    ends = [metric.name, metric.greater_is_better, metric.optimum, metric.worst]
    content = [store.snapshot, store.configuration_order, digest_at_size()]
    learners = [[name, CATALOGUE.where(name)] for name in CATALOGUE.names()]
    question = [kind, ends, algorithms, sorted(_excluded(store, request)), learners]
    return json.dumps([_FORM, code_version(), content, question])
