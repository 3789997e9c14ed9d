"""How much of the budget is kept for finishing: choosing weights, refits, corrections."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from metalearn.automl.finish import chosen, member_candidates
from metalearn.automl.leash import slowness_of
from metalearn.automl.library import Library
from metalearn.automl.restarts import refits_seconds
from metalearn.automl.settings import Settings

__all__ = ["Reserve"]

_CAUTION = 1.3
_FEWEST_S, _LEAST_SHARE, _MOST_SHARE = 0.3, 0.05, 0.35
"""At least and at most these seconds and shares of the budget are kept."""
_RESTART_SHARE = 0.1
"""Time is kept for restarts of networks up to this share of the budget."""
_PLAN_SHARE = 0.03
"""Weights are tried out while this takes no more than this share of the seconds so far."""
_WAYS_COST = 10.0
"""Comparing all ways of combining takes about this many times as long as greedy selection."""
_PLANNED_VALUES = 5_000_000
"""With more predicted values the search does not stop to estimate the seconds of combining."""


class Reserve:
    """The seconds kept, estimated anew as trials finish.

    Args:
        library: The trials.
        settings: The user's settings.
        started: When the fit began, on the clock.
        n_workers: Processes that fit.
        clock: Seconds.
    """

    def __init__(
        self,
        library: Library,
        settings: Settings,
        started: float,
        n_workers: int,
        clock: Callable[[], float],
    ) -> None:
        self._library, self._settings, self._started = library, settings, started
        self._n_workers, self._clock = n_workers, clock
        self._refit_s, self._combine_s, self._planned_s = 0.0, 0.2, 0.0
        self._work_s, self._spent_s = 0.0, 0.0

    @property
    def margin_s(self) -> float:
        """Seconds kept for what follows the last refit; more on a busy machine."""
        busy = min(max(slowness_of(os.getpid()) / 1.5, 1.0), 6.0)
        return (0.15 + 0.01 * self._settings.time_budget_s) * busy

    @property
    def slowness(self) -> float:
        """Seconds on the clock for a processor second, so far."""
        return min(max(self._spent_s / max(self._work_s, 1e-3), 1.0), 10.0)

    @property
    def seconds(self) -> float:
        """Seconds kept for everything after the last trial."""
        budget_s = self._settings.time_budget_s
        needed = self._combine_s + _CAUTION * self._refit_s * self.slowness
        needed = max(needed, _FEWEST_S + _LEAST_SHARE * budget_s)
        return self.margin_s + min(needed, _MOST_SHARE * budget_s)

    def observe(self, work_s: float, spent_s: float) -> None:
        """Take in processor seconds of a trial, and its seconds on the clock."""
        self._work_s += work_s
        self._spent_s += spent_s

    def plan(self) -> None:
        """Estimate the seconds of combining, and of fitting the members on all rows."""
        done = self._library.finished
        if not done:
            return
        share = _RESTART_SHARE if self._settings.restarts else 0.0
        restarts_s = share * self._settings.time_budget_s
        if len(done) <= 3:
            self._refit_s = refits_seconds(self._library, dict.fromkeys(done, 1.0), restarts_s)
        elif self._planned_s <= _PLAN_SHARE * (self._clock() - self._started):
            order = member_candidates(self._library, self._settings)
            if len(order) * self._library.trials[order[0]].predictions.size > _PLANNED_VALUES:
                self._combine_s = 0.1 * self._settings.time_budget_s
                return
            begun = self._clock()
            rng = np.random.default_rng(0)
            combination = chosen(self._library, self._settings, rng, thorough=False)
            took_s = self._clock() - begun
            self._combine_s = _WAYS_COST * took_s
            self._planned_s += took_s
            used = {i: w for i, w in zip(order, combination.weights, strict=True) if w > 0}
            self._refit_s = refits_seconds(self._library, used, restarts_s) / self._n_workers
