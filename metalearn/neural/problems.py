"""Problems for optimizers that descend gradients: quadratics and small networks on rows.

All problems of a batch are stacked and answered together, with gradients in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["Quadratics", "RowNetworks", "quadratics", "row_networks"]


@dataclass(frozen=True, slots=True)
class Quadratics:
    """Functions |W theta - y|^2 (Andrychowicz et al. 2016, section 3.1).

    Attributes:
        W: `(n_problems, d, d)`.
        y: `(n_problems, d)`.
        start: `(n_problems, d)` first points.
    """

    W: Floats
    y: Floats
    start: Floats

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return losses `(n_problems,)` and gradients `(n_problems, d)`."""
        off = np.einsum("pij,pj->pi", self.W, theta) - self.y
        return (off**2).sum(axis=1), 2.0 * np.einsum("pij,pi->pj", self.W, off)


def quadratics(n_problems: int, d: int, rng: np.random.Generator) -> Quadratics:
    """Return random quadratics; all entries are normal."""
    return Quadratics(
        rng.normal(size=(n_problems, d, d)),
        rng.normal(size=(n_problems, d)),
        rng.normal(size=(n_problems, d)),
    )


@dataclass(frozen=True, slots=True)
class RowNetworks:
    """Cross-entropy of two classes on all rows, for a network of tanh units or a linear model.

    Coordinates of a network: matrix `(n_columns, n_hidden)`, offsets, output weights, offset. Of a
    linear model: output weights, offset.

    Attributes:
        X: `(n_problems, n_rows, n_columns)`.
        y: `(n_problems, n_rows)` classes, 0 or 1.
        start: `(n_problems, n_coordinates)` first weights.
        n_hidden: Hidden units; 0 for logistic regression.
        penalty: Factor of half the squared length of the weights, which is added.
    """

    X: Floats
    y: Floats
    start: Floats
    n_hidden: int
    penalty: float = 0.0

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return losses `(n_problems,)` and gradients `(n_problems, n_coordinates)`."""
        n_problems, n_rows, n_columns = self.X.shape
        cut = n_columns * self.n_hidden
        hidden = self.X
        if self.n_hidden:
            first = theta[:, :cut].reshape(n_problems, n_columns, self.n_hidden)
            offsets = theta[:, cut : cut + self.n_hidden]
            hidden = np.tanh(self.X @ first + offsets[:, None])
        out = theta[:, -hidden.shape[2] - 1 : -1]
        z = np.einsum("pnh,ph->pn", hidden, out) + theta[:, -1:]
        losses = (np.logaddexp(0.0, z) - self.y * z).mean(axis=1)
        back = (1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0))) - self.y) / n_rows
        parts = [np.einsum("pn,pnh->ph", back, hidden), back.sum(axis=1, keepdims=True)]
        if self.n_hidden:
            inner = back[:, :, None] * out[:, None] * (1.0 - hidden**2)
            matrix = (self.X.swapaxes(1, 2) @ inner).reshape(n_problems, -1)
            parts = [matrix, inner.sum(axis=1), *parts]
        losses = losses + 0.5 * self.penalty * (theta**2).sum(axis=1)
        return losses, np.concatenate(parts, axis=1) + self.penalty * theta


def row_networks(
    X: Floats, y: Floats, n_hidden: int, rng: np.random.Generator, *, penalty: float = 0.0
) -> RowNetworks:
    """Return problems on rows `(n_problems, n_rows, n_columns)`, with small random weights."""
    n_problems, _, n_columns = X.shape
    width = n_hidden or n_columns
    n_coordinates = (n_columns + 1) * n_hidden + width + 1
    scale = 1.0 / np.sqrt(n_columns)
    start = scale * rng.normal(size=(n_problems, n_coordinates))
    return RowNetworks(X, y, start, n_hidden, penalty)
