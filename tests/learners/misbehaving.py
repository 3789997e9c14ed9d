"""Learners that sleep, burn, raise, crash: known only to the process that is sent the task."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm
from metalearn.learners.evaluation import FoldScores, PreparedTask, Procedure
from metalearn.learners.tables import Table


class Majority:
    """A classifier that behaves; `misbehave` is called when it is fitted."""

    def __init__(self, misbehave: Any) -> None:
        self.misbehave = misbehave

    def fit(self, X: Any, y: Any) -> Majority:
        self.classes_ = np.unique(y)
        self.share = self.misbehave() or np.mean(y[:, None] == self.classes_, axis=0)
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.tile(self.share, (len(X), 1))


def burn_python(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def fail() -> None:
    raise ValueError("the learner does not like it")


MISBEHAVIOURS: dict[str, Any] = {
    "good": lambda: None,
    "sleeps": lambda: time.sleep(600),
    "burns_in_compiled_code": lambda: np.linalg.svd(np.random.default_rng(0).random((6000, 6000))),
    "burns_in_python": lambda: burn_python(600),
    "slow_folds": lambda: burn_python(0.4),
    "raises": fail,
    "takes_a_gigabyte": lambda: np.empty(1 << 27).fill(1.0),
    "out_of_memory": lambda: np.empty(1 << 55).sum(),
    "interrupts": lambda: (_ for _ in ()).throw(KeyboardInterrupt()),
    "exits": lambda: os._exit(3),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfaults": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "predicts_nan": lambda: [np.nan, np.nan],
}
LEARNERS = {
    name: Algorithm(name, ("classification",), "ordinal", lambda kind: [],
                    lambda kind, values, seed, call=call: Majority(call))
    for name, call in MISBEHAVIOURS.items()
}  # fmt: skip
globals().update(LEARNERS)


def plugged_in(table: Table, procedure: Procedure) -> PreparedTask:
    """Return the task and put the learners into the catalogue of this process."""
    CATALOGUE._own.update({name: f"{__name__}:{name}" for name in LEARNERS})
    CATALOGUE.__dict__.pop("_entries", None)
    return PreparedTask(table, procedure)


@dataclass(frozen=True)
class Plugged(PreparedTask):
    """A task that brings the learners along to the process that it is sent to."""

    def __reduce__(self) -> Any:
        return plugged_in, (self.table, self.procedure)


@dataclass(frozen=True)
class KilledOnce(PreparedTask):
    """A task whose first evaluation kills its process, as the system does when memory is short.

    Attributes:
        marker: File that is made by the first evaluation.
    """

    marker: str = ""

    def evaluate(self, *given: Any, **known: Any) -> Iterator[FoldScores]:
        """Yield the scores, or die the first time, after the first fold."""
        first = not Path(self.marker).exists()
        for scores in super().evaluate(*given, **known):
            if first and scores.fold == 1:
                Path(self.marker).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            yield scores
