"""The default recommender on one task: what comes next, given the evaluations so far.

A configuration's value is the sum of two estimates of the improvement that it brings, both in
units of normalized regret:

- the set gain (METHODS 9): mean improvement over the evaluations so far, over known tasks weighted
  by concordance with the target. It uses the order of the observed losses only.
- the expected improvement under a mixture over the known rows of the loss matrix
  (`numerics.matrix.row_mixture`). It uses the values of the losses. Several mixtures of different
  widths are averaged; their shares depend on the number of evaluations, not on the losses
  (`mixture_weights`).

The most valuable configuration comes first, followed by a greedy portfolio that complements it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.row_mixture import RowPosterior, expected_row_improvement
from metalearn.numerics.matrix.set_gain import greedy_order, set_gains
from metalearn.numerics.tasks.concordance import concordance
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.loss_scale import LossScale
from metalearn.recommenders.mixture_weights import SharedMixture
from metalearn.recommenders.prepared_meta import PreparedMeta, as_scores, measured

__all__ = ["MixturePlayer"]

_LIST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MixturePlayer:
    """The default recommender, fitted, on one task; see `ForestMixtureRanker`.

    Attributes:
        known: The known tasks.
        scale: Scale of losses on which rows are modelled.
        mixtures: Mixtures over known rows, with their shares.
        agreement: Exponent of the concordance.
        power: Exponent of the regret in lists without answers, after their first entry.
        first_weights: `(n_tasks,)` task weights from meta-features, for the first configuration.
        weights: `(n_tasks,)` those for later ones.
    """

    known: PreparedMeta
    scale: LossScale
    mixtures: tuple[SharedMixture, ...]
    agreement: float
    power: float
    first_weights: Floats
    weights: Floats

    def choose(self, target: TargetTask, available: Bools) -> int:
        """Return the configuration of lowest score; see `Player`."""
        if not np.isfinite(target.observed_losses).any():
            first = self._first(target)
            is_open = available[first] and first not in target.observed
            return first if is_open else target.lowest(self._start(target), available)
        value, agreeing, covered = self._values(target)
        first = _most_valuable(target, value)
        if available[first]:
            return first
        return target.lowest(self._list(target, value, agreeing, covered), available)

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the list given the evaluations so far; lower first."""
        if not np.isfinite(target.observed_losses).any():
            return self._start(target)
        return self._list(target, *self._values(target))

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the task weights `(n_tasks,)` given the evaluations so far; sum 1."""
        if not np.isfinite(target.observed_losses).any():
            return self.weights
        weights = self._agreeing(target)
        for share, posterior in self._posteriors(target):
            weights = weights + share * posterior.weights
        return np.asarray(weights / weights.sum())

    def _first(self, target: TargetTask) -> int:
        """Return the first configuration of a task without an observed loss."""
        return int(greedy_scores(self.known, self.first_weights, target, n=1).argmin())

    def _start(self, target: TargetTask) -> Floats:
        """Return positions for a task without an observed loss."""
        first = self._first(target)
        start = target if first in target.observed else target.tell(first, 0.0)
        scores = greedy_scores(self._tempered(), self.weights, start) + 1.0
        scores[first] = 0.0
        return scores

    def _tempered(self) -> PreparedMeta:
        """Return the known tasks with a power of their regret: large ones weigh less."""
        regret = np.maximum(1.0 - self.known.utility, 0.0)
        regret **= self.power
        return replace(self.known, utility=np.subtract(1.0, regret, out=regret))

    def _values(self, target: TargetTask) -> tuple[Floats, Floats, Floats]:
        """Return value, task weights by agreement, and utility reached on each known task."""
        agreeing, covered = self._agreeing(target), self._covered(target)
        value = set_gains(self.known.utility, agreeing, covered)
        best = float(self._losses(target).min())
        for share, posterior in self._posteriors(target):
            value += share * expected_row_improvement(posterior, best)
        return value, agreeing, covered

    def _agreeing(self, target: TargetTask) -> Floats:
        """Return task weights by meta-features and concordance with the evaluations so far."""
        seen = measured(target)
        if len(seen.indices) < 2:
            return self.weights
        agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
        weights = self.weights * (agreement**self.agreement + 1e-3)
        return np.asarray(weights / weights.sum())

    def _covered(self, target: TargetTask) -> Floats:
        succeeded = target.observed[np.isfinite(target.observed_losses)]
        return np.asarray(self.known.utility[succeeded].max(axis=0))

    def _losses(self, target: TargetTask) -> Floats:
        return self.scale.apply(target.observed_losses[np.isfinite(target.observed_losses)])

    def _posteriors(self, target: TargetTask) -> list[tuple[float, RowPosterior]]:
        """Return share and posterior of the target's row for each mixture with a share > 0."""
        succeeded = target.observed[np.isfinite(target.observed_losses)]
        shares = [(shared.share(len(succeeded)), shared.mixture) for shared in self.mixtures]
        known = self.mixtures[0].mixture.known
        seen = known.seen(self.weights, succeeded, self._losses(target))
        return [(share, mixture.given(seen)) for share, mixture in shares if share > 0.0]

    def _list(self, target: TargetTask, value: Floats, weights: Floats, covered: Floats) -> Floats:
        """Return positions: the most valuable first, then a greedy portfolio to complement it."""
        available = np.ones(len(value), dtype=np.bool_)
        available[target.observed] = False
        if not available.any():
            return np.zeros(len(value))
        first = _most_valuable(target, value)
        available[first] = False
        rest = greedy_order(
            self.known.utility,
            weights,
            fallback=-np.round(value, 9),
            covered=np.maximum(covered, self.known.utility[first]),
            available=available,
            n=_LIST,
        )
        return as_scores(np.append(first, rest), len(value))


def _most_valuable(target: TargetTask, value: Floats) -> int:
    """Return the configuration of largest value among those not evaluated."""
    rounded = np.round(value, 12)  # treats values equal up to rounding errors as ties
    rounded[target.observed] = -np.inf
    return int(np.argmax(rounded))
