"""Convex losses of linear models: mean over rows, with gradient and curvature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["LinearLoss", "SoftmaxLoss", "SquaredLoss", "softmax"]


class LinearLoss(Protocol):
    """A loss of outputs `Z (n, n_outputs)` of a linear model, convex and twice differentiable."""

    def value(self, Z: Floats) -> float:
        """Return the mean loss."""
        ...

    def gradient(self, Z: Floats) -> Floats:
        """Return the derivative of the mean loss, `(n, n_outputs)`."""
        ...

    def curvature(self, Z: Floats, U: Floats) -> Floats:
        """Return the second derivative times `U`, `(n, n_outputs)`."""
        ...


@dataclass(frozen=True, slots=True)
class SquaredLoss:
    """Half of the mean squared error of targets `Y (n, n_outputs)`."""

    Y: Floats

    def value(self, Z: Floats) -> float:
        """Return the mean loss."""
        return 0.5 * float(((Z - self.Y) ** 2).sum()) / len(Z)

    def gradient(self, Z: Floats) -> Floats:
        """Return the derivative, `(n, n_outputs)`."""
        return (Z - self.Y) / len(Z)

    def curvature(self, Z: Floats, U: Floats) -> Floats:
        """Return the second derivative times `U`, `(n, n_outputs)`."""
        return U / len(Z)


@dataclass(frozen=True, slots=True)
class SoftmaxLoss:
    """Mean log loss of the softmax of the outputs; `Y (n, n_classes)` has a 1 at each class."""

    Y: Floats

    def value(self, Z: Floats) -> float:
        """Return the mean loss."""
        top = Z.max(axis=1, keepdims=True)
        normalizers = top[:, 0] + np.log(np.exp(Z - top).sum(axis=1))
        return float((normalizers - (Z * self.Y).sum(axis=1)).mean())

    def gradient(self, Z: Floats) -> Floats:
        """Return the derivative, `(n, n_classes)`."""
        return (softmax(Z) - self.Y) / len(Z)

    def curvature(self, Z: Floats, U: Floats) -> Floats:
        """Return the second derivative times `U`, `(n, n_classes)`."""
        P = softmax(Z)
        return np.asarray(P * (U - (P * U).sum(axis=1, keepdims=True)) / len(Z))


def softmax(Z: Floats) -> Floats:
    """Return probabilities, `(n, n_classes)`."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(E / E.sum(axis=1, keepdims=True))
