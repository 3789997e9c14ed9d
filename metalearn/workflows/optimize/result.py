"""Result of `optimize`: all trials, the incumbent after each, and the best one to build."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.json_numbers import finite_or_null
from metalearn.core.metric import Metric
from metalearn.core.objective import Objective
from metalearn.core.task import Task
from metalearn.errors import EvaluationError
from metalearn.learners.joint import ALL

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Optimization", "Origin", "SearchTrial", "Stopped"]

Origin = Literal["remembered", "warm start", "search"]
Stopped = Literal["trials", "time", "interrupted", "exhausted"]
_ENDED = {
    "trials": "all trials done",
    "time": "the time is up",
    "interrupted": "interrupted",
    "exhausted": "the space holds nothing new",
}


@dataclass(frozen=True, slots=True)
class SearchTrial:
    """One evaluation.

    Attributes:
        number: Position in the order of finishing, from 1; 0 for remembered trials.
        configuration: The evaluated configuration.
        score: Its score; NaN if it failed.
        status: `ok`, `failed`, `timeout` or `crashed`.
        reason: Why the score is missing; "" if there is one.
        fidelity: Share of the training rows, in (0, 1].
        runtime_s: Processor seconds of the evaluation, all folds.
        elapsed_s: Wall-clock seconds since the search began.
        origin: `remembered` from an earlier run on this table, `warm start`, or `search`.
        task: The task.
        values: With several objectives, the value of each by name; empty if it failed.
    """

    number: int
    configuration: Configuration
    score: float
    status: str
    reason: str
    fidelity: float
    runtime_s: float
    elapsed_s: float
    origin: Origin
    task: Task
    values: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def is_complete(self) -> bool:
        """Whether it may be the incumbent: it succeeded, on all rows."""
        return self.status == "ok" and self.fidelity == 1.0

    def build(self, seed: int = 0) -> Any:  # scikit-learn's Pipeline is untyped
        """Return an unfitted scikit-learn Pipeline for the raw table: preparation and model."""
        from metalearn.learners import get

        return get(self.configuration.algorithm).pipeline(self.task.kind, self.configuration, seed)

    def to_dict(self) -> dict[str, Any]:
        """Return the trial as plain values; unknown values are None."""
        return {
            "trial": self.number,
            "algorithm": self.configuration.algorithm,
            "hyperparameters": dict(self.configuration.hyperparameters),
            "score": finite_or_null(self.score),
            "status": self.status,
            "reason": self.reason,
            "fidelity": self.fidelity,
            "seconds": finite_or_null(self.runtime_s),
            "elapsed_seconds": finite_or_null(self.elapsed_s),
            "origin": self.origin,
            **({"objectives": dict(self.values)} if self.values else {}),
        }


@dataclass(frozen=True)
class Optimization:
    """A finished search.

    Attributes:
        task: The task that was searched on.
        metric: Metric of the scores.
        algorithm: The algorithm whose space was searched; `all`, or names with commas, for a
            joint space.
        optimizer: Name of the optimizer.
        warm_start: Length of the initial design; 0 = started cold.
        seed: Seed of everything random.
        snapshot: Digest of the store snapshot that the warm start used; "" if none.
        remembered: Evaluations of this table that were in the store before.
        trials: The trials of this search, in the order of finishing.
        stopped: What ended the search: `trials`, `time`, `interrupted` or `exhausted`.
        seconds: Wall-clock seconds, meta-features and warm start included.
        suggest_s: Seconds that the optimizer needed for all suggestions.
        store: The store that the trials were written to; "" if none.
        notes: What was left out or could not be used, and why.
        objectives: Several objectives, the metric first; empty with the metric alone.
    """

    task: Task
    metric: Metric
    algorithm: str
    optimizer: str
    warm_start: int
    seed: int
    snapshot: str
    remembered: tuple[SearchTrial, ...]
    trials: tuple[SearchTrial, ...]
    stopped: Stopped
    seconds: float
    suggest_s: float
    store: str = ""
    notes: tuple[str, ...] = ()
    objectives: tuple[Objective, ...] = ()

    @property
    def searched(self) -> str:
        """What was searched, in words: the algorithm or algorithms."""
        return "all algorithms" if self.algorithm == ALL else self.algorithm.replace(",", ", ")

    @property
    def front(self) -> tuple[SearchTrial, ...]:
        """The trials that no other one beats in every objective, best by the metric first.

        Remembered trials are included. Empty with one objective.
        """
        from metalearn.workflows.optimize.front import front_of

        return front_of((*self.remembered, *self.trials), self.objectives)

    @property
    def hypervolume(self) -> float:
        """Share of the box between ideal and reference point that the front dominates, in [0, 1].

        The losses of this search span the box; see `hypervolumes` to compare searches.
        """
        from metalearn.workflows.optimize.front import hypervolumes

        return hypervolumes([self])[0]

    @property
    def best(self) -> SearchTrial:
        """The best trial on all rows by the metric, remembered ones included.

        Raises:
            EvaluationError: If none succeeded.
        """
        self.require_best()
        finished = [t for t in (*self.remembered, *self.trials) if t.is_complete]
        return min(finished, key=lambda t: self.metric.loss(t.score))

    @property
    def improvements(self) -> list[SearchTrial]:
        """The best remembered trial, and the trials that became the incumbent."""
        kept: list[SearchTrial] = []
        remembered = [t for t in self.remembered if t.is_complete]
        if remembered:
            kept.append(min(remembered, key=lambda t: self.metric.loss(t.score)))
        for trial in self.trials:
            loss = self.metric.loss(trial.score)
            if trial.is_complete and (not kept or loss < self.metric.loss(kept[-1].score)):
                kept.append(trial)
        return kept

    @property
    def is_joint(self) -> bool:
        """Whether several algorithms were searched together."""
        return any(t.configuration.algorithm != self.algorithm for t in self.trials)

    @property
    def start_in_words(self) -> str:
        """How the search began."""
        if not self.warm_start:
            return "started cold"
        known = f", {len(self.remembered)} trials known" if self.remembered else ""
        return f"{self.warm_start} configurations from snapshot {self.snapshot[:12]}{known}"

    @property
    def end_in_words(self) -> str:
        """What ended the search."""
        return _ENDED[self.stopped]

    def require_best(self) -> None:
        """Raise an error with the reasons if no trial succeeded.

        Raises:
            EvaluationError: If no trial succeeded on all rows.
        """
        if not any(t.is_complete for t in (*self.remembered, *self.trials)):
            raise EvaluationError(self._why_nothing())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per trial; `incumbent` is the best score so far on all rows."""
        import pandas as pd

        loss = np.array(
            [self.metric.loss(t.score) if t.is_complete else np.nan for t in self.trials]
        )
        known = [self.metric.loss(t.score) for t in self.remembered if t.is_complete]
        best = np.fmin.accumulate(np.append(min(known, default=np.nan), loss))[1:]
        columns = ("number", "status", "fidelity", "score")
        return pd.DataFrame(
            {
                **{name: [getattr(t, name) for t in self.trials] for name in columns},
                "incumbent": np.asarray(self.metric.score(best)),
                "seconds": [t.runtime_s for t in self.trials],
                "elapsed_s": [t.elapsed_s for t in self.trials],
                "origin": [t.origin for t in self.trials],
                **self._value_columns(),
                "algorithm": [t.configuration.algorithm for t in self.trials],
                "configuration": [t.configuration for t in self.trials],
            }
        ).rename(columns={"number": "trial"})

    def curve(self) -> pd.DataFrame:
        """Return the incumbent's score after each trial: trial, elapsed_s, incumbent."""
        return self.to_frame()[["trial", "elapsed_s", "incumbent"]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, in the form that `optimize --json` prints."""
        best = [t for t in (*self.remembered, *self.trials) if t.is_complete]
        curve = self.curve().to_dict("records")
        return {
            "task": self.task.to_dict(),
            "metric": self.metric.name,
            "space": self.algorithm,
            "optimizer": self.optimizer,
            "warm_start": self.warm_start,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "best": self.best.to_dict() if best else None,
            "n_remembered": len(self.remembered),
            "trials": [trial.to_dict() for trial in self.trials],
            "curve": [{k: finite_or_null(v) for k, v in row.items()} for row in curve],
            "stopped": self.stopped,
            "seconds": self.seconds,
            "suggest_seconds": self.suggest_s,
            "store": self.store or None,
            "notes": list(self.notes),
            **self._several(),
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def _value_columns(self) -> dict[str, list[float]]:
        names = [o.name for o in self.objectives if o.name != self.metric.name]
        return {name: [t.values.get(name, math.nan) for t in self.trials] for name in names}

    def _several(self) -> dict[str, Any]:
        if not self.objectives:
            return {}
        return {
            "objectives": [o.name for o in self.objectives],
            "front": [trial.to_dict() for trial in self.front],
            "hypervolume": self.hypervolume,
        }

    def _why_nothing(self) -> str:
        if not self.trials:
            return (
                f"nothing finished within {self.seconds:.1f} s: give more time (--time-budget), "
                "or fewer rows"
            )
        reasons = sorted({f"{t.status}: {t.reason}" for t in self.trials})
        return f"none of {len(self.trials)} trials succeeded; " + "; ".join(reasons[:3])
