"""Bayesian optimization with a random forest (SMAC; Hutter et al. 2011; METHODS 11.3).

A tenth of the proposals are random, so that a plateau of the forest does not end the search.
"""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["ForestSearch"]


class ForestSearch(ModelBased):
    """See the module; arguments as in `ModelBased`. Takes no sources of a warm start."""

    own_surrogate = "forest"
    own_explore = 0.1
