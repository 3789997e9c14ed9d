"""auto-sklearn's meta-learning files (Feurer et al. 2015): the best configuration per data set.

A folder, at any depth above them, of folders with `algorithm_runs.arff` (data set, number of a
configuration, loss) and `configurations.csv` (number, one column per hyperparameter, empty =
inactive); `feature_values.arff` lies there or one folder up. The column named after the metric
holds the loss `optimum - score`: it is turned back into the score. One run per data set, so this
is a list for warm starts and not a matrix. A metric that does not apply to a task is not stored as
a failure.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.records import Batch
from metalearn.core.task import Kind
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.arff_table import arff_header, arff_rows
from metalearn.harvesters.aslib import arff_features
from metalearn.harvesters.chunks import chunked
from metalearn.harvesters.configuring import FromTable
from metalearn.harvesters.features import FeatureTable, counts_of, read_features
from metalearn.harvesters.files import header_of, named_in, records, require, source_of
from metalearn.harvesters.finding import csv_tables, feature_values_in, runs_in, the_one
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable
from metalearn.harvesters.scoring import (
    known_metric,
    measure_of,
    not_read,
    task_column,
    way_out,
)
from metalearn.harvesters.values import MISSING, ColumnType

__all__ = ["read"]

_RUNS, _CONFIGURATIONS = "algorithm_runs.arff", "configurations.csv"
_CHOICES = ("classifier:__choice__", "regressor:__choice__")
_KNOWN = ("instance_id", "repetition", "algorithm", "runstatus")
_SHARES = ("f1", "precision", "recall", "average_precision")  # in [0, 1], more is better
_ERROR = "error"  # ends the name of a metric of regression: `mean_squared_log_error`


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of all metrics under `path`; see `Reader`."""
    require(path, f"a folder with {_RUNS} and {_CONFIGURATIONS}")
    top = path if path.is_dir() else path.parent
    folders = [f for f in [top, *sorted(top.rglob("*"))] if f.is_dir() and runs_in(f)]
    if not folders:
        raise InputError(
            f"{top.name}/: expected folders with {_RUNS} and {_CONFIGURATIONS}, found none"
        )
    if options.score:  # of several metrics, one was chosen
        folders = [f for f in folders if options.score in _names_of(f)] or folders[:1]
    given = read_features(options.meta_features) if options.meta_features else None
    seen: set[str] = set()  # metrics share tasks and configurations, which are yielded once
    for table in [_table(folder, given, options) for folder in folders]:
        for batch in batches(table):
            configurations, tasks = batch.configurations, batch.tasks
            yield replace(
                batch,
                tasks=tasks[~tasks["task"].isin(seen)],
                configurations=configurations[~configurations["configuration"].isin(seen)],
                meta_features=batch.meta_features[~batch.meta_features["task"].isin(seen)],
            )
            seen.update(tasks["task"], configurations["configuration"])


def _names_of(folder: Path) -> tuple[str, ...]:
    runs = runs_in(folder)
    return arff_header(runs).names if runs else ()


def _described_in(folder: Path) -> Path | None:
    """Return the table of configurations of a folder, whatever its name."""
    if (found := named_in(folder, _CONFIGURATIONS)) is not None:
        return found
    tables = csv_tables(folder)
    return the_one([p for p, names in tables.items() if set(_CHOICES) & set(names)], "")


def _table(folder: Path, given: FeatureTable | None, options: Options) -> RunTable:
    runs, described = runs_in(folder), _described_in(folder)
    if runs is None or described is None:
        raise InputError(f"{folder.name}/: expected {_CONFIGURATIONS} beside {_RUNS}")
    header = arff_header(runs)
    key = _instance_column(folder, runs.name, header.names, options)
    column, metric = _scored(folder, runs, [n for n in header.names if n not in (key, *_KNOWN)],
                             options)  # fmt: skip
    roles = {role: name for role, name in (("seed", "repetition"), ("status", "runstatus"))
             if name in header.names}  # fmt: skip
    others = [n for n in header.names if n not in (key, column, "algorithm", *roles.values())]
    features = given or _features(folder, options)
    source = source_of("auto-sklearn", runs, described)
    is_error = metric.name.split("_")[-1] == _ERROR
    kind: Kind = metric.kind or ("regression" if is_error else "classification")

    def shared(
        spaces: Mapping[str, str | None], tasks: Sequence[str], metrics: Sequence[Metric]
    ) -> Batch:
        ids = {task: task.split(":", 2)[2] for task in tasks}
        return Batch(
            source,
            algorithms=frames.algorithms_frame(spaces, "auto-sklearn"),
            metrics=frames.metrics_frame(metrics),
            meta_features=frames.no_features() if features is None else features.frame(ids),
        )

    layout = Layout(
        header.names, key, lambda text: _task(text, kind, features),
        {column: metric}, holds_losses=True,
        unusable={"not_applicable": f"{metric.name} does not apply to the task"},
        roles=roles,
    )  # fmt: skip
    known = FromTable("algorithm", _described(described))
    return RunTable(
        source, layout,
        lambda size: chunked(arff_rows(runs, header), header.names, size),
        known, shared,
        remarks=tuple(not_read(name) for name in others),
    )  # fmt: skip


def _instance_column(folder: Path, file: str, names: Sequence[str], options: Options) -> str:
    """Return the attribute that names the task.

    Raises:
        InputError: If there is none, or none of the algorithm.
    """
    key = "instance_id" if "instance_id" in names and not options.task_column else (
        task_column(names, options, (*_KNOWN, folder.name, options.score))
    )  # fmt: skip
    if not key or "algorithm" not in names:
        line = way_out("auto-sklearn", folder, options, "--task-column NAME")
        raise InputError(
            f"{folder.name}/{file}: expected attributes instance_id, algorithm and one "
            f"metric, got {', '.join(names)}; {line}"
        )
    return key


def _task(name: str, kind: Kind, features: FeatureTable | None) -> frames.TaskRow | None:
    if not name:
        return None
    n_rows, n_features, n_classes = counts_of(features, name)
    return frames.TaskRow(
        task=f"auto-sklearn:{kind}:{name}",
        name=name,
        dataset=name,
        kind=kind,
        procedure=frames.procedure("auto-sklearn", estimation="hold-out"),
        family=frames.family_of(name),
        n_rows=n_rows,
        n_features=n_features,
        n_classes=n_classes if kind == "classification" else None,
    )


def _scored(folder: Path, runs: Path, names: list[str], options: Options) -> tuple[str, Metric]:
    """Return the column of losses and its metric; a folder is called like its metric."""
    found = {name: _metric(name, options) for name in names}
    known = {name: metric for name, metric in found.items() if metric is not None}
    for name in (options.score, folder.name):
        if name in known:
            return name, known[name]
    where = f"{folder.name}/{runs.name}"
    if options.score:
        raise UsageError(f"--score: there is no attribute {options.score!r}; {where} has "
                         f"{', '.join(names)}")  # fmt: skip
    if len(known) == 1:
        return next(iter(known.items()))
    shown = shlex.quote(next(iter([*known, *names]), "NAME"))
    option = f"--score {shown}" + ("" if known else " --direction maximize")
    ends = "" if known else " (or minimize)"
    reason = ("the best value of none of them is known, so their losses cannot be turned into "
              "scores") if names and not known else "one of them must be named"  # fmt: skip
    raise InputError(
        f"{where}: expected one metric, named like its folder, among "
        f"{', '.join(names) or 'none'}: {reason}; "
        f"{way_out('auto-sklearn', folder, options, option)}{ends}"
    )


def _metric(name: str, options: Options) -> Metric | None:
    """Return the metric of a column of losses; None if its best value is not known."""
    if options.score == name and known_metric(name) is None:
        named = measure_of(name, options)
        is_share = named is not None and named.greater_is_better  # its scorers end at 1
        return Metric(name, True, 1.0) if is_share else Metric(name, False, 0.0)
    if known_metric(name) is not None:
        return measure_of(name, options)
    if name.startswith(_SHARES):
        return Metric(name, True, 1.0, 0.0)
    return Metric(name, False, 0.0) if name.endswith("_error") else None


def _features(folder: Path, options: Options) -> FeatureTable | None:
    for place in (folder, folder.parent):
        file = feature_values_in(place)
        if file is not None:
            return arff_features(file, options)
    return None


def _described(path: Path) -> dict[str, Configuration]:
    """Return number -> configuration."""
    header = header_of(path)
    choices = [i for i, name in enumerate(header) if name in _CHOICES]
    plain = [i for i, name in enumerate(header) if ":" not in name]
    key = header.index("idx") if "idx" in header else (plain[0] if len(plain) == 1 else -1)
    if key < 0 or len(choices) != 1:
        raise InputError(
            f"{path.parent.name}/{path.name}: expected a column idx, then hyperparameters with "
            f"classifier:__choice__ or regressor:__choice__, got {', '.join(header[:4])} ..."
        )
    rows = [fields for _, fields in islice(records(path), 1, None)]
    ragged = [fields[0] for fields in rows if len(fields) != len(header)]
    if ragged:
        raise InputError(
            f"{path.parent.name}/{path.name}: configuration {ragged[0]!r} does not have "
            f"{len(header)} fields; the file may be cut off"
        )
    types = [ColumnType() for _ in header]
    for column, texts in zip(types, zip(*rows, strict=True), strict=False):
        column.survey(texts)
    return {
        fields[key].strip(): Configuration(
            f"auto-sklearn:{fields[choices[0]]}",
            {
                name: types[i].convert(text)
                for i, (name, text) in enumerate(zip(header, fields, strict=True))
                if i != key and text.lower() not in MISSING
            },
        )
        for fields in rows
    }
