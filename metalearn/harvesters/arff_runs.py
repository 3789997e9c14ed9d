"""Runs of one OpenML flow as an ARFF table (van Rijn & Hutter 2018, openml-pimp).

One row a run: hyperparameters, measures, `task_id`. A first comment line of JSON names the flow,
`col_parameters` and `col_measures`; without it, columns named like a known metric are measures and
all others hyperparameters. Nominal numbers are numbers. Runs come from OpenML, so a task is an
OpenML task with its own splits; meta-features are joined by task id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from metalearn.core.metric import Metric, metric_named
from metalearn.core.records import Batch
from metalearn.errors import InputError, UnknownNameError
from metalearn.harvesters import frames
from metalearn.harvesters.arff_table import ArffHeader, arff_header, arff_rows
from metalearn.harvesters.configuring import FromColumns
from metalearn.harvesters.features import FeatureTable, counts_of, plain_id, read_features
from metalearn.harvesters.files import named_in, require, source_of, tables_in
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable

__all__ = ["read"]

_TASK = "task_id"


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of a table of runs; see `Reader`."""
    require(path, "an ARFF table of runs")
    if path.is_dir():
        found = tables_in(path, ".arff")
        if len(found) != 1:
            names = ", ".join(p.name for p in found) or "none"
            raise InputError(
                f"{path.name}/: expected one ARFF table of runs, found {names}; name the file"
            )
        path = found[0]
    yield from batches(_table(path, _features(path, options)))


def _features(path: Path, options: Options) -> FeatureTable | None:
    if options.meta_features is not None:
        return read_features(options.meta_features)
    folder = path.resolve().parent
    beside = sorted(folder.parent.glob("*/task_qualities.json*"))
    for file in [named_in(folder, "task_qualities.json"), *beside]:
        if file is not None:
            return read_features(file)
    return None


def _table(path: Path, features: FeatureTable | None) -> RunTable:
    header = arff_header(path)
    facts = _facts(header)
    if _TASK not in header.names:
        raise InputError(
            f"{path.name}: expected an attribute 'task_id', got {', '.join(header.names)}"
        )
    measures = _measures(path, header, facts.get("col_measures"))
    listed = facts.get("col_parameters")
    names = [str(n) for n in listed] if isinstance(listed, list) else [
        n for n in header.names if n != _TASK and n not in measures
    ]  # fmt: skip
    absent = [name for name in names if name not in header.names]
    if absent:
        raise InputError(
            f"{path.name}: the first line lists {absent} in col_parameters, but no such attribute "
            f"follows; repair one of the two"
        )
    flow = str(facts.get("flow_id", "")) or header.relation.rsplit("-", 1)[-1]
    source = source_of("arff-runs", path)

    def shared(
        spaces: Mapping[str, str | None], tasks: Sequence[str], metrics: Sequence[Metric]
    ) -> Batch:
        ids = {task: plain_id(task.rsplit(":", 1)[1]) for task in tasks}
        return Batch(
            source,
            algorithms=frames.algorithms_frame(spaces, "openml", flow),
            metrics=frames.metrics_frame(metrics),
            meta_features=frames.no_features() if features is None else features.frame(ids),
        )

    return RunTable(
        source,
        Layout(header.names, _TASK, lambda text: _task(text, features), measures),
        lambda: arff_rows(path, header),
        FromColumns({name: name for name in names}, f"openml-flow-{flow}"),
        shared,
    )


def _task(text: str, features: FeatureTable | None) -> frames.TaskRow | None:
    whole = text.removesuffix(".0")
    if not whole.isdigit():
        return None
    id_ = plain_id(whole)
    n_rows, n_features, n_classes = counts_of(features, id_)
    return frames.TaskRow(
        task=f"arff-runs:{id_.zfill(8)}",
        name=f"OpenML task {id_}",
        dataset=f"openml-task:{id_}",
        procedure=frames.procedure("openml", openml_task=int(id_)),
        family=f"openml-task:{id_}",
        n_rows=n_rows,
        n_features=n_features,
        n_classes=n_classes,
    )


def _measures(path: Path, header: ArffHeader, listed: object) -> dict[str, Metric]:
    names = [str(name) for name in listed] if isinstance(listed, list) else list(header.names)
    known: dict[str, Metric] = {}
    for name in names:
        try:
            known[name] = metric_named(name)
        except UnknownNameError:
            if isinstance(listed, list):
                raise InputError(
                    f"{path.name}: whether {name!r} is to be maximised is not known; import it as "
                    f"long-csv with a column 'direction'"
                ) from None
    absent = [name for name in known if name not in header.names]
    if absent or not known:
        raise InputError(
            f"{path.name}: expected a measure such as predictive_accuracy among the attributes, "
            f"got {', '.join(header.names)}"
        )
    return known


def _facts(header: ArffHeader) -> dict[str, Any]:  # Any: what the JSON comment holds
    if not header.comments or not header.comments[0].startswith("{"):
        return {}
    try:
        loaded = json.loads(header.comments[0])
    except json.JSONDecodeError:
        return {}
    return loaded if isinstance(loaded, dict) else {}
