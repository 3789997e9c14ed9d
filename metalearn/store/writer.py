"""Writing: one process works on a copy of the store and publishes it by an atomic rename.

Readers keep the file that they opened and never wait; a reader that opens later sees the last
published snapshot. A writer that dies leaves one working copy, which the next writer removes. See
`docs/decisions/001-one-writer-many-readers.md`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from metalearn.core.records import Batch, LoadReport, Source
from metalearn.errors import InputError, StoreError
from metalearn.store import files
from metalearn.store.admitted import Identity, admit, file_identity
from metalearn.store.bookkeeping import (
    mark_vanished,
    put_compressed_pages,
    put_cursors,
    put_pages,
)
from metalearn.store.connecting import (
    admitted,
    attach,
    create,
    detach,
    newest_version,
    translated,
    use,
)
from metalearn.store.digest import stored_digest, write_digest
from metalearn.store.instances import leave, take, working_copies
from metalearn.store.loading import Rows, added_to, joined_rows, load_rows, rows_of
from metalearn.store.locations import user_store
from metalearn.store.lock import WriterLock
from metalearn.store.reading import Store
from metalearn.store.results import Cursor, Page
from metalearn.store.sql import query

if TYPE_CHECKING:
    import duckdb

__all__ = ["Writer", "writing"]


class Writer:
    """The single writer of a store; made by `writing`.

    Attributes:
        path: The store that will be published.
        has_changed: Whether anything was written since the last publish.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._copy, self._ready = working_copies(path)
        self.discard()
        known = file_identity(path) if path.exists() else None
        if path.exists():
            if files.what_lies_at(path) != "database":
                raise InputError(
                    f"{path} is a folder of Parquet files, which is read-only; write to a DuckDB "
                    f"file: metalearn kb merge {path} --kb FILE.duckdb"
                )
            files.copy(path, self._copy)
        elif not create:
            files.what_lies_at(path)  # says that nothing is there
        self.has_changed = not path.exists()
        self._instance: duckdb.DuckDBPyConnection = take(path)
        self._connection = self._instance.cursor()  # temporary tables end with it
        try:
            self._open(known)
            with translated(path):
                self._added = added_to(self._connection)
        except BaseException:
            self.abandon()
            raise

    @property
    def store(self) -> Store:
        """The current working copy, published or not; valid within the `with` block."""
        return Store(self.path, "database", self._connection, stored_digest(self._connection))

    def load(
        self,
        batch: Batch,
        *,
        pages: Sequence[Page] = (),
        cursors: Sequence[Cursor] = (),
        vanished: pd.DataFrame | None = None,
    ) -> LoadReport:
        """Load a batch, with its raw pages and cursors, in one transaction.

        Args:
            batch: Rows from one source; loading them again changes nothing.
            pages: Raw answers to keep.
            cursors: Progress of the harvester after this batch.
            vanished: Evaluations of `batch.source.name` that the provider no longer lists: columns
                task, configuration, metric, fold, fidelity, seed. They are marked, not deleted;
                the mark is removed when they are loaded again.

        Returns:
            Rows new, changed, unchanged and rejected; `changed["vanished"]` counts the marked,
            `new["pages"]` and `changed["cursors"]` the others.
        """
        with self.transaction():
            report = LoadReport()
            if not batch.is_empty:
                report += load_rows(self._connection, rows_of(batch), self._added)
            if vanished is not None and len(vanished):
                report += mark_vanished(self._connection, batch.source, vanished)
            report += put_pages(self._connection, pages)
            report += put_cursors(self._connection, cursors)
        self.note(report)
        return report

    def load_all(self, batches: Sequence[Batch]) -> LoadReport:
        """Load batches in order, in one transaction; many small ones cost little more than one.

        Args:
            batches: Rows from any sources; they may refer to rows of later batches.
        """
        given = [batch for batch in batches if not batch.is_empty]
        report = LoadReport()
        if not given:
            return report
        together = joined_rows(given)
        with self.transaction():
            for rows in map(rows_of, given) if together is None else [together]:
                report += load_rows(self._connection, rows, self._added)
        self.note(report)
        return report

    def load_rows(self, rows: Rows) -> LoadReport:
        """Load rows, whose sources may differ, in one transaction."""
        with self.transaction() as connection:
            report = load_rows(connection, rows, self._added)
        self.note(report)
        return report

    def put_pages(self, pages: Sequence[Page]) -> LoadReport:
        """Store raw answers; an answer with the same location and body is stored once."""
        return self.load(Batch(Source("")), pages=pages)

    def put_packed_pages(self, pages: pd.DataFrame) -> LoadReport:
        """Store raw answers whose bodies are compressed already.

        Args:
            pages: Columns harvester, location, digest, status, time, body (zlib). Of several
                answers with the same location and body the first is stored.
        """
        once = pages.drop_duplicates(["harvester", "location", "digest"])
        with self.transaction():
            report = put_compressed_pages(self._connection, once)
        if len(once) < len(pages):
            report += LoadReport(unchanged={"pages": len(pages) - len(once)})
        self.note(report)
        return report

    def put_cursors(self, cursors: Sequence[Cursor]) -> LoadReport:
        """Write cursors without rows."""
        return self.load(Batch(Source("")), cursors=cursors)

    def drop_pages(self, harvester: str, digests: Iterable[str]) -> None:
        """Remove raw pages, for instance damaged ones before they are fetched again."""
        with self.transaction():
            for digest in digests:
                self._connection.execute(
                    query("pages", "drop"), {"harvester": harvester, "digest": digest}
                )
        self.has_changed = True

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield the connection to the working copy, within one transaction."""
        import duckdb

        with translated(self.path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(duckdb.Error):  # after a fatal error there is no transaction
                    self._connection.rollback()
                raise

    def note(self, report: LoadReport) -> None:
        """Record whether a load changed anything, so that there is something to publish."""
        if any(report.new.values()) or any(report.changed.values()):
            self.has_changed = True

    def publish(self) -> str:
        """Make everything loaded so far visible to readers, and return the snapshot's digest.

        Long jobs call this repeatedly to limit the loss if they are killed; leaving the block
        publishes once more. Nothing is written if nothing has changed.
        """
        if self.has_changed:
            digest = self._seal()
            files.copy(self._copy, self._ready)
            self._release(digest)
            attach(self._connection, self._copy, read_only=False)
            use(self._connection)
            self.has_changed = False
        return stored_digest(self._connection)

    def finish(self) -> None:
        """Publish for the last time and end."""
        if self.has_changed:
            digest = self._seal()
            self._copy.rename(self._ready)
            self._release(digest)
        else:
            with translated(self.path):
                detach(self._connection)
        self._connection.close()
        self.discard()  # if nothing changed, the copy still exists
        leave(self.path, self._instance)

    def discard(self) -> None:
        """Remove working copies, also those of a dead writer."""
        try:
            files.discard(self._copy)
            files.discard(self._ready)
        except OSError as error:
            raise StoreError(
                f"cannot remove {error.filename}: {error.strerror}; make the folder writable"
            ) from error

    def abandon(self) -> None:
        """End without publishing."""
        self._connection.close()
        self._instance.close()
        self.discard()

    def _open(self, known: Identity | None) -> None:
        attach(self._connection, self._copy, read_only=False)
        if self.has_changed:
            with translated(self.path):
                create(self._connection)
        else:
            before = admitted(self._connection, self.path, known, read_only=False)
            self.has_changed = before < newest_version()

    def _seal(self) -> str:
        """Complete and close the working copy, and return the digest of its content."""
        with translated(self.path):
            digest = write_digest(self._connection)
            self._connection.execute("CHECKPOINT")
            detach(self._connection)
        return digest

    def _release(self, digest: str) -> None:
        """Read the finished copy once before it replaces the old store."""
        attach(self._connection, self._ready, read_only=True)
        with translated(self._ready):
            use(self._connection)
            if stored_digest(self._connection) != digest:
                raise StoreError(
                    f"{self._ready} does not hold what was written to it; the old snapshot is "
                    "intact. Check the disk, and run again"
                )
            detach(self._connection)
        files.publish(self._ready, self.path)
        admit(file_identity(self.path))


@contextmanager
def writing(path: str | Path, *, create: bool = True) -> Iterator[Writer]:
    """Write a store; leaving the block publishes, an exception publishes nothing.

    Args:
        path: The DuckDB file.
        create: Whether a missing store is created.

    Raises:
        BusyError: At once, if another process (or another block of this one) writes it.
        InputError: If there is no store and `create` is false, or the path is no store.
        StoreError: If the file is damaged, the folder read-only or the disk full; the published
            snapshot is intact.
    """
    store = Path(path).expanduser().resolve()
    if create and store == user_store():
        store.parent.mkdir(parents=True, exist_ok=True)
    _check_writable(store)
    with WriterLock(store):
        writer = Writer(store, create=create)
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.abandon()
            raise


def _check_writable(store: Path) -> None:
    if not store.parent.is_dir():
        raise InputError(
            f"there is no folder {store.parent}; make it first, or name another file with --kb"
        )
    if not store.is_file():
        return
    if not os.access(store, os.W_OK) or not store.stat().st_mode & 0o222:
        raise StoreError(
            f"{store} is read-only; allow writing (chmod u+w {store}), or merge it into a store "
            f"of your own: metalearn kb merge {store} --kb FILE.duckdb"
        )
