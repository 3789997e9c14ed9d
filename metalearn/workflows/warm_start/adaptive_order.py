"""Adaptive initial design: known configurations, ranked again after every evaluation.

A fixed list is computed before any loss is measured on the task. The first losses show which
known tasks it resembles, and thus which configuration should be next (METHODS 9). Where tasks
share configurations, the losses on the known tasks are measured, not predicted.
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
    """A fitted recommender whose configurations lie in a space.

    Attributes:
        ranker: The recommender.
        meta_features: `(n_meta_features,)` of the target; NaN or empty = unknown.
        configurations: One per column of the ranker; None = it does not exist in the space.
    """

    ranker: Ranker
    meta_features: Floats
    configurations: tuple[Configuration | None, ...]

    def order(
        self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()
    ) -> list[Configuration]:
        """Return the known configurations that were not tried yet, best first.

        Args:
            trials: Finished trials; the ranker ignores those of other configurations or at a
                lower fidelity.
            pending: Configurations under evaluation; they get the worst loss so far, so that
                parallel suggestions differ.
        """
        order = np.argsort(self.ranker.score(self.target(trials, pending)), kind="stable")
        known = {trial.configuration for trial in trials} | set(pending)
        listed = (self.configurations[j] for j in order)
        return list(dict.fromkeys(c for c in listed if c is not None and c not in known))

    def mapped(self, to: Callable[[Configuration], Configuration | None]) -> KnownRanking:
        """Return the ranking in another space; `to` returns None if there is no image."""
        found = (None if c is None else to(c) for c in self.configurations)
        return replace(self, configurations=tuple(found))

    def target(self, trials: Sequence[Trial], pending: Sequence[Configuration] = ()) -> TargetTask:
        """Return the meta-features and measured losses for the ranker, see `order`."""
        losses = {t.configuration: t.loss for t in trials if t.fidelity == 1.0}
        finite = [loss for loss in losses.values() if np.isfinite(loss)]
        if finite:
            losses |= dict.fromkeys(pending, max(finite))
        place: dict[Configuration, int] = {}
        for j, configuration in enumerate(self.configurations):
            if configuration in losses:
                place.setdefault(configuration, j)
        indices = np.array([*place.values()], dtype=np.int64)
        measured = np.array([losses[c] for c in place], dtype=np.float64)
        return TargetTask(self.meta_features, indices, measured)
