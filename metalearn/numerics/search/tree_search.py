"""Monte Carlo tree search over decisions, with a prior over them (METHODS-2 E1).

Kocsis & Szepesvári 2006 (UCT); Silver et al. 2017 (the prior in the selection rule); Rakotoarison,
Schoenauer & Sebag 2019 (pipelines). A path is a sequence of decisions; each row of a table of
paths is a candidate. The rule at a node `s` is `argmax Q(s, a) + c P(a | s) sqrt(N(s)) / (1 +
N(s, a))`. Since one wants the best leaf, `Q` is half the mean and half the maximum of the rewards
below. A child without a visit counts with the largest reward, so it is visited soon; with less if
the prior gives it less than an equal share, in proportion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["END", "PathPrior", "SearchTree"]

END = -1
"""Decision behind the end of a path."""
_EXPLORATION = 0.5
_WIDTH = 2.0

Path = tuple[int, ...]


class PathPrior:
    """Shares of decisions among good paths, with uniform smoothing.

    Args:
        paths: `(n_good, depth)` good paths.
        weights: `(n_good,)`, non-negative.
    """

    def __init__(self, paths: Ints, weights: Floats) -> None:
        self._paths, self._weights = paths, weights

    def shares(self, prefix: Path, decisions: Ints) -> Floats:
        """Return `(n_decisions,)` probabilities of the next decision; uniform if none is known."""
        d = len(prefix)
        below = (self._paths[:, :d] == np.array(prefix, dtype=np.int64)).all(axis=1)
        following = self._paths[below, d]
        counts = np.array([self._weights[below][following == a].sum() for a in decisions])
        total = counts.sum()
        shares = counts / total if total > 0 else np.zeros(len(decisions))
        mixed = shares + 1.0 / len(decisions)
        return np.asarray(mixed / mixed.sum())


class SearchTree:
    """The visited part of a tree.

    Args:
        paths: `(n_visits, depth)` paths in the order of their visits; each visit adds one node.
        losses: `(n_visits,)`; not finite = failed, which counts as the largest loss.
        numeric: Decisions about numbers, for which progressive widening holds: a node with N
            visits considers at most `2 sqrt(N)` of them.
        prior: Probabilities of decisions; uniform if None.
    """

    def __init__(
        self,
        paths: Ints,
        losses: Floats,
        numeric: Sequence[int] = (),
        prior: PathPrior | None = None,
    ) -> None:
        self._prior = prior
        self._numeric = np.array(numeric, dtype=np.int64)
        self._rewards: dict[Path, list[float]] = {}
        for path, reward in zip(paths, rewards_of(losses), strict=True):
            self._visit(tuple(map(int, path[path != END])), float(reward))

    def choose(self, paths: Ints, rng: np.random.Generator) -> int:
        """Return the row to evaluate next.

        Args:
            paths: `(n, depth)` open candidates; those of closed subtrees are not among them.
            rng: Source of all randomness.
        """
        rows = np.arange(len(paths))
        prefix: Path = ()
        while len(prefix) < paths.shape[1] and len(rows) > 1:
            column = paths[rows, len(prefix)]
            decisions = np.unique(column)
            if decisions[-1] == END:
                break
            decision = int(decisions[self._decide(prefix, decisions, rng)])
            rows, prefix = rows[column == decision], (*prefix, decision)
        return int(rows[rng.integers(len(rows))])

    def value(self, prefix: Path) -> float:
        """Return half the mean and half the maximum of the rewards below a node; NaN if new."""
        found = self._rewards.get(prefix)
        return 0.5 * (float(np.mean(found)) + max(found)) if found else float("nan")

    def n_visits(self, prefix: Path) -> int:
        """Return the number of visits of a node."""
        return len(self._rewards.get(prefix, ()))

    def _decide(self, prefix: Path, decisions: Ints, rng: np.random.Generator) -> int:
        n = len(decisions)
        shares = (
            np.full(n, 1.0 / n) if self._prior is None else self._prior.shares(prefix, decisions)
        )
        visits = self.n_visits(prefix)
        if not visits:  # beyond the tree: completed at random
            return int(rng.choice(n, p=shares))
        below = np.array([self.n_visits((*prefix, int(a))) for a in decisions], dtype=np.float64)
        values = np.array([self.value((*prefix, int(a))) for a in decisions])
        values = np.where(below > 0, values, np.minimum(1.0, n * shares))
        score = values + _EXPLORATION * shares * np.sqrt(visits) / (1.0 + below)
        score = np.where(self._is_wide_enough(decisions, below, shares, visits), score, -np.inf)
        return int(rng.choice(np.flatnonzero(score == score.max())))

    def _is_wide_enough(
        self, decisions: Ints, below: Floats, shares: Floats, visits: int
    ) -> Bools:
        """Return which decisions may be made: visited ones first, then the most probable ones."""
        allowed = np.ones(len(decisions), dtype=np.bool_)
        if np.isin(decisions, self._numeric).all():
            most = int(_WIDTH * np.sqrt(visits))
            order = np.lexsort((-shares, -(below > 0).astype(np.float64)))
            allowed[order[max(most, 1) :]] = False
        return allowed

    def _visit(self, path: Path, reward: float) -> None:
        for d in range(len(path) + 1):
            is_new = path[:d] not in self._rewards
            self._rewards.setdefault(path[:d], []).append(reward)
            if is_new and d > 0:
                return


def rewards_of(losses: Floats) -> Floats:
    """Return losses as rewards between 0 and 1, 1 for the lowest; 0 for what is not finite."""
    finite = np.isfinite(losses)
    if not finite.any():
        return np.zeros(len(losses))
    low, high = losses[finite].min() / 2.0, losses[finite].max() / 2.0
    if high == low:
        return finite.astype(np.float64)
    return np.where(finite, (high - np.where(finite, losses, 0.0) / 2.0) / (high - low), 0.0)
