"""Bayesian optimization with linear regression on random features (METHODS 11.5)."""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["LinearSearch"]


class LinearSearch(ModelBased):
    """See the module and `ModelBased`. Sources only add their best points as candidates."""

    own_surrogate = "linear"
