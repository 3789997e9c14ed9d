"""Monte Carlo tree search over decisions: structure first, then cells of hyperparameters.

Rakotoarison, Schoenauer & Sebag 2019 (MOSAIC) without its Bayesian optimization of the leaves; the
rule is in `metalearn.numerics.search.tree_search` (METHODS-2 E1). The tree is
that of `Decisions`. A proposal is the best of random candidates along the rule, so candidates
complete a path at random beyond the visited nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.numerics.search.tree_search import SearchTree
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.decisions import Decisions
from metalearn.optimizers.source_points import drawn_from_sources

__all__ = ["TreeSearch"]

_N_CANDIDATES = 32


class TreeSearch(AskTell):
    """Monte Carlo tree search, with the sources' best configurations as prior over decisions.

    Uses of a warm start the initial design as first trials, the observations as visits, and the
    sources for the order of decisions and for their prior. It ignores how decisions at different
    depths interact beyond the path, so a method with a surrogate is ahead where trials are few.
    Failures count as the worst loss, pending trials as the median.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.

    Overview:
        idea: upper confidence bounds in a tree of decisions, structure first (MOSAIC;
            Rakotoarison et al. 2019)
        warm start: observations as visits; the sources' top points as prior of decisions
    """

    def _prepare(self) -> None:
        self._decisions = Decisions(self.warm)

    def _propose(self) -> Configuration:
        best = self._best_of_candidates()
        is_new = not self.is_known(best) and self.space.is_allowed(best)
        return best if is_new else self._fresh(self._uniform)

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return `n` rows: the initial design's, then those at the end of the tree's rule."""
        chosen = self._choose_initial(X, n)
        left = np.setdiff1d(np.arange(len(X)), chosen)
        while len(chosen) < n:
            tree = self._tree(X[chosen])
            row = int(left[tree.choose(self._decisions.paths(X[left]), self.rng)])
            chosen.append(row)
            left = left[left != row]
        return np.array(chosen, dtype=np.int64)

    def _best_of_candidates(self) -> Configuration:
        candidates: Sequence[Configuration] = [
            *self.space.sample(_N_CANDIDATES // 2, self.rng),
            *(self._drawn() for _ in range(_N_CANDIDATES // 2)),
        ]
        open_ = [c for c in candidates if not self.is_known(c)] or candidates
        paths = self._decisions.paths(self.space.encode(open_))
        return open_[self._tree(np.empty((0, self.space.n_axes))).choose(paths, self.rng)]

    def _drawn(self) -> Configuration:
        if self.warm.sources or self.warm.prior is not None:
            return drawn_from_sources(self.warm, self.rng)
        return self.space.sample(1, self.rng)[0]

    def _tree(self, pending: Floats) -> SearchTree:
        """Return the tree of all trials; pending ones have the median loss."""
        history = self.history
        waiting = [trial.configuration for trial in self.pending]
        X = np.concatenate([history.X, self.space.encode(waiting), pending])
        finite = history.y[np.isfinite(history.y)]
        middle = float(np.median(finite)) if len(finite) else np.nan
        y = np.concatenate([history.y, np.full(len(X) - len(history.y), middle)])
        return SearchTree(
            self._decisions.paths(X), y, self._decisions.numeric, self._decisions.prior
        )
