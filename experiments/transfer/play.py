"""One optimization on one task's table: choose a row, see its loss, again."""

from __future__ import annotations

import numpy as np
from sets import Tasks

from metalearn import optimizers
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["curve", "warm_start"]


def warm_start(tasks: Tasks, task: int, weights: Floats | None = None) -> WarmStart:
    """Return what the other tasks, near-duplicates left out, say about this one."""
    sources = tasks.sources_of(task)
    return WarmStart(
        tasks.space, sources=tuple(tasks.histories[t] for t in sources), weights=weights
    )  # type: ignore[arg-type]  # None = equal


def curve(
    tasks: Tasks, task: int, method: str, initial: WarmStart | None, n: int, seed: int, **options
) -> Floats:
    """Return `(n,)` normalized regret of the best so far, by the range of the whole table."""
    history = tasks.histories[task]
    X, y = history.X, history.y
    worst, best = np.nanmax(y), np.nanmin(y)
    rng = np.random.default_rng([seed, task])
    optimizer = optimizers.get(method)(tasks.space, initial=initial, rng=rng, **options)
    configurations: list[Configuration] = tasks.space.decode(X)
    left, lowest, found = np.arange(len(y)), worst, []
    for _ in range(n):
        (index,) = optimizer.choose(X[left])
        row = left[index]
        left = np.delete(left, index)
        optimizer.tell(Trial(configurations[row]).finished(float(y[row])))
        lowest = min(lowest, y[row]) if np.isfinite(y[row]) else lowest
        found.append((lowest - best) / (worst - best))
    return np.array(found)
