"""Simulated use of a recommender on a task of known losses; it sees only what it evaluates."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.seams import Plays, Ranker
from metalearn.core.task import TargetTask
from metalearn.numerics.statistics.regret import best_so_far

__all__ = ["Played", "regret_curve", "simulate_ranker"]


@dataclass(frozen=True, slots=True)
class Played:
    """The evaluations of one task.

    Attributes:
        losses: `(n_steps,)` in the order of evaluation; NaN = the evaluation failed.
        seconds: Time of all recommendations together.
    """

    losses: Floats
    seconds: float

    @property
    def n_steps(self) -> int:
        """Number of recommendations."""
        return len(self.losses)


def simulate_ranker(
    ranker: Ranker,
    meta_features: Floats,
    losses: Floats,
    *,
    available: Bools,
    runtimes_s: Floats,
    n_steps: int,
) -> Played:
    """Let a ranker choose configurations one by one, and look up each loss in the table.

    Args:
        ranker: Fitted on other tasks.
        meta_features: `(n_meta_features,)` of the task.
        losses: `(n_configurations,)`; NaN where nothing was observed or the evaluation failed.
        available: `(n_configurations,)`; configurations never run on this task are skipped
            without charge, since their losses are unknown.
        runtimes_s: `(n_configurations,)`; NaN = unknown.
        n_steps: Maximum number of evaluations; failed ones count.
    """
    target = TargetTask(meta_features)
    started = time.perf_counter()
    player = ranker.player(meta_features) if isinstance(ranker, Plays) else _Lowest(ranker)
    for _ in range(min(n_steps, int(available.sum()))):
        index = player.choose(target, available)
        target = target.tell(index, float(losses[index]), float(runtimes_s[index]))
    return Played(np.array(target.observed_losses), time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Lowest:
    """Chooses by the scores of all configurations."""

    ranker: Ranker

    def choose(self, target: TargetTask, available: Bools) -> int:
        """Return the available configuration of lowest score; see `Player`."""
        return target.lowest(self.ranker.score(target), available)


def regret_curve(measured: Floats, losses: Floats, n_steps: int) -> Floats:
    """Return the normalized regret of the best of the first 1, 2, ... evaluations.

    Args:
        measured: `(n,)` losses in the order of evaluation; NaN = failed.
        losses: `(n_configurations,)` the task's whole row, whose lowest and highest scale the
            regret; NaN = unknown. Not all equal.
        n_steps: Length of the curve; it is constant after the last evaluation.

    Returns:
        `(n_steps,)` in [0, 1]; 1 until the first evaluation that did not fail.
    """
    low, high = np.nanmin(losses), np.nanmax(losses)
    best = np.minimum(best_so_far(measured), high)
    curve = (best - low) / (high - low)
    padding = np.full(max(n_steps - len(curve), 0), curve[-1] if len(curve) else 1.0)
    return np.concatenate([curve, padding])[:n_steps]
