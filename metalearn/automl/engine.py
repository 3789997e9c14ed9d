"""The anytime loop of a fit: start jobs, take results, stop in time, finish.

At any instant there is a valid predictor: class shares at first, then the fold models of the best
configuration so far, then the ensemble. No job starts unless it is expected to end in time; jobs
past their deadline are killed. After an interrupt (Ctrl-C) the trials so far are still combined.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from metalearn.automl.advising import Advising
from metalearn.automl.bench import FoldResult, warm
from metalearn.automl.bounded import Computation
from metalearn.automl.crew import Crew
from metalearn.automl.finish import Finished, finished
from metalearn.automl.first_fold import FirstFold
from metalearn.automl.fit_task import FitTask
from metalearn.automl.from_store import Found
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.objective import MetricLoss, objective_of
from metalearn.automl.reserve import Reserve
from metalearn.automl.schedule import PlannedTrial, TrialSchedule
from metalearn.automl.settings import Settings
from metalearn.automl.worker import (
    Failed,
    FoldModels,
    Folds,
    GetFoldModels,
    Message,
)

__all__ = ["FitRun", "Progress", "Result"]

_log = logging.getLogger(__name__)
_PATIENCE = 4.0
"""A trial may take this many times its expected seconds, plus one second."""
_KEEP_ROWS = 4_000
Progress = Callable[[float, float, Library], None]
"""Called with elapsed seconds, the budget in seconds, and the trials so far."""


@dataclass
class _Running:
    job: PlannedTrial
    started: float
    results: list[FoldResult] = field(default_factory=list)
    asks_models_of: int | None = None
    is_alone: bool = True  # not beside the advice


@dataclass(frozen=True, eq=False)
class Result:
    """The result of a fit.

    Attributes:
        finished: The predictor and how it was chosen.
        library: All trials.
        was_interrupted: Whether the user ended the search.
        notes: Remarks for the user.
    """

    finished: Finished
    library: Library
    was_interrupted: bool
    notes: tuple[str, ...]


class FitRun:
    """One fit.

    Args:
        task: The task.
        objective: What is minimised.
        settings: The user's settings.
        started: When the fit began, on the clock.
        advise: Starts computing what the store gives; after a MetalearnError there is nothing.
            None if the store is not read.
        clock: Seconds; `time.monotonic`.
        progress: Called after every trial that has a loss.
        known: Trials of an earlier fit to continue from.
        after_s: Seconds of the budget reserved for the steps after `run`.
    """

    def __init__(
        self,
        task: FitTask,
        objective: MetricLoss,
        settings: Settings,
        started: float,
        advise: Callable[[], Computation[Found]] | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        progress: Progress | None = None,
        known: Library | None = None,
        after_s: float = 0.0,
    ) -> None:
        self.task, self.objective, self.settings = task, objective, settings
        self.started, self._advise, self._clock = started, advise, clock
        self._progress = progress
        self._rng = np.random.default_rng([settings.seed, 7])
        self.library = Library(task, objective)
        if known is not None:
            self.library.trials = list(known.trials)
        self.schedule = TrialSchedule(
            self.library, settings.algorithms, self._rng, settings.strategy,
            lambda: clock() - started,
        )  # fmt: skip
        for trial in self.library.trials:
            self.schedule.skip(trial.configuration, trial.fidelity)
        self._end = started + settings.time_budget_s - after_s
        self._running: dict[int, _Running] = {}
        self._proxy = objective_of(objective.stored, task.kind)
        self._first_fold = FirstFold(self.library)
        self._advising: Advising | None = None
        self.notes: list[str] = []
        self.lacks_advice = False
        self._crew = Crew(task, settings, clock)
        self.workers = self._crew.workers
        self.reserve = Reserve(self.library, settings, started, len(self.workers), clock)

    def run(self) -> Result:
        """Return the result, within the budget."""
        interrupted = False
        try:
            self._open()
            self._loop()
        except KeyboardInterrupt:
            interrupted = True
            self.notes.append("the search was interrupted; the best until then is fitted")
            self._abandon()
        try:
            # After an interrupt, finishing takes at most about five seconds.
            deadline = self._end - self.reserve.margin_s
            if interrupted:
                deadline = min(deadline, self._clock() + 5.0)
            found = finished(
                self.library, self.settings, self.workers, deadline, self._rng, self._clock,
                self.reserve.slowness,
            )  # fmt: skip
        finally:
            if self._advising is not None:
                self._advising.close()
            self._crew.close()
        return Result(found, self.library, interrupted, tuple(self.notes))

    def _left(self) -> float:
        return self._end - self.reserve.seconds - self._clock()

    def _open(self) -> None:
        """Start the workers on defaults, and the advice of the store beside them."""
        warm(self.task.X)
        for w in range(len(self.workers)):
            if job := self.schedule.opening():
                self._start(w, job)
        budget = self.settings.time_budget_s
        self._advising = Advising(
            self._advise, budget, self.started, self._clock,
            is_needed=self.settings.strategy.is_store_only,
        )  # fmt: skip

    def _look_for_advice(self, advising: Advising) -> None:
        """Take in the advice once it is there."""
        advice = advising.take()
        self.schedule.remembered, self.schedule.quick = advising.remembered, advising.quick
        if advice is not None:
            self.schedule.advice = advice
            self.notes += advice.notes
            for trial in self.library.trials:
                self._observe(trial)
        elif advising.note and not advising.is_pending:
            self.notes.append(advising.note)
            self.lacks_advice = not advising.is_late

    def _start(self, w: int, job: PlannedTrial) -> None:
        n_folds = self._n_folds(job)
        folds = tuple(range(n_folds))
        if n_folds > 1 and self.library.finished:
            folds = folds[:1]
        is_alone = self._advising is not None and not self._advising.is_pending
        self._running[w] = _Running(job, self._clock(), is_alone=is_alone)
        self.workers[w].submit(
            Folds(job.configuration, folds, job.fidelity), self._deadline(job.expected_s)
        )

    def _n_folds(self, job: PlannedTrial) -> int:
        return self.task.n_folds if job.fidelity >= 1.0 else 1

    def _deadline(self, expected_s: float) -> float:
        now = self._clock()
        latest = self._end - self.reserve.seconds
        if not self.library.finished:  # a first result may take almost all the time
            return max(self._end - self.reserve.margin_s - 0.3, now + 0.1)
        least_s = self.settings.strategy.trial_share * self.settings.time_budget_s
        patience_s = max(_PATIENCE * expected_s + 1.0, least_s)
        return max(min(now + patience_s, latest), now + 0.05)

    def _loop(self) -> None:
        from multiprocessing.connection import wait

        assert self._advising is not None
        advising = self._advising
        while True:
            if advising.is_pending:
                self._look_for_advice(advising)
            is_waiting = self._fill(advising)
            if not self._running and not is_waiting:
                return
            pipes = [self.workers[w].pipe for w in self._running]
            wait([*pipes, *advising.pipes], timeout=0.05)
            for w in list(self._running):
                message = self.workers[w].receive()
                if message is not None:
                    self._take(w, message)

    def _fill(self, advising: Advising) -> bool:
        """Give idle workers jobs; return whether there is something to wait for."""
        for w in range(len(self.workers)):
            if w in self._running:
                continue
            job = self._next_job(advising)
            if job is None:
                return advising.keeps_waiting
            self._start(w, job)
        return True

    def _next_job(self, advising: Advising) -> PlannedTrial | None:
        left = self._left()
        if advising.is_pending:
            is_starved = advising.is_starved and bool(self.library.trials)
            job = None if is_starved else self.schedule.opening(left)
            if job is not None:
                return job
            if advising.keeps_waiting:
                return None
        return self.schedule.next(left)

    def _take(self, w: int, message: Message) -> None:
        running = self._running[w]
        if isinstance(message, FoldResult):
            self._take_fold(w, running, message)
        elif isinstance(message, FoldModels):
            assert running.asks_models_of is not None
            self.library.with_models(running.asks_models_of, message.models)
            del self._running[w]
        elif isinstance(message, Failed):
            del self._running[w]
            if running.asks_models_of is None:
                self._failed(running, message)

    def _take_fold(self, w: int, running: _Running, result: FoldResult) -> None:
        running.results.append(result)
        job, n_done = running.job, len(running.results)
        if n_done < self._n_folds(job):
            if not self.workers[w].is_busy:
                self._go_on(w, running)
            return
        del self._running[w]
        trial = self._trial(running, "ok")
        if job.fidelity >= 1.0:
            trial = self.library.judged(trial, running.results)
        else:
            trial = self.library.partial(trial, running.results[0])
        self._finished(w, running, trial)

    def _go_on(self, w: int, running: _Running) -> None:
        """After the first fold, drop a poor configuration or submit the other folds."""
        job = running.job
        loss = self.library.fold_loss(running.results[0])
        if self._first_fold.is_poor(loss):
            del self._running[w]
            trial = self._trial(running, "dropped", "the first fold was poor")
            trial = replace(trial, loss=loss, fold_losses=(loss,))
            self._finished(w, running, trial)
            return
        spent = self._clock() - running.started
        folds = tuple(range(1, self.task.n_folds))
        expected = max(job.expected_s - spent, spent * len(folds))
        self.workers[w].submit(Folds(job.configuration, folds), self._deadline(expected))

    def _finished(self, w: int, running: _Running, trial: FitTrial) -> None:
        best = self.library.best
        position = self.library.add(trial)
        seconds = self._clock() - running.started
        if trial.status in ("ok", "partial"):
            self.schedule.observe(running.job, seconds)
            if running.is_alone:
                self.reserve.observe(trial.seconds, seconds)
        self._observe(trial)
        if trial.status == "ok":
            is_best = best is None or trial.loss < best.loss
            is_wanted = self.settings.refit == "never" or self.task.n_rows > _KEEP_ROWS
            if self.settings.refit != "always" and (is_best or is_wanted):
                self._ask_for_models(w, running.job, position)
            self.reserve.plan()
        elif trial.status == "partial" and not self.library.finished:
            losses = [t.loss for t in self.library.trials if t.fold_models]
            if trial.loss < min(losses, default=np.inf):
                self._ask_for_models(w, running.job, position)
        if self._progress is not None:
            gone = self._clock() - self.started
            self._progress(gone, self.settings.time_budget_s, self.library)

    def _ask_for_models(self, w: int, job: PlannedTrial, position: int) -> None:
        """Request the models of the trial at `position` from the worker that fitted them."""
        self._running[w] = _Running(job, self._clock(), asks_models_of=position)
        self.workers[w].submit(GetFoldModels(), self._deadline(1.0))

    def _observe(self, trial: FitTrial) -> None:
        advice = self.schedule.advice
        if advice is None or trial.status == "partial":
            return
        loss = trial.loss  # NaN where it failed
        if trial.predictions is not None and self._proxy.name != self.objective.name:
            loss = self._proxy.loss(self.task.truth, trial.predictions.astype(np.float64))
        advice.observe(trial.configuration, loss)

    def _failed(self, running: _Running, failure: Failed) -> None:
        status: Any = failure.status
        trial = self._trial(running, status, failure.reason)
        self.library.add(trial)
        self._observe(trial)
        if failure.status == "timeout":
            seconds = self._clock() - running.started
            self.schedule.observe(running.job, max(seconds, running.job.expected_s))
        _log.info("%s: %s: %s", trial.configuration, failure.status, failure.reason)

    def _trial(self, running: _Running, status: Any, reason: str = "") -> FitTrial:
        results = running.results
        prepared = [r.prepare_s for r in results] or [0.0]  # the first may import packages
        return FitTrial(
            running.job.configuration,
            running.job.source,
            status,
            reason,
            fold_losses=tuple(self.library.fold_loss(r) for r in results),
            prepare_s=float(np.median(prepared)) * len(results),
            fit_s=sum(r.fit_s for r in results),
            predict_s=sum(r.predict_s for r in results),
            fidelity=running.job.fidelity,
            ended_s=self._clock() - self.started,
        )

    def _abandon(self) -> None:
        for w in list(self._running):
            self.workers[w].close()
        self._running.clear()
        if self._advising is not None:
            self._advising.close()
