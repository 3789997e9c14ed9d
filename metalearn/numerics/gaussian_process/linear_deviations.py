"""Predictive variances of many Bayesian regressions on the same features.

The variance of regression t at features phi is phi' S_t phi, where S_t is the posterior covariance
of its weights. This costs one triangular system per regression and point. Tasks with the same
points share a covariance, which is evaluated once. With more than 12 different covariances, each
is approximated by its leading directions. With S = I - sum_j s_j v_j v_j', shares s_j descending,

    phi' S phi = |phi|^2 - sum_{j <= r} s_j (v_j' phi)^2 - k (|phi|^2 - sum_{j <= r} (v_j' phi)^2),

where k is the mean share of the other directions, weighted by the features' energy along them. The
approximation uses single precision. Its mean error for 50 tasks of 200 runs on six axes is 3 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import solve_triangular

from metalearn.core.arrays import Floats, Ints

__all__ = ["Deviations"]

_EXACT, _DIRECTIONS = 12, 64
_BLOCK = 128


@dataclass(frozen=True)
class Deviations:
    """Posterior covariances of the weights; equal ones are stored once.

    Attributes:
        roots: `(n_features, n_features)` lower Cholesky factors of their inverses.
        kind: `(n_tasks,)` number of each task's factor.
        usual: `(n_points, n_features)` typical features, which weight the directions.
    """

    roots: tuple[Floats, ...]
    kind: Ints
    usual: Floats

    @classmethod
    def of(cls, roots: Sequence[Floats], usual: Floats) -> Deviations:
        """Return the covariances of tasks; equal ones are one array that `roots` repeats."""
        distinct = {id(root): root for root in roots}
        number = {name: i for i, name in enumerate(distinct)}
        kind: Ints = np.array([number[id(root)] for root in roots], dtype=np.int64)
        return cls(tuple(distinct.values()), kind, usual)

    def squares(self, features: Floats, of: Ints | None = None, *, exact: bool = False) -> Floats:
        """Return `(n_tasks, n)` variances at features `(n, n_features)`.

        Args:
            features: Features of the points.
            of: The tasks; None for all.
            exact: Do not approximate, even for many covariances.
        """
        kind = self.kind if of is None else self.kind[of]
        requested, place = np.unique(kind, return_inverse=True)
        exact = exact or len(requested) <= _EXACT
        found = self._exact(features, requested) if exact else self._reduced(features, requested)
        return found[place]

    def _exact(self, features: Floats, requested: Ints) -> Floats:
        found = np.empty((len(requested), len(features)))
        for row, kind in zip(found, requested, strict=True):
            row[:] = _squares(self.roots[kind], features)
        return found

    def _reduced(self, features: Floats, requested: Ints) -> Floats:
        directions, left = self._leading
        if len(requested) < len(self.roots):
            directions, left = directions[requested], left[requested]
        flat = directions.reshape(-1, features.shape[1])
        known = np.empty((len(requested), len(features)), dtype=np.float32)
        points = features.astype(np.float32)
        for start in range(0, len(points), _BLOCK):
            block = points[start : start + _BLOCK]
            along = (flat @ block.T).reshape(len(requested), -1, len(block))
            known[:, start : start + _BLOCK] = np.einsum("trn,trn->tn", along, along)
        size = np.einsum("nf,nf->n", features, features)
        return np.asarray(np.maximum(left[:, None] * size - known, 0.0), dtype=np.float64)

    @cached_property
    def _leading(self) -> tuple[np.ndarray[tuple[int, int, int], np.dtype[np.float32]], Floats]:
        """Return `(n_kinds, r, n_features)` v_j sqrt(s_j - k), and `(n_kinds,)` 1 - k."""
        n = len(self.roots[0])
        r = min(_DIRECTIONS, n)
        energy = self.usual.T @ self.usual
        size = float(np.trace(energy))
        directions = np.empty((len(self.roots), r, n), dtype=np.float32)
        left = np.empty(len(self.roots))
        for i, root in enumerate(self.roots):
            values, vectors = np.linalg.eigh(root @ root.T)
            values, vectors = values[-r:], vectors[:, -r:]
            shares = np.maximum(1.0 - 1.0 / values, 0.0)
            along = np.einsum("fj,fj->j", vectors, energy @ vectors)
            elsewhere = size - float(along.sum())
            known = size - float(_squares(root, self.usual).sum()) - float(shares @ along)
            k = float(np.clip(known / elsewhere, 0.0, shares.min())) if elsewhere > 0.0 else 0.0
            directions[i] = (vectors * np.sqrt(shares - k)).T
            left[i] = 1.0 - k
        return directions, left


def _squares(root: Floats, features: Floats) -> Floats:
    """Return `(n,)` variances at features `(n, n_features)`, one covariance."""
    white = solve_triangular(root, features.T, lower=True, check_finite=False)
    return np.asarray(np.einsum("fn,fn->n", white, white))
