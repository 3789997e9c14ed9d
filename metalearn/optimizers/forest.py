"""Bayesian optimization with a random forest (SMAC; Hutter et al. 2011; METHODS 11.3).

A fifth of the proposals are random, as in SMAC, so that a plateau of the forest, or a branch of
the space that it thinks little of, does not end the search. For the same reason it starts with a
dozen points of the design: SMAC takes ten an axis, but no more than a quarter of the budget, here
of fifty evaluations.
"""

from __future__ import annotations

from metalearn.optimizers.model_based import ModelBased

__all__ = ["ForestSearch"]


class ForestSearch(ModelBased):
    """See the module and `ModelBased`. The sources' best points are only candidates."""

    own_surrogate = "forest"
    own_explore = 0.2
    own_start = 12
