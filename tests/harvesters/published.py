"""What the tests of published formats share: all batches of a set, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from metalearn.core.records import COLUMNS, Batch


@dataclass(frozen=True)
class Loaded:
    """All rows of a set, by table, and what was rejected."""

    tables: dict[str, pd.DataFrame]
    rejected: Counter[str]
    n_batches: int
    largest: int

    def matrix(self) -> pd.DataFrame:
        """Scores as tasks x configurations, both in order of first appearance."""
        rows = self.tables["evaluations"]
        wide = rows.pivot(index="task", columns="configuration", values="value")
        return wide.loc[
            list(dict.fromkeys(self.tables["tasks"]["task"])),
            list(dict.fromkeys(self.tables["configurations"]["configuration"])),
        ]


def load(batches: Iterable[Batch]) -> Loaded:
    """Put batches together as a store would, checking that references are never ahead."""
    seen: dict[str, set[str]] = {"tasks": set(), "configurations": set(), "algorithms": set()}
    parts: dict[str, list[pd.DataFrame]] = {table: [] for table in COLUMNS}
    rejected: Counter[str] = Counter()
    n = largest = 0
    for batch in batches:
        n += 1
        largest = max(largest, len(batch.evaluations))
        rejected.update(batch.rejected)
        for table in COLUMNS:
            parts[table].append(getattr(batch, table))
        for table, key in (
            ("tasks", "task"), ("configurations", "configuration"), ("algorithms", "algorithm"),
        ):  # fmt: skip
            seen[table] |= set(getattr(batch, table)[key])
        assert set(batch.configurations["algorithm"]) <= seen["algorithms"]
        assert set(batch.evaluations["task"]) <= seen["tasks"]
        assert set(batch.evaluations["configuration"]) <= seen["configurations"]
        assert set(batch.meta_features["task"]) <= seen["tasks"]
    filled = {t: [f for f in fs if len(f)] or fs[:1] for t, fs in parts.items()}
    tables = {t: pd.concat(fs, ignore_index=True) for t, fs in filled.items()}
    return Loaded(tables, rejected, n, largest)
