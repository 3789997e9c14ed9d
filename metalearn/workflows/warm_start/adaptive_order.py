"""The initial design, asked one by one: known configurations, ordered anew after every answer.

A list is made before anything is known of the task; what its first entries give says which known
tasks the task behaves like, and so which entry should be next (METHODS 9). Where tasks share
configurations their losses are measured, not modelled, which in the first evaluations is worth
more than all the points in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.seams import Ranker
from metalearn.core.task import TargetTask
from metalearn.core.trial import Trial

__all__ = ["KnownRanking"]


@dataclass(frozen=True, eq=False)
class KnownRanking:
    """A fitted recommender, in the words of a space.

    Attributes:
        ranker: The recommender.
        meta_features: `(n_meta_features,)` of the target; NaN or empty = unknown.
        configurations: What the ranker's columns are called; None has no place in the space.
    """

    ranker: Ranker
    meta_features: Floats
    configurations: tuple[Configuration | None, ...]

    def order(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> list[Configuration]:
        """Return the known configurations that were not tried yet, best first.

        Args:
            trials: Finished trials; those of other configurations, or at a lower fidelity, tell
                nothing.
            pending: Asked for and not answered; they count as if they had given the worst loss
                so far, so that what is asked for beside them differs.
        """
        order = np.argsort(self.ranker.score(self.target(trials, pending)), kind="stable")
        known = {trial.configuration for trial in trials} | set(pending)
        listed = (self.configurations[j] for j in order)
        return list(dict.fromkeys(c for c in listed if c is not None and c not in known))

    def mapped(self, to: Callable[[Configuration], Configuration | None]) -> KnownRanking:
        """Return the same in the words of another space; `to` returns None for "no place"."""
        found = (None if c is None else to(c) for c in self.configurations)
        return replace(self, configurations=tuple(found))

    def target(self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()) -> TargetTask:
        """Return what the ranker may see of the task, see `order`."""
        losses = {t.configuration: t.loss for t in trials if t.fidelity == 1.0}
        finite = [loss for loss in losses.values() if np.isfinite(loss)]
        if finite:
            losses |= dict.fromkeys(pending, max(finite))
        place: dict[Configuration, int] = {}
        for j, configuration in enumerate(self.configurations):
            if configuration in losses:
                place.setdefault(configuration, j)
        indices = np.array([*place.values()], dtype=np.int64)
        told = np.array([losses[c] for c in place], dtype=np.float64)
        return TargetTask(self.meta_features, indices, told)
