"""Do priors from other tasks beat uniform sampling on a task that they have not seen?

    python experiments/priors_held_out/run.py DATA [--out DIR] [--smoke]
    python experiments/priors_held_out/run.py --algorithm svc [--kb KB] [--out DIR] [--smoke]

DATA is a folder with the published runs `pimp-rf/random_forest.arff.gz` (94 tasks, 500 random
configurations of a random forest each). The second form takes the runs of one algorithm from a
store, the bundled one by default, where all tasks share one list of configurations. Each task is
held out in turn; a prior is learned from the best runs of every other task (ten of 500, fewer of
fewer). Then both samplers search the held-out task's own 500 runs:
drawn without replacement, uniformly or in proportion to the prior's density, so every score is a
real one. Reported is the normalized regret of the best of k draws (mean over 200 seeds), wins and
losses over tasks, and Wilcoxon's signed-rank test. `--smoke` takes six tasks and 20 seeds.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.histories.runs import Runs, as_runs
from metalearn.plots.style import LINES, figure, save, styled

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.published_runs import published_runs

LENGTHS = (1, 2, 3, 5, 10, 20, 50)
TIE = 1e-3
N_SMOKE = 6


def best_of_k(
    history: History, log_density: Floats, rngs: list[np.random.Generator], lengths: list[int]
) -> Floats:
    """Return `(len(lengths),)` mean normalized regret of the best of k weighted draws.

    Gumbel noise on the log weights and a sort draw without replacement in proportion to them.
    """
    y = history.y
    regret = (y - y.min()) / (y.max() - y.min())
    found = []
    for rng in rngs:
        order = np.argsort(-(log_density + rng.gumbel(size=len(y))))
        best = np.minimum.accumulate(regret[order])
        found.append(best[[k - 1 for k in lengths]])
    return np.asarray(np.mean(found, axis=0))


def compared(runs: Runs, n_seeds: int) -> dict[str, Floats]:
    """Return `(n_tasks, len(lengths))` regret of each sampler."""
    lengths = usual_lengths(runs)
    found: dict[str, list[Floats]] = {"uniform": [], "prior": [], "independent prior": []}
    for number, history in enumerate(runs.histories):
        if np.ptp(history.y) == 0.0:
            continue
        draws = {
            "uniform": np.zeros(len(history)),
            "prior": metalearn.priors.kde(runs, exclude=[history.task]).log_density(history.X),
            "independent prior": metalearn.priors.kde(
                runs, exclude=[history.task], joint=False
            ).log_density(history.X),
        }
        for name, log_density in draws.items():
            rngs = [np.random.default_rng([number, seed]) for seed in range(n_seeds)]
            found[name].append(best_of_k(history, log_density, rngs, lengths))
    return {name: np.array(rows) for name, rows in found.items()}


def usual_lengths(runs: Runs) -> list[int]:
    """Return the numbers of draws that leave at least half of every task's runs undrawn."""
    return [k for k in LENGTHS if 2 * k <= min(len(history) for history in runs.histories)]


def table(regrets: dict[str, Floats], lengths: list[int]) -> pd.DataFrame:
    """Return one row per sampler and k, compared with uniform over tasks."""
    rows = []
    uniform = regrets["uniform"]
    for name, regret in regrets.items():
        for column, k in enumerate(lengths):
            gain = uniform[:, column] - regret[:, column]
            p = wilcoxon(gain, zero_method="pratt").pvalue if np.any(gain) else np.nan
            rows.append((name, k, regret[:, column].mean(), gain.mean(), int((gain > TIE).sum()),
                         int((gain < -TIE).sum()), len(gain), p))  # fmt: skip
    columns = [
        "sampler",
        "k",
        "regret",
        "gain_over_uniform",
        "wins",
        "losses",
        "tasks",
        "wilcoxon_p",
    ]
    return pd.DataFrame(rows, columns=columns)


def draw(result: pd.DataFrame, title: str, folder: Path) -> None:
    """Draw mean regret against the number of draws."""
    lengths = sorted(set(result["k"]))
    with styled():
        drawn, (ax,) = figure(4.6, 3.2)
        for (name, part), (colour, dash, marker) in zip(
            result.groupby("sampler", sort=False), LINES, strict=False
        ):
            ax.plot(part["k"], part["regret"], color=colour, ls=dash, marker=marker, ms=4,
                    lw=1.4, label=name)  # fmt: skip
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xticks(lengths, [str(k) for k in lengths])
        ax.minorticks_off()
        ax.set_xlabel("configurations drawn")
        ax.set_ylabel("normalized regret of the best")
        ax.set_title(f"{title}, {result['tasks'].iloc[0]} held-out tasks", fontsize=9)
        ax.legend(frameon=False)
    save(drawn, folder, "priors_against_uniform", result)


def main() -> None:
    """Hold out each task, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--algorithm", help="analyse this algorithm of a store instead")
    parser.add_argument("--kb")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.algorithm:
        with metalearn.open(arguments.kb) as store:
            runs = as_runs(store, arguments.algorithm)
        if arguments.smoke:
            runs = replace(runs, histories=runs.histories[:N_SMOKE])
    elif arguments.data:
        runs = published_runs(arguments.data, n_tasks=N_SMOKE if arguments.smoke else None)
    else:
        parser.error("give the folder DATA, or --algorithm")
    runs = replace(runs, histories=tuple(h for h in runs.histories if np.ptp(h.y) > 0))
    result = table(compared(runs, 20 if arguments.smoke else 200), usual_lengths(runs))
    arguments.out.mkdir(parents=True, exist_ok=True)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    draw(result, arguments.algorithm or "random forest", arguments.out)
    print(result.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
