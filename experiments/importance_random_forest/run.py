"""Does our functional ANOVA give the published importance of random forest's hyperparameters?

    python experiments/importance_random_forest/run.py DATA [--out DIR] [--smoke]

DATA is a folder with the published runs `pimp-rf/random_forest.arff.gz` and the published results
`pimp-published/6969_vanilla_*.csv` of van Rijn & Hutter, "Hyperparameter importance across
datasets" (KDD 2018). The runs are imported and every task is analysed with pairs (seed 0; 16 trees
and 0.7 of the axes at each split, as published). Shares, average ranks and the strongest
interactions are compared with the published ones. The figures of the paper come out again: box
plots, average ranks with critical difference, marginals, KDE densities.
`--smoke` takes four tasks.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.importance import FanovaSettings, ImportanceTable, importance_summary
from metalearn.importance.forest import ForestSettings
from metalearn.plots.densities import draw_priors
from metalearn.plots.importance_report import draw_importance
from metalearn.plots.style import BLUE, DARK, LIGHT, figure, save, styled

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.published_runs import published_runs

PUBLISHED_NAME = {
    "columntransformer__numeric__imputer__strategy": "imputation",
    "randomforestclassifier__bootstrap": "bootstrap",
    "randomforestclassifier__criterion": "split criterion",
    "randomforestclassifier__max_features": "max. features",
    "randomforestclassifier__min_samples_leaf": "min. samples leaf",
    "randomforestclassifier__min_samples_split": "min. samples split",
}
N_SMOKE = 4
AS_PUBLISHED = ForestSettings(feature_fraction=0.7, min_leaf=1)  # as automl/fanova
PUBLISHED = FanovaSettings(forest=AS_PUBLISHED)


def ours(table: ImportanceTable) -> pd.DataFrame:
    """Return our shares in the published words: task_id, item, share."""
    frame = table.to_frame().dropna(subset=["share"])
    item = [" / ".join(sorted(PUBLISHED_NAME[name] for name in text.split(" / ")))
            for text in frame["item"]]  # fmt: skip
    task = frame["task"].str.rsplit(":", n=1).str[-1].astype(int)
    return pd.DataFrame({"task_id": task, "item": item, "size": frame["size"],
                         "share": frame["share"]})  # fmt: skip


def published(folder: Path) -> pd.DataFrame:
    """Return the published shares: task_id, item, published."""
    frame = pd.read_csv(folder / "6969_vanilla_ranks_plain_all.csv")
    item = [" / ".join(sorted(text.split(" / "))) for text in frame["param_id"]]
    return pd.DataFrame({"task_id": frame["task_id"], "item": item,
                         "published": frame["variance_contribution"]})  # fmt: skip


def agreement(both: pd.DataFrame) -> dict[str, float]:
    """Return correlation of main effects and of pairs, and how often the same item is first."""
    main, pairs = both[both["size"] == 1], both[both["size"] == 2]
    wide = main.set_index(["task_id", "item"])[["share", "published"]].unstack()  # noqa: PD010
    top = wide["share"].idxmax(axis=1) == wide["published"].idxmax(axis=1)
    return {
        "tasks": len(wide),
        "r_main_effects": float(np.corrcoef(main["share"], main["published"])[0, 1]),
        "r_pairs": float(np.corrcoef(pairs["share"], pairs["published"])[0, 1]),
        "same_top_share": float(top.mean()),
        "mean_absolute_difference": float((main["share"] - main["published"]).abs().mean()),
    }


def draw_scatter(both: pd.DataFrame, found: dict[str, float], folder: Path) -> None:
    """Draw published against our shares."""
    with styled():
        drawn, panels = figure(6.6, 3.3, 1, 2)
        for ax, size, title in zip(
            panels, (1, 2), ("main effects", "published pairs"), strict=True
        ):
            part = both[both["size"] == size]
            end = 1.05 * float(part[["share", "published"]].to_numpy().max())
            r = found["r_main_effects" if size == 1 else "r_pairs"]
            ax.plot([0, end], [0, end], color=DARK, lw=0.7, ls=":")
            ax.plot(part["published"], part["share"], "o", ms=3, mfc=LIGHT, mec=BLUE, mew=0.7)
            ax.set_xlabel("published share of variance")
            ax.set_ylabel("ours")
            ax.set_title(f"{title}, r = {r:.3f}, {part['task_id'].nunique()} tasks", fontsize=9)
    save(drawn, folder, "published_against_ours", both)


def main() -> None:
    """Import, analyse, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    runs = published_runs(arguments.data, n_tasks=N_SMOKE if arguments.smoke else None)
    wall, cpu = time.perf_counter(), time.process_time()
    table = metalearn.importance.fanova(runs, settings=PUBLISHED)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    both = ours(table).merge(published(arguments.data / "pimp-published"), on=["task_id", "item"])
    found = agreement(both)
    found |= {"all_tasks": len(table.tasks), "wall_s": wall, "processor_s": cpu}
    draw_importance(table, runs, arguments.out, settings=PUBLISHED)
    draw_scatter(both, found, arguments.out)
    draw_priors(metalearn.priors.kde(runs), arguments.out)
    result = pd.DataFrame({"quantity": list(found), "value": list(found.values())})
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    print(result.to_string(index=False))
    print(importance_summary(table).head(9).round(3).to_string())


if __name__ == "__main__":
    main()
