"""OBOE's error and runtime matrices (Yang, Akimoto, Kim & Udell 2019).

A folder (or one matrix file) with CSV tables, recognised by their content: a matrix has a column
of OpenML data set ids, mostly the first, and Python dict literals `{'algorithm': ...,
'hyperparameters': {...}}` as the other headers. Scores are balanced error rates of a 5-fold
cross-validation, lower is better; runtimes are the seconds of that whole cross-validation. A table
with two number columns gives the sizes: rows, and columns after one-hot coding with the label.

Tasks keep the order of the file: the key holds the position, because published comparisons split
the tasks in this order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.metric import METRICS
from metalearn.core.records import Batch
from metalearn.errors import InputError
from metalearn.harvesters import frames
from metalearn.harvesters.features import (
    FeatureTable,
    counts_of,
    joined_features,
    plain_id,
    read_features,
)
from metalearn.harvesters.files import header_of, records, require, source_of
from metalearn.harvesters.finding import csv_tables, holds_numbers
from metalearn.harvesters.options import Options
from metalearn.harvesters.scoring import not_read, refuse_options, task_column, task_in
from metalearn.harvesters.spaces import SpaceSurvey
from metalearn.harvesters.values import MISSING, numbers

__all__ = ["read"]

_METRIC = METRICS["balanced_error_rate"]
_N_SIZES = 3  # id, rows, columns


@dataclass(frozen=True, slots=True)
class _Matrix:
    path: Path
    ids: tuple[str, ...]
    headers: tuple[str, ...]
    values: Floats  # (n_ids, n_headers)
    n_words: int  # cells that hold neither a number nor nothing
    others: tuple[str, ...] = ()  # columns that are neither ids nor of a configuration


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of an OBOE set; see `Reader`."""
    require(path, "a folder with OBOE's matrices, or one matrix")
    refuse_options("oboe", options, "all columns of a matrix hold balanced error rates (other "
                   "scores can be imported as long-csv)", "score", "direction")  # fmt: skip
    error, runtime, sizes, beside = _locate(path, options)
    extra = read_features(options.meta_features) if options.meta_features else beside
    rejections = frames.Rejections()
    rejections.add("cell is not a number", error.n_words)
    for name in error.others:
        rejections.add(not_read(name), len(error.ids))
    columns, configurations = _configurations(error)
    losses = _merged(error.values, columns, len(configurations))
    n_repeats = (len(columns) - len(configurations)) * len(error.ids)
    rejections.add("column repeats another one (median kept)", n_repeats)
    seconds = np.full(losses.shape, np.nan)
    if runtime is not None:
        seconds = _merged(_aligned(runtime, error), columns, len(configurations))
        seconds = np.where(seconds > 0, seconds, np.nan)
    n_empty = int(np.isnan(losses).sum()) - error.n_words
    rejections.add("cell is empty", max(n_empty, 0))
    rejections.add("value is infinite", int(np.isinf(losses).sum()))
    wrong = frames.out_of_range(losses.ravel(), _METRIC).reshape(losses.shape)
    rejections.add("value outside the range of balanced_error_rate [0, 1]", int(wrong.sum()))
    losses = np.where(np.isfinite(losses) & ~wrong, losses, np.nan)
    if not np.isfinite(losses).any():
        raise InputError(
            f"{error.path.name}: expected balanced error rates in [0, 1], found none; rejected: "
            f"{rejections.as_mapping()}"
        )
    paths = [m.path for m in (error, runtime) if m is not None]
    head = Batch(
        source_of("oboe", *paths),
        algorithms=frames.algorithms_frame(_spaces(configurations), "oboe"),
        configurations=frames.configurations_frame(configurations),
        metrics=frames.metrics_frame([_METRIC]),
        rejected=rejections.as_mapping(),
    )
    yield from _batches(head, error, losses, seconds, [t for t in (sizes, extra) if t])


def _batches(
    head: Batch, error: _Matrix, losses: Floats, seconds: Floats, features: list[FeatureTable]
) -> Iterator[Batch]:
    keys = head.configurations["configuration"].to_numpy()
    step = max(1, frames.BATCH_ROWS // len(keys))
    for start in range(0, len(error.ids), step):
        rows = range(start, min(start + step, len(error.ids)))
        tasks = [_task(i, error.ids[i], features) for i in rows]
        ids = {task.task: error.ids[i] for task, i in zip(tasks, rows, strict=True)}
        block = losses[rows.start : rows.stop]
        i, j = np.nonzero(np.isfinite(block))
        yield Batch(
            head.source,
            tasks=frames.tasks_frame(tasks),
            algorithms=head.algorithms if start == 0 else head.algorithms.iloc[:0],
            configurations=head.configurations if start == 0 else head.configurations.iloc[:0],
            metrics=head.metrics if start == 0 else head.metrics.iloc[:0],
            evaluations=frames.evaluations_frame(
                task=np.array([t.task for t in tasks], dtype=object)[i],
                configuration=keys[j],
                metric=_METRIC.name,
                value=block[i, j],
                fit_s=seconds[rows.start : rows.stop][i, j],
            ),
            meta_features=joined_features(features, ids),
            rejected=head.rejected if start == 0 else {},
        )


def _task(position: int, id_: str, features: list[FeatureTable]) -> frames.TaskRow:
    dataset = f"openml:{id_}"
    counts = [counts_of(table, id_) for table in features]
    sizes = [t.value(id_, "n_rows") for t in features if t.extractor == "oboe"]
    n_rows = int(sizes[0]) if sizes and np.isfinite(sizes[0]) else None
    return frames.TaskRow(
        task=f"oboe:{position:05d}:{id_}",
        name=dataset,
        dataset=dataset,
        procedure=frames.procedure("oboe", estimation="cross-validation", folds=5),
        family=dataset,
        n_rows=n_rows,
        n_features=next((c[1] for c in counts if c[1]), None),
        n_classes=next((c[2] for c in counts if c[2]), None),
    )


def _locate(
    path: Path, options: Options
) -> tuple[_Matrix, _Matrix | None, FeatureTable | None, FeatureTable | None]:
    """Return error matrix, runtime matrix, sizes, and meta-features found beside them."""
    matrices: list[_Matrix] = []
    sizes = extra = None
    tables = csv_tables(path) if path.is_dir() else {path: header_of(path)}
    known = list(dict.fromkeys(n for h in tables.values() for n in h if not _is_described(n)))
    task_column(known, options)  # one that is in no table is refused
    for file, header in tables.items():
        if any(map(_is_described, header)):
            matrices.append(_matrix(file, options))
        elif not holds_numbers(file):
            continue
        elif len(header) == _N_SIZES:
            table = read_features(file)
            sizes = FeatureTable("oboe", ("n_rows", "n_columns_one_hot"), table.rows, table.values)
        elif len(header) > _N_SIZES:
            extra = read_features(file)
    if extra is None and (path.parent / "pmf").is_dir():
        extra = read_features(path.parent / "pmf")
    bounded = [m for m in matrices if np.nanmax(m.values, initial=0.0) <= 1.0]
    if not matrices or len(matrices) > 2 or (len(matrices) == 2 and not bounded):
        raise InputError(
            f"{path.name}: expected a CSV matrix of balanced error rates (first column OpenML "
            f"data set ids, other headers {{'algorithm': NAME, 'hyperparameters': {{...}}}}) and "
            f"at most one of runtimes; found {[m.path.name for m in matrices] or 'none'}"
        )
    if len(bounded) == 2:  # runtimes below a second throughout: only the names decide
        bounded.sort(key=lambda m: "time" in m.path.name.lower())
    error = bounded[0] if bounded else matrices[0]
    runtime = next((m for m in matrices if m is not error), None)
    return error, runtime, sizes, extra


def _is_described(header: str) -> bool:
    return header.strip().startswith("{")


def _matrix(path: Path, options: Options) -> _Matrix:
    stream = records(path)
    _, header = next(stream)
    at = [j for j, name in enumerate(header) if _is_described(name)]
    key = _id_column(path, header, options)
    ids: list[str] = []
    rows: list[Floats] = []
    n_words = 0
    for line, fields in stream:
        if len(fields) != len(header):
            raise InputError(
                f"{path.name}, line {line}: expected {len(header)} fields, got {len(fields)}; "
                f"the file may be cut off: download it again"
            )
        cells = [fields[j] for j in at]
        values = numbers(cells)
        nan = np.flatnonzero(np.isnan(values))
        n_words += sum(cells[j].strip().lower() not in MISSING for j in nan)
        ids.append(plain_id(fields[key]))
        rows.append(values)
    if not rows:
        raise InputError(f"{path.name}: expected one row per data set, found only a header")
    others = [name for j, name in enumerate(header) if j != key and j not in at]
    described = tuple(header[j] for j in at)
    return _Matrix(path, tuple(ids), described, np.array(rows), n_words, tuple(others))


def _id_column(path: Path, header: list[str], options: Options) -> int:
    """Return the position of the column with the data sets' ids."""
    others = [j for j, name in enumerate(header) if not _is_described(name)]
    if options.task_column in header:
        return header.index(options.task_column)
    usual = task_in([header[j] for j in others])
    if not others:
        raise InputError(
            f"{path.name}: expected a column of OpenML data set ids beside those of "
            f"configurations, found none"
        )
    return header.index(usual) if usual else others[0]


def _configurations(matrix: _Matrix) -> tuple[Ints, list[Configuration]]:
    """Return the position of each column's configuration, and the distinct configurations."""
    found: dict[str, Configuration] = {}
    keys: list[str] = []
    for number, header in enumerate(matrix.headers, start=2):
        try:
            described = ast.literal_eval(header.strip())
            made = Configuration(str(described["algorithm"]), described["hyperparameters"])
        except (ValueError, SyntaxError, KeyError, TypeError, AttributeError, MemoryError):
            raise InputError(
                f"{matrix.path.name}, column {number}: expected a header "
                f"{{'algorithm': NAME, 'hyperparameters': {{...}}}}, got {header[:80]!r}"
            ) from None
        keys.append(made.key)
        found.setdefault(made.key, made)
    position = {key: j for j, key in enumerate(found)}
    return np.array([position[key] for key in keys], dtype=np.int64), list(found.values())


def _merged(values: Floats, columns: Ints, n: int) -> Floats:
    """Return `(n_tasks, n)`: columns of the same configuration merged by their median."""
    first = np.full(n, -1)
    first[columns[::-1]] = np.arange(len(columns))[::-1]
    merged = values[:, first].copy()
    for j in np.flatnonzero(np.bincount(columns, minlength=n) > 1):
        same = values[:, columns == j]
        known = np.isfinite(same).any(axis=1)
        merged[known, j] = np.nanmedian(same[known], axis=1)
    return merged


def _aligned(runtime: _Matrix, error: _Matrix) -> Floats:
    """Return the runtimes in the order of the error matrix; NaN where there is none."""
    if runtime.ids == error.ids and runtime.headers == error.headers:
        return runtime.values
    aligned = np.full(error.values.shape, np.nan)
    rows = {id_: i for i, id_ in enumerate(runtime.ids)}
    columns = {header: j for j, header in enumerate(runtime.headers)}
    known = [(i, rows[id_]) for i, id_ in enumerate(error.ids) if id_ in rows]
    pairs = [(j, columns[h]) for j, h in enumerate(error.headers) if h in columns]
    if known and pairs:
        to, source = np.array(known).T
        to_j, source_j = np.array(pairs).T
        aligned[np.ix_(to, to_j)] = runtime.values[np.ix_(source, source_j)]
    return aligned


def _spaces(configurations: list[Configuration]) -> dict[str, str | None]:
    surveys: dict[str, SpaceSurvey] = {}
    for configuration in configurations:
        name = configuration.algorithm
        surveys.setdefault(name, SpaceSurvey(name)).add(configuration.hyperparameters)
    return {name: survey.to_json() for name, survey in surveys.items()}
