"""Input of the store: a batch of plain tables, and the report of loading it.

Harvesters and `collect` produce batches; the store loads them. A batch refers to configurations by
content hash and to tasks by natural key. The order of rows does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from metalearn.errors import ShapeError

__all__ = ["COLUMNS", "OPTIONAL", "Batch", "LoadReport", "Source"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    # task: natural key; procedure: JSON text of the estimation procedure (folds, rows ...);
    # family: name of a family of near-duplicates ("" = none); counts may be null.
    "tasks": (
        "task", "name", "kind", "dataset", "target", "procedure", "family",
        "n_rows", "n_features", "n_classes",
    ),
    # space: ConfigSpace JSON text or null.
    "algorithms": ("algorithm", "library", "version", "space"),
    # configuration: content hash; hyperparameters: canonical JSON text.
    "configurations": ("configuration", "algorithm", "hyperparameters"),
    # optimum and worst may be null.
    "metrics": ("metric", "greater_is_better", "optimum", "worst"),
    # fold: 0.. or -1 for a value that is already the aggregate over folds; fidelity: share of the
    # full budget in (0, 1]; value: raw score on the metric's own scale, null unless status is ok;
    # status: ok | failed | timeout | crashed; reason: null when ok; seconds may be null.
    "evaluations": (
        "task", "configuration", "metric", "fold", "fidelity", "seed",
        "value", "status", "reason", "fit_s", "predict_s",
    ),
    # extractor: name and version of the program; value null = could not be computed.
    "meta_features": ("task", "name", "extractor", "value", "reason"),
}  # fmt: skip

# engine: number of the provider's evaluation engine that computed the value, 1 or above (the seed
# is then the provider's run); 0 or absent if there is none.
OPTIONAL: Mapping[str, Set[str]] = {"evaluations": {"engine"}}


@cache
def _no_rows(table: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=object) for column in COLUMNS[table]})


def _empty(table: str) -> pd.DataFrame:
    """Return a table without rows: a lazy copy, because making one anew takes a millisecond."""
    return _no_rows(table).copy(deep=False)


@dataclass(frozen=True, slots=True)
class Source:
    """Origin of rows.

    Attributes:
        name: Harvester or command, for instance `collect`, `oboe`, `openml`.
        location: URL or file name, without machine paths or credentials.
        digest: SHA-256 of the page or file that was read; "" if there is none.
        time: Time of reading, ISO 8601 in UTC.
    """

    name: str
    location: str = ""
    digest: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tables that are loaded in one transaction; each has the columns of `COLUMNS`."""

    source: Source
    tasks: pd.DataFrame = field(default_factory=lambda: _empty("tasks"))
    algorithms: pd.DataFrame = field(default_factory=lambda: _empty("algorithms"))
    configurations: pd.DataFrame = field(default_factory=lambda: _empty("configurations"))
    metrics: pd.DataFrame = field(default_factory=lambda: _empty("metrics"))
    evaluations: pd.DataFrame = field(default_factory=lambda: _empty("evaluations"))
    meta_features: pd.DataFrame = field(default_factory=lambda: _empty("meta_features"))
    rejected: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # how the source was read, where it leaves a choice

    @property
    def is_empty(self) -> bool:
        """Whether there is no row, neither to load nor to count as rejected."""
        return not self.rejected and not any(len(getattr(self, table)) for table in COLUMNS)

    def __post_init__(self) -> None:
        for table, columns in COLUMNS.items():
            got = tuple(getattr(self, table).columns)
            if set(got) - OPTIONAL.get(table, set()) != set(columns):
                raise ShapeError(f"batch table {table!r}: expected columns {columns}, got {got}")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Counts of what a load did to each table; no row is dropped silently.

    Attributes:
        new: Added rows, by table.
        changed: Replaced rows with different content, by table.
        unchanged: Rows that the store already held, by table.
        rejected: Rows that could not be used, by reason.
    """

    new: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    unchanged: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: LoadReport) -> LoadReport:
        def merge(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
            return {name: a.get(name, 0) + b.get(name, 0) for name in {**a, **b}}

        return LoadReport(
            merge(self.new, other.new),
            merge(self.changed, other.changed),
            merge(self.unchanged, other.unchanged),
            merge(self.rejected, other.rejected),
        )
