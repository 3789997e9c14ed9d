"""Gaussian row model: each task's losses are a draw from one Gaussian over configurations.

METHODS 8.5. The Gaussian is fitted by probabilistic PCA (Tipping & Bishop 1999): with all factors
and Ledoit-Wolf shrinkage for a complete matrix, by EM for one with missing cells. The evaluations
on the target condition the rest of its row; expected improvement (Jones et al. 1998) selects the
next configuration. The model equals a multi-task Gaussian process with a linear kernel over tasks
(METHODS 10.7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.low_rank import masked_als
from metalearn.numerics.matrix.ppca import RowGaussian as RowModel
from metalearn.numerics.matrix.ppca import fit_ppca
from metalearn.numerics.search.log_improvement import log_expected_improvement
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta

__all__ = ["GaussianRows"]


class GaussianRows:
    """Expected improvement under a Gaussian over rows.

    Args:
        rank: Number of factors; None: all, with shrinkage, or 10 if cells are missing.
        n_start: Number of evaluations that follow the greedy portfolio.

    Overview:
        idea: rows of the table are draws of one Gaussian; expected improvement
        adapts: yes
    """

    def __init__(self, rank: int | None = None, n_start: int = 1) -> None:
        self.rank = rank
        self.n_start = n_start

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> GaussianRowsRanker:  # noqa: ARG002
        """Return the ranker; deterministic."""
        known = prepared_meta(meta, "gaussian-rows")
        scale = loss_scale(meta.metric, known.losses)
        losses = scale.apply(known.losses)
        rows = losses[np.isfinite(losses).any(axis=1)]
        rows = rows if len(rows) else np.zeros_like(losses)
        model = _with_offset(rows, self.rank) if scale.is_log else fit_ppca(rows, self.rank)
        return GaussianRowsRanker(known, scale, model, self.n_start)


@dataclass(frozen=True, slots=True)
class GaussianRowsRanker:
    """The fitted recommender; see `GaussianRows`."""

    known: PreparedMeta
    scale: LossScale
    model: RowModel
    n_start: int

    def predict(self, target: TargetTask) -> tuple[Floats, Floats]:
        """Return mean and variance of the target's losses, `(n_configurations,)` each.

        On the scale of the model: the logarithm of the loss if the metric is unbounded.
        """
        seen = measured(target)
        if seen.failed.all():
            return self.model.condition(seen.indices[:0], seen.losses[:0])
        return self.model.condition(seen.indices, self.scale.apply(seen.losses))

    def score(self, target: TargetTask) -> Floats:
        """Return minus log expected improvement; portfolio positions for the first `n_start`."""
        seen = measured(target)
        if len(seen.indices) < max(self.n_start, 1) or seen.failed.all():
            return greedy_scores(self.known, self.known.weights, target)
        mean, variance = self.predict(target)
        best = float(self.scale.apply(seen.losses).min())
        return -log_expected_improvement(mean, np.sqrt(variance), best)


def _with_offset(rows: Floats, rank: int | None) -> RowModel:
    """Return the Gaussian of rows minus their offsets, with the offset as a further factor.

    Otherwise offsets that differ by orders of magnitude would inflate the noise variance.
    """
    offset = masked_als(rows, 0, 1e-3, np.random.default_rng(0), 5).row_bias  # rng: rank 0
    model = fit_ppca(rows - offset[:, None], rank)
    broad = np.full((len(model.mean), 1), max(float(offset.std()), 1.0))
    loadings = np.concatenate([broad, model.loadings], axis=1)
    return RowModel(model.mean + offset.mean(), loadings, model.noise_variance)
