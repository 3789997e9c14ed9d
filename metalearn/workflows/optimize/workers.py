"""Parallel evaluation of trials, each in a worker process that can be stopped.

One thread waits for each process; the threads themselves do no work.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Protocol

from metalearn.core.trial import Trial
from metalearn.engines import EngineOptions
from metalearn.learners.evaluation import PreparedTask
from metalearn.learners.isolation import Isolated, Outcome

__all__ = ["TrialPool", "Trials", "trial_pool"]


class Trials(Protocol):
    """Evaluates trials side by side."""

    @property
    def is_full(self) -> bool:
        """Whether as many trials run as may."""
        ...

    @property
    def n_running(self) -> int:
        """Number of running trials."""
        ...

    def submit(self, trial: Trial) -> None:
        """Start evaluating a trial."""
        ...

    def finished(self, timeout_s: float | None) -> Iterator[tuple[Trial, Outcome]]:
        """Wait at most `timeout_s` for the next trials to finish, and yield them."""
        ...

    def __enter__(self) -> Trials: ...

    def __exit__(self, *exception: object) -> None: ...


def trial_pool(prepared: PreparedTask, engine: EngineOptions, time_limit_s: float) -> Trials:
    """Return the workers of a task: those of another engine, or processes of this machine."""
    from metalearn.workflows.optimize.engine_workers import EngineTrials

    if engine.name == "local" and engine.address is None:
        return TrialPool(prepared, engine.jobs or 1, time_limit_s)
    return EngineTrials(prepared, engine, time_limit_s)


class TrialPool:
    """Worker processes for one task, started in the background at once; a context manager.

    Args:
        prepared: The task.
        jobs: Number of parallel processes.
        time_limit_s: Processor seconds that all folds of one evaluation may take.
    """

    def __init__(self, prepared: PreparedTask, jobs: int, time_limit_s: float) -> None:
        self._prepared = prepared
        self._workers = [Isolated(time_limit_s) for _ in range(jobs)]
        self._idle: SimpleQueue[Isolated] = SimpleQueue()
        self._threads = ThreadPoolExecutor(jobs)
        for worker in self._workers:
            self._threads.submit(self._start, worker)
        self._running: dict[Future[Outcome], Trial] = {}

    @property
    def is_full(self) -> bool:
        """Whether every process is busy."""
        return len(self._running) >= len(self._workers)

    @property
    def n_running(self) -> int:
        """Number of running trials."""
        return len(self._running)

    def submit(self, trial: Trial) -> None:
        """Start evaluating a trial."""
        self._running[self._threads.submit(self._evaluate, trial)] = trial

    def finished(self, timeout_s: float | None) -> Iterator[tuple[Trial, Outcome]]:
        """Wait at most `timeout_s` for the next trials to finish, and yield them."""
        done, _ = wait(self._running, timeout_s, return_when=FIRST_COMPLETED)
        for future in done:
            yield self._running.pop(future), future.result()

    def __enter__(self) -> TrialPool:
        return self

    def __exit__(self, *exception: object) -> None:
        for worker in self._workers:
            worker.abort()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _start(self, worker: Isolated) -> None:
        try:
            worker.start(self._prepared)
        finally:
            self._idle.put(worker)

    def _evaluate(self, trial: Trial) -> Outcome:
        worker = self._idle.get()
        try:
            return worker.evaluate(self._prepared, trial.configuration, trial.fidelity)
        finally:
            self._idle.put(worker)
