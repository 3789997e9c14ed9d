"""ParEGO: Bayesian optimization of several objectives, one random scalarisation per proposal.

Knowles 2006; in mlrMBO: Horn & Bischl 2016. Each proposal takes other weights of the lattice,
combines the scaled losses by the augmented Tchebycheff function, fits a Gaussian process to it and
maximizes the expected improvement. Parallel proposals therefore search different parts of the
front.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.failures import failures_imputed
from metalearn.core.history import History
from metalearn.core.trial import Trial
from metalearn.numerics.search.scalarization import (
    augmented_tchebycheff,
    unit_losses,
    weight_lattice,
)
from metalearn.optimizers.acquisitions import Value
from metalearn.optimizers.model_based import ModelBased
from metalearn.optimizers.objectives import objective_losses

__all__ = ["ParEGO"]


class ParEGO(ModelBased):
    """See the module; arguments as in `ModelBased`.

    Trials are passed to `tell` with the losses of all objectives: `trial.finished(loss,
    losses={...})`. Without such losses it optimizes the one loss. A failed trial counts as the
    worst of each objective. The weights of the lattice take turns in a random order, so that
    parallel proposals have different weights.

    Of a warm start it uses the initial design, and observations that have the losses of all
    objectives. Source tasks and the prior describe one objective only and are not used.

    Overview:
        idea: one scalarisation of several objectives per proposal, on a Gaussian process (ParEGO;
            Knowles 2006)
        warm start: observations of all objectives
    """

    kept = ("_carried", "_cycle", "_weights")
    own_surrogate = "gaussian-process"
    several_objectives = True

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return up to `n` rows of `X (n_points, n_axes)`; all by the same weights."""
        self._draw_weights()
        return super().choose(X, n)

    def _prepare(self) -> None:
        self._cycle: list[list[float]] = []
        self._weights: list[float] = [1.0]

    def _learn(self, trial: Trial) -> None:
        if trial.losses and len(trial.losses) != len(self._weights):
            self._cycle, self._weights = [], [1.0 / len(trial.losses)] * len(trial.losses)

    def _propose(self) -> Configuration:
        self._draw_weights()
        return super()._propose()

    def _draw_weights(self) -> None:
        """Take the next weights; as many proposals in a row as there are weights all differ."""
        if not self._cycle:
            lattice = weight_lattice(len(self._weights))
            self._cycle = lattice[self.rng.permutation(len(lattice))].tolist()
        self._weights = self._cycle.pop(0)
        self._cycle.append(self._weights)

    def _seen(self) -> History:
        """Return the scalarised losses at full fidelity under the current weights."""
        has_several = any(trial.losses for trial in self.trials)
        at = [
            i
            for i, trial in enumerate(self.trials)
            if trial.fidelity == 1.0 and (trial.losses or trial.status != "ok" or not has_several)
        ]  # one loss says nothing of the other objectives
        measured = objective_losses([self.trials[i] for i in at])
        worst = failures_imputed(measured.T).T
        X = np.array([self._rows[i] for i in at]).reshape(-1, self.space.n_axes)
        weights = np.array(self._weights)
        return History(X, augmented_tchebycheff(unit_losses(worst), weights))

    def _with_prior(self, value: Value, n_trials: int) -> Value:
        del n_trials
        return value
