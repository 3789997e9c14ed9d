"""Pair model: boosting from (meta-features of a task, encoded configuration) to regret.

METHODS 7.1b. One model covers all cells, so tasks need not share configurations, missing cells
need no imputation, and configurations never evaluated receive a prediction. Histogram gradient
boosting (Ke et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.encoding import encode_configurations
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.recommenders.task_order import by_key

__all__ = ["PairModel", "PairModelRanker"]


class PairModel:
    """Lowest predicted normalized regret first.

    Args:
        n_iterations: Boosting steps.
        n_cells: Maximum number of training cells, drawn at random.

    Overview:
        idea: boosting predicts a loss from meta-features and the encoded configuration
        adapts: no
        needs: meta-features
    """

    def __init__(self, n_iterations: int = 60, n_cells: int = 20_000) -> None:
        self.n_iterations, self.n_cells = n_iterations, n_cells

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> PairModelRanker:
        """Return the ranker; `rng` draws the cells."""
        known = prepared_meta(meta, "pair-model")
        from sklearn.ensemble import HistGradientBoostingRegressor

        order = by_key(meta)
        regret = normalized_regret(known.losses[order])
        encoding = fit_quantiles(meta.meta_features[order])
        features = encoding.apply(meta.meta_features[order])
        table = encode_configurations(meta.configurations).table
        columns = np.concatenate([np.full((len(table), features.shape[1]), 0.5), table], axis=1)
        rows, cells = np.nonzero(np.isfinite(regret))
        if len(rows) > self.n_cells:
            chosen = np.sort(rng.choice(len(rows), self.n_cells, replace=False))
            rows, cells = rows[chosen], cells[chosen]
        target = regret[rows, cells]
        if columns.shape[1] == 0 or len(target) < 2 or np.ptp(target) == 0:
            return PairModelRanker(encoding, features.shape[1], columns, known.fallback, None)
        model = HistGradientBoostingRegressor(
            max_iter=self.n_iterations, max_leaf_nodes=31, early_stopping=False, random_state=0
        )
        design = np.concatenate([features[rows], table[cells]], axis=1)
        model.fit(design, target, sample_weight=known.weights[order][rows] + 1e-9)
        return PairModelRanker(encoding, features.shape[1], columns, known.fallback, model)


@dataclass(frozen=True, slots=True)
class PairModelRanker:
    """The fitted recommender; see `PairModel`.

    Attributes:
        encoding: Encoding of the meta-features.
        n_encoded: Number of encoded meta-features, the first columns of `columns`.
        columns: `(n_configurations, n_encoded + n_columns)`; `score` fills in meta-features.
        fallback: `(n_configurations,)`, breaks ties; the whole score without a model.
        model: Fitted scikit-learn model (untyped), or None.
    """

    encoding: QuantileScaling
    n_encoded: int
    columns: Floats
    fallback: Floats
    model: Any
    _last: dict[bytes, Floats] = field(default_factory=dict, compare=False, repr=False)

    def score(self, target: TargetTask) -> Floats:
        """Return predicted normalized regrets; ties by mean rank over all known tasks."""
        if self.model is None:
            return self.fallback.copy()
        key = target.meta_features.tobytes()
        if key not in self._last:
            self._last.clear()  # cache of one target, which is scored repeatedly
            design = self.columns.copy()
            design[:, : self.n_encoded] = self._encode(target.meta_features)
            regret = np.round(self.model.predict(design), 9)
            self._last[key] = np.asarray(regret + 1e-10 * self.fallback)
        return self._last[key].copy()

    def _encode(self, features: Floats) -> Floats:
        if len(features) == 0:
            features = np.full(max(self.encoding.columns, default=-1) + 1, np.nan)
        encoded = self.encoding.apply(features[None])
        return np.asarray(encoded[0])
