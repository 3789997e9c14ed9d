"""Few-shot Bayesian optimization (Wistuba & Grabocka 2021; METHODS 10.11).

A Gaussian process of the target in the features of a deep kernel that was meta-trained on the
sources (`neural.deep_kernel`). Each fit adapts it to the target, from the meta-trained values:

- `process`: length scale, signal and noise, by maximum a posteriori with log-normal priors around
  the meta-trained ones. The sources' noise and scale are averages; on a target that is smoother or
  rougher a search with these stops to improve.
- `network`: all weights, as the paper does, by gradient steps on the evidence from ten evaluations
  on. Fewer losses would undo what the sources taught.
- `none`: deep kernel transfer (Patacchiola et al. 2020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from metalearn.core.arrays import Floats
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.regression import condition
from metalearn.surrogates.deep_kernel import FEW, DeepKernel, trained_kernel
from metalearn.surrogates.few_shot import FewShot
from metalearn.surrogates.gaussian_process import GaussianProcessPredictor
from metalearn.surrogates.losses import Standardized

if TYPE_CHECKING:
    from metalearn.neural.deep_kernel import Outer

__all__ = ["FSBO", "FrozenFSBO", "Tuned"]

Tuned = Literal["process", "network", "none"]
"""What is adapted to the target."""


class FSBO(FewShot[DeepKernel]):
    """See the module.

    Args:
        space: The space of the points.
        warm: The network is trained on its sources.
        fine_tune: What is adapted to the target, see the module.
        outer: Kind of outer step of meta-training, see `neural.deep_kernel`.

    Overview:
        formula: k(x,x') = Matérn 5/2 of |φ(x) − φ(x')|, φ a network of two hidden layers
            meta-trained on the evidence of random subsets of the sources (Wistuba & Grabocka
            2021); length scale, signal and noise by maximum a posteriori around the meta-trained
            ones (the paper fine-tunes the network too); needs the extra `neural`
        use: a comparison with the literature
        step: 40 n³
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        fine_tune: Tuned = "process",
        outer: Outer = "joint",
    ) -> None:
        super().__init__(space, warm)
        self.fine_tune, self.outer = fine_tune, outer

    def _meta_train(self, warm: WarmStart) -> DeepKernel:
        return trained_kernel(warm, outer=self.outer)

    def _predictor(self, network: DeepKernel, X: Floats, scaled: Standardized) -> Predictor:
        if self.fine_tune == "network" and len(X) >= FEW:
            network = network.fine_tuned(X, scaled.y)
        tunes_process = self.fine_tune == "process" and len(X) > 1
        hyper = network.hyper_of(X, scaled.y) if tunes_process else network.hyper
        points = network.points
        posterior = condition(points.expand(X), scaled.y, hyper, points.groups)
        return GaussianProcessPredictor(points, posterior, scaled.centre, scaled.width)


class FrozenFSBO(FSBO):
    """FSBO without fine-tuning: network and process stay as the sources made them.

    Overview:
        formula: `fsbo` without adaptation, as deep kernel transfer (Patacchiola et al. 2020)
        use: a comparison with the literature
        step: n³
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        super().__init__(space, warm, fine_tune="none")
