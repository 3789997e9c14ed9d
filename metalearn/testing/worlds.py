"""Planted worlds: small generated meta-datasets with a known best configuration per task."""

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
    """Source tasks, and target tasks with all their losses.

    Attributes:
        meta: The meta-dataset of the source tasks.
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
    informative: bool = True,
) -> World:
    """Return a world of kinds of task, each with its own good configurations.

    The losses of a kind share one profile, so that a few evaluations reveal the kind. The best
    configuration of a kind is bad for the others. One configuration is mediocre everywhere.

    Args:
        rng: Source of randomness.
        n_tasks: Number of source tasks.
        n_configurations: Configurations; the first `n_clusters` are the specialists.
        n_clusters: Kinds of task.
        informative: Whether the meta-features depend on the kind; else they are noise.
    """
    n_targets = 20
    kind = np.arange(n_tasks + n_targets) % n_clusters
    profiles = rng.uniform(0.4, 0.8, (n_clusters, n_configurations))
    profiles[:, :n_clusters] = rng.uniform(0.5, 0.8, (n_clusters, n_clusters))
    profiles[np.arange(n_clusters), np.arange(n_clusters)] = 0.1
    profiles[:, n_clusters] = 0.4
    losses = profiles[kind] + rng.normal(0.0, 0.01, (len(kind), n_configurations))
    features = rng.normal(size=(len(kind), 4))
    if informative:
        centres = rng.normal(size=(n_clusters, 3))
        features[:, 1:] = centres[kind] + rng.normal(0.0, 0.05, (len(kind), 3))
    return _world(losses, features, kind[n_tasks:], rng)


def with_holes(meta: MetaDataset, share: float, rng: np.random.Generator) -> MetaDataset:
    """Return a copy with about this share of the cells missing."""
    holes = rng.random(meta.losses.shape) < share
    return replace(meta, losses=np.where(holes, np.nan, meta.losses))


def regret_after(world: World, ranker: Ranker, n_steps: int) -> Floats:
    """Return `(n_targets,)` normalized regret after `n_steps` sequential evaluations."""
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
