"""A policy that was trained to search the known tasks (RL^2, Duan et al. 2016; Wang et al. 2016).

The network (`neural.matrix_policy`) starts as the greedy portfolio of the known tasks, and learns
from some twenty thousand episodes on them how the losses so far should change its order. It reads
configurations by their coordinates in the first principal components of the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.neural.recipe import NetworkRecipe, digest_of_tasks, trained
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta
from metalearn.recommenders.task_order import by_key

if TYPE_CHECKING:
    from pathlib import Path

    from metalearn.neural.network import Weights

__all__ = ["LearnedPolicy", "LearnedPolicyRanker"]

_HORIZON = 20
_STEPS, _STEPS_A_TASK = 300, 5
_COORDINATES = 8
_SPREAD = 10.0
_LEAD, _FALL = 1.0, 1.0
_RATE = 3e-3


class LearnedPolicy:
    """See the module.

    Args:
        n_steps: Steps of training, each of 64 episodes; None = 5 for each task, at most 300. With
            0 it is the greedy portfolio.

    Overview:
        idea: a recurrent policy, trained by reinforcement to search the known tasks (RL²; Duan et
            al. 2016); needs the extra `neural`
        adapts: yes
    """

    def __init__(self, n_steps: int | None = None) -> None:
        self.n_steps = n_steps

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> LearnedPolicyRanker:
        """Return the ranker; `rng` draws the seed of first weights and episodes.

        Raises:
            NotEnoughMetaDataError: If there is no task or no configuration.
            MissingPackageError: Without the extra `neural`.
        """
        from metalearn.neural.matrix_policy import initial_policy, policy_step
        from metalearn.neural.training import Schedule, train

        known = prepared_meta(meta.take(by_key(meta)), "learned-policy")
        regrets, embedded = 1.0 - known.utility.T, _coordinates(known.utility)
        n_steps = (
            min(_STEPS, _STEPS_A_TASK * len(regrets)) if self.n_steps is None else self.n_steps
        )
        seed = int(rng.integers(2**31))

        def training(checkpoint: Path | None) -> Weights:
            design = _design(known)
            start = initial_policy(design, embedded.shape[1], np.random.default_rng(seed))
            estimate = policy_step(regrets, embedded, len(design))
            return train(estimate, start, Schedule(n_steps, rate=_RATE), seed, checkpoint)

        tasks = digest_of_tasks(
            [(known.utility, known.fallback), (known.utility.T, known.weights)]
        )
        recipe = NetworkRecipe("matrix-policy", tasks, {"steps": n_steps}, seed, (), meta.snapshot)
        return LearnedPolicyRanker(embedded, trained(recipe, training))


@dataclass(frozen=True, slots=True)
class LearnedPolicyRanker:
    """The fitted recommender; see `LearnedPolicy`.

    Attributes:
        embedded: `(n_configurations, n_coordinates)`.
        weights: Weights of the policy.
    """

    embedded: Floats
    weights: Weights

    def score(self, target: TargetTask) -> Floats:
        """Return minus the logits of the next evaluation, given all evaluations in their order."""
        from metalearn.neural.matrix_policy import logits_after
        from metalearn.neural.recurrent_search import Seen

        seen, evaluated = Seen.nothing(1), measured(target)
        losses = _shares_of_range(evaluated.losses)  # a network's tolerances have no unit
        for index, loss in zip(evaluated.indices, losses, strict=True):
            seen = seen.read(self.weights, self.embedded[[index]], np.array([loss]))
        return np.asarray(-np.round(logits_after(self.weights, seen, self.embedded)[0], 9))


def _shares_of_range(losses: Floats) -> Floats:
    """Return losses `(n,)` as shares of their range; 0 if there is none."""
    low, high = losses.min(initial=np.inf), losses.max(initial=-np.inf)
    return (losses - low) / (high - low) if high > low else np.zeros_like(losses)


def _coordinates(utility: Floats) -> Floats:
    """Return `(n_configurations, at most 8)` principal components of deviation 1, or 0."""
    u, values, _ = np.linalg.svd(utility - utility.mean(axis=0), full_matrices=False)
    u = u[:, : min(_COORDINATES, u.shape[1])] * np.sqrt(len(u))
    real = values[: u.shape[1]] > 1e-9 * max(float(values.max(initial=0.0)), 1e-300)
    top = np.abs(u).argmax(axis=0)
    return np.asarray(np.where(real, u * np.sign(u[top, np.arange(u.shape[1])]), 0.0))


def _design(known: PreparedMeta) -> Floats:
    """Return `(n_steps, n_configurations)` logits of the greedy portfolio, one member a step.

    The member whose turn it is has the odds e against all that are not in the portfolio, those
    after it have a factor e less each. The others follow their mean utility.
    """
    mean = known.utility @ known.weights
    order = greedy_order(known.utility, known.weights, fallback=known.fallback)[:_HORIZON]
    logits = np.tile(_SPREAD * (mean - mean.max()), (len(order), 1))
    rest = float(np.log(np.exp(logits[0]).sum()))
    for step in range(len(order)):
        later = order[step:]
        logits[step, later] = rest + _LEAD - _FALL * np.arange(len(later))
    return logits
