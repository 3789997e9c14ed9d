"""Plays presets on tables under one budget; a comparison that was interrupted goes on."""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalearn.automl.objective import objective_of
from metalearn.automl.strategies import names, strategy_of
from metalearn.catalogue import catalogue_of
from metalearn.errors import MetalearnError, UnknownNameError, UsageError
from metalearn.learners.tables import Table
from metalearn.workflows.evaluate.systems.alone import KeptRows, run_alone
from metalearn.workflows.evaluate.systems.one_fit import FOREST
from metalearn.workflows.evaluate.systems.result import SystemEvaluation
from metalearn.workflows.tables.content import same_content
from metalearn.workflows.tables.index import TableEntry, table_entries

__all__ = ["IDENTITY", "ROWS", "SystemRequest", "chosen_systems", "evaluate_systems", "related"]

IDENTITY = ("table", "system", "split", "budget_s", "metric", "seed")
ROWS = "fits.jsonl"
"""Name of the file of finished fits in the folder of the results."""
Run = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SystemRequest:
    """What is compared.

    Attributes:
        systems: Names of presets; the untuned forest is played beside them.
        budget_s: Seconds of a fit, everything included.
        n_splits: Splits of each table into two thirds to fit and one third to test.
        metric: Name of the metric; None for log loss and RMSE.
        seed: Seed of splits and fits.
        kb: The store that the presets learn from; None for the default one. What it knows of a
            table itself and of its family is left out.
        tables: Names of tables, to play on these alone; None for all.
    """

    systems: tuple[str, ...]
    budget_s: float = 30.0
    n_splits: int = 1
    metric: str | None = None
    seed: int = 0
    kb: Path | None = None
    tables: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not self.budget_s > 0 or self.n_splits < 1:
            raise UsageError(
                "expected a time budget above 0 and at least one split, got "
                f"{self.budget_s} and {self.n_splits}"
            )


def chosen_systems(given: Sequence[str]) -> tuple[str, ...]:
    """Return the presets of the given names; `all` stands for all that run.

    Raises:
        UsageError: If a preset is unknown or not available, or there is none.
    """
    found: list[str] = []
    for name in filter(None, (text.strip() for text in given)):
        if name == "all":
            found += [n for n in names() if not catalogue_of("preset").get(n).needs]
        elif name != FOREST:
            strategy_of(name)
            found.append(name)
    if not found:
        raise UsageError("no preset is named; expected for instance default,auto-sklearn or all")
    return tuple(dict.fromkeys(found))


def evaluate_systems(
    tables: Path,
    request: SystemRequest,
    *,
    out: Path | None = None,
    progress: Callable[[int, int], object] = lambda *_: None,
    run: Run | None = None,
) -> SystemEvaluation:
    """Return the test losses of presets on tables, each fit in a process of its own.

    Args:
        tables: A folder of tables, an index CSV, or one table.
        request: What is compared.
        out: Folder where finished fits are kept; those found there are not made again.
        progress: Called with (done, total).
        run: Makes one fit; None for a process of its own.

    Raises:
        InputError: If a table cannot be read, or the folder holds another comparison.
        UnknownNameError: If there is no table of a name.
        UsageError: If a preset is unknown or not available, or a metric does not suit a table.
    """
    systems = (*chosen_systems(request.systems), FOREST)
    entries = _entries(tables, request.tables)
    kept = KeptRows(None if out is None else out / ROWS, IDENTITY)
    total = len(entries) * request.n_splits * len(systems)
    rows: list[Mapping[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for entry in entries:
            for job in _jobs(entry, request, systems, Path(folder)):
                if not kept.has(job):
                    made = {**job, **(run or _alone)(job)}
                    kept.add({k: v for k, v in made.items() if k not in ("data", "left_out")})
                rows.append(kept.of(job))
                progress(len(rows), total)
    return SystemEvaluation.of(rows, systems, request.budget_s, request.n_splits, request.seed)


def _entries(tables: Path, chosen: Sequence[str] | None) -> list[TableEntry]:
    entries = {entry.name: entry for entry in table_entries(tables)}
    for name in chosen or ():
        if name not in entries:
            raise UnknownNameError("table", name, tuple(entries))
    return [entries[name] for name in chosen or entries]


def _alone(job: Mapping[str, Any]) -> dict[str, Any]:
    limit_s = 2.0 * float(job["budget_s"]) + 120.0
    source = "metalearn.workflows.evaluate.systems.one_fit"
    return run_alone(sys.executable, source, job, limit_s=limit_s)


def _jobs(
    entry: TableEntry, request: SystemRequest, systems: Sequence[str], folder: Path
) -> Iterator[dict[str, Any]]:
    """Yield the fits of one table; the file that they read is written before the first."""
    table = entry.load()
    objective = objective_of(request.metric, table.kind)
    data = folder / "table.pickle"
    data.write_bytes(
        pickle.dumps((table.X.reset_index(drop=True), table.y.reset_index(drop=True)))
    )
    left_out = related(entry, table, request.kb)
    for split in range(request.n_splits):
        for system in systems:
            yield {
                "table": entry.name, "kind": table.kind, "data": str(data), "split": split,
                "budget_s": float(request.budget_s), "system": system, "seed": request.seed,
                "metric": objective.name, "left_out": left_out,
                "kb": None if request.kb is None else str(request.kb),
            }  # fmt: skip


def related(entry: TableEntry, table: Table, kb: Path | None) -> list[str]:
    """Return keys of the known tasks that are the table itself or of its family.

    Empty if there is no store.
    """
    from metalearn.store import open_store

    try:
        with open_store(kb) as store:
            tasks = store.tasks()
    except MetalearnError:
        return []
    keys = tasks["task"].astype(str)
    is_own = (tasks["name"] == entry.name) | keys.isin(same_content(table, list(keys)))
    families = {entry.family, *tasks.loc[is_own, "family"].dropna()} - {""}
    return sorted(keys[is_own | tasks["family"].isin(families)])
