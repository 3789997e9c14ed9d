"""Deep kernels of a warm start: meta-trained once for its sources, kept in the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.warm_start import WarmStart
from metalearn.neural.recipe import NetworkRecipe, digest_of_tasks, trained
from metalearn.numerics.gaussian_process.fit import LogPrior, fit_map
from metalearn.numerics.gaussian_process.regression import Hyper, axis_distances
from metalearn.surrogates.learned_points import LearnedPoints, MetaTasks, meta_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from metalearn.neural.deep_kernel import Outer
    from metalearn.neural.network import Weights
    from metalearn.neural.training import Estimate, Schedule

__all__ = ["FEW", "SEED", "DeepKernel", "n_steps_for", "recipe_of", "trained_kernel", "trained_on"]

SEED = 0
FEW = 10
"""Evaluations of a target from which on a network is fine-tuned."""
_STEPS, _STEPS_A_TASK = 2000, 40
_LEAST_NOISE = 1e-6
_LOG_SDS = np.array([0.5, 0.5, 1.0])  # of length scale, signal and noise around the meta-learned


def trained_on(
    warm: WarmStart,
    known: MetaTasks,
    model: str,
    schedule: Schedule,
    begin: Callable[[], tuple[Weights, Estimate]],
    **options: float | str,
) -> Weights:
    """Return weights trained on the sources of a warm start, from the cache if they are there.

    Args:
        warm: The warm start.
        known: Its sources.
        model: Kind of network; with the options, it identifies weights in the cache.
        schedule: Length and speed of the training.
        begin: Returns first weights, and the estimate of the loss and its gradient; called only
            if there is something to train.
        options: Settings that the weights depend on, beside the length of the training.
    """
    from metalearn.neural.training import train

    def training(checkpoint: Path | None) -> Weights:
        start, estimate = begin()
        return train(estimate, start, schedule, SEED, checkpoint)

    options |= {"steps": schedule.n_steps}
    return trained(recipe_of(warm, known, model, **options), training)


def recipe_of(
    warm: WarmStart, known: MetaTasks, model: str, **options: float | str
) -> NetworkRecipe:
    """Return the recipe of what is learned from the sources of a warm start; see `trained_on`."""
    axes = tuple(axis.name for axis in warm.space.axes)
    digest = digest_of_tasks(known.tasks)
    return NetworkRecipe(model, digest, options, SEED, axes, warm.snapshot)


def n_steps_for(n_tasks: int) -> int:
    """Return the length of meta-training: 40 steps for each task, at most 2,000."""
    return min(_STEPS, _STEPS_A_TASK * n_tasks)


@dataclass(frozen=True)
class DeepKernel:
    """A meta-trained kernel.

    Attributes:
        known: The tasks that it was trained on.
        weights: Weights of the network and of the process.
    """

    known: MetaTasks
    weights: Weights

    @property
    def points(self) -> LearnedPoints:
        """Points expanded by the network."""
        from metalearn.neural.deep_kernel import features

        weights = self.weights
        return LearnedPoints(
            self.known.points,
            lambda inputs: np.asarray(features(weights, inputs)),
            len(weights["b2"]),
        )

    @property
    def hyper(self) -> Hyper:
        """Hyperparameters of the process; the length scale is part of the network."""
        signal, noise = (float(np.exp(self.weights[f"log_{name}"])) for name in _NAMES)
        return Hyper(np.ones(1), signal, noise + _LEAST_NOISE)

    @property
    def level_variance(self) -> float:
        """Prior variance of the level of a task, in units of the square of its scale."""
        from metalearn.neural.deep_kernel import LEVEL

        return LEVEL

    def mean(self, at: Floats) -> Floats:
        """Return `(n,)` learned means at features `(n, width)`."""
        from metalearn.neural.deep_kernel import prior_mean

        return np.asarray(prior_mean(self.weights, at))

    def hyper_of(self, X: Floats, z: Floats) -> Hyper:
        """Return the hyperparameters of largest posterior after losses `(n,)` of a target.

        Their priors are log-normal around the meta-learned ones. The network stays as it is.
        """
        points = self.points
        distances = axis_distances(points.expand(X), points.groups, points.n_groups)
        prior = LogPrior(self.hyper.theta, _LOG_SDS)
        return Hyper.of(fit_map([(distances, z)], prior=prior), points.n_groups)

    def fine_tuned(self, X: Floats, z: Floats) -> DeepKernel:
        """Return the kernel after gradient steps on standardized losses `(n,)` of a target."""
        from metalearn.neural.deep_kernel import fine_tuned

        inputs = self.known.points.expand(X)
        return DeepKernel(self.known, fine_tuned(self.weights, inputs, z))


_NAMES = ("signal", "noise")


def trained_kernel(warm: WarmStart, *, mean: bool = False, outer: Outer = "joint") -> DeepKernel:
    """Return the kernel trained on the sources of a warm start, from the cache if it is there.

    Args:
        warm: Its sources, of which at least one must have different losses.
        mean: Learn a prior mean too.
        outer: Kind of outer step, see `neural.deep_kernel`.

    Raises:
        MissingPackageError: Without the extra `neural`.
    """
    from metalearn.neural.deep_kernel import initial_kernel, outer_step
    from metalearn.neural.training import Schedule

    known = meta_tasks(warm)

    def begin() -> tuple[Weights, Estimate]:
        n_columns = known.tasks[0][0].shape[1]
        start = initial_kernel(n_columns, np.random.default_rng(SEED), mean=mean)
        return start, outer_step(known.tasks, outer, own_scale=not mean)

    schedule = Schedule(n_steps_for(len(known.tasks)), decay=1e-3)
    weights = trained_on(
        warm, known, "deep-kernel", schedule, begin, mean=float(mean), outer=outer
    )
    return DeepKernel(known, weights)
