"""Does a penalty per column, found by hypergradients, beat a grid over one common penalty?

    python experiments/hypergradients/run.py TABLES [--tables NAME ...] [--out DIR] [--smoke]
        [--docs]

TABLES is a folder of raw tables with an `index.csv`. Each table gets twice as many columns of
normal noise as it has prepared columns. Compared on the rows that were not used for fitting:
logistic regression with a penalty per column (`GroupPenaltyLogistic`); the same with one penalty
for all columns; and scikit-learn's logistic regression with the best of 20 penalties by 5-fold
cross-validation. Reported: test log loss, and processor seconds of everything.

Finished splits are kept in `DIR/result.csv`, so an interrupted run continues.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts
from metalearn.learners.group_penalty import GroupPenaltyLogistic
from metalearn.learners.preparation import preparation_pipeline
from metalearn.workflows.tables.named import open_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "hypergradients.md"
TABLES = (
    "diabetes", "vowel", "segment", "balance-scale", "wdbc", "credit-g",
    "banknote-authentication", "tic-tac-toe",
)  # fmt: skip
N_TRAINING, N_SPLITS = 300, 5
GRID = np.logspace(-4, 3, 20)


def prepared(folder: Path, name: str) -> tuple[Any, Any]:
    """Return the prepared columns of a table and its classes."""
    index = pd.read_csv(folder / "index.csv").set_index("name").loc[name]
    ignore = str(index["ignore"]).split(";") if isinstance(index["ignore"], str) else []
    table = open_table(
        str(folder / index["file"]), index["target"], kind=index["kind"], ignore=ignore
    )
    X = np.asarray(preparation_pipeline("scaled").fit_transform(table.X), dtype=np.float64)
    return X, table.y.astype(str).to_numpy()


def methods(n_columns: int) -> dict[str, Any]:
    """Return the compared models, unfitted."""
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    grid = {"logisticregression__C": GRID}
    return {
        "per column": GroupPenaltyLogistic(),
        "common": GroupPenaltyLogistic(np.zeros(n_columns)),
        "grid": GridSearchCV(plain, grid, scoring="neg_log_loss", cv=5),
    }


def compared(X: Any, y: Any, seed: int) -> list[dict[str, object]]:
    """Return a row per method on one split."""
    rng = np.random.default_rng(seed)
    noisy = np.column_stack([X, rng.normal(size=(len(X), 2 * X.shape[1]))])
    size = min(N_TRAINING, len(X) // 2)
    A, B, a, b = train_test_split(noisy, y, train_size=size, stratify=y, random_state=seed)
    rows = []
    for name, model in methods(noisy.shape[1]).items():
        started = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(A, a)
        seconds = time.process_time() - started
        loss = log_loss(b, model.predict_proba(B), labels=model.classes_)
        rows.append({"method": name, "seed": seed, "log_loss": loss, "seconds": seconds,
                     "columns": noisy.shape[1]})  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of tables with an index.csv")
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--smoke", action="store_true", help="one table, one split")
    parser.add_argument("--docs", action="store_true", help="write the page of the documentation")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "result.csv"
    tables = arguments.tables[:1] if arguments.smoke else arguments.tables
    for seed in range(1 if arguments.smoke else N_SPLITS):
        for name in tables:
            before = (
                pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["table", "seed"])
            )
            if ((before["table"] == name) & (before["seed"] == seed)).any():
                continue
            X, y = prepared(arguments.folder, name)
            rows = pd.DataFrame(compared(X, y, seed)).assign(table=name)
            both = rows if before.empty else pd.concat([before, rows])
            both.to_csv(path, index=False, float_format="%.5g")
    part = report(pd.read_csv(path))
    print(part)
    if arguments.docs:
        write_parts(PAGE, {"log loss": part})


def report(result: pd.DataFrame) -> str:
    """Return the means as a table in Markdown."""
    loss, seconds = (
        result.pivot_table(index="table", columns="method", values=value)
        for value in ("log_loss", "seconds")
    )
    names = ("per column", "common", "grid")
    lines = [
        f"| table | {' | '.join(names)} | seconds: {' | '.join(names)} |",
        "| --- |" + " ---: |" * 6,
    ]
    for table in loss.index:
        cells = [f"{loss.loc[table, name]:.3f}" for name in names]
        cells += [f"{seconds.loc[table, name]:.2f}" for name in names]
        lines.append(f"| {table} | {' | '.join(cells)} |")
    ahead = {other: int((loss["per column"] < loss[other]).sum()) for other in ("grid", "common")}
    faster = int((seconds["per column"] < seconds["grid"]).sum())
    lines += [
        "",
        f"{result['seed'].nunique()} splits. `per column` is ahead of `grid` on {ahead['grid']} "
        f"and of `common` on {ahead['common']} of {len(loss)} tables, and takes fewer seconds "
        f"than `grid` on {faster}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
