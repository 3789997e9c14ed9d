"""How many trials does a warm study need to reach what a cold one reaches in thirty?

    python experiments/warm_bridges/run.py TABLES --kb KB [--out DIR] [--smoke]

TABLES is an index CSV, KB a store with runs of `svc`. For every classification table of middling
size, its own experience (and its near-duplicates') is left out of the store. Optuna's TPE and
SMAC3 then search the space of `svc` for the best balanced accuracy, on the same folds: cold, 30
trials from each of several seeds; warm, the same samplers and seeds behind
`warm.to_optuna()` and `warm.to_smac()`. A warm study needs n trials if its n-th is the first that
is at least as good as the best of the cold study with the same seed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.bridges.bridge import configuration_of
from metalearn.bridges.optuna import suggest
from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.core.warm_start import WarmStart
from metalearn.learners import get
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.workflows.table_index import TableEntry, table_entries

METRIC = metric_named("balanced_accuracy")
N_TRIALS, N_SEEDS, K = 30, 3, 10
TIME_LIMIT_S = 5.0  # processor seconds of all folds of one trial
TIE = 1e-3  # balanced accuracies closer than this count as equal (in the second figure)
Score = Callable[[Configuration], float]


def optuna_scores(warm: WarmStart, score: Score, n_trials: int, seed: int) -> list[float]:
    """Return the scores of a study's trials in order."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = warm.to_optuna(seed=seed)
    study.optimize(lambda trial: score(suggest(trial, warm.space)), n_trials=n_trials)
    return [trial.value for trial in study.trials]


def smac_scores(warm: WarmStart, score: Score, n_trials: int, seed: int) -> list[float]:
    """Return the scores of SMAC's trials in order."""
    found: list[float] = []

    def loss(config: object) -> float:
        found.append(score(configuration_of(warm, dict(config).items())))  # type: ignore[call-overload]
        return METRIC.loss(found[-1])

    with tempfile.TemporaryDirectory() as folder:
        warm.to_smac(loss, n_trials=n_trials, seed=seed, output_directory=folder).optimize()
    return found


OPTIMIZERS = {"Optuna TPE": optuna_scores, "SMAC3": smac_scores}


def needed(warm: list[float], target: float, slack: float = 0.0) -> float:
    """Return the number of the first trial that reaches a target; infinite if none does."""
    reached = np.flatnonzero(np.array(warm) >= target - slack)
    return float(reached[0] + 1) if len(reached) else np.inf


def scorer(entry: TableEntry) -> Score:
    """Return the objective on a table: mean balanced accuracy over the folds of `collect`."""
    prepared = PreparedTask(entry.load(), Procedure())
    guess = 1.0 / (int(prepared.codes.max()) + 1)
    isolated = Isolated(TIME_LIMIT_S)
    known: dict[str, float] = {}

    def score(configuration: Configuration) -> float:
        if configuration.key not in known:
            outcome = isolated.evaluate(prepared, configuration)
            folds = [fold.scores[METRIC.name] for fold in outcome.folds]
            # What does not end in time counts as guessing, in cold and warm studies alike.
            known[configuration.key] = float(np.mean(folds)) if outcome.status == "ok" else guess
        return known[configuration.key]

    return score


def rows(entry: TableEntry, kb: Path, n_seeds: int, n_trials: int) -> list[dict[str, object]]:
    """Return one row per optimizer, seed and trial of both studies on one table."""
    from metalearn.workflows.describe import Request, describe

    table, score = entry.load(), scorer(entry)
    described = describe(table, Request())
    started = time.process_time()
    warm = metalearn.warm_start(described, space="svc", k=K, kb=kb, exclude=[entry.name])
    cold = WarmStart(get("svc").space("classification"), metric=METRIC)
    warm_s = time.process_time() - started
    found: list[dict[str, object]] = []
    for optimizer, scores_of in OPTIMIZERS.items():
        for seed in range(n_seeds):
            for kind, start in (("cold", cold), ("warm", warm)):
                scores = scores_of(start, score, n_trials, seed)
                shared = {"table": entry.name, "optimizer": optimizer, "seed": seed,
                          "study": kind, "warm_start_s": warm_s}  # fmt: skip
                found += [{**shared, "trial": i + 1, "score": s} for i, s in enumerate(scores)]
    return found


def summary(trials: pd.DataFrame) -> pd.DataFrame:
    """Return trials needed per table and optimizer: the median over seeds, and both scores."""
    found = []
    for (table, optimizer), runs in trials.groupby(["table", "optimizer"], sort=False):
        per_seed = []
        for _, run in runs.groupby("seed"):
            cold = run[run["study"] == "cold"]["score"].tolist()
            warm = run[run["study"] == "warm"]["score"].tolist()
            best = max(cold)
            per_seed.append((needed(warm, best), needed(warm, best, TIE), needed(cold, best),
                             best, max(warm[:10]), max(cold[:10])))  # fmt: skip
        names = ("needed", "needed_within_tie", "cold_needed", "cold_30", "warm_10", "cold_10")
        # Percentile without interpolation: a median of counts may be infinite.
        middle = np.percentile(np.array(per_seed), 50, axis=0, method="lower")
        found.append({"table": table, "optimizer": optimizer,
                      **dict(zip(names, middle, strict=True))})  # fmt: skip
    return pd.DataFrame(found)


def totals(tables: pd.DataFrame) -> pd.DataFrame:
    """Return the figures over tables, with bootstrap intervals of the tables."""
    rng = np.random.default_rng(0)
    found = []
    for optimizer, part in tables.groupby("optimizer", sort=False):
        draws = rng.integers(len(part), size=(2000, len(part)))
        row: dict[str, object] = {"optimizer": optimizer, "n_tables": len(part)}
        for name in ("needed", "needed_within_tie"):
            values = part[name].to_numpy()
            medians = np.median(values[draws], axis=1)
            row[f"median_{name}"] = np.median(values)
            row[f"{name}_low"], row[f"{name}_high"] = np.percentile(
                medians, [2.5, 97.5], method="nearest"
            )
            row[f"share_{name}_in_10"] = float(np.mean(values <= 10))
        gain = (part["warm_10"] - part["cold_30"]).to_numpy()
        row["warm_10_less_cold_30"] = gain.mean()
        row["gain_low"], row["gain_high"] = np.percentile(gain[draws].mean(axis=1), [2.5, 97.5])
        early = (part["warm_10"] - part["cold_10"]).to_numpy()
        row["warm_10_less_cold_10"] = early.mean()
        row["early_low"], row["early_high"] = np.percentile(early[draws].mean(axis=1), [2.5, 97.5])
        found.append(row)
    return pd.DataFrame(found)


def draw(trials: pd.DataFrame, names: list[str], path: Path) -> None:
    """Draw the best score so far, warm against cold, on three tables."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(names), figsize=(3.4 * len(names), 5.2), squeeze=False)
    for i, optimizer in enumerate(OPTIMIZERS):
        for j, name in enumerate(names):
            part = trials[(trials["table"] == name) & (trials["optimizer"] == optimizer)]
            for study, colour in (("cold", "#7a7a7a"), ("warm", "#00796b")):
                runs = part[part["study"] == study].pivot_table(
                    index="trial", columns="seed", values="score"
                )
                best = runs.cummax()
                axes[i, j].plot(best.index, best.mean(axis=1), color=colour, label=study)
                axes[i, j].fill_between(best.index, best.min(axis=1), best.max(axis=1),
                                        color=colour, alpha=0.15, linewidth=0)  # fmt: skip
            axes[i, j].set_title(f"{optimizer}, {name}", fontsize=9)
            axes[i, j].set_xlabel("trials")
    axes[0, 0].set_ylabel("best balanced accuracy")
    axes[1, 0].set_ylabel("best balanced accuracy")
    axes[0, 0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)


def chosen(index: Path) -> list[TableEntry]:
    """Return the classification tables of 250 to 1,400 rows and at most 20,000 cells."""
    frame = pd.read_csv(index).set_index("name")
    cells = frame["rows"] * frame["n_features"]
    fits = (frame["kind"] == "classification") & frame["rows"].between(250, 1400)
    fits &= cells <= 20_000
    return [entry for entry in table_entries(index) if fits.get(entry.name, False)]


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--names", help="only these tables, comma-separated")
    parser.add_argument("--draw", default="", help="three tables to draw, comma-separated")
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    parser.add_argument("--smoke", action="store_true", help="two tables, few trials")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    entries = chosen(asked.tables)
    if asked.names:
        entries = [entry for entry in entries if entry.name in asked.names.split(",")]
    n_seeds, n_trials = asked.seeds, N_TRIALS
    if asked.smoke:
        entries, n_seeds, n_trials = entries[:2], 1, 12
    asked.out.mkdir(parents=True, exist_ok=True)
    found: list[dict[str, object]] = []
    for entry in entries:
        started = time.process_time()
        found += rows(entry, asked.kb, n_seeds, n_trials)
        pd.DataFrame(found).to_csv(asked.out / "trials.csv", index=False)
        print(f"{entry.name}: {time.process_time() - started:.1f} s", flush=True)
    trials = pd.DataFrame(found)
    tables = summary(trials)
    tables.to_csv(asked.out / "tables.csv", index=False)
    totals(tables).to_csv(asked.out / "result.csv", index=False)
    print(totals(tables).T.to_string())
    names = [n for n in asked.draw.split(",") if n] or list(dict.fromkeys(trials["table"]))[:3]
    draw(trials, names, asked.out / "warm_against_cold.png")


if __name__ == "__main__":
    main()
