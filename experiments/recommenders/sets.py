"""The published sets as meta-datasets: oboe, tst-svm, aslib, and pimp-rf (densified)."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import arff
import numpy as np
import pandas as pd

from metalearn.core import Configuration, MetaDataset, Metric, Task, metric_named

__all__ = ["SETS", "load"]

_FEATURES = "data_feats_featurized.csv.gz"


def load(name: str, folder: Path) -> MetaDataset:
    """Return the set `name` (one of `SETS`) from the folder of published meta-data."""
    return SETS[name](folder)


def _meta(
    metric: Metric,
    tasks: list[Task],
    configurations: list[Configuration],
    losses: np.ndarray,
    features: pd.DataFrame,
    runtimes_s: np.ndarray | None = None,
) -> MetaDataset:
    return MetaDataset(
        metric,
        tuple(tasks),
        tuple(configurations),
        losses,
        runtimes_s=runtimes_s,  # type: ignore[arg-type]  # None = unknown
        meta_features=features.to_numpy(np.float64),
        meta_feature_names=tuple(str(name) for name in features.columns),
    )


def oboe(folder: Path) -> MetaDataset:
    """Return 418 tasks x 219 configurations, balanced error; sizes and 46 meta-features."""
    errors = pd.read_csv(folder / "oboe" / "error_matrix.csv.gz", index_col=0)
    seconds = pd.read_csv(folder / "oboe" / "runtime_matrix.csv.gz", index_col=0)
    ids = errors.index.astype(int)
    seconds = seconds.set_axis(seconds.index.astype(int)).reindex(ids)[errors.columns]
    sizes = pd.read_csv(folder / "oboe" / "dataset_sizes.csv", index_col=0).reindex(ids)
    more = pd.read_csv(folder / "pmf" / _FEATURES, index_col=0).reindex(ids)
    features = sizes.set_axis(["n_rows", "n_columns"], axis=1).join(more)
    parsed = [ast.literal_eval(text) for text in errors.columns]
    configurations = [Configuration(p["algorithm"], p["hyperparameters"]) for p in parsed]
    tasks = [Task(f"openml-data:{i}", str(i)) for i in ids]
    return _meta(
        metric_named("balanced_error_rate"),
        tasks, configurations, errors.to_numpy(), features, seconds.to_numpy(),
    )  # fmt: skip


def tst_svm(folder: Path) -> MetaDataset:
    """Return 50 tasks x 288 configurations of a support vector machine, accuracy."""
    files = sorted((folder / "tst-svm").glob("*.gz"), key=lambda path: path.name)
    tables = {path.name[:-3]: pd.read_csv(path, sep=" ", header=None) for path in files}
    first = next(iter(tables.values()))
    kernels = ("rbf", "polynomial", "linear")
    configurations = []
    for row in first.to_numpy():
        kernel = kernels[int(np.argmax(row[1:4]))]
        values: dict[str, object] = {"kernel": kernel, "C": float(2.0 ** (6 * row[4]))}
        if kernel == "rbf":
            values["gamma"] = float(10.0 ** (4 * row[5]))
        if kernel == "polynomial":
            values["degree"] = round(float(10.0 ** row[6]))
        configurations.append(Configuration("svm", values))  # type: ignore[arg-type]
    features = pd.DataFrame([table.iloc[0, 7:29].to_numpy() for table in tables.values()])
    losses = 1.0 - np.array([table[0].to_numpy() for table in tables.values()])
    tasks = [Task(f"tst:{name}", name) for name in tables]
    return _meta(metric_named("accuracy"), tasks, configurations, losses, features)


def aslib(folder: Path) -> MetaDataset:
    """Return 105 tasks x 30 Weka algorithms, accuracy; 103 meta-features."""
    scenario = folder / "aslib-openml-weka-2017"
    with (scenario / "algorithm_runs.arff").open() as file:
        runs = pd.DataFrame(arff.load(file)["data"]).iloc[:, [0, 2, 3]]
    runs.columns = ["task", "algorithm", "accuracy"]
    table = runs.set_index(["task", "algorithm"])["accuracy"].unstack()  # noqa: PD010
    with (scenario / "feature_values.arff").open() as file:
        loaded = arff.load(file)
    names = [name for name, _ in loaded["attributes"]]
    values = pd.DataFrame(loaded["data"], columns=names).set_index(names[0])
    features = values.drop(columns=names[1]).astype(float).reindex(table.index)
    tasks = [Task(f"aslib:{name}", str(name)) for name in table.index]
    configurations = [Configuration(str(name), {}) for name in table.columns]
    return _meta(metric_named("accuracy"), tasks, configurations, 1.0 - table.to_numpy(), features)


def pimp_rf(folder: Path, n_candidates: int = 150) -> MetaDataset:
    """Return 94 tasks x common candidates of a random forest, accuracy, densified.

    Every task has random configurations of its own; a forest per task predicts the loss of
    candidates drawn from all of them. The predictions then serve as the truth.
    """
    from sklearn.ensemble import RandomForestRegressor

    with gzip.open(folder / "pimp-rf" / "random_forest.arff.gz", "rt") as file:
        loaded = arff.load(file)
    runs = pd.DataFrame(loaded["data"], columns=[name for name, _ in loaded["attributes"]])
    runs = runs.loc[:, [len(set(runs[name])) > 1 for name in runs]]
    axes = [name for name in runs.columns if name not in ("predictive_accuracy", "task_id")]
    for name in axes:
        numbers = pd.to_numeric(runs[name], errors="coerce")
        runs[name] = numbers if numbers.notna().all() else runs[name]
    coded = pd.get_dummies(runs[axes]).astype(float)
    picked = runs[axes].drop_duplicates().sample(n_candidates, random_state=0).index
    losses, ids = [], sorted(runs["task_id"].unique())
    for task in ids:
        rows = runs["task_id"] == task
        forest = RandomForestRegressor(100, min_samples_leaf=2, random_state=0)
        forest.fit(coded[rows], 1.0 - runs.loc[rows, "predictive_accuracy"])
        losses.append(forest.predict(coded.loc[picked]))
    configurations = [
        Configuration("random_forest", dict(row))
        for row in runs.loc[picked, axes].to_dict("records")
    ]
    with gzip.open(folder / "pimp-published" / "task_qualities.json.gz", "rt") as file:
        qualities = pd.DataFrame(json.load(file)).apply(pd.to_numeric, errors="coerce")
    if not set(map(str, map(int, ids))) & set(map(str, qualities.index)):
        qualities = qualities.T
    qualities = qualities.set_axis(qualities.index.astype(int)).reindex([int(i) for i in ids])
    tasks = [Task(f"openml:{int(i)}", str(int(i))) for i in ids]
    return _meta(metric_named("accuracy"), tasks, configurations, np.array(losses), qualities)


SETS = {"oboe": oboe, "tst-svm": tst_svm, "aslib": aslib, "pimp-rf": pimp_rf}


def bundled(folder: Path, metric: str) -> MetaDataset:
    """Return the meta-dataset that is shipped, for one metric."""
    from metalearn.store import open_store

    with open_store(folder) as store:
        return store.meta_dataset(metric).with_outliers_clipped()
