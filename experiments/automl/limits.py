"""Do fits keep their limits of time and memory, also on a busy machine?

    python experiments/automl/limits.py [--rows 100,5000,100000,1000000] [--budgets 5,10,30]
        [--repeats 1] [--load 0] [--memory-limit MB] [--columns 20] [--out DIR]
    python experiments/automl/limits.py --smoke

Each fit has a process of its own, whose seconds on the clock are counted from the call of `fit` to
its return. `--load N` starts N busy loops beside it. Memory is sampled every 0.1 s over the
process and its children: `peak_mb` is the proportional set size (shared pages count once),
`rss_mb` the sum of resident sizes (shared pages count in every process). `limits.csv` has one row
a fit. A fit is late beyond 1.05 times its budget plus one second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def table_of(n_rows: int, n_columns: int, kind: str, seed: int = 0) -> tuple[Any, Any]:
    """Return a table of numbers and categories, some missing, with a target that they explain."""
    rng = np.random.default_rng([seed, n_rows])
    X = pd.DataFrame(
        rng.normal(size=(n_rows, n_columns)), columns=[f"x{j}" for j in range(n_columns)]
    )
    y = X["x0"] + np.sin(2 * X["x1"]) + 0.5 * rng.normal(size=n_rows)
    for j in range(2, n_columns, 4):
        X[f"x{j}"] = np.array(list("abcdefgh"))[rng.integers(0, 8, n_rows)]
    X.loc[rng.random(n_rows) < 0.1, "x0"] = np.nan
    return X, y if kind == "regression" else np.digitize(y, [-1.0, 1.0])


def family_of(pid: int) -> list[int]:
    """Return a process and its descendants (Linux)."""
    found = [pid]
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = place.read_text().split()
        except OSError:  # it has ended
            continue
        found += [member for child in children for member in family_of(int(child))]
    return found


def memory_mb() -> tuple[float, float]:
    """Return the proportional and the resident megabytes of this process and its descendants."""
    sums = {"Pss:": 0.0, "Rss:": 0.0}
    for pid in family_of(os.getpid()):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        for name, size, *_ in map(str.split, lines):
            if name in sums:
                sums[name] += int(size) * 1024 / 1e6
    return sums["Pss:"], sums["Rss:"]


def one_fit(job: dict[str, Any]) -> dict[str, Any]:
    """Fit in this process, and return the row."""
    import metalearn

    X, y = table_of(job["n_rows"], job["n_columns"], job["kind"])
    peaks = [0.0, 0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peaks[:] = [max(pair) for pair in zip(peaks, memory_mb(), strict=True)]

    watcher = threading.Thread(target=watch, daemon=True)
    if job["measures_memory"]:
        watcher.start()
    is_classes = job["kind"] == "classification"
    cls = metalearn.AutoMLClassifier if is_classes else metalearn.AutoMLRegressor
    before = memory_mb()[0]
    started = time.monotonic()
    row: dict[str, Any] = {}
    try:
        model = cls(
            job["budget"], memory_limit=job["memory_limit"], kb=job["kb"], random_state=0,
            verbose=0,
        ).fit(X, y)  # fmt: skip
        row |= {"members": len(model.ensemble_.members), "trials": len(model.trials_),
                "remembered": model.n_remembered_}  # fmt: skip
    except metalearn.errors.MetalearnError as error:
        row["error"] = str(error)
    row["seconds"] = time.monotonic() - started
    over.set()
    orphans = len(family_of(os.getpid())) - 1
    row |= {"before_mb": before, "peak_mb": peaks[0], "rss_mb": peaks[1], "orphans": orphans}
    return row


def in_process(job: dict[str, Any]) -> dict[str, Any]:
    """Run a fit in a process of its own."""
    code = (
        "import json, sys, runpy; m = runpy.run_path(sys.argv[1]);"
        "print('ROW', json.dumps(m['one_fit'](json.loads(sys.argv[2]))), flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, __file__, json.dumps(job)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    rows = [line for line in done.stdout.splitlines() if line.startswith("ROW ")]
    why = done.stderr.strip().splitlines()[-1:] or ["no answer"]
    return dict(json.loads(rows[-1][4:])) if rows else {"error": why[0], "seconds": float("nan")}


def _busy() -> None:
    while True:
        sum(range(10_000))


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Run, write `limits.csv`, print a line a fit and a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=numbers, default=[100, 5_000, 100_000, 1_000_000])
    parser.add_argument("--budgets", type=numbers, default=[5, 10, 30])
    parser.add_argument("--kinds", default="classification,regression")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--load", type=int, default=0, help="busy loops beside the fits")
    parser.add_argument("--memory-limit", type=float, metavar="MB")
    parser.add_argument("--no-memory", action="store_true", help="do not measure memory")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--smoke", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.smoke:
        asked.rows, asked.budgets, asked.kinds, asked.columns = [120], [3], "regression", 4
    asked.out.mkdir(parents=True, exist_ok=True)
    loops = [multiprocessing.Process(target=_busy, daemon=True) for _ in range(asked.load)]
    for loop in loops:
        loop.start()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.repeats):
            for job in jobs_of(asked, Path(folder) / f"kb{number}.duckdb"):
                row = {**job, **in_process(job), "load": asked.load}
                row["is_late"] = bool(row["seconds"] > 1.05 * job["budget"] + 1.0)
                rows.append(row)
                print({k: v for k, v in row.items() if k != "kb"}, flush=True)
                table = pd.DataFrame(rows).drop(columns=["kb", "measures_memory"])
                table.round(3).to_csv(asked.out / "limits.csv", index=False)
    for loop in loops:
        loop.kill()
    late = sum(row["is_late"] for row in rows)
    print(f"{late} of {len(rows)} fits were late")
    return pd.DataFrame(rows)


def jobs_of(asked: argparse.Namespace, kb: Path) -> list[dict[str, Any]]:
    """Return the fits: all sizes and budgets, kinds in turn."""
    kinds = asked.kinds.split(",")
    pairs = [(n, budget) for n in asked.rows for budget in asked.budgets]
    return [
        {"n_rows": int(n), "n_columns": asked.columns, "budget": budget,
         "kind": kinds[i % len(kinds)], "memory_limit": asked.memory_limit, "kb": str(kb),
         "measures_memory": not asked.no_memory}
        for i, (n, budget) in enumerate(pairs)
    ]  # fmt: skip


if __name__ == "__main__":
    main()
