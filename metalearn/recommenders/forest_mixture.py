"""The default recommender: task weights from meta-features, then from the evaluations as well.

Before the first evaluation, known tasks are weighted by forest proximity of their meta-features;
if that did worse than equal weights on held-out known tasks, equal weights are used (see
`meta_prior`). The list is a greedy portfolio over the weighted tasks (METHODS 7.3). Entries after
the first reduce the square root of the regret: few tasks of large regret do not decide them.

After each evaluation, a configuration's value is the sum of two estimates of the improvement that
it brings (`mixture_player`). How the constants were chosen: `docs/evidence/recommenders.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.loss_scale import LossScale, loss_scale
from metalearn.recommenders.meta_prior import MetaPrior, fit_meta_prior
from metalearn.recommenders.mixture_player import MixturePlayer
from metalearn.recommenders.mixture_weights import SharedMixture, mixture_weights
from metalearn.recommenders.prepared_meta import PreparedMeta, prepared_meta

__all__ = ["ForestMixture", "ForestMixtureRanker"]


class ForestMixture:
    """Ranks by meta-features before the first evaluation, then by meta-features and evaluations.

    Args:
        uniform: Share of equal weights in the task weights; forest proximity has the rest. None:
            one share for the first configuration, another for later ones (see `meta_prior`).
        agreement: Exponent of the concordance in the task weights of the set gain.
        power: Exponent of the regret that later entries of a list without answers reduce.

    Overview:
        idea: forest proximity of meta-features, then concordance and mixtures over known rows
        adapts: yes
    """

    def __init__(
        self, uniform: float | None = None, agreement: float = 8.0, power: float = 0.5
    ) -> None:
        self.uniform, self.agreement, self.power = uniform, agreement, power

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ForestMixtureRanker:
        """Return the ranker; `rng` grows the forest and draws the cells held out.

        Raises:
            NotEnoughMetaDataError: If there is no task or no configuration.
        """
        known = prepared_meta(meta, "default")
        scale = loss_scale(meta.metric, known.losses)
        prior = fit_meta_prior(meta, known, rng, self.uniform)
        mixtures = mixture_weights(meta, known, scale, rng)
        return ForestMixtureRanker(known, prior, scale, mixtures, self.agreement, self.power)


@dataclass(frozen=True, slots=True)
class ForestMixtureRanker:
    """The fitted recommender; see `ForestMixture`.

    Attributes:
        known: The known tasks.
        prior: Task weights from meta-features.
        scale: Scale of losses on which rows are modelled.
        mixtures: Mixtures over known rows, with their shares.
        agreement: Exponent of the concordance.
        power: Exponent of the regret in lists without answers.
    """

    known: PreparedMeta
    prior: MetaPrior
    scale: LossScale
    mixtures: tuple[SharedMixture, ...]
    agreement: float
    power: float

    @property
    def proximity(self) -> ForestProximity:
        """Forest proximity of the known tasks."""
        return self.prior.proximity

    def player(self, meta_features: Floats) -> MixturePlayer:
        """Return the recommender of one task; its prior weights are computed once."""
        first, later = self.prior.both_weights(meta_features)
        return MixturePlayer(
            known=self.known,
            scale=self.scale,
            mixtures=self.mixtures,
            agreement=self.agreement,
            power=self.power,
            first_weights=first,
            weights=later,
        )

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the list given the evaluations so far; lower first."""
        return self.player(target.meta_features).score(target)

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the task weights `(n_tasks,)` given the evaluations so far; sum 1."""
        return self.player(target.meta_features).task_weights(target)
