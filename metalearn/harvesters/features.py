"""Meta-feature files of a published set, joined to its tasks by id or name.

Two forms: CSV whose first column is the id of a data set, one named column per meta-feature; and
JSON `{id: {name: value}}`, in which OpenML's exports write a bare `NaN`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.errors import InputError
from metalearn.harvesters.files import header_of, lines, records, require, tables_in
from metalearn.harvesters.frames import features_frame, no_features
from metalearn.harvesters.values import numbers

__all__ = [
    "FeatureTable",
    "counts_of",
    "extractor_of",
    "joined_features",
    "plain_id",
    "read_features",
]

# Extractor of a table, identified by a name that only it uses.
_EXTRACTORS = {"ClassProbabilityMax": "auto-sklearn", "MajorityClassPercentage": "openml"}


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Meta-features of data sets.

    Attributes:
        extractor: What computed them.
        names: Their names.
        rows: Position of each id in `values`.
        values: `(n_ids, n_names)`; NaN = unknown.
    """

    extractor: str
    names: tuple[str, ...]
    rows: Mapping[str, int]
    values: Floats

    def frame(self, ids: Mapping[str, str]) -> pd.DataFrame:
        """Return the batch table for tasks (key -> id); tasks without an entry are left out."""
        known = {task: self.rows[id_] for task, id_ in ids.items() if id_ in self.rows}
        if not known or not self.names:
            return no_features()
        chosen = self.values[list(known.values())]
        return features_frame(list(known), self.names, chosen, self.extractor)

    def value(self, id_: str, name: str) -> float:
        """Return one meta-feature; NaN if it is not there."""
        if id_ not in self.rows or name not in self.names:
            return float("nan")
        return float(self.values[self.rows[id_], self.names.index(name)])


def joined_features(tables: Iterable[FeatureTable], ids: Mapping[str, str]) -> pd.DataFrame:
    """Return the batch table of several feature tables for tasks (key -> id)."""
    parts = [frame for table in tables if len(frame := table.frame(ids))]
    if parts:
        return pd.concat(parts, ignore_index=True)
    return no_features()


def plain_id(text: str) -> str:
    """Return an id without leading zeros, `00003` -> `3`; other texts as they are."""
    text = text.strip()
    return text.lstrip("0") or "0" if text.isdigit() else text


def counts_of(table: FeatureTable | None, id_: str) -> tuple[int | None, int | None, int | None]:
    """Return rows, features without the target, and classes, as far as the table contains them.

    OpenML counts the target among the features. auto-sklearn's number of instances is that of
    the training split, so it is not used as the number of rows.
    """
    if table is None:
        return None, None, None
    n_rows, n_features, n_classes = (
        table.value(id_, name)
        for name in ("NumberOfInstances", "NumberOfFeatures", "NumberOfClasses")
    )
    if table.extractor == "openml":
        n_features -= 1
    else:
        n_rows = np.nan

    def whole(number: float) -> int | None:
        return int(number) if np.isfinite(number) and number > 0 else None

    return whole(n_rows), whole(n_features), whole(n_classes)


def read_features(path: Path) -> FeatureTable:
    """Return the meta-features in a file, or in the one such file of a folder.

    Raises:
        InputError: If there is no such file or it cannot be read.
    """
    require(path, "a file or folder of meta-features")
    if path.is_dir():
        wide = [p for p in tables_in(path, ".csv") if len(header_of(p)) > 2]
        found = tables_in(path, ".json") + wide
        if len(found) != 1:
            names = ", ".join(p.name for p in found) or "none"
            raise InputError(
                f"{path.name}/: expected one table of meta-features (CSV or JSON), found {names}; "
                f"name the file itself"
            )
        path = found[0]
    is_json = path.name.lower().removesuffix(".gz").endswith(".json")
    return _from_json(path) if is_json else _from_csv(path)


def extractor_of(path: Path, names: tuple[str, ...]) -> str:
    """Return what computed meta-features of these names; else the name of their file."""
    known = [extractor for name, extractor in _EXTRACTORS.items() if name in names]
    return known[0] if known else path.name.split(".")[0]


def _from_csv(path: Path) -> FeatureTable:
    stream = records(path)
    _, header = next(stream, (0, []))
    if len(header) < 2:
        raise InputError(
            f"{path.name}: expected a header with an id column and meta-features, got {header}"
        )
    ids: list[str] = []
    values: list[Floats] = []
    for line, fields in stream:
        if len(fields) != len(header):
            raise InputError(
                f"{path.name}, line {line}: expected {len(header)} fields, got {len(fields)}; "
                f"repair the file"
            )
        ids.append(plain_id(fields[0]))
        values.append(numbers(fields[1:]))
    names = tuple(name.strip() for name in header[1:])
    table = np.array(values, dtype=np.float64).reshape(len(ids), len(names))
    return FeatureTable(extractor_of(path, names), names, _positions(ids), table)


def _from_json(path: Path) -> FeatureTable:
    try:
        loaded = json.loads("".join(lines(path)))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path.name}, line {error.lineno}: not JSON ({error.msg}); repair the file"
        ) from None
    if not isinstance(loaded, dict) or not all(isinstance(v, dict) for v in loaded.values()):
        raise InputError(f"{path.name}: expected a JSON object {{id: {{name: value}}}}")
    names = tuple(sorted({str(name) for row in loaded.values() for name in row}))
    table = np.array(
        [[_as_float(row.get(name)) for name in names] for row in loaded.values()],
        dtype=np.float64,
    ).reshape(len(loaded), len(names))
    ids = [plain_id(str(id_)) for id_ in loaded]
    return FeatureTable(extractor_of(path, names), names, _positions(ids), table)


def _as_float(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _positions(ids: list[str]) -> dict[str, int]:
    return {id_: i for i, id_ in enumerate(ids)}
