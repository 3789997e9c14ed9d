"""Do weights that were trained on one table help to learn another from few rows, and when?

    python experiments/weight_transfer/run.py TABLES [--draws 10] [--out DIR] [--docs] [--smoke]

TABLES is the folder with the raw tables. See the README for the protocol. Trained networks are
kept in DIR/artifacts, so the command can be stopped and repeated; `--docs` writes the tables into
docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import metalearn
from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.neural.artifacts import Artifacts
from metalearn.neural.network import Weights, mlp, mlp_weights
from metalearn.neural.training import Schedule
from metalearn.neural.weight_transfer import (
    farthest_helpful,
    fit_classifier,
    frozen_layers,
    transferred,
)
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.numerics.tasks.scaling import fit_quantiles
from metalearn.workflows.tables.index import TableEntry, table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "learned.md"
HIDDEN = (64, 64)
CONFIGURATION = f"network(hidden={HIDDEN})"
SOURCE, TARGET = Schedule(400, rate=5e-3), Schedule(150, rate=5e-3)
SHOTS = 10
TUNED = ("all", "last layers", "output")
N_TABLES, LEAST_ROWS, LEAST_OF_CLASS, MOST_ROWS = 10, 400, 40, 2000


@dataclass(frozen=True)
class Rows:
    """Standardized rows and their classes, numbered from 0."""

    name: str
    X: Floats
    y: Ints

    @property
    def hot(self) -> Floats:
        """One-hot classes."""
        return np.eye(int(self.y.max()) + 1)[self.y]

    def split(self, seed: int) -> tuple[Ints, Ints]:
        """Return ten rows of each class, and all others."""
        rng = np.random.default_rng(seed)
        few = np.concatenate([rng.permutation(np.flatnonzero(self.y == c))[:SHOTS]
                              for c in range(self.hot.shape[1])])  # fmt: skip
        return few, np.setdiff1d(np.arange(len(self.y)), few)


def standardized(X: Floats, known: Bools) -> Floats:
    """Return columns by mean and deviation of the known rows, at most five deviations off."""
    width = X[known].std(axis=0)
    return np.clip((X - X[known].mean(axis=0)) / np.where(width > 0.0, width, 1.0), -5.0, 5.0)


def halves(name: str, X: Floats, y: Ints) -> tuple[Rows, Rows]:
    """Return the rows of the first and of the second half of the classes, scaled by the first."""
    cut = int(y.max() + 1) // 2
    known = y < cut
    X = standardized(X, known)
    return Rows(f"{name}: first", X[known], y[known]), Rows(name, X[~known], y[~known] - cut)


def other_classes(tables: Path) -> list[tuple[Rows, Rows]]:
    """Return digits 0 to 4 and 5 to 9, and letters A to M and N to Z."""
    (letter,) = [entry for entry in table_entries(tables) if entry.name == "letter"]
    table = letter.load()
    codes = pd.factorize(table.y, sort=True)[0]
    pairs = {"digits": load_digits(return_X_y=True),
             "letter": (table.X.to_numpy(np.float64), codes)}  # fmt: skip
    return [halves(name, X, y) for name, (X, y) in pairs.items()]


def usable(entry: TableEntry) -> Rows | None:
    """Return the rows of a table of numbers that is large enough; else None."""
    table = entry.load()
    X = table.X.select_dtypes("number").to_numpy(np.float64)
    y = pd.factorize(np.asarray(table.y), sort=True)[0]
    if X.shape[1] < 4 or len(y) < LEAST_ROWS or not np.isfinite(X).all():
        return None
    rows = np.random.default_rng(0).permutation(len(y))[:MOST_ROWS]
    X, y = X[rows], y[rows]
    counts = np.bincount(y)
    if not 2 <= len(counts) <= 10 or counts.min() < LEAST_OF_CLASS:
        return None
    return Rows(entry.name, standardized(X, np.ones(len(y), dtype=np.bool_)), y)


def other_tables(tables: Path, n_tables: int) -> tuple[list[Rows], Floats]:
    """Return tables of the bundled classification tasks and distances by their meta-features."""
    with metalearn.open() as kb:
        meta = kb.meta_dataset("balanced_accuracy", kind="classification")
    place = {task.name: i for i, task in enumerate(meta.tasks)}
    found: list[Rows] = []
    for entry in table_entries(tables):
        rows = usable(entry) if entry.kind == "classification" and entry.name in place else None
        if rows is not None:
            found.append(rows)
        if len(found) == n_tables:
            break
    features = fit_quantiles(meta.meta_features).apply(meta.meta_features)
    own = features[[place[rows.name] for rows in found]]
    return found, np.sqrt(((own[:, None] - own[None]) ** 2).sum(axis=2))


def network_of(rows: Rows, shelf: Artifacts) -> Weights:
    """Return the network trained on all rows of a table, from the folder if it is there."""
    for artifact in shelf.rows():
        if (artifact.configuration, artifact.task) == (CONFIGURATION, rows.name):
            return artifact.weights()
    sizes = (rows.X.shape[1], *HIDDEN, rows.hot.shape[1])
    first = mlp_weights(sizes, np.random.default_rng(0))
    weights = fit_classifier(first, rows.X, rows.hot, SOURCE, 0)
    shelf.keep(CONFIGURATION, rows.name, weights)
    return weights


def accuracy(rows: Rows, start: Weights, frozen: tuple[str, ...], seed: int) -> float:
    """Return the accuracy on the other rows after training on ten of each class."""
    few, other = rows.split(seed)
    weights = fit_classifier(start, rows.X[few], rows.hot[few], TARGET, seed, frozen)
    return float((mlp(weights, rows.X[other]).argmax(axis=1) == rows.y[other]).mean())


def scratch(rows: Rows, seed: int) -> float:
    """Return the accuracy from random weights."""
    sizes = (rows.X.shape[1], *HIDDEN, rows.hot.shape[1])
    return accuracy(rows, mlp_weights(sizes, np.random.default_rng(seed)), (), seed)


def logistic(rows: Rows, seed: int) -> float:
    """Return the accuracy of a logistic regression."""
    few, other = rows.split(seed)
    model = LogisticRegression(max_iter=500).fit(rows.X[few], rows.y[few])
    return float(model.score(rows.X[other], rows.y[other]))


def between_classes(tables: Path, shelf: Artifacts, n_draws: int) -> Iterator[dict]:
    """Yield accuracies on the second half of the classes of a table."""
    for source, target in other_classes(tables):
        taken = network_of(source, shelf)
        for seed in range(n_draws):
            start = transferred(taken, target.X.shape[1], target.hot.shape[1],
                                np.random.default_rng(seed), same_columns=True)  # fmt: skip
            found = {
                "logistic regression": logistic(target, seed),
                "scratch": scratch(target, seed),
            }
            for tuned in TUNED:
                frozen = frozen_layers(start, tuned, same_columns=True)
                found[f"transfer, {tuned}"] = accuracy(target, start, frozen, seed)
            yield from ({"set": target.name, "method": method, "draw": seed, "accuracy": value}
                        for method, value in found.items())  # fmt: skip


def between_tables(found: list[Rows], distances: Floats, shelf: Artifacts,
                   n_draws: int) -> pd.DataFrame:  # fmt: skip
    """Return the gain over random weights of every pair of tables, its hidden layers taken."""
    rows = []
    for j, target in enumerate(found):
        plain = [scratch(target, seed) for seed in range(n_draws)]
        for i, source in enumerate(found):
            if i == j:
                continue
            taken, gains = network_of(source, shelf), []
            for seed in range(n_draws):
                start = transferred(taken, target.X.shape[1], target.hot.shape[1],
                                    np.random.default_rng(seed), same_columns=False)  # fmt: skip
                gains.append(accuracy(target, start, (), seed) - plain[seed])
            rows.append({"source": source.name, "target": target.name, "gain": np.mean(gains),
                         "distance": distances[i, j]})  # fmt: skip
        print(target.name, flush=True)
    return pd.DataFrame(rows)


def with_rule(gains: pd.DataFrame) -> pd.Series:
    """Return for each target the gain from its nearest table if the rule of the others allows it.

    The threshold is fitted to the transfers in which the target takes no part.
    """
    found = {}
    for target, own in gains.groupby("target"):
        others = gains[(gains["target"] != target) & (gains["source"] != target)]
        farthest = farthest_helpful(others["distance"].to_numpy(), others["gain"].to_numpy())
        nearest = own.loc[own["distance"].idxmin()]
        found[target] = nearest["gain"] if nearest["distance"] <= farthest else 0.0
    return pd.Series(found)


def with_interval(values: Floats) -> str:
    """Return a mean in points with its 95 % bootstrap interval."""
    low, high = bootstrap_means(100 * np.asarray(values)[:, None], np.random.default_rng(0))
    return f"{100 * np.mean(values):+.1f} ({low[0]:+.1f} to {high[0]:+.1f})"


def class_table(found: pd.DataFrame) -> str:
    """Return accuracies, and differences to the network from scratch, as a Markdown table."""
    lines = [
        "| set | start | accuracy, % | ahead of scratch, points |",
        "| --- | --- | ---: | ---: |",
    ]
    for (name, method), part in found.groupby(["set", "method"], sort=False):
        base = found[(found["set"] == name) & (found["method"] == "scratch")]
        ahead = part["accuracy"].to_numpy() - base["accuracy"].to_numpy()
        cell = "" if method == "scratch" else with_interval(ahead)
        lines.append(f"| {name} | {method} | {100 * part['accuracy'].mean():.1f} | {cell} |")
    return "\n".join(lines)


def gain_table(gains: pd.DataFrame) -> str:
    """Return what transfers between tables gain as a Markdown table."""
    nearest = gains.loc[gains.groupby("target")["distance"].idxmin(), "gain"].to_numpy()
    ruled = with_rule(gains).to_numpy()
    rows = {"from every other table": gains["gain"].to_numpy(), "from the nearest table": nearest,
            "from the nearest table, if the rule allows it": ruled}  # fmt: skip
    lines = ["| transfer | pairs | share that gains | mean gain, points |",
             "| --- | ---: | ---: | ---: |"]  # fmt: skip
    for name, values in rows.items():
        share = f"{100 * (values > 0).mean():.0f} %"
        lines.append(f"| {name} | {len(values)} | {share} | {with_interval(values)} |")
    return "\n".join(lines)


def main() -> None:
    """Train, transfer, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--draws", type=int, default=10, help="of ten rows a class")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the tables into the docs")
    parser.add_argument("--smoke", action="store_true", help="few draws and tables")
    arguments = parser.parse_args()
    n_draws, n_tables = (1, 3) if arguments.smoke else (arguments.draws, N_TABLES)
    started = time.process_time()
    arguments.out.mkdir(parents=True, exist_ok=True)
    shelf = Artifacts(arguments.out / "artifacts")
    classes = pd.DataFrame(between_classes(arguments.tables, shelf, n_draws))
    classes.to_csv(arguments.out / "classes.csv", index=False, float_format="%.5g")
    parts = {"weights classes": class_table(classes)}
    print(parts["weights classes"], flush=True)
    found, distances = other_tables(arguments.tables, n_tables)
    gains = between_tables(found, distances, shelf, max(1, n_draws // 3))
    gains.to_csv(arguments.out / "tables.csv", index=False, float_format="%.5g")
    parts["weights tables"] = gain_table(gains)
    print(f"{parts['weights tables']}\n{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_parts(PAGE, parts)


if __name__ == "__main__":
    main()
