"""Bayesian optimization with a random forest (SMAC; Hutter et al. 2011; METHODS 11.3).

A fifth of the proposals are random, as in SMAC, so that plateaus of the forest and branches of the
space with poor predictions are still explored. For the same reason the initial design has at least
12 points: SMAC takes 10 per axis but at most a quarter of the budget, here of 50 evaluations.
"""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["ForestSearch"]


class ForestSearch(ModelBased):
    """See the module and `ModelBased`. Sources only add their best points as candidates.

    Overview:
        idea: random forest of logarithms with between- and within-leaf variance, a fifth of
            the proposals random (SMAC; Hutter et al. 2011)
        warm start: observations; prior; the sources' best points as candidates
    """

    own_surrogate = "forest"
    own_explore = 0.2
    own_start = 12
