"""PMF: Gaussian processes over latent positions of configurations (METHODS 8.3).

Fusi, Sheth & Elibol 2018: each task is a draw from a Gaussian process over configurations, whose
latent positions are learned from all tasks; expected improvement selects the next configuration.
The first five come from the tasks nearest in meta-features. Differences from the paper: means of
configurations are subtracted (theirs shrinks unknown losses to 0), meta-features are scaled (raw,
the number of rows dominates the distance), and a start configuration need not be evaluated on all
five neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.gplvm import LatentProcess, fit_latent_process
from metalearn.numerics.search.log_improvement import log_expected_improvement
from metalearn.numerics.statistics.ranks import mean_utility, rank_rows, rank_utility
from metalearn.numerics.tasks.distance import MetaScaling, fit_scaling, meta_distances
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta
from metalearn.recommenders.task_order import by_key

__all__ = ["PMF", "PMFRanker"]

_XI = 0.01
_N_NEAREST = 5


class PMF:
    """Expected improvement in a learned space of configurations.

    Args:
        n_axes: Latent dimensions; 20 as published.
        n_start: Number of first configurations that come from the nearest tasks.
        n_steps: Training steps after initialization by principal components.

    Overview:
        idea: a Gaussian process over latent positions of the configurations; expected
            improvement
        adapts: yes
    """

    def __init__(self, n_axes: int = 20, n_start: int = 5, n_steps: int = 60) -> None:
        self.n_axes, self.n_start, self.n_steps = n_axes, n_start, n_steps

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> PMFRanker:
        """Return the ranker; `rng` draws the batches of the training."""
        known = prepared_meta(meta, "pmf")
        scale = loss_scale(meta.metric, known.losses)
        losses = scale.apply(known.losses[by_key(meta)])
        scaling = fit_scaling(meta.meta_features)
        return PMFRanker(
            known,
            scale,
            fit_latent_process(losses, self.n_axes, rng, self.n_steps),
            rank_utility(rank_rows(known.losses)),
            scaling,
            scaling.apply(meta.meta_features),
            self.n_start,
        )


@dataclass(frozen=True, slots=True)
class PMFRanker:
    """The fitted recommender; see `PMF`."""

    known: PreparedMeta
    scale: LossScale
    process: LatentProcess
    utility: Floats
    scaling: MetaScaling
    scaled: Floats
    n_start: int

    def score(self, target: TargetTask) -> Floats:
        """Return minus log expected improvement; mean ranks on near tasks for the first few."""
        seen = measured(target)
        if len(seen.indices) < self.n_start or seen.failed.all():
            return self._cold(target)
        losses = self.scale.apply(seen.losses)
        mean, variance = self.process.condition(seen.indices, losses)
        margin = _XI * float(losses.max() - losses.min())
        gain = log_expected_improvement(mean, np.sqrt(variance), float(losses.min()), margin)
        return np.asarray(-gain)

    def _cold(self, target: TargetTask) -> Floats:
        """Return minus the mean rank utility on the five nearest tasks; ties by all tasks."""
        votes = self.known.weights
        if len(target.meta_features) == 0 or not np.isfinite(self.scaled).any():
            return self.known.fallback.copy()
        distance = meta_distances(self.scaled, self.scaling.apply(target.meta_features))
        distance = np.where(votes > 0, np.round(distance, 9), np.inf)
        near = distance <= np.sort(distance)[min(_N_NEAREST, len(votes)) - 1]
        utility = mean_utility(self.utility[near], np.ones(int(near.sum())), prior=0.5)
        return np.asarray(np.round(-utility, 9) + 1e-6 * self.known.fallback)
