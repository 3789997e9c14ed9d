"""How many trials does a warm study need to reach what a cold one reaches in thirty?

    python experiments/warm_bridges/run.py TABLES --kb KB [--space svc] [--seeds 3] [--smoke]

TABLES is an index CSV, KB a store with runs of the space's algorithm. For every classification
table of middling size its own experience (and its near-duplicates') is left out of the store.
Optuna's TPE and SMAC3 then search the space for the best balanced accuracy, on the same folds:
cold, 30 trials from each of several seeds; warm, the same optimizers and seeds behind
`warm.to_optuna()` and `warm.to_smac()`, whose first ten are chosen one by one from the losses;
listed, TPE behind a list of ten that is made before (`n_guided=0`).
A warm study needs n trials if its n-th is the first that is at least as good as the best of the
cold study with the same seed.

The best of thirty on the same folds is also the luckiest of thirty. So the winners, the best of
the cold study's thirty and the best of the warm study's first ten, are evaluated again on folds
that no study has seen.

Every study that has ended is kept in WORK: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metalearn
from metalearn.bridges.bridge import configuration_of
from metalearn.bridges.optuna import suggest
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.core.warm_start import WarmStart
from metalearn.learners import get
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.store import open_store
from metalearn.workflows.describe import DescribeRequest, Description, describe
from metalearn.workflows.tables.index import TableEntry, table_entries

METRIC = metric_named("balanced_accuracy")
N_COLD, N_WARM, N_EARLY, N_SMOKE = 30, 15, 10, 6
K_LISTED = 10
FRESH_FOLDS = (1, 2, 3, 4)  # seeds of folds that no study sees; theirs is 0
TIME_LIMIT_S = 2.0  # processor seconds of all folds of one trial
COLOURS = {"cold": "#7a7a7a", "warm": "#00796b", "listed": "#d98200"}
N_TIMED = 10  # tables on which the overhead is measured
TIE = 1e-3  # balanced accuracies closer than this count as equal (in the second figure)
STUDIES = {  # (optimizer, study): length of the initial design, trials
    ("Optuna TPE", "cold"): (0, N_COLD),
    ("Optuna TPE", "warm"): (K_LISTED, N_WARM),
    ("Optuna TPE", "listed"): (K_LISTED, N_WARM),
    ("SMAC3", "cold"): (0, N_COLD),
    ("SMAC3", "warm"): (K_LISTED, N_WARM),
}
Trials = list[tuple[Configuration, float]]
Objective = Callable[[Configuration], float]


def optuna_trials(warm: WarmStart, score: Objective, n: int, seed: int, study: str) -> Trials:
    """Return what a study of Optuna's evaluates, in order."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    found: Trials = []

    def objective(trial: Any) -> float:
        configuration = suggest(trial, warm.space)
        found.append((configuration, score(configuration)))
        return found[-1][1]

    options = {"n_guided": 0} if study == "listed" else {}
    warm.to_optuna(seed=seed, **options).optimize(objective, n_trials=n)
    return found


def smac_trials(warm: WarmStart, score: Objective, n: int, seed: int, study: str) -> Trials:  # noqa: ARG001
    """Return what SMAC evaluates, in order."""
    found: Trials = []

    def loss(config: Any) -> float:
        configuration = configuration_of(warm, dict(config).items())
        found.append((configuration, score(configuration)))
        return METRIC.loss(found[-1][1])

    with tempfile.TemporaryDirectory() as folder:
        warm.to_smac(loss, n_trials=n, seed=seed, output_directory=folder).optimize()
    return found


OPTIMIZERS = {"Optuna TPE": optuna_trials, "SMAC3": smac_trials}


@dataclass
class Bench:
    """One table, one space: evaluates configurations, and keeps on disk what it evaluated."""

    entry: TableEntry
    space: str
    kb: Path
    work: Path
    _isolated: Isolated = field(default_factory=lambda: Isolated(TIME_LIMIT_S))
    _prepared: dict[int, PreparedTask] = field(default_factory=dict)
    _warm: dict[int, WarmStart] = field(default_factory=dict)
    _description: Description | None = None

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        self.place = self.work / f"{self.space}-{self.entry.name}.json"
        saved = json.loads(self.place.read_text()) if self.place.exists() else {}
        self.scores: dict[str, float] = saved.get("scores", {})
        self.studies: dict[str, Any] = saved.get("studies", {})
        self.overhead: dict[str, float] = {}

    def score(self, configuration: Configuration, folds: int = 0) -> float:
        """Return the mean balanced accuracy over the folds of `collect`, drawn with a seed."""
        key = f"{folds}:{configuration.key}"
        if key not in self.scores:
            if folds not in self._prepared:
                self._prepared[folds] = PreparedTask(self.entry.load(), Procedure(seed=folds))
            prepared = self._prepared[folds]
            outcome = self._isolated.evaluate(prepared, configuration)
            measured = [fold.scores[METRIC.name] for fold in outcome.folds]
            # What does not end in time counts as guessing, in cold and warm studies alike.
            guess = 1.0 / (int(prepared.codes.max()) + 1)
            self.scores[key] = float(np.mean(measured)) if outcome.status == "ok" else guess
        return self.scores[key]

    def warm(self, k: int) -> WarmStart:
        """Return the warm start with an initial design of `k`; an empty one if that is 0."""
        if k == 0:
            return WarmStart(get(self.space).space("classification"), metric=METRIC)
        if k not in self._warm:
            if self._description is None:
                self._description = describe(self.entry.load(), DescribeRequest())
            begun = time.process_time()
            self._warm[k] = metalearn.warm_start(
                self._description, space=self.space, k=k, kb=self.kb, exclude=[self.entry.name],
                metric=METRIC.name,
            )  # fmt: skip
            self.overhead["warm_start_s"] = time.process_time() - begun
        return self._warm[k]

    def run(self, n_seeds: int, kinds: Iterable[str], is_smoke: bool = False) -> None:
        """Run the studies that have not been run yet, then evaluate their winners anew."""
        for (optimizer, study), (k, n) in STUDIES.items():
            for seed in range(n_seeds if study in kinds else 0):
                name = f"{optimizer}|{study}|{seed}"
                if name in self.studies:
                    continue
                warm = self.warm(k)
                length = N_SMOKE if is_smoke else n
                found = OPTIMIZERS[optimizer](warm, self.score, length, seed, study)
                best = max(found[: n if study == "cold" else N_EARLY], key=lambda pair: pair[1])
                unseen = FRESH_FOLDS[:1] if is_smoke else FRESH_FOLDS
                fresh = [self.score(best[0], folds) for folds in unseen]
                self.studies[name] = {
                    "scores": [s for _, s in found],
                    "fresh": float(np.mean(fresh)),
                    "best": best[0].canonical,
                }
                self.save()
        self._isolated.close()

    def measure(self) -> dict[str, float]:
        """Return processor seconds of a warm start (with known meta-features) and of its trials.

        The study is run again from scores that are known, so that nothing is fitted but ours.
        """
        self._warm.clear()
        warm = self.warm(K_LISTED)
        begun = time.process_time()
        n = min(N_EARLY, len(self.studies["Optuna TPE|warm|0"]["scores"]))
        optuna_trials(warm, self.score, n, 0, "warm")
        each = (time.process_time() - begun) / n
        return {"warm_start_s": self.overhead["warm_start_s"], "warm_trial_s": each}

    def known_scores(self) -> Floats:
        """Return what the store's configurations score on this table, on the same folds."""
        rows = known_evaluations(self.kb, self.space)
        own = rows["task"].str.match(rf"table:{re.escape(self.entry.name)}@")
        return rows.loc[own & (rows["status"] == "ok"), "value"].to_numpy(dtype=np.float64)

    def save(self) -> None:
        """Write down what is known."""
        saved = {"scores": self.scores, "studies": self.studies}
        self.place.with_suffix(".new").write_text(json.dumps(saved))
        self.place.with_suffix(".new").replace(self.place)


@cache
def known_evaluations(kb: Path, algorithm: str) -> pd.DataFrame:
    """Return what a store knows of an algorithm on all tables."""
    with open_store(kb) as store:
        return store.evaluations(METRIC.name, algorithm=algorithm)


def needed(warm: list[float], target: float, slack: float = 0.0) -> float:
    """Return the number of the first trial that reaches a target; infinite if none does."""
    reached = np.flatnonzero(np.array(warm) >= target - slack - 1e-12)
    return float(reached[0] + 1) if len(reached) else np.inf


def per_table(benches: list[Bench]) -> pd.DataFrame:
    """Return one row per table, optimizer and kind of warm study: medians over the seeds."""
    rows = []
    for bench in benches:
        pairs: dict[tuple[str, str], list[tuple[float, ...]]] = {}
        known = bench.known_scores()
        for name, warm in bench.studies.items():
            optimizer, study, seed = name.split("|")
            cold = bench.studies.get(f"{optimizer}|cold|{seed}")
            if study == "cold" or cold is None:
                continue
            best, scores = max(cold["scores"]), warm["scores"]
            pairs.setdefault((optimizer, study), []).append((
                needed(scores, best), needed(scores, best, TIE), needed(cold["scores"], best),
                best, max(scores[:N_EARLY]), max(cold["scores"][:N_EARLY]),
                cold["fresh"], warm["fresh"], float((known >= best - 1e-12).sum()),
            ))  # fmt: skip
        names = ("needed", "needed_within_tie", "cold_needed", "cold_30", "warm_10", "cold_10",
                 "fresh_cold_30", "fresh_warm_10", "n_known_as_good")  # fmt: skip
        for (optimizer, study), found in pairs.items():
            values = np.array(found)
            # A median of counts may be infinite, so it is one of them; scores are averaged.
            middle = [*np.percentile(values[:, :3], 50, axis=0, method="higher"),
                      *values[:, 3:].mean(axis=0)]  # fmt: skip
            about = {"table": bench.entry.name, "optimizer": optimizer, "study": study}
            numbers = dict(zip(names, middle, strict=True))
            rows.append({**about, "n_seeds": len(found), **numbers, "outcome": outcome(numbers)})
    order = {"by": ["optimizer", "study", "table"], "ascending": [True, False, True]}
    return pd.DataFrame(rows).sort_values(**order, ignore_index=True)


def outcome(numbers: dict[str, float]) -> str:
    """Return what became of a warm study's first ten trials against the cold study's thirty."""
    if numbers["needed"] <= N_EARLY:
        return "reached"
    gain = numbers["fresh_warm_10"] - numbers["fresh_cold_30"]
    return "not reached; no worse on fresh folds" if gain >= -TIE else "not reached; behind"


def totals(tables: pd.DataFrame) -> pd.DataFrame:
    """Return the figures over tables, with bootstrap intervals of the tables."""
    rng = np.random.default_rng(0)
    found = []
    for (optimizer, study), part in tables.groupby(["optimizer", "study"], sort=False):
        draws = rng.integers(len(part), size=(5000, len(part)))
        row: dict[str, object] = {"optimizer": optimizer, "study": study, "n_tables": len(part)}
        for name in ("needed", "needed_within_tie"):
            values = part[name].to_numpy()
            middle = np.percentile(values[draws], 50, axis=1, method="higher")
            row[f"median_{name}"] = np.percentile(values, 50, method="higher")
            ends = np.percentile(middle, [2.5, 97.5], method="nearest")
            row[f"{name}_low"], row[f"{name}_high"] = ends
            row[f"share_{name}_in_10"] = float(np.mean(values <= N_EARLY))
        for name, (ours, theirs) in {
            "same_folds": ("warm_10", "cold_30"),
            "fresh_folds": ("fresh_warm_10", "fresh_cold_30"),
            "early": ("warm_10", "cold_10"),
        }.items():
            gain = (part[ours] - part[theirs]).to_numpy()
            row[f"{name}_gain"], row[f"{name}_median"] = gain.mean(), np.median(gain)
            row[f"{name}_n_as_good"] = int((gain >= -1e-12).sum())
            middle = np.percentile(np.median(gain[draws], axis=1), [2.5, 97.5])
            row[f"{name}_median_low"], row[f"{name}_median_high"] = middle
            ends = np.percentile(gain[draws].mean(axis=1), [2.5, 97.5])
            row[f"{name}_low"], row[f"{name}_high"] = ends
        for name in ("reached", "not reached; no worse on fresh folds", "not reached; behind"):
            row[f"n_{name}"] = int((part["outcome"] == name).sum())
        row["n_known_as_good"] = float(part["n_known_as_good"].median())
        row["luck_of_cold_30"] = float((part["cold_30"] - part["fresh_cold_30"]).mean())
        row["luck_of_warm_10"] = float((part["warm_10"] - part["fresh_warm_10"]).mean())
        found.append(row)
    return pd.DataFrame(found)


def page(result: pd.DataFrame) -> str:
    """Return the table of the documentation."""

    def count(value: float) -> str:
        return f"more than {N_WARM}" if np.isinf(value) else f"{value:.0f}"

    names = {"listed": ", fixed list"}
    head = [f"{r.optimizer}{names.get(r.study, '')}" for r in result.itertuples()]
    lines = [["", *head], ["---"] * (len(head) + 1)]
    lines.append(["tables", *(str(r.n_tables) for r in result.itertuples())])
    for name, text in (("needed", "trials to reach the cold study's best of 30, median table"),
                       ("needed_within_tie", "the same, within 0.001")):  # fmt: skip
        cells = [f"{count(r[f'median_{name}'])} ({count(r[f'{name}_low'])} to "
                 f"{count(r[f'{name}_high'])})" for _, r in result.iterrows()]  # fmt: skip
        lines.append([text, *cells])
        shares = [
            f"{round(r[f'share_{name}_in_10'] * r['n_tables'])}" for _, r in result.iterrows()
        ]
        lines.append([f"tables where ten are enough{', within 0.001' * ('tie' in name)}", *shares])
    for name in ("not reached; no worse on fresh folds", "not reached; behind"):
        lines.append([f"tables where ten are {name}", *(str(r) for r in result[f"n_{name}"])])
    for name, text in (("same_folds", "best of 10 warm less best of 30 cold, same folds"),
                       ("fresh_folds", "the same two configurations on fresh folds"),
                       ("early", "best of 10 warm less best of 10 cold, same folds")):  # fmt: skip
        cells = [f"{r[f'{name}_gain']:+.4f} ({r[f'{name}_low']:+.4f} to {r[f'{name}_high']:+.4f})"
                 for _, r in result.iterrows()]  # fmt: skip
        lines.append([text, *cells])
        if name != "fresh_folds":
            continue
        cells = [f"{r[f'{name}_median']:+.4f} ({r[f'{name}_median_low']:+.4f} to "
                 f"{r[f'{name}_median_high']:+.4f})" for _, r in result.iterrows()]  # fmt: skip
        lines.append(["the same, median table", *cells])
        counts = [str(n) for n in result[f"{name}_n_as_good"]]
        lines.append(["tables where ten warm are as good as thirty cold on fresh folds", *counts])
    lines.append(["configurations of the store as good as the best of 30 cold, median table",
                  *(f"{n:.1f}" for n in result["n_known_as_good"])])  # fmt: skip
    for name, text in (("luck_of_cold_30", "luck of the best of 30 cold: own folds less fresh"),
                       ("luck_of_warm_10", "luck of the best of 10 warm")):  # fmt: skip
        lines.append([text, *(f"{value:+.4f}" for value in result[name])])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def draw(benches: list[Bench], path: Path) -> None:
    """Draw the best score so far, warm against cold; one column a table, one row an optimizer."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(benches), figsize=(3.4 * len(benches), 5.2), squeeze=False)
    for i, optimizer in enumerate(OPTIMIZERS):
        for j, bench in enumerate(benches):
            for study, colour in COLOURS.items():
                runs = [s["scores"] for name, s in bench.studies.items()
                        if name.startswith(f"{optimizer}|{study}|")]  # fmt: skip
                if not runs:
                    continue
                best = np.maximum.accumulate(np.array(runs), axis=1)
                trials = np.arange(1, best.shape[1] + 1)
                axes[i, j].plot(trials, best.mean(axis=0), color=colour, label=study)
                axes[i, j].fill_between(trials, best.min(axis=0), best.max(axis=0),
                                        color=colour, alpha=0.15, linewidth=0)  # fmt: skip
            axes[i, j].set_title(f"{optimizer}, {bench.entry.name}", fontsize=9)
            axes[i, j].set_xlabel("trials")
        axes[i, 0].set_ylabel("best balanced accuracy")
    axes[0, 0].legend(frameon=False, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)


def chosen(index: Path) -> list[TableEntry]:
    """Return the classification tables of 250 to 1,400 rows and at most 20,000 cells."""
    frame = pd.read_csv(index).set_index("name")
    cells = frame["rows"] * frame["n_features"]
    fits = (frame["kind"] == "classification") & frame["rows"].between(250, 1400)
    fits &= cells <= 20_000
    found = [entry for entry in table_entries(index) if fits.get(entry.name, False)]
    return sorted(found, key=lambda entry: (cells[entry.name], entry.name))


def report(benches: list[Bench], out: Path, names: list[str], prefix: str) -> None:
    """Write the tables and the figure, from what has been run."""
    tables = per_table(benches)
    tables.to_csv(out / f"{prefix}tables.csv", index=False)
    result = totals(tables)
    result.to_csv(out / f"{prefix}result.csv", index=False)
    (out / f"{prefix}table.md").write_text(page(result))
    benches[0].measure()  # imports
    costs = pd.DataFrame([{"table": b.entry.name, **b.measure()} for b in benches[:N_TIMED]])
    costs.to_csv(out / f"{prefix}overhead.csv", index=False)
    print(costs.describe().loc[["50%", "max"]].to_string())
    print(result.T.to_string())
    full = [b for b in benches if {n.rsplit("|", 1)[0] for n in b.studies}
            >= {"|".join(key) for key in STUDIES if key[1] != "listed"}]  # fmt: skip
    drawn = [b for b in full if b.entry.name in names] or full[:3]
    if drawn:
        draw(drawn, out / f"{prefix}warm_against_cold.png")


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--space", default="svc")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--names", help="only these tables, comma-separated")
    parser.add_argument("--draw", default="", help="three tables to draw, comma-separated")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--studies", default="cold,warm,listed", help="run only these")
    parser.add_argument("--smoke", action="store_true", help="two tables, few trials")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    entries = chosen(asked.tables)
    if asked.names:
        entries = [entry for entry in entries if entry.name in asked.names.split(",")]
    seeds = range(1, asked.seeds + 1)
    if asked.smoke:
        entries, seeds = entries[:2], range(1, 2)
    asked.out.mkdir(parents=True, exist_ok=True)
    for n_seeds in seeds:  # all tables with one seed before any with two
        for entry in entries:
            begun = time.process_time()
            bench = Bench(entry, asked.space, asked.kb, asked.work)
            bench.run(n_seeds, asked.studies.split(","), asked.smoke)
            print(f"{entry.name}: {time.process_time() - begun:.1f} s", flush=True)
    benches = [Bench(entry, asked.space, asked.kb, asked.work) for entry in entries]
    benches = [bench for bench in benches if bench.studies]
    prefix = "" if asked.space == "svc" else f"{asked.space}_"
    if set(asked.studies.split(",")) > {"cold"}:
        report(benches, asked.out, asked.draw.split(","), prefix)


if __name__ == "__main__":
    main()
