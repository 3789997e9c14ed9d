"""A Gaussian process over a mixed, conditional space (METHODS 11.2).

The kernel is Matern 5/2 with one length scale per axis (Snoek, Larochelle & Adams 2012), Hamming
distance between categories, and noise. Every fit maximizes the posterior of the hyperparameters,
starting from the last optimum. At most 500 points are used: the best fifth, and others at random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from metalearn.core.arrays import Floats, Ints
from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.fit import fit_map, prior_centre
from metalearn.numerics.gaussian_process.regression import (
    Hyper,
    Posterior,
    axis_distances,
    condition,
)
from metalearn.surrogates.losses import cleaned, scaled_by, standardized
from metalearn.surrogates.points import Expansion, Points

__all__ = ["GaussianProcess", "GaussianProcessPredictor", "kept"]

Columns = Callable[[Floats], Floats]
"""Maps points `(n, n_axes)` to the values of several functions, `(n, n_functions)`."""

MAX_POINTS = 500
_BEST_SHARE = 0.2
_LOG2_ANCHORS = 8


class GaussianProcess:
    """The surrogate; each fit starts from the hyperparameters of the last one.

    Args:
        space: The space of the points.
        warm: Not used; this surrogate learns from the target alone.

    Attributes:
        carried: Logarithms of the last hyperparameters, where the next fit starts.

    Overview:
        idea: Matérn 5/2 with one length scale per axis, Hamming distance between categories,
            noise; hyperparameters by maximum a posteriori (Snoek et al. 2012; priors of Hvarfner
            et al. 2024)
        use: up to a few hundred evaluations; the default without source tasks
        cost: n³, n ≤ 500
        code: own: mixed and conditional axes, and gradients of the evidence in one pass, which
            scikit-learn lacks
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        del warm
        self.points: Expansion = Points.of(space)
        self.carried: Floats | None = None

    def fit(
        self,
        history: History,
        rng: np.random.Generator,
        *,
        scale: float | None = None,
        linear: Columns | None = None,
    ) -> GaussianProcessPredictor:
        """Return the posterior process; the prior if the history is empty.

        Args:
            history: Evaluated points.
            rng: Chooses the points if there are more than 500.
            scale: Divisor of the losses minus their mean; None = their standard deviation.
            linear: Functions of a point that are added to the process with normal coefficients,
                in units of the standardized loss; the variance of the coefficients is fitted.
        """
        X, y = cleaned(history)
        chosen = kept(y, MAX_POINTS, rng)
        scaled = standardized(y[chosen]) if scale is None else scaled_by(y[chosen], scale)
        expanded, n_groups = self.points.expand(X[chosen]), self.points.n_groups
        groups, products = self.points.groups, []
        if linear is not None:
            columns = linear(X[chosen])
            products = [columns @ columns.T]
            expanded = np.hstack([expanded, columns])
            groups = np.append(groups, np.full(columns.shape[1], -1))
        if len(chosen) > 1:
            distances = axis_distances(expanded, groups, n_groups)
            self.carried = fit_map(
                [(distances, scaled.y)],
                self.carried,
                products=products,
                n_active=self.points.n_active,
            )
        theta = prior_centre(n_groups, linear is not None, self.points.n_active)
        if self.carried is not None and len(self.carried) == len(theta):
            theta = self.carried
        posterior = condition(expanded, scaled.y, Hyper.of(theta, n_groups), groups)
        return GaussianProcessPredictor(
            self.points, posterior, scaled.centre, scaled.width, linear
        )


@dataclass(frozen=True)
class GaussianProcessPredictor:
    """A fitted process; see `GaussianProcess`.

    Attributes:
        points: Expansion of points of the space.
        posterior: The process on standardized losses.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
        linear: The functions that are added linearly; None if there are none.
    """

    points: Expansion
    posterior: Posterior
    centre: float
    width: float
    linear: Columns | None = None

    def predict(self, X: Floats, columns: Floats | None = None) -> Prediction:
        """Return mean and deviation of the loss, without noise.

        Args:
            X: `(n, n_axes)` points.
            columns: `(n, n_functions)` values of the linear functions there; None = computed.
        """
        mean, std = self.posterior.mean_std(self._expanded(X, columns))
        return Prediction(self.centre + self.width * mean, self.width * std)

    def left_out(self) -> tuple[Floats, Floats]:
        """Return `(n,)` leave-one-out mean and deviation of each measured loss."""
        mean, std = self.posterior.left_out()
        return self.centre + self.width * mean, self.width * std

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return one function: drawn jointly at 256 Sobol points, posterior mean in between."""
        space = self.points.space
        sobol = qmc.Sobol(space.n_axes, rng=int(rng.integers(2**63)))
        anchors = space.snap(sobol.random_base2(_LOG2_ANCHORS))
        anchors = self._expanded(anchors)
        mean, covariance = self.posterior.mean(anchors), self.posterior.covariance(anchors)
        values, vectors = np.linalg.eigh(covariance)
        noise = np.sqrt(np.maximum(values, 0.0)) * rng.normal(size=len(values))
        old = self.posterior
        points = np.concatenate([old.points, anchors])
        losses = np.concatenate([old.y, mean + vectors @ noise])
        exact = replace(old.hyper, noise=max(1e-6, old.hyper.noise))
        drawn = condition(points, losses, exact, old.groups)
        return lambda X: self.centre + self.width * drawn.mean(self._expanded(X))

    def _expanded(self, X: Floats, columns: Floats | None = None) -> Floats:
        expanded = self.points.expand(X)
        if self.linear is None:
            return expanded
        return np.hstack([expanded, self.linear(X) if columns is None else columns])


def kept(y: Floats, limit: int, rng: np.random.Generator) -> Ints:
    """Return ascending indices of at most `limit` points: the best fifth, others at random."""
    if len(y) <= limit:
        return np.arange(len(y))
    order = np.argsort(y, kind="stable")
    n_best = int(_BEST_SHARE * limit)
    rest = rng.choice(order[n_best:], limit - n_best, replace=False)
    return np.sort(np.concatenate([order[:n_best], rest]))
