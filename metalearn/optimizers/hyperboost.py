"""HyperBoost: quantile boosting and distance (van Hoof & Vanschoren 2019/2021)."""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["HyperBoost"]


class HyperBoost(ModelBased):
    """See the module and `ModelBased`. Sources only add their best points as candidates.

    Overview:
        idea: boosted 10 % quantile plus distance to the evaluated points (van Hoof &
            Vanschoren 2021)
        warm start: observations; prior; the sources' best points as candidates
    """

    own_surrogate = "boosting"
