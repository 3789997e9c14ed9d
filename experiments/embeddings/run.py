"""Do learned embeddings of raw tables say more about tasks than meta-features?

    python experiments/embeddings/run.py TABLES [--folds 3] [--steps 250] [--linear]
        [--out DIR] [--docs] [--smoke]

TABLES is the folder with the raw tables of the bundled classification tasks. Compared are
distances of tasks: by meta-features (quantiles, Euclidean), by `dataset2vec` (trained to tell
tables apart), by `aligned` (the same encoder, trained so that distances are the disagreement of
tasks about configurations), by `metabu` (a linear map of meta-features, fitted to distances of the
best configurations of tasks), and by means of two, each divided by its median. `all tasks` uses no
distance. With `--linear` no encoder is trained. See the README for the protocol; `--docs` writes
the table into docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.learners.joint import named_space
from metalearn.neural.dataset2vec import (
    Table,
    embed,
    identification_step,
    initial_encoder,
    metric_step,
    samples,
)
from metalearn.neural.training import Schedule, train
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.numerics.tasks.metabu import fit_metabu
from metalearn.numerics.tasks.scaling import fit_quantiles
from metalearn.optimizers.finite import distances
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.tables.index import table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "learned.md"
NEAREST, KS, COMPARED = 10, (1, 3, 5), (1, 3)
MOST_ROWS, MOST_COLUMNS, MOST_LEVELS = 256, 24, 4
SHOWN_ROWS, SHOWN_COLUMNS = 64, 12
ENCODERS = ("dataset2vec", "aligned", "meta-features and aligned")
METHODS = ("all tasks", "meta-features", "metabu", "meta-features and metabu", *ENCODERS)


def prepared(table) -> Table:
    """Return standardized columns and one-hot classes of at most 256 rows and 24 columns."""
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(len(table.X))[:MOST_ROWS])
    frame, y = table.X.iloc[rows], np.asarray(table.y)[rows]
    columns = []
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(values.to_numpy(np.float64, na_value=np.nan))
        else:
            levels = values.astype(str).value_counts().index[:MOST_LEVELS]
            columns += [(values.astype(str) == level).to_numpy(np.float64) for level in levels]
    X = np.stack(columns, axis=1)
    X = np.where(np.isfinite(X), X, np.nan)
    X = X[:, ~np.isnan(X).all(axis=0)]
    with np.errstate(all="ignore"):
        X = X[:, np.nan_to_num(np.nanstd(X, axis=0)) > 0.0]
        X = np.nan_to_num((X - np.nanmean(X, axis=0)) / np.nanstd(X, axis=0))
    X = np.clip(X[:, rng.permutation(X.shape[1])[:MOST_COLUMNS]], -5.0, 5.0)
    classes = np.unique(y)
    return X, (y[:, None] == classes).astype(np.float64)


def known_tasks(tables: Path, smoke: bool) -> tuple[MetaDataset, list[Table]]:
    """Return the bundled classification tasks whose raw table is here, and these tables."""
    with metalearn.open() as kb:
        meta = kb.meta_dataset("balanced_accuracy", kind="classification")
    entries = {entry.name: entry for entry in table_entries(tables)}
    rows = [i for i, task in enumerate(meta.tasks) if task.name in entries]
    rows = rows[:20] if smoke else rows
    loaded = [prepared(entries[meta.tasks[i].name].load()) for i in rows]
    usable = [i for i, (X, Y) in enumerate(loaded) if X.shape[1] and Y.shape[1] > 1]
    return meta.take(np.array(rows)[usable]), [loaded[i] for i in usable]


def disagreements(losses: Floats) -> Floats:
    """Return 1 minus the rank correlation of losses for each pair of tasks."""
    filled = np.where(np.isnan(losses), np.nanmax(losses, axis=1, keepdims=True), losses)
    return np.asarray(1.0 - np.nan_to_num(spearmanr(filled, axis=1).statistic))


def embeddings(weights, tables: list[Table]) -> Floats:
    """Return embeddings of 64 rows, 12 columns and 4 classes of each table."""
    shown = [(X[:SHOWN_ROWS, :SHOWN_COLUMNS], Y[:SHOWN_ROWS, :4]) for X, Y in tables]
    return np.concatenate([np.asarray(embed(weights, samples([one]))) for one in shown])


def between(embedded: Floats) -> Floats:
    """Return Euclidean distances of rows."""
    return np.sqrt(((embedded[:, None] - embedded[None]) ** 2).sum(axis=2))


def fold_distances(
    meta: MetaDataset, tables: list[Table], truth: Floats, known: np.ndarray, n_steps: int
) -> dict[str, Floats]:
    """Return distances of all tasks by each method; maps and encoders see the known tasks only.

    Without steps no encoder is trained.
    """
    features = fit_quantiles(meta.meta_features[known]).apply(meta.meta_features)
    mapped = fit_metabu(meta.meta_features[known], meta.losses[known], apart(meta))
    found = {
        "all tasks": np.zeros_like(truth),
        "meta-features": between(features),
        "metabu": between(mapped.apply(meta.meta_features)),
    }
    if n_steps:
        seen, start = [tables[i] for i in known], initial_encoder(np.random.default_rng(0))
        schedule = Schedule(n_steps, rate=3e-3)
        plain = train(identification_step(seen), start, schedule, 0)
        aligned = train(metric_step(seen, truth[np.ix_(known, known)], 6), start, schedule, 0)
        found["dataset2vec"] = between(embeddings(plain, tables))
        found["aligned"] = between(embeddings(aligned, tables))
    for name in [name for name in ("metabu", "aligned") if name in found]:
        units = [found[one] / np.median(found[one]) for one in ("meta-features", name)]
        found[f"meta-features and {name}"] = 0.5 * sum(units)
    return found


def apart(meta: MetaDataset) -> Floats:
    """Return distances of the configurations in the joint space of their algorithms."""
    names = sorted({configuration.algorithm for configuration in meta.configurations})
    space, _ = named_space(names, "classification")
    X = space.encode(meta.configurations)
    return np.stack([distances(space, X, point) for point in X])


def judged(regret: Floats, distance: Floats, truth: Floats, known: np.ndarray, task: int) -> dict:
    """Return rank correlation and regrets of one held-out task."""
    nearest = known[np.argsort(distance[task, known], kind="stable")]
    nearest = nearest if not distance.any() else nearest[:NEAREST]
    order = np.argsort(np.nanmean(regret[nearest], axis=0), kind="stable")
    own = regret[task, order]
    own = own[~np.isnan(own)]
    result = {f"regret {k}": float(own[:k].min()) for k in KS}
    if distance.any():
        result["agreement"] = float(spearmanr(distance[task, known], truth[task, known]).statistic)
    return result


def compare(tables: Path, n_folds: int, n_steps: int, smoke: bool) -> pd.DataFrame:
    """Return results of every held-out task and method."""
    meta, raw = known_tasks(tables, smoke)
    truth = disagreements(meta.losses)
    low = np.nanmin(meta.losses, axis=1, keepdims=True)
    high = np.nanmax(meta.losses, axis=1, keepdims=True)
    regret = (meta.losses - low) / np.where(high > low, high - low, 1.0)
    rows = []
    for known, held_out in task_folds(meta.groups, "10-fold", 0)[:n_folds]:
        for method, distance in fold_distances(meta, raw, truth, known, n_steps).items():
            for task in held_out:
                found = judged(regret, distance, truth, known, int(task))
                rows.append({"task": meta.tasks[task].name, "method": method, **found})
        print(f"{len(rows)} rows", flush=True)
    return pd.DataFrame(rows)


def table(found: pd.DataFrame) -> str:
    """Return means with intervals, and differences to meta-features, as a Markdown table."""
    columns = ["agreement", *(f"regret {k}" for k in KS)]
    heads = ["rank correlation with disagreement", *(f"regret after {k}" for k in KS)]
    heads += [f"ahead of meta-features after {k}" for k in COMPARED]
    lines = [f"| distance | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    wide = {m: part.set_index("task") for m, part in found.groupby("method")}
    base = wide["meta-features"]
    for method in [method for method in METHODS if method in wide]:
        own = wide[method]
        cells = [with_interval(own[column].dropna().to_numpy(), ".3f") for column in columns]
        gains = [(base[f"regret {k}"] - own[f"regret {k}"]).to_numpy() for k in COMPARED]
        cells += ["" if own is base else with_interval(gain, "+.3f") for gain in gains]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{found['task'].nunique()} tasks held out."])


def with_interval(values: Floats, form: str) -> str:
    """Return a mean with its 95 % bootstrap interval; nothing of no values."""
    if not len(values):
        return ""
    low, high = bootstrap_means(values[:, None], np.random.default_rng(0))
    return f"{values.mean():{form}} ({low[0]:{form}} to {high[0]:{form}})"


def main() -> None:
    """Train, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--linear", action="store_true", help="train no encoder")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="few steps and tables")
    arguments = parser.parse_args()
    n_folds, n_steps = (1, 2) if arguments.smoke else (arguments.folds, arguments.steps)
    n_steps = 0 if arguments.linear else n_steps
    started = time.process_time()
    found = compare(arguments.tables, n_folds, n_steps, arguments.smoke)
    arguments.out.mkdir(parents=True, exist_ok=True)
    found.to_csv(arguments.out / "embeddings.csv", index=False, float_format="%.5g")
    text = table(found)
    print(f"{text}\n{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_parts(PAGE, {"metabu" if arguments.linear else "embeddings": text})


if __name__ == "__main__":
    main()
