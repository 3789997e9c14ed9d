"""Figures and tables of `evaluate --optimizers`: regret and rank after each evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.plots.style import LINES, figure, save, styled
from metalearn.plots.tables import write_tables
from metalearn.workflows.evaluate.optimizers import OptimizerEvaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["OptimizerCurves", "draw_optimizer_curves", "optimizer_curves_data",
           "write_optimizer_evaluation"]  # fmt: skip

_DASH = {"warm": "-", "cold": (0, (4, 2)), "": (0, (1, 1.5))}
_GREY = ("#777777", "#aaaaaa")


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerCurves:
    """Means over tasks after each number of evaluations, with 95 % bootstrap intervals.

    Attributes:
        optimizers: Name of each line.
        starts: `warm`, `cold`, or "" of each line.
        regret: `(n_lines, n_steps, 3)`: mean normalized regret, lower and upper end.
        rank: Same shape: mean rank among the lines; 1 is best.
        n_tasks: Number of tasks.
        title: What it was measured on.
    """

    optimizers: tuple[str, ...]
    starts: tuple[str, ...]
    regret: Floats
    rank: Floats
    n_tasks: int
    title: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line and number of evaluations."""
        n_lines, n_steps, _ = self.regret.shape
        table = {
            "optimizer": np.repeat(self.optimizers, n_steps),
            "start": np.repeat(self.starts, n_steps),
            "k": np.tile(np.arange(1, n_steps + 1), n_lines),
        }
        for what, values in (("regret", self.regret), ("rank", self.rank)):
            for i, end in enumerate(("mean", "low", "high")):
                table[f"{what}_{end}"] = values[..., i].ravel()
        return pd.DataFrame(table)


def optimizer_curves_data(found: OptimizerEvaluation) -> OptimizerCurves:
    """Return the mean regret and rank of everything but the oracle."""
    result = found.result
    names = result.recommenders[:-1]
    by_label = {player.label: player for player in found.players}
    starts = [by_label[n].start if n in by_label else "" for n in names]
    titles = [by_label[n].optimizer if n in by_label else n for n in names]
    n_steps = result.curves.shape[2]
    ranks = np.stack([result.ranks(k)[:, :-1] for k in range(1, n_steps + 1)])
    rng = np.random.default_rng(result.protocol.seed)
    return OptimizerCurves(
        tuple(titles),
        tuple(starts),
        _means(result.curves[:-1].transpose(1, 0, 2), rng),
        _means(ranks.transpose(1, 2, 0), rng),
        len(result.tasks),
        f"{found.benchmark}, {result.protocol.metric.replace('_', ' ')}",
    )


def draw_optimizer_curves(data: OptimizerCurves) -> Figure:
    """Draw regret and rank; one colour an optimizer, solid = warm, dashed = cold."""
    colours = dict.fromkeys(
        name for name, start in zip(data.optimizers, data.starts, strict=True) if start
    )
    colour_of = {name: LINES[i % len(LINES)][0] for i, name in enumerate(colours)}
    others = [name for name in data.optimizers if name not in colour_of]
    colour_of |= {name: _GREY[i % len(_GREY)] for i, name in enumerate(others)}
    with styled():
        drawn, axes = figure(9.6, 3.9, 1, 2)
        _lines(axes[0], data, data.regret, colour_of)
        _lines(axes[1], data, data.rank, colour_of)
        axes[0].set_yscale("log")
        axes[0].set_ylabel(f"mean normalized regret ({data.n_tasks} tasks)")
        axes[1].set_ylabel("mean rank")
        axes[1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        drawn.suptitle(data.title, fontsize=9.5)
    return drawn


def write_optimizer_evaluation(found: OptimizerEvaluation, folder: Path) -> list[Path]:
    """Write JSON, tables and the figure of an evaluation; return the paths.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    document = found.to_dict()
    tables = {
        "results": pd.DataFrame(document["results"]),
        "comparisons": pd.DataFrame(found.result.comparisons),
        "per_task": found.result.per_task(),
    }
    renamed = {
        name: table.rename(columns={"recommender": "optimizer"}) for name, table in tables.items()
    }
    paths = write_tables(folder, document, renamed)
    curves = optimizer_curves_data(found)
    return paths + save(draw_optimizer_curves(curves), folder, "curves", curves.to_frame())


def _means(values: Floats, rng: np.random.Generator) -> Floats:
    """Return mean and ends, `(n_lines, n_steps, 3)`, of `(n_tasks, n_lines, n_steps)`."""
    n_tasks, *shape = values.shape
    low, high = bootstrap_means(values.reshape(n_tasks, -1), rng)
    return np.stack([values.mean(axis=0), low.reshape(shape), high.reshape(shape)], axis=-1)


def _lines(ax: Axes, data: OptimizerCurves, values: Floats, colour_of: dict[str, str]) -> None:
    from matplotlib.ticker import MaxNLocator

    steps = np.arange(1, values.shape[1] + 1)
    for i, (name, start) in enumerate(zip(data.optimizers, data.starts, strict=True)):
        ax.plot(
            steps, values[i, :, 0], color=colour_of[name], ls=_DASH[start], lw=1.5,
            label=f"{name} {start}".strip(),
        )  # fmt: skip
        if start == "warm":
            ax.fill_between(
                steps, values[i, :, 1], values[i, :, 2], color=colour_of[name], alpha=0.12, lw=0
            )
    ax.set_xlabel("evaluations")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
