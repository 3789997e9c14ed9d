"""The format of metalearn with one evaluation per row, see `docs/guides/importing.md`.

A table is CSV, or a Parquet file with the same columns, whose numbers need no text.

Required columns: `task`, `metric`, `value`, and what was run: `configuration` (a JSON object) or
one column per hyperparameter (`hp_NAME`, or names declared by the caller), or `algorithm` alone.
All other columns are optional; columns with another name are left out and counted. They are an
error where rows differ in nothing else, because then they are hyperparameters not declared.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast

from metalearn.core.metric import Metric, metric_named
from metalearn.core.records import Batch
from metalearn.core.task import Kind
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.cells import joint
from metalearn.harvesters.chunks import CHUNK_ROWS, Chunk, ReadChunks
from metalearn.harvesters.configuring import Configuring, FromColumns, FromJson
from metalearn.harvesters.csv_blocks import csv_chunks
from metalearn.harvesters.features import FeatureTable, counts_of, plain_id, read_features
from metalearn.harvesters.files import header_of, require, source_of
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.parquet_rows import is_parquet, parquet_chunks, parquet_header
from metalearn.harvesters.run_table import Layout, RunTable
from metalearn.harvesters.scoring import (
    DIRECTIONS,
    known_metric,
    measure_of,
    not_read,
    task_column,
    way_out,
)

__all__ = ["COLUMNS", "DEFAULT_ALGORITHM", "read"]

DEFAULT_ALGORITHM = "unnamed"
_TASK_COLUMNS = ("name", "dataset", "kind", "procedure")
_ROLES: Mapping[str, str] = {
    "fold": "fold", "seed": "seed", "fidelity": "fidelity", "status": "status",
    "reason": "reason", "seconds": "fit_s", "predict_seconds": "predict_s",
}  # fmt: skip
COLUMNS = (
    "task", "algorithm", "configuration", "metric", "direction", "value", *_ROLES, *_TASK_COLUMNS,
)  # fmt: skip
# Columns that distinguish evaluations of one algorithm.
_IDENTITY = ("task", "algorithm", "metric", "fold", "seed", "fidelity", "procedure")
_COMPARED = 200_000


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of a table; see `Reader`."""
    require(path, "a CSV or Parquet table with columns task, metric, value, ...")
    if path.is_dir():
        raise InputError(f"{path.name}/: expected a CSV file, got a folder; name the file")
    features = read_features(options.meta_features) if options.meta_features else None
    yield from batches(_table(path, options, features))


def _table(path: Path, options: Options, features: FeatureTable | None) -> RunTable:
    is_typed = is_parquet(path)
    header = _named(path, parquet_header(path) if is_typed else header_of(path), options)
    parameters, unknown = _checked(path, header, options)
    read = partial(parquet_chunks if is_typed else csv_chunks, path, header)
    if unknown and not parameters and "configuration" not in header:
        _check_unlike(path, header, read, unknown, options)
    column = "algorithm" if "algorithm" in header else None
    configuring: Configuring = FromColumns(parameters, DEFAULT_ALGORITHM, column)
    if "configuration" in header:
        configuring = FromJson("configuration", DEFAULT_ALGORITHM, column)
    facts = _Facts(path, features, DIRECTIONS.get(options.direction))
    source = source_of("long-csv", path)

    def shared(
        spaces: Mapping[str, str | None], tasks: Sequence[str], metrics: Sequence[Metric]
    ) -> Batch:
        ids = {facts.rows[text].task: facts.id_of(text) for text in facts.rows}
        ids = {task: id_ for task, id_ in ids.items() if task in set(tasks)}
        return Batch(
            source,
            algorithms=frames.algorithms_frame(spaces, ""),
            metrics=frames.metrics_frame(metrics),
            meta_features=frames.no_features() if features is None else features.frame(ids),
        )

    measures = {}
    if "metric" not in header and (metric := measure_of(options.score, options)) is not None:
        measures = {options.score: metric}
    layout = Layout(
        tuple(header), "task", facts.task_of, measures,
        metric="" if measures else "metric", value="value", metric_of=facts.metric_of,
        roles={role: name for name, role in _ROLES.items() if name in header},
    )  # fmt: skip
    return RunTable(
        source, layout, read, configuring, shared, facts.look,
        remarks=tuple(_unread(name) for name in unknown),
    )  # fmt: skip


def _named(path: Path, header: list[str], options: Options) -> list[str]:
    """Return the header with the columns of task and score under our names."""
    others = (*COLUMNS, *options.hyperparameters, options.score, *_hyperparameters(header))
    renamed = {}
    if options.task_column or "task" not in header:
        renamed = {task_column(header, options, others): "task"}
    if options.score and options.score not in header:
        raise UsageError(f"--score: there is no column {options.score!r}; {path.name} has "
                         f"{', '.join(header)}")  # fmt: skip
    if options.score and "metric" in header:
        renamed[options.score] = "value"
    ours = set(renamed.values()) - set(renamed)
    taken = {name: f"{name} (of the file)" for name in ours if name in header}
    return [renamed.get(name, taken.get(name, name)) for name in header]


def _hyperparameters(header: list[str]) -> dict[str, str]:
    return {n: n.removeprefix("hp_") for n in header if n.startswith("hp_")}


def _unread(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), COLUMNS, 1, 0.8)
    return not_read(name) + (f"; did you mean {near[0]!r}?" if near else "")


def _checked(path: Path, header: list[str], options: Options) -> tuple[dict[str, str], list[str]]:
    """Return the columns of hyperparameters -> their names, and unknown ones, or what is wrong."""
    if not header:
        raise InputError(f"{path.name}: the file is empty; expected a header with {COLUMNS[:6]}")
    place = path.name if is_parquet(path) else f"{path.name}, line 1"
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise InputError(f"{place}: columns occur twice: {', '.join(doubled)}")
    declared = options.hyperparameters
    parameters = {name: name for name in declared} | _hyperparameters(header)
    unknown = [n for n in header
               if n not in COLUMNS and n not in parameters and n != options.score]  # fmt: skip
    needed = ("task",) if options.score and "metric" not in header else ("task", "metric", "value")
    absent = [n for n in (*needed, *declared) if n not in header]
    if absent:
        raise InputError(
            f"{place}: columns missing: {', '.join(absent)}; got {', '.join(header)}; "
            f"{_way_out(path, absent, unknown, options)}"
        )
    if "configuration" in header and parameters:
        raise InputError(
            f"{place}: hyperparameters come either in the column 'configuration' or "
            f"in columns of their own ({', '.join(parameters)}), not both"
        )
    if not ({"configuration", "algorithm"} & set(header) or parameters):
        raise InputError(
            f"{place}: expected a column 'configuration' (JSON), columns hp_NAME, or "
            f"'algorithm'; got {', '.join(header)}; {_declared(path, unknown, options)}"
        )
    return parameters, unknown


def _way_out(path: Path, absent: list[str], unknown: list[str], options: Options) -> str:
    shown = shlex.quote(next((n for n in unknown if known_metric(n)), unknown[-1:] or ["NAME"])[0])
    if absent[0] == "task":
        return way_out(
            "long-csv", path, options, f"--task-column {shlex.quote((unknown or ['NAME'])[0])}"
        )
    if "metric" in absent:
        return way_out("long-csv", path, options, f"--score {shown} --direction maximize")
    return way_out("long-csv", path, options, f"--score {shown}")


def _declared(path: Path, unknown: list[str], options: Options) -> str:
    names = shlex.quote(",".join(unknown) or "NAME")
    return way_out("long-csv", path, options, f"--hyperparameter {names}")


def _check_unlike(
    path: Path, header: list[str], read: ReadChunks, unknown: list[str], options: Options
) -> None:
    """Refuse rows that differ in nothing but columns that would be left out and their scores."""
    identity = [n for n in _IDENTITY if n in header]
    seen: dict[tuple[str, ...], tuple[str, ...]] = {}
    for chunk in read(CHUNK_ROWS):
        rows = joint([chunk.columns[n].coded for n in (*identity, *unknown)], len(chunk))
        for cells, row in zip(rows.distinct, rows.first_rows, strict=True):
            if len(seen) > _COMPARED:
                return
            key, rest = cells[: len(identity)], cells[len(identity) :]
            if seen.setdefault(key, rest) != rest:
                raise InputError(
                    f"{path.name}, {chunk.where(row)}: differs from an earlier row in "
                    f"{', '.join(unknown)} alone, which no column of the format is called. If "
                    f"they are hyperparameters, {_declared(path, unknown, options)}; if not, take "
                    "these columns out"
                )


@dataclass(slots=True)
class _Facts:
    """Properties of tasks and metrics in the rows, which must be consistent."""

    path: Path
    features: FeatureTable | None
    more_is_better: bool | None = None  # for metrics of unknown direction
    first: dict[str, tuple[str, str]] = field(default_factory=dict)  # metric and place of a task
    rows: dict[str, frames.TaskRow] = field(default_factory=dict)
    stated: dict[tuple[str, str], str] = field(default_factory=dict)

    def look(self, chunk: Chunk) -> None:
        """Collect the facts of a chunk."""
        for name in _TASK_COLUMNS:
            if name in chunk.columns:
                self._agree("task", name, chunk)
        if "direction" in chunk.columns:
            self._agree("metric", "direction", chunk)
        names = [n for n in ("task", "metric") if n in chunk.columns]
        pairs = joint([chunk.columns[n].coded for n in names], len(chunk))
        for cells, row in zip(pairs.distinct, pairs.first_rows, strict=True):
            task, metric = cells[0].strip(), "".join(cells[1:]).strip()
            if task:
                self.first.setdefault(task, (metric, chunk.where(row)))

    def task_of(self, text: str) -> frames.TaskRow | None:
        """Return the task of a key, once all chunks were looked at; None if it is none."""
        if text in self.first and text not in self.rows:
            self.rows[text] = self._row(text)
        return self.rows.get(text)

    def metric_of(self, text: str) -> Metric | None:
        """Return the metric of a name; None if its direction is unknown."""
        direction = self.stated.get((f"direction of metric {text!r}", ""), "")
        try:
            known = metric_named(text)
        except UnknownNameError:
            better = DIRECTIONS[direction] if direction else self.more_is_better
            return None if better is None or not text else Metric(text, better)
        return known

    def id_of(self, task: str) -> str:
        """Return the join key of meta-features: the data set, or the task itself."""
        return plain_id(_dataset_of(self.rows[task]) or task)

    def _agree(self, about: str, name: str, chunk: Chunk) -> None:
        pairs = joint([chunk.columns[about].coded, chunk.columns[name].coded], len(chunk))
        for (of, text), row in zip(pairs.distinct, pairs.first_rows, strict=True):
            value = text.strip()
            if not value or not of.strip():
                continue
            key = (f"{name} of {about} {of.strip()!r}", "")
            if self.stated.setdefault(key, value) != value:
                raise InputError(
                    f"{self.path.name}, {chunk.where(row)}: the {key[0]} is {value!r} here and "
                    f"{self.stated[key]!r} before; a {about} has one {name}"
                )
            if name == "direction":
                self._check_direction(of.strip(), value, chunk.where(row))

    def _check_direction(self, metric: str, value: str, where: str) -> None:
        if value not in DIRECTIONS:
            raise InputError(
                f"{self.path.name}, {where}: direction: expected maximize or minimize, got "
                f"{value!r}"
            )
        try:
            known = metric_named(metric)
        except UnknownNameError:
            return
        if known.greater_is_better != DIRECTIONS[value]:
            raise InputError(
                f"{self.path.name}, {where}: {metric!r} is known and its direction is not "
                f"{value}; give losses a name of their own, such as error_rate"
            )

    def _row(self, task: str) -> frames.TaskRow:
        metric, where = self.first[task]
        stated = {n: self.stated.get((f"{n} of task {task!r}", ""), "") for n in _TASK_COLUMNS}
        kind = stated["kind"]
        if kind not in ("", "classification", "regression"):
            raise InputError(
                f"{self.path.name}, {where}: kind: expected classification or regression, got "
                f"{kind!r}"
            )
        found = self.metric_of(metric)
        if not kind:
            kind = (found.kind if found else None) or "classification"
        procedure = stated["procedure"]
        row = frames.TaskRow(
            task=f"{task}@{procedure}" if procedure else task,
            name=stated["name"] or task,
            dataset=stated["dataset"],
            kind=cast(Kind, kind),
            procedure=frames.procedure("long-csv", **({"text": procedure} if procedure else {})),
            family=frames.family_of(stated["dataset"] or task),
        )
        counts = counts_of(self.features, plain_id(_dataset_of(row) or task))
        n_rows, n_features, n_classes = counts
        return replace(row, n_rows=n_rows, n_features=n_features, n_classes=n_classes)


def _dataset_of(row: frames.TaskRow) -> str:
    return row.dataset.removeprefix("openml:")
