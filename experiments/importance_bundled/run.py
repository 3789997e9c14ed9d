"""Which hyperparameters matter on the bundled meta-dataset, and which are worth tuning?

    python experiments/importance_bundled/run.py [--kb KB] [--out DIR] [--smoke]

For every algorithm in the store with a search space: functional ANOVA (main effects, 16 trees),
tunability (32 trees) and the KDE prior, all with seed 0 and the store's first metric for it. An
algorithm or task with too few runs gets no number but a sentence. `--smoke` takes two algorithms
and twelve tasks.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.runs import Runs, as_runs
from metalearn.errors import MetalearnError
from metalearn.importance import (
    FanovaSettings,
    TunabilitySettings,
    importance_summary,
)
from metalearn.plots.boxes import box_data, draw_boxes
from metalearn.plots.densities import draw_priors
from metalearn.plots.style import save

N_SMOKE = 12
GOOD_FIT = 0.5


def analysed(runs: Runs) -> tuple[pd.DataFrame, np.ndarray, tuple[str, ...], list[str]]:
    """Return a row per hyperparameter, shares of the tasks with a fair fit, names, sentences."""
    importance = metalearn.importance.fanova(runs, settings=FanovaSettings(order=1))
    gain = metalearn.importance.tunability(
        runs, settings=TunabilitySettings(order=1, n_points=1000, n_defaults=3)
    )
    summary = importance_summary(importance).set_index("item")
    tuned = gain.summary().set_index("item")
    fair = importance.fit >= GOOD_FIT
    shares = np.where(fair[:, None], importance.share, np.nan)
    rows = pd.DataFrame(
        {
            "algorithm": runs.algorithm,
            "metric": runs.metric.name,
            "hyperparameter": summary.index,
            "median_share": summary["median"].to_numpy(),
            "mean_rank": summary["mean_rank"].to_numpy(),
            "top_on": summary["top_on"].to_numpy(),
            "tunability": tuned["tunability"].reindex(summary.index).to_numpy(),
            "tunability_corrected": tuned["corrected"].reindex(summary.index).to_numpy(),
            "risk": tuned["risk"].reindex(summary.index).astype(float).to_numpy(),
            "n_tasks": len(importance.valid),
            "n_fair_fits": int(fair.sum()),
            "runs_per_task": float(np.median(importance.n_runs)),
        }
    )
    notes = [f"{runs.algorithm}: {note}" for note in (*importance.remarks, *gain.remarks[-1:])]
    notes += [f"{runs.algorithm}, {task}: {note}"
              for task, note in zip(importance.tasks, importance.notes, strict=True)
              if note.startswith("no answer")]  # fmt: skip
    return rows, shares, importance.names, notes


def main() -> None:
    """Analyse every algorithm and draw what stands out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    tables, notes, drawn = [], [], []
    with metalearn.open(arguments.kb) as store:
        algorithms = list(store.sql("SELECT algorithm FROM algorithm ORDER BY 1")["algorithm"])
        for algorithm in algorithms:
            if arguments.smoke and len(tables) == 2:
                break
            try:
                runs = as_runs(store, algorithm)
                if arguments.smoke:
                    runs = replace(runs, histories=runs.histories[:N_SMOKE])
                rows, shares, names, said = analysed(runs)
            except MetalearnError as error:
                notes.append(f"{algorithm}: {error}")
                continue
            tables.append(rows)
            notes += said
            drawn.append((tuple(f"{algorithm}: {name}" for name in names), shares))
            draw_priors(metalearn.priors.kde(runs, n_top=5), arguments.out / algorithm)
            print(rows.round(3).to_string(index=False), flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "notes.txt").write_text("\n".join(notes) + "\n", encoding="utf-8")
    if not tables:
        print("no algorithm has runs that can be analysed; see notes.txt")
        return
    result = pd.concat(tables, ignore_index=True)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    n_tasks = max(len(shares) for _, shares in drawn)
    every = [np.vstack([s, np.full((n_tasks - len(s), s.shape[1]), np.nan)]) for _, s in drawn]
    names = tuple(name for part, _ in drawn for name in part)
    if np.isfinite(np.hstack(every)).any():
        boxes = box_data(names, np.hstack(every), "share of variance", at_most=18)
        title = "bundled meta-dataset, tasks with out-of-bag R2 >= 0.5"
        save(draw_boxes(boxes, title), arguments.out, "main_effects", boxes.to_frame())
    print(f"{len(notes)} notes in notes.txt")


if __name__ == "__main__":
    main()
