"""Destination of a user's evaluations: a store, written through its journal.

A named DuckDB file receives the evaluations made with it. If no store is named, they go to the
user's own store, which is first created as a copy of the bundled meta-dataset. Folders of Parquet
files, such as the bundled one, are never written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.core.records import LoadReport
from metalearn.errors import BusyError, UsageError
from metalearn.workflows.writeback.journal import Journal, Record
from metalearn.workflows.writeback.records import journal_of, publish_journal

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["EvaluationSink", "sink_at", "sink_of"]


class EvaluationSink:
    """Writer of records to a store; a context manager that publishes them at its end.

    Args:
        kb: The store; None stores nothing.
        copied_from: The store to copy if `kb` does not exist yet.
        note: Why nothing is stored; "" if there is no note.

    Attributes:
        report: Counts of rows after publishing, including records that were in the journal
            before.

    Raises:
        BusyError: On entering, if another process writes evaluations for this store.
    """

    def __init__(self, kb: Path | None, copied_from: Path | None = None, note: str = "") -> None:
        self.kb, self.note = kb, note
        self.report = LoadReport()
        self._copied_from = copied_from
        self._journal: Journal | None = None
        self._stack = ExitStack()

    def add(self, records: Iterable[Record]) -> None:
        """Write records to the journal; they survive a killed process from now on."""
        if self._journal is not None:
            for record in records:
                self._journal.append(record)

    def __enter__(self) -> EvaluationSink:
        if self.kb is None:
            return self
        try:
            self._journal = self._stack.enter_context(journal_of(self.kb))
        except BusyError as error:
            raise BusyError(f"{error}; or remember nothing this time: --no-remember") from None
        if self._copied_from is not None and not self.kb.exists():
            from metalearn.store import merge

            merge(self._copied_from, self.kb)
        self.report = publish_journal(self._journal, self.kb)
        return self

    def __exit__(self, *exception: object) -> None:
        with self._stack:
            if self._journal is not None and self.kb is not None:
                self.report += publish_journal(self._journal, self.kb)


def sink_of(store: Store, *, is_named: bool, remember: bool) -> EvaluationSink:
    """Return the sink for evaluations made with a store.

    Args:
        store: The store with the meta-data.
        is_named: Whether the user named it (by option, argument or environment).
        remember: Whether to store anything.
    """
    from metalearn.store import user_store

    if not remember:
        return EvaluationSink(None)
    if store.form == "database" and not os.access(store.path.parent, os.W_OK):
        return EvaluationSink(
            None, note=f"nothing is remembered: {store.path.name!r} cannot be written"
        )
    if store.form == "database":
        return EvaluationSink(store.path)
    if is_named:
        return EvaluationSink(
            None,
            note=f"nothing is remembered: {store.path.name!r} is a folder of Parquet files, which "
            "only reads; name a .duckdb file (--kb) to remember, made from it by: metalearn kb "
            f"merge {store.path} --kb FILE.duckdb",
        )
    return EvaluationSink(user_store(), copied_from=store.path)


def sink_at(kb: str | Path | None) -> EvaluationSink:
    """Return the sink for evaluations made elsewhere.

    Args:
        kb: A DuckDB file, created if missing; None for `$METALEARN_KB`, else the user's own
            store.

    Raises:
        UsageError: If it cannot be written.
    """
    from metalearn.store import open_store

    named = kb if kb is not None else os.environ.get("METALEARN_KB") or None
    if named is not None and not Path(named).expanduser().exists():
        return EvaluationSink(Path(named).expanduser())
    with open_store(named) as store:
        found = sink_of(store, is_named=named is not None, remember=True)
    if found.kb is None:
        raise UsageError(found.note)
    return found
