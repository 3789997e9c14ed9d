"""Meta-datasets and stores of any size: losses of low rank with noise, and missing cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.core.task import Task
from metalearn.learners import CATALOGUE
from metalearn.store import writing

__all__ = ["large_meta_dataset", "large_store", "runs_store", "store_of", "table_of"]

_SIZES = {"1m": (200, 5000), "10m": (2000, 5000)}
_RANK, _N_FEATURES = 5, 20
_METRIC = "balanced_accuracy"


def _losses(n_tasks: int, n_configurations: int, seed: int) -> tuple[Floats, Floats]:
    """Return losses in [0, 1], and meta-features that tell of the tasks' factors."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_tasks, _RANK))
    product = factors @ rng.normal(size=(_RANK, n_configurations)) / _RANK
    product += 0.2 * rng.normal(size=product.shape)
    features = factors @ rng.normal(size=(_RANK, _N_FEATURES))
    features += 0.5 * rng.normal(size=features.shape)
    return 1.0 / (1.0 + np.exp(-product)), features


def _configurations(n: int) -> tuple[Configuration, ...]:
    return tuple(Configuration("svc", {"C": 1.0 + i, "kernel": "rbf"}) for i in range(n))


def large_meta_dataset(
    n_tasks: int, n_configurations: int, missing: float = 0.0, seed: int = 0
) -> MetaDataset:
    """Return a meta-dataset with a share of missing cells."""
    losses, features = _losses(n_tasks, n_configurations, seed)
    losses[np.random.default_rng(seed + 1).random(losses.shape) < missing] = np.nan
    return MetaDataset(
        metric_named(_METRIC),
        tuple(Task(f"t{i:05d}", f"t{i:05d}") for i in range(n_tasks)),
        _configurations(n_configurations),
        losses,
        meta_features=features,
        meta_feature_names=tuple(f"f{j:02d}" for j in range(_N_FEATURES)),
    )


def large_store(path: Path, n_tasks: int, n_configurations: int, seed: int = 0) -> None:
    """Write a store with one evaluation for each task and configuration."""
    losses, features = _losses(n_tasks, n_configurations, seed)
    _write_store(path, _configurations(n_configurations), losses, features)


def runs_store(path: Path, learner: str, n_tasks: int, n_configurations: int) -> None:
    """Write a store with the same random configurations of a learner on each task.

    The loss is a function of the hyperparameters with main effects, interactions of pairs, and
    noise; the weights differ from task to task.
    """
    rng = np.random.default_rng(0)
    space = CATALOGUE.get(learner).space("classification")
    drawn = space.sample(n_configurations, rng)
    points = np.nan_to_num(space.encode(drawn)) - 0.5
    pairs = np.triu_indices(space.n_axes, 1)
    terms = np.hstack([points, np.cos(6.0 * points), points[:, pairs[0]] * points[:, pairs[1]]])
    product = rng.normal(size=(n_tasks, terms.shape[1])) @ terms.T
    product += 0.2 * rng.normal(size=product.shape)
    _write_store(path, tuple(drawn), 1.0 / (1.0 + np.exp(-product)), np.zeros((n_tasks, 1)))


def _write_store(
    path: Path, known: tuple[Configuration, ...], losses: Floats, features: Floats
) -> None:
    """Write a store of one algorithm, in parts of a million evaluations."""
    n_tasks, n_configurations = losses.shape
    algorithm = known[0].algorithm
    keys = np.array([c.key for c in known], dtype=object)
    tasks = np.array([f"t{i:05d}" for i in range(n_tasks)], dtype=object)
    names = [f"f{j:02d}" for j in range(features.shape[1])]
    rows = [(t, t, "classification", t, "y", "{}", "", 1000, 20, 2) for t in tasks]
    described = [
        (t, name, "planted-1", value, None)
        for t, line in zip(tasks, features, strict=True)
        for name, value in zip(names, line, strict=True)
    ]
    first = {
        "tasks": _frame("tasks", rows),
        "algorithms": _frame("algorithms", [(algorithm, "sklearn", "1", None)]),
        "configurations": _frame(
            "configurations", [(c.key, c.algorithm, c.canonical) for c in known]
        ),
        "metrics": _frame("metrics", [(_METRIC, True, 1.0, 0.0)]),
        "meta_features": _frame("meta_features", described),
    }
    step = max(1, 1_000_000 // n_configurations)
    with writing(path) as writer:
        for start in range(0, n_tasks, step):
            part = losses[start : start + step]
            cells = _evaluations(tasks[start : start + step], keys, 1.0 - part)
            writer.load(Batch(Source("large"), evaluations=cells, **first))
            first = {}


def store_of(size: str, folder: Path) -> Path:
    """Return the store of `1m` or `10m` evaluations in a folder; made if it is not there."""
    place = folder / f"{size}.duckdb"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        large_store(place, *_SIZES[size])
    return place


def table_of(size: str, form: str, folder: Path) -> Path:
    """Return a table of `1m` or `10m` evaluations; made if it is not there.

    Args:
        size: `1m` or `10m`.
        form: `csv` or `parquet`, with rows in order of tasks; `shuffled.parquet`, in random order.
        folder: Where it is.
    """
    place = folder / f"{size}.{form}"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_table(place, *_SIZES[size], shuffled=form.startswith("shuffled"))
    return place


def _write_table(place: Path, n_tasks: int, n_configurations: int, *, shuffled: bool) -> None:
    rng = np.random.default_rng(0)
    n = n_tasks * n_configurations
    cost = 10 ** rng.uniform(-3, 3, n_configurations)
    kernel = rng.choice(["rbf", "linear", "poly"], n_configurations)
    table = pa.table(
        {
            "task": np.repeat([f"t{i:05d}" for i in range(n_tasks)], n_configurations),
            "algorithm": ["svc"] * n,
            "hp_C": np.tile(cost, n_tasks),
            "hp_kernel": np.tile(kernel, n_tasks),
            "metric": [_METRIC] * n,
            "value": rng.random(n),
            "seconds": np.round(rng.random(n), 3),
        }
    )
    if shuffled:
        table = table.take(rng.permutation(n))
    if place.suffix == ".csv":
        pa_csv.write_csv(table, place)
    else:
        pq.write_table(table, place)


def _evaluations(tasks: object, keys: object, scores: Floats) -> pd.DataFrame:
    n_tasks, n_configurations = scores.shape
    given = {
        "task": np.repeat(np.asarray(tasks), n_configurations),
        "configuration": np.tile(np.asarray(keys), n_tasks),
        "metric": _METRIC, "fold": 0, "fidelity": 1.0, "seed": 0,
        "value": scores.ravel(), "status": "ok", "reason": None, "fit_s": 0.5, "predict_s": 0.1,
    }  # fmt: skip
    return pd.DataFrame(given)[list(COLUMNS["evaluations"])]


def _frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[table]))
