"""A planted warm start over the space of `svc`: good runs lie around one point on every task."""

from __future__ import annotations

import numpy as np

from metalearn import learners
from metalearn.core.history import History
from metalearn.core.metric import metric_named
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.priors import KDEPrior, Pool

METRIC = metric_named("balanced_accuracy")
SPACE = learners.get("svc").space("classification")
BEST = SPACE.configuration({"C": 10.0, "kernel": "rbf", "gamma": 0.05, "class_weight": "none"})


def planted_loss(points, shift=0.0):
    """Loss in (0, 1): distance to the best point on C, gamma and kernel."""
    names = list(SPACE.names)
    best = SPACE.encode([BEST])[0]
    rows = np.nan_to_num(points, nan=0.5)
    distance = sum((rows[:, names.index(n)] - best[names.index(n)]) ** 2 for n in ("C", "gamma"))
    other = rows[:, names.index("kernel")] != best[names.index("kernel")]
    return np.tanh(distance + 0.3 * other) * 0.8 + 0.05 + shift


def planted_warm(n_tasks=4, n_runs=40, n_seeds=5, n_observed=0, kernel=None):
    rng = np.random.default_rng(7)
    histories, tops = [], []
    for t in range(n_tasks):
        points = SPACE.encode(SPACE.sample(n_runs, rng))
        loss = planted_loss(points, 0.02 * t)
        histories.append(History(points, loss, f"task-{t}"))
        tops.append(points[np.argsort(loss)[:8]])
    pool = np.concatenate(tops)
    prior = KDEPrior(SPACE, Pool(pool, np.full(len(pool), 1 / len(pool)), ("t",)))
    ranked = SPACE.decode(np.concatenate([h.X for h in histories])[
        np.argsort(np.concatenate([h.y for h in histories]))])
    seeds = [BEST, *ranked][: n_seeds]
    drawn = SPACE.sample(n_observed, rng)
    losses = planted_loss(SPACE.encode(drawn)) if drawn else []
    observed = tuple(Trial(c).finished(float(v)) for c, v in zip(drawn, losses, strict=True))
    return WarmStart(SPACE, tuple(seeds), tuple(histories), prior=prior, observations=observed,
                     metric=METRIC, snapshot="planted")
