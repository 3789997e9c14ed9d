"""Does a learned optimizer descend further than a tuned one?

    python experiments/learned_optimizer/run.py TABLES [--steps 600] [--problems 200] [--out DIR]
        [--docs] [--smoke]

TABLES is the folder with the raw tables. For each family of problems an LSTM is trained on random
problems (`metalearn.neural.learned_optimizer`) and compared, on unseen ones, with Adam, RMSprop
and SGD with momentum 0.9, whose learning rates are chosen on training problems. Rows of training
and test problems come from different tables. `--docs` writes the table into
docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.neural.learned_optimizer import Problems, descent_curve, first_weights, meta_step
from metalearn.neural.problems import quadratics, row_networks
from metalearn.neural.training import Schedule, train
from metalearn.workflows.tables.index import table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "learned.md"
RATES = tuple(float(rate) for rate in np.logspace(-3.5, 1.0, 19))
HORIZON, LONG = 100, 200
N_ROWS, N_COLUMNS, N_HIDDEN = 64, 8, 20
MOST_TABLES, TEST_SHARE = 30, 3
BATCH = 8

Family = Callable[[int, np.random.Generator], Problems]
"""Draws that many problems."""
Rule = Callable[[Floats, dict[str, Floats], int], Floats]
"""Maps gradient, moments and number of the step to the direction of a step of length one."""


def sgd(gradient: Floats, moments: dict[str, Floats], _step: int) -> Floats:
    """Return the direction of stochastic gradient descent with momentum 0.9."""
    moments["mean"] = 0.9 * moments.get("mean", 0.0) + gradient
    return moments["mean"]


def rmsprop(gradient: Floats, moments: dict[str, Floats], _step: int) -> Floats:
    """Return the direction of RMSprop, decay 0.9."""
    moments["square"] = 0.9 * moments.get("square", 0.0) + 0.1 * gradient**2
    return gradient / (np.sqrt(moments["square"]) + 1e-8)


def adam(gradient: Floats, moments: dict[str, Floats], step: int) -> Floats:
    """Return the direction of Adam."""
    moments["mean"] = 0.9 * moments.get("mean", 0.0) + 0.1 * gradient
    moments["square"] = 0.999 * moments.get("square", 0.0) + 0.001 * gradient**2
    mean = moments["mean"] / (1.0 - 0.9**step)
    return mean / (np.sqrt(moments["square"] / (1.0 - 0.999**step)) + 1e-8)


RULES: dict[str, Rule] = {"SGD": sgd, "RMSprop": rmsprop, "Adam": adam}


def plain_curve(rule: Rule, rate: float, problems: Problems, n_steps: int) -> Floats:
    """Return losses `(n_steps + 1, n_problems)` of a rule, the start first."""
    theta, moments = problems.start, {}
    losses = np.empty((n_steps + 1, len(theta)))
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(n_steps + 1):
            losses[step], gradient = problems(theta)
            theta = theta - rate * rule(gradient, moments, step + 1)
    return np.where(np.isfinite(losses), losses, np.inf)


def tuned(rule: Rule, problems: Problems) -> float:
    """Return the learning rate of the lowest mean logarithm of the loss at the horizon."""

    def reached(rate: float) -> float:
        losses = plain_curve(rule, rate, problems, HORIZON)[-1]
        return float(np.mean(np.log(np.clip(losses, 1e-12, 1e12))))

    return min(RATES, key=reached)


def numeric_tables(tables: Path, n_tables: int) -> list[tuple[Floats, np.ndarray]]:
    """Return standardized numeric columns and classes of classification tables."""
    found = []
    for entry in table_entries(tables):
        if len(found) == n_tables:
            break
        table = entry.load() if entry.kind == "classification" else None
        if table is None:
            continue
        X = table.X.select_dtypes("number").dropna(axis=1).to_numpy(np.float64)
        X = X[:, X.std(axis=0) > 0.0] if X.size else X
        if len(X) < 2 * N_ROWS or X.shape[1] < N_COLUMNS:
            continue
        found.append(((X - X.mean(axis=0)) / X.std(axis=0), np.asarray(table.y)))
    return found


def draw_rows(
    tables: list[tuple[Floats, np.ndarray]], n_hidden: int, n: int, rng: np.random.Generator
) -> Problems:
    """Return problems of one class against the others on random rows and columns of tables."""
    X, y = np.empty((n, N_ROWS, N_COLUMNS)), np.empty((n, N_ROWS))
    for i in range(n):
        values, classes = tables[int(rng.integers(len(tables)))]
        rows = rng.choice(len(values), N_ROWS, replace=False)
        columns = rng.choice(values.shape[1], N_COLUMNS, replace=False)
        X[i] = np.clip(values[np.ix_(rows, columns)], -5.0, 5.0)
        y[i] = classes[rows] == classes[rng.choice(rows)]
    return row_networks(X, y, n_hidden, rng)


def families(tables: Path, smoke: bool) -> dict[str, tuple[Family, Family]]:
    """Return by name how problems to train on and unseen ones are drawn."""
    found = numeric_tables(tables, 6 if smoke else MOST_TABLES)
    known = [t for i, t in enumerate(found) if i % TEST_SHARE]
    unseen = [t for i, t in enumerate(found) if i % TEST_SHARE == 0]

    def rows(n_hidden: int) -> tuple[Family, Family]:
        return partial(draw_rows, known, n_hidden), partial(draw_rows, unseen, n_hidden)

    def square(n: int, rng: np.random.Generator) -> Problems:
        return quadratics(n, 10, rng)

    return {"quadratics": (square, square), "logistic regression": rows(0),
            "network of 20 units": rows(N_HIDDEN)}  # fmt: skip


def compare(name: str, known: Family, unseen: Family, n_steps: int, n_problems: int) -> list[dict]:
    """Return how often the LSTM is ahead of each rule on unseen problems of a family."""
    started = time.process_time()
    estimate = meta_step(lambda rng: known(BATCH, rng))
    weights = train(estimate, first_weights(np.random.default_rng(0)),
                    Schedule(n_steps, rate=1e-2), 0)  # fmt: skip
    spent = time.process_time() - started
    problems = unseen(n_problems, np.random.default_rng(1))
    tuning = known(64, np.random.default_rng(2))
    learned = descent_curve(weights, problems, LONG)
    curves = {}
    for rule_name, rule in RULES.items():
        rate = tuned(rule, tuning)
        curves[rule_name] = plain_curve(rule, rate, problems, LONG)
        print(f"{name}: {rule_name} {rate:.4g}", flush=True)
    curves["best of three"] = np.min(list(curves.values()), axis=0)
    rows = []
    for rule_name, curve in curves.items():
        for at in (20, HORIZON, LONG):
            ahead = learned[at] < curve[at]
            ratio = np.log(np.clip(learned[at], 1e-12, None) / np.clip(curve[at], 1e-12, None))
            rows.append(
                {"family": name, "against": rule_name, "at": at, "ahead": ahead.mean(),
                 "half": 1.96 * ahead.std() / np.sqrt(len(ahead)),
                 "ratio": float(np.exp(np.median(ratio))), "training_s": spent}
            )  # fmt: skip
    return rows


def table(found: pd.DataFrame) -> str:
    """Return shares of problems on which the LSTM is ahead as a Markdown table."""
    ats = (20, HORIZON, LONG)
    lines = [
        "| problems | against | " + " | ".join(f"after {at} steps" for at in ats)
        + f" | median ratio of losses after {HORIZON} |",
        "| --- | --- |" + " ---: |" * (len(ats) + 1),
    ]  # fmt: skip
    indexed = found.set_index(["family", "against", "at"])
    for family in found["family"].unique():
        for against in found["against"].unique():
            rows = [indexed.loc[(family, against, at)] for at in ats]
            cells = [f"{100 * row['ahead']:.0f} % ± {100 * row['half']:.0f}" for row in rows]
            cells.append(f"{rows[1]['ratio']:.3g}")
            lines.append(f"| {family} | {against} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--steps", type=int, default=600, help="of meta-training")
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="few steps and problems")
    arguments = parser.parse_args()
    n_steps, n_problems = (2, 6) if arguments.smoke else (arguments.steps, arguments.problems)
    started, rows = time.process_time(), []
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, (known, unseen) in families(arguments.tables, arguments.smoke).items():
        rows += compare(name, known, unseen, n_steps, n_problems)
        pd.DataFrame(rows).to_csv(arguments.out / "shares.csv", index=False, float_format="%.5g")
    text = table(pd.DataFrame(rows))
    print(f"{text}\n{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_parts(PAGE, {"optimizer": text})


if __name__ == "__main__":
    main()
