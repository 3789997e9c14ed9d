"""What optimizers are measured on: tables of evaluated points, and networks that predict losses.

Both offer the same: known tasks with runs to learn from, and for each task something that answers
with a loss. They are never mixed in one mean (METHODS 12.6): tables are exact and finite, with a
known optimum; networks are smooth, without one, and share the bias of the model they are.
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
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric, metric_named
from metalearn.core.task import Kind, Task
from metalearn.errors import UnknownNameError
from metalearn.workflows.warm_start.stored_runs import StoredRuns, stored_runs

if TYPE_CHECKING:
    from metalearn.core.space import Space
    from metalearn.harvesters.yahpo import YahpoSurrogate

__all__ = ["Answers", "Benchmark", "SurrogateBenchmark", "TableBenchmark", "table_benchmark"]

_SAMPLE, _RUNS = 20_000, 100


@dataclass(frozen=True, eq=False)
class Answers:
    """What a task answers with.

    Attributes:
        space: Where its points lie.
        losses: `(n,)` a sample of its losses, of which the lowest and the highest are the ends of
            the regret scale, and from which random search draws.
        X: `(n, n_axes)` the only points that can be evaluated, with those losses; None if every
            configuration can.
        task: Id of the task, for a network.
        surrogate: The network, if it is one.
        metric: What the losses measure.
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
    """Tasks to be searched, and what is known about them."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def sources(self) -> StoredRuns:
        """Runs of every task, of which an optimizer gets those of the other tasks."""
        ...

    def answers(self, task: int) -> Answers:
        """Return what a task, by its place in `sources`, answers with."""
        ...


@dataclass(frozen=True, eq=False)
class TableBenchmark:
    """The evaluated points of every task as a table: nothing else can be asked for."""

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
    """Return the evaluated configurations of an algorithm in a store as tables.

    Args:
        kb: The store; None for the default.
        algorithm: Name of the algorithm.
        kind: Kind of task; None takes the first that the algorithm learns.
        metric: Name of the metric; None takes the usual one.
        n_tasks: The first tasks alone; None takes all.

    Raises:
        NotEnoughMetaDataError: If the store has no run of the algorithm.
    """
    from metalearn.learners import CATALOGUE
    from metalearn.store import open_store

    if kind is None:
        known = CATALOGUE.get(algorithm).kinds if algorithm in CATALOGUE.names() else ()
        kind = known[0] if known else "classification"
    with open_store(kb) as store:
        found = stored_runs(store, algorithm, kind, metric=metric)
    return TableBenchmark(found.take(np.arange(len(found.histories))[:n_tasks]))


@dataclass(frozen=True)
class SurrogateBenchmark:
    """The tasks of a YAHPO scenario; known are random runs, other ones for every task.

    Attributes:
        folder: Folder of the scenario.
        metric_name: Name of the metric; empty takes the first that the scenario gives.
        n_runs: Runs known of each task.
        n_sample: Random configurations whose lowest and highest loss scale the regret.
        n_tasks: The first tasks alone; None takes all.
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
        """Return the network's answers for a task."""
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
