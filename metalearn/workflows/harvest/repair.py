"""Repair of a harvested store: damage is found by replay of its pages, with few requests.

Every row is compared with the raw page that it came from. Damaged or lost pages are fetched again;
rows are corrected from the pages without a request.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.records import Batch
from metalearn.errors import HarvestError
from metalearn.harvesters.openml import Client, Pace, PackedAnswer, Transport
from metalearn.harvesters.openml.credentials import (
    DEFAULT_SERVER,
    api_key,
    configured,
    user_agent,
)
from metalearn.harvesters.openml.measures import metric_of
from metalearn.harvesters.openml.pages import (
    read_evaluations,
    read_flow,
    read_procedures,
    read_qualities,
    read_runs,
    read_setups,
    read_task,
    read_tasks,
)
from metalearn.harvesters.openml.run_details import read_run
from metalearn.harvesters.openml.transport import Answer
from metalearn.store import Page, Problem, open_store, writing
from metalearn.workflows.harvest.fold_check import wrong_folds
from metalearn.workflows.harvest.known_rows import HARVESTER, KnownRows, RowKey
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.replay import Replay
from metalearn.workflows.harvest.rows import (
    cell_cursor,
    evaluation_batch,
    page_source,
    vanished_frame,
)

__all__ = ["harvest_problems", "rebuild_harvest", "repair_harvest"]

_READERS: dict[str, Callable[[bytes], object]] = {
    "evaluation/list": read_evaluations,
    "run/list": read_runs,
    "run/": read_run,
    "setup/list": read_setups,
    "task/list": read_tasks,
    "task/": read_task,
    "flow/": read_flow,
    "data/qualities/": read_qualities,
    "estimationprocedure/list": read_procedures,
}
_REFERENCES = (
    "SELECT DISTINCT e.location, e.page_digest FROM evaluation e ANTI JOIN raw_page p "
    "ON p.digest = e.page_digest WHERE e.source = 'openml' AND e.page_digest <> '' ORDER BY ALL"
)


class _Nowhere(Loader):
    """A loader that discards everything."""

    def _load(self) -> None:
        self._pending.clear()


class _NoArchive:
    def take(self, path: str) -> Answer | None:
        del path
        return None

    def keep(self, answer: Answer) -> None:
        del answer


def harvest_problems(kb: Path) -> list[Problem]:
    """Return damaged or lost pages, and rows that differ from their pages."""
    damaged, lost = _broken_pages(kb)
    where = f"{HARVESTER}: {{}}"
    found = [
        Problem("raw_page", kind, where.format(place))
        for kind, pages in (
            ("body does not have its digest", damaged), ("page of stored rows is lost", lost),
        )
        for place, _ in pages
    ]  # fmt: skip
    replay = Replay(kb, _Nowhere(kb), loads_evaluations=False)
    replay.run()
    for function, wrong, extra in _differences(kb, replay):
        if wrong:
            text = f"{function}: runs {_some([run for run, _ in wrong])}"
            found.append(Problem("evaluation", "is not what its page says", text, len(wrong)))
        if extra and not (damaged or lost):
            text = f"{function}: runs {_some([run for run, _ in extra])}"
            found.append(Problem("evaluation", "is in no page", text, len(extra)))
    wrong_runs = wrong_folds(kb, replay)
    if wrong_runs:
        text = f"folds of runs {_some(list(wrong_runs))}"
        found.append(Problem("evaluation", "is not what its page says", text, len(wrong_runs)))
    return found


def repair_harvest(kb: Path, *, server: str | None = None, rate: float = 1.0) -> list[Problem]:
    """Repair what `harvest_problems` finds, and return the remaining problems.

    Args:
        kb: The store.
        server: Server for lost pages; by default that of the openml configuration.
        rate: Requests per second.

    Raises:
        HarvestError: If a page must be fetched and cannot.
    """
    damaged, lost = _broken_pages(kb)
    if damaged or lost:
        _fetch_again(
            kb, damaged + lost, server or configured().get("server") or DEFAULT_SERVER, rate
        )
    loader = Loader(kb)
    replay = Replay(kb, loader, loads_evaluations=False)
    replay.run()
    loader.finish()
    for function, wrong, extra in _differences(kb, replay):
        _put_right(loader, replay, function, wrong)
        if extra:
            known = KnownRows(kb).evaluations(metric_of(function).name)
            batch, frame = vanished_frame(
                metric_of(function), {number: known[number] for number in extra}, []
            )
            loader.add(batch, vanished=frame)
    for function, cells in replay.memory.cells.items():
        cursors = [cell_cursor(function, *key, cell) for key, cell in sorted(cells.items())]
        loader.add(Batch(page_source(None)), cursors=cursors)
    for batch in wrong_folds(kb, replay).values():
        loader.add(batch)
    loader.finish()
    return harvest_problems(kb)


def rebuild_harvest(source: Path, target: Path) -> int:
    """Build a store from the raw pages of another one, without a request.

    Returns:
        Number of evaluations that were loaded.

    Raises:
        HarvestError: If the source has no pages, or the target exists.
    """
    if target.exists():
        raise HarvestError(f"{target} exists; name a new file to rebuild into")
    loader = Loader(target)
    replay = Replay(source, loader)
    replay.run()
    if not replay.rows:
        raise HarvestError(f"{source} holds no harvested pages; harvest first")
    loader.finish()
    return sum(len(rows) for rows in replay.rows.values())


def _broken_pages(kb: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return location and digest of damaged pages, and of missing pages that rows refer to."""
    with open_store(kb) as store:
        damaged = [(p.location, p.digest) for p in store.pages(HARVESTER) if not p.is_intact]
        frame = store.sql(_REFERENCES)
    lost = list(zip(frame["location"], frame["page_digest"], strict=True))
    return damaged, [(place, digest) for place, digest in lost if (place, digest) not in damaged]


def _fetch_again(kb: Path, broken: list[tuple[str, str]], server: str, rate: float) -> None:
    transport = Transport(
        server, Pace(rate, np.random.default_rng()), user_agent(), key=api_key(server)
    )
    client = Client(transport, _NoArchive())
    pages = []
    try:
        for location in sorted({location for location, _ in broken}):
            reader = next((r for p, r in _READERS.items() if location.startswith(p)), None)
            if reader is not None:
                _, answer = client.ask(location, reader)
                pages.append(Page(HARVESTER, location, answer.body, answer.time, answer.status))
    finally:
        transport.close()
    with writing(kb) as writer:
        writer.drop_pages(HARVESTER, {digest for _, digest in broken})
        writer.put_pages(pages)


def _differences(kb: Path, replay: Replay) -> list[tuple[str, list[RowKey], list[RowKey]]]:
    """Return, by measure, missing or wrong rows, and rows that are in no page."""
    memory, found = KnownRows(kb), []
    for function in sorted({*replay.rows, *memory.cells} - {""}):
        stored = memory.evaluations(metric_of(function).name)
        true = replay.rows.get(function, {})
        wrong = [number for number, known in true.items() if stored.get(number) != known]
        extra = [n for n, known in stored.items() if n not in true and not known.vanished]
        if wrong or extra:
            found.append((function, sorted(wrong), sorted(extra)))
    return found


def _put_right(loader: Loader, replay: Replay, function: str, wrong: list[RowKey]) -> None:
    by_page: dict[str, tuple[PackedAnswer, list[RowKey]]] = {}
    for number in wrong:
        page, _ = replay.origins[function][number]
        answer = Answer(page.location, page.status, page.body, page.time)
        by_page.setdefault(page.digest, (answer.packed(), []))[1].append(number)
    for packed, numbers in by_page.values():
        rows = [
            (replay.origins[function][n][1], replay.rows[function][n].configuration)
            for n in numbers
        ]
        gone = {n: replay.rows[function][n] for n in numbers if replay.rows[function][n].vanished}
        _, frame = vanished_frame(metric_of(function), gone, [packed])
        batch = evaluation_batch(rows, metric_of(function), packed)
        loader.add(batch, pages=[packed], vanished=frame if gone else pd.DataFrame())


def _some(numbers: list[int]) -> str:
    listed = ", ".join(str(number) for number in numbers[:5])
    return f"{listed}, ..." if len(numbers) > 5 else listed
