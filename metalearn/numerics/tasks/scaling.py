"""Meta-features as quantiles over the source tasks, for tree models (METHODS 1.5, 6.4, D5).

Quantiles do not depend on the scale or skewness of a feature, nor on outliers, as the random
thresholds of extremely randomized trees require. A missing value becomes 0.5, with an indicator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["QuantileScaling", "fit_quantiles"]


_LEAST_KNOWN = 3
_FEW = 4  # rows up to which they are compared with all values at once


@dataclass(frozen=True, slots=True)
class QuantileScaling:
    """The sorted known values of each useful feature.

    Attributes:
        columns: Indices of the used features: known for at least 3 tasks, and not constant.
        values: `(n_used, n_tasks)` for each of them the sorted values of the source tasks, NaN
            after the last.
        counts: `(n_used,)` number of these values.
        indicators: For each of them whether it has a missing indicator (missing for some task).
    """

    columns: tuple[int, ...]
    values: Floats
    counts: Ints
    indicators: tuple[bool, ...]

    def apply(self, features: Floats) -> Floats:
        """Return `(n, n_encoded)` in [0, 1] without NaN of `(n, n_meta_features)`.

        The indicator of a feature, if it has one, follows its quantiles.
        """
        given = features[:, list(self.columns)]
        known = np.isfinite(given)
        places = self._places(given) / (2 * self.counts)
        indicated = np.array(self.indicators, dtype=np.bool_)
        place = np.arange(len(indicated)) + np.cumsum(indicated) - indicated
        encoded = np.empty((len(features), len(indicated) + int(indicated.sum())))
        encoded[:, place] = np.where(known, places, 0.5)
        encoded[:, place[indicated] + 1] = ~known[:, indicated]
        return encoded

    def _places(self, given: Floats) -> Ints:
        """Return `(n, n_used)`: how many values are below, plus how many are not above."""
        if len(given) <= _FEW:
            at = given[:, :, None]
            return np.asarray((self.values < at).sum(axis=2) + (self.values <= at).sum(axis=2))
        places = np.empty(given.shape, dtype=np.int64)
        for j, values in enumerate(self.values):
            here = values[: self.counts[j]]
            places[:, j] = here.searchsorted(given[:, j], "left")
            places[:, j] += here.searchsorted(given[:, j], "right")
        return places


def fit_quantiles(features: Floats) -> QuantileScaling:
    """Return the scaling fitted on `(n_tasks, n_meta_features)`; NaN and infinite = missing."""
    values = np.sort(np.where(np.isfinite(features), features, np.nan), axis=0).T
    counts = np.isfinite(values).sum(axis=1)
    often = np.flatnonzero(counts >= _LEAST_KNOWN)
    used = often[values[often, 0] != values[often, counts[often] - 1]] if len(often) else often
    indicators = counts[used] < len(features)
    return QuantileScaling(
        tuple(used.tolist()),
        np.ascontiguousarray(values[used]),
        counts[used],
        tuple(indicators.tolist()),
    )
