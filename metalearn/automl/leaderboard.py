"""The tables that a fit leaves: the leaderboard and all trials."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from metalearn.automl.library import FitTrial
from metalearn.automl.objective import MetricLoss

__all__ = ["leaderboard", "trial_table"]


def trial_table(trials: Sequence[FitTrial], objective: MetricLoss) -> pd.DataFrame:
    """Return one row per trial, in order.

    Columns: algorithm, source, status, fidelity, score (raw, of the metric), loss, seconds,
    ended_s (seconds since the fit began), reason, configuration (the object).
    """
    return pd.DataFrame(
        {
            "algorithm": [t.configuration.algorithm for t in trials],
            "source": [t.source for t in trials],
            "status": [t.status for t in trials],
            "fidelity": pd.Series([t.fidelity for t in trials], dtype="float64"),
            "score": pd.Series([objective.score(t.loss) for t in trials], dtype="float64"),
            "loss": pd.Series([t.loss for t in trials], dtype="float64"),
            "seconds": pd.Series([t.seconds for t in trials], dtype="float64"),
            "ended_s": pd.Series([t.ended_s for t in trials], dtype="float64"),
            "reason": [t.reason for t in trials],
            "configuration": [t.configuration for t in trials],
        }
    )


def leaderboard(
    trials: Sequence[FitTrial],
    objective: MetricLoss,
    weights: Mapping[int, float],
    refitted: Collection[int] = (),
) -> pd.DataFrame:
    """Return one row per finished trial, best first.

    Columns: rank, algorithm, source, score, seconds, weight (in the ensemble), stage (`refitted`
    on all rows, `fold models`, or `out-of-fold` for those outside the ensemble), hyperparameters
    (canonical JSON), configuration (the object).

    Args:
        trials: All trials.
        objective: What was minimised.
        weights: Weights of the ensemble's members by position in `trials`.
        refitted: Positions of the members that were fitted again on all rows.
    """
    done = [i for i, trial in enumerate(trials) if trial.status == "ok"]
    order = sorted(done, key=lambda i: (trials[i].loss, i))
    chosen = [trials[i] for i in order]
    return pd.DataFrame(
        {
            "rank": pd.Series(range(1, len(order) + 1), dtype="int64"),
            "algorithm": [t.configuration.algorithm for t in chosen],
            "source": [t.source for t in chosen],
            "score": pd.Series([objective.score(t.loss) for t in chosen], dtype="float64"),
            "seconds": pd.Series([t.seconds for t in chosen], dtype="float64"),
            "weight": pd.Series([weights.get(i, 0.0) for i in order], dtype="float64"),
            "stage": [_stage(i, weights, refitted) for i in order],
            "hyperparameters": [t.configuration.canonical for t in chosen],
            "configuration": [t.configuration for t in chosen],
        }
    )


def _stage(position: int, weights: Mapping[int, float], refitted: Collection[int]) -> str:
    if position not in weights:
        return "out-of-fold"
    return "refitted" if position in refitted else "fold models"
