"""NSGA-II on trials: objectives, binary tournament, and offspring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.seams import Varies
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.numerics.search.pareto import crowding, fronts
from metalearn.optimizers.variation import Variation

__all__ = ["Measures", "losses_and_sizes", "offspring", "tournament"]

Measures = Callable[[Sequence[Trial]], Floats]
"""Maps members to `(n_members, n_objectives)`, all better when lower."""


def losses_and_sizes(members: Sequence[Trial], space: Space) -> Floats:
    """Return `(n, 2)`: loss and size, both better when lower.

    The size is the number of active hyperparameters, or what the space says (`Varies`).
    """
    sizes = [
        space.size(t.configuration)
        if isinstance(space, Varies)
        else len(t.configuration.hyperparameters)
        for t in members
    ]
    return np.column_stack([[t.loss for t in members], sizes]).astype(np.float64).reshape(-1, 2)


def tournament(
    members: Sequence[Trial], rng: np.random.Generator, measures: Measures
) -> Configuration:
    """Return the better of two: by Pareto front, then by crowding distance, then at random."""
    losses = measures(members)
    front = fronts(losses)
    distance = crowding(losses, front)
    pair = rng.integers(0, len(members), 2)
    best = min(pair, key=lambda i: (front[i], -distance[i]))
    return members[int(best)].configuration


def offspring(members: Sequence[Trial], variation: Variation, crossover: float) -> Configuration:
    """Return a child of two members with probability `crossover`, else a mutant of one."""
    measures = partial(losses_and_sizes, space=variation.space)
    parent = tournament(members, variation.rng, measures)
    if variation.rng.random() < crossover:
        return variation.crossed(parent, tournament(members, variation.rng, measures))
    return variation.mutated(parent)
