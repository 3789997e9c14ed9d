"""Linear models with a quadratic penalty per column: the fit, and the gradient in the penalties.

The weights minimize the mean loss plus half of the sum of penalty times squared weight. At the
minimum its gradient is zero for every penalty, so the implicit function theorem gives the
derivative of the weights, and with it that of a validation loss (Bengio 2000; Pedregosa 2016). It
needs a single linear system with the Hessian, which conjugate gradients solve from products alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.numerics.implicit.losses import LinearLoss

__all__ = ["Penalized", "conjugate_gradients"]

_MOST_NEWTON, _MOST_HALVINGS = 50, 30
_ARMIJO, _ROUNDING = 1e-4, 1e-13


@dataclass(frozen=True, slots=True)
class Penalized:
    """A penalized linear model on training rows.

    Attributes:
        A: `(n, d + 1)`: columns, and last one of ones, whose weight has no penalty.
        loss: Loss of the outputs on these rows.
        penalties: `(d,)`, positive, one a column.
    """

    A: Floats
    loss: LinearLoss
    penalties: Floats

    def fitted(self, start: Floats, tolerance: float) -> Floats:
        """Return the weights `(d + 1, n_outputs)`, by Newton's method with conjugate gradients.

        Args:
            start: Weights to start from, same shape.
            tolerance: Largest norm of the gradient at the end.
        """
        W = start
        for _ in range(_MOST_NEWTON):
            gradient = self._gradient(W)
            size = float(np.linalg.norm(gradient))
            if size <= tolerance:
                break
            # Inexact Newton: the closer to the minimum, the more exact the step.
            step = self._solved(W, gradient, min(0.1, np.sqrt(size)) * size)
            slope = float((gradient * step).sum())
            before, length = self._value(W), 1.0
            before += _ROUNDING * abs(before)  # near the minimum the value no longer changes
            for _ in range(_MOST_HALVINGS):
                if self._value(W - length * step) <= before - _ARMIJO * length * slope:
                    break
                length /= 2
            else:
                break  # rounding: no better point along the step
            W = W - length * step
        return W

    def hypergradient(self, W: Floats, B: Floats, validation: LinearLoss, rtol: float) -> Floats:
        """Return the derivative of a validation loss in the logarithm of each penalty, `(d,)`.

        Args:
            W: Fitted weights.
            B: Validation rows, `(n_validation, d + 1)`.
            validation: Loss of the outputs on these rows.
            rtol: Tolerance of the linear system, relative to its right side.
        """
        outer = B.T @ validation.gradient(B @ W)
        v = self._solved(W, outer, rtol * float(np.linalg.norm(outer)))
        return np.asarray(-self.penalties * (W[:-1] * v[:-1]).sum(axis=1))

    def _value(self, W: Floats) -> float:
        penalty = 0.5 * float((self.penalties[:, None] * W[:-1] ** 2).sum())
        return self.loss.value(self.A @ W) + penalty

    def _gradient(self, W: Floats) -> Floats:
        return np.asarray(self.A.T @ self.loss.gradient(self.A @ W) + self._weighted(W))

    def _weighted(self, W: Floats) -> Floats:
        return np.append(self.penalties, 0.0)[:, None] * W

    def _solved(self, W: Floats, right: Floats, tolerance: float) -> Floats:
        """Return the Hessian's inverse at `W` times a matrix of the shape of `W`."""
        Z = self.A @ W
        diagonal = (self.A**2).mean(axis=0) * 0.25 + np.append(self.penalties, 0.0)

        def product(U: Floats) -> Floats:
            return np.asarray(self.A.T @ self.loss.curvature(Z, self.A @ U) + self._weighted(U))

        return conjugate_gradients(product, right, 1.0 / diagonal[:, None], tolerance)


def conjugate_gradients(
    product: Callable[[Floats], Floats], right: Floats, scale: Floats, tolerance: float
) -> Floats:
    """Return the solution of a positive semidefinite system (preconditioned conjugate gradients).

    Args:
        product: The matrix times an array of the shape of `right`.
        right: Right side, in the range of the matrix.
        scale: Inverse of (nearly) the diagonal; broadcasts to `right`.
        tolerance: Largest norm of the residual at the end.
    """
    x = np.zeros_like(right)
    residual = right.copy()
    conditioned = scale * residual
    direction = conditioned
    strength = float((residual * conditioned).sum())
    for _ in range(10 * right.size):
        if float(np.linalg.norm(residual)) <= tolerance:
            break
        image = product(direction)
        curvature = float((direction * image).sum())
        if not curvature > 0.0:
            break  # the null space: nothing more to gain
        length = strength / curvature
        x = x + length * direction
        residual = residual - length * image
        conditioned = scale * residual
        stronger = float((residual * conditioned).sum())
        direction = conditioned + stronger / strength * direction
        strength = stronger
    return x
