"""Does a network that learned to learn letters learn unseen letters from few examples?

    python experiments/few_shot_learning/run.py TABLES [--sets letter digits sines]
        [--episodes 600] [--steps 1000] [--out DIR] [--docs] [--smoke]

TABLES is the folder with the raw tables. `letter` (20,000 rows, 16 numbers, 26 classes) is split
by class: 16 letters to meta-train on, 4 to choose settings on, 6 to test on. An episode has five
classes (two of `digits`), 1 or 5 labelled rows and 15 queries of each. `digits` has 6 classes to
train on and 4 to test on, with the settings chosen on letters. Every method sees the same test
episodes; intervals are 95 % of the mean over episodes.

- `logistic regression`, `scratch` (the same network from random weights, trained with Adam) and
  `nearest mean` learn from the episode alone.
- `features` is a network trained to tell the training classes apart, whose last hidden layer is
  the input of a logistic regression: transfer of weights without learning to learn.
- `maml`, `first-order`, `reptile`, `prototypes`: see `metalearn.neural`.

Also sine waves (Finn et al. 2017): mean squared error after five steps on ten points.
Finished parts are kept in DIR, so the command can be stopped and repeated. `--docs` writes the
tables of the chosen sets into docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from metalearn.core.arrays import Floats, Ints
from metalearn.neural.adaptation import Inner, adaptation_step, adapted, predictions, task_losses
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.episodes import Draw, Episodes, class_episodes, sine_episodes
from metalearn.neural.network import Weights, mlp_weights
from metalearn.neural.prototypes import prototype_scores, prototype_step
from metalearn.neural.training import Adam, Schedule, train
from metalearn.workflows.tables.index import table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "learned.md"
HIDDEN = (64, 64)
BLOCK = 50
N_TASKS = 4
METHODS = ("logistic regression", "scratch", "nearest mean", "features", "prototypes", "maml",
           "first-order", "reptile")  # fmt: skip
TITLES = {"letter": "letter, 5-way", "digits": "digits, 2-way"}
SETS = (*TITLES, "sines")
PARTS = {"letter": "letters", "digits": "digits"}  # of the page

Learner = Callable[[Episodes], Floats]
"""Returns scores `(n_episodes, n_queries, n_outputs)`; the largest is the predicted class."""


@dataclass(frozen=True)
class Split:
    """Rows of the classes to train on, to choose settings on, and to test on."""

    train: tuple[Floats, Ints]
    validation: tuple[Floats, Ints]
    test: tuple[Floats, Ints]
    ways: int


def split_of(name: str, tables: Path) -> Split:
    """Return a table split by class, its columns scaled by the training classes."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        sizes, ways = (6, 0), 2
    else:
        (entry,) = [e for e in table_entries(tables) if e.name == "letter"]
        table = entry.load()
        X = table.X.to_numpy(np.float64)
        y = pd.factorize(table.y, sort=True)[0]
        sizes, ways = (16, 4), 5
    order = np.random.default_rng(0).permutation(np.unique(y))
    parts = np.split(order, np.cumsum(sizes))
    known = X[np.isin(y, parts[0])]
    width = known.std(axis=0)
    X = (X - known.mean(axis=0)) / np.where(width > 0.0, width, 1.0)
    rows = [np.isin(y, part) for part in parts]
    return Split(*((X[row], y[row]) for row in rows), ways)


def by_logistic_regression(strength: float, features: Callable[[Floats], Floats]) -> Learner:
    """Return a logistic regression of each episode on features of the rows."""

    def learn(tasks: Episodes) -> Floats:
        scores = np.full(tasks.query_y.shape, -np.inf)
        for i in range(len(tasks)):
            model = LogisticRegression(C=strength, max_iter=200)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(features(tasks.x[i]), tasks.y[i].argmax(axis=1))
            scores[i][:, model.classes_] = model.predict_log_proba(features(tasks.query_x[i]))
        return scores

    return learn


def nearest_mean(tasks: Episodes) -> Floats:
    """Return scores by distance to the class means of the plain columns."""
    counts = tasks.y.sum(axis=1)
    means = tasks.y.swapaxes(1, 2) @ tasks.x / np.maximum(counts, 1.0)[:, :, None]
    off = ((tasks.query_x[:, :, None] - means[:, None]) ** 2).sum(axis=3)
    return np.where(counts[:, None] > 0.0, -off, -1e9)


def from_scratch(n_steps: int, rate: float, n_inputs: int) -> Learner:
    """Return the network of the other methods, trained on each episode from random weights."""

    def learn(tasks: Episodes) -> Floats:
        first = mlp_weights((n_inputs, *HIDDEN, tasks.y.shape[2]), np.random.default_rng(1))
        weights = adapted(first, tasks.x, tasks.y, Inner(0.0, 0))  # stacked
        slope, adam = value_and_grad(total_loss), Adam(weights)
        for _ in range(n_steps):
            weights = adam.step(weights, slope(weights, tasks)[1], rate)
        return np.asarray(predictions(weights, tasks.query_x))

    return learn


def total_loss(weights: Weights, tasks: Episodes) -> float:
    """Return the summed cross-entropy of the support sets."""
    return task_losses(predictions(weights, tasks.x), tasks.y, "cross-entropy").sum()


def by_adaptation(weights: Weights, inner: Inner) -> Learner:
    """Return a learner that takes gradient steps from meta-trained weights."""
    inner = replace(inner, n_steps=STEPS_LATER)
    return lambda tasks: np.asarray(
        predictions(adapted(weights, tasks.x, tasks.y, inner), tasks.query_x)
    )


def trained_features(rows: tuple[Floats, Ints], n_steps: int) -> Callable[[Floats], Floats]:
    """Return the last hidden layer of a network that tells the training classes apart."""
    X, y = rows
    labels, codes = np.unique(y, return_inverse=True)
    hot = np.eye(len(labels))[codes]
    first = mlp_weights((X.shape[1], *HIDDEN, len(labels)), np.random.default_rng(0))
    slope = value_and_grad(plain_loss)

    def estimate(weights: Weights, rng: np.random.Generator) -> tuple[float, Weights]:
        some = rng.choice(len(X), 128, replace=False)
        value, gradient = slope(weights, X[some], hot[some])
        return float(value), gradient

    weights = train(estimate, first, Schedule(n_steps, rate=3e-3), 0)

    def features(x: Floats) -> Floats:
        for i in range(len(HIDDEN)):
            x = np.maximum(x @ weights[f"w{i}"] + weights[f"b{i}"], 0.0)
        return x

    return features


def plain_loss(weights: Weights, x: Floats, y: Floats) -> float:
    """Return the mean cross-entropy of one network."""
    stacked = {name: value[None] for name, value in weights.items()}
    return task_losses(predictions(stacked, x[None]), y[None], "cross-entropy").sum()


def accuracies(learner: Learner, tasks: Episodes) -> Floats:
    """Return `(n_episodes,)` shares of right queries, computed in blocks of episodes."""
    found = []
    for start in range(0, len(tasks), BLOCK):
        at = slice(start, start + BLOCK)
        block = Episodes(tasks.x[at], tasks.y[at], tasks.query_x[at], tasks.query_y[at])
        right = learner(block).argmax(axis=2) == block.query_y.argmax(axis=2)
        found.append(right.mean(axis=1))
    return np.concatenate(found)


def meta_trained(method: str, draw: Draw, first: Weights, inner: Inner, n_steps: int) -> Weights:
    """Return meta-trained weights."""
    if method == "prototypes":
        return train(prototype_step(draw, N_TASKS), first, Schedule(n_steps, rate=3e-3), 0)
    rate = 1e-2 if method == "reptile" else 3e-3
    return train(
        adaptation_step(draw, method, inner, N_TASKS), first, Schedule(n_steps, rate=rate), 0
    )


INNER = {"maml": Inner(0.2, 5), "first-order": Inner(0.2, 5), "reptile": Inner(0.1, 8)}
LENGTHS = (0.3, 1.0)
"""Lengths of meta-training to choose from on the validation letters, as shares of `--steps`."""
STEPS_LATER = 30
"""Inner steps on a new task; more than in training, as in both papers."""


def learner_of(method: str, split: Split, shots: int, n_steps: int) -> Learner:
    """Return a method trained on the training classes for some steps."""
    n_inputs, ways = split.train[0].shape[1], split.ways
    if method == "logistic regression":
        return by_logistic_regression(1.0, lambda x: x)
    if method == "scratch":
        return from_scratch(100, 1e-2, n_inputs)
    if method == "nearest mean":
        return nearest_mean
    if method == "features":
        return by_logistic_regression(1.0, trained_features(split.train, n_steps))
    draw = class_episodes(*split.train, ways=ways, shots=shots)
    rng = np.random.default_rng(0)
    if method == "prototypes":
        first = mlp_weights((n_inputs, *HIDDEN, HIDDEN[-1]), rng)
        weights = meta_trained(method, draw, first, Inner(), n_steps)
        return lambda tasks: np.asarray(prototype_scores(weights, tasks))
    first = mlp_weights((n_inputs, *HIDDEN, ways), rng)
    return by_adaptation(meta_trained(method, draw, first, INNER[method], n_steps), INNER[method])


def chosen_lengths(split: Split, n_steps: int, n_episodes: int, path: Path) -> dict[str, int]:
    """Return the length of training of best accuracy on 1-shot episodes of validation letters."""
    if path.exists():
        return dict(pd.read_csv(path).itertuples(index=False))
    judged = class_episodes(*split.validation, ways=4, shots=1, n_outputs=split.ways)
    tasks = judged(n_episodes, np.random.default_rng(2))
    best = dict.fromkeys(METHODS[:3], 0)
    lengths = [max(round(share * n_steps), 1) for share in LENGTHS]
    for method in METHODS[3:]:
        scores = [
            accuracies(learner_of(method, split, 1, length), tasks).mean() for length in lengths
        ]
        best[method] = lengths[int(np.argmax(scores))]
        print(method, dict(zip(lengths, np.round(scores, 3), strict=True)), flush=True)
    pd.DataFrame(best.items(), columns=["method", "steps"]).to_csv(path, index=False)
    return best


def classification(
    names: list[str], tables: Path, n_steps: int, n_episodes: int, out: Path
) -> pd.DataFrame:
    """Return accuracies of all methods on unseen classes of sets; those in the file are kept."""
    path = out / "accuracy.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    done = {(row["set"], row["shots"], row["method"]) for row in rows}
    letters = split_of("letter", tables)
    chosen = chosen_lengths(letters, n_steps, max(n_episodes // 4, 2), out / "lengths.csv")
    for name in names:
        split = letters if name == "letter" else split_of(name, tables)
        for shots in (5, 1):
            drawn = class_episodes(*split.test, ways=split.ways, shots=shots)
            tasks = drawn(n_episodes, np.random.default_rng(1))
            for method in [m for m in METHODS if (name, shots, m) not in done]:
                learner = learner_of(method, split, shots, chosen[method])
                started = time.process_time()
                found = accuracies(learner, tasks)
                half = 1.96 * found.std() / np.sqrt(len(found))
                spent = 1e3 * (time.process_time() - started) / len(tasks)
                rows.append({"set": name, "shots": shots, "method": method,
                             "accuracy": found.mean(), "half": half, "ms": spent})  # fmt: skip
                pd.DataFrame(rows).to_csv(path, index=False, float_format="%.5g")
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def sines(n_steps: int, n_episodes: int, path: Path) -> pd.DataFrame:
    """Return squared errors on sine waves after five steps on ten points; the file's if any."""
    if path.exists():
        return pd.read_csv(path)
    tasks = sine_episodes()(n_episodes, np.random.default_rng(1))
    rows = []
    for method in ("scratch", "maml", "first-order", "reptile"):
        first = mlp_weights((1, 40, 40, 1), np.random.default_rng(0))
        inner = Inner(0.01, 5, "squared")
        weights = first
        if method != "scratch":
            weights = meta_trained(method, sine_episodes(), first, inner, n_steps)
        there = adapted(weights, tasks.x, tasks.y, inner)
        errors = ((predictions(there, tasks.query_x) - tasks.query_y) ** 2).mean(axis=(1, 2))
        half = 1.96 * errors.std() / np.sqrt(len(errors))
        rows.append({"method": method, "error": errors.mean(), "half": half})
        print(rows[-1], flush=True)
    found = pd.DataFrame(rows)
    found.to_csv(path, index=False, float_format="%.5g")
    return found


def accuracy_table(found: pd.DataFrame, name: str) -> str:
    """Return accuracies on a set in percent as a Markdown table."""
    lines = [
        f"| method | {TITLES[name]} 1-shot | {TITLES[name]} 5-shot |",
        "| --- | ---: | ---: |",
    ]
    indexed = found.set_index(["method", "set", "shots"])
    for method in METHODS:
        rows = [indexed.loc[(method, name, shots)] for shots in (1, 5)]
        cells = [f"{100 * row['accuracy']:.1f} ± {100 * row['half']:.1f}" for row in rows]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def sine_table(found: pd.DataFrame) -> str:
    """Return errors on sine waves as a Markdown table."""
    lines = ["| method | mean squared error |", "| --- | ---: |"]
    lines += [f"| {row.method} | {row.error:.3f} ± {row.half:.3f} |" for row in found.itertuples()]
    return "\n".join(lines)


def main() -> None:
    """Train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--episodes", type=int, default=600)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the tables into the docs")
    parser.add_argument("--smoke", action="store_true", help="few steps and episodes")
    arguments = parser.parse_args()
    n_steps, n_episodes = (6, 4) if arguments.smoke else (arguments.steps, arguments.episodes)
    started = time.process_time()
    arguments.out.mkdir(parents=True, exist_ok=True)
    parts, named = {}, [name for name in TITLES if name in arguments.sets]
    if named:
        found = classification(named, arguments.tables, n_steps, n_episodes, arguments.out)
        parts = {PARTS[name]: accuracy_table(found, name) for name in named}
    if "sines" in arguments.sets:
        parts["sines"] = sine_table(sines(n_steps, n_episodes, arguments.out / "sines.csv"))
    print("\n\n".join(parts.values()))
    print(f"{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_parts(PAGE, parts)


if __name__ == "__main__":
    main()
