"""Planted worlds: small meta-datasets whose right answer is known because we put it there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.seams import Ranker
from metalearn.core.task import TargetTask, Task

__all__ = ["World", "clusters", "one_best", "regret_after", "with_holes"]


@dataclass(frozen=True, slots=True)
class World:
    """Known tasks, and target tasks with their full truth.

    Attributes:
        meta: What a recommender may learn from.
        target_losses: `(n_targets, n_configurations)`, complete.
        target_meta_features: `(n_targets, n_meta_features)`.
        best: `(n_targets,)` the planted best configuration of each target.
    """

    meta: MetaDataset
    target_losses: Floats
    target_meta_features: Floats
    best: Ints


def one_best(rng: np.random.Generator, *, n_tasks: int = 30, n_configurations: int = 25) -> World:
    """Return a world where one configuration is the best everywhere and the rest is noise."""
    n_targets = 10
    best = int(rng.integers(n_configurations))
    losses = rng.uniform(0.3, 0.9, (n_tasks + n_targets, n_configurations))
    losses[:, best] = rng.uniform(0.1, 0.15, n_tasks + n_targets)
    features = rng.normal(size=(n_tasks + n_targets, 3))
    return _world(losses, features, np.full(n_targets, best), rng)


def clusters(
    rng: np.random.Generator,
    *,
    n_tasks: int = 60,
    n_configurations: int = 40,
    n_clusters: int = 4,
    telling: bool = True,
) -> World:
    """Return a world of kinds of task, each with its own good configurations.

    The losses of a kind share one profile, so that a few evaluations tell the kind; the best
    configuration of a kind is bad for the others. What is mediocre everywhere comes second.

    Args:
        rng: Source of randomness.
        n_tasks: Known tasks.
        n_configurations: Configurations; the first `n_clusters` are the specialists.
        n_clusters: Kinds of task.
        telling: Whether the meta-features tell the kind; else they are noise.
    """
    n_targets = 20
    kind = np.arange(n_tasks + n_targets) % n_clusters
    profiles = rng.uniform(0.4, 0.8, (n_clusters, n_configurations))
    profiles[:, :n_clusters] = rng.uniform(0.5, 0.8, (n_clusters, n_clusters))
    profiles[np.arange(n_clusters), np.arange(n_clusters)] = 0.1
    profiles[:, n_clusters] = 0.4
    losses = profiles[kind] + rng.normal(0.0, 0.01, (len(kind), n_configurations))
    features = rng.normal(size=(len(kind), 4))
    if telling:
        centres = rng.normal(size=(n_clusters, 3))
        features[:, 1:] = centres[kind] + rng.normal(0.0, 0.05, (len(kind), 3))
    return _world(losses, features, kind[n_tasks:], rng)


def with_holes(meta: MetaDataset, share: float, rng: np.random.Generator) -> MetaDataset:
    """Return a copy where that share of the cells is not observed."""
    holes = rng.random(meta.losses.shape) < share
    return replace(meta, losses=np.where(holes, np.nan, meta.losses))


def regret_after(world: World, ranker: Ranker, n_steps: int) -> Floats:
    """Return `(n_targets,)` normalized regret after `n_steps` evaluations told one by one."""
    regret = np.empty(len(world.target_losses))
    for i, losses in enumerate(world.target_losses):
        target = TargetTask(world.target_meta_features[i])
        for _ in range(n_steps):
            scores = np.array(ranker.score(target))
            scores[target.observed] = np.inf
            index = int(np.argmin(scores))
            target = target.tell(index, float(losses[index]), 1.0)
        reached = target.observed_losses.min()
        regret[i] = (reached - losses.min()) / (losses.max() - losses.min())
    return regret


def _world(losses: Floats, features: Floats, best: Ints, rng: np.random.Generator) -> World:
    n_targets = len(best)
    n_tasks, n_configurations = len(losses) - n_targets, losses.shape[1]
    meta = MetaDataset(
        metric_named("error_rate"),
        tuple(Task(f"planted:{i:03d}", f"planted {i}", n_rows=100 + i) for i in range(n_tasks)),
        tuple(
            Configuration("planted", {"number": j, "position": j / n_configurations})
            for j in range(n_configurations)
        ),
        losses[:n_tasks],
        runtimes_s=rng.uniform(1.0, 1.1, (n_tasks, n_configurations)),
        meta_features=features[:n_tasks],
        meta_feature_names=tuple(f"feature {j}" for j in range(features.shape[1])),
    )
    return World(meta, losses[n_tasks:], features[n_tasks:], best)
