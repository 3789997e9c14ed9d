"""The loop of a search: ask the optimizer, evaluate, tell it the loss, journal the trial."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.objective import Objective
from metalearn.core.seams import Optimizer
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import SpaceExhaustedError
from metalearn.learners.isolation import Outcome
from metalearn.workflows.objectives import n_test_rows, objective_values
from metalearn.workflows.optimize.known_task import KnownTarget
from metalearn.workflows.optimize.options import OptimizeOptions
from metalearn.workflows.optimize.result import Origin, SearchTrial, Stopped
from metalearn.workflows.optimize.workers import Trials
from metalearn.workflows.writeback.records import evaluation_record
from metalearn.workflows.writeback.sink import EvaluationSink

__all__ = ["Progress", "Search"]

Progress = Callable[[SearchTrial, SearchTrial | None], object]
"""Called with each trial and the best so far."""

_MANY_REPEATS = 25


class Search:
    """The loop: ask the optimizer, evaluate, tell it the loss."""

    def __init__(
        self,
        optimizer: Optimizer,
        warm: WarmStart,
        target: KnownTarget,
        metric: Metric,
        options: OptimizeOptions,
        memory: EvaluationSink,
        begun: float,
        progress: Progress,
        objectives: tuple[Objective, ...] = (),
    ) -> None:
        self.optimizer, self.warm, self.target, self.metric = optimizer, warm, target, metric
        self.options, self.memory, self.begun, self.progress = options, memory, begun, progress
        self.objectives = objectives
        self.done: list[SearchTrial] = []
        self.best: SearchTrial | None = None
        self.suggest_s = 0.0
        self._n_asked = self._n_repeated = 0
        self._finished: dict[tuple[Configuration, float], Trial] = {}
        ranked = warm.ranking.configurations if warm.ranking is not None else ()
        self._known = {*warm.configurations, *ranked}

    def remember(self, known: tuple[SearchTrial, ...]) -> None:
        """Take the best known trial as the incumbent."""
        for trial in known:
            self._compare(trial)

    def run(self, pool: Trials) -> Stopped:
        """Search until the trials, the time or the space are used up, or the user stops it."""
        try:
            return self._loop(pool)
        except KeyboardInterrupt:
            return "interrupted"

    def _loop(self, pool: Trials) -> Stopped:
        while True:
            why = self._fill(pool)
            if not pool.n_running or self._left() <= 0.0:
                return "time" if self._left() <= 0.0 else why
            left = self._left()
            for trial, outcome in pool.finished(left if math.isfinite(left) else None):
                self._tell(trial, outcome)

    def _fill(self, pool: Trials) -> Stopped:
        """Start trials until all processes are busy; return why no further trial may start."""
        while not pool.is_full and self._n_asked < self.options.n_trials and self._left() > 0.0:
            started = time.monotonic()
            try:
                (trial,) = self.optimizer.ask()
            except SpaceExhaustedError:
                return "exhausted"
            finally:
                self.suggest_s += time.monotonic() - started
            before = self._finished.get((trial.configuration, trial.fidelity))
            if before is None:
                self._n_asked += 1
                pool.submit(trial)
                continue
            self._n_repeated += 1
            self.optimizer.tell(replace(before, number=trial.number))
            if self._n_repeated >= _MANY_REPEATS:
                return "exhausted"
        return "trials"

    def _tell(self, trial: Trial, outcome: Outcome) -> None:
        runtime_s = sum(fold.fit_s + fold.predict_s for fold in outcome.folds)
        score, reason = self._score(trial, outcome)
        values = {} if reason else self._values(outcome)
        unknown = next((name for name, value in values.items() if not math.isfinite(value)), None)
        if unknown is not None:
            reason = self._undefined(unknown, trial)
        if reason:
            finished = trial.failed(
                runtime_s, "timeout" if outcome.status == "timeout" else "failed"
            )
        else:
            losses = {o.name: o.loss(values[o.name]) for o in self.objectives}
            finished = trial.finished(self.metric.loss(score), runtime_s, losses)
        self.memory.add(
            [evaluation_record(self.target.key, trial.configuration, outcome, trial.fidelity)]
        )
        self._finished[trial.configuration, trial.fidelity] = finished
        self._n_repeated = 0
        self.optimizer.tell(finished)
        origin: Origin = "search"
        if trial.configuration in self._known:
            origin = "warm start"
        found = SearchTrial(
            len(self.done) + 1, trial.configuration, score, finished.status, reason,
            trial.fidelity, runtime_s, time.monotonic() - self.begun, origin, self.target.task,
            {} if reason else values,
        )  # fmt: skip
        self.done.append(found)
        self._compare(found)
        self.progress(found, self.best)

    def _score(self, trial: Trial, outcome: Outcome) -> tuple[float, str]:
        """Return the mean score of the folds, and why there is none; "" if there is one."""
        if outcome.status != "ok":
            return float("nan"), outcome.reason or outcome.status
        found = [fold.scores.get(self.metric.name, float("nan")) for fold in outcome.folds]
        score = float(np.mean(found))
        if math.isfinite(score):
            return score, ""
        return float("nan"), self._undefined(self.metric.name, trial)

    def _values(self, outcome: Outcome) -> dict[str, float]:
        """Return the value of each of several objectives; empty with one."""
        if not self.objectives:
            return {}
        return objective_values(self.objectives, outcome.folds, n_test_rows(self.target.prepared))

    def _undefined(self, name: str, trial: Trial) -> str:
        return (
            f"{name} is not defined on a fold: {trial.configuration.algorithm} gives "
            "no probabilities, or the fold has one class only"
        )

    def _compare(self, trial: SearchTrial) -> None:
        if trial.is_complete and (
            self.best is None or self.metric.loss(trial.score) < self.metric.loss(self.best.score)
        ):
            self.best = trial

    def _left(self) -> float:
        """Return the seconds that are left; infinite without a budget, or before any result."""
        if self.options.time_budget_s is None or not self.done:
            return float("inf")
        return self.begun + self.options.time_budget_s - time.monotonic()
