"""A process whose mean and kernel are pre-trained on the sources (HyperBO, Wang et al. 2024).

    y(x) = c + s (m(x) + g(x) + noise),   g ~ GP(0, k),

with m and k from a network trained on standardized losses of the sources (`neural.deep_kernel`).
Level c and scale s of the target are unknown. The paper trains on raw losses, so that both are
those of the sources. Here c has a normal prior around the sources' mean level, of variance 10 s^2,
and is integrated out. s is summed over a grid, with a log-normal prior around the sources'
deviations: the learned mean says where the target is good before any evaluation, and as many
evaluations as needed say how much that matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.regression import kernel
from metalearn.surrogates.deep_kernel import FEW, DeepKernel, trained_kernel
from metalearn.surrogates.few_shot import FewShot
from metalearn.surrogates.losses import Standardized

__all__ = ["HyperBO", "HyperBOPredictor"]

_GRID = np.linspace(-3.0, 3.0, 25)  # in prior deviations of log s
_LEAST_SD = 0.5


class HyperBO(FewShot[DeepKernel]):
    """See the module.

    Args:
        space: The space of the points.
        warm: The network is trained on its sources.
        fine_tune: Adapt mean and kernel to the target from ten evaluations on.

    Overview:
        formula: y = c + s (m(x) + process), m and the deep kernel of the process meta-trained;
            level c integrated, scale s averaged over its posterior (Wang et al. 2024, who do not
            infer them); needs the extra `neural`
        use: few evaluations
        step: n³
    """

    def __init__(
        self, space: Space, warm: WarmStart | None = None, *, fine_tune: bool = False
    ) -> None:
        super().__init__(space, warm)
        self.fine_tune = fine_tune

    def _meta_train(self, warm: WarmStart) -> DeepKernel:
        return trained_kernel(warm, mean=True)

    def _predictor(self, network: DeepKernel, X: Floats, scaled: Standardized) -> Predictor:
        if self.fine_tune and len(X) >= FEW:
            network = network.fine_tuned(X, scaled.y)
        return HyperBOPredictor.given(network, X, scaled.centre + scaled.width * scaled.y)


@dataclass(frozen=True)
class HyperBOPredictor:
    """The process of the target; see the module.

    Attributes:
        network: Mean and kernel.
        at: `(n, width)` features of the evaluated points.
        level: Prior mean of the level c.
        root: `(n, n)` lower Cholesky factor of the covariance, for s = 1.
        losses: `(n,)` inverse of that covariance times losses minus `level`.
        means: `(n,)` inverse of that covariance times learned means.
        scales: `(n_scales,)` values of s.
        weights: `(n_scales,)` their posterior probabilities.
    """

    network: DeepKernel
    at: Floats
    level: float
    root: Floats
    losses: Floats
    means: Floats
    scales: Floats
    weights: Floats

    @classmethod
    def given(cls, network: DeepKernel, X: Floats, y: Floats) -> HyperBOPredictor:
        """Return the process after losses `(n,)` at `X (n, n_axes)`."""
        known, points = network.known, network.points
        at, level = points.expand(X), float(known.centres.mean())
        covariance = _covariance(network, at, at)
        covariance[np.diag_indices(len(y))] += network.hyper.noise
        root = np.asarray(cholesky(covariance, lower=True)) if len(y) else covariance
        rest, mean = y - level, network.mean(at)
        losses, means = _solved(root, rest), _solved(root, mean)
        log_widths = np.log(known.widths)
        scales = np.exp(log_widths.mean() + max(float(log_widths.std()), _LEAST_SD) * _GRID)
        square = (
            float(rest @ losses) / scales**2 - 2.0 * float(rest @ means) / scales
            + float(mean @ means)
        )  # fmt: skip
        log_weights = -0.5 * _GRID**2 - 0.5 * square - len(y) * np.log(scales)
        weights = np.exp(log_weights - log_weights.max())
        return cls(network, at, level, root, losses, means, scales, weights / weights.sum())

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the loss, without noise, averaged over the scales."""
        at = self.network.points.expand(X)
        cross = _covariance(self.network, self.at, at)
        fixed = self.level + self.losses @ cross
        slope = self.network.mean(at) - self.means @ cross
        white = solve_triangular(self.root, cross, lower=True) if len(self.at) else cross
        before = self.network.hyper.signal + self.network.level_variance
        unit = np.maximum(before - np.einsum("nm,nm->m", white, white), 1e-12)
        s, square = float(self.weights @ self.scales), float(self.weights @ self.scales**2)
        variance = unit * square + slope**2 * max(square - s * s, 0.0)
        return Prediction(fixed + s * slope, np.sqrt(variance))


def _covariance(network: DeepKernel, first: Floats, second: Floats) -> Floats:
    """Return covariances of c / s + g between features."""
    groups = network.points.groups
    return kernel(first, second, network.hyper, groups) + network.level_variance


def _solved(root: Floats, y: Floats) -> Floats:
    return np.asarray(cho_solve((root, True), y)) if len(y) else y
