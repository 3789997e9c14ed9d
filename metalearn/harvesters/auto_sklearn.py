"""auto-sklearn's meta-learning files (Feurer et al. 2015): the best configuration per data set.

A folder, at any depth above them, of folders with `algorithm_runs.arff` (data set, number of a
configuration, loss) and `configurations.csv` (number, one column per hyperparameter, empty =
inactive); `feature_values.arff` lies there or one folder up. The column named after the metric
holds the loss `optimum - score`: it is turned back into the score. One run per data set, so this
is a list for warm starts and not a matrix. A metric that does not apply to a task is no failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric, metric_named
from metalearn.core.records import Batch
from metalearn.core.task import Kind
from metalearn.errors import InputError, UnknownNameError
from metalearn.harvesters import frames
from metalearn.harvesters.arff_table import arff_header, arff_rows
from metalearn.harvesters.aslib import arff_features, runs_in
from metalearn.harvesters.configuring import FromTable
from metalearn.harvesters.features import FeatureTable, counts_of, read_features
from metalearn.harvesters.files import (
    header_of,
    named_in,
    records,
    require,
    source_of,
    tables_in,
)
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable
from metalearn.harvesters.values import MISSING, ColumnType

__all__ = ["read"]

_RUNS, _CONFIGURATIONS = "algorithm_runs.arff", "configurations.csv"
_KNOWN = ("instance_id", "repetition", "algorithm", "runstatus")
_SHARES = ("f1", "precision", "recall", "average_precision")  # in [0, 1], more is better
_ERROR = "error"  # ends the name of a metric of regression: `mean_squared_log_error`


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of all metrics under `path`; see `Reader`."""
    require(path, f"a folder with {_RUNS} and {_CONFIGURATIONS}")
    top = path if path.is_dir() else path.parent
    folders = [f for f in [top, *sorted(top.rglob("*"))] if f.is_dir() and _runs_of(f)]
    if not folders:
        raise InputError(
            f"{top.name}/: expected folders with {_RUNS} and {_CONFIGURATIONS}, found none"
        )
    given = read_features(options.meta_features) if options.meta_features else None
    seen: set[str] = set()  # metrics share tasks and configurations: each is given once
    for table in [_table(folder, given) for folder in folders]:
        for batch in batches(table):
            configurations, tasks = batch.configurations, batch.tasks
            yield replace(
                batch,
                tasks=tasks[~tasks["task"].isin(seen)],
                configurations=configurations[~configurations["configuration"].isin(seen)],
                meta_features=batch.meta_features[~batch.meta_features["task"].isin(seen)],
            )
            seen.update(tasks["task"], configurations["configuration"])


def _runs_of(folder: Path) -> Path | None:
    return named_in(folder, _RUNS) or runs_in(folder)


def _described_in(folder: Path) -> Path | None:
    """Return the table of configurations of a folder, whatever its name."""
    found = [path for path in tables_in(folder, ".csv") if header_of(path)[:1] == ["idx"]]
    return named_in(folder, _CONFIGURATIONS) or (found[0] if len(found) == 1 else None)


def _table(folder: Path, given: FeatureTable | None) -> RunTable:
    runs, described = _runs_of(folder), _described_in(folder)
    if runs is None or described is None:
        raise InputError(f"{folder.name}/: expected {_CONFIGURATIONS} beside {_RUNS}")
    header = arff_header(runs)
    measures = [name for name in header.names if name not in _KNOWN]
    if len(measures) != 1 or not set(header.names) >= {"instance_id", "algorithm"}:
        raise InputError(
            f"{folder.name}/{runs.name}: expected attributes {', '.join(_KNOWN)} and one metric, "
            f"got {', '.join(header.names)}"
        )
    metric = _metric(measures[0])
    features = given or _features(folder)
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
        header.names, "instance_id", lambda text: _task(text, kind, features),
        {measures[0]: metric}, holds_losses=True,
        unusable={"not_applicable": f"{metric.name} does not apply to the task"},
        roles={role: column for role, column in (("seed", "repetition"), ("status", "runstatus"))
               if column in header.names},
    )  # fmt: skip
    known = FromTable("algorithm", _described(described))
    return RunTable(source, layout, lambda: arff_rows(runs, header), known, shared)


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


def _metric(name: str) -> Metric:
    try:
        return metric_named(name)
    except UnknownNameError:
        if name.startswith(_SHARES):
            return Metric(name, True, 1.0, 0.0)
        if name.endswith("_error"):
            return Metric(name, False, 0.0)
        raise InputError(
            f"the best value of the metric {name!r} is not known, so its losses cannot be turned "
            f"into scores; import it as long-csv with a column 'direction'"
        ) from None


def _features(folder: Path) -> FeatureTable | None:
    for place in (folder, folder.parent):
        file = named_in(place, "feature_values.arff")
        if file is not None:
            return arff_features(file)
    return None


def _described(path: Path) -> dict[str, Configuration]:
    """Return number -> configuration."""
    header = header_of(path)
    choices = [
        i for i, name in enumerate(header)
        if name in ("classifier:__choice__", "regressor:__choice__")
    ]  # fmt: skip
    if header[:1] != ["idx"] or len(choices) != 1:
        raise InputError(
            f"{path.parent.name}/{path.name}: expected a column idx, then hyperparameters with "
            f"classifier:__choice__ or regressor:__choice__, got {', '.join(header[:4])} ..."
        )
    rows = [fields for line, fields in records(path) if line > 1]
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
        fields[0]: Configuration(
            f"auto-sklearn:{fields[choices[0]]}",
            {
                name: types[i].convert(text)
                for i, (name, text) in enumerate(zip(header, fields, strict=True))
                if i > 0 and text.lower() not in MISSING
            },
        )
        for fields in rows
    }
