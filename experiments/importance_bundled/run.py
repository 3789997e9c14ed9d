"""Which hyperparameters matter on the bundled meta-dataset, and which are worth tuning?

    python experiments/importance_bundled/run.py [--kb KB] [--out DIR] [--smoke]

For every algorithm in the store, classification (balanced accuracy) and regression (R2) apart,
seed 0: functional ANOVA task by task (main effects, 16 trees) and of all tasks pooled by rank (64
trees), tunability (32 trees) and the KDE prior. What the data cannot say is said: a verdict per
algorithm, "too few" below ten distinct configurations or two per hyperparameter (no number then),
"doubtful" below a hundred or if a forest explains less than half of the runs out of bag, else
"fair". `--smoke` takes the first two algorithms and twelve tasks.

Writes `verdicts.csv` (one row per algorithm and kind), `result.csv` (one row per hyperparameter),
`notes.txt`, the figure `importance_bundled`, one of each prior, all with their data, and for
algorithms with an answer `priors_held_out.csv`: draws from the prior of the other tasks against
uniform ones, as in `experiments/priors_held_out`. `page.py` brings it into the documentation.
"""

from __future__ import annotations

import argparse
import runpy
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats
from metalearn.errors import MetalearnError, NotEnoughMetaDataError
from metalearn.histories.runs import Runs, as_runs
from metalearn.importance import FanovaSettings, ImportanceTable, TunabilitySettings, pooled
from metalearn.importance.forest import ForestSettings
from metalearn.plots.densities import draw_priors
from metalearn.plots.style import BLUE, DARK, LIGHT, figure, save, styled

N_SMOKE, GOOD_FIT, LEAST_RUNS, ENOUGH_RUNS = 12, 0.5, 10, 100
METRICS = {"classification": "balanced_accuracy", "regression": "r2"}


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was found out about one algorithm on one kind of task.

    Attributes:
        name: Algorithm and kind.
        runs: Its runs.
        each: Importance task by task.
        together: Importance of all tasks pooled.
        rows: One row per hyperparameter.
        notes: Remarks of the analyses.
    """

    name: str
    runs: Runs
    each: ImportanceTable
    together: ImportanceTable
    rows: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def shown_rows(self) -> pd.DataFrame:
        """The rows that say something: none where there are too few runs."""
        return self.rows.iloc[:0] if self.verdict == "too few" else self.rows

    @property
    def n_points(self) -> int:
        """Number of distinct configurations."""
        return int(self.together.n_runs[0])

    @property
    def verdict(self) -> str:
        """What may be concluded, in a word or two."""
        least = max(LEAST_RUNS, 2 * len(self.each.items))
        if not self.each.valid or self.n_points < least:
            return "too few"
        fit = max(float(self.together.fit[0]), float(np.nanmedian(self.each.fit)))
        return "fair" if fit >= GOOD_FIT and self.n_points >= ENOUGH_RUNS else "doubtful"


def analysed(name: str, runs: Runs) -> Analysis:
    """Return the analyses of one algorithm."""
    main = FanovaSettings(order=1)
    each = metalearn.importance.fanova(runs, settings=main)
    together = metalearn.importance.fanova(
        pooled(runs), settings=replace(main, forest=ForestSettings(64))
    )
    gain = metalearn.importance.tunability(
        runs, settings=TunabilitySettings(order=1, n_points=1000, n_defaults=3)
    )
    tuned = gain.summary().set_index("item").reindex(each.names)
    low, middle, high = quartiles(each.share)
    rows = pd.DataFrame(
        {
            "analysis": name,
            "hyperparameter": each.names,
            "share_pooled": together.share[0],
            "share_median": middle,
            "share_lower_quartile": low,
            "share_upper_quartile": high,
            "tunability": tuned["tunability"].to_numpy(),
            "tunability_corrected": tuned["corrected"].to_numpy(),
            "risk": tuned["risk"].astype(float).to_numpy(),
        }
    )
    rows = rows.sort_values("share_median", ascending=False, kind="stable", ignore_index=True)
    return Analysis(name, runs, each, together, rows, tuple(dict.fromkeys(gain.remarks)))


def quartiles(share: Floats) -> Floats:
    """Return `(3, n_items)` quartiles over the tasks that have an answer; NaN without one."""
    known = share[~np.isnan(share).any(axis=1)]
    if not len(known):
        return np.full((3, share.shape[1]), np.nan)
    return np.asarray(np.quantile(known, [0.25, 0.5, 0.75], axis=0))


def verdict_row(found: Analysis, n_in_prior: int) -> dict[str, object]:
    """Return what the data of one algorithm are worth."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no task has a forest
        fit = float(np.nanmedian(found.each.fit))
    return {
        "analysis": found.name,
        "tasks": len(found.each.tasks),
        "runs_per_task": float(np.median(found.each.n_runs)),
        "distinct_configurations": found.n_points,
        "hyperparameters": len(found.each.items),
        "tasks_with_answer": len(found.each.valid),
        "fit_of_a_task": fit,
        "fit_pooled": float(found.together.fit[0]),
        "tasks_in_prior": n_in_prior,
        "verdict": found.verdict,
    }


def draw(analyses: list[Analysis], folder: Path) -> None:
    """Draw the shares of every algorithm with an answer: quartiles over tasks, and pooled."""
    shown = [a for a in analyses if a.verdict != "too few"]
    if not shown:
        return
    columns = min(3, len(shown))
    n_rows = -(-len(shown) // columns)
    most = max(len(a.rows) for a in shown)
    with styled():
        drawn, panels = figure(3.2 * columns, (0.8 + 0.24 * most) * n_rows, n_rows, columns)
        for ax, found in zip(panels, shown, strict=False):
            rows = found.rows
            y = np.arange(len(rows))
            ax.hlines(y, rows["share_lower_quartile"], rows["share_upper_quartile"],
                      color=LIGHT, lw=7)  # fmt: skip
            ax.plot(rows["share_median"], y, "|", color=DARK, ms=9, mew=2, label="tasks: median")
            ax.plot(rows["share_pooled"], y, "D", color=BLUE, mfc="none", ms=4.5, label="pooled")
            ax.set_yticks(y, rows["hyperparameter"])
            ax.invert_yaxis()
            ax.set_xlim(left=0.0)
            ax.set_title(f"{found.name}\n{found.n_points} configurations, {found.verdict}",
                         fontsize=8.5)  # fmt: skip
        for ax in panels[len(shown) :]:
            ax.axis("off")
        panels[0].legend(frameon=False, fontsize=8, loc="lower right")
        drawn.supxlabel("share of variance (grey: quartiles over tasks)", fontsize=9)
    data = pd.concat([a.rows for a in shown], ignore_index=True)
    save(drawn, folder, "importance_bundled", data)


def held_out(found: Analysis, *, n_seeds: int) -> pd.DataFrame:
    """Return the comparison of prior and uniform draws over held-out tasks."""
    other = runpy.run_path(str(Path(__file__).parents[1] / "priors_held_out" / "run.py"))
    usable = tuple(h for h in found.runs.histories if np.ptp(h.y) > 0)
    runs = replace(found.runs, histories=usable)
    table = other["table"](other["compared"](runs, n_seeds), other["usual_lengths"](runs))
    frame: pd.DataFrame = table[table["sampler"] != "independent prior"]
    return frame.assign(analysis=found.name)


def every_runs(store: metalearn.store.Store, *, smoke: bool) -> dict[str, Runs | str]:
    """Return the runs of every algorithm and kind, or why there are none."""
    found: dict[str, Runs | str] = {}
    for algorithm in store.sql("SELECT algorithm FROM algorithm ORDER BY 1")["algorithm"]:
        known = [m for m in METRICS.values() if m in store.metrics()] or list(store.metrics())
        for metric in known:
            kind = next((k for k, m in METRICS.items() if m == metric), metric)
            try:
                runs = as_runs(store, algorithm, metric=metric)
            except NotEnoughMetaDataError:
                continue  # not a learner of this kind
            if smoke:
                runs = replace(runs, histories=runs.histories[:N_SMOKE])
            found[f"{algorithm}, {kind}"] = runs
    return found


def write(analyses: list[Analysis], verdicts: pd.DataFrame, out: Path, n_seeds: int) -> None:
    """Draw what stands out, and write the tables."""
    draw(analyses, out)
    result = pd.concat([a.shown_rows for a in analyses], ignore_index=True)
    result.to_csv(out / "result.csv", index=False, float_format="%.4g")
    verdicts.to_csv(out / "verdicts.csv", index=False, float_format="%.3g")
    priors = [held_out(a, n_seeds=n_seeds) for a in analyses if a.verdict != "too few"]
    if priors:
        pd.concat(priors).to_csv(out / "priors_held_out.csv", index=False, float_format="%.4g")


def main() -> None:
    """Analyse every algorithm and draw what stands out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    analyses, verdicts, notes = [], [], []
    with metalearn.open(arguments.kb) as store:
        sources = every_runs(store, smoke=arguments.smoke)
    for name, runs in sources.items():
        if arguments.smoke and len(analyses) == 2:
            break
        try:
            found = analysed(name, runs)
        except MetalearnError as error:
            notes.append(f"{name}: {error}")
            continue
        prior = metalearn.priors.kde(runs)
        draw_priors(prior, arguments.out / name.replace(", ", "_"))
        analyses.append(found)
        verdicts.append(verdict_row(found, len(prior.pool.tasks)))
        notes += [f"{name}: {note}" for note in (*found.notes, *found.together.notes) if note]
        silent = Counter(note for note in found.each.notes if note.startswith("no answer"))
        notes += [f"{name}, {n} tasks: {note}" for note, n in silent.items()]
        if found.verdict != "too few":
            print(found.rows.round(3).to_string(index=False), flush=True)
    (arguments.out / "notes.txt").write_text("\n".join(notes) + "\n", encoding="utf-8")
    if not analyses:
        print("no algorithm has runs that can be analysed; see notes.txt")
        return
    table = pd.DataFrame(verdicts)
    write(analyses, table, arguments.out, n_seeds=5 if arguments.smoke else 50)
    print(table.round(2).to_string(index=False))
    print(f"{len(notes)} notes in notes.txt")


if __name__ == "__main__":
    main()
