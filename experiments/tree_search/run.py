"""Is tree search with the store's prior ahead of tree search without, and that of chance?

    python experiments/tree_search/run.py [--kb KB] [--kind KIND] [--tasks N] [--seeds N]
        [--out DIR] [--docs] [--smoke]

The stored matrix of all learners is a tree: the algorithm, then its most important
hyperparameters in quarters. Each task is held out with its near-duplicates; the searches choose
among its stored configurations, so every loss is a measured one and nothing is fitted. Compared
after 5, 10 and 20 evaluations: tree search with the prior of the other tasks, weighted by
`nearest-tasks`; tree search without other tasks; random search (its exact expectation); the list
of mean normalized regrets of the other tasks, followed. The regret is normalized by the best and
the worst configuration of the task, and averaged over the seeds of a search; standard errors are
over tasks. Tasks that are finished are read from `regrets.csv` in `--out`. Constants were chosen
on the regression tasks. `--smoke` takes three tasks and one seed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from playing import STEPS, arguments_of, on_all_tasks, played, weighted_sources

from experiments.pages import write_parts
from metalearn.core.arrays import Floats
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers.decisions import Decisions
from metalearn.workflows.warm_start.stored_runs import StoredRuns

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "pipelines.md"
COLUMNS = ["task", "seed", "method", "evaluations", "regret"]
WITH, WITHOUT = "tree search, prior", "tree search, no prior"
RANDOM, LIST = "random (exact)", "list of mean regrets"
PAIRS = ((WITHOUT, WITH), (RANDOM, WITHOUT), (RANDOM, WITH))


def curves(runs: StoredRuns, place: int, n_seeds: int) -> list[tuple[object, ...]]:
    """Return the rows of the result for one task."""
    target = runs.histories[place]
    y, task = target.y, str(target.task)
    others = runs.without([task])
    place_of = {task.key: i for i, task in enumerate(runs.described.tasks)}
    warm = weighted_sources(others, runs.described.meta_features[place_of[task]])
    rows: list[tuple[object, ...]] = []
    for name, start in ((WITH, warm), (WITHOUT, WarmStart(runs.space))):
        tree = Decisions(start)
        paths = tree.paths(target.X)
        for seed in range(n_seeds):
            curve = played(paths, y, tree, tree.prior, (seed, place))
            rows += [(task, seed, name, n, curve[n - 1]) for n in STEPS]
    regret = (y - y.min()) / np.ptp(y)
    for n in STEPS:
        chance = float(expected_random_regret(regret[None], n)[0])
        listed = regret[_listed(others, target.X)[:n]].min()
        rows += [(task, 0, RANDOM, n, chance), (task, 0, LIST, n, listed)]
    return rows


def _listed(others: StoredRuns, X: Floats) -> list[int]:
    """Return the rows of a table in the order of the mean regrets of the other tasks."""
    places = {point.tobytes(): i for i, point in enumerate(X)}
    total, count = np.zeros(len(X)), np.zeros(len(X))
    for history in others.histories:
        y = (history.y - history.y.min()) / max(np.ptp(history.y), 1e-12)
        known = [(places[p.tobytes()], v) for p, v in zip(history.X, y, strict=True)
                 if p.tobytes() in places]  # fmt: skip
        for i, value in known:
            total[i], count[i] = total[i] + value, count[i] + 1
    mean = np.where(count > 0, total / np.maximum(count, 1), 1.0)
    return [int(i) for i in np.argsort(mean, kind="stable")]


def summary(result: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard error over tasks, of methods and of paired differences."""
    by_task = result.pivot_table("regret", ["evaluations", "task"], "method")
    rows = []
    for n, table in by_task.groupby("evaluations"):
        rows += [(n, method, table[method].mean(), table[method].sem()) for method in table]
        for worse, better in PAIRS:
            gain = table[worse] - table[better]
            rows.append((n, f"{worse} minus {better}", gain.mean(), gain.sem()))
    return pd.DataFrame(rows, columns=["evaluations", "method", "mean", "standard error"])


def as_markdown(result: pd.DataFrame) -> str:
    """Return the summary as two tables in Markdown."""
    found = summary(result)
    found["cell"] = [f"{m:.4f} ± {e:.4f}" for m, e in found[["mean", "standard error"]].to_numpy()]
    wide = found.pivot_table(index="evaluations", columns="method", values="cell", aggfunc="first")
    n_seeds = result["seed"].nunique()
    lines = [f"{result['task'].nunique()} tasks, {n_seeds} seeds; mean normalized regret ± "
             "standard error over tasks.", ""]  # fmt: skip
    for names in ([WITH, WITHOUT, RANDOM, LIST], [f"{a} minus {b}" for a, b in PAIRS]):
        lines += [f"| evaluations | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
        lines += [f"| {n} | {' | '.join(row[names])} |" for n, row in wide.iterrows()]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Hold out each task, compare, write the result."""
    arguments = arguments_of(__doc__, n_seeds=20)
    result = on_all_tasks(arguments, "regrets.csv", COLUMNS, curves)
    summary(result).to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    print(as_markdown(result))
    if arguments.docs:
        write_parts(PAGE, {"tree search": as_markdown(result)})


if __name__ == "__main__":
    main()
