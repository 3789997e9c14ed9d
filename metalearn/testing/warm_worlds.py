"""A planted warm start over the space of `svc`: on every task the best runs are near one point."""

from __future__ import annotations

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.metric import metric_named
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.learners import get
from metalearn.priors import KDEPrior, Pool

__all__ = ["planted_loss", "planted_warm"]

_METRIC = metric_named("balanced_accuracy")
_BEST = {"C": 10.0, "kernel": "rbf", "gamma": 0.05, "class_weight": "none"}
_N_TOP = 8


def _space() -> Space:
    return get("svc").space("classification")


def planted_loss(configuration: Configuration) -> float:
    """Return a loss in (0, 1): the distance to the best point on C, gamma and kernel."""
    space = _space()
    names = list(space.names)
    best, at = space.encode([_BEST, configuration])
    distance = sum(float(best[j] - at[j]) ** 2 for j in (names.index("C"), names.index("gamma")))
    other = configuration.hyperparameters["kernel"] != _BEST["kernel"]
    return 0.05 + 0.8 * float(np.tanh(distance + 0.3 * other))


def planted_warm(
    *,
    n_tasks: int = 4,
    n_runs: int = 40,
    n_seeds: int = 5,
    n_observed: int = 0,
    branch: bool = False,
) -> WarmStart:
    """Return a warm start of source tasks with one best point, the first of the initial design.

    Args:
        n_tasks: Number of source tasks.
        n_runs: Number of runs of each.
        n_seeds: Length of the initial design.
        n_observed: Number of random observations on the target.
        branch: Use one kernel and one class weight, for optimizers of numbers only.
    """
    space, rng = _space(), np.random.default_rng(7)

    def drawn(n: int) -> list[Configuration]:
        found = space.sample(n, rng)
        if not branch:
            return found
        fixed = {"kernel": _BEST["kernel"], "class_weight": _BEST["class_weight"]}
        return [space.configuration({**c.hyperparameters, **fixed}) for c in found]

    histories, tops = [], []
    for t in range(n_tasks):
        configurations = drawn(n_runs)
        losses = np.array([planted_loss(c) for c in configurations])
        points = space.encode(configurations)
        histories.append(History(points, losses + 0.02 * t, f"task-{t}"))
        tops.append(points[np.argsort(losses)[:_N_TOP]])
    pool = np.concatenate(tops)
    prior = KDEPrior(space, Pool(pool, np.full(len(pool), 1 / len(pool)), ("planted",)))
    seeds = [space.configuration(_BEST), *space.decode(pool[:: max(1, len(pool) // n_seeds)])]
    observed = tuple(Trial(c).finished(planted_loss(c)) for c in drawn(n_observed))
    return WarmStart(
        space, tuple(dict.fromkeys(seeds))[:n_seeds], tuple(histories), prior=prior,
        observations=observed, metric=_METRIC, snapshot="planted",
    )  # fmt: skip
