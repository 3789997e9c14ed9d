"""The default recommender: task weights from meta-features, then from the evaluations as well.

Before the first evaluation, known tasks are weighted by forest proximity of their meta-features;
if that did worse than equal weights on held-out known tasks, equal weights are used (see
`meta_prior`). The list is a greedy portfolio over the weighted tasks (METHODS 7.3).

After each evaluation, a configuration's value is the sum of two estimates of the improvement that
it brings, both in units of normalized regret:

- the set gain (METHODS 9): mean improvement over the evaluations so far, over known tasks weighted
  by concordance with the target. It uses the order of the observed losses only.
- the expected improvement under a mixture over the known rows of the loss matrix
  (`numerics.matrix.row_mixture`). It uses the values of the losses. Several mixtures of different
  widths are averaged; their shares depend on the number of evaluations, not on the losses
  (`mixture_weights`).

The most valuable configuration comes first, followed by a greedy portfolio that complements it.
How the constants were chosen: `docs/evidence/recommenders.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.row_mixture import RowPosterior, expected_improvement
from metalearn.numerics.matrix.set_gain import greedy_order, set_gains
from metalearn.numerics.tasks.concordance import concordance
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.meta_prior import MetaPrior, fit_meta_prior
from metalearn.recommenders.mixture_weights import SharedMixture, mixture_weights
from metalearn.recommenders.prepared_meta import PreparedMeta, as_scores, measured, prepared_meta

__all__ = ["ForestMixture", "ForestMixtureRanker"]

_LIST = 6


class ForestMixture:
    """Ranks by meta-features before the first evaluation, then by meta-features and evaluations.

    Args:
        uniform: Share of equal weights in the task weights; forest proximity has the rest. None:
            one share for the first configuration, another for later ones (see `meta_prior`).
        agreement: Exponent of the concordance in the task weights of the set gain.

    Overview:
        idea: forest proximity of meta-features, then concordance and mixtures over known rows
        adapts: yes
    """

    def __init__(self, uniform: float | None = None, agreement: float = 8.0) -> None:
        self.uniform, self.agreement = uniform, agreement

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ForestMixtureRanker:
        """Return the ranker; `rng` grows the forest and draws the cells held out.

        Raises:
            NotEnoughMetaDataError: If there is no task or no configuration.
        """
        known = prepared_meta(meta, "default")
        scale = loss_scale(meta.metric, known.losses)
        prior = fit_meta_prior(meta, known, rng, self.uniform)
        mixtures = mixture_weights(meta, known, scale, rng)
        return ForestMixtureRanker(known, prior, scale, mixtures, self.agreement)


@dataclass(frozen=True, slots=True)
class ForestMixtureRanker:
    """The fitted recommender; see `ForestMixture`.

    Attributes:
        known: The known tasks.
        prior: Task weights from meta-features.
        scale: Scale of losses on which rows are modelled.
        mixtures: Mixtures over known rows, with their shares.
        agreement: Exponent of the concordance.
    """

    known: PreparedMeta
    prior: MetaPrior
    scale: LossScale
    mixtures: tuple[SharedMixture, ...]
    agreement: float

    @property
    def proximity(self) -> ForestProximity:
        """Forest proximity of the known tasks."""
        return self.prior.proximity

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the list given the evaluations so far; lower first."""
        prior = self.prior.weights(target.meta_features)
        if not np.isfinite(target.observed_losses).any():
            return self._start(target, prior)
        agreeing = self._agreeing(target, prior)
        covered = self._covered(target)
        value = set_gains(self.known.utility, agreeing, covered)
        best = float(self._losses(target).min())
        for share, posterior in self._posteriors(target, prior):
            value += share * expected_improvement(posterior, best)
        return self._list(target, value, agreeing, covered)

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the task weights `(n_tasks,)` given the evaluations so far; sum 1."""
        prior = self.prior.weights(target.meta_features)
        if not np.isfinite(target.observed_losses).any():
            return prior
        weights = self._agreeing(target, prior)
        for share, posterior in self._posteriors(target, prior):
            weights = weights + share * posterior.weights
        return np.asarray(weights / weights.sum())

    def _start(self, target: TargetTask, prior: Floats) -> Floats:
        """Return positions for a task without an observed loss."""
        weights = self.prior.weights(target.meta_features, first=True)
        best = greedy_scores(self.known, weights, target, n=1).argmin()
        start = target if best in target.observed else target.tell(int(best), 0.0)
        scores = greedy_scores(self.known, prior, start) + 1.0
        scores[best] = 0.0
        return scores

    def _agreeing(self, target: TargetTask, prior: Floats) -> Floats:
        """Return task weights by meta-features and concordance with the evaluations so far."""
        seen = measured(target)
        if len(seen.indices) < 2:
            return prior
        agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
        weights = prior * (agreement**self.agreement + 1e-3)
        return np.asarray(weights / weights.sum())

    def _covered(self, target: TargetTask) -> Floats:
        succeeded = target.observed[np.isfinite(target.observed_losses)]
        return np.asarray(self.known.utility[succeeded].max(axis=0))

    def _losses(self, target: TargetTask) -> Floats:
        return self.scale.apply(target.observed_losses[np.isfinite(target.observed_losses)])

    def _posteriors(self, target: TargetTask, prior: Floats) -> list[tuple[float, RowPosterior]]:
        """Return share and posterior of the target's row for each mixture with a share > 0."""
        succeeded = target.observed[np.isfinite(target.observed_losses)]
        losses = self._losses(target)
        shares = [(shared.share(len(succeeded)), shared.mixture) for shared in self.mixtures]
        return [(s, mixture.given(prior, succeeded, losses)) for s, mixture in shares if s > 0.0]

    def _list(self, target: TargetTask, value: Floats, weights: Floats, covered: Floats) -> Floats:
        """Return positions: the most valuable first, then a greedy portfolio to complement it."""
        available = np.ones(len(value), dtype=np.bool_)
        available[target.observed] = False
        if not available.any():
            return np.zeros(len(value))
        first = int(np.argmax(np.where(available, np.round(value, 12), -np.inf)))
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
