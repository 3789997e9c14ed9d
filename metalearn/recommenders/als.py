"""Explicit matrix factorization: biases and factors of tasks and configurations (METHODS 8.4).

Alternating least squares over the observed cells only (Zhou, Wilkinson, Schreiber & Pan 2008). The
factors of a new task are predicted from meta-features by ridge regression, as in ALORS (Misir &
Sebag 2017), and updated by the evaluations on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.low_rank import Factors, masked_als
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.prepared_meta import measured, prepared_meta
from metalearn.recommenders.task_order import by_key

__all__ = ["ALS", "ALSRanker"]

_PENALTIES = (0.003, 0.01, 0.03, 0.1)
_USUAL_PENALTY = 0.03
_MANY_CELLS = 300_000  # above, the penalty is not tuned


class ALS:
    """Lowest predicted loss first.

    Args:
        rank: Number of factors.
        penalty: Ridge per cell, relative to the variance of the losses. None: the best of four
            values on a held-out tenth of the cells, or 0.03 above 300,000 cells.
        side_penalty: Ridge of the regression of factors on meta-features, in units of tasks.

    Overview:
        idea: factorization of the observed cells
        adapts: yes
    """

    def __init__(
        self, rank: int = 8, penalty: float | None = None, side_penalty: float = 30.0
    ) -> None:
        self.rank, self.penalty, self.side_penalty = rank, penalty, side_penalty

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ALSRanker:
        """Return the ranker; `rng` draws the initial factors and the held-out cells."""
        known = prepared_meta(meta, "als")
        order = by_key(meta)
        scale = loss_scale(meta.metric, known.losses)
        losses = scale.apply(known.losses)[order]
        rows = np.isfinite(losses).any(axis=1)
        penalty = self.penalty or _tuned_penalty(losses, self.rank, rng)
        factors = masked_als(losses, self.rank, penalty, rng)
        encoding = fit_quantiles(meta.meta_features[order])
        features = encoding.apply(meta.meta_features[order])
        latent = np.concatenate([factors.rows, factors.row_bias[:, None]], axis=1)[rows]
        centre = latent.mean(axis=0) if len(latent) else np.zeros(self.rank + 1)
        design = features[rows]
        middle = design.mean(axis=0) if len(design) else np.zeros(design.shape[1])
        design = design - middle
        gram = design.T @ design + self.side_penalty * np.identity(design.shape[1])
        slopes = np.asarray(np.linalg.solve(gram, design.T @ (latent - centre)), np.float64)
        # A new task's factors shrink to their prediction as strongly as known ones shrink to 0.
        prior = np.full(self.rank + 1, penalty * np.isfinite(losses).sum() / max(rows.sum(), 1))
        prior[: self.rank] *= float(np.nanstd(losses)) if rows.any() else 1.0
        return ALSRanker(scale, factors, encoding, middle, centre, slopes, prior)


@dataclass(frozen=True, slots=True)
class ALSRanker:
    """The fitted recommender; see `ALS`.

    Attributes:
        scale: Scale on which losses are factorized.
        factors: The factorization.
        encoding: Encoding of the meta-features.
        middle: Means of the encoded meta-features.
        centre: Mean factors and bias of the known tasks, `(rank + 1,)`.
        slopes: Their regression on meta-features, `(n_encoded, rank + 1)`.
        prior: Ridge that shrinks a new task's factors and bias to the prediction, `(rank + 1,)`.
    """

    scale: LossScale
    factors: Factors
    encoding: QuantileScaling
    middle: Floats
    centre: Floats
    slopes: Floats
    prior: Floats

    def predict(self, target: TargetTask) -> Floats:
        """Return predicted losses, `(n_configurations,)`, on the scale of the factors."""
        base = self.factors.level + self.factors.column_bias
        design = np.concatenate([self.factors.columns, np.ones((len(base), 1))], axis=1)
        latent = self._from_meta_features(target.meta_features)
        seen = measured(target)
        if not seen.failed.all():
            part = design[seen.indices]
            left = self.scale.apply(seen.losses) - base[seen.indices] - part @ latent
            gram = part.T @ part + np.diag(self.prior + 1e-12)
            latent = latent + np.linalg.solve(gram, part.T @ left)
        return np.asarray(base + design @ latent)

    def score(self, target: TargetTask) -> Floats:
        """Return the predicted losses."""
        return self.predict(target)

    def _from_meta_features(self, features: Floats) -> Floats:
        used = list(self.encoding.columns)
        if len(features) == 0 or not np.isfinite(features[used]).any():
            return self.centre
        encoded = self.encoding.apply(features[None])[0]
        return np.asarray(self.centre + (encoded - self.middle) @ self.slopes)


def _tuned_penalty(losses: Floats, rank: int, rng: np.random.Generator) -> float:
    """Return the penalty with the least squared error on a held-out tenth of the cells."""
    known = np.isfinite(losses)
    held_out = known & (rng.random(losses.shape) < 0.1)
    if known.sum() > _MANY_CELLS or not held_out.any():
        return _USUAL_PENALTY
    rest, seed = np.where(held_out, np.nan, losses), int(rng.integers(2**31))
    errors = []
    for penalty in _PENALTIES:
        model = masked_als(rest, rank, penalty, np.random.default_rng(seed), 10)
        errors.append(float(((model.predict() - losses)[held_out] ** 2).mean()))
    return _PENALTIES[int(np.argmin(errors))]
