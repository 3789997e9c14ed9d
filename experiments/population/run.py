"""Is population-based training as good as ASHA and random search at equal epochs?

    python experiments/population/run.py TABLES [--tables NAME ...] [--seeds N] [--out DIR]
        [--docs] [--smoke]

A network on scikit-learn's digits and tables of a folder with an `index.csv`, 640 epochs in all:
a population of 16 members x 40 epochs; random search, 16 configurations x 40 epochs; and ASHA,
which continues a promoted network, so that only the further epochs count. All use the same rows to
train on, the same to select on, and are compared by log loss on the same third part, which selects
nothing. Finished runs are kept in `DIR/result.csv`. With `--docs` the table in
docs/evidence/population.md is replaced by what lies there.
"""

from __future__ import annotations

import argparse
import copy
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from metalearn.learners.preparation import preparation_pipeline
from metalearn.learners.resumable import RESUMABLE
from metalearn.optimizers import get
from metalearn.optimizers.population import Population
from metalearn.workflows.tables.named import open_table

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "population.md"
TABLES = ("digits", "vowel", "segment", "diabetes", "balance-scale", "car")
N_MEMBERS, N_EPOCHS, N_ROUNDS, MOST_ROWS = 16, 40, 20, 1500
LEARNER = RESUMABLE["mlp"]


def parts_of(folder: Path, name: str, seed: int) -> list[tuple[Any, Any]]:
    """Return prepared rows to train on, to select on and to compare on, with their classes."""
    if name == "digits":
        X, y = load_digits(return_X_y=True, as_frame=True)
    else:
        index = pd.read_csv(folder / "index.csv").set_index("name").loc[name]
        table = open_table(str(folder / index["file"]), index["target"], kind="classification")
        X, y = table.X, table.y.astype(str)
    rows = np.random.default_rng(seed).permutation(len(X))[:MOST_ROWS]
    y = np.unique(y.to_numpy(), return_inverse=True)[1]
    first, rest = train_test_split(rows, train_size=0.6, stratify=y[rows], random_state=seed)
    second, third = train_test_split(rest, train_size=0.5, stratify=y[rest], random_state=seed)
    pipeline = preparation_pipeline("scaled").fit(X.iloc[first])
    return [(np.asarray(pipeline.transform(X.iloc[i])), y[i]) for i in (first, second, third)]


def loss(model: Any, part: tuple[Any, Any]) -> float:
    probabilities = np.clip(model.predict_proba(part[0]), 1e-7, 1.0)
    return float(log_loss(part[1], probabilities / probabilities.sum(axis=1, keepdims=True),
                          labels=model.classes_))  # fmt: skip


def of_population(parts: list[tuple[Any, Any]], seed: int) -> float:
    rng = np.random.default_rng(seed)
    population = Population(
        LEARNER.space("classification"), rng=rng, n_members=N_MEMBERS, n_rounds=N_ROUNDS,
        mutable=LEARNER.mutable,
    )  # fmt: skip
    models: dict[int | None, Any] = {}
    for _ in range(N_ROUNDS):
        trials, before, models = population.ask(N_MEMBERS), models, {}
        for trial in trials:
            values = trial.configuration.hyperparameters
            model = (
                LEARNER.begin("classification", values, trial.number or 0)
                if trial.parent is None
                else copy.deepcopy(before[trial.parent])
            )
            LEARNER.continue_fit(model, *parts[0], N_EPOCHS // N_ROUNDS, values)
            models[trial.number] = model
            population.tell(trial.finished(loss(model, parts[1])))
    return loss(min(models.values(), key=lambda model: loss(model, parts[1])), parts[2])


def of_random(parts: list[tuple[Any, Any]], seed: int) -> float:
    space = LEARNER.space("classification")
    models = []
    for i, configuration in enumerate(space.sample(N_MEMBERS, np.random.default_rng(seed))):
        model = LEARNER.begin("classification", configuration.hyperparameters, i)
        LEARNER.continue_fit(model, *parts[0], N_EPOCHS, configuration.hyperparameters)
        models.append(model)
    return loss(min(models, key=lambda model: loss(model, parts[1])), parts[2])


def of_asha(parts: list[tuple[Any, Any]], seed: int) -> float:
    space = LEARNER.space("classification")
    optimizer = get("asha")(space, rng=np.random.default_rng(seed))
    models: dict[str, tuple[Any, int]] = {}
    left = N_MEMBERS * N_EPOCHS
    best, best_loss = None, np.inf
    while left > 0:
        (trial,) = optimizer.ask()
        values = trial.configuration.hyperparameters
        new = LEARNER.begin("classification", values, trial.number or 0)
        model, done = models.get(trial.configuration.key, (new, 0))
        more = min(max(round(trial.fidelity * N_EPOCHS) - done, 1), left)
        LEARNER.continue_fit(model, *parts[0], more, values)
        models[trial.configuration.key] = model, done + more
        left -= more
        found = loss(model, parts[1])
        optimizer.tell(trial.finished(found))
        if found < best_loss:
            best, best_loss = copy.deepcopy(model), found
    return loss(best, parts[2])


def as_markdown(result: pd.DataFrame) -> str:
    """Return losses by table and method, means over seeds, and paired differences over runs."""
    wide = result.pivot_table(index="table", columns="method", values="log_loss")[[*METHODS]]
    n_seeds = result["seed"].nunique()
    lines = [
        f"{len(wide)} tables, {n_seeds} seeds; means over seeds.",
        "",
        "| table | " + " | ".join(METHODS) + " |",
        "| --- |" + " ---: |" * len(METHODS),
    ]
    for name, row in [*wide.iterrows(), ("mean", wide.mean())]:
        lines.append(f"| {name} | " + " | ".join(f"{value:.3f}" for value in row) + " |")
    runs = result.pivot_table(index=["table", "seed"], columns="method", values="log_loss")
    rng = np.random.default_rng(0)
    for other in ("asha", "random"):
        gap = (runs[other] - runs["population"]).to_numpy()
        means = rng.choice(gap, (10_000, len(gap))).mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        lines += [
            "",
            f"Log loss of `{other}` minus that of `population`: mean {gap.mean():+.3f} "
            f"[{low:+.3f}, {high:+.3f}] over {len(gap)} runs; the population is ahead on "
            f"{int((gap > 0).sum())}.",
        ]
    return "\n".join(lines)


METHODS = {"population": of_population, "asha": of_asha, "random": of_random}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of tables with an index.csv")
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--docs", action="store_true", help="write the table of the docs")
    parser.add_argument("--smoke", action="store_true", help="one table, the population only")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "result.csv"
    tables = arguments.tables[-1:] if arguments.smoke else arguments.tables
    methods = list(METHODS)[:1] if arguments.smoke else list(METHODS)
    warnings.simplefilter("ignore")
    for seed in range(arguments.seeds):
        for name in tables:
            for method in methods:
                columns = ["table", "seed", "method", "log_loss"]
                before = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=columns)
                keys = [
                    before["table"] == name,
                    before["seed"] == seed,
                    before["method"] == method,
                ]
                if np.logical_and.reduce(keys).any():
                    continue
                value = METHODS[method](parts_of(arguments.folder, name, seed), seed)
                row = pd.DataFrame([(name, seed, method, value)], columns=columns)
                both = row if before.empty else pd.concat([before, row])
                both.to_csv(path, index=False, float_format="%.5g")
    result = pd.read_csv(path)
    wide = result.pivot_table(index="table", columns="method", values="log_loss")
    print(wide.round(4).to_string())
    if arguments.docs:
        write_parts(PAGE, {"population": as_markdown(result)})


if __name__ == "__main__":
    main()
