"""Parallel evaluation of trials on an engine, for instance a cluster.

The table reaches each worker once. A trial whose worker is lost is evaluated once more, then it
counts as crashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from typing import Any

from metalearn.core.trial import Trial
from metalearn.engines import Engine, EngineOptions, WorkerLostError, open_engine
from metalearn.learners.evaluation import PreparedTask
from metalearn.learners.isolated_pool import Unit, evaluate_unit
from metalearn.learners.isolation import Outcome

__all__ = ["EngineTrials"]


class EngineTrials:
    """The workers of an engine for one task; a context manager.

    Args:
        prepared: The task.
        options: The engine; `jobs` is the number of trials under way, None = all that it can run.
        time_limit_s: Processor seconds that all folds of one evaluation may take.
    """

    def __init__(
        self, prepared: PreparedTask, options: EngineOptions, time_limit_s: float
    ) -> None:
        self._prepared, self._options, self._time_limit_s = prepared, options, time_limit_s
        self._stack = ExitStack()
        self._engine: Engine
        self._handle: Any = None  # each engine has its own kind of handle
        self._running: dict[Future[Any], tuple[Trial, bool]] = {}

    @property
    def is_full(self) -> bool:
        """Whether as many trials run as may."""
        most = self._options.jobs or max(self._engine.n_outstanding // 2, 1)
        return self.n_running >= most

    @property
    def n_running(self) -> int:
        """Number of running trials."""
        return len(self._running)

    def submit(self, trial: Trial) -> None:
        """Start evaluating a trial."""
        self._submit(trial, was_lost=False)

    def finished(self, timeout_s: float | None) -> Iterator[tuple[Trial, Outcome]]:
        """Wait at most `timeout_s` for the next trials to finish, and yield them."""
        done, _ = wait(self._running, timeout_s, return_when=FIRST_COMPLETED)
        for future in done:
            trial, was_lost = self._running.pop(future)
            try:
                yield trial, future.result()
            except WorkerLostError as error:
                if was_lost:
                    yield trial, Outcome("crashed", f"twice: {error}", ())
                else:
                    self._submit(trial, was_lost=True)

    def __enter__(self) -> EngineTrials:
        self._engine = self._stack.enter_context(open_engine(self._options))
        self._handle = self._engine.share(self._prepared.table)
        return self

    def __exit__(self, *exception: object) -> None:
        for future in self._running:
            future.cancel()
        self._stack.close()

    def _submit(self, trial: Trial, *, was_lost: bool) -> None:
        unit = Unit(
            self._prepared.task.key, self._prepared.procedure, trial.configuration,
            self._time_limit_s, trial.fidelity, measures_costs=self._prepared.measures_costs,
        )  # fmt: skip
        future = self._engine.submit(evaluate_unit, self._handle, unit)
        self._running[future] = trial, was_lost
