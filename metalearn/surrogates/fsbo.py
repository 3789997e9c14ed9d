"""Few-shot Bayesian optimization (Wistuba & Grabocka 2021; METHODS 10.11).

A Gaussian process of the target in the features of a deep kernel that was meta-trained on the
sources (`neural.deep_kernel`). From ten evaluations on the network is fine-tuned on them, each
time from the meta-trained weights; with fewer, the few losses would undo what the sources taught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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

__all__ = ["FSBO", "FrozenFSBO"]


class FSBO(FewShot[DeepKernel]):
    """See the module.

    Args:
        space: The space of the points.
        warm: The network is trained on its sources.
        fine_tune: Adapt the network to the target from ten evaluations on.
        outer: Kind of outer step of meta-training, see `neural.deep_kernel`.

    Overview:
        formula: k(x,x') = Matérn 5/2 of |φ(x) − φ(x')|, φ a network of two hidden layers
            meta-trained on the evidence of random subsets of the sources, fine-tuned on the
            target (Wistuba & Grabocka 2021); needs the extra `neural`
        use: a comparison with the literature
        step: n³ + 50 gradients of the evidence
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        fine_tune: bool = True,
        outer: Outer = "joint",
    ) -> None:
        super().__init__(space, warm)
        self.fine_tune, self.outer = fine_tune, outer

    def _meta_train(self, warm: WarmStart) -> DeepKernel:
        return trained_kernel(warm, outer=self.outer)

    def _predictor(self, network: DeepKernel, X: Floats, scaled: Standardized) -> Predictor:
        if self.fine_tune and len(X) >= FEW:
            network = network.fine_tuned(X, scaled.y)
        points = network.points
        posterior = condition(points.expand(X), scaled.y, network.hyper, points.groups)
        return GaussianProcessPredictor(points, posterior, scaled.centre, scaled.width)


class FrozenFSBO(FSBO):
    """FSBO without fine-tuning: the network stays as the sources made it.

    Overview:
        formula: `fsbo` without fine-tuning, as deep kernel transfer (Patacchiola et al. 2020)
        use: few evaluations
        step: n³
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        super().__init__(space, warm, fine_tune=False)
