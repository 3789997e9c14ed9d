"""Runs without evaluations: what the next harvest looks at first.

Evaluations appear minutes to months after their run. Whoever knows which runs have none yet finds
the late ones with a few requests instead of listing everything again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from metalearn.core.records import Batch
from metalearn.harvesters.openml import Client, Leaf, ListReader, Slice
from metalearn.harvesters.openml.addresses import batches
from metalearn.harvesters.openml.pages import RunRow, read_runs
from metalearn.workflows.harvest.archive import JournalArchive
from metalearn.workflows.harvest.known_rows import Memory, row_key
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.rows import cell_cursor, source_of

__all__ = ["learn_runs", "roots"]

_LOG = logging.getLogger(__name__)


def roots(measure: str, flows: Sequence[int], tasks: Sequence[int]) -> list[Slice]:
    """Return the slices to begin with (of runs if `measure` is ""): few ids for one address."""
    Part = tuple[int, ...] | None
    flow_parts: list[Part] = [tuple(part) for part in batches(sorted(flows), 2000, 3000)]
    task_parts: list[Part] = [tuple(part) for part in batches(sorted(tasks), 2000, 3000)]
    endpoint, function = ("evaluation/list", measure) if measure else ("run/list", None)
    return [
        Slice(endpoint, function, flow_part, task_part)
        for flow_part in flow_parts or [None]
        for task_part in task_parts or [None]
    ]


def learn_runs(
    client: Client,
    memory: Memory,
    archive: JournalArchive,
    loader: Loader,
    flows: tuple[int, ...],
    tasks: tuple[int, ...],
    *,
    trusts_counts: bool,
) -> None:
    """List the runs of some flows and tasks, evaluated or not, into the cursors `runs/...`.

    A server in trouble is not asked for what only makes the next harvest cheaper.
    """
    if client.is_troubled:
        _LOG.info("the server is in trouble: runs without evaluations are listed another time")
        return
    is_first = {
        number: not memory.keys(root) for number, root in enumerate(roots("", flows, tasks))
    }
    _learn_evaluated(memory, loader)
    start = archive.remember(
        "", [[flow, task, n] for (flow, task), n in sorted(memory.counts("").items())]
    )
    reader: ListReader[RunRow] = ListReader(
        client, read_runs, lambda row: (row.run, 1),
        cells={(flow, task): n for flow, task, n in start}, known=memory.keys,
        trusts_counts=trusts_counts, confirms=False,
    )  # fmt: skip
    for number, root in enumerate(roots("", flows, tasks)):
        hints = None if is_first[number] else memory.hints(root)
        hints = archive.remember_hints(f"/{number}", hints)
        for leaf in reader.read(root, hints):
            _store(leaf, memory, loader)


def _learn_evaluated(memory: Memory, loader: Loader) -> None:
    """Count evaluated runs among the known ones: where there are no others, none is listed."""
    cursors = []
    for function in [name for name in memory.cells if name]:
        for (flow, task), evaluated in memory.cells[function].items():
            cell = memory.cell("", flow, task)
            runs = {row_key(number)[0] for number in evaluated.stored | evaluated.rejected}
            if not runs <= cell.stored:
                cell.stored |= runs
                cursors.append(cell_cursor("", flow, task, cell))
    if cursors:
        loader.add(Batch(source_of(None)), cursors=cursors)


def _store(leaf: Leaf[RunRow], memory: Memory, loader: Loader) -> None:
    if leaf.trouble:
        _LOG.info("runs of a slice are not listed: %s", leaf.trouble)
    if leaf.trouble or leaf.is_unchanged:
        return
    found: dict[tuple[int, int], set[int]] = {}
    for row in leaf.rows.values():
        found.setdefault((row.flow, row.task), set()).add(row.run)
    if not leaf.is_addition:  # what is no longer listed is no longer awaited
        for key in memory.cells.get("", {}):
            if leaf.slice.holds(*key):
                found.setdefault(key, set())
    cursors = []
    for (flow, task), runs in sorted(found.items()):
        cell = memory.cell("", flow, task)
        stored = cell.stored | runs if leaf.is_addition else runs
        if stored != cell.stored:
            cell.stored = stored
            cursors.append(cell_cursor("", flow, task, cell))
    if cursors:
        loader.add(Batch(source_of(None)), pages=leaf.pages, cursors=cursors)
