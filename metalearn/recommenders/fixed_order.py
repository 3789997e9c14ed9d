"""Ranker with one fixed order of configurations, independent of the target task."""

from __future__ import annotations

from dataclasses import dataclass

from metalearn.core.arrays import Floats
from metalearn.core.task import TargetTask

__all__ = ["FixedOrder"]


@dataclass(frozen=True, slots=True)
class FixedOrder:
    """The same scores for every target.

    Attributes:
        scores: `(n_configurations,)`, finite, lower first.
    """

    scores: Floats

    def score(self, target: TargetTask) -> Floats:  # noqa: ARG002 -- by design
        """Return the same scores for every target."""
        return self.scores.copy()
