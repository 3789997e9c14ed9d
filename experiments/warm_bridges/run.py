"""How many trials does a warm study need to reach what a cold one reaches in thirty?

    python experiments/warm_bridges/run.py TABLES --kb KB [--out DIR] [--smoke]

TABLES is an index CSV, KB a store with runs of `svc`. For every classification table of middling
size, its own experience (and its near-duplicates') is left out of the store. Optuna's TPE and
SMAC3 then search the space of `svc` for the best balanced accuracy, on the same folds: cold, thirty
trials from each of several seeds; warm, the same samplers and seeds behind
`warm.to_optuna()` and `warm.to_smac()`. A warm study needs n trials if its n-th is the first that
is at least as good as the best of the cold study with the same seed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable

import numpy as np

from metalearn.bridges.bridge import configuration_of
from metalearn.bridges.optuna import suggest
from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.core.warm_start import WarmStart

METRIC = metric_named("balanced_accuracy")
N_TRIALS, N_SEEDS, K = 30, 3, 10
TIE = 1e-3  # balanced accuracies closer than this count as equal (in the second figure)
Score = Callable[[Configuration], float]


def optuna_scores(warm: WarmStart, score: Score, n_trials: int, seed: int) -> list[float]:
    """Return the scores of a study's trials in order."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = warm.to_optuna(seed=seed)
    study.optimize(lambda trial: score(suggest(trial, warm.space)), n_trials=n_trials)
    return [trial.value for trial in study.trials]


def smac_scores(warm: WarmStart, score: Score, n_trials: int, seed: int) -> list[float]:
    """Return the scores of SMAC's trials in order."""
    found: list[float] = []

    def loss(config: object) -> float:
        found.append(score(configuration_of(warm, dict(config).items())))  # type: ignore[call-overload]
        return METRIC.loss(found[-1])

    with tempfile.TemporaryDirectory() as folder:
        warm.to_smac(loss, n_trials=n_trials, seed=seed, output_directory=folder).optimize()
    return found


OPTIMIZERS = {"Optuna TPE": optuna_scores, "SMAC3": smac_scores}


def needed(warm: list[float], target: float, slack: float = 0.0) -> float:
    """Return the number of the first trial that reaches a target; infinite if none does."""
    reached = np.flatnonzero(np.array(warm) >= target - slack)
    return float(reached[0] + 1) if len(reached) else np.inf
