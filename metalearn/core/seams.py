"""Protocols of plug-ins: recommenders, surrogates, densities and optimizers.

Recommenders use the finite set of configurations of a `MetaDataset`. Surrogates and optimizers use
a continuous `Space` and a `History`. Lower is better everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.core.trial import Trial
from metalearn.errors import ShapeError

__all__ = [
    "Chooses",
    "Density",
    "Draws",
    "Explains",
    "Optimizer",
    "Player",
    "Plays",
    "Prediction",
    "Predictor",
    "Ranker",
    "Recommender",
    "Resumes",
    "Surrogate",
    "Values",
]


@runtime_checkable
class Ranker(Protocol):
    """A fitted recommender."""

    def score(self, target: TargetTask) -> Floats:
        """Return `(n_configurations,)` finite scores; configurations are tried in ascending order.

        Without observations this is the zero-shot ranking. After observations, the configuration
        with the lowest score among those not evaluated is the next one. Callers ignore the scores
        of evaluated configurations. Deterministic.
        """
        ...


class Player(Protocol):
    """A ranker of one task; it keeps what does not change with the evaluations."""

    def choose(self, target: TargetTask, available: Bools) -> int:
        """Return the configuration of lowest score among those available and not evaluated.

        Args:
            target: The task, with the meta-features that the player was made for.
            available: `(n_configurations,)`, with one at least that was not evaluated.
        """
        ...


@runtime_checkable
class Plays(Protocol):
    """A ranker that chooses one configuration with less work than it ranks all."""

    def player(self, meta_features: Floats) -> Player:
        """Return the player of a task with these meta-features, `(n_meta_features,)`."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A ranker that reports the weight of each source task in its ranking."""

    def task_weights(self, target: TargetTask) -> Floats:
        """Return `(n_tasks,)` weights of the source tasks, non-negative, sum 1."""
        ...


@runtime_checkable
class Recommender(Protocol):
    """Learns from a meta-dataset to rank its configurations for a new task."""

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> Ranker:
        """Return a ranker for the configurations of `meta`, in their order.

        Raises:
            NotEnoughMetaDataError: If `meta` has too few tasks or configurations for the method.
        """
        ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted losses: mean and standard deviation, both `(n,)`, finite, std >= 0."""

    mean: Floats
    std: Floats

    def __post_init__(self) -> None:
        if self.mean.shape != self.std.shape:
            raise ShapeError(f"mean {self.mean.shape} and std {self.std.shape} differ in shape")


@runtime_checkable
class Predictor(Protocol):
    """A fitted surrogate of the loss over the unit cube."""

    def predict(self, X: Floats) -> Prediction:
        """Return mean and standard deviation of the loss at `(n, n_axes)` encoded points."""
        ...


@runtime_checkable
class Surrogate(Protocol):
    """Learns the loss of one task over a space from a history."""

    def fit(self, history: History, rng: np.random.Generator) -> Predictor:
        """Return a predictor; failures (NaN) get the worst loss or are left out."""
        ...


@runtime_checkable
class Draws(Protocol):
    """A predictor that can draw a function from its posterior (for Thompson sampling)."""

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return one function, from `(n, n_axes)` points to `(n,)` losses."""
        ...


@runtime_checkable
class Values(Protocol):
    """A predictor with an acquisition function of its own, such as acquisition transfer."""

    def log_value(self, X: Floats, best: float) -> Floats:
        """Return `(n,)` values that replace log expected improvement over `best`; larger first."""
        ...


@runtime_checkable
class Density(Protocol):
    """A density of good configurations over a space, relative to its uniform measure."""

    def log_density(self, X: Floats) -> Floats:
        """Return `(n,)` log densities at `(n, n_axes)` points of the cube; 0 is neutral."""
        ...

    def sample_points(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `(n, n_axes)` points drawn from it; NaN = inactive axis."""
        ...


@runtime_checkable
class Varies(Protocol):
    """A space with mutation, crossover and size of its own, for evolutionary optimizers."""

    def mutate(self, configuration: Configuration, rng: np.random.Generator) -> Configuration:
        """Return a configuration that differs in one place."""
        ...

    def crossover(
        self, first: Configuration, second: Configuration, rng: np.random.Generator
    ) -> Configuration:
        """Return a configuration with parts of two."""
        ...

    def size(self, configuration: Configuration) -> int:
        """Return how large a configuration is; smaller is simpler."""
        ...


@runtime_checkable
class Optimizer(Protocol):
    """Proposes configurations and learns from their losses.

    Built as `optimizer(space, initial=warm_start_or_configurations, rng=rng)`.
    """

    def ask(self, n: int = 1) -> list[Trial]:
        """Return `n` pending trials: first the initial design in its order, then proposals.

        A configuration is not proposed twice, except at a higher fidelity. If a finite space is
        exhausted, fewer than `n` are returned.

        Raises:
            SpaceExhaustedError: If no configuration is left.
        """
        ...

    def tell(self, trials: Trial | Iterable[Trial]) -> None:
        """Learn from finished or failed trials, also from ones that `ask` did not return."""
        ...


@runtime_checkable
class Chooses(Protocol):
    """An optimizer that can choose from a finite table of points, at full fidelity."""

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return `(n,)` indices of the rows of `X (n_points, n_axes)` to evaluate next, in order.

        The initial design comes first: each of its points selects the nearest row.
        """
        ...


@runtime_checkable
class Resumes(Protocol):
    """An optimizer whose search can be saved and continued with identical results."""

    def to_json(self) -> str:
        """Return the state: generator, trials, queue, method's state; without the warm start."""
        ...

    def restore(self, text: str) -> None:
        """Continue from a saved state of the same space, warm start and settings."""
        ...
