"""The page of `metalearn priors --html`: where good values lie, as densities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.pages.charts.curves import Curve, category_chart, curve_chart
from metalearn.pages.notes import of_tasks, remarks_by_kind, task_notes_by_kind
from metalearn.pages.parts import Code, Data, Figure, HtmlPage, Notes, Section
from metalearn.plots.densities import density_data
from metalearn.plots.style import short_names
from metalearn.priors import to_json

if TYPE_CHECKING:
    from metalearn.priors import KDEPrior

__all__ = ["density_figures", "priors_page"]

_MOST_JSON = 20_000  # bytes of the prior itself that a page carries


def priors_page(prior: KDEPrior, metric: str, snapshot: str, notes: Sequence[str]) -> HtmlPage:
    """Return the page."""
    text = to_json(prior)
    sections = [Section("Densities", tuple(density_figures(prior)), "1 is the uniform density.")]
    if len(text) <= _MOST_JSON:
        indented = json.dumps(json.loads(text), indent=1)
        sections.append(Section("The prior as JSON", (Code(indented),)))
    by_task, others = of_tasks(notes, prior.pool.tasks)
    lines = [*remarks_by_kind(others), *task_notes_by_kind(by_task)]
    if lines:
        sections.append(Section("Notes", (Notes(tuple(lines)),)))
    algorithm = prior.space.algorithm
    return HtmlPage(
        title=f"Where good values of {algorithm.replace('_', ' ')} lie",
        lead=f"Densities of the best runs by {metric} on {len(prior.pool.tasks)} tasks.",
        sections=tuple(sections),
        foot=f"snapshot {snapshot}",
    )


def density_figures(prior: KDEPrior, prefix: str = "") -> Iterator[Figure]:
    """Yield a chart for each hyperparameter that is not constant.

    Args:
        prior: The densities.
        prefix: What the names of files begin with; "" for the name of the algorithm.
    """
    densities = density_data(prior)
    names = short_names(tuple(density.axis.name for density in densities))
    for density, name in zip(densities, names, strict=True):
        label = f"Prior density of {name}"
        axis = density.axis
        numbers = [v for v in density.values if isinstance(v, (int, float))]
        if axis.kind == "category" or len(numbers) < len(density.values):
            drawn = category_chart([str(v) for v in density.values], density.density, label,
                                    name, "density / uniform", height=130.0,
                                    level=1.0)  # fmt: skip
        else:
            x = np.array(numbers, dtype=np.float64)
            top = float(density.density.max())
            drawn = curve_chart([Curve(name, x, density.density)], label, name,
                                "density / uniform", x_log=axis.log and bool((x > 0).all()),
                                y_range=(0.0, 1.06 * max(top, 1.0)), height=130.0,
                                level=1.0)  # fmt: skip
        data = Data(f"{prefix or prior.space.algorithm}_prior_{name}.csv", density.to_frame())
        yield Figure(drawn, f"{name}.", data)
