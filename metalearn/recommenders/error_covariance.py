"""Covariance of prediction errors between configurations, kept as a factor.

The errors of `n_tasks` held-out tasks give a covariance of rank `n_tasks`. The full matrix of
20,000 configurations takes 3.2 GB; only its diagonal and the columns of observed configurations
are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["ErrorCovariance"]


@dataclass(frozen=True, slots=True)
class ErrorCovariance:
    """`errors' errors / n_tasks + independent * I`.

    Attributes:
        errors: `(n_tasks, n_configurations)` errors of held-out tasks; 0 where unknown.
        independent: Variance of each configuration's own error.
    """

    errors: Floats
    independent: float = 0.0

    def diagonal(self) -> Floats:
        """Return the variances, `(n_configurations,)`."""
        squares = np.einsum("tc,tc->c", self.errors, self.errors)
        return np.asarray(squares / max(len(self.errors), 1) + self.independent)

    def columns(self, indices: Ints) -> Floats:
        """Return `(n_configurations, n)` covariances with the configurations `indices`, `(n,)`."""
        shared = self.errors.T @ self.errors[:, indices] / max(len(self.errors), 1)
        shared[indices, np.arange(len(indices))] += self.independent
        return np.asarray(shared)
