"""All figures of an importance analysis, with their data beside them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.histories.runs import Runs
from metalearn.importance import ImportanceTable, importance_summary
from metalearn.importance.functional_anova import FanovaSettings
from metalearn.importance.marginals import Marginal, marginals
from metalearn.plots.boxes import box_data, draw_boxes
from metalearn.plots.critical_difference import critical_difference_data, draw_critical_difference
from metalearn.plots.marginals import draw_curves, draw_surface
from metalearn.plots.style import save, short_names

__all__ = ["doubt_of", "draw_importance", "top_marginals"]

_CURVES, _SURFACES = 6, 2
_DOUBT = "doubtful: "
_LABEL = {"fanova": "share of variance", "ped-anova": "share of divergence"}


def draw_importance(
    table: ImportanceTable,
    runs: Runs,
    folder: Path,
    *,
    settings: FanovaSettings | None = None,
    seed: int = 0,
) -> list[Path]:
    """Write all figures and tables of an analysis; return the paths.

    Box plots of main effects and interactions, average ranks with critical difference (two or more
    tasks), marginal curves of the most important hyperparameters, surfaces of the top pairs.

    Args:
        table: The analysis; at least one task must have a result.
        runs: What it was computed from.
        folder: Where to write; made if missing.
        settings: As in the analysis.
        seed: As in the analysis.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = importance_summary(table)
    table.to_frame().to_csv(folder / "importance.csv", index=False, float_format="%.6g")
    summary.to_csv(folder / "summary.csv", index=False, float_format="%.6g")
    paths = [folder / "importance.csv", folder / "summary.csv"]
    if not table.valid:
        return paths
    what = f"{table.algorithm}, {table.metric}, {len(table.valid)} tasks"
    for size, name in ((1, "main_effects"), (2, "interactions")):
        part = table.of_size(size)
        if part.items:
            boxes = box_data(
                short_names(part.names), part.share, _LABEL[table.method], doubt=doubt_of(table)
            )
            paths += save(draw_boxes(boxes, what), folder, name, boxes.to_frame())
    main = table.of_size(1)
    if len(table.valid) > 1 and len(main.items) > 1:
        ranks = critical_difference_data(short_names(main.names), -main.share)
        drawn = draw_critical_difference(ranks, f"average rank of importance: {what}")
        paths += save(drawn, folder, "average_ranks", ranks.to_frame())
    return paths + _draw_marginals(table, runs, folder, settings, seed)


def doubt_of(table: ImportanceTable) -> str:
    """Return the doubts about an analysis, in one line; "" for nothing."""
    of_all = [remark for remark in table.remarks if remark.startswith(_DOUBT)]
    valid = set(table.valid)
    noted = [note.removeprefix(_DOUBT) for task, note in zip(table.tasks, table.notes, strict=True)
             if note.startswith(_DOUBT) and task in valid]  # fmt: skip
    if noted:
        first = Counter(noted).most_common(1)[0][0]
        of_all.append(f"{_DOUBT}on {len(noted)} of {len(valid)} tasks: {first}")
    return "; ".join(of_all)


def _draw_marginals(
    table: ImportanceTable,
    runs: Runs,
    folder: Path,
    settings: FanovaSettings | None,
    seed: int,
) -> list[Path]:
    curves, surfaces, score = top_marginals(table, runs, settings, seed)
    every = pd.concat(
        [curve.to_frame().set_axis(["value", "centre", "low", "high"], axis=1)
         .assign(hyperparameter=curve.names[0]) for curve in curves],
        ignore_index=True,
    )  # fmt: skip
    paths = save(draw_curves(curves, score, table.algorithm), folder, "marginals", every)
    for surface in surfaces:
        name = "surface_" + "_".join(short_names(surface.names))
        title = f"{table.algorithm}, {surface.n_tasks} tasks"
        paths += save(draw_surface(surface, score, title), folder, name, surface.to_frame())
    return paths


def top_marginals(
    table: ImportanceTable,
    runs: Runs,
    settings: FanovaSettings | None = None,
    seed: int = 0,
) -> tuple[list[Marginal], list[Marginal], str]:
    """Return marginals of the most important hyperparameters and pairs, and what they measure."""
    task = table.valid[0] if len(table.valid) == 1 else None
    score = runs.metric.name if task else f"{runs.metric.name} - task mean"
    median = np.nanmedian(table.share[~np.isnan(table.share).all(axis=1)], axis=0)
    order = np.argsort(-median, kind="stable")
    single = [table.items[i] for i in order if len(table.items[i]) == 1][:_CURVES]
    pairs = [table.items[i] for i in order if len(table.items[i]) == 2][:_SURFACES]
    found = marginals(runs, [*single, *pairs], task=task, settings=settings, seed=seed)
    return found[: len(single)], found[len(single) :], score
