"""Greedy portfolio over known tasks weighted by a kernel on the observed losses.

Before the first evaluation it equals the plain portfolio. Afterwards task weights are a Gaussian
kernel of the distance between a known task's losses and the target's. Bounded metrics such as the
error rate share one scale over tasks, and distances are taken on it. For a metric without a common
scale (RMSE, log loss), distances are taken between the logarithms of the losses after removal of
their level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.agreement import kernel_weights
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta

__all__ = ["KernelPortfolio"]


class KernelPortfolio:
    """Adaptive portfolio with kernel weights from observed losses.

    Args:
        width: Bandwidth of the kernel, in units of the (bounded) loss.
        floor: Least weight of a task, relative to a task with identical losses.

    Overview:
        idea: portfolio of tasks weighted by a kernel on observed losses
        adapts: yes
    """

    def __init__(self, width: float = 0.05, floor: float = 1e-3) -> None:
        self.width, self.floor = width, floor

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> KernelPortfolioRanker:  # noqa: ARG002
        """Return the ranker; deterministic."""
        known = prepared_meta(meta, "kernel-portfolio")
        scale = loss_scale(meta.metric, known.losses)
        return KernelPortfolioRanker(
            known, scale, scale.apply(known.losses), self.width, self.floor
        )


@dataclass(frozen=True, slots=True)
class KernelPortfolioRanker:
    """The fitted recommender; see `KernelPortfolio`."""

    known: PreparedMeta
    scale: LossScale
    scaled: Floats
    width: float
    floor: float

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the task weights `(n_tasks,)` given the evaluations so far; sum 1."""
        seen = measured(target)
        votes = self.known.weights
        if len(seen.indices) == 0 or seen.failed.all():
            return votes.copy()
        agreement = kernel_weights(
            self.scaled[:, seen.indices],
            self.scale.apply(seen.losses),
            self.width,
            level=self.scale.is_common,
        )
        weights = votes * (agreement + self.floor)
        return np.asarray(weights / weights.sum())

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the weighted greedy portfolio that continues the evaluations."""
        return greedy_scores(self.known, self.task_weights(target), target)
