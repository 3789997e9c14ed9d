"""Search after the list: small changes of the best configurations so far of one algorithm.

Algorithms take turns, those with better trials more often, since an ensemble needs good members
that differ. One of the best configurations of an algorithm is the parent, and a few of its axes
move in the unit cube.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.learners import get

__all__ = ["algorithm_in_turn", "neighbour_of_best"]

_N_PARENTS = 3
_STEP = 0.15
_TRIES = 20


def algorithm_in_turn(ranked: Sequence[Configuration], n_asked: Mapping[str, int]) -> str | None:
    """Return the algorithm to search next, by the method of D'Hondt; None without any.

    The share of an algorithm falls with the rank of its best configuration.

    Args:
        ranked: Configurations that finished, best first.
        n_asked: How often each algorithm had its turn.
    """
    names = list(dict.fromkeys(configuration.algorithm for configuration in ranked))
    if not names:
        return None
    return max(names, key=lambda a: 1.0 / ((names.index(a) + 1.5) * (n_asked.get(a, 0) + 1)))


def neighbour_of_best(
    ranked: list[Configuration],
    known: set[Configuration],
    kind: Kind,
    rng: np.random.Generator,
) -> Configuration | None:
    """Return a configuration near one of the best, not yet known; None if none is found.

    Args:
        ranked: Configurations of one or more algorithms that finished, best first.
        known: Configurations not to be returned.
        kind: Kind of task.
        rng: Draws parent, axes and steps.
    """
    parents = ranked[:_N_PARENTS]
    if not parents:
        return None
    shares = 1.0 / (np.arange(len(parents)) + 1.5)
    for _ in range(_TRIES):
        parent = parents[rng.choice(len(parents), p=shares / shares.sum())]
        space = get(parent.algorithm).space(kind)
        try:
            unit = space.encode([parent])[0]
        except ValueError:  # an imported configuration beyond our space
            continue
        active = np.flatnonzero(np.isfinite(unit))
        n_moved = 1 + rng.binomial(len(active) - 1, 0.4) if len(active) > 1 else 1
        for j in rng.choice(active, n_moved, replace=False):
            axis = space.axes[j]
            if axis.kind == "category":
                unit[j] = rng.random()
            else:
                step = max(_STEP, 0.0 if axis.n_cells == 0 else 0.7 / axis.n_cells)
                unit[j] = _reflected(unit[j] + rng.normal(0.0, step))
        child = space.decode(unit[None, :])[0]
        if child not in known:
            return child
    return None


def _reflected(value: float) -> float:
    value = abs(value) % 2.0
    return 2.0 - value if value > 1.0 else value
