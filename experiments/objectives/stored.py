"""Does ParEGO cover more of the front than twice as many random evaluations, on many tasks?

    python experiments/objectives/stored.py [--kb KB] [--kind KIND] [--tasks N] [--seeds N]
        [--out DIR] [--docs] [--smoke]

ParEGO chooses among the stored configurations of a held-out task, all at full fidelity; nothing is
fitted. The objectives are log loss (RMSE for regression) and the logarithm of the seconds of fits.
It starts cold, or with the ten configurations that a warm start would list; the task's
near-duplicates are left out. `list` goes on with that list instead of a search. Random search is
the mean of 200 orders. Shares refer to the hypervolume of all stored configurations of the task.
Tasks that are finished are read from `stored.csv` in `--out`. `--smoke` takes three tasks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
import metalearn
from experiments.pages import write_parts
from experiments.tree_search.playing import (
    arguments_of,
    means_over_tasks,
    on_all_tasks,
    weighted_sources,
)
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.inside import lies_in
from metalearn.core.metric import metric_named
from metalearn.core.objective import COSTS, Objective
from metalearn.core.space import Space
from metalearn.core.stored_json import stored_object
from metalearn.core.trial import Trial
from metalearn.numerics.search.front import box_of
from metalearn.numerics.search.hypervolume import hypervolume
from metalearn.optimizers.parego import ParEGO
from metalearn.workflows.objectives import stored_values
from metalearn.workflows.warm_start.front_design import front_portfolio, task_weights
from metalearn.workflows.warm_start.stored_runs import StoredRuns

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "several_objectives.md"
STEPS, N_WARM, N_ORDERS = (10, 20, 30), 10, 200
METRICS = {"classification": "log_loss", "regression": "rmse"}
COST = COSTS["fit_seconds"]
METHODS = COLD, WARM, LIST, RANDOM, TWICE = (
    "parego, cold", "parego, warm", "list", "random", "random, twice",
)  # fmt: skip
COLUMNS = ["task", "seed", "method", "evaluations", "share"]


def losses_on(
    values: pd.DataFrame, space: Space, objectives: tuple[Objective, Objective]
) -> tuple[list[Configuration], Floats]:
    """Return the configurations of a task inside the space, and their losses `(n, 2)`."""
    rows = zip(values["algorithm"], values["hyperparameters"], strict=True)
    known = [Configuration(algorithm, stored_object(text)) for algorithm, text in rows]
    inside = np.array([lies_in(space, c) and space.is_allowed(c) for c in known])
    losses = np.column_stack([o.losses(values[o.name].to_numpy(float)) for o in objectives])
    inside &= np.isfinite(losses).all(axis=1)
    return [c for c, is_in in zip(known, inside, strict=True) if is_in], losses[inside]


def shares_played(
    optimizer: ParEGO, known: list[Configuration], losses: Floats, share: Callable[..., float]
) -> list[float]:
    """Return the share of the hypervolume after each of the numbers of evaluations."""
    X = optimizer.space.encode(known)
    left, done = list(range(len(X))), []
    for _ in range(max(STEPS)):
        done.append(left.pop(int(optimizer.choose(X[left])[0])))
        first, second = map(float, losses[done[-1]])
        trial = Trial(known[done[-1]])
        optimizer.tell(trial.finished(first, losses={"loss": first, "cost": second}))
    return [share(done[:n]) for n in STEPS]


def rows_of(
    values: pd.DataFrame, objectives: tuple[Objective, Objective],
    runs: StoredRuns, place: int, n_seeds: int,
) -> list[tuple[object, ...]]:  # fmt: skip
    """Return the rows of the result for one task."""
    key = str(runs.histories[place].task)
    known, losses = losses_on(values[values["task"] == key], runs.space, objectives)
    _, reference = box_of(losses)
    whole = hypervolume(losses, reference)

    def share(at: Sequence[int]) -> float:
        return hypervolume(losses[at], reference) / whole

    rng = np.random.default_rng(place)
    orders = [rng.permutation(len(known)) for _ in range(N_ORDERS)]
    listed = known_list(values, objectives, runs, key, known)
    found = {
        (RANDOM, 0): [np.mean([share(order[:n]) for order in orders]) for n in STEPS],
        (TWICE, 0): [np.mean([share(order[: 2 * n]) for order in orders]) for n in STEPS],
        (LIST, 0): [share([known.index(c) for c in listed[:n]]) for n in STEPS],
    }
    for seed in range(n_seeds):
        for name, design in ((COLD, []), (WARM, listed[:N_WARM])):
            optimizer = ParEGO(
                runs.space, initial=design, rng=np.random.default_rng((seed, place))
            )
            found[name, seed] = shares_played(optimizer, known, losses, share)
    return [
        (key, seed, name, n, value)
        for (name, seed), each in found.items()
        for n, value in zip(STEPS, each, strict=True)
    ]


def known_list(
    values: pd.DataFrame, objectives: tuple[Objective, Objective],
    runs: StoredRuns, key: str, known: list[Configuration],
) -> list[Configuration]:  # fmt: skip
    """Return what a warm start from the other tasks lists, as far as the task has values of it."""
    place_of = {task.key: i for i, task in enumerate(runs.described.tasks)}
    features = runs.described.meta_features[place_of[key]]
    weights = task_weights(weighted_sources(runs.without([key]), features))
    others = values[values["task"].isin(weights)]
    listed = front_portfolio(others, runs.space, objectives, weights, 2 * max(STEPS))
    return [c for c in listed if c in known]


def as_markdown(result: pd.DataFrame) -> str:
    """Return mean shares, and differences to twice as many random evaluations."""
    by_task = result.pivot_table("share", ["evaluations", "task"], "method")
    shares = {n: by_task.loc[n][list(METHODS)] for n in STEPS}
    lines = means_over_tasks(result, "share of the hypervolume", "evaluations", shares)
    for name in METHODS[:3]:
        gaps = {n: by_task.loc[n][name] - by_task.loc[n][TWICE] for n in STEPS}
        said = [f"{gap.mean():+.4f} ± {gap.sem():.4f} after {n} (ahead on {(gap > 0).mean():.0%})"
                for n, gap in gaps.items()]  # fmt: skip
        lines += ["", f"`{name}` minus `{TWICE}`: {', '.join(said)}."]
    return "\n".join(lines)


def main() -> None:
    """Play the tasks that are not finished, and print the comparison."""
    arguments = arguments_of(__doc__, n_seeds=1, out=Path(__file__).parent / "out")
    metric = metric_named(METRICS[arguments.kind])
    objectives = (Objective(metric.name, metric.name.replace("_", " "), metric), COST)
    with metalearn.open(arguments.kb) as store:
        tasks = store.tasks().loc[lambda t: t["kind"] == arguments.kind, "task"].tolist()
        values = stored_values(store, objectives, tasks)
    played = partial(rows_of, values, objectives)
    part = as_markdown(on_all_tasks(arguments, "stored.csv", COLUMNS, played))
    print(part)
    if arguments.docs:
        write_parts(PAGE, {"stored": part})


if __name__ == "__main__":
    main()
