"""The published runs as one space and one history a task, with what is known of the tasks."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats, Ints
from metalearn.core.history import History
from metalearn.core.runs import as_runs
from metalearn.core.space import Space
from metalearn.workflows.import_published import import_published

__all__ = ["SETS", "Tasks", "load"]

SETS = {
    "tst-svm": ("tst", "tst-svm"),
    "pimp-rf": ("arff-runs", "pimp-rf/random_forest.arff.gz"),
    "quantile-xgboost": ("quantile-csv", "quantile-xgboost"),
}


@dataclass(frozen=True)
class Tasks:
    """All tasks of a set.

    Attributes:
        name: Of the set.
        space: Where their points live.
        histories: One a task; each is a finite table that a method plays on.
        groups: `(n_tasks,)`; near-duplicates share a number.
        features: `(n_tasks, n_features)` meta-features; no columns where there are none.
    """

    name: str
    space: Space
    histories: tuple[History, ...]
    groups: Ints
    features: Floats

    def sources_of(self, task: int) -> Ints:
        """Return the tasks from which `task` may learn."""
        return np.flatnonzero(self.groups != self.groups[task])


def load(name: str, folder: Path) -> Tasks:
    """Return a set by name from the folder of published meta-data; constant tasks are left out."""
    kind, path = SETS[name]
    with tempfile.TemporaryDirectory() as scratch:
        import_published(kind, folder / path, Path(scratch) / "runs.duckdb")
        with metalearn.open(Path(scratch) / "runs.duckdb") as store:
            (algorithm,) = store.sql("SELECT algorithm FROM algorithm")["algorithm"]
            runs = as_runs(store, algorithm)
    histories = tuple(h for h in runs.histories if np.ptp(h.y[np.isfinite(h.y)]) > 0)
    keys = [history.task.split(":")[-1] for history in histories]
    features = np.empty((len(keys), 0))
    groups = np.arange(len(keys))
    if name == "tst-svm":
        features = np.array([_tst_features(folder / path / f"{key}.gz") for key in keys])
    if name == "pimp-rf":
        groups = _same_size(folder, keys)
    return Tasks(name, runs.space, histories, groups, features)


def _tst_features(file: Path) -> Floats:
    return pd.read_csv(file, sep=" ", header=None, nrows=1).iloc[0, 7:29].to_numpy(np.float64)


def _same_size(folder: Path, keys: list[str]) -> Ints:
    """Return group numbers: tasks of equal rows, columns and classes may be copies of one."""
    text = (folder / "pimp-published" / "task_qualities.json.gz").read_bytes()
    import gzip

    qualities = json.loads(gzip.decompress(text))
    names = ("NumberOfInstances", "NumberOfFeatures", "NumberOfClasses")
    sizes = [tuple(qualities.get(str(int(key)), {}).get(n, key) for n in names) for key in keys]
    return pd.factorize(pd.Series(sizes))[0].astype(np.int64)
