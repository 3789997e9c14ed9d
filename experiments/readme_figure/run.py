"""The figure of the README: regret after k evaluations on tables left out, bundled data.

    python experiments/readme_figure/run.py [--out docs/figures] [--smoke]

Leaves out one task (and its family) at a time; seed 0. The data of the figure lie beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.plots.evaluation import RegretCurves, regret_curves_data
from metalearn.plots.style import LINES, figure, save, styled
from metalearn.workflows.evaluate.recommenders import evaluate

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("default", "nearest-tasks", "portfolio", "average-rank")
PANELS = {"classification": "balanced_accuracy", "regression": "r2"}


def curves(kind: str, metric: str, *, smoke: bool) -> RegretCurves:
    """Return the curves of one kind of task."""
    with metalearn.open(ROOT / "data") as store:
        meta = (
            store.meta_dataset(metric, kind=kind).with_failures_imputed().with_outliers_clipped()
        )
    if smoke:
        meta = meta.take(np.arange(12))
    ks = (1, 3) if smoke else (1, 3, 5, 10, 20)
    return regret_curves_data(evaluate(meta, METHODS, ks, "leave-one-task-out", jobs=2))


def main() -> None:
    """Draw both panels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "figures")
    parser.add_argument("--smoke", action="store_true", help="twelve tasks, three evaluations")
    arguments = parser.parse_args()
    frames = []
    with styled():
        drawn, axes = figure(9.0, 3.4, 1, 2)
        for ax, (kind, metric) in zip(axes, PANELS.items(), strict=True):
            data = curves(kind, metric, smoke=arguments.smoke)
            frames.append(data.to_frame().assign(kind=kind, metric=metric, n_tasks=data.n_tasks))
            steps = np.arange(1, data.mean.shape[1] + 1)
            for i, name in enumerate(data.recommenders):
                colour, dash, marker = LINES[i % len(LINES)]
                ax.plot(steps, data.mean[i], color=colour, ls=dash, marker=marker, markersize=3.5,
                        lw=1.4, label=name)  # fmt: skip
                if name == "default":
                    ax.fill_between(
                        steps, data.low[i], data.high[i], color=colour, alpha=0.15, lw=0
                    )
            ax.set_yscale("log")
            ax.set_xticks([k for k in (1, 5, 10, 15, 20) if k <= steps[-1]])
            ax.set_xlabel("evaluations")
            ax.set_title(f"{data.n_tasks} {kind} tasks left out, {metric}", fontsize=9.5)
        axes[0].set_ylabel("mean normalized regret")
        axes[1].legend(frameon=False, fontsize=8)
    paths = save(drawn, arguments.out, "regret_bundled", pd.concat(frames))
    print(*paths)


if __name__ == "__main__":
    main()
