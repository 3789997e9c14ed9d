"""Where the evaluations of a user go: the user's own store, by way of its journal.

A named DuckDB file remembers what is found with it. Where nobody named a store, it is the user's
own one; the first time, it is made as a copy of the bundled meta-dataset, so that nothing known is
lost by owning a store. Folders of Parquet files, the bundled one above all, are never written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from metalearn.core.records import LoadReport
from metalearn.errors import BusyError, UsageError
from metalearn.workflows.writeback.journal import Journal, Record
from metalearn.workflows.writeback.records import journal_of, publish

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["EvaluationSink", "sink_at", "sink_of"]


class EvaluationSink:
    """Records on their way into a store; a context manager that publishes them at its end.

    Args:
        kb: The store; None remembers nothing.
        copied_from: What the store starts as, if it does not exist yet.
        note: Why nothing is remembered; "" if there is nothing to say.

    Attributes:
        report: What the store made of the records once they are published, and of what waited in
            its journal before.

    Raises:
        BusyError: On entering, if another process writes down evaluations for this store.
    """

    def __init__(self, kb: Path | None, copied_from: Path | None = None, note: str = "") -> None:
        self.kb, self.note = kb, note
        self.report = LoadReport()
        self._copied_from = copied_from
        self._journal: Journal | None = None
        self._stack = ExitStack()

    def add(self, records: Iterable[Record]) -> None:
        """Write records down; they survive a kill from now on."""
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
        self.report = publish(self._journal, self.kb)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if self._journal is not None and self.kb is not None:
                self.report += publish(self._journal, self.kb)


def sink_of(store: Store, *, is_named: bool, remember: bool) -> EvaluationSink:
    """Return where to remember what is found with a store.

    Args:
        store: What is learned from.
        is_named: Whether the user named it (by option, argument or environment).
        remember: Whether anything is to be remembered.
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
    """Return where to remember what was found elsewhere.

    Args:
        kb: A DuckDB file, made if it is not there; None for `$METALEARN_KB`, else the user's own
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
