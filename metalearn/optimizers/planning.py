"""Planning: best-first search in a tree of decisions by random completions (ML-Plan).

Mohr, Wever & Hüllermeier 2018 (METHODS-2 E3). A node of the tree of `Decisions` is worth the
lowest loss of three random completions. All children of the best node are completed, then the best
of all open nodes is expanded. The first phase sees a share of the training rows; the second
evaluates on all rows what came within 3 % of the best. The authors run the phases one after the
other, on disjoint rows. Here every third trial belongs to the second, so the search can be
stopped at any time, and test rows are the same in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import SpaceExhaustedError
from metalearn.numerics.search.tree_search import END, PathPrior
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.decisions import Decisions
from metalearn.optimizers.source_points import drawn_from_sources

__all__ = ["Planning"]

_N_CANDIDATES = 32
_N_COMPLETIONS = 3
_PERIOD = 3
_NEAR = 0.03

Path = tuple[int, ...]


class Planning(AskTell):
    """Best-first search with random completions, and a selection phase on all rows.

    Uses of a warm start the initial design as first completions, and the sources for the order of
    decisions and for which children are completed first. Failures count as the worst loss.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        fidelity: Share of the resource in the first phase, in (0, 1]; 1 = no second phase.

    Overview:
        idea: best-first search by random completions, then selection on all rows (ML-Plan; Mohr
            et al. 2018)
        warm start: initial design as completions; the sources' top points order decisions
    """

    learns_partial = True

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        fidelity: float = 0.7,
    ) -> None:
        self.fidelity = fidelity
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        self._decisions = Decisions(self.warm)

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return `n` rows of `X (n_points, n_axes)` to evaluate at full fidelity.

        They are the initial design's, then completions of the first children that need one.
        """
        chosen = self._choose_initial(X, n)
        while len(chosen) < n:
            left = np.setdiff1d(np.arange(len(X)), chosen)
            chosen.append(int(left[self._completing(X[left], X[chosen])]))
        return np.array(chosen, dtype=np.int64)

    def _next(self) -> Trial:
        return self._propose()

    def _propose(self) -> Trial:
        if self.fidelity < 1.0 and self._n_asked % _PERIOD == _PERIOD - 1:
            chosen = self._selected(only_near=True)
            if chosen is not None:
                return Trial(chosen)
        if self._queue:
            return Trial(self._queue.pop(0), None, self.fidelity)
        try:
            return Trial(self._new_completion(), None, self.fidelity)
        except SpaceExhaustedError:
            chosen = self._selected(only_near=False)
            if chosen is None:
                raise
            return Trial(chosen)

    def _selected(self, *, only_near: bool) -> Configuration | None:
        """Return the best configuration of the first phase that is not evaluated on all rows."""
        first = [t for t in self.trials if t.status == "ok" and t.fidelity < 1.0]
        if not first:
            return None
        losses = np.array([t.loss / 2.0 for t in first])
        most = losses.min() + _NEAR * (losses.max() - losses.min())
        for i in np.argsort(losses, kind="stable"):
            if only_near and losses[i] > most:
                return None
            chosen = first[int(i)].configuration
            if not self.is_known(chosen, 1.0):
                return chosen
        return None

    def _new_completion(self) -> Configuration:
        found = self._completion()
        is_new = not self.is_known(found, self.fidelity) and self.space.is_allowed(found)
        return found if is_new else self._fresh(self._uniform, self.fidelity)

    def _completion(self) -> Configuration:
        """Return a random completion of the first child that needs one."""
        drawn = [self._drawn() for _ in range(_N_CANDIDATES)]
        candidates = [c for c in drawn if not self.is_known(c, self.fidelity)] or drawn
        none = np.empty((0, self.space.n_axes))
        return candidates[self._completing(self.space.encode(candidates), none)]

    def _completing(self, X: Floats, chosen: Floats) -> int:
        """Return the row of `X (n, n_axes)` that completes a child; `chosen` ones are pending."""
        pending = self.space.encode([trial.configuration for trial in self.pending])
        measured = np.array(self._rows).reshape(-1, self.space.n_axes)
        seen = self._decisions.paths(np.concatenate([measured, pending, chosen]))
        losses = np.full(len(seen), math.inf)
        losses[: len(measured)] = [t.loss if t.status == "ok" else math.inf for t in self.trials]
        paths = self._decisions.paths(X)
        node = _wanted_node(seen, losses, paths, self._decisions.prior)
        return int(self.rng.choice(_below(paths, node)))

    def _drawn(self) -> Configuration:
        has_sources = bool(self.warm.sources) or self.warm.prior is not None
        if has_sources and self.rng.random() < 0.5:
            return drawn_from_sources(self.warm, self.rng)
        return self.space.sample(1, self.rng)[0]


def _wanted_node(seen: Ints, losses: Floats, candidates: Ints, prior: PathPrior | None) -> Path:
    """Return the next node to complete: of the expanded ones, a child with too few completions.

    If there is none, the best node that is not expanded is expanded, as often as necessary.

    Args:
        seen: `(n_trials, depth)` paths of trials; `losses` are theirs, infinite if unknown.
        losses: `(n_trials,)`.
        candidates: `(n, depth)` paths of what can be proposed.
        prior: Which children come first; any if None.
    """
    open_: dict[Path, float] = {(): 0.0}
    while open_:
        node = min(open_, key=lambda path: open_[path])
        del open_[node]
        below = _below(candidates, node)
        if len(node) == candidates.shape[1] or not len(below):
            continue
        decisions = np.unique(candidates[below, len(node)])
        if decisions[-1] == END:
            continue
        if prior is not None:
            decisions = decisions[np.argsort(-prior.shares(node, decisions), kind="stable")]
        for decision in decisions:
            child = (*node, int(decision))
            rows = _below(seen, child)
            if len(rows) < _N_COMPLETIONS:
                return child
            open_[child] = float(losses[rows].min())
    return ()


def _below(paths: Ints, node: Path) -> Ints:
    return np.flatnonzero((paths[:, : len(node)] == np.array(node, np.int64)).all(axis=1))
