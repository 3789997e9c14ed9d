"""Pivot of stored evaluations into the meta-dataset of one metric."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Bools, Floats, Ints, read_only
from metalearn.core.configuration import Configuration
from metalearn.core.dummy import DUMMY
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.stored_json import stored_object
from metalearn.core.task import Task
from metalearn.errors import UnknownNameError, UsageError
from metalearn.store.cell_parts import Asked, cells_in_parts
from metalearn.store.matrix import joined
from metalearn.store.sql import query

if TYPE_CHECKING:
    import duckdb

__all__ = ["STATUSES", "pivot_cells", "pivot_frame", "tasks_only"]

STATUSES = ("ok", "failed", "timeout", "crashed")
_MOST_EMPTY = 2  # cells of the table for each evaluation, up to which it is filled at once
_KINDS = ("classification", "regression")


def pivot_cells(
    connection: duckdb.DuckDBPyConnection,
    form: str,
    metric: Metric,
    *,
    kind: str | None,
    algorithms: Sequence[str] | None,
    tasks: Sequence[str] | None,
    snapshot: str,
) -> MetaDataset:
    """Return the meta-dataset of one metric; see `Store.meta_dataset`."""
    if kind is not None and kind not in _KINDS:
        raise UsageError(f"kind: expected one of {_KINDS}, got {kind!r}")
    task_rows = connection.execute(query("read", "task_rows")).fetchall()
    configuration_rows = connection.execute(query("read", "configuration_rows")).fetchall()
    wanted_tasks = _wanted("task", tasks, [row[1] for row in task_rows])
    wanted_tasks &= np.array([kind is None or row[3] == kind for row in task_rows], dtype=np.bool_)
    wanted = _wanted_algorithms(algorithms, [row[2] for row in configuration_rows])
    asked = Asked(connection, form, metric.name, algorithms)
    ids = [row[0] for row in task_rows], [row[0] for row in configuration_rows]
    table = _filled(asked, metric, *ids, wanted_tasks, wanted)
    rows = [task_rows[i] for i in table.rows]
    names, meta_features = _meta_features(connection, [r[0] for r in rows])
    return MetaDataset(
        metric=metric,
        tasks=_tasks(rows),
        configurations=tuple(
            Configuration(algorithm, stored_object(text))
            for _, _, algorithm, text in (configuration_rows[j] for j in table.columns)
        ),
        losses=read_only(table.losses),
        runtimes_s=read_only(table.runtimes_s),
        failed=table.failed,
        meta_features=meta_features,
        meta_feature_names=names,
        groups=_groups([r[4] for r in rows]),
        snapshot=snapshot,
    )


def tasks_only(
    connection: duckdb.DuckDBPyConnection, metric: Metric, tasks: Sequence[str], snapshot: str
) -> MetaDataset:
    """Return a meta-dataset without configurations; see `Store.described_tasks`."""
    task_rows = connection.execute(query("read", "task_rows")).fetchall()
    wanted = _wanted("task", tasks, [row[1] for row in task_rows])
    rows = [row for row, inside in zip(task_rows, wanted, strict=True) if inside]
    names, meta_features = _meta_features(connection, [r[0] for r in rows])
    return MetaDataset(
        metric=metric,
        tasks=_tasks(rows),
        configurations=(),
        losses=np.empty((len(rows), 0)),
        meta_features=meta_features,
        meta_feature_names=names,
        groups=_groups([r[4] for r in rows]),
        snapshot=snapshot,
    )


def pivot_frame(
    connection: duckdb.DuckDBPyConnection, form: str, metric: str, algorithm: str | None
) -> pd.DataFrame:
    """Return the cells of one metric as a table; see `Store.evaluations`."""
    task_rows = connection.execute(query("read", "task_rows")).fetchall()
    configuration_rows = connection.execute(query("read", "configuration_rows")).fetchall()
    algorithms = None if algorithm is None else [algorithm]
    wanted = _wanted_algorithms(algorithms, [row[2] for row in configuration_rows])
    asked = Asked(connection, form, metric, algorithms)
    ids = [row[0] for row in task_rows], [row[0] for row in configuration_rows]
    cells = joined([*cells_in_parts(asked, *ids)])
    kept = wanted[cells.column]
    tasks = np.array([row[1] for row in task_rows], dtype=object)
    table = np.array([row[1:] for row in configuration_rows], dtype=object).reshape(-1, 3)
    column = cells.column[kept]
    return pd.DataFrame(
        {
            "task": tasks[cells.row[kept]],
            "configuration": table[column, 0],
            "algorithm": table[column, 1],
            "hyperparameters": table[column, 2],
            "value": cells.value[kept],
            "status": np.array(STATUSES, dtype=object)[cells.status[kept]],
            "runtime_s": cells.runtime_s[kept],
        }
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The cells of the tasks and configurations that have any, by index of each."""

    rows: Ints
    columns: Ints
    losses: Floats
    runtimes_s: Floats
    failed: Bools


def _filled(
    asked: Asked,
    metric: Metric,
    task_ids: Sequence[int],
    configuration_ids: Sequence[int],
    wanted_tasks: Bools,
    wanted: Bools,
) -> _Table:
    """Return the table of the wanted tasks and configurations, filled part by part."""
    rows = np.flatnonzero(wanted_tasks & np.isin(task_ids, [i for i, _ in asked.amounts]))
    columns = np.flatnonzero(wanted)
    if len(rows) * len(columns) > _MOST_EMPTY * sum(n for _, n in asked.amounts):
        known = asked.rows("configurations").fetchnumpy()["configuration_id"]
        columns = np.flatnonzero(wanted & np.isin(configuration_ids, known))
    row_at, column_at = _inverse(rows, len(task_ids)), _inverse(columns, len(configuration_ids))
    shape = len(rows), len(columns)
    losses, runtimes_s = np.full(shape, np.nan), np.full(shape, np.nan)
    failed, is_used = np.zeros(shape, dtype=np.bool_), np.zeros(shape[1], dtype=np.bool_)
    for cells in cells_in_parts(asked, task_ids, configuration_ids):
        row, column = row_at[cells.row], column_at[cells.column]
        kept = (row >= 0) & (column >= 0)
        if not kept.all():
            cells, row, column = cells.take(kept), row[kept], column[kept]
        is_used[column] = True
        place = row * shape[1] + column
        losses.ravel()[place] = metric.loss(cells.value)
        runtimes_s.ravel()[place] = cells.runtime_s
        failed.ravel()[place] = cells.failed
    if is_used.all():
        return _Table(rows, columns, losses, runtimes_s, failed)
    parts = (np.ascontiguousarray(part[:, is_used]) for part in (losses, runtimes_s, failed))
    return _Table(rows, columns[is_used], *parts)


def _inverse(chosen: Ints, n: int) -> Ints:
    """Return `(n,)` positions in `chosen` of the numbers below n; -1 for others."""
    places = np.full(n, -1, dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    return places


def _tasks(rows: Sequence[tuple[Any, ...]]) -> tuple[Task, ...]:
    return tuple(Task(key, name, kind, *counts) for _, key, name, kind, _, *counts in rows)


def _wanted(what: str, names: Sequence[str] | None, present: Sequence[str]) -> Any:
    if names is None:
        return np.ones(len(present), dtype=np.bool_)
    known = set(present)
    for name in names:
        if name not in known:
            raise UnknownNameError(what, name, tuple(sorted(known)))
    return np.isin(np.array(present, dtype=object), list(names))


def _wanted_algorithms(names: Sequence[str] | None, present: Sequence[str]) -> Bools:
    """Return which configurations are selected; the dummy only if named."""
    others = [name for name in present if name != DUMMY]
    if names is not None:
        for name in names:
            if name not in present:
                raise UnknownNameError("algorithm", name, tuple(sorted({*others})))
    kept = {*others} if names is None else {*names}
    return np.array([name in kept for name in present], dtype=np.bool_)


def _groups(families: Sequence[str]) -> Ints:
    """Return group numbers: one per family, and one per task without a family."""
    numbers: dict[object, int] = {}
    return np.array(
        [numbers.setdefault(family or i, len(numbers)) for i, family in enumerate(families)],
        dtype=np.int64,
    )


def _meta_features(
    connection: duckdb.DuckDBPyConnection, task_ids: Sequence[int]
) -> tuple[tuple[str, ...], Floats]:
    """Return names, sorted, and values `(n_tasks, n_names)`; one extractor per name.

    Of several extractors of a name, the one with values for most of these tasks is used. Of
    several versions of it, each task has the value of its latest version.
    """
    frame = connection.execute(query("read", "meta_feature_values")).df()
    row = {task_id: i for i, task_id in enumerate(task_ids)}
    frame = frame[frame["task_id"].isin(row)]
    versions = {extractor: _version(extractor) for extractor in frame["extractor"].unique()}
    served: dict[str, dict[str, int]] = {}
    pairs = frame.groupby(["name", "extractor"], sort=True).size().reset_index(name="n")
    for name, extractor, n in pairs.itertuples(index=False):
        bases = served.setdefault(name, {})
        base = versions[extractor][0]
        bases[base] = max(n, bases.get(base, 0))
    chosen = {name: max(bases, key=lambda b: (bases[b], b)) for name, bases in served.items()}
    names = tuple(sorted(chosen))
    column = {name: j for j, name in enumerate(names)}
    base_of = frame["extractor"].map({e: base for e, (base, *_) in versions.items()})
    frame = frame[base_of == frame["name"].map(chosen)]
    values = np.full((len(task_ids), len(names)), np.nan)
    for extractor in sorted(versions, key=versions.__getitem__):  # later ones overwrite
        part = frame[frame["extractor"] == extractor]
        values[part["task_id"].map(row), part["name"].map(column)] = part["value"].to_numpy(
            dtype=np.float64, na_value=np.nan
        )
    used = ~np.isnan(values).all(axis=0) if len(task_ids) else np.ones(len(names), dtype=np.bool_)
    return tuple(np.array(names, dtype=object)[used]), values[:, used]


def _version(extractor: str) -> tuple[str, list[int], str]:
    """Return the name of an extractor without its version, and the sort key of the version."""
    base = re.split(r"[\s/@=:]*v?\d", extractor, maxsplit=1)[0]
    return base, [int(number) for number in re.findall(r"\d+", extractor)], extractor
