"""Meta-data of Wistuba, Schilling & Schmidt-Thieme (TST, 2016; POGPE, 2016), one file a data set.

No header; a line is `score hyperparameters meta-features`, dense, or sparse as `score 0:v 3:v`
with zeros left out. Scores are accuracies, higher is better. Hyperparameters are scaled, and
zero is a legal value, so indicators show which are active. Two documented layouts:

- 28 columns, support vector machine: indicators of rbf, polynomial, linear kernel; log2(C)/6;
  log10(gamma)/4 (rbf); log10(degree) (polynomial); 22 meta-features.
- 24 columns, AdaBoost: log10(iterations)/4; log30(product terms); 22 meta-features.

In any other layout the columns that vary within a file are hyperparameters, by number and as they
are. The 22 meta-features are min-max scaled over the data sets and have no names in the source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value
from metalearn.core.metric import METRICS
from metalearn.core.records import Batch, Source
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.files import lines, require, source_of
from metalearn.harvesters.options import Options
from metalearn.harvesters.scoring import refuse_options
from metalearn.harvesters.spaces import SpaceSurvey

__all__ = ["read"]

_ACCURACY = METRICS["accuracy"]
_KERNELS = ("rbf", "polynomial", "linear")
_N_FEATURES = 22
_SVM, _ADABOOST = 6 + _N_FEATURES, 2 + _N_FEATURES
_Decode = Callable[[Floats], dict[str, Value] | None]


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield the batches of a folder of such files; see `Reader`."""
    if options.meta_features is not None:
        raise UsageError("tst files carry their meta-features; leave --meta-features out")
    refuse_options("tst", options, "its files have no names of columns, and the data set is the "
                   "name of the file", "score", "direction", "task_column")  # fmt: skip
    require(path, "a folder with one file per data set")
    rejections = frames.Rejections()
    tables = _tables(path, rejections)
    n_columns = max(table.shape[1] for table in tables.values())
    tables = {name: _padded(table, n_columns) for name, table in tables.items()}
    algorithm, n_hyperparameters, decode = _layout(tables, n_columns - 1)
    source = source_of("tst", *_files(path))
    made, known = _configurations(tables, algorithm, n_hyperparameters, decode)
    batches = [
        _batch(source, name, table, made[name], n_hyperparameters, rejections)
        for name, table in tables.items()
    ]
    if not any(len(batch.evaluations) for batch in batches):
        raise InputError(
            f"{path.name}: no accuracy in it can be used; rejected: {rejections.as_mapping()}"
        )
    yield Batch(
        source,
        algorithms=frames.algorithms_frame({algorithm: _space(algorithm, known)}, "tst"),
        configurations=frames.configurations_frame(known),
        metrics=frames.metrics_frame([_ACCURACY]),
        rejected=rejections.as_mapping(),
    )
    step = max(1, frames.BATCH_ROWS // max(len(table) for table in tables.values()))
    for start in range(0, len(batches), step):
        part = batches[start : start + step]
        yield Batch(
            source,
            tasks=pd.concat([b.tasks for b in part], ignore_index=True),
            evaluations=pd.concat([b.evaluations for b in part], ignore_index=True),
            meta_features=pd.concat([b.meta_features for b in part], ignore_index=True),
        )


def _files(path: Path) -> list[Path]:
    found = [p for p in path.iterdir() if p.is_file()] if path.is_dir() else [path]
    return sorted(p for p in found if not p.name.startswith("."))


def _tables(path: Path, rejections: frames.Rejections) -> dict[str, Floats]:
    """Return data set -> `(n_lines, n_columns)`, sorted by name."""
    tables: dict[str, Floats] = {}
    for file in _files(path):
        name = file.name.removesuffix(".gz").removesuffix(".txt")
        rows = _rows(file, rejections)
        if rows:
            tables[name] = np.array(rows, dtype=np.float64)
    if not tables:
        raise InputError(
            f"{path.name}: expected files, one per data set, whose lines are a score, "
            f"hyperparameters and meta-features separated by spaces; found none"
        )
    return tables


def _rows(file: Path, rejections: frames.Rejections) -> list[Floats]:
    rows: list[Floats] = []
    for number, line in enumerate(lines(file), start=1):
        tokens = line.split()
        if not tokens:
            continue
        row = _numbers(tokens)
        if row is None and not rows:
            rejections.add(f"file {file.name} does not start with a line of numbers")
            return []
        if row is None or (rows and len(row) != len(rows[0]) and ":" not in line):
            expected = f"{len(rows[0])} numbers" if rows else "numbers"
            raise InputError(
                f"{file.name}, line {number}: expected {expected} separated by spaces, got "
                f"{line.strip()[:60]!r}; the file may be cut off"
            )
        rows.append(row)
    width = max((len(row) for row in rows), default=0)
    return [np.pad(row, (0, width - len(row))) for row in rows]


def _numbers(tokens: Sequence[str]) -> Floats | None:
    try:
        if len(tokens) > 1 and ":" not in tokens[1]:
            return np.array([float(token) for token in tokens])
        pairs = [token.split(":") for token in tokens[1:]]
        given = {int(index): float(value) for index, value in pairs}
        row = np.zeros(max(given, default=-1) + 2)
        row[0] = float(tokens[0])
        for index, value in given.items():
            row[index + 1] = value
    except (ValueError, IndexError, MemoryError):
        return None
    return row if len(row) > 2 else None


def _padded(table: Floats, n_columns: int) -> Floats:
    return np.pad(table, ((0, 0), (0, n_columns - table.shape[1])))


def _layout(tables: dict[str, Floats], n_columns: int) -> tuple[str, int, _Decode]:
    """Return algorithm, number of hyperparameter columns, and their decoder."""
    if n_columns == _SVM:
        return "tst-svm", 6, _svm
    if n_columns == _ADABOOST:
        return "tst-adaboost", 2, _adaboost
    varies = np.any([np.ptp(table[:, 1:], axis=0) > 0 for table in tables.values()], axis=0)
    if not varies.any():
        raise InputError(
            f"expected {1 + _SVM} (support vector machine) or {1 + _ADABOOST} (AdaBoost) columns, "
            f"or hyperparameters that vary within a file; got {1 + n_columns} constant columns"
        )
    n = int(np.flatnonzero(varies)[-1]) + 1
    return f"tst-{n}", n, lambda row: {f"x{j + 1}": float(v) for j, v in enumerate(row)}


def _svm(row: Floats) -> dict[str, Value] | None:
    if sorted(row[:3]) != [0.0, 0.0, 1.0]:
        return None
    kernel = _KERNELS[int(np.argmax(row[:3]))]
    values: dict[str, Value] = {"kernel": kernel, "C": _rounded(2.0 ** (6.0 * row[3]))}
    if kernel == "rbf":
        values["gamma"] = _rounded(10.0 ** (4.0 * row[4]))
    if kernel == "polynomial":
        values["degree"] = round(10.0 ** row[5])
    return values


def _adaboost(row: Floats) -> dict[str, Value] | None:
    if not ((row > 0) & (row <= 1 + 1e-9)).all():
        return None
    return {"iterations": round(10.0 ** (4.0 * row[0])), "product_terms": round(30.0 ** row[1])}


def _rounded(value: float) -> float:
    """Return the value that was scaled: grids have few digits, and scaling costs the last ones."""
    return float(f"{value:.9g}")


def _configurations(
    tables: dict[str, Floats], algorithm: str, n: int, decode: _Decode
) -> tuple[dict[str, list[Configuration | None]], list[Configuration]]:
    """Return the configuration of every line, by data set, and the distinct ones in order."""
    cache: dict[bytes, Configuration | None] = {}
    made: dict[str, list[Configuration | None]] = {}
    for name, table in tables.items():
        made[name] = []
        for row in np.ascontiguousarray(table[:, 1 : 1 + n]):
            token = row.tobytes()
            if token not in cache:
                values = decode(row) if np.isfinite(row).all() else None
                cache[token] = None if values is None else Configuration(algorithm, values)
            made[name].append(cache[token])
    return made, list(dict.fromkeys(c for c in cache.values() if c is not None))


def _batch(
    source: Source,
    name: str,
    table: Floats,
    made: list[Configuration | None],
    n: int,
    rejections: frames.Rejections,
) -> Batch:
    scores = _scores(name, table[:, 0], made, rejections)
    key = f"tst:{name}"
    features = table[0, 1 + n :]
    constant = np.ptp(table[:, 1 + n :], axis=0) == 0
    task = frames.TaskRow(
        task=key, name=name, dataset=name, procedure=frames.procedure("tst"),
        family=frames.family_of(name),
    )  # fmt: skip
    return Batch(
        source,
        tasks=frames.tasks_frame([task]),
        evaluations=frames.evaluations_frame(
            task=np.full(len(scores), key, dtype=object),
            configuration=np.array(list(scores), dtype=object),
            metric=_ACCURACY.name,
            value=np.array([np.median(values) for values in scores.values()]),
        ),
        meta_features=frames.features_frame(
            [key], [f"tst_{j + 1:02d}" for j in range(len(features))],
            np.where(constant, features, np.nan), "tst",
        ),
    )  # fmt: skip


def _scores(
    name: str, values: Floats, made: list[Configuration | None], rejections: frames.Rejections
) -> dict[str, list[float]]:
    """Return configuration -> its usable scores; the others are counted."""
    known = np.array([c is not None for c in made], dtype=np.bool_)
    finite, wrong = np.isfinite(values), frames.out_of_range(values, _ACCURACY)
    for reason, bad in (
        ("hyperparameters do not fit the layout", ~known),
        ("accuracy is not finite", known & ~finite),
        ("accuracy is outside its range", known & wrong),
    ):
        rejections.add(reason, int(bad.sum()), f"{name} line {int(np.argmax(bad)) + 1}")
    kept = known & finite & ~wrong
    scores: dict[str, list[float]] = {}
    for configuration, value, is_kept in zip(made, values, kept, strict=True):
        if configuration is not None and is_kept:
            scores.setdefault(configuration.key, []).append(float(value))
    n_repeats = int(kept.sum()) - len(scores)
    rejections.add("evaluation is repeated (median kept)", n_repeats)
    return scores


def _space(algorithm: str, known: Sequence[Configuration]) -> str | None:
    """Return the declared space; it reaches further where the data does."""
    if algorithm not in ("tst-svm", "tst-adaboost"):
        survey = SpaceSurvey(algorithm)
        for configuration in known:
            survey.add(configuration.hyperparameters)
        return survey.to_json()
    import ConfigSpace

    from metalearn.core.space import Space

    def axis(name: str, low: float, high: float, whole: bool = False) -> Any:  # ConfigSpace's
        seen = [v for c in known if isinstance(v := c.hyperparameters.get(name), (int, float))]
        low, high = min([low, *seen]), max([high, *seen])
        if whole:
            return ConfigSpace.UniformIntegerHyperparameter(name, int(low), int(high), log=True)
        return ConfigSpace.UniformFloatHyperparameter(name, low, high, log=True)

    space = ConfigSpace.ConfigurationSpace(name=algorithm)
    if algorithm == "tst-adaboost":
        space.add([axis("iterations", 2, 10_000, True), axis("product_terms", 2, 30, True)])
        return Space(algorithm, space).to_json()
    kernel = ConfigSpace.CategoricalHyperparameter("kernel", _KERNELS)
    gamma, degree = axis("gamma", 1e-4, 1e3), axis("degree", 2, 10, True)
    space.add([kernel, axis("C", math.ldexp(1, -5), math.ldexp(1, 6)), gamma, degree])
    space.add(ConfigSpace.EqualsCondition(gamma, kernel, "rbf"))
    space.add(ConfigSpace.EqualsCondition(degree, kernel, "polynomial"))
    return Space(algorithm, space).to_json()
