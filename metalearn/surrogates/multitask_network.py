"""Multi-task Bayesian neural networks as a surrogate (Springenberg et al. 2016).

The ensemble is trained on the sources (`neural.multitask_network`). On the target only the vector
of the task, level and scale are fitted, so that a fit costs the same for any number of sources.
The deviation has two parts: what the draws disagree about, and the misfit that all of them have,
from the sources' noise and the target's own residuals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.deep_kernel import SEED, n_steps_for, trained_on
from metalearn.surrogates.few_shot import FewShot
from metalearn.surrogates.learned_points import MetaTasks, meta_tasks
from metalearn.surrogates.losses import Standardized

if TYPE_CHECKING:
    from metalearn.neural.network import Weights
    from metalearn.neural.training import Estimate

__all__ = ["MultiTaskNetwork", "MultiTaskNetworkPredictor", "NetworkEnsemble"]

_PRIOR_LOSSES = 4.0  # as many residuals the sources' noise is worth


@dataclass(frozen=True)
class NetworkEnsemble:
    """Networks trained on the sources.

    Attributes:
        known: The tasks that they were trained on.
        weights: Their weights.
    """

    known: MetaTasks
    weights: Weights


class MultiTaskNetwork(FewShot[NetworkEnsemble]):
    """See the module.

    Overview:
        formula: f(x, ψ) from an ensemble of five networks with random priors, trained on the
            sources with a vector ψ for each; ψ, level and scale of the target by randomized
            maximum a posteriori (Springenberg et al. 2016, who sample by Hamiltonian Monte Carlo);
            needs the extra `neural`
        use: a comparison with the literature
        step: 60 gradients of 20 networks at n points
    """

    def _meta_train(self, warm: WarmStart) -> NetworkEnsemble:
        from metalearn.neural.multitask_network import initial_network, network_step
        from metalearn.neural.training import Schedule

        known = meta_tasks(warm)
        n_tasks = len(known.tasks)

        def begin() -> tuple[Weights, Estimate]:
            n_columns = known.tasks[0][0].shape[1]
            start = initial_network(n_columns, n_tasks, np.random.default_rng(SEED))
            return start, network_step(known.tasks)

        schedule = Schedule(n_steps_for(n_tasks), rate=5e-3)
        return NetworkEnsemble(
            known, trained_on(warm, known, "multitask-network", schedule, begin)
        )

    def _predictor(self, network: NetworkEnsemble, X: Floats, scaled: Standardized) -> Predictor:
        from metalearn.neural.multitask_network import losses_of_draws, posterior_draws

        points = network.known.points.expand(X)
        drawn = posterior_draws(network.weights, points, scaled.y, np.random.default_rng(SEED))
        members, n_draws = len(network.weights["log_noise"]), len(drawn["level"])
        noise = np.repeat(np.exp(network.weights["log_noise"]), n_draws // members)
        expected = float((np.exp(2.0 * drawn["log_scale"]) * noise).mean())
        rest = scaled.y - losses_of_draws(network.weights, drawn, points)
        measured = float((rest**2).mean(axis=0).sum())
        misfit = (_PRIOR_LOSSES * expected + measured) / (_PRIOR_LOSSES + len(X))
        return MultiTaskNetworkPredictor(network, drawn, misfit, scaled.centre, scaled.width)


@dataclass(frozen=True)
class MultiTaskNetworkPredictor:
    """The ensemble for one target; see the module.

    Attributes:
        network: The networks.
        drawn: Draws of the target's vector, level and scale.
        misfit: Variance of standardized losses around each draw.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
    """

    network: NetworkEnsemble
    drawn: Weights
    misfit: float
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the loss, the misfit included."""
        found = self._draws(X)
        std = np.sqrt(found.var(axis=0) + self.misfit)
        return Prediction(self.centre + self.width * found.mean(axis=0), self.width * std)

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return one of the draws as a function."""
        which = int(rng.integers(len(self.drawn["level"])))
        return lambda X: self.centre + self.width * self._draws(X)[which]

    def _draws(self, X: Floats) -> Floats:
        from metalearn.neural.multitask_network import losses_of_draws

        points = self.network.known.points.expand(X)
        return np.asarray(losses_of_draws(self.network.weights, self.drawn, points))
