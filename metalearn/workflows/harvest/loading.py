"""Loading of batches into the store: collected, then loaded and published together.

A publish copies the store, so it happens only when enough rows are collected. The journal holds
the answers that are not published yet.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pandas as pd

from metalearn.core.records import Batch, LoadReport, Source
from metalearn.errors import BusyError
from metalearn.harvesters.openml import PackedAnswer
from metalearn.store import Cursor, writing
from metalearn.workflows.harvest.known_rows import HARVESTER

__all__ = ["Loader"]

_SHARE = 10.0  # publish at most a tenth of the time
_MOST_ROWS, _MOST_BYTES = 100_000, 256 << 20


@dataclass(frozen=True, slots=True)
class _Load:
    batch: Batch
    pages: tuple[PackedAnswer, ...]
    cursors: tuple[Cursor, ...]
    vanished: pd.DataFrame | None


@dataclass(slots=True)
class Loader:
    """Loads batches into a store, several at a time.

    Attributes:
        kb: The store.
        report: Summary of the loads so far.
        wait_s: Maximum wait for another writer of the store at the end, seconds.
    """

    kb: Path
    wait_s: float = 60.0
    report: LoadReport = field(default_factory=LoadReport)
    publish_s: float = 0.0
    _pending: list[_Load] = field(default_factory=list)
    _last: float = field(default_factory=time.monotonic)
    _cost_s: float = 0.1

    def add(
        self,
        batch: Batch,
        *,
        pages: Sequence[PackedAnswer] = (),
        cursors: Sequence[Cursor] = (),
        vanished: pd.DataFrame | None = None,
    ) -> None:
        """Queue rows, with the pages that contain them and the cursors that cover them."""
        self._pending.append(_Load(batch, tuple(pages), tuple(cursors), vanished))
        waited = time.monotonic() - self._last
        if waited > max(1.0, _SHARE * self._cost_s) or self._is_much():
            try:
                self._load()
            except BusyError:
                self._last = time.monotonic()  # another process writes: try again later

    def put_cursor(self, cursor: Cursor) -> None:
        """Queue a cursor for the next load."""
        self._pending.append(_Load(Batch(Source(HARVESTER)), (), (cursor,), None))

    def add_page(self, page: PackedAnswer) -> None:
        """Queue a page for the next load."""
        self._pending.append(_Load(Batch(Source(HARVESTER)), (page,), (), None))

    def finish(self) -> None:
        """Load and publish everything queued.

        Raises:
            BusyError: If another process writes the store for too long.
        """
        deadline = time.monotonic() + self.wait_s
        while self._pending:
            try:
                self._load()
            except BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _is_much(self) -> bool:
        rows = sum(len(load.batch.evaluations) for load in self._pending)
        size = sum(len(page.packed_body) for load in self._pending for page in load.pages)
        return rows > _MOST_ROWS or size > _MOST_BYTES

    def _load(self) -> None:
        started = time.monotonic()
        report = LoadReport()
        with writing(self.kb) as writer:
            for marks, loads in groupby(self._pending, lambda load: load.vanished is not None):
                if marks:
                    for load in loads:
                        report += writer.load(load.batch, vanished=load.vanished)
                else:
                    report += writer.load_all([load.batch for load in loads])
            pages = [page for load in self._pending for page in load.pages]
            report += writer.put_packed_pages(_page_frame(pages))
            report += writer.put_cursors([c for load in self._pending for c in load.cursors])
        self.report += report
        self._pending.clear()
        self._last = time.monotonic()
        self._cost_s = self._last - started
        self.publish_s += self._cost_s


def _page_frame(pages: Sequence[PackedAnswer]) -> pd.DataFrame:
    """Return pages as `Writer.put_packed_pages` takes them."""
    return pd.DataFrame(
        [(HARVESTER, p.path, p.digest, p.status, p.time, p.packed_body) for p in pages],
        columns=["harvester", "location", "digest", "status", "time", "body"],
    )
