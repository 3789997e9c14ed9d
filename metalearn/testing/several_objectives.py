"""Standard test functions of several objectives with known Pareto fronts.

ZDT1 and ZDT2 (Zitzler, Deb & Thiele 2000) and DTLZ2 with three objectives (Deb, Thiele, Laumanns &
Zitzler 2002). The hypervolume of each front is known in closed form for every reference point that
is at least 1 in each objective.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ConfigSpace import ConfigurationSpace, Float

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.seams import Optimizer
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.numerics.search.hypervolume import hypervolume

__all__ = ["SEVERAL", "SeveralFunction", "play_several"]


@dataclass(frozen=True)
class SeveralFunction:
    """A function of several objectives over the unit cube.

    Attributes:
        name: Its name.
        of: Objectives at a point of the cube: `(n_axes,)` to `(n_objectives,)`.
        n_objectives: Number of objectives.
        missing: Volume below the front, between it and the origin.
    """

    name: str
    of: Callable[[Floats], Floats]
    n_objectives: int
    missing: float

    def space(self, n_axes: int) -> Space:
        """Return the space of that many axes."""
        config_space = ConfigurationSpace()
        config_space.add(*(Float(f"x{j}", (0.0, 1.0)) for j in range(n_axes)))
        return Space(self.name, config_space)

    def losses(self, configuration: Configuration) -> dict[str, float]:
        """Return the objectives of a configuration by name: `f1`, `f2`, ..."""
        values = configuration.hyperparameters
        x = np.array([values[f"x{j}"] for j in range(len(values))], dtype=np.float64)
        return {f"f{k}": float(value) for k, value in enumerate(self.of(x), start=1)}

    def share(self, trials: list[Trial], reference: Floats) -> float:
        """Return the hypervolume of trials as a share of that of the true front.

        Args:
            trials: Finished trials.
            reference: `(n_objectives,)`, at least 1 each.
        """
        points = np.array([list(trial.losses.values()) for trial in trials])
        return hypervolume(points, reference) / (float(np.prod(reference)) - self.missing)


def play_several(optimizer: Optimizer, n: int, function: SeveralFunction) -> list[Trial]:
    """Return `n` finished trials of a search, one after the other."""
    done: list[Trial] = []
    for _ in range(n):
        (trial,) = optimizer.ask()
        losses = function.losses(trial.configuration)
        done.append(trial.finished(losses["f1"], losses=losses))
        optimizer.tell(done[-1])
    return done


def _zdt(x: Floats, power: float) -> Floats:
    g = 1.0 + 9.0 * float(x[1:].mean())
    return np.array([x[0], g * (1.0 - (x[0] / g) ** power)])


def _dtlz2(x: Floats) -> Floats:
    first, second = 0.5 * math.pi * x[:2]
    radius = 1.0 + float(((x[2:] - 0.5) ** 2).sum())
    waves = (np.cos(first) * np.cos(second), np.cos(first) * np.sin(second), np.sin(first))
    return radius * np.array(waves)


SEVERAL = {
    function.name: function
    for function in (
        SeveralFunction("zdt1", lambda x: _zdt(x, 0.5), 2, 1.0 / 3.0),
        SeveralFunction("zdt2", lambda x: _zdt(x, 2.0), 2, 2.0 / 3.0),
        SeveralFunction("dtlz2", _dtlz2, 3, math.pi / 6.0),
    )
}
