"""The figure and the tables of a tunability analysis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from metalearn.importance import SymbolicTable, TunabilityTable
from metalearn.plots.boxes import BoxPlot, box_data, draw_boxes
from metalearn.plots.style import save, short_names

__all__ = ["draw_tunability", "gains_data"]


def draw_tunability(
    table: TunabilityTable, folder: Path, *, symbolic: SymbolicTable | None = None
) -> list[Path]:
    """Write box plots of the gains over tasks, the tables, and the default set as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in ("tunability.csv", "summary.csv", "defaults.json")]
    table.to_frame().to_csv(paths[0], index=False, float_format="%.6g")
    table.summary().to_csv(paths[1], index=False, float_format="%.6g")
    defaults = [dict(step.configuration.hyperparameters) for step in table.default_set]
    paths[2].write_text(json.dumps(defaults, indent=1) + "\n", encoding="utf-8")
    if symbolic is not None:
        paths.append(folder / "symbolic.csv")
        symbolic.to_frame().to_csv(paths[-1], index=False, float_format="%.6g")
    what = f"{table.algorithm}, {len(table.tasks)} tasks"
    for name, boxes in gains_data(table):
        paths += save(draw_boxes(boxes, what), folder, name, boxes.to_frame())
    return paths


def gains_data(table: TunabilityTable) -> Iterator[tuple[str, BoxPlot]]:
    """Yield the box plots of gains over tasks, of hyperparameters and of pairs, with names."""
    if table.default is None:
        return
    values = np.column_stack([table.plain.overall, table.plain.item])
    names = short_names(("all", *table.names))
    corrected = np.column_stack([table.corrected.overall, table.corrected.item])
    known = np.isfinite(corrected)
    means = np.where(known, corrected, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    means[~known.any(axis=0)] = np.nan
    doubt = "; ".join(remark for remark in table.remarks if remark.startswith("doubtful: "))
    for size, name in ((1, "tunability"), (2, "tunability_pairs")):
        shown = [0] + [1 + i for i, item in enumerate(table.items) if len(item) == size]
        if len(shown) > 1:
            yield name, box_data(
                tuple(names[i] for i in shown), values[:, shown],
                f"gain of {table.metric.name} over the optimal default",
                marks=means[shown], mark="corrected", doubt=doubt,
            )  # fmt: skip
