"""cmaes: WS-CMA-ES (Nomura et al. 2021), whose first distribution comes from other tasks.

Mean, step size and covariance are those of the best tenth of the source tasks' runs, where a run
counts by its rank within its task; results on the same task count as runs too. The first
generation is the initial design, filled up by draws.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import rankdata

from metalearn.bridges.bridge import Bridge, loaded
from metalearn.bridges.cube import Cube, centre_and_spread, cube_of
from metalearn.bridges.pooling import pooled_sources
from metalearn.core.arrays import Floats
from metalearn.core.warm_start import WarmStart

__all__ = ["BRIDGE", "CmaesStart", "to_cmaes"]

_FEWEST_RUNS = 10


class CmaesStart(NamedTuple):
    """A `cmaes.CMA`, and what its points mean: `cube.decode(x)`."""

    strategy: Any
    cube: Cube


def to_cmaes(
    warm: WarmStart, *, gamma: float = 0.1, alpha: float = 0.1, seed: int = 0, **options: Any
) -> Any:
    """Return a strategy over the numbers of one branch of the space, and the cube they live in.

    Args:
        warm: The warm start.
        gamma: Share of the runs that count as good.
        alpha: Least spread, on the unit cube.
        seed: Seed of the strategy.
        **options: Of `cmaes.CMA`, for instance `population_size`.
    """
    cmaes = loaded("cmaes", "cmaes")

    class WarmCMA(cmaes.CMA):  # type: ignore[misc, name-defined]  # untyped
        """`cmaes.CMA` with a list of points that `ask` returns first."""

        waiting: list[Floats]

        def ask(self) -> Any:
            return self.waiting.pop(0) if self.waiting else super().ask()

    cube = cube_of(warm)
    runs = _runs(warm, cube)
    if len(runs) >= _FEWEST_RUNS:
        mean, sigma, cov = cmaes.get_warm_start_mgd(runs, gamma=gamma, alpha=alpha)
    else:
        mean, spread = centre_and_spread(warm, cube, seed)
        sigma, cov = float(spread.mean()), np.diag((spread / spread.mean()) ** 2)
    bounds = np.tile([0.0, 1.0], (len(cube.names), 1))
    made = WarmCMA(mean=mean, sigma=sigma, cov=cov, bounds=bounds, seed=seed, **options)
    made.waiting = [z for z in map(cube.encode, warm.configurations) if z is not None]
    return CmaesStart(made, cube)


def _runs(warm: WarmStart, cube: Cube) -> list[tuple[Floats, float]]:
    """Return points of the branch with their rank within their task, in (0, 1)."""
    pooled = pooled_sources(warm)
    configurations = list(warm.space.decode(pooled.points))
    losses = list(pooled.loss)
    results = warm.known_results
    if results:
        ranks = rankdata([trial.loss for trial in results])
        configurations += [trial.configuration for trial in results]
        losses += list((ranks - 0.5) / len(results))
    points = [cube.encode(c) for c in configurations]
    return [(z, float(v)) for z, v in zip(points, losses, strict=True) if z is not None]


BRIDGE = Bridge(
    name="cmaes",
    package="cmaes",
    extra="cmaes",
    honours=frozenset({"seeds", "observations", "prior", "sources"}),
    start=to_cmaes,
    title="cmaes",
    forbidden="moved to an allowed point by `cube.decode`",
    joint="one algorithm",
)
