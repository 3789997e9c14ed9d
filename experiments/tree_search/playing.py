"""Searches among the stored configurations of one held-out task."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import TargetTask
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.tree_search import SearchTree
from metalearn.optimizers.decisions import Decisions
from metalearn.recommenders import get as recommender
from metalearn.workflows.warm_start.stored_runs import StoredRuns

__all__ = ["STEPS", "played", "weighted_sources"]

STEPS = (5, 10, 20)
"""Numbers of evaluations after which regrets are compared."""


def weighted_sources(others: StoredRuns, features: Floats) -> WarmStart:
    """Return the other tasks as sources, weighted by `nearest-tasks`; no design, no density.

    Args:
        others: The other tasks, without near-duplicates of the target.
        features: `(n_meta_features,)` of the target.
    """
    assert others.matrix is not None
    known = np.isfinite(others.matrix.losses).any(axis=0)
    fit = recommender("nearest-tasks")().fit
    ranker = fit(others.matrix.take(configurations=known), np.random.default_rng(0))
    weights = ranker.task_weights(TargetTask(features))  # type: ignore[attr-defined]  # it has them
    order = np.argsort(-weights, kind="stable")
    sources = tuple(others.histories[i] for i in order)
    return WarmStart(others.space, sources=sources, weights=weights[order])


def played(
    paths: Ints, y: Floats, decisions: Decisions, prior: object, seed: tuple[int, ...]
) -> Floats:
    """Return the regret after each evaluation of a tree search on the losses of one task.

    Args:
        paths: `(n, depth)` decisions of the stored configurations.
        y: `(n,)` their losses.
        decisions: The tree.
        prior: Probabilities of decisions; uniform if None.
        seed: Seed of the search; with the number of the task in it, tasks are independent.
    """
    rng = np.random.default_rng(seed)
    left, seen = list(range(len(y))), []
    for _ in range(max(STEPS)):
        tree = SearchTree(paths[seen], y[seen], decisions.numeric, prior)  # type: ignore[arg-type]
        seen.append(left.pop(tree.choose(paths[left], rng)))
    return np.asarray((np.minimum.accumulate(y[seen]) - y.min()) / np.ptp(y))
