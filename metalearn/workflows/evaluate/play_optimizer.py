"""Simulated search of an optimizer on a task of known losses; it sees only what it evaluates."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.seams import Chooses, Optimizer
from metalearn.core.trial import Trial
from metalearn.errors import SpaceExhaustedError
from metalearn.optimizers.finite import distances
from metalearn.workflows.evaluate.benchmarks import Answers

__all__ = ["PlayedSearch", "play_search"]

_MOST_ASKED = 30
"""Maximum number of trials per unit of budget; it ends searches at tiny fidelities."""


@dataclass(frozen=True, slots=True, eq=False)
class PlayedSearch:
    """One search.

    Attributes:
        losses: `(n_steps,)` lowest loss at full fidelity after a budget of 1, 2, ... whole
            evaluations; NaN before the first.
        seconds: Processor seconds of all suggestions and of all calls of `tell`.
        n_asked: Number of suggestions.
    """

    losses: Floats
    seconds: float
    n_asked: int


def play_search(optimizer: Optimizer, answers: Answers, n_steps: int) -> PlayedSearch:
    """Let an optimizer search with a budget of whole evaluations.

    A trial at a lower fidelity costs that share of an evaluation. A table has one fidelity, so
    every trial on it is evaluated and charged in full. An optimizer that is a `Chooses` picks an
    open row of the table; for any other, the open row nearest to its suggestion is evaluated.

    Args:
        optimizer: A new optimizer, without trials.
        answers: The task.
        n_steps: Budget, in whole evaluations.
    """
    best = np.full(n_steps, np.nan)
    lowest, spent, seconds, n_asked = np.inf, 0.0, 0.0, 0
    open_ = np.ones(0 if answers.X is None else len(answers.X), dtype=np.bool_)
    while spent < n_steps - 1e-9 and n_asked < _MOST_ASKED * n_steps:
        if answers.X is not None and not open_.any():
            break
        started = time.process_time()
        try:
            trial, place = _next(optimizer, answers, open_)
        except SpaceExhaustedError:
            break
        seconds += time.process_time() - started
        n_asked += 1
        if place is None:
            loss, cost = answers.loss(trial.configuration, trial.fidelity), trial.fidelity
        else:
            loss, cost, open_[place] = float(answers.losses[place]), 1.0, False
        spent += cost
        if cost == 1.0 or trial.fidelity == 1.0:
            lowest = min(lowest, loss)
        best[min(int(np.ceil(spent - 1e-9)), n_steps) - 1 :] = lowest
        started = time.process_time()
        optimizer.tell(trial.finished(loss))
        seconds += time.process_time() - started
    return PlayedSearch(np.where(np.isfinite(best), best, np.nan), seconds, n_asked)


def _next(optimizer: Optimizer, answers: Answers, open_: Bools) -> tuple[Trial, int | None]:
    """Return the next trial, and its row in the table; None without a table."""
    if answers.X is None:
        return optimizer.ask()[0], None
    left = np.flatnonzero(open_)
    if isinstance(optimizer, Chooses):
        place = int(left[optimizer.choose(answers.X[left])[0]])
        return Trial(answers.space.decode(answers.X[[place]])[0]), place
    (proposed,) = optimizer.ask()
    (point,) = answers.space.encode([proposed.configuration])
    place = int(left[np.argmin(distances(answers.space, answers.X[left], point))])
    nearest = answers.space.decode(answers.X[[place]])[0]
    return Trial(nearest, proposed.number, proposed.fidelity), place
