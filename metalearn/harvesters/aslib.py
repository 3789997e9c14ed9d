"""Scenarios of the algorithm selection library ASlib (Bischl et al. 2016).

A folder with `description.txt` (YAML), `algorithm_runs.arff` and, if there are any,
`feature_values.arff`. Instances become tasks, in the order of the runs; algorithms become
configurations; `performance_measures` and `maximize` of the description say what is better. Runs
that did not end well keep their status. Repetitions are told apart by the seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric, metric_named
from metalearn.core.records import Batch
from metalearn.errors import InputError, UnknownNameError
from metalearn.harvesters import frames
from metalearn.harvesters.arff_table import arff_header, arff_rows
from metalearn.harvesters.configuring import Configuring, FromColumns, FromTable
from metalearn.harvesters.features import FeatureTable, counts_of, extractor_of, read_features
from metalearn.harvesters.files import lines, named_in, require, source_of, tables_in
from metalearn.harvesters.long_table import Chunk, batches
from metalearn.harvesters.options import Options
from metalearn.harvesters.run_table import Layout, RunTable
from metalearn.harvesters.values import numbers

__all__ = ["arff_features", "read", "runs_in"]


@dataclass(frozen=True, slots=True)
class _Description:
    scenario: str
    measures: dict[str, Metric]
    seconds: str  # the measure that is a runtime; "" if none is
    algorithms: dict[str, Configuration]  # those with a configuration string


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of a scenario; see `Reader`."""
    require(path, "the folder of an ASlib scenario")
    folder = path if path.is_dir() else path.parent
    files = {
        "description.txt": named_in(folder, "description.txt") or _described_in(folder),
        "algorithm_runs.arff": named_in(folder, "algorithm_runs.arff") or runs_in(folder),
    }
    missing = [name for name, file in files.items() if file is None]
    if missing:
        raise InputError(
            f"{folder.name}/: expected an ASlib scenario with description.txt and "
            f"algorithm_runs.arff; missing: {', '.join(missing)}"
        )
    description, runs = (file for file in files.values() if file is not None)
    features = None
    if options.meta_features is not None:
        features = read_features(options.meta_features)
    elif (file := named_in(folder, "feature_values.arff")) is not None:
        features = arff_features(file)
    yield from batches(_table(runs, _described(description), features))


def _described_in(folder: Path) -> Path | None:
    """Return the only file that describes a scenario, whatever its name."""
    found = [
        path
        for path in tables_in(folder, ".txt", ".yaml", ".yml")
        if any(line.startswith("performance_measures") for line in lines(path))
    ]
    return found[0] if len(found) == 1 else None


def runs_in(folder: Path) -> Path | None:
    """Return the only table of runs, whatever its name."""
    found = [
        path
        for path in tables_in(folder, ".arff")
        if {"instance_id", "algorithm"} <= set(arff_header(path).names)
    ]
    return found[0] if len(found) == 1 else None


def _table(path: Path, said: _Description, features: FeatureTable | None) -> RunTable:
    header = arff_header(path)
    needed = ("instance_id", "algorithm", *said.measures)
    absent = [name for name in needed if name not in header.names]
    if absent:
        raise InputError(
            f"{path.name}: expected attributes {', '.join(needed)}; missing: {', '.join(absent)}"
        )
    source = source_of("aslib", path)
    order: dict[str, int] = {}

    def look(chunk: Chunk) -> None:
        for text in chunk.columns["instance_id"]:
            order.setdefault(text.strip(), len(order))

    def task_of(text: str) -> frames.TaskRow | None:
        return _task(said.scenario, text, order[text], features) if text else None

    def shared(
        spaces: Mapping[str, str | None], tasks: Sequence[str], metrics: Sequence[Metric]
    ) -> Batch:
        ids = {task: task.split(":", 3)[3] for task in tasks}
        return Batch(
            source,
            algorithms=frames.algorithms_frame(spaces, "aslib", said.scenario),
            metrics=frames.metrics_frame(metrics),
            meta_features=frames.no_features() if features is None else features.frame(ids),
        )

    known = {"seed": "repetition", "status": "runstatus", "fit_s": said.seconds}
    roles = {role: column for role, column in known.items() if column in header.names}
    configuring: Configuring = FromColumns({}, "", "algorithm")
    if said.algorithms:
        configuring = FromTable("algorithm", said.algorithms)
    layout = Layout(header.names, "instance_id", task_of, said.measures, roles=roles)
    return RunTable(source, layout, lambda: arff_rows(path, header), configuring, shared, look)


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


def _described(path: Path) -> _Description:
    import yaml

    try:
        loaded = yaml.safe_load("".join(lines(path)))
    except yaml.YAMLError as error:
        raise InputError(f"{path.name}: not YAML: {error}") from None
    if not isinstance(loaded, dict) or "performance_measures" not in loaded:
        raise InputError(f"{path.name}: expected YAML with performance_measures and maximize")
    names = [str(name) for name in _listed(loaded["performance_measures"])]
    kinds = [str(kind) for kind in _listed(loaded.get("performance_type"))]
    kinds += ["solution_quality"] * (len(names) - len(kinds))
    better = _listed(loaded.get("maximize"))
    if len(better) < len(names):
        if not all(kind == "runtime" for kind in kinds[len(better) :]):
            raise InputError(
                f"{path.name}: 'maximize' must say for each of {names} whether more is better"
            )
        better += [False] * (len(names) - len(better))
    pairs = list(zip(names, better, strict=False))
    seconds = [name for name, kind in zip(names, kinds, strict=False) if kind == "runtime"]
    return _Description(
        str(loaded.get("scenario_id") or path.parent.name).replace(":", "_"),
        {name: _metric(name, bool(is_better)) for name, is_better in pairs},
        seconds[0] if seconds else "",
        _configured(loaded.get("metainfo_algorithms")),
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


def arff_features(path: Path) -> FeatureTable:
    """Return the meta-features of `feature_values.arff`; of repetitions, the median."""
    header = arff_header(path)
    if "instance_id" not in header.names:
        raise InputError(f"{path.name}: expected an attribute instance_id, got {header.names}")
    names = tuple(n for n in header.names if n not in ("instance_id", "repetition"))
    at = [header.names.index(name) for name in names]
    key = header.names.index("instance_id")
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
