"""A policy over decisions that is learned by self-play on stored losses.

Drori et al. 2018, 2021 (AlphaD3M); Silver et al. 2017. An episode makes one decision after the
other on a known task, each after a tree search that is guided by the policy and the value; only
its end is looked up in the stored losses. The policy learns the shares of visits, the value the
reward. No model is fitted. Differences from AlphaD3M: decisions are made in a fixed order instead
of edits of a sequence, and policy and value are linear in the meta-features, with parameters of
their own at every node, instead of a recurrent network (METHODS-2 E2).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.search.tree_search import END

__all__ = ["SelfPlay", "TaskPolicy", "learned_by_self_play"]

_TIE = 1e-6
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SelfPlay:
    """Settings of self-play.

    Attributes:
        n_episodes: Number of episodes, each on a random task.
        n_simulations: Simulations before each decision.
        exploration: Weight of the policy in the rule of the tree.
        noise: Share of Dirichlet noise in the policy where a search starts.
        policy_rate: Step size of the policy.
        value_rate: Step size of the value; larger, so the policy follows values that are known.
        decay: Weight of the squared parameters in the loss.
    """

    n_episodes: int = 2000
    n_simulations: int = 25
    exploration: float = 1.0
    noise: float = 0.25
    policy_rate: float = 0.05
    value_rate: float = 0.3
    decay: float = 1e-4


class _Node:
    """A node of the whole tree with its parameters: `policy (n_children, f)`, `value (f,)`."""

    __slots__ = ("children", "decisions", "policy", "row", "value")

    def __init__(self, decisions: list[int], row: int, n_features: int) -> None:
        self.decisions, self.row = decisions, row
        self.children: list[_Node] = []
        self.policy = np.zeros((len(decisions), n_features))
        self.value = np.zeros(n_features)


class TaskPolicy:
    """The learned policy for one task, as the prior of a `SearchTree`.

    Args:
        root: The root of the tree.
        features: `(n_features,)` of the task.
    """

    def __init__(self, root: _Node, features: Floats) -> None:
        self._root, self._features = root, features

    def shares(self, prefix: Path, decisions: Ints) -> Floats:
        """Return `(n_decisions,)` probabilities of the next decision; uniform if unknown."""
        node = _at(self._root, prefix)
        if node is None:
            return np.full(len(decisions), 1.0 / len(decisions))
        own = dict(zip(node.decisions, _softmax(node.policy @ self._features), strict=True))
        shares = np.array([own.get(int(a), 0.0) for a in decisions]) + 1e-3
        return np.asarray(shares / shares.sum())


class TreePolicy:
    """A policy over the decisions of a tree, for any task."""

    def __init__(self, root: _Node, center: Floats, scale: Floats) -> None:
        self._root, self._center, self._scale = root, center, scale

    def of(self, meta_features: Floats) -> TaskPolicy:
        """Return the policy of a task with these meta-features, `(n_meta_features,)`."""
        return TaskPolicy(self._root, _features(meta_features, self._center, self._scale))


def learned_by_self_play(
    paths: Ints,
    losses: Floats,
    meta_features: Floats,
    rng: np.random.Generator,
    settings: SelfPlay | None = None,
) -> TreePolicy:
    """Return a policy that is learned on stored losses.

    Args:
        paths: `(n_configurations, depth)` decisions of each configuration.
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        rng: Source of all randomness.
        settings: See `SelfPlay`.
    """
    settings = settings or SelfPlay()
    with warnings.catch_warnings():  # no task has some meta-features: they are 0 then
        warnings.simplefilter("ignore", RuntimeWarning)
        center = np.nan_to_num(np.nanmedian(meta_features, axis=0))
        spread = np.nanmedian(np.abs(meta_features - center), axis=0)
    scale = np.where(np.nan_to_num(spread) > 0, spread, 1.0) * 1.4826
    features = np.array([_features(row, center, scale) for row in meta_features])
    root = _grown(paths, np.arange(len(paths)), 0, features.shape[1])
    rewards = _rewards(losses)
    leaves = _leaves(paths)
    for _ in range(settings.n_episodes):
        task = int(rng.integers(len(losses)))
        _episode(root, features[task], rewards[task], leaves, rng, settings)
    return TreePolicy(root, center, scale)


def _episode(
    root: _Node, features: Floats, rewards: Floats, leaves: list[Ints],
    rng: np.random.Generator, settings: SelfPlay,
) -> None:  # fmt: skip
    """Play one episode, and learn from its end."""
    visited: list[tuple[_Node, Floats]] = []
    node = root
    while node.children:
        shares = _searched(node, features, rng, settings)
        visited.append((node, shares))
        node = node.children[int(rng.choice(len(shares), p=shares))]
    known = leaves[node.row][np.isfinite(rewards[leaves[node.row]])]
    if not len(known):
        return
    reward = float(rewards[known].mean())
    scale = features @ features
    for each, shares in visited:
        excess = _softmax(each.policy @ features) - shares
        gradient = np.outer(excess, features) + settings.decay * each.policy
        each.policy -= settings.policy_rate / scale * gradient
    for each in (*(node for node, _ in visited), node):
        error = _clipped(each.value @ features) - reward
        gradient = error * features + settings.decay * each.value
        each.value -= settings.value_rate / scale * gradient


def _searched(
    start: _Node, features: Floats, rng: np.random.Generator, settings: SelfPlay
) -> Floats:
    """Return the shares of visits of the children after simulations with policy and value."""
    n_children = len(start.children)
    noise = settings.noise * rng.dirichlet(np.full(n_children, 0.5))
    visits = {id(start): np.zeros(n_children)}
    totals = {id(start): np.zeros(n_children)}
    own_policy = _softmax(start.policy @ features)
    policies = {id(start): (1.0 - settings.noise) * own_policy + noise}
    for _ in range(settings.n_simulations):
        node, taken = start, []
        while node.children and id(node) in visits:
            n, own = visits[id(node)], totals[id(node)]
            mean = np.where(n > 0, own / np.maximum(n, 1.0), _value(node, features))
            bonus = settings.exploration * policies[id(node)] * np.sqrt(n.sum() + 1.0) / (1.0 + n)
            child = int(np.argmax(mean + bonus + _TIE * rng.random(len(n))))
            taken.append((id(node), child))
            node = node.children[child]
        if node.children and id(node) not in visits:
            visits[id(node)] = np.zeros(len(node.children))
            totals[id(node)] = np.zeros(len(node.children))
            policies[id(node)] = _softmax(node.policy @ features)
        value = _value(node, features)
        for key, child in taken:
            visits[key][child] += 1.0
            totals[key][child] += value
    counts = visits[id(start)]
    return np.asarray(counts / counts.sum())


def _value(node: _Node, features: Floats) -> float:
    return _clipped(node.value @ features)


def _clipped(value: Any) -> float:
    return float(min(max(value, 0.0), 1.0))


def _grown(paths: Ints, rows: Ints, depth: int, n_features: int) -> _Node:
    decisions = [] if depth == paths.shape[1] else np.unique(paths[rows, depth]).tolist()
    if END in decisions or not decisions:
        return _Node([], int(rows[0]), n_features)
    node = _Node(decisions, int(rows[0]), n_features)
    node.children = [
        _grown(paths, rows[paths[rows, depth] == decision], depth + 1, n_features)
        for decision in decisions
    ]
    return node


def _leaves(paths: Ints) -> list[Ints]:
    """Return for each row all rows with the same path."""
    same = np.unique(paths, axis=0, return_inverse=True)[1].ravel()
    return [np.flatnonzero(same == same[i]) for i in range(len(paths))]


def _at(root: _Node, prefix: Path) -> _Node | None:
    node = root
    for decision in prefix:
        if decision not in node.decisions:
            return None
        node = node.children[node.decisions.index(decision)]
    return node if node.decisions else None


def _rewards(losses: Floats) -> Floats:
    """Return rewards of each task: 1 - rank among its configurations, between 0 and 1."""
    order = np.argsort(np.argsort(losses, axis=1, kind="stable"), axis=1).astype(np.float64)
    n = np.maximum(np.isfinite(losses).sum(axis=1, keepdims=True) - 1, 1)
    return np.where(np.isfinite(losses), 1.0 - order / n, np.nan)


def _features(row: Floats, center: Floats, scale: Floats) -> Floats:
    standard = np.clip(np.nan_to_num((row - center) / scale), -2.0, 2.0)
    return np.concatenate([[1.0], standard / np.sqrt(max(len(standard), 1))])


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())
