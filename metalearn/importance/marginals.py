"""Marginal effects: expected loss along one or two axes, averaged over all other axes.

The integrals are exact, as for functional ANOVA (Hutter, Hoos, Leyton-Brown 2014, section 4.1). On
one task the band is the spread over trees. Over several tasks each curve is relative to its task's
mean, and the band spans the quartiles over tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.history import History
from metalearn.core.space import Axis
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, UsageError
from metalearn.histories.runs import Runs
from metalearn.importance.ablation import axis_positions
from metalearn.importance.boxes import marginal
from metalearn.importance.checks import analysed_axes, objection, rng_for
from metalearn.importance.functional_anova import FanovaSettings, task_boxes
from metalearn.importance.table import Item

__all__ = ["Marginal", "marginals"]

_CURVE, _SURFACE = 60, 24


@dataclass(frozen=True, slots=True, eq=False)
class Marginal:
    """Expected score along one axis (curve) or two (surface).

    Attributes:
        names: One or two hyperparameters.
        values: For each of them the values at the grid points.
        axes: Their axes.
        centre: `(n,)` or `(n_1, n_2)` expected score; over several tasks the median over tasks
            of the expected score relative to the task's mean.
        low: Same shape, lower end of the band.
        high: Same shape, upper end.
        band: Description of the band.
        n_tasks: Number of tasks.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    axes: tuple[Axis, ...]
    centre: Floats
    low: Floats
    high: Floats
    band: str
    n_tasks: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per grid point: the values, centre, low, high."""
        index = pd.MultiIndex.from_product(self.values, names=self.names)
        columns = {
            "centre": self.centre.ravel(),
            "low": self.low.ravel(),
            "high": self.high.ravel(),
        }
        return pd.DataFrame(columns, index=index).reset_index()


def marginals(
    runs: Runs,
    items: Sequence[Item],
    *,
    task: str | None = None,
    settings: FanovaSettings | None = None,
    seed: int = 0,
) -> list[Marginal]:
    """Return the marginal effects of single hyperparameters or pairs.

    Args:
        runs: Space and histories.
        items: One or two axis names each.
        task: One task; all tasks together if None.
        settings: Forest and cutoffs.
        seed: Seed of the forests; the same as in `fanova` gives the same forests.

    Raises:
        UnknownNameError: If the task or an axis is unknown.
        NotEnoughMetaDataError: If no task has runs that can be analysed.
    """
    settings = settings or FanovaSettings()
    used = analysed_axes(runs)
    known = [runs.space.names[j] for j in used]
    _check_items(items, known)
    usable = _usable_histories(runs, task, used)
    axes = dict(zip(known, used, strict=True))
    grids = {
        item: [axis_positions(runs.space, axes[n], (_CURVE, _SURFACE)[len(item) - 1])
               for n in item]
        for item in items
    }  # fmt: skip
    found: list[list[Floats]] = [[] for _ in items]
    for history in usable:
        _, boxes, unit = task_boxes(
            runs.space, history, rng_for(seed, history.task), axes=used, settings=settings
        )
        for place, item in enumerate(items):
            curves = marginal(boxes, [known.index(name) for name in item], grids[item])
            if task is None:
                centred = curves - boxes.mean.reshape(-1, *[1] * len(item))
                curves = unit.differences(centred.mean(axis=0, keepdims=True))
            else:
                curves = unit.losses(curves)
            found[place].append(curves)
    return [
        _assembled(runs, item, np.concatenate(curves), grids[item], task)
        for item, curves in zip(items, found, strict=True)
    ]


def _check_items(items: Sequence[Item], known: Sequence[str]) -> None:
    if any(not 1 <= len(item) <= 2 for item in items):
        raise UsageError("a marginal has one or two hyperparameters")
    for name in {name for item in items for name in item} - set(known):
        raise UnknownNameError("hyperparameter", name, tuple(known))


def _usable_histories(runs: Runs, task: str | None, axes: list[int]) -> list[History]:
    """Return the histories of a task, or of all, that can be analysed; at least one."""
    chosen = [h for h in runs.histories if task in (None, h.task)]
    if not chosen:
        raise UnknownNameError("task", str(task), runs.tasks)
    usable = [h for h in chosen if not objection(h, axes)]
    if not usable:
        raise NotEnoughMetaDataError(f"{chosen[0].task}: {objection(chosen[0], axes)}")
    return usable


def _assembled(
    runs: Runs, item: Item, curves: Floats, grid: list[Floats], task: str | None
) -> Marginal:
    """Return scores with a band from losses per tree (or per task)."""
    axes = tuple(runs.space.axes[runs.space.names.index(name)] for name in item)
    values = tuple(tuple(axis.decode(at)) for axis, at in zip(axes, grid, strict=True))
    n_tasks = len(curves) if task is None else 1
    if task is None:  # differences of losses: only the direction changes
        scores = -curves if runs.metric.greater_is_better else curves
        low, centre, high = np.quantile(scores, [0.25, 0.5, 0.75], axis=0)
        band = f"quartiles over {n_tasks} tasks"
    else:
        scores = np.asarray(runs.metric.score(curves))
        centre, spread = scores.mean(axis=0), scores.std(axis=0)
        low, high, band = centre - spread, centre + spread, "standard deviation over trees"
    return Marginal(item, values, axes, centre, low, high, band, n_tasks)
