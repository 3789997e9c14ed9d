"""Small batches with known content."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from metalearn.core import Configuration
from metalearn.core.records import COLUMNS, Batch, Source

TIME = "2026-01-01T00:00:00Z"
COLLECTED = Source("collect", "tables.csv", "abc", TIME)


def configurations(n: int, algorithm: str = "svc") -> list[Configuration]:
    return [Configuration(algorithm, {"C": float(i + 1), "kernel": "rbf"}) for i in range(n)]


def frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[table]), dtype=object)


def evaluation(
    task: str = "table:t0000",
    configuration: str = configurations(1)[0].key,
    metric: str = "accuracy",
    *,
    fold: int = 0,
    fidelity: float = 1.0,
    seed: int = 0,
    value: float | None = 0.5,
    status: str = "ok",
    reason: str | None = None,
    fit_s: float | None = 0.25,
    predict_s: float | None = 0.5,
) -> tuple[object, ...]:
    key = (task, configuration, metric, fold, fidelity, seed)
    return (*key, value, status, reason, fit_s, predict_s)


def batch(
    n_tasks: int = 4,
    n_configurations: int = 3,
    n_folds: int = 2,
    metrics: tuple[str, ...] = ("accuracy", "log_loss"),
    *,
    source: Source = COLLECTED,
    seed: int = 0,
    first_task: int = 0,
) -> Batch:
    """A complete batch; values depend on task, configuration, metric and fold alone."""
    tasks = [f"table:t{i:04d}" for i in range(first_task, first_task + n_tasks)]
    known = configurations(n_configurations)
    grid = np.meshgrid(
        np.arange(n_tasks), np.arange(n_configurations), np.arange(len(metrics)),
        np.arange(n_folds), indexing="ij",
    )  # fmt: skip
    t, c, m, f = (axis.ravel() for axis in grid)
    value = np.modf(np.sin((t + first_task) * 12.9 + c * 78.2 + m * 37.7 + f + 1) * 4375.5)[0]
    keys = np.array([k.key for k in known], dtype=object)
    evaluations = pd.DataFrame(
        {
            "task": np.array(tasks, dtype=object)[t],
            "configuration": keys[c],
            "metric": np.array(metrics, dtype=object)[m],
            "fold": f,
            "fidelity": 1.0,
            "seed": seed,
            "value": np.abs(value),
            "status": "ok",
            "reason": None,
            "fit_s": np.round(np.abs(value) * 3, 3),
            "predict_s": 0.125,
        }
    )
    return Batch(
        source,
        tasks=frame("tasks", [
            (key, key[6:], "classification", f"d{i}", "y", '{"folds":2}', "", 100 + i, 4, 2)
            for i, key in enumerate(tasks, first_task)
        ]),
        algorithms=frame("algorithms", [("svc", "scikit-learn", "1.9", None)]),
        configurations=frame("configurations", [(k.key, k.algorithm, k.canonical) for k in known]),
        evaluations=evaluations,
        meta_features=frame("meta_features", [
            (key, name, "own 1", float(i + j), None)
            for i, key in enumerate(tasks, first_task)
            for j, name in enumerate(("n_rows", "entropy"))
        ]),
    )  # fmt: skip


def only_evaluations(rows: list[tuple[object, ...]], like: Batch | None = None) -> Batch:
    return replace(like or batch(n_folds=0), evaluations=frame("evaluations", rows))
