"""Figures and tables of an evaluation: regret curves and critical-difference diagrams."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.plots.critical_difference import (
    critical_difference_data,
    draw_critical_difference,
)
from metalearn.plots.style import figure, line, save, styled
from metalearn.plots.tables import write_tables
from metalearn.workflows.evaluate.result import EvaluationResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RegretCurves", "draw_regret_curves", "regret_curves_data", "write_evaluation"]

ORACLE = "oracle"


@dataclass(frozen=True, slots=True, eq=False)
class RegretCurves:
    """Mean regret after each number of evaluations, one line a method.

    Attributes:
        recommenders: Names, in the order of the result, without the oracle (0 everywhere).
        mean: `(n_recommenders, n_steps)` mean normalized regret.
        low: Lower ends of the 95 % bootstrap intervals over tasks, same shape.
        high: Upper ends.
        n_tasks: Number of tasks.
    """

    recommenders: tuple[str, ...]
    mean: Floats
    low: Floats
    high: Floats
    n_tasks: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per method and number of evaluations."""
        n_methods, n_steps = self.mean.shape
        return pd.DataFrame(
            {
                "recommender": np.repeat(self.recommenders, n_steps),
                "k": np.tile(np.arange(1, n_steps + 1), n_methods),
                "regret_mean": self.mean.ravel(),
                "regret_low": self.low.ravel(),
                "regret_high": self.high.ravel(),
            }
        )


def regret_curves_data(result: EvaluationResult) -> RegretCurves:
    """Return the mean curves of an evaluation with their intervals."""
    names = tuple(name for name in result.recommenders if name != ORACLE)
    curves = result.curves[[result.recommenders.index(name) for name in names]]
    n_methods, n_tasks, n_steps = curves.shape
    flat = curves.transpose(1, 0, 2).reshape(n_tasks, -1)
    low, high = bootstrap_means(flat, np.random.default_rng(result.protocol.seed))
    shape = n_methods, n_steps
    return RegretCurves(
        names, curves.mean(axis=1), low.reshape(shape), high.reshape(shape), n_tasks
    )


def draw_regret_curves(data: RegretCurves, title: str = "") -> Figure:
    """Draw the curves, with the interval of `default` as a band."""
    with styled():
        drawn, (ax,) = figure(6.0, 4.0)
        steps = np.arange(1, data.mean.shape[1] + 1)
        for i, name in enumerate(data.recommenders):
            colour, dash, marker = line(i)
            ax.plot(
                steps, data.mean[i], color=colour, ls=dash, marker=marker, markersize=3.5,
                markevery=max(len(steps) // 10, 1), lw=2.2 if name == "default" else 1.2,
                label=name,
            )  # fmt: skip
            if name == "default":
                ax.fill_between(steps, data.low[i], data.high[i], color=colour, alpha=0.15, lw=0)
        ax.set_yscale("log")
        ax.set_xlabel("evaluations")
        ax.locator_params(axis="x", integer=True)
        ax.set_ylabel(f"mean normalized regret ({data.n_tasks} tasks)")
        if len(data.recommenders) > 6:  # beside the lines, or it would cover them
            ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        else:
            ax.legend(frameon=False, fontsize=8)
        if title:
            ax.set_title(title, fontsize=9.5)
    return drawn


def write_evaluation(result: EvaluationResult, folder: Path) -> list[Path]:
    """Write tables (JSON, CSV) and figures of an evaluation; return the paths.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    tables = {
        "results": pd.DataFrame(result.rows),
        "comparisons": pd.DataFrame(result.comparisons),
        "rank_tests": pd.DataFrame(result.rank_tests),
        "per_task": result.per_task(),
    }
    paths = write_tables(folder, result.to_dict(), tables)
    curves = regret_curves_data(result)
    paths += save(draw_regret_curves(curves), folder, "regret_curves", curves.to_frame())
    names = result.recommenders[:-1]
    for k in result.ks if len(names) > 1 and len(result.tasks) > 1 else ():
        diagram = critical_difference_data(names, np.round(result.regret(k)[:, :-1], 9))
        drawn = draw_critical_difference(diagram, f"after {k} evaluations")
        paths += save(drawn, folder, f"critical_difference_{k}", diagram.to_frame())
    return paths
