"""BOHB: Hyperband whose new configurations come from a density model (Falkner et al. 2018).

The model resembles that of TPE, with kernels over all axes. It uses the trials of the largest
fidelity that has enough of them. The best 15 % are good. Of 64 draws around good points, with
bandwidths three times as wide, the one with the highest ratio of good to bad density is proposed.
One configuration in three is drawn without the model, so that a misleading low fidelity cannot
exclude any region (METHODS 11.4, 11.6).
"""

from __future__ import annotations

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.numerics.density.product_kde import fit_product_density
from metalearn.optimizers.hyperband import Hyperband
from metalearn.optimizers.source_points import drawn_from_sources
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["BOHB"]

_RANDOM_SHARE = 1 / 3
_SOURCE_SHARE = 0.7
_GOOD_SHARE = 0.15
_N_CANDIDATES = 64
_WIDENING = 3.0


class BOHB(Hyperband):
    """Hyperband with a density model; arguments as in `Hyperband`.

    Uses of a warm start the initial design, at the lowest rung of the first bracket. Of the draws
    made without the model, 7 in 10 come from the prior or from around the sources' top points.
    Observations enter the model. Failures count as bad.

    Overview:
        idea: Hyperband whose new configurations come from densities (Falkner et al. 2018)
        warm start: observations; prior or the sources' top points for draws without the model
    """

    def _sample(self) -> Configuration:
        history = self._largest_with_enough()
        if history is not None and self.rng.random() >= _RANDOM_SHARE:
            return self._from_model(history)
        if self.rng.random() < _SOURCE_SHARE:
            return drawn_from_sources(self.warm, self.rng)
        return self._uniform()

    def _largest_with_enough(self) -> History | None:
        """Return the trials of the largest fidelity that has enough of them for two densities."""
        least = self.space.n_axes + 1
        fidelities = {trial.fidelity for trial in self.trials if trial.status == "ok"}
        for fidelity in sorted(fidelities, reverse=True):
            history = self.history_at(fidelity)
            if np.isfinite(history.y).sum() >= least and len(history) >= least + 2:
                return history
        return None

    def _from_model(self, history: History) -> Configuration:
        """Return the best of the candidates by the ratio of the two densities."""
        least = self.space.n_axes + 1
        order = np.argsort(history.y, kind="stable")  # failures (NaN) come last
        n_good = max(least, int(_GOOD_SHARE * len(order)))
        n_bad = max(least, len(order) - n_good)
        good, bad = (
            inactive_drawn(history.X[order[:n_good]], self.rng),
            inactive_drawn(history.X[order[-n_bad:]], self.rng),
        )
        axes = self.space.axes
        wide = fit_product_density(axes, good, widening=_WIDENING)
        drawn = wide.draw(self.rng.integers(0, len(good), _N_CANDIDATES), self.rng)
        candidates = self.space.decode(drawn)
        ratio = fit_product_density(axes, good).log_density(drawn)
        ratio = ratio - fit_product_density(axes, bad).log_density(drawn)
        return candidates[int(np.argmax(ratio))]
