"""Bayesian optimization with linear regression on random features (METHODS 11.5)."""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["LinearSearch"]


class LinearSearch(ModelBased):
    """See the module and `ModelBased`. Sources only add their best points as candidates.

    Overview:
        idea: Bayesian linear regression on random Fourier features; linear in the number of
            trials (DNGO's last layer; Snoek et al. 2015)
        warm start: observations; prior; the sources' best points as candidates
    """

    own_surrogate = "linear"
