"""Standardises the target of regressors whose loss depends on its scale."""

from __future__ import annotations

from metalearn.learners.algorithm import Estimator

__all__ = ["scaled_target"]


def scaled_target(regressor: Estimator) -> Estimator:
    """Return the regressor fitted on a target of mean 0 and standard deviation 1."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    return TransformedTargetRegressor(regressor, transformer=StandardScaler())
