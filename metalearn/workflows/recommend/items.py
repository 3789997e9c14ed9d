"""Entries of the list: each configuration with expected score, seconds, and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.objective import Objective
from metalearn.core.task import Task
from metalearn.numerics.statistics.regret import row_ends
from metalearn.recommenders.expected_score import Expectation
from metalearn.workflows.recommend.floor import Floor
from metalearn.workflows.recommend.result import Evidence, Recommendation

__all__ = ["Listing"]

_N_EVIDENCE = 3


@dataclass(frozen=True, eq=False)
class Listing:
    """Inputs of the list entries, for all configurations of a meta-dataset.

    Attributes:
        task: The task that they are listed for.
        meta: The known tasks.
        expectation: Expected losses.
        seconds: Expected seconds of one fit, `(n_configurations,)`; NaN = unknown.
        weights: Weights of the known tasks, `(n_tasks,)`.
        floor: Losses of the dummy.
        objectives: Objectives of a front; empty for a list by the metric alone.
        costs: Expected costs by objective, each `(n_configurations,)`.
    """

    task: Task
    meta: MetaDataset
    expectation: Expectation
    seconds: Floats
    weights: Floats
    floor: Floor
    objectives: tuple[Objective, ...] = ()
    costs: Mapping[str, Floats] = field(default_factory=dict)

    def item(self, rank: int, j: int) -> Recommendation:
        """Return the recommendation of one configuration."""
        expected, metric = self.expectation, self.meta.metric
        ends = metric.clip(
            metric.score(np.array([expected.mean[j], expected.low[j], expected.high[j]]))
        )
        score, low, high = float(ends[0]), float(min(ends[1:])), float(max(ends[1:]))
        values = {o.name: float(self.costs[o.name][j]) if o.is_cost else score
                  for o in self.objectives}  # fmt: skip
        return Recommendation(
            rank, self.meta.configurations[j], self.task, metric, score, low, high,
            float(self.seconds[j]), self._evidence(j), values,
        )  # fmt: skip

    @cached_property
    def _ends(self) -> tuple[Floats, Floats]:
        """Lowest and highest loss of each known task, `(n_tasks,)`; infinite if it has none."""
        low, high = row_ends(self.meta.losses)
        return low[:, 0], high[:, 0]

    def _evidence(self, j: int) -> tuple[Evidence, ...]:
        """Return the tasks that support a configuration: similar ones on which it was good."""
        losses, metric = self.meta.losses, self.meta.metric
        best, worst = self._ends
        goodness = (worst - losses[:, j]) / np.where(worst > best, worst - best, 1.0)
        support = np.nan_to_num(goodness) ** 2 * self.weights
        support = np.where(np.isfinite(losses[:, j]), support, -1.0)
        strongest = np.argsort(-support, kind="stable")[:_N_EVIDENCE]
        top = float(self.weights.max()) or 1.0
        return tuple(
            Evidence(
                self.meta.tasks[i].name,
                round(float(self.weights[i]) / top, 4),
                float(metric.score(float(losses[i, j]))),
                self._relative(int(i), j),
            )
            for i in strongest
            if support[i] > 0
        )

    def _relative(self, i: int, j: int) -> float | None:
        """Return a loss divided by the dummy's, for metrics in the unit of the target."""
        if self.meta.metric.optimum != 0.0 or not self.floor.is_unit:
            return None
        if not self.floor.known[i] > 0:
            return None
        return float(self.meta.losses[i, j] / self.floor.known[i])
