"""Processor time and memory of every recommender, on a small table and a large incomplete one.

    python experiments/recommenders/scale.py [--recommenders R,...] [--worlds small,large]
        [--out DIR] [--docs] [--smoke]

Question: which ways to recommend fit 418 x 219 cells within a second, answer within 10 ms, and
take 500 x 20,000 cells, 60 % unknown, within 30 s and 4 GB? Both tables are drawn (low rank
plus noise, 30 meta-features, four algorithms of three hyperparameters), since time depends on the
shape alone. Each method runs in a process of its own with one thread; seconds are those of the
processor. A recommendation is timed after 1 and after 9 evaluations. With `--docs` the tables in
docs/evidence/recommenders.md are replaced.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from metalearn.core import Configuration, MetaDataset, TargetTask, Task, metric_named
from metalearn.errors import MetalearnError
from metalearn.recommenders import get, names

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "evidence" / "recommenders.md"
WORLDS = {"small": (418, 219, 0.0), "large": (500, 20_000, 0.6), "smoke": (12, 20, 0.3)}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
N_FEATURES, RANK, N_EVALUATIONS = 30, 6, 9


def world(name: str, seed: int = 0) -> tuple[MetaDataset, np.ndarray]:
    """Return a table with missing cells, and the whole row of a task that is not in it."""
    n_tasks, n_configurations, share = WORLDS[name]
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(n_tasks + 1, RANK))
    losses = kinds @ rng.normal(size=(RANK, n_configurations)) / RANK
    losses = 1.0 / (1.0 + np.exp(-losses - rng.normal(size=(n_tasks + 1, 1))))
    losses += 0.02 * rng.random(losses.shape)
    features = kinds @ rng.normal(size=(RANK, N_FEATURES)) + rng.normal(
        size=(n_tasks + 1, N_FEATURES)
    )
    known = losses[:-1].copy()
    known[rng.random(known.shape) < share] = np.nan
    values = rng.random((n_configurations, 3))
    configurations = tuple(
        Configuration(f"learner{i % 4}", {f"axis{j}": float(v) for j, v in enumerate(row)})
        for i, row in enumerate(values)
    )
    meta = MetaDataset(
        metric_named("balanced_error_rate"),
        tuple(Task(f"drawn:{i:04d}", f"task{i}") for i in range(n_tasks)),
        configurations,
        known,
        runtimes_s=np.where(np.isfinite(known), 0.1 + rng.random(known.shape), np.nan),
        meta_features=features[:-1],
        meta_feature_names=tuple(f"feature{j}" for j in range(N_FEATURES)),
    )
    return meta, np.append(losses[-1], features[-1])


def measure(method: str, name: str) -> dict[str, object]:
    """Return seconds and memory of one method, in this process."""
    meta, row = world(name)
    features = row[meta.n_configurations :]
    base = peak_mb()
    started = time.process_time()
    try:
        ranker = get(method)().fit(meta, np.random.default_rng(0))
    except MetalearnError as error:
        return {"recommender": method, "refused": str(error)}
    fit_s = time.process_time() - started
    target, times = TargetTask(features), []
    for _ in range(N_EVALUATIONS + 1):
        started = time.process_time()
        scores = ranker.score(target)
        times.append(time.process_time() - started)
        scores[target.observed] = np.inf
        index = int(np.argmin(scores))
        target = target.tell(index, float(row[index]), 0.1)
    return {
        "recommender": method,
        "fit_s": fit_s,
        "first_ms": 1e3 * times[0],
        "second_ms": 1e3 * times[1],
        "tenth_ms": 1e3 * times[-1],
        "peak_mb": peak_mb(),
        "data_mb": base,
    }


def peak_mb() -> float:
    """Return the greatest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def table(rows: list[dict[str, object]], name: str) -> str:
    """Return the measurements as a Markdown table."""
    n_tasks, n_configurations, share = WORLDS[name]
    lines = [
        f"{n_tasks} x {n_configurations} cells, {share:.0%} unknown.",
        "",
        "| method | fit, s | first list, ms | after 1, ms | after 9, ms | peak memory, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        if "refused" in row:
            lines.append(f"| {row['recommender']} | refuses: {row['refused']} | | | | |")
            continue
        cells = [f"{row['fit_s']:.2f}"]
        cells += [f"{row[key]:.1f}" for key in ("first_ms", "second_ms", "tenth_ms")]
        lines.append(f"| {row['recommender']} | {' | '.join(cells)} | {row['peak_mb']:.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure each method in its own process, write, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recommenders", default=",".join(names()))
    parser.add_argument("--worlds", default="small,large")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the tables into the docs")
    parser.add_argument("--smoke", action="store_true", help="a tiny table, three methods")
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "WORLD"), help="in this process")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(*arguments.one)))
        return
    worlds = ["smoke"] if arguments.smoke else arguments.worlds.split(",")
    methods = arguments.recommenders.split(",")
    methods = ["average-rank", "portfolio", "default"] if arguments.smoke else methods
    arguments.out.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name in worlds:
        rows = []
        for method in methods:
            command = [sys.executable, __file__, "--one", method, name]
            answer = subprocess.run(
                command,
                env={**os.environ, **ONE_THREAD},
                capture_output=True,
                text=True,
                check=True,
            )
            rows.append(json.loads(answer.stdout))
            print(rows[-1], flush=True)
        tables[name] = table(rows, name)
        (arguments.out / f"scale_{name}.json").write_text(json.dumps(rows, indent=1) + "\n")
        print(tables[name], flush=True)
    if arguments.docs:
        write_parts(DOCS, {f"scale-{name}": drawn for name, drawn in tables.items()})


if __name__ == "__main__":
    main()
