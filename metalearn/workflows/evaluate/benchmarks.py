"""Benchmarks for optimizers: tables of evaluated points, and networks that predict losses.

Both have the same interface: source tasks with runs, and the losses of each task. They are never
mixed in one mean (METHODS 12.6). Tables are exact and finite, with a known optimum; networks are
smooth, without a known optimum, and biased as models.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.joint_space import JointSpace
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric, metric_named
from metalearn.core.task import Kind, Task
from metalearn.errors import UnknownNameError
from metalearn.learners.joint import is_joint, named_space
from metalearn.workflows.warm_start.joint_runs import joint_runs
from metalearn.workflows.warm_start.stored_runs import StoredRuns, stored_runs

if TYPE_CHECKING:
    from metalearn.core.space import Space
    from metalearn.harvesters.yahpo import YahpoSurrogate

__all__ = ["Answers", "Benchmark", "SurrogateBenchmark", "TableBenchmark", "table_benchmark"]

_SAMPLE, _RUNS = 20_000, 100


@dataclass(frozen=True, eq=False)
class Answers:
    """The losses of one task.

    Attributes:
        space: The space of its points.
        losses: `(n,)` a sample of its losses; lowest and highest scale the regret, and random
            search draws from them.
        X: `(n, n_axes)` the only points that can be evaluated, with those losses; None if all
            configurations can.
        task: Id of the task, for a network.
        surrogate: The network, if it is one.
        metric: The metric of the losses.
    """

    space: Space
    losses: Floats
    metric: Metric
    X: Floats | None = None
    task: str = ""
    surrogate: YahpoSurrogate | None = None

    def loss(self, configuration: Configuration, fidelity: float) -> float:
        """Return the loss of any configuration; for networks only."""
        assert self.surrogate is not None
        name = self.metric.name
        inputs = self.surrogate.inputs([configuration])
        (score,) = self.surrogate.scores(self.task, inputs, name, fidelity)
        return float(self.metric.loss(float(score)))


class Benchmark(Protocol):
    """Tasks to search, with stored runs and losses."""

    @property
    def name(self) -> str:
        """Name of the benchmark."""
        ...

    @property
    def sources(self) -> StoredRuns:
        """Runs of every task; an optimizer gets only those of other tasks."""
        ...

    def answers(self, task: int) -> Answers:
        """Return the losses of a task, by its index in `sources`."""
        ...


@dataclass(frozen=True, eq=False)
class TableBenchmark:
    """The evaluated points of every task as a table; no other point can be evaluated."""

    sources: StoredRuns

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return self.sources.space.algorithm

    def answers(self, task: int) -> Answers:
        """Return the table of a task."""
        history = self.sources.histories[task]
        return Answers(self.sources.space, history.y, self.sources.metric, history.X)


def table_benchmark(
    kb: str | Path | None,
    algorithm: str,
    kind: Kind | None = None,
    metric: str | None = None,
    n_tasks: int | None = None,
) -> TableBenchmark:
    """Return the evaluated configurations of one or more algorithms in a store as tables.

    Args:
        kb: The store; None for the default.
        algorithm: Name of the algorithm; or `all`, or names with commas, for a joint space.
        kind: Kind of task; None takes the first that the algorithm learns.
        metric: Name of the metric; None takes the default.
        n_tasks: Number of tasks, from the first; None takes all.

    Raises:
        NotEnoughMetaDataError: If the store has no run of the algorithm.
    """
    from metalearn.learners import CATALOGUE
    from metalearn.store import open_store

    if kind is None:
        known = CATALOGUE.get(algorithm).kinds if algorithm in CATALOGUE.names() else ()
        kind = known[0] if known else "classification"
    with open_store(kb) as store:
        if is_joint(algorithm):
            joint, _ = named_space(algorithm, kind)
            assert isinstance(joint, JointSpace)
            found = joint_runs(store, joint, kind, metric=metric)
        else:
            found = stored_runs(store, algorithm, kind, metric=metric)
    return TableBenchmark(found.take(np.arange(len(found.histories))[:n_tasks]))


@dataclass(frozen=True)
class SurrogateBenchmark:
    """The tasks of a YAHPO scenario; the known runs are random, drawn anew for every task.

    Attributes:
        folder: Folder of the scenario.
        metric_name: Name of the metric; empty takes the scenario's first.
        n_runs: Known runs per task.
        n_sample: Random configurations whose lowest and highest loss scale the regret.
        n_tasks: Number of tasks, from the first; None takes all.
        seed: Seed of the runs and of the sample.
    """

    folder: Path
    metric_name: str = ""
    n_runs: int = _RUNS
    n_sample: int = _SAMPLE
    n_tasks: int | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return f"yahpo:{self.folder.name}"

    @cached_property
    def sources(self) -> StoredRuns:
        """Runs of every task at random configurations of its own."""
        network, tasks = self._network, self._tasks
        histories = []
        for task in tasks:
            drawn = list(dict.fromkeys(network.space.sample(self.n_runs, self._rng("runs", task))))
            scores = network.scores(task, network.inputs(drawn), self._metric.name)
            losses = self._metric.loss(scores)
            histories.append(History(network.space.encode(drawn), losses, task))
        described = MetaDataset(
            self._metric,
            tuple(Task(task, task) for task in tasks),
            (),
            np.empty((len(tasks), 0)),
        )
        return StoredRuns(network.space, described, tuple(histories))

    def answers(self, task: int) -> Answers:
        """Return the losses that the network predicts for a task."""
        name = self._tasks[task]
        network = self._network
        losses = self._metric.loss(network.scores(name, self._sample, self._metric.name))
        return Answers(network.space, losses, self._metric, None, name, network)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return SurrogateBenchmark, (
            self.folder, self.metric_name, self.n_runs, self.n_sample, self.n_tasks, self.seed,
        )  # fmt: skip

    @cached_property
    def _network(self) -> YahpoSurrogate:
        from metalearn.harvesters.yahpo import load_surrogate

        return load_surrogate(self.folder)

    @cached_property
    def _metric(self) -> Metric:
        metrics = self._network.metrics
        if not self.metric_name:
            return next(iter(metrics.values()))
        if self.metric_name in metrics:
            return metrics[self.metric_name]
        with suppress(UnknownNameError):
            return metrics[metric_named(self.metric_name).name]
        raise UnknownNameError("metric", self.metric_name, tuple(metrics))

    @cached_property
    def _sample(self) -> tuple[Any, Any]:
        drawn = self._network.space.sample(self.n_sample, self._rng("sample", ""))
        return self._network.inputs(drawn)

    @property
    def _tasks(self) -> tuple[str, ...]:
        return self._network.tasks[: self.n_tasks]

    def _rng(self, what: str, task: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(f"{what}/{task}".encode())])
