"""The losses of several objectives, as the optimizers for several objectives read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.trial import Trial
from metalearn.errors import InputError

__all__ = ["objective_losses", "objective_names"]

_ONE = "loss"


def objective_names(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return the names of the objectives of a search; `loss` if no trial has several.

    Raises:
        InputError: If finished trials have different objectives.
    """
    named = [tuple(trial.losses) for trial in trials if trial.losses]
    first = named[0] if named else (_ONE,)
    other = next((names for names in named if set(names) != set(first)), None)
    if other is not None:
        raise InputError(
            f"all trials of a search must have the same objectives, got {', '.join(first)} and "
            f"{', '.join(other)}; pass each finished trial the losses of all objectives"
        )
    return first


def objective_losses(trials: Sequence[Trial]) -> Floats:
    """Return the losses, `(n_trials, n_objectives)`; a row is NaN if the trial has none of them.

    Such a trial failed, or it has a single loss where other trials have several.

    Raises:
        InputError: If finished trials have different objectives.
    """
    names = objective_names(trials)
    if names == (_ONE,):
        return np.array([[trial.loss] for trial in trials]).reshape(-1, 1)
    rows = [[trial.losses.get(name, np.nan) for name in names] for trial in trials]
    return np.array(rows, dtype=np.float64).reshape(-1, len(names))
