"""A policy over the configurations of a stored matrix, learned by reinforcement (RL^2).

Duan et al. (2016) and Wang et al. (2016): a recurrent network that is trained over many tasks
learns within a new task, because its state is what it has seen there. Here an action evaluates a
configuration, the network reads the configuration and its loss, and an episode of 20 evaluations
costs a look into the matrix. What is minimized is the mean over steps of the lowest regret so far.

The policy gradient is REINFORCE (Williams 1992). Its baseline is the mean return of the other
episodes of the same task (Kool, van Hoof & Welling 2019), in place of a learned value. Logits
start at a given design, so that the untrained policy is that design with some exploration. Against
learning the tasks by heart, half of the episodes are played on means of two of them.
"""

from __future__ import annotations

from typing import Any

import numpy

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.neural.autodiff import np, value_and_grad
from metalearn.neural.lstm import lstm_weights
from metalearn.neural.network import Weights
from metalearn.neural.recurrent_search import N_SIGNALS, UNITS, Seen
from metalearn.neural.training import Estimate

__all__ = ["PlayedEpisodes", "initial_policy", "logits_after", "policy_loss", "policy_step"]

_GAMES, _EPISODES = 8, 8


class PlayedEpisodes:
    """Episodes that a policy played.

    Args:
        regrets: `(n_episodes, n_configurations)` regret of every configuration, in [0, 1].
        n_steps: Evaluations of an episode.

    Attributes:
        actions: `(n_steps, n_episodes)` configurations, in the order in which they were chosen.
        open_: `(n_steps, n_episodes, n_configurations)` which of them could be chosen.
        regrets: As given.
    """

    def __init__(self, regrets: Floats, n_steps: int) -> None:
        n, n_configurations = regrets.shape
        self.regrets = regrets
        self.actions: Ints = numpy.zeros((n_steps, n), numpy.int64)
        self.open_: Bools = numpy.ones((n_steps, n, n_configurations), numpy.bool_)

    @property
    def losses(self) -> Floats:
        """`(n_steps, n_episodes)` regrets of what was chosen."""
        return self.regrets[numpy.arange(self.actions.shape[1]), self.actions]

    def play(self, weights: Weights, embedded: Floats, rng: numpy.random.Generator) -> None:
        """Choose at random, by the probabilities of the policy (with the Gumbel maximum)."""
        n = len(self.regrets)
        seen, rows = Seen.nothing(n), numpy.arange(n)
        left = numpy.ones_like(self.open_[0])
        for step in range(len(self.actions)):
            self.open_[step] = left
            scores = logits_after(weights, seen, embedded) + rng.gumbel(size=left.shape)
            chosen = numpy.where(left, scores, -numpy.inf).argmax(axis=1)
            self.actions[step], left[rows, chosen] = chosen, False
            seen = seen.read(weights, embedded[chosen], self.regrets[rows, chosen])

    def advantages(self) -> Floats:
        """Return `(n_steps, n_episodes)` returns from each step on, minus those of the others.

        Each `_EPISODES` episodes in turn are of the same task. Scaled to deviation 1.
        """
        lowest = numpy.minimum.accumulate(self.losses, axis=0)
        returns = -numpy.cumsum(lowest[::-1], axis=0)[::-1]
        of_task = returns.reshape(len(returns), -1, _EPISODES)
        others = (of_task.sum(axis=2, keepdims=True) - of_task) / (_EPISODES - 1)
        found = (of_task - others).reshape(returns.shape)
        return numpy.asarray(found / max(float(found.std()), 1e-9))


def initial_policy(design: Floats, n_embedded: int, rng: numpy.random.Generator) -> Weights:
    """Return weights of a policy whose logits are a design, whatever the losses are.

    Args:
        design: `(n_steps, n_configurations)` logits of each step.
        n_embedded: Number of coordinates of an embedded configuration.
        rng: Source of randomness.
    """
    return {
        "cell": lstm_weights(n_embedded + N_SIGNALS, UNITS, rng),
        "out": numpy.zeros((UNITS, n_embedded)),
        "design": design.copy(),
    }


def logits_after(weights: Weights, seen: Seen, embedded: Floats) -> Floats:
    """Return `(n, n_configurations)` logits of the next action; those of the last step for ever.

    Args:
        weights: See `initial_policy`.
        seen: What `n` episodes have read.
        embedded: `(n_configurations, n_embedded)`.
    """
    step = min(seen.step, len(weights["design"]) - 1)
    hidden = seen.state[:, :UNITS] @ weights["out"]
    return numpy.asarray(hidden @ embedded.T + weights["design"][step])


def policy_loss(weights: Any, played: PlayedEpisodes, advantages: Floats, embedded: Floats) -> Any:
    """Return minus the mean of advantages times log probabilities; differentiable in weights."""
    seen, hidden = Seen.nothing(len(played.regrets)), []
    for actions, losses in zip(played.actions, played.losses, strict=True):
        hidden.append(seen.state[:, :UNITS])
        seen = seen.read(weights, embedded[actions], losses)
    turned = np.dot(np.dot(np.stack(hidden), weights["out"]), embedded.T)
    logits = turned + weights["design"][:, None, :] + numpy.where(played.open_, 0.0, -1e9)
    top = np.max(logits, axis=2, keepdims=True)
    total = np.log(np.sum(np.exp(logits - top), axis=2)) + top[:, :, 0]
    steps, rows = numpy.indices(played.actions.shape)
    return -np.mean(advantages * (logits[steps, rows, played.actions] - total))


_gradient = value_and_grad(policy_loss)


def policy_step(regrets: Floats, embedded: Floats, n_steps: int) -> Estimate:
    """Return the loss and policy gradient of 8 episodes on each of 8 random tasks.

    Args:
        regrets: `(n_tasks, n_configurations)`, in [0, 1].
        embedded: `(n_configurations, n_embedded)`.
        n_steps: Evaluations of an episode.
    """

    def estimate(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        first, second = rng.integers(len(regrets), size=(2, _GAMES))
        share = rng.random((_GAMES, 1))
        share[: _GAMES // 2] = 1.0
        mixed = share * regrets[first] + (1.0 - share) * regrets[second]
        played = PlayedEpisodes(numpy.repeat(mixed, _EPISODES, axis=0), n_steps)
        played.play(weights, embedded, rng)
        value, gradient = _gradient(weights, played, played.advantages(), embedded)
        return float(value), gradient

    return estimate
