"""Tables of Salinas, Shen & Perrone (2020): `hp_*`, `metric_*`, `blackbox`, `task`.

One row an evaluation of one configuration of a black box on a task; `metric_error` is minimised
and keeps its name, because what it measures differs between black boxes. A column `metric_runtime`
or `metric_time` gives seconds. Hyperparameters lose the prefix `hp_`; `log2_` in a name says that
the number is an exponent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from metalearn.core.metric import Metric, metric_named
from metalearn.core.records import Batch
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.configuring import FromColumns
from metalearn.harvesters.files import header_of, require, rows_of, source_of, tables_in
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable

__all__ = ["read"]

_SECONDS = ("metric_runtime", "metric_time")
_REGRESSION = frozenset({"slice", "protein", "naval", "parkinsons"})  # the FCNET black box


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of one such table, or of all in a folder; see `Reader`."""
    if options.meta_features is not None:
        raise UsageError("quantile-csv tables have no data set ids to join meta-features by")
    require(path, "a CSV table with columns hp_*, metric_*, task")
    files = tables_in(path, ".csv", ".csv.zip") if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path.name}/: expected CSV tables with columns hp_*, metric_*, task")
    for table in [_table(file) for file in files]:
        yield from batches(table)


def _table(path: Path) -> RunTable:
    header = header_of(path)
    parameters = {n: n.removeprefix("hp_") for n in header if n.startswith("hp_")}
    measures = {
        n: _metric(path, n) for n in header if n.startswith("metric_") and n not in _SECONDS
    }
    if not parameters or not measures or "task" not in header:
        raise InputError(
            f"{path.name}: expected columns hp_*, metric_* and task, got "
            f"{', '.join(header) or 'an empty file'}"
        )
    box = "blackbox" if "blackbox" in header else None
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
        Layout(
            tuple(header), "task", _task, measures,
            roles=dict([("fit_s", name) for name in _SECONDS if name in header][:1]),
        ),
        lambda: rows_of(path, len(header)),
        FromColumns(parameters, path.name.split(".")[0], box),
        shared,
    )  # fmt: skip


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


def _metric(path: Path, name: str) -> Metric:
    plain = name.removeprefix("metric_")
    if plain in ("error", "loss"):
        return Metric(name, False, 0.0 if plain == "error" else None)
    try:
        return metric_named(plain)
    except UnknownNameError:
        raise InputError(
            f"{path.name}: whether {name!r} is to be maximised is not known; rename it to one of "
            f"metric_error, metric_loss, metric_accuracy ..., or import it as long-csv"
        ) from None
