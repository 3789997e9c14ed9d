"""Base of surrogates that are meta-trained over the sources: a design first, then the network.

Before the third evaluation the acquisition is the gain on the sources: the set of points with the
lowest mean regret over the source tasks, chosen greedily (METHODS 2.4), as the papers' initial
designs are. From then on it is the expected improvement of the network's prediction.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Predictor
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.acquisition_transfer import GainPredictor
from metalearn.surrogates.from_sources import FromSources
from metalearn.surrogates.gaussian_process import MAX_POINTS, kept
from metalearn.surrogates.losses import Standardized, cleaned, standardized
from metalearn.surrogates.source_tasks import SourceTasks, fit_sources

__all__ = ["FewShot", "MetaLearned"]

_DESIGN = 3

Network = TypeVar("Network")


@dataclass(frozen=True)
class MetaLearned(Generic[Network]):
    """What was learned from the sources.

    Attributes:
        network: The meta-trained network.
        sources: Processes of the sources, for the design.
    """

    network: Network
    sources: SourceTasks


class FewShot(FromSources[MetaLearned[Network]], Generic[Network]):
    """A meta-trained surrogate; a method adds `_meta_train` and `_predictor`.

    Args:
        space: The space of the points.
        warm: The network is trained on its sources; their weights only serve the design.
    """

    def _learn(self, warm: WarmStart) -> MetaLearned[Network]:
        return MetaLearned(self._meta_train(warm), fit_sources(warm))

    def _fit_with(
        self, learned: MetaLearned[Network], history: History, rng: np.random.Generator
    ) -> Predictor:
        X, y = cleaned(history)
        chosen = kept(y, MAX_POINTS, rng)
        predictor = self._predictor(learned.network, X[chosen], standardized(y[chosen]))
        if len(y) >= _DESIGN:
            return predictor
        sources = learned.sources
        return GainPredictor.of(predictor, X, sources, sources.weights, 0.0)

    @abstractmethod
    def _meta_train(self, warm: WarmStart) -> Network:
        """Return the network trained on the sources, the same for any weights and any order."""

    @abstractmethod
    def _predictor(self, network: Network, X: Floats, scaled: Standardized) -> Predictor:
        """Return the predictor of the target after standardized losses at `X (n, n_axes)`."""
