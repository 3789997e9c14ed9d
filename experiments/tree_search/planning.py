"""Is planning ahead of random search, at equal evaluations and at equal seconds?

    python experiments/tree_search/planning.py [--kb KB] [--kind KIND] [--tasks N] [--seeds N]
        [--out DIR] [--docs] [--smoke]

Planning (without other tasks, and with them) chooses among the stored configurations of a held-out
task, all at full fidelity; nothing is fitted. Compared with random search after 20 evaluations
(its exact expectation), and after as many stored processor seconds of fits as 20 evaluations of
the task take on average (mean of 200 random orders). Regret and tasks are as in `run.py`. Tasks
that are finished are read from `planning.csv` in `--out`. `--smoke` takes three tasks.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from playing import STEPS, arguments_of, means_over_tasks, on_all_tasks, weighted_sources

from experiments.pages import write_parts
from metalearn.core.arrays import Floats, Ints
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers.planning import Planning
from metalearn.workflows.warm_start.stored_runs import StoredRuns

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "pipelines.md"
N_EVALUATIONS, N_ORDERS = max(STEPS), 200
COLUMNS = ["task", "seed", "method", "budget", "regret"]
METHODS = ("planning, other tasks", "planning", "random")
BUDGETS = ("evaluations", "seconds")


def order_of(
    warm: WarmStart, X: Floats, y: Floats, seconds: Floats, seed: tuple[int, int]
) -> Ints:
    """Return the rows that planning evaluates, until both budgets are spent."""
    optimizer = Planning(warm.space, initial=warm, rng=np.random.default_rng(seed))
    left, done = list(range(len(y))), []
    budget_s = N_EVALUATIONS * seconds.mean()
    while left and (len(done) < N_EVALUATIONS or seconds[done].sum() <= budget_s):
        done.append(left.pop(int(optimizer.choose(X[left])[0])))
        (configuration,) = warm.space.decode(X[[done[-1]]])
        optimizer.tell(Trial(configuration).finished(float(y[done[-1]])))
    return np.array(done, dtype=np.int64)


def after_both(order: Ints, regret: Floats, seconds: Floats) -> dict[str, float]:
    """Return the lowest regret of an order after 20 evaluations, and after as many seconds."""
    in_time = order[np.cumsum(seconds[order]) <= N_EVALUATIONS * seconds.mean()]
    return {
        "evaluations": float(regret[order[:N_EVALUATIONS]].min()),
        "seconds": float(regret[in_time].min(initial=1.0)),
    }


def rows_of(runs: StoredRuns, place: int, n_seeds: int) -> list[tuple[object, ...]]:
    """Return the rows of the result for one task."""
    assert runs.matrix is not None
    target, key = runs.histories[place], str(runs.histories[place].task)
    y, X = target.y, target.X
    regret = (y - y.min()) / np.ptp(y)
    seconds = stored_seconds(runs, place)
    others = runs.without([key])
    place_of = {task.key: i for i, task in enumerate(runs.described.tasks)}
    warm = weighted_sources(others, runs.described.meta_features[place_of[key]])
    rows: list[tuple[object, ...]] = []
    for name, start in zip(METHODS[:2], (warm, WarmStart(runs.space)), strict=True):
        for seed in range(n_seeds):
            found = after_both(order_of(start, X, y, seconds, (seed, place)), regret, seconds)
            rows += [(key, seed, name, budget, value) for budget, value in found.items()]
    rng = np.random.default_rng(0)
    orders = [after_both(rng.permutation(len(y)), regret, seconds) for _ in range(N_ORDERS)]
    chance = {
        "evaluations": float(expected_random_regret(regret[None], N_EVALUATIONS)[0]),
        "seconds": float(np.mean([each["seconds"] for each in orders])),
    }
    return rows + [(key, 0, METHODS[2], budget, value) for budget, value in chance.items()]


def stored_seconds(runs: StoredRuns, place: int) -> Floats:
    """Return the seconds of the fits of a task; the median where none are stored."""
    matrix = runs.matrix
    assert matrix is not None
    history = runs.histories[place]
    row = [task.key for task in matrix.tasks].index(str(history.task))
    of = dict(zip(matrix.configurations, matrix.runtimes_s[row], strict=True))
    found = np.array([of.get(c, np.nan) for c in runs.space.decode(history.X)])
    return np.where(np.isfinite(found), found, np.nanmedian(found))


def as_markdown(result: pd.DataFrame) -> str:
    """Return means and paired differences, each ± its standard error over tasks."""
    by_task = result.pivot_table("regret", ["budget", "task"], "method")
    parts = {budget: by_task.loc[budget][list(METHODS)] for budget in BUDGETS}
    regrets = {
        budget: part.assign(**{"random minus planning": part["random"] - part["planning"]})
        for budget, part in parts.items()
    }
    return "\n".join(means_over_tasks(result, "normalized regret", "equal", regrets))


def main() -> None:
    """Play the tasks that are not finished, and print the comparison."""
    arguments = arguments_of(__doc__, n_seeds=5)
    part = as_markdown(on_all_tasks(arguments, "planning.csv", COLUMNS, rows_of))
    print(part)
    if arguments.docs:
        write_parts(PAGE, {"planning": part})


if __name__ == "__main__":
    main()
