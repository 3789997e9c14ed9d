"""Scenarios of the algorithm selection library ASlib (Bischl et al. 2016).

A folder with `description.txt` (YAML), `algorithm_runs.arff` and, if there are any,
`feature_values.arff`. Instances become tasks, in the order of the runs; algorithms become
configurations; `performance_measures` and `maximize` of the description define the direction. Runs
that failed keep their status. Repetitions differ by the seed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric, metric_named
from metalearn.core.records import Batch
from metalearn.errors import InputError, UnknownNameError
from metalearn.harvesters import frames
from metalearn.harvesters.arff_table import arff_header, arff_rows
from metalearn.harvesters.chunks import Chunk, chunked
from metalearn.harvesters.configuring import Configuring, FromColumns, FromTable
from metalearn.harvesters.features import FeatureTable, counts_of, extractor_of, read_features
from metalearn.harvesters.files import lines, require, source_of
from metalearn.harvesters.finding import feature_values_in, files_in, runs_in, the_one
from metalearn.harvesters.long_table import batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable
from metalearn.harvesters.scoring import measure_of, not_read, task_column, way_out
from metalearn.harvesters.values import numbers

__all__ = ["arff_features", "read"]

_DESCRIPTION, _INSTANCE = "description.txt", "instance_id"
_DESCRIBED_LINES = 100_000
_MEASURES = re.compile(r"[\"']?performance_measures\b")
_ROLES = {"seed": "repetition", "status": "runstatus"}


@dataclass(frozen=True, slots=True)
class _Description:
    scenario: str
    measures: dict[str, Metric]
    seconds: str  # the measure that is a runtime; "" if none is
    algorithms: dict[str, Configuration]  # those with a configuration string
    steps: tuple[str, ...]  # groups in which meta-features are computed


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of a scenario; see `Reader`."""
    require(path, "the folder of an ASlib scenario")
    folder = path if path.is_dir() else path.parent
    description = _description_in(folder)
    runs = path if path.is_file() and path != description else runs_in(folder)
    if runs is None:
        absent = [] if description else ["description.txt"]
        raise InputError(
            f"{folder.name}/: expected an ASlib scenario with description.txt and "
            f"algorithm_runs.arff; missing: {', '.join([*absent, 'algorithm_runs.arff'])}"
        )
    about = _described(description, options) if description else _undescribed(runs, options)
    features = None
    if options.meta_features is not None:
        features = read_features(options.meta_features)
    elif (file := feature_values_in(folder, about.steps)) is not None:
        features = arff_features(file, options)
    yield from batches(_table(runs, about, features, options))


def _description_in(folder: Path) -> Path | None:
    """Return the file that describes the scenario, whatever its name."""
    found = []
    for path in files_in(folder):
        try:
            start = islice(lines(path), _DESCRIBED_LINES)
            if path.name == _DESCRIPTION or any(_MEASURES.match(line) for line in start):
                found.append(path)
        except InputError:
            continue
    return the_one(found, _DESCRIPTION)


def _undescribed(runs: Path, options: Options) -> _Description:
    """Return the roles of columns by their names and the options, if there is no description."""
    header = arff_header(runs)
    found = {name: measure_of(name, options) for name in header.names}
    measures = {name: metric for name, metric in found.items() if metric is not None}
    if not measures:
        roles = (task_column(header.names, options), "algorithm", *_ROLES.values())
        numeric = [a.name for a in header.attributes if a.kind in ("numeric", "integer")]
        name = next((name for name in numeric if name not in roles), "NAME")
        line = way_out("aslib", runs, options, f"--score {shlex.quote(name)} --direction maximize")
        raise InputError(
            f"{runs.parent.name}/: expected an ASlib scenario; missing: {_DESCRIPTION}, which "
            f"says what the scores in {runs.name} are. Without it, {line} (or minimize)"
        )
    return _Description(runs.name.split(".")[0], measures, "", {}, ())


def _table(
    path: Path, about: _Description, features: FeatureTable | None, options: Options
) -> RunTable:
    header = arff_header(path)
    key, *needed = _needed(path, header.names, about, options)
    source = source_of("aslib", path)
    order: dict[str, int] = {}

    def look(chunk: Chunk) -> None:
        for text in chunk.columns[key].coded.distinct:
            order.setdefault(text.strip(), len(order))

    def task_of(text: str) -> frames.TaskRow | None:
        return _task(about.scenario, text, order[text], features) if text else None

    def shared(
        spaces: Mapping[str, str | None], tasks: Sequence[str], metrics: Sequence[Metric]
    ) -> Batch:
        ids = {task: task.split(":", 3)[3] for task in tasks}
        return Batch(
            source,
            algorithms=frames.algorithms_frame(spaces, "aslib", about.scenario),
            metrics=frames.metrics_frame(metrics),
            meta_features=frames.no_features() if features is None else features.frame(ids),
        )

    known = {**_ROLES, "fit_s": about.seconds}
    roles = {role: column for role, column in known.items() if column in header.names}
    configuring: Configuring = FromColumns({}, "", "algorithm")
    if about.algorithms:
        configuring = FromTable("algorithm", about.algorithms)
    layout = Layout(header.names, key, task_of, about.measures, roles=roles)
    beside = [n for n in header.names if n not in (key, *needed, *roles.values())]
    return RunTable(
        source, layout,
        lambda size: chunked(arff_rows(path, header), header.names, size),
        configuring, shared, look,
        remarks=tuple(not_read(name) for name in beside),
    )  # fmt: skip


def _needed(
    path: Path, names: Sequence[str], about: _Description, options: Options
) -> tuple[str, ...]:
    """Return the attributes of the instance, the algorithm and the scores.

    Raises:
        InputError: If one is missing.
    """
    key = _instance_column(names, options, ("algorithm", *_ROLES.values(), *about.measures))
    needed = (key or "instance_id", "algorithm", *about.measures)
    absent = [name for name in needed if name not in names]
    if absent:
        line = "" if key else f"; {way_out('aslib', path, options, '--task-column NAME')}"
        raise InputError(
            f"{path.name}: expected attributes {', '.join(needed)}; missing: {', '.join(absent)}; "
            f"got {', '.join(names)}{line}"
        )
    return needed


def _instance_column(
    names: Sequence[str], options: Options, others: Sequence[str] | None = None
) -> str:
    if not options.task_column and _INSTANCE in names:
        return _INSTANCE
    return task_column(names, options, others)


def _task(
    scenario: str, instance: str, position: int, features: FeatureTable | None
) -> frames.TaskRow:
    n_rows, n_features, n_classes = counts_of(features, instance)
    return frames.TaskRow(
        task=f"aslib:{scenario}:{position:05d}:{instance}",
        name=instance,
        dataset=f"{scenario}:{instance}",
        procedure=frames.procedure("aslib", scenario=scenario),
        family=frames.family_of(f"{scenario}:{instance}"),
        n_rows=n_rows,
        n_features=n_features,
        n_classes=n_classes,
    )


def _described(path: Path, options: Options) -> _Description:
    import yaml

    try:
        loaded = yaml.safe_load("".join(lines(path)))
    except yaml.YAMLError as error:
        raise InputError(f"{path.name}: not YAML: {error}") from None
    if not isinstance(loaded, dict) or "performance_measures" not in loaded:
        raise InputError(f"{path.name}: expected YAML with performance_measures and maximize")
    names = [str(name) for name in _listed(loaded["performance_measures"])]
    named = {} if not options.score else {options.score: measure_of(options.score, options)}
    names = [name for name in names if name not in named]
    kinds = [str(kind) for kind in _listed(loaded.get("performance_type"))]
    kinds += ["solution_quality"] * (len(names) - len(kinds))
    better = _listed(loaded.get("maximize"))
    if len(better) < len(names):
        if not all(kind == "runtime" for kind in kinds[len(better) :]):
            raise InputError(
                f"{path.name}: 'maximize' must state for each of {names} whether more is better"
            )
        better += [False] * (len(names) - len(better))
    pairs = list(zip(names, better, strict=False))
    seconds = [name for name, kind in zip(names, kinds, strict=False) if kind == "runtime"]
    return _Description(
        str(loaded.get("scenario_id") or path.parent.name).replace(":", "_"),
        {name: _metric(name, bool(is_better)) for name, is_better in pairs}
        | {name: metric for name, metric in named.items() if metric is not None},
        seconds[0] if seconds else "",
        _configured(loaded.get("metainfo_algorithms")),
        tuple(str(step) for step in loaded.get("feature_steps") or ()),
    )


def _listed(value: object) -> list[Any]:  # Any: what YAML holds
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]


def _metric(name: str, greater_is_better: bool) -> Metric:
    try:
        known = metric_named(name)
    except UnknownNameError:
        return Metric(name, greater_is_better, None if greater_is_better else 0.0)
    if known.greater_is_better == greater_is_better:
        return known
    return Metric(f"{name}_{'max' if greater_is_better else 'min'}imised", greater_is_better)


def _configured(algorithms: object) -> dict[str, Configuration]:
    """Return algorithm -> configuration if the description gives any a configuration string."""
    if not isinstance(algorithms, dict):
        return {}
    texts = {
        str(name): str(facts.get("configuration") or "") if isinstance(facts, dict) else ""
        for name, facts in algorithms.items()
    }
    if not any(texts.values()):
        return {}
    return {
        name: Configuration(name, {"configuration": text} if text else {})
        for name, text in texts.items()
    }


def arff_features(path: Path, options: Options = Options()) -> FeatureTable:  # noqa: B008  # frozen
    """Return the meta-features of `feature_values.arff`; of repetitions, the median."""
    header = arff_header(path)
    same = options.task_column if options.task_column in header.names else ""
    words = [a.name for a in header.attributes if a.kind in ("string", "nominal")]
    task = (
        same or _instance_column(header.names, Options()) or (words[0] if len(words) == 1 else "")
    )
    if not task:
        raise InputError(f"{path.name}: expected an attribute instance_id, got {header.names}")
    names = tuple(n for n in header.names if n not in (task, "repetition"))
    at = [header.names.index(name) for name in names]
    key = header.names.index(task)
    rows: dict[str, list[Any]] = {}
    for line, cells in arff_rows(path, header):
        if cells is None:
            raise InputError(
                f"{path.name}, line {line}: expected {len(header.names)} fields; repair the file"
            )
        rows.setdefault(cells[key].strip(), []).append(numbers([cells[j] for j in at]))
    values = np.array([_median(found) for found in rows.values()], dtype=np.float64)
    return FeatureTable(
        extractor_of(path, names), names, {id_: i for i, id_ in enumerate(rows)},
        values.reshape(len(rows), len(names)),
    )  # fmt: skip


def _median(rows: list[Any]) -> Any:  # arrays of one float each
    return rows[0] if len(rows) == 1 else np.median(np.array(rows), axis=0)
