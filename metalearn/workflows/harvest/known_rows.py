"""Rows that a store already holds of OpenML: cursors and evaluations, read once per harvest.

Names and states of the cursors (JSON):

- `server`: host from which the store is filled.
- `cell/FUNCTION/FLOW/TASK`: runs of the listed rows, by engine, as first id and differences;
  `rejected` are listed rows that cannot be stored.
- `runs/FLOW/TASK`: the listed runs, evaluated or not; the field of the engine holds the occurrence
  number of the run, since a run that two engines evaluated is listed twice.
- `folds/FUNCTION/FLOW/TASK`: the runs whose values of single folds are stored.
- `setups/FLOW/BLOCK`: setup -> configuration (of classification), or -> {first letter of the kind,
  with the number of columns if that matters -> configuration}.
- `rotation/SCOPE`: last day whose share of the scope was listed again (days since 1970).
- `task/ID`, `flow/ID`, `qualities/DATA`: fetched.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from metalearn.errors import StoreError
from metalearn.harvesters.openml import Hints, Slice
from metalearn.store import open_store

__all__ = ["HARVESTER", "KnownRows", "ListedRows", "RowKey", "StoredEvaluation", "TaskFacts"]

HARVESTER = "openml"
_EVALUATIONS = (
    "SELECT metric, run, engine, task, configuration, value, reason, vanished FROM evaluation "
    "WHERE source = 'openml' AND fold = -1"
)
_N_RECENT = 400  # newest rows that every harvest compares
_PACKED = 10**12  # older cursors hold engine * 10^12 + run for engines other than 1
RowKey = tuple[int, int]  # run, engine


class StoredEvaluation(NamedTuple):
    """One stored evaluation."""

    task: str
    configuration: str
    value: float | None
    reason: str | None
    vanished: bool


class TaskFacts(NamedTuple):
    """Properties of a task that the conversion of setups needs."""

    kind: str  # classification | regression | "" for the types that the store cannot hold
    data: int
    n_features: int | None


@dataclass(slots=True)
class ListedRows:
    """Keys of the rows of one measure, flow and task."""

    stored: set[RowKey] = field(default_factory=set)
    rejected: set[RowKey] = field(default_factory=set)

    @property
    def n(self) -> int:
        """Number of rows in the last listing of the server."""
        return len(self.stored) + len(self.rejected)

    def state(self) -> str:
        """Return the cursor's JSON text."""
        state = {"rows": _by_engine(self.stored)}
        if self.rejected:
            state["rejected"] = _by_engine(self.rejected)
        return json.dumps(state, separators=(",", ":"))

    @classmethod
    def from_state(cls, text: str) -> ListedRows:
        """Return the cell of a cursor."""
        state = json.loads(text)
        return cls(_row_keys(state["rows"]), _row_keys(state.get("rejected", [])))


class KnownRows:
    """Rows known at the start of a harvest, kept up to date while it runs."""

    def __init__(self, kb: Path) -> None:
        self.host = ""
        self.cells: dict[str, dict[tuple[int, int], ListedRows]] = {}
        self.folds: dict[str, dict[tuple[int, int], set[int]]] = {}
        self.setups: dict[int, dict[str, str]] = {}
        self.setup_flow: dict[int, int] = {}
        self.tasks: dict[int, TaskFacts] = {}
        self.flows: set[int] = set()
        self.qualities: set[int] = set()
        self.rotation: dict[str, int] = {}
        self._kb = kb
        if kb.exists():
            with open_store(kb) as store:
                for name, cursor in store.cursors(HARVESTER).items():
                    self._take_sound(name, cursor.state)

    def counts(self, function: str) -> dict[tuple[int, int], int]:
        """Return the number of known rows by (flow, task)."""
        return {cell: known.n for cell, known in self.cells.get(function, {}).items() if known.n}

    def keys(self, part: Slice) -> set[RowKey]:
        """Return the known rows of a slice."""
        cells = self.cells.get(part.function or "", {})
        return {
            key
            for (flow, task), cell in cells.items()
            if part.holds(flow, task)
            for key in cell.stored | cell.rejected
        }

    def runs(self, part: Slice) -> Counter[int]:
        """Return the known runs of a slice, evaluated or not, with their number of listings."""
        return Counter(run for run, _ in self.keys(replace(part, function=None)))

    def hints(self, part: Slice, fresh: Set[int] = frozenset()) -> Hints | None:
        """Return the newest rows and the runs without a row of a slice; None if none is known.

        Args:
            part: The slice.
            fresh: New runs found by this harvest.
        """
        keys = self.keys(part)
        if not keys:
            return None
        above = max(run for run, _ in keys)
        if part.function is None:
            return Hints(above)
        runs = self.runs(part)
        n_rows = Counter(run for run, _ in keys)
        awaited = sorted(run for run in runs if run not in n_rows and run not in fresh)
        return Hints(
            above, frozenset(heapq.nlargest(_N_RECENT, keys)), tuple(awaited),
            tuple(sorted(fresh & runs.keys())),
        )  # fmt: skip

    def cell(self, function: str, flow: int, task: int) -> ListedRows:
        """Return the cell, created if unknown."""
        return self.cells.setdefault(function, {}).setdefault((flow, task), ListedRows())

    def evaluations(self, metric: str) -> dict[RowKey, StoredEvaluation]:
        """Return the stored evaluations of a metric by run and engine."""
        if not self._kb.exists():
            return {}
        with open_store(self._kb) as store:
            frame = store.sql(_EVALUATIONS)
        frame = frame[frame["metric"] == metric].drop(columns="metric")
        columns = [frame[name].tolist() for name in frame.columns]
        return {
            (int(run), int(engine)): StoredEvaluation(
                task,
                key,
                None if pd.isna(value) else float(value),
                None if pd.isna(reason) else reason,
                bool(gone),
            )
            for run, engine, task, key, value, reason, gone in zip(*columns, strict=True)
        }

    def configuration(self, setup: int, facts: TaskFacts) -> str | None:
        """Return the configuration of a setup for such a task; None if it must be fetched."""
        known = self.setups.get(setup, {})
        return known.get(facts.kind[:1]) or known.get(context_of(facts))

    def _take_sound(self, name: str, text: str) -> None:
        try:
            self._take(name.split("/"), text)
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
                RecursionError) as error:  # fmt: skip
            raise StoreError(
                f"the harvest's cursor {name[:60]!r} in {self._kb.name} holds {text[:60]!r}, "
                f"which no harvest wrote ({type(error).__name__}); restore a backup, or harvest "
                "into a new store"
            ) from None

    def _take(self, name: list[str], text: str) -> None:
        if name[0] == "runs":
            self.cells.setdefault("", {})[int(name[1]), int(name[2])] = ListedRows.from_state(text)
        elif name[0] == "cell":
            function, flow, task = name[1], int(name[2]), int(name[3])
            self.cells.setdefault(function, {})[flow, task] = ListedRows.from_state(text)
        elif name[0] == "folds":
            runs = {run for run, _ in ListedRows.from_state(text).stored}
            self.folds.setdefault(name[1], {})[int(name[2]), int(name[3])] = runs
        elif name[0] == "setups":
            for setup, known in json.loads(text).items():
                keys = {"c": known} if isinstance(known, str) else known
                self.setups[int(setup)] = {str(k): _text(key) for k, key in keys.items()}
                self.setup_flow[int(setup)] = int(name[1])
        elif name[0] == "task":
            state = json.loads(text)
            data, columns = state["data"], state["columns"]
            self.tasks[int(name[1])] = TaskFacts(
                _text(state["kind"]), _whole(data), None if columns is None else _whole(columns)
            )
        elif name[0] == "flow":
            self.flows.add(int(name[1]))
        elif name[0] == "qualities":
            self.qualities.add(int(name[1]))
        elif name[0] == "rotation":
            self.rotation[name[1]] = _whole(json.loads(text)["day"])
        elif name[0] == "server":
            self.host = _text(json.loads(text)["host"])


def context_of(facts: TaskFacts) -> str:
    """Return the properties of a task on which the configuration of a setup depends."""
    return f"{facts.kind[:1]}{facts.n_features or ''}"


def setup_state(known: Mapping[int, dict[str, str]]) -> str:
    """Return the JSON text of a block of setups."""
    state: dict[str, Any] = {
        str(setup): keys["c"] if list(keys) == ["c"] else keys
        for setup, keys in sorted(known.items())
    }
    return json.dumps(state, separators=(",", ":"), sort_keys=True)


def _by_engine(keys: Iterable[RowKey]) -> dict[str, list[int]]:
    runs: dict[int, list[int]] = {}
    for run, engine in keys:
        runs.setdefault(engine, []).append(run)
    return {str(engine): _differences(some) for engine, some in sorted(runs.items())}


def _row_keys(state: dict[str, list[int]] | list[int]) -> set[RowKey]:
    if isinstance(state, list):
        return {(n % _PACKED, n // _PACKED or 1) for n in _sums(state)}
    return {(run, int(engine)) for engine, some in state.items() for run in _sums(some)}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _differences(numbers: Iterable[int]) -> list[int]:
    last, found = 0, []
    for number in sorted(numbers):
        found.append(number - last)
        last = number
    return found


def _sums(differences: Iterable[int]) -> Iterable[int]:
    total = 0
    for difference in differences:
        total += _whole(difference)
        yield total
