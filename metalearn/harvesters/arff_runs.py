"""Runs of one OpenML flow as an ARFF table (van Rijn & Hutter 2018, openml-pimp).

One row per run: hyperparameters, measures, `task_id` or another column that names the task. A
comment of JSON names the flow, `col_parameters` and `col_measures`. Without it, columns named like
a known metric are measures; columns of numbers that are called like a measure (`train_accuracy`,
`usercpu_time_millis`) are left out; all others are hyperparameters, which a note of the import
says, unless the options name those. Nominal numbers are numbers. Runs
come from OpenML, so a task is an OpenML task with its own splits; meta-features are joined by task
id.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from metalearn.core.arff import Attribute
from metalearn.core.metric import Metric
from metalearn.core.records import Batch
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.arff_table import ArffHeader, arff_header, arff_rows
from metalearn.harvesters.chunks import chunked
from metalearn.harvesters.configuring import FromColumns
from metalearn.harvesters.features import FeatureTable, counts_of, plain_id, read_features
from metalearn.harvesters.files import named_in, require, source_of
from metalearn.harvesters.finding import arff_tables
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

_IDS = ("task_id", "openml_task_id")  # columns that hold only ids of OpenML
# Columns of OpenML about a run other than hyperparameters and measures.
_BOOKKEEPING = ("run_id", "setup_id", "flow_id", "flow_name", "uploader", "upload_time", "rid",
                "task_id", "dataset", "data_id", "data_name")  # fmt: skip
# Words in the names of what is measured about a run.
_MEASURED = frozenset({
    "accuracy", "auc", "brier", "crps", "cpu", "error", "f1", "kappa", "loss", "mae", "measure",
    "memory", "metric", "millis", "mse", "precision", "r2", "recall", "rmse", "runtime", "score",
    "seconds", "time", "usercpu",
})  # fmt: skip


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of a table of runs; see `Reader`."""
    require(path, "an ARFF table of runs")
    if path.is_dir():
        found = list(arff_tables(path))
        if len(found) != 1:
            names = ", ".join(p.name for p in found) or "none"
            raise InputError(
                f"{path.name}/: expected one ARFF table of runs, found {names}; name the file"
            )
        path = found[0]
    yield from batches(_table(path, _features(path, options), options))


def _features(path: Path, options: Options) -> FeatureTable | None:
    if options.meta_features is not None:
        return read_features(options.meta_features)
    folder = path.resolve().parent
    beside = sorted(folder.parent.glob("*/task_qualities.json*"))
    for file in [named_in(folder, "task_qualities.json"), *beside]:
        if file is not None:
            return read_features(file)
    return None


def _table(path: Path, features: FeatureTable | None, options: Options) -> RunTable:
    header = arff_header(path)
    facts = _facts(header)
    parameters, measured = (_listed(facts, f"col_{what}") for what in ("parameters", "measures"))
    task = _task_attribute(path, header, parameters, measured, options)
    measures, unknown = _measures(path, header, facts.get("col_measures"), options)
    names, others = _parameters(path, header, facts, [task, *measures], options)
    notes: tuple[str, ...] = ()
    if "col_parameters" not in facts and not options.hyperparameters:
        notes = (
            f"{path.name}: no header comment describes its columns; read as "
            f"hyperparameters: {', '.join(names) or 'none'}; as scores: {', '.join(measures)}; "
            f"name others with --hyperparameter, --score",
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
            notes=notes,
        )

    return RunTable(
        source,
        Layout(header.names, task, lambda text: _task(text, features, task in _IDS), measures),
        lambda size: chunked(arff_rows(path, header), header.names, size),
        FromColumns({name: name for name in names}, f"openml-flow-{flow}"),
        shared,
        remarks=(*(left_out(name) for name in unknown), *(not_read(name) for name in others)),
    )


def _task_attribute(
    path: Path,
    header: ArffHeader,
    parameters: Sequence[str],
    measured: Sequence[str],
    options: Options,
) -> str:
    """Return the attribute that names the task.

    Raises:
        InputError: If there is none.
    """
    given = [*parameters, *measured, *_BOOKKEEPING, options.score]
    task = task_column(header.names, options, given if parameters else None)
    if not task:
        spare = next((a.name for a in reversed(header.attributes)
                      if a.name not in given and not known_metric(a.name)), "NAME")  # fmt: skip
        line = way_out("arff-runs", path, options, f"--task-column {shlex.quote(spare)}")
        raise InputError(
            f"{path.name}: expected an attribute such as 'task_id' or 'dataset' that names the "
            f"task, got {', '.join(header.names)}; {line}"
        )
    return task


def _task(text: str, features: FeatureTable | None, only_ids: bool) -> frames.TaskRow | None:
    whole = text.removesuffix(".0")
    if not whole or (only_ids and not whole.isdigit()):
        return None
    id_ = plain_id(whole)
    n_rows, n_features, n_classes = counts_of(features, id_)
    is_task = whole.isdigit()
    return frames.TaskRow(
        task=f"arff-runs:{id_.zfill(8)}" if is_task else f"arff-runs:{whole}",
        name=f"OpenML task {id_}" if is_task else whole,
        dataset=f"openml-task:{id_}" if is_task else whole,
        procedure=frames.procedure("openml", **({"openml_task": int(id_)} if is_task else {})),
        family=f"openml-task:{id_}" if is_task else frames.family_of(whole),
        n_rows=n_rows,
        n_features=n_features,
        n_classes=n_classes,
    )


def _parameters(
    path: Path, header: ArffHeader, facts: Mapping[str, Any], taken: Sequence[str],
    options: Options,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Return the columns of hyperparameters, and those that are nothing of a run."""
    names = list(dict.fromkeys([*_listed(facts, "col_parameters"), *options.hyperparameters]))
    absent = [name for name in names if name not in header.names]
    if absent:
        option = (
            "--hyperparameter" if set(absent) & set(options.hyperparameters)
            else "col_parameters of the header comment"
        )  # fmt: skip
        raise InputError(
            f"{path.name}: {option} lists {', '.join(absent)} among the hyperparameters, but "
            f"there is no such attribute; there are {', '.join(header.names)}"
        )
    usual = (*taken, *_BOOKKEEPING)
    if not names:
        names = [a.name for a in header.attributes
                 if a.name not in usual and not _looks_measured(a)]  # fmt: skip
    known = (*names, *usual, *_listed(facts, "col_measures"))
    return names, [n for n in header.names if n not in known]


def _listed(facts: Mapping[str, Any], name: str) -> list[str]:
    found = facts.get(name)
    return [str(n) for n in found] if isinstance(found, list) else []


def _looks_measured(attribute: Attribute) -> bool:
    """Return whether a column of numbers is called like something that was measured."""
    is_number = attribute.kind in ("numeric", "integer")
    words = set(re.split(r"[^a-z0-9]+", attribute.name.lower()))
    return is_number and "__" not in attribute.name and bool(words & _MEASURED)


def _measures(
    path: Path, header: ArffHeader, listed: object, options: Options
) -> tuple[dict[str, Metric], list[str]]:
    """Return the columns of scores, and those whose direction is not known."""
    names = [str(name) for name in listed] if isinstance(listed, list) else list(header.names)
    if options.score and options.score not in header.names:
        raise UsageError(
            f"--score: there is no attribute {options.score!r}; {path.name} has "
            f"{', '.join(header.names)}"
        )
    found = {n: measure_of(n, options) for n in dict.fromkeys([*names, options.score]) if n}
    known = {n: m for n, m in found.items() if m is not None and n in header.names}
    if not known:
        numeric = [a.name for a in header.attributes if a.kind in ("numeric", "integer")]
        guess = [n for n in numeric if n not in _BOOKKEEPING][-1:] or ["NAME"]
        shown = shlex.quote((names if isinstance(listed, list) and names else guess)[0])
        line = way_out("arff-runs", path, options, f"--score {shown} --direction maximize")
        raise InputError(
            f"{path.name}: expected a measure such as predictive_accuracy among the attributes, "
            f"got {', '.join(header.names)}; {line} (or minimize)"
        )
    unknown = [n for n in names if n not in known and n in header.names]
    return known, unknown if isinstance(listed, list) else []


def _facts(header: ArffHeader) -> dict[str, Any]:  # Any: what the JSON comment holds
    for text in (*header.comments, " ".join(header.comments)):
        try:
            loaded = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(loaded, dict):
            return loaded
    return {}
