"""Meta-features as quantiles over the source tasks, for tree models (METHODS 1.5, 6.4, D5).

Quantiles do not depend on the scale or skewness of a feature, nor on outliers, as the random
thresholds of extremely randomized trees require. A missing value becomes 0.5, with an indicator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["QuantileScaling", "fit_quantiles"]


@dataclass(frozen=True, slots=True)
class QuantileScaling:
    """The sorted known values of each useful feature.

    Attributes:
        columns: Indices of the used features: known for at least 3 tasks, and not constant.
        values: For each of them the sorted values of the source tasks.
        indicators: For each of them whether it has a missing indicator (missing for some task).
    """

    columns: tuple[int, ...]
    values: tuple[Floats, ...]
    indicators: tuple[bool, ...]

    def apply(self, features: Floats) -> Floats:
        """Return `(n_tasks, n_encoded)` in [0, 1] without NaN of `(n_tasks, n_meta_features)`."""
        if not self.columns:
            return np.empty((len(features), 0))
        given = features[:, list(self.columns)]
        known = np.isfinite(given)
        filled = np.where(known, given, [values[0] for values in self.values])
        ranks = [
            (values.searchsorted(column, "left") + values.searchsorted(column, "right"))
            / (2 * len(values))
            for values, column in zip(self.values, filled.T, strict=True)
        ]
        # Each quantile is followed by its missing indicator, if it has one.
        indicated = np.array(self.indicators)
        places = np.arange(len(ranks)) + np.cumsum(indicated) - indicated
        encoded = np.empty((len(features), len(ranks) + int(indicated.sum())))
        encoded[:, places] = np.where(known, np.stack(ranks, axis=1), 0.5)
        encoded[:, places[indicated] + 1] = ~known[:, indicated]
        return encoded


def fit_quantiles(features: Floats) -> QuantileScaling:
    """Return the scaling fitted on `(n_tasks, n_meta_features)`; NaN and infinite = missing."""
    columns: list[int] = []
    values: list[Floats] = []
    indicators: list[bool] = []
    for column in range(features.shape[1]):
        known = np.isfinite(features[:, column])
        ordered = np.sort(features[known, column])
        if len(ordered) < 3 or ordered[0] == ordered[-1]:
            continue
        columns.append(column)
        values.append(ordered)
        indicators.append(not known.all())
    return QuantileScaling(tuple(columns), tuple(values), tuple(indicators))
