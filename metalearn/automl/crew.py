"""The workers of a fit: processes of this machine, or of the workers of an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from metalearn.automl.fit_task import FitTask
from metalearn.automl.memory_limit import memory_of_workers
from metalearn.automl.remote_worker import RemoteWorker
from metalearn.automl.settings import Settings
from metalearn.automl.worker import FitWorker, Worker
from metalearn.engines import EngineOptions, open_engine

__all__ = ["Crew"]


class Crew:
    """The workers of a fit.

    Args:
        task: The task.
        settings: The user's settings.
        clock: The clock of the deadlines.

    Attributes:
        workers: The workers.
    """

    def __init__(self, task: FitTask, settings: Settings, clock: Callable[[], float]) -> None:
        self._stack = ExitStack()
        self.workers: Sequence[FitWorker]
        if settings.engine == "local" and settings.address is None:
            self.workers = [Worker(task, mb, clock) for mb in memory_of_workers(settings)]
            return
        options = EngineOptions(settings.engine, settings.address, settings.n_jobs)
        engine = self._stack.enter_context(open_engine(options))
        n = options.jobs or max(engine.n_outstanding // 2, 1)
        limit = settings.memory_limit_mb
        handle = engine.share(task)
        self.workers = [
            RemoteWorker(engine, handle, task, None if limit is None else limit / n, clock)
            for _ in range(n)
        ]

    def close(self) -> None:
        """End the workers, and what the engine has started."""
        for worker in self.workers:
            worker.close()
        self._stack.close()
