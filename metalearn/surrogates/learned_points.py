"""Source tasks as the training set of a network, and points expanded by its features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.loss_unit import are_equal
from metalearn.surrogates.gaussian_process import MAX_POINTS, kept
from metalearn.surrogates.inactive import inactive_outside
from metalearn.surrogates.losses import cleaned, standardized
from metalearn.surrogates.points import Points

__all__ = ["LearnedPoints", "MetaTasks", "meta_tasks"]

_SEED = 0


@dataclass(frozen=True)
class LearnedPoints:
    """Features of a network, with one length scale for all of them; an `Expansion`.

    Attributes:
        points: Expansion of encoded points, the inputs of the network.
        features: Maps `(n, n_columns)` inputs to `(n, width)` features.
        width: Number of features.
    """

    points: Points
    features: Callable[[Floats], Floats]
    width: int

    @property
    def space(self) -> Space:
        """The space of the points."""
        return self.points.space

    @property
    def groups(self) -> Ints:
        """All features share length scale 0."""
        return np.zeros(self.width, dtype=np.int64)

    @property
    def n_groups(self) -> int:
        """One."""
        return 1

    @property
    def n_active(self) -> int:
        """One."""
        return 1

    def expand(self, X: Floats) -> Floats:
        """Return `(n, width)` features of `(n, n_axes)` encoded points."""
        return self.features(self.points.expand(X))


@dataclass(frozen=True)
class MetaTasks:
    """Source tasks that a network is trained on; the same for every target.

    Attributes:
        points: Expansion of their points.
        tasks: Inputs `(n, n_columns)` and standardized losses `(n,)` of each task, in an order
            that does not depend on that of the warm start.
        centres: `(n_tasks,)` mean losses before they were standardized.
        widths: `(n_tasks,)` standard deviations before they were standardized.
    """

    points: Points
    tasks: tuple[tuple[Floats, Floats], ...]
    centres: Floats
    widths: Floats

    def take(self, chosen: Bools) -> MetaTasks:
        """Return the tasks where `chosen (n_tasks,)` is True."""
        tasks = tuple(task for task, taken in zip(self.tasks, chosen, strict=True) if taken)
        return MetaTasks(self.points, tasks, self.centres[chosen], self.widths[chosen])


def meta_tasks(warm: WarmStart) -> MetaTasks:
    """Return all sources with different losses, whatever their weights for this target are.

    Of a long history the best fifth and others at random are kept, 500 in all.
    """
    points = Points.of(warm.space)
    found = []
    for source in warm.sources:
        X, y = cleaned(source)
        if len(y) < 2 or are_equal(y):
            continue
        order = np.lexsort((*inactive_outside(X).T, y))
        X, y = X[order], y[order]
        chosen = kept(y, MAX_POINTS, np.random.default_rng(_SEED))
        found.append((points.expand(X[chosen]), standardized(y[chosen])))
    found.sort(key=lambda task: (task[1].centre, task[1].width, task[1].y.tobytes()))
    return MetaTasks(
        points,
        tuple((inputs, scaled.y) for inputs, scaled in found),
        np.array([scaled.centre for _, scaled in found]),
        np.array([scaled.width for _, scaled in found]),
    )
