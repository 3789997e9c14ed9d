"""Ranking-weighted Gaussian process ensemble (Feurer, Letham, Hutter & Bakshy 2018/2022).

The weight w of a task is the share of joint draws in which its process misorders the fewest pairs
of the target's losses; the target's process uses leave-one-out draws. The ensemble has mean
sum w mean_i and variance sum w^2 variance_i (METHODS 10.3). Sources that order worse than the
target are dropped with growing probability. We differ from the reference code in three points: the
pair of a point with itself is no error, ties share the weight, and squared weights multiply
variances, not deviations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.tasks.ranking_loss import (
    diluted,
    left_out_ranking_loss,
    may_stay,
    ranking_loss,
    shares_of_lowest,
)
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["RGPE", "RGPEPredictor"]

_FEW = 3


class RGPE(Transfer):
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources are used; their weights only before three evaluations.
        n_draws: Draws of the ranking loss.
        budget: Number of planned evaluations; sources are dropped more often towards it.

    Overview:
        formula: mean = Σ w_i mean_i, variance = Σ w_i² variance_i; w_i = share of draws in
            which task i misorders the fewest pairs, dilution prevented (Feurer et al. 2018)
        use: when some sources mislead
        step: n³ + n² · 256 · T for n < 50
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        n_draws: int = 256,
        budget: int = 50,
    ) -> None:
        super().__init__(space, warm)
        self.n_draws, self.budget = n_draws, budget

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        return RGPEPredictor(target, sources, self.weights(target, sources, rng))

    def weights(self, target: Observed, sources: SourceTasks, rng: np.random.Generator) -> Floats:
        """Return `(n_sources + 1,)` weights, the target's last, sum 1."""
        if len(target) < _FEW:
            share = 1.0 / (len(sources) + 1)
            return np.append(sources.weights * (1.0 - share), share)
        noise = rng.normal(size=(self.n_draws, len(target)))
        chance = rng.random(len(sources))
        judged = np.flatnonzero(may_stay(chance, len(target), self.budget))
        means = sources.means(target.X)[judged]
        stds = sources.stds(target.X, judged, exact=True)
        losses = [
            ranking_loss(mean + std * noise, target.y)
            for mean, std in zip(means, stds, strict=True)
        ]
        mean, std = target.process.left_out()
        losses.append(left_out_ranking_loss(mean + std * noise, target.y))
        kept = diluted(np.array(losses), chance[judged], len(target), self.budget)
        weights = np.zeros(len(sources) + 1)
        weights[[*judged, len(sources)]] = shares_of_lowest(kept)
        return weights


@dataclass(frozen=True)
class RGPEPredictor:
    """The ensemble; see `RGPE`.

    Attributes:
        target: The target.
        sources: The source tasks.
        weights: `(n_sources + 1,)`, the target's last.
    """

    target: Observed
    sources: SourceTasks
    weights: Floats

    def predict(self, X: Floats) -> Prediction:
        """Return the weighted mean and the deviation of the weighted sum."""
        own_mean, own_std = self.target.standardized(X)
        w, v = self.weights[:-1], self.weights[-1]
        used = np.flatnonzero(w)
        variance = (v * own_std) ** 2
        if len(used):
            variance = variance + w[used] ** 2 @ self.sources.stds(X, used) ** 2
        return self.target.unscaled(w @ self.sources.means(X) + v * own_mean, np.sqrt(variance))
