"""Do priors from other tasks beat uniform sampling on a task that they have not seen?

    python experiments/priors_held_out/run.py DATA [--out DIR] [--smoke]

DATA is a folder with the published runs `pimp-rf/random_forest.arff.gz` (94 tasks, 500 random
configurations of a random forest each). Each task is held out in turn; a prior is learned from the
ten best runs of every other task. Then both samplers search the held-out task's own 500 runs:
drawn without replacement, uniformly or in proportion to the prior's density, so every score is a
real one. Reported is the normalized regret of the best of k draws (mean over 200 seeds), wins and
losses over tasks, and Wilcoxon's signed-rank test. `--smoke` takes six tasks and 20 seeds.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.runs import Runs, as_runs
from metalearn.plots.style import LINES, figure, save, styled
from metalearn.workflows.import_published import import_published

LENGTHS = (1, 2, 3, 5, 10, 20, 50)
TIE = 1e-3


def first_tasks(file: Path, target: Path, n: int = 6) -> Path:
    """Write the runs of the first tasks only."""
    head, _, rows = gzip.decompress(file.read_bytes()).decode().partition("@DATA\n")
    lines = rows.splitlines()
    tasks = list(dict.fromkeys(line.rsplit(",", 1)[1] for line in lines))[:n]
    kept = [line for line in lines if line.rsplit(",", 1)[1] in tasks]
    target.write_text(head + "@DATA\n" + "\n".join(kept) + "\n")
    return target


def best_of_k(history: History, log_density: Floats, rngs: list[np.random.Generator]) -> Floats:
    """Return `(len(LENGTHS),)` mean normalized regret of the best of k weighted draws.

    Gumbel noise on the log weights and a sort draw without replacement in proportion to them.
    """
    y = history.y
    regret = (y - y.min()) / (y.max() - y.min())
    found = []
    for rng in rngs:
        order = np.argsort(-(log_density + rng.gumbel(size=len(y))))
        best = np.minimum.accumulate(regret[order])
        found.append(best[[k - 1 for k in LENGTHS]])
    return np.asarray(np.mean(found, axis=0))


def compared(runs: Runs, n_seeds: int) -> dict[str, Floats]:
    """Return `(n_tasks, len(LENGTHS))` regret of each sampler."""
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
            found[name].append(best_of_k(history, log_density, rngs))
    return {name: np.array(rows) for name, rows in found.items()}


def table(regrets: dict[str, Floats]) -> pd.DataFrame:
    """Return one row per sampler and k, compared with uniform over tasks."""
    rows = []
    uniform = regrets["uniform"]
    for name, regret in regrets.items():
        for column, k in enumerate(LENGTHS):
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


def draw(result: pd.DataFrame, folder: Path) -> None:
    """Draw mean regret against the number of draws."""
    with styled():
        drawn, (ax,) = figure(4.6, 3.2)
        for (name, part), (colour, dash, marker) in zip(
            result.groupby("sampler", sort=False), LINES, strict=False
        ):
            ax.plot(part["k"], part["regret"], color=colour, ls=dash, marker=marker, ms=4,
                    lw=1.4, label=name)  # fmt: skip
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xticks(LENGTHS, [str(k) for k in LENGTHS])
        ax.minorticks_off()
        ax.set_xlabel("configurations drawn")
        ax.set_ylabel("normalized regret of the best")
        ax.set_title(f"random forest, {result['tasks'].iloc[0]} held-out tasks", fontsize=9)
        ax.legend(frameon=False)
    save(drawn, folder, "priors_against_uniform", result)


def main() -> None:
    """Hold out each task, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    file = arguments.data / "pimp-rf" / "random_forest.arff.gz"
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.smoke:
            file = first_tasks(file, Path(scratch) / "some.arff")
        import_published("arff-runs", file, Path(scratch) / "runs.duckdb")
        with metalearn.open(Path(scratch) / "runs.duckdb") as store:
            (algorithm,) = store.sql("SELECT algorithm FROM algorithm")["algorithm"]
            runs = as_runs(store, algorithm)
    runs = replace(runs, histories=tuple(h for h in runs.histories if np.ptp(h.y) > 0))
    result = table(compared(runs, 20 if arguments.smoke else 200))
    arguments.out.mkdir(parents=True, exist_ok=True)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    draw(result, arguments.out)
    print(result.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
