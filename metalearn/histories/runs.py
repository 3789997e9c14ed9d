"""The runs of one algorithm in a store, as a space and one history per task.

Importance, tunability and priors analyse one algorithm: its space, and for each task the evaluated
points. Any source with the tables of the protocol `RunSource` can be used, such as a store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.failures import failures_imputed
from metalearn.core.fence import needs_fence, outer_fence
from metalearn.core.history import History
from metalearn.core.inferred_space import inferred_space, widened_space
from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, UsageError
from metalearn.histories.algorithm_runs import AlgorithmRuns, algorithm_runs
from metalearn.histories.flow_names import stored_name
from metalearn.histories.source import RunSource
from metalearn.learners import CATALOGUE

__all__ = ["Runs", "as_runs", "fences_of", "runs_of"]

_NEXT_TO_BEST = 2.0**-48  # 1 - 0.9999999999999999 is rounding, not a loss


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs of one algorithm under one metric.

    Attributes:
        space: Its space, which contains all values that occur.
        metric: The metric; histories hold its loss.
        histories: One per task, in order of the task's key.
        notes: Changes of the data, one sentence each.
        fixed: Values of the branch selected by `where`.
    """

    space: Space
    metric: Metric
    histories: tuple[History, ...]
    notes: tuple[str, ...] = ()
    fixed: Mapping[str, Value] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        """Name of the algorithm."""
        return self.space.algorithm

    @property
    def tasks(self) -> tuple[str, ...]:
        """Keys of the tasks."""
        return tuple(history.task for history in self.histories)

    def where(self, conditions: Mapping[str, Value]) -> Runs:
        """Return the runs of one branch of the space: those with the given values.

        The fixed axes stay in the space but are not analysed.

        Raises:
            InputError: If a value lies outside its axis.
            UsageError: If the space has no such axis.
        """
        histories = self.histories
        for name, value in conditions.items():
            if name not in self.space.names:
                raise UsageError(
                    f"space {self.algorithm!r} has no axis {name!r}; it has "
                    f"{', '.join(self.space.names)}"
                )
            j = self.space.names.index(name)
            at = self.space.axes[j].encode([value])[0]
            kept = [(h, np.abs(h.X[:, j] - at) < 1e-9) for h in histories]
            histories = tuple(History(h.X[here], h.y[here], h.task) for h, here in kept)
        return replace(self, histories=histories, fixed={**self.fixed, **conditions})


def as_runs(
    source: RunSource | Runs,
    algorithm: str | None = None,
    *,
    metric: str | None = None,
    where: Mapping[str, Value] | None = None,
) -> Runs:
    """Return the runs to analyse, from a store or as given, optionally of one branch.

    Args:
        source: A store, or runs.
        algorithm: Name of the algorithm; needed with a store.
        metric: Name of the metric; with a store, the first one that has runs if None.
        where: Values that fix a branch of the space, for instance `{"kernel": "rbf"}`.

    Raises:
        UsageError: If a store comes without an algorithm, or an axis of `where` is unknown.
    """
    if isinstance(source, Runs):
        runs = source
    elif algorithm is None:
        raise UsageError("name the algorithm whose hyperparameters are to be analysed")
    else:
        runs = runs_of(source, algorithm, metric)
    return runs.where(where) if where else runs


def runs_of(
    source: RunSource,
    algorithm: str,
    metric: str | None = None,
    *,
    failed: Literal["worst", "drop"] = "worst",
    exact: bool = False,
    fences: Mapping[str, float] | None = None,
) -> Runs:
    """Return the runs of an algorithm in a store, published ones of a learner included.

    Without a declared space, that of the learner of this name is used; without such a learner, it
    is inferred from the values. A space that does not contain all values is widened, with a note.
    Under a metric with a best but no worst value, losses beyond the outer fence of their task
    (`metalearn.core.fence`) are clipped to it, with a note; otherwise one diverging run would
    dominate the variance. The fence is computed from the runs of all algorithms on the task,
    because one algorithm may diverge on most of its runs.

    Args:
        source: A store.
        algorithm: Name of the algorithm.
        metric: Name of the metric; if None, the first known one (in the order of
            `metalearn.core.METRICS`) under which the algorithm has runs.
        failed: Whether a failed run gets the worst loss of its task (METHODS 0.3 D3) or is
            dropped.
        exact: Whether published runs count only if they have a value on each axis of the learner;
            see `metalearn.histories.algorithm_runs`.
        fences: The tasks' outer fences under the metric, if they are known already.

    Raises:
        NotEnoughMetaDataError: If the store has no run of this algorithm and metric.
    """
    algorithm, measure, stored, found = _found(source, algorithm, metric, exact)
    table, rows, codes = stored.table, stored.rows, stored.codes
    declared = stored.space or _learner_space(algorithm, measure, rows)
    space, notes = _space_for(algorithm, declared, rows)
    notes = [*found, *stored.notes, *notes]
    known = set(space.names)
    points = space.encode([{name: row[name] for name in row if name in known} for row in rows])[
        codes
    ]
    loss = np.array(measure.loss(table["value"].to_numpy(np.float64, na_value=np.nan)))
    loss[np.abs(loss) <= _NEXT_TO_BEST * abs(measure.optimum or 0.0)] = 0.0
    loss[table["status"].to_numpy() != "ok"] = np.nan
    histories, n_failed = _histories(table["task"].astype(str), points, loss, failed)
    if n_failed:
        done = "given the worst loss of their task" if failed == "worst" else "left out"
        notes.append(f"{n_failed} of {len(table)} runs failed; they were {done}")
    if needs_fence(measure):
        if fences is None:
            fences = fences_of(source.evaluations(measure.name), measure)
        histories, n_clipped = _fenced(histories, fences)
        if n_clipped:
            notes.append(
                f"{n_clipped} of {len(table)} values of {measure.name} lie far outside and were "
                f"moved to the outer fence of their task, since no value is the worst"
            )
    return Runs(space, measure, histories, tuple(notes))


def _found(
    source: RunSource, algorithm: str, metric: str | None, exact: bool
) -> tuple[str, Metric, AlgorithmRuns, tuple[str, ...]]:
    """Return the stored name of an algorithm, its metric and runs, and a note on another name."""
    try:
        return algorithm, *_stored(source, algorithm, metric, exact), ()
    except UnknownNameError as error:
        if error.what != "algorithm":
            raise
        stored, note = stored_name(source, error)
    return stored, *_stored(source, stored, metric, exact), (note,)


def _stored(
    source: RunSource, algorithm: str, metric: str | None, exact: bool
) -> tuple[Metric, AlgorithmRuns]:
    stored = source.metrics()
    order = list(METRICS)
    candidates = sorted(stored, key=lambda name: order.index(name) if name in order else 10**6)
    if metric is not None:
        candidates = [metric]
    notes: dict[str, None] = {}
    for name in candidates:
        found = algorithm_runs(source, algorithm, name, exact=exact)
        if len(found.table):
            return stored.get(name) or _known(name, stored), found
        notes.update(dict.fromkeys(found.notes))
    why = f" ({'; '.join(notes)})" if notes else ""
    raise NotEnoughMetaDataError(
        f"expected runs of algorithm {algorithm!r} with metric {metric or 'any'!r}; the store has "
        f"none{why}. See what it has with: metalearn kb info"
    )


def _known(name: str, stored: Mapping[str, Metric]) -> Metric:
    """Return the metric of a name or alias, as stored if the store has it."""
    canonical = metric_named(name)
    return stored.get(canonical.name, canonical)


def _learner_space(
    algorithm: str, metric: Metric, rows: Sequence[Mapping[str, Value]]
) -> Space | None:
    """Return the space of a learner, if the configurations have its names.

    Learners have one space per kind of task, so stores hold none; the metric defines the kind.
    """
    names = {name for row in rows for name in row}
    if algorithm not in CATALOGUE or not names:
        return None
    learner = CATALOGUE.get(algorithm)
    kind = metric.kind or "classification"
    if kind not in learner.kinds:
        return None
    space: Space = learner.space(kind)
    return space if names <= set(space.names) else None


def _space_for(
    algorithm: str, declared: Space | None, rows: Sequence[Mapping[str, Value]]
) -> tuple[Space, list[str]]:
    if declared is None:
        note = f"no declared space for {algorithm!r}: inferred from {len(rows)} configurations"
        return inferred_space(algorithm, rows), [note]
    unknown = {name for row in rows for name in row} - set(declared.names)
    notes = [f"{name!r} is not in the declared space: ignored" for name in sorted(unknown)]
    space, widened = widened_space(declared, rows)
    return space, notes + widened


def _histories(
    tasks: pd.Series[str], points: Floats, loss: Floats, failed: str
) -> tuple[tuple[History, ...], int]:
    found = []
    for task, where in sorted(tasks.groupby(tasks, sort=False).indices.items(), key=_by_task):
        y = loss[where]
        if failed == "worst":
            y = failures_imputed(y, unmeasured=np.nan)
        kept = np.isfinite(y)
        found.append(History(points[where][kept], y[kept], str(task)))
    return tuple(found), int((~np.isfinite(loss)).sum())


def fences_of(table: pd.DataFrame, metric: Metric) -> dict[str, float]:
    """Return the outer fence of each task's losses, by task.

    Args:
        table: The evaluations of all algorithms, as `RunSource.evaluations` returns them.
        metric: Their metric.
    """
    table = table[table["status"] == "ok"]
    losses = np.asarray(metric.loss(table["value"].to_numpy(np.float64, na_value=np.nan)))
    tasks = table["task"].astype(str)
    return {
        str(task): float(outer_fence(losses[where]))
        for task, where in tasks.groupby(tasks, sort=False).indices.items()
    }


def _fenced(
    histories: tuple[History, ...], fences: Mapping[str, float]
) -> tuple[tuple[History, ...], int]:
    """Return the histories with outliers clipped to the fence of their task, and their number."""
    found, n_clipped = [], 0
    for history in histories:
        fence = fences.get(history.task, np.inf)
        n_clipped += int((history.y > fence).sum())
        found.append(History(history.X, np.minimum(history.y, fence), history.task))
    return tuple(found), n_clipped


def _by_task(item: tuple[object, object]) -> tuple[int, str]:
    """Return a sort key that orders numbers numerically."""
    text = str(item[0])
    return (int(text), "") if text.isdigit() else (10**18, text)
