"""Listing of all runs of a scope: evaluated, pending and failed ones.

The server counts all runs, whatever their status. The full list explains these counts, determines
how to split a slice, and shows which rows may be missing and which runs may get an evaluation
later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from metalearn.core.records import Batch
from metalearn.harvesters.openml import Client, Leaf, ListReader, Slice
from metalearn.harvesters.openml.addresses import id_batches
from metalearn.harvesters.openml.pages import RunRow, read_runs
from metalearn.workflows.harvest.archive import JournalArchive
from metalearn.workflows.harvest.known_rows import KnownRows, RowKey
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.rows import cell_cursor, page_source

__all__ = ["RunNews", "learn_runs", "roots"]


def roots(measure: str, flows: Sequence[int], tasks: Sequence[int]) -> list[Slice]:
    """Return the initial slices (of runs if `measure` is ""), with few enough ids per address."""
    Part = tuple[int, ...] | None
    flow_parts: list[Part] = [tuple(part) for part in id_batches(sorted(flows), 2000, 3000)]
    task_parts: list[Part] = [tuple(part) for part in id_batches(sorted(tasks), 2000, 3000)]
    endpoint, function = ("evaluation/list", measure) if measure else ("run/list", None)
    return [
        Slice(endpoint, function, flow_part, task_part)
        for flow_part in flow_parts or [None]
        for task_part in task_parts or [None]
    ]


@dataclass(slots=True)
class RunNews:
    """Result of listing the runs.

    Attributes:
        fresh: New runs, and runs listed more often than before.
        cap: Maximum rows in one answer of this server; None if unknown.
        missing: Descriptions of slices that could not be read.
        notes: Descriptions of slices that changed while they were read.
    """

    fresh: set[int] = field(default_factory=set)
    cap: int | None = None
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def learn_runs(
    client: Client,
    memory: KnownRows,
    archive: JournalArchive,
    loader: Loader,
    flows: tuple[int, ...],
    tasks: tuple[int, ...],
    *,
    trusts_counts: bool,
) -> RunNews:
    """List the runs of some flows and tasks, evaluated or not, into the cursors `runs/...`."""
    start = archive.remember(
        "", [[flow, task, n] for (flow, task), n in sorted(memory.counts("").items())]
    )
    reader: ListReader[RunRow] = ListReader(
        client, read_runs, lambda row: (row.run, 1),
        cells={(flow, task): n for flow, task, n in start}, known=memory.keys,
        trusts_counts=trusts_counts, numbers=True,
    )  # fmt: skip
    news = RunNews()
    for number, root in enumerate(roots("", flows, tasks)):
        hints = archive.remember_hints(f"/{number}", memory.hints(root))
        known = memory.keys(root)
        for leaf in reader.read(root, hints if trusts_counts else None):
            _store(leaf, memory, loader)
            if leaf.trouble:
                news.missing.append(f"runs of {leaf.slice.path()[:120]}: {leaf.trouble}")
        news.fresh |= {run for run, _ in memory.keys(root) - known}
    news.fresh = set(archive.remember("/fresh", sorted(news.fresh)))
    news.cap = reader.cap
    news.notes += reader.lacking
    return news


def _store(leaf: Leaf[RunRow], memory: KnownRows, loader: Loader) -> None:
    if leaf.trouble or leaf.is_unchanged:
        return
    found: dict[tuple[int, int], set[RowKey]] = {}
    for key, row in leaf.rows.items():
        found.setdefault((row.flow, row.task), set()).add(key)
    if not leaf.is_addition and leaf.is_confirmed:  # runs no longer listed are not awaited
        for cell_key in memory.cells.get("", {}):
            if leaf.slice.holds(*cell_key):
                found.setdefault(cell_key, set())
    replaces = leaf.is_confirmed and not leaf.is_addition
    cursors = []
    for (flow, task), keys in sorted(found.items()):
        cell = memory.cell("", flow, task)
        stored = keys if replaces else cell.stored | keys
        if stored != cell.stored:
            cell.stored = stored
            cursors.append(cell_cursor("", flow, task, cell))
    if cursors:
        loader.add(Batch(page_source(None)), pages=leaf.pages, cursors=cursors)
