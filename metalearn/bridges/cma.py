"""pycma: an evolution strategy on the unit cube that starts where good configurations lie.

Mean and coordinate-wise spread are those of the prior; the initial design is injected and comes
first; results on the same task are fed as `feed_for_resume` does, in whole generations.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from metalearn.bridges.bridge import Bridge, loaded
from metalearn.bridges.cube import Cube, centre_and_spread, cube_of
from metalearn.core.warm_start import WarmStart

__all__ = ["BRIDGE", "CmaStart", "to_cma"]


class CmaStart(NamedTuple):
    """A `cma.CMAEvolutionStrategy`, and what its points mean: `cube.decode(z)`."""

    strategy: Any
    cube: Cube


def to_cma(warm: WarmStart, *, sigma0: float | None = None, seed: int = 1, **options: Any) -> Any:
    """Return a strategy over the numbers of one branch of the space, and the cube they live in.

    Args:
        warm: The warm start.
        sigma0: Overall step size on the unit cube; the prior's mean spread if None.
        seed: Seed of the strategy, at least 1.
        **options: Of `cma.CMAOptions`.
    """
    cma = loaded("cma", "cma")
    cube = cube_of(warm)
    mean, spread = centre_and_spread(warm, cube, seed)
    step = float(spread.mean())
    chosen = {"bounds": [0, 1], "seed": seed, "verbose": -9,
              "CMA_stds": (spread / step).tolist(), **options}  # fmt: skip
    strategy = cma.CMAEvolutionStrategy(mean, sigma0 or step, chosen)
    results = [(cube.encode(t.configuration), t.loss) for t in warm.known_results]
    inside = [(z, loss) for z, loss in results if z is not None]
    inside = inside[: len(inside) // strategy.sp.popsize * strategy.sp.popsize]
    if inside:
        strategy.feed_for_resume(np.stack([z for z, _ in inside]), [loss for _, loss in inside])
    seeds = [z for z in map(cube.encode, warm.configurations) if z is not None]
    if seeds:
        strategy.inject(seeds[: strategy.sp.popsize], force=True)
    return CmaStart(strategy, cube)


BRIDGE = Bridge(
    name="cma",
    package="cma",
    extra="cma",
    honours=frozenset({"seeds", "observations", "prior", "sources"}),
    start=to_cma,
    title="pycma",
    forbidden="moved to an allowed point by `cube.decode`",
    joint="one algorithm",
)
