"""Figures and tables of `evaluate --systems`: losses over seconds, and ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.plots.critical_difference import (
    critical_difference_data,
    draw_critical_difference,
)
from metalearn.plots.style import figure, line, save, styled
from metalearn.plots.tables import write_tables
from metalearn.workflows.evaluate.systems.result import SystemEvaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SystemCurves", "draw_system_curves", "system_curves_data",
           "write_system_evaluation"]  # fmt: skip

_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class SystemCurves:
    """Mean out-of-fold loss of the best trial so far over the seconds of a fit.

    Losses are scaled on each split of a table: 0 is the lowest loss of any trial of any system, 1
    the highest among the first trials of the systems; before its first trial a system has 1.

    Attributes:
        systems: Names of the systems that make trials.
        seconds: `(n_steps,)`.
        loss: `(n_systems, n_steps)`.
        n_tables: Number of tables.
    """

    systems: tuple[str, ...]
    seconds: Floats
    loss: Floats
    n_tables: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per system and second: system, seconds, loss."""
        n_systems, n_steps = self.loss.shape
        return pd.DataFrame({
            "system": np.repeat(self.systems, n_steps),
            "seconds": np.tile(self.seconds, n_systems),
            "loss": self.loss.ravel(),
        })  # fmt: skip


def system_curves_data(found: SystemEvaluation) -> SystemCurves:
    """Return the mean curves of an evaluation."""
    seconds = np.linspace(0.0, found.budget_s, _STEPS + 1)[1:]
    curves: dict[tuple[object, object], dict[str, list[list[float]]]] = {}
    for fit in found.fits:
        if fit.get("curve"):
            curves.setdefault((fit["table"], fit["split"]), {})[fit["system"]] = fit["curve"]
    systems = tuple(s for s in found.systems if any(s in part for part in curves.values()))
    loss = np.ones((len(systems), len(curves), _STEPS))
    for j, part in enumerate(curves.values()):
        low = min(curve[-1][1] for curve in part.values())
        high = max(curve[0][1] for curve in part.values())
        for i, system in enumerate(systems):
            if system in part:
                times, values = np.array(part[system]).T
                place = np.searchsorted(times, seconds, side="right") - 1
                level = np.clip((values - low) / max(high - low, 1e-12), 0.0, 1.0)
                loss[i, j] = np.where(place >= 0, level[np.maximum(place, 0)], 1.0)
    return SystemCurves(systems, seconds, loss.mean(axis=1), len(found.tables))


def draw_system_curves(data: SystemCurves) -> Figure:
    """Draw the curves, `default` thicker than the others."""
    with styled():
        drawn, (ax,) = figure(6.4, 4.0)
        for i, name in enumerate(data.systems):
            colour, dash, marker = line(i)
            ax.plot(
                data.seconds, data.loss[i], color=colour, ls=dash, marker=marker, markersize=3.5,
                markevery=_STEPS // 6, drawstyle="steps-post", label=name,
                lw=2.2 if name == "default" else 1.2,
            )  # fmt: skip
        tables = "1 table" if data.n_tables == 1 else f"{data.n_tables} tables"
        ax.set_xlabel(f"seconds ({tables})")
        ax.set_ylabel("scaled out-of-fold loss of the best trial")
        ax.set_ylim(0.0, 1.02)
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return drawn


def write_system_evaluation(found: SystemEvaluation, folder: Path) -> list[Path]:
    """Write JSON, tables and figures of an evaluation; return the paths.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    tables = {
        "results": pd.DataFrame(found.rows),
        "comparisons": pd.DataFrame(found.comparisons),
        "per_table": found.per_table(),
    }
    paths = write_tables(folder, found.to_dict(), tables)
    curves = system_curves_data(found)
    if curves.systems:
        paths += save(draw_system_curves(curves), folder, "seconds", curves.to_frame())
    if not math.isnan(found.critical_difference):
        diagram = critical_difference_data(found.systems, found.ranks)
        title = f"test loss after {found.budget_s:g} s"
        drawn = draw_critical_difference(diagram, title)
        paths += save(drawn, folder, "critical_difference", diagram.to_frame())
    return paths
