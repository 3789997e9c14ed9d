"""Does a learned optimizer descend further than a tuned one?

    python experiments/learned_optimizer/run.py TABLES [--families F ...] [--problems 200]
        [--out DIR] [--docs] [--smoke]

TABLES is the folder with the raw tables. For each family of problems two LSTMs are trained on
random problems: one that returns steps (`metalearn.neural.learned_optimizer`), and one that sets
learning rates (`metalearn.neural.learned_rates`). On unseen problems they are compared with Adam,
RMSprop and SGD with momentum 0.9, whose learning rates are chosen on training problems. Rows of
training and test problems come from different tables. Finished families are kept in shares.csv.
`--docs` writes a table of each finished family into docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.neural.learned_optimizer import (
    Problems,
    initial_update_rule,
    update_rule_curve,
    update_rule_step,
)
from metalearn.neural.learned_rates import initial_rate_rule, rate_rule_curve, rate_rule_step
from metalearn.neural.problems import quadratics, row_networks
from metalearn.neural.training import Schedule, train
from metalearn.workflows.tables.index import table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "learned.md"
RATES = tuple(float(rate) for rate in np.logspace(-3.5, 1.5, 21))
HORIZON, LONG = 100, 200
N_ROWS, N_COLUMNS, N_HIDDEN = 64, 8, 20
PENALTY = 5e-4  # as Li & Malik 2017; separable rows would have no minimum without it
MOST_TABLES, TEST_SHARE = 30, 3
BATCH, SMALL_BATCH = 8, 3  # the latter for problems of more than 100 coordinates
STEPS = {"steps": 300, "rates": 120}  # of meta-training
N_TUNING = 64
FAMILIES = ("quadratics", "logistic regression", "network of 20 units")

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
    return row_networks(X, y, n_hidden, rng, penalty=PENALTY)


def families(tables: Path, smoke: bool) -> dict[str, tuple[Family, Family]]:
    """Return by name how problems to train on and unseen ones are drawn."""
    found = numeric_tables(tables, 6 if smoke else MOST_TABLES)
    known = [t for i, t in enumerate(found) if i % TEST_SHARE]
    unseen = [t for i, t in enumerate(found) if i % TEST_SHARE == 0]

    def rows(n_hidden: int) -> tuple[Family, Family]:
        return partial(draw_rows, known, n_hidden), partial(draw_rows, unseen, n_hidden)

    def square(n: int, rng: np.random.Generator) -> Problems:
        return quadratics(n, 10, rng)

    return dict(zip(FAMILIES, ((square, square), rows(0), rows(N_HIDDEN)), strict=True))


def learned_curves(
    known: Family, problems: Problems, rate: float, lengths: dict[str, int]
) -> dict[str, tuple[Floats, float]]:
    """Return the losses of each LSTM on unseen problems, and processor seconds of its training.

    Args:
        known: Draws problems to train on.
        problems: The unseen ones.
        rate: The learning rate of SGD that was best on training problems.
        lengths: Steps of meta-training of each LSTM.
    """
    batch = BATCH if problems.start.shape[1] <= 100 else SMALL_BATCH
    rng, found = np.random.default_rng(0), {}
    parts = {
        "steps": (update_rule_step, update_rule_curve, initial_update_rule(rng), {}),
        "rates": (rate_rule_step, rate_rule_curve, initial_rate_rule(rng, rate), {"clip": 1.0}),
    }
    for network, (meta_step, curve, start, options) in parts.items():
        started = time.process_time()
        estimate = meta_step(partial(known, batch))
        weights = train(estimate, start, Schedule(lengths[network], rate=1e-2, **options), 0)
        spent = time.process_time() - started
        found[network] = (curve(weights, problems, LONG), spent)
        print(f"LSTM of {network}: {spent:.0f} processor seconds", flush=True)
    return found


def compare(
    name: str, known: Family, unseen: Family, lengths: dict[str, int], n_problems: int
) -> list[dict]:
    """Return how often each LSTM is ahead of each rule on unseen problems of a family."""
    problems = unseen(n_problems, np.random.default_rng(1))
    tuning = known(N_TUNING, np.random.default_rng(2))
    rates = {rule_name: tuned(rule, tuning) for rule_name, rule in RULES.items()}
    print(f"{name}: {rates}", flush=True)
    curves = {rule: plain_curve(RULES[rule], rate, problems, LONG) for rule, rate in rates.items()}
    curves["best of three"] = np.min(list(curves.values()), axis=0)
    rows = []
    for network, (learned, spent) in learned_curves(
        known, problems, rates["SGD"], lengths
    ).items():
        for (rule_name, curve), at in product(curves.items(), (20, HORIZON, LONG)):
            ahead = learned[at] < curve[at]
            ratio = np.log(np.clip(learned[at], 1e-12, None) / np.clip(curve[at], 1e-12, None))
            rows.append(
                {"family": name, "network": network, "against": rule_name, "at": at,
                 "ahead": ahead.mean(), "half": 1.96 * ahead.std() / np.sqrt(len(ahead)),
                 "ratio": float(np.exp(np.median(ratio))), "training_s": spent}
            )  # fmt: skip
    return rows


def table(found: pd.DataFrame) -> str:
    """Return shares of problems on which an LSTM is ahead as a Markdown table."""
    ats = (20, HORIZON, LONG)
    lines = [
        "| problems | LSTM | against | " + " | ".join(f"after {at} steps" for at in ats)
        + f" | median ratio of losses after {HORIZON} | training, processor s |",
        "| --- | --- | --- |" + " ---: |" * (len(ats) + 2),
    ]  # fmt: skip
    for (family, network, against), part in found.groupby(
        ["family", "network", "against"], sort=False
    ):
        rows = part.set_index("at")
        cells = [f"{100 * rows.loc[at, 'ahead']:.0f} % ± {100 * rows.loc[at, 'half']:.0f}"
                 for at in ats]  # fmt: skip
        cells += [f"{rows.loc[HORIZON, 'ratio']:.3g}", f"{rows.loc[HORIZON, 'training_s']:.0f}"]
        lines.append(f"| {family} | {network} | {against} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--families", nargs="+", default=FAMILIES, choices=FAMILIES)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="few steps and problems")
    arguments = parser.parse_args()
    lengths = dict.fromkeys(STEPS, 2) if arguments.smoke else STEPS
    started, path = time.process_time(), arguments.out / "shares.csv"
    arguments.out.mkdir(parents=True, exist_ok=True)
    done = pd.read_csv(path) if path.exists() else pd.DataFrame({"family": []})
    missing = [name for name in arguments.families if name not in set(done["family"])]
    drawn = families(arguments.tables, arguments.smoke) if missing else {}
    for name in missing:
        n_problems = 6 if arguments.smoke else arguments.problems
        rows = pd.DataFrame(compare(name, *drawn[name], lengths, n_problems))
        done = pd.concat([done, rows]) if len(done) else rows
        done.to_csv(path, index=False, float_format="%.5g")
    print(f"{table(done)}\n{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_parts(PAGE, {name: table(rows) for name, rows in done.groupby("family")})


if __name__ == "__main__":
    main()
