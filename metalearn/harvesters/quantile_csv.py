"""Tables of Salinas, Shen & Perrone (2020): `hp_*`, `metric_*`, `blackbox`, `task`.

One row is an evaluation of one configuration of a black box on a task; `metric_error` is minimised
and keeps its name, because what it measures differs between black boxes. A column `metric_runtime`
or `metric_time` gives seconds. Hyperparameters lose the prefix `hp_`; `log2_` in a name says that
the number is an exponent.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from metalearn.core.metric import Metric
from metalearn.core.records import Batch
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.configuring import FromColumns
from metalearn.harvesters.csv_blocks import csv_chunks
from metalearn.harvesters.files import header_of, require, source_of
from metalearn.harvesters.finding import csv_tables
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable
from metalearn.harvesters.scoring import (
    known_metric,
    left_out,
    measure_of,
    not_read,
    task_column,
    way_out,
)

__all__ = ["read"]

_SECONDS = ("metric_runtime", "metric_time")
_REGRESSION = frozenset({"slice", "protein", "naval", "parkinsons"})  # the FCNET black box


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of one such table, or of all in a folder; see `Reader`."""
    if options.meta_features is not None:
        raise UsageError("quantile-csv tables have no data set ids to join meta-features by")
    require(path, "a CSV table with columns hp_*, metric_*, task")
    files = _tables_in(path) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path.name}/: expected CSV tables with columns hp_*, metric_*, task")
    for table in [_table(file, options) for file in files]:
        yield from batches(table)


def _tables_in(folder: Path) -> list[Path]:
    tables = csv_tables(folder)
    return [p for p, names in tables.items() if any(n.startswith("hp_") for n in names)]


def _table(path: Path, options: Options) -> RunTable:
    header = header_of(path)
    parameters = {n: n.removeprefix("hp_") for n in header if n.startswith("hp_")}
    scores = [
        n for n in header
        if n not in _SECONDS and (n.startswith("metric_") or n == options.score)
    ]  # fmt: skip
    scores = scores or [n for n in header if known_metric(n)]
    measures = {n: found for n in scores if (found := _metric(n, options)) is not None}
    task = task_column(header, options, (*parameters, *scores, *_SECONDS, "blackbox"))
    _check_columns(path, options, header, parameters, scores, task)
    if not measures:
        option = f"--score {shlex.quote(scores[0])} --direction minimize"
        raise InputError(
            f"{path.name}: whether more is better is known of none of {', '.join(scores)}; "
            f"{way_out('quantile-csv', path, options, option)} (or maximize)"
        )
    box = "blackbox" if "blackbox" in header else None
    roles = dict([("fit_s", name) for name in _SECONDS if name in header][:1])
    read_columns = {task, box, *parameters, *scores, *_SECONDS}
    source = source_of("quantile-csv", path)

    def shared(
        spaces: Mapping[str, str | None], _: Sequence[str], metrics: Sequence[Metric]
    ) -> Batch:
        return Batch(
            source,
            algorithms=frames.algorithms_frame(spaces, "quantile-csv"),
            metrics=frames.metrics_frame(metrics),
        )

    return RunTable(
        source,
        Layout(tuple(header), task, _task, measures, roles=roles),
        partial(csv_chunks, path, header),
        FromColumns(parameters, path.name.split(".")[0], box),
        shared,
        remarks=(*(left_out(n) for n in scores if n not in measures),
                 *(not_read(n) for n in header if n not in read_columns)),
    )  # fmt: skip


def _check_columns(
    path: Path,
    options: Options,
    header: Sequence[str],
    parameters: Mapping[str, str],
    scores: Sequence[str],
    task: str,
) -> None:
    """Raise an error that names the missing columns, and how to say which ones they are."""
    if not parameters or not scores or not task:
        lacking = [name for name, there in (("hp_*", parameters), ("metric_*", scores),
                                            ("task", task)) if not there]  # fmt: skip
        spare = next((n for n in header if n not in (*parameters, *scores, task)), "NAME")
        option = "--task-column {}" if scores else "--score {} --direction minimize"
        option = option.format(shlex.quote(spare))
        raise InputError(
            f"{path.name}: expected columns hp_*, metric_* and task; missing: "
            f"{', '.join(lacking)}; got {', '.join(header) or 'an empty file'}. If one has "
            f"another name, {way_out('quantile-csv', path, options, option)}"
        )
    if options.score and not any(options.score in (n, n.removeprefix("metric_")) for n in scores):
        raise UsageError(
            f"--score: there is no column {options.score!r}; {path.name} has {', '.join(scores)}"
        )


def _task(text: str) -> frames.TaskRow | None:
    if not text:
        return None
    return frames.TaskRow(
        task=f"quantile-csv:{text}",
        name=text,
        dataset=text,
        kind="regression" if text.lower() in _REGRESSION else "classification",
        procedure=frames.procedure("quantile-csv"),
        family=frames.family_of(text),
    )


def _metric(name: str, options: Options) -> Metric | None:
    plain = name.removeprefix("metric_")
    if plain in ("error", "loss") and options.score not in (name, plain):
        return Metric(name, False, 0.0 if plain == "error" else None)
    return measure_of(name, options, "metric_")
