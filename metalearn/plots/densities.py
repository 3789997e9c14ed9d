"""KDE priors drawn: one panel per hyperparameter, the uniform density as a thin line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.space import Axis
from metalearn.plots.style import BLUE, DARK, LIGHT, figure, log_axis, save, short_names, styled
from metalearn.priors import KDEPrior, to_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DensityCurve", "density_data", "draw_densities", "draw_priors"]

_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class DensityCurve:
    """The prior on one axis.

    Attributes:
        axis: The axis.
        values: Values at the grid points.
        density: `(n,)` density relative to uniform: 1 is neutral.
    """

    axis: Axis
    values: tuple[Value, ...]
    density: Floats

    def to_frame(self) -> pd.DataFrame:
        """Return one row per grid point: hyperparameter, value, density."""
        return pd.DataFrame(
            {"hyperparameter": self.axis.name, "value": self.values, "density": self.density}
        )


def density_data(prior: KDEPrior) -> list[DensityCurve]:
    """Return the marginal densities of all axes that are not constant."""
    found = []
    for j, axis in enumerate(prior.space.axes):
        if axis.n_cells == 1:
            continue
        edges = axis.cell_edges()
        if edges is None or len(edges) > _POINTS:
            edges = np.linspace(0.0, 1.0, _POINTS + 1)
        middle = (edges[:-1] + edges[1:]) / 2
        values = tuple(axis.decode(middle))
        found.append(DensityCurve(axis, values, prior.marginal_density(j, middle)))
    return found


def draw_densities(densities: Sequence[DensityCurve], title: str = "") -> Figure:
    """Draw one panel per hyperparameter: lines for numbers, bars for categories."""
    columns = min(3, len(densities))
    rows = math.ceil(len(densities) / columns)
    names = short_names(tuple(density.axis.name for density in densities))
    with styled():
        drawn, panels = figure(2.4 * columns + 0.4, 1.9 * rows + 0.3, rows, columns)
        for ax, density, name in zip(panels, densities, names, strict=False):
            _draw(ax, density)
            ax.axhline(1.0, color=DARK, lw=0.6, ls=":")
            ax.set_ylim(bottom=0.0)
            ax.set_xlabel(name)
        for ax in panels[len(densities) :]:
            ax.axis("off")
        drawn.supylabel("density / uniform", fontsize=9)
        if title:
            drawn.suptitle(title, fontsize=9.5)
    return drawn


def draw_priors(prior: KDEPrior, folder: Path) -> list[Path]:
    """Write the densities as a figure with its data, and the prior itself as JSON."""
    densities = density_data(prior)
    title = f"{prior.space.algorithm}: best runs of {len(prior.pool.tasks)} tasks"
    data = pd.concat([density.to_frame() for density in densities], ignore_index=True)
    paths = save(draw_densities(densities, title), folder, "priors", data)
    (folder / "prior.json").write_text(to_json(prior) + "\n", encoding="utf-8")
    return [*paths, folder / "prior.json"]


def _draw(ax: Axes, density: DensityCurve) -> None:
    if density.axis.kind == "category":
        places = np.arange(len(density.values))
        ax.bar(places, density.density, color=LIGHT, edgecolor=DARK, lw=0.8, width=0.6)
        ax.set_xlim(-0.6, len(places) - 0.4)  # the outer bars whole, with their edges
        ax.set_xticks(places, [str(value) for value in density.values])
        if max(len(str(value)) for value in density.values) > 8:
            ax.tick_params(axis="x", rotation=25)
        return
    x = np.array([float(value) for value in density.values if value is not None])
    if 0 < density.axis.n_cells <= _POINTS:
        ax.fill_between(x, density.density, color=LIGHT, lw=0, step="mid")
        ax.step(x, density.density, where="mid", color=BLUE, lw=1.5)
    else:
        ax.fill_between(x, density.density, color=LIGHT, lw=0)
        ax.plot(x, density.density, color=BLUE, lw=1.5)
    if density.axis.log:
        log_axis(ax)
    elif density.axis.shift:
        log_axis(ax, shift=density.axis.shift)
