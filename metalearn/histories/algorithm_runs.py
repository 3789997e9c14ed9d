"""Stored runs of a learner under all its names: its own, and those of published sets.

A store keeps the names of its sources. Runs of a published algorithm alone are read as they are,
under our names (`metalearn.histories.published`): hyperparameters without an axis of ours remain,
so that an analysis gives what it gives under the published name. Beside other runs of the same
learner, only those count that have a value on each axis of ours.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from metalearn.core.arrays import Ints
from metalearn.core.configuration import Value
from metalearn.core.inferred_space import widened_space
from metalearn.core.space import Axis, Space
from metalearn.core.stored_json import stored_object
from metalearn.histories.published import TABLES, Published, published
from metalearn.histories.source import RunSource
from metalearn.learners import CATALOGUE

__all__ = ["AlgorithmRuns", "HasLibraries", "algorithm_runs", "exactly_ours"]

Row = Mapping[str, Value]


@runtime_checkable
class HasLibraries(Protocol):
    """A source of runs that knows where its algorithms come from."""

    def libraries(self) -> dict[str, str]:
        """Return algorithm -> the library or published set that it is of."""
        ...


@dataclass(frozen=True, eq=False)
class AlgorithmRuns:
    """The runs of one learner under one metric.

    Attributes:
        table: One row per task and configuration, as `RunSource.evaluations` returns them.
        rows: Hyperparameters of each distinct configuration.
        codes: Position in `rows` of each row of the table.
        space: The space that is declared for them; None if there is none.
        notes: Which published runs are among them or left out, one sentence each.
    """

    table: pd.DataFrame
    rows: Sequence[Row]
    codes: Ints
    space: Space | None
    notes: tuple[str, ...] = ()


def algorithm_runs(
    source: RunSource, algorithm: str, metric: str, *, exact: bool = False
) -> AlgorithmRuns:
    """Return the runs of an algorithm, published ones included if it is a learner of ours.

    Args:
        source: A store.
        algorithm: Name of a learner, or of an algorithm as stored.
        metric: Name of the metric.
        exact: Whether published runs count only if they have a value on each axis of ours, also
            where there are no other runs.

    Raises:
        UnknownNameError: If neither the name nor a published algorithm of this learner is stored.
    """
    libraries = source.libraries() if isinstance(source, HasLibraries) else {}
    others = _others(source, libraries, algorithm)
    parts = [_Part(name, libraries[name], entry, _read(source, name, metric))
             for name, entry in others.items()]  # fmt: skip
    own = None
    if algorithm in libraries or not others:  # an unknown name is refused by the source
        own = _read(source, algorithm, metric)
    filled = [part for part in parts if len(part.runs.table)]
    if not filled:
        return parts[0].runs if own is None else own
    if not exact and len(filled) == 1 and (own is None or not len(own.table)):
        return _renamed(filled[0])
    return _together([*([] if own is None else [own]), *map(_on_our_axes, filled)])


@dataclass(frozen=True, eq=False)
class _Part:
    """Runs of a published algorithm as stored."""

    name: str
    library: str
    entry: Published
    runs: AlgorithmRuns

    @property
    def label(self) -> str:
        return f"{self.name!r} ({self.library})"


def _others(
    source: RunSource, libraries: Mapping[str, str], algorithm: str
) -> dict[str, Published]:
    """Return the stored published algorithms that are a learner of ours."""
    found = {}
    for name, library in libraries.items():
        if library in TABLES and name != algorithm and algorithm in CATALOGUE:
            space = source.space(name)
            entry = published(library, name, () if space is None else space.names)
            if entry is not None and entry.algorithm == algorithm:
                found[name] = entry
    return found


def _read(source: RunSource, name: str, metric: str) -> AlgorithmRuns:
    table = source.evaluations(metric, algorithm=name)
    codes, texts = pd.factorize(table["hyperparameters"])
    rows = [stored_object(text) for text in texts]
    return AlgorithmRuns(table, rows, codes, source.space(name))


def _renamed(part: _Part) -> AlgorithmRuns:
    """Return published runs under our names, nothing added and nothing left out."""
    entry, runs = part.entry, part.runs
    space = None if runs.space is None else _renamed_space(runs.space, entry)
    kept = ", ".join(f"{name}={value!r}" for name, value in entry.fixed.items())
    note = f"{entry.algorithm!r} stands for {part.label}"
    note += f", all of whose runs have {kept}" if kept else ""
    return AlgorithmRuns(
        runs.table, [entry.renamed(row) for row in runs.rows], runs.codes, space, (note,)
    )


def _renamed_space(space: Space, entry: Published) -> Space:
    document = json.loads(space.to_json())
    for axis in document["hyperparameters"]:
        name, axis["name"] = axis["name"], entry.our_name(axis["name"])
        for key in ("choices", "sequence"):
            if key in axis:
                axis[key] = [entry.our_word(name, choice) for choice in axis[key]]
        for key in ("value", "default_value"):
            if key in axis:
                axis[key] = entry.our_word(name, axis[key])
    for condition in document["conditions"]:
        parent = condition["parent"]
        for key in ("child", "parent"):
            condition[key] = entry.our_name(condition[key])
        if "value" in condition:
            condition["value"] = entry.our_word(parent, condition["value"])
        if "values" in condition:
            condition["values"] = [entry.our_word(parent, v) for v in condition["values"]]
    document["name"] = entry.algorithm
    return Space.from_json(entry.algorithm, json.dumps(document))


def _on_our_axes(part: _Part) -> AlgorithmRuns:
    """Return the published runs that have a value on each axis of ours, and on no other."""
    space = CATALOGUE.get(part.entry.algorithm).space("classification")
    found = exactly_ours(part.entry, space, part.runs.rows)
    kept = np.array([not isinstance(row, str) for row in found], dtype=np.bool_)
    inside = kept[part.runs.codes]
    codes = (np.cumsum(kept) - 1)[part.runs.codes[inside]]
    notes = [f"{inside.sum()} runs of {part.label} are among them"]
    for reason, n in Counter(row for row in found if isinstance(row, str)).items():
        notes.append(f"{n} of {len(found)} configurations of {part.label} left out: {reason}")
    rows = [row for row in found if not isinstance(row, str)]
    return AlgorithmRuns(part.runs.table[inside], rows, codes, None, tuple(notes))


def exactly_ours(
    entry: Published, space: Space, rows: Sequence[Row]
) -> list[dict[str, Value] | str]:
    """Return published configurations on the axes of our learner, or why they are none of it.

    Numbers may lie outside the bounds of the axes. Inactive axes are left out.

    Args:
        entry: The published algorithm.
        space: Space of the learner.
        rows: Published hyperparameters of each configuration.
    """
    found = [_values(entry, space, row) for row in rows]
    at = [i for i, row in enumerate(found) if not isinstance(row, str)]
    values = [row for row in found if not isinstance(row, str)]
    wide, _ = widened_space(space, values)
    points = wide.encode(values)
    active = wide.active(points)
    for i, row, on, point in zip(at, values, active, points, strict=True):
        missing = [name for name, a, u in zip(wide.names, on, point, strict=True)
                   if a and np.isnan(u)]  # fmt: skip
        shown = {name for name, a in zip(wide.names, on, strict=True) if a}
        found[i] = (
            f"{missing[0]} has no value" if missing
            else {name: value for name, value in row.items() if name in shown}
        )  # fmt: skip
    return found


def _values(entry: Published, space: Space, row: Row) -> dict[str, Value] | str:
    if reason := entry.objection(row):
        return reason
    axes = {axis.name: axis for axis in space.axes}
    values = {n: v for n, v in entry.renamed(row).items() if n in axes} | entry.fixed
    for name, value in values.items():
        if not _is_of(axes[name], value):
            return f"{name} is {_wanted(axes[name])} here"
    return values


def _is_of(axis: Axis, value: Value) -> bool:
    """Return whether a value has the type of an axis: a share is no count."""
    if axis.kind == "category":
        return axis.index.strictly(value) is not None
    numbers = (int,) if axis.kind == "integer" else (int, float)
    return isinstance(value, numbers) and not isinstance(value, bool)


def _wanted(axis: Axis) -> str:
    if axis.kind == "category":
        return f"one of {', '.join(map(str, axis.choices))}"
    return "a whole number" if axis.kind == "integer" else "a number"


def _together(parts: Sequence[AlgorithmRuns]) -> AlgorithmRuns:
    """Return the runs of several origins; the learner's own space holds for them."""
    starts = np.cumsum([0, *(len(part.rows) for part in parts)])
    codes = [part.codes + start for part, start in zip(parts, starts[:-1], strict=True)]
    return AlgorithmRuns(
        pd.concat([part.table for part in parts], ignore_index=True),
        [row for part in parts for row in part.rows],
        np.concatenate(codes),
        None,
        tuple(note for part in parts for note in part.notes),
    )
