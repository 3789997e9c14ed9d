"""How fast is our functional ANOVA beside Optuna's and automl/fanova?

    python experiments/importance_speed/run.py [DATA] [--peer PYTHON] [--out DIR] [--smoke]

One process, one thread, the same runs and the same number of trees (64) for every tool: a function
of ten hyperparameters with main effects, an interaction and noise. Reported are processor seconds
(and wall seconds, which mean something on an idle machine only) and their ratio to ours:

- 1,000 runs x 10, main effects: ours, Optuna's `FanovaImportanceEvaluator` (skipped if Optuna is
  not installed), and automl/fanova with PYTHON, an interpreter that has the package `fanova`
  (skipped without `--peer`; how to install it: README.md);
- 10,000 runs x 10, main effects and all 45 pairs: ours;
- with DATA, a folder with the published runs `pimp-rf/random_forest.arff.gz`: all shares and pairs
  of its 94 tasks with 16 trees, as in the published analysis.

Ours is the median of three, the others run once. `--smoke` takes a tenth of the runs and 4 trees.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ConfigSpace
import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.importance import FanovaSettings, fanova_task
from metalearn.importance.forest import ForestSettings

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.published_runs import published_runs

N_AXES = 10
NAMES = [f"x{j}" for j in range(N_AXES)]


def data(n: int) -> tuple[Floats, Floats]:
    """Return `(n, 10)` uniform points and their losses."""
    rng = np.random.default_rng(0)
    X = rng.random((n, N_AXES))
    y = X @ np.arange(N_AXES) / N_AXES + 2 * X[:, 8] * X[:, 9] + np.sin(6 * X[:, 7])
    return X, y + 0.1 * rng.standard_normal(n)


def timed(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return median processor and wall seconds."""
    found = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu_s, wall_s = np.median(found, axis=0)
    return float(cpu_s), float(wall_s)


def ours(X: Floats, y: Floats, n_trees: int, order: int) -> Floats:
    """Return our shares."""
    space = ConfigSpace.ConfigurationSpace()
    space.add(*(ConfigSpace.UniformFloatHyperparameter(name, 0.0, 1.0) for name in NAMES))
    forest = ForestSettings(n_trees=n_trees, min_leaf=1)  # as both peers
    settings = FanovaSettings(order=order, forest=forest)
    return fanova_task(
        Space("function", space), History(X, y), np.random.default_rng(0), settings=settings
    ).share


def with_optuna(X: Floats, y: Floats, n_trees: int) -> tuple[str, Callable[[], object]]:
    """Return Optuna's version and its analysis of the same runs; the study is made beforehand."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    axis = optuna.distributions.FloatDistribution(0.0, 1.0)
    study = optuna.create_study()
    study.add_trials(
        [optuna.trial.create_trial(params=dict(zip(NAMES, map(float, row), strict=True)),
                                   distributions=dict.fromkeys(NAMES, axis), value=float(value))
         for row, value in zip(X, y, strict=True)]
    )  # fmt: skip
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=n_trees, seed=0)
    return optuna.__version__, lambda: evaluator.evaluate(study)


def with_fanova(python: str, X: Floats, y: Floats, n_trees: int) -> dict[str, Any]:
    """Return what `peer.py` printed under the other interpreter: version, seconds, shares."""
    with tempfile.TemporaryDirectory() as scratch:
        np.savetxt(Path(scratch) / "X.csv", X, delimiter=",")
        np.savetxt(Path(scratch) / "y.csv", y, delimiter=",")
        answer = subprocess.run(
            [python, str(Path(__file__).parent / "peer.py"), scratch, str(n_trees)],
            capture_output=True, text=True, check=True, env={},
        )  # fmt: skip
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def compared(n: int, n_trees: int, peer: str | None) -> list[dict[str, object]]:
    """Return a row per tool: main effects of the same runs with the same number of trees."""
    X, y = data(n)
    what = f"{n:,} x {N_AXES}, main effects, {n_trees} trees"
    cpu, wall = timed(lambda: ours(X, y, n_trees, 1), 3)
    rows: list[dict[str, object]] = [row(what, "metalearn", cpu, wall, cpu)]
    try:
        version, work = with_optuna(X, y, n_trees)
        rows.append(row(what, f"Optuna {version}", *timed(work, 1), cpu))
    except ImportError:
        print("Optuna is not installed: left out")
    if peer:
        found = with_fanova(peer, X, y, n_trees)
        name = f"automl/fanova {found['version']}"
        rows.append(row(what, name, found["cpu_s"], found["wall_s"], cpu))
        difference = np.abs(ours(X, y, n_trees, 1) - found["shares"]).max()
        print(f"largest difference of a share between ours and {name}: {difference:.4f}")
    return rows


def row(what: str, tool: str, cpu_s: float, wall_s: float, ours_s: float) -> dict[str, object]:
    """Return one row of the result."""
    return {"what": what, "tool": tool, "processor_s": cpu_s, "wall_s": wall_s,
            "times_ours": cpu_s / ours_s}  # fmt: skip


def main() -> None:
    """Time every tool, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--peer", help="interpreter that has the package fanova")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    n, n_trees = (100, 4) if arguments.smoke else (1000, 64)
    ours(*data(50), 2, 2)  # imports are not timed
    rows = compared(n, n_trees, arguments.peer)
    X, y = data(10 * n)
    cpu, wall = timed(lambda: ours(X, y, n_trees, 2), 1)
    what = f"{10 * n:,} x {N_AXES}, main effects and 45 pairs, {n_trees} trees"
    rows.append(row(what, "metalearn", cpu, wall, cpu))
    if arguments.data:
        runs = published_runs(arguments.data)
        cpu, wall = timed(lambda: metalearn.importance.fanova(runs), 1 if arguments.smoke else 3)
        what = f"{len(runs.tasks)} tasks x 500 x 6, main effects and pairs, 16 trees"
        rows.append(row(what, "metalearn", cpu, wall, cpu))
    arguments.out.mkdir(parents=True, exist_ok=True)
    result = pd.DataFrame(rows)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    print(result.round(2).to_string(index=False))


if __name__ == "__main__":
    main()
