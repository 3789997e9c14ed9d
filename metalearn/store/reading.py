"""Reading a store: frames, the meta-dataset, and SQL, all read-only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.core.names import names_of
from metalearn.errors import InputError, NegatedMetricError, UnknownNameError
from metalearn.store import files
from metalearn.store.bookkeeping import read_cursors, read_pages
from metalearn.store.connecting import newest_version, understood
from metalearn.store.digest import stored_digest
from metalearn.store.locations import default_store
from metalearn.store.pivot import pivot_cells, pivot_frame, tasks_only
from metalearn.store.readers import StoreReader
from metalearn.store.results import Cursor, Page, Problem, StoreInfo
from metalearn.store.shared_lakes import open_lake
from metalearn.store.sql import query

if TYPE_CHECKING:
    import duckdb

    from metalearn.core.meta_dataset import MetaDataset
    from metalearn.core.space import Space

__all__ = ["Store", "open_store"]

_COUNTED = (
    "source", "dataset", "task", "algorithm", "configuration", "metric", "evaluation",
    "meta_feature", "raw_page", "cursor",
)  # fmt: skip


class Store:
    """One snapshot of a store, read-only; a context manager.

    Made by `open_store`. Open the store again to see later snapshots. Methods may be called from
    several threads, one at a time.

    Attributes:
        path: The DuckDB file, or the folder of Parquet files.
        form: `database` or `parquet`.
        snapshot: Digest of the content; equal content has equal digests.
    """

    def __init__(
        self,
        path: Path,
        form: str,
        connection: duckdb.DuckDBPyConnection,
        snapshot: str,
        *,
        end: Callable[[], None] | None = None,
    ) -> None:
        self.path, self.form, self.snapshot = path, form, snapshot
        self._connection, self._end = connection, end or connection.close
        self._lock = threading.RLock()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r}, snapshot={self.snapshot[:12]!r})"

    def close(self) -> None:
        """Close the connection and release the file."""
        self._end()

    def meta_dataset(
        self,
        metric: str,
        *,
        kind: str | None = None,
        algorithms: str | Sequence[str] | None = None,
        tasks: str | Sequence[str] | None = None,
    ) -> MetaDataset:
        """Return tasks x configurations -> losses for one metric.

        Tasks are ordered by key, configurations by their first loading. Only evaluations at full
        fidelity count; see `metalearn.store.matrix` for folds, seeds and failures.

        Args:
            metric: Name of a stored metric, or an alias of one.
            kind: Only tasks of this kind; all if None.
            algorithms: Only configurations of these algorithms, or of one; all but the dummy if
                None.
            tasks: Only the tasks with these keys, or with one; all if None.

        Raises:
            UnknownNameError: If a metric, algorithm or task is not in the store.
        """
        known = self.metric(metric)
        with self._lock, understood(self.path):
            return pivot_cells(
                self._connection, self.form, known,
                kind=kind, snapshot=self.snapshot,
                algorithms=None if algorithms is None else names_of(algorithms),
                tasks=None if tasks is None else names_of(tasks),
            )  # fmt: skip

    def described_tasks(self, metric: str, tasks: str | Sequence[str]) -> MetaDataset:
        """Return tasks, by key, with meta-features and groups, and no configuration.

        Meant for algorithms with too many runs for a matrix, whose losses are kept as histories.

        Raises:
            UnknownNameError: If the metric or a task is not in the store.
        """
        known = self.metric(metric)
        with self._lock, understood(self.path):
            return tasks_only(self._connection, known, names_of(tasks), self.snapshot)

    def evaluations(self, metric: str, *, algorithm: str | None = None) -> pd.DataFrame:
        """Return one row per task and configuration, folds averaged.

        Columns: task, configuration, algorithm, hyperparameters (canonical JSON), value (raw
        score, NaN if failed), status, runtime_s (mean seconds of one fold). Sorted by task, then
        position of the configuration. The dummy is omitted unless named.

        Raises:
            UnknownNameError: If the metric or algorithm is not in the store.
        """
        known = self.metric(metric)
        with self._lock, understood(self.path):
            return pivot_frame(self._connection, self.form, known.name, algorithm)

    def seconds(self, tasks: str | Sequence[str]) -> pd.DataFrame:
        """Return median seconds of a fold of each successful configuration of some tasks, by key.

        Columns: task, configuration (key), fit_s, predict_s (seconds for all test rows of a fold);
        NaN = unknown. Sorted by task and configuration.
        """
        return self.frame(query("read", "seconds"), {"tasks": list(names_of(tasks))})

    def metrics(self) -> dict[str, Metric]:
        """Return the stored metrics by name."""
        rows = self._rows(query("read", "metrics"))
        with understood(self.path):
            return {name: Metric(name, better, *ends) for name, better, *ends in rows}

    def metric(self, name: str) -> Metric:
        """Return a stored metric by name or alias.

        Raises:
            UnknownNameError: If the store does not contain it.
        """
        stored = self.metrics()
        if name in stored:
            return stored[name]
        try:
            canonical = metric_named(name).name
        except NegatedMetricError:
            raise
        except UnknownNameError:
            canonical = name
        for other in stored.values():
            if other.name == canonical or (
                canonical in METRICS and _canonical(other.name) == canonical
            ):
                return other
        raise UnknownNameError("metric", name, tuple(stored))

    def libraries(self) -> dict[str, str]:
        """Return algorithm -> the library or published set that it is of, by name."""
        rows = self._rows("SELECT algorithm, library FROM algorithm ORDER BY algorithm")
        return {name: library or "" for name, library in rows}

    def space(self, algorithm: str) -> Space | None:
        """Return the search space of an algorithm; None if none is stored.

        Raises:
            UnknownNameError: If the store does not contain the algorithm.
        """
        rows = self._rows(query("read", "space"), {"algorithm": algorithm})
        if not rows:
            names = self._rows("SELECT algorithm FROM algorithm ORDER BY algorithm")
            raise UnknownNameError("algorithm", algorithm, tuple(name for (name,) in names))
        if not rows[0][0]:
            return None
        from metalearn.core.space import Space  # ConfigSpace is slow to import

        with understood(self.path):
            return Space.from_json(algorithm, rows[0][0])

    @cached_property
    def configuration_order(self) -> str:
        """Digest of the order of the configurations, which `snapshot` does not cover."""
        return str(self._rows(query("read", "configuration_order"))[0][0])

    def tasks(self) -> pd.DataFrame:
        """Return the tasks with the columns of `metalearn.core.records.COLUMNS`, by key."""
        return self.frame(query("read", "tasks"))

    def meta_features(self, task: str | None = None) -> pd.DataFrame:
        """Return stored meta-features: task, name, extractor, value, reason."""
        return self.frame(query("read", "meta_features"), {"task": task})

    def cursors(self, harvester: str) -> dict[str, Cursor]:
        """Return the cursors of a harvester by name of the slice."""
        with self._lock, understood(self.path):
            return read_cursors(self._connection, harvester)

    def pages(self, harvester: str, location: str | None = None) -> list[Page]:
        """Return raw answers that a harvester kept, oldest first."""
        with self._lock, understood(self.path):
            return read_pages(self._connection, harvester, location)

    def info(self) -> StoreInfo:
        """Return a summary of the content: rows, metrics, sources, size."""
        counts = self._rows(query("read", "counts"))[0]
        version = self._rows("SELECT max(version) FROM schema_version")[0][0]
        return StoreInfo(
            path=str(self.path),
            form=self.form,
            schema_version=int(version or newest_version()),
            snapshot=self.snapshot,
            size_bytes=files.size_bytes(self.path),
            rows=dict(zip(_COUNTED, counts, strict=True)),
            n_failed=int(self._rows(query("read", "failed"))[0][0]),
            metrics=dict(self._rows(query("read", "by_metric"))),
            sources=dict(self._rows(query("read", "by_source"))),
        )

    def sql(self, text: str) -> pd.DataFrame:
        """Return the result of one read-only SQL statement.

        Raises:
            InputError: If the statement is wrong, writes, or is not exactly one.
        """
        with self._lock:
            return self._answer(text).df()

    def sql_rows(self, text: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Return column names and rows of the result as plain Python values, null as None.

        Raises:
            InputError: As `sql`.
        """
        with self._lock:
            answer = self._answer(text)
            return tuple(column[0] for column in answer.description), answer.fetchall()

    def _answer(self, text: str) -> duckdb.DuckDBPyConnection:
        import duckdb

        try:
            parsed = self._connection.extract_statements(text)
            readable = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
            if len(parsed) != 1 or parsed[0].type not in readable:
                raise InputError(
                    "expected one SQL statement that only reads (SELECT, FROM, WITH, SHOW, "
                    "DESCRIBE, EXPLAIN); to change a store use collect, import, harvest, merge"
                )
            return self._connection.execute(parsed[0])
        except duckdb.Error as error:
            raise InputError(
                f"{error}\nSee the tables with: metalearn kb sql 'SHOW TABLES'"
            ) from error

    def verify(self) -> list[Problem]:
        """Return the problems found in the store; empty if it is intact."""
        from metalearn.store.verifying import problems

        with self._lock:
            return problems(self._connection, self.form, self.snapshot)

    def _rows(self, text: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with self._lock, understood(self.path):
            return list(self._connection.execute(text, values).fetchall())

    def frame(self, text: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return the result of one of our own queries, with named bound parameters."""
        with self._lock, understood(self.path):
            return self._connection.execute(text, values).df()


def open_store(path: str | Path | None = None) -> Store:
    """Open a store read-only: a DuckDB file, or a folder of Parquet files made by an export.

    Args:
        path: The file or folder; None takes `$METALEARN_KB`, else the user's own store if there is
            one, else the bundled one.

    Raises:
        InputError: If the path does not exist or is no store.
        StoreError: If it is damaged, of a newer schema, or cannot be read.
    """
    place = (default_store() if path is None else Path(path).expanduser()).resolve()
    form = files.what_lies_at(place)
    if form == "parquet":
        return Store(place, form, *open_lake(place))
    reader = StoreReader(place)
    try:
        with understood(place):
            snapshot = stored_digest(reader.connection)
    except BaseException:
        reader.close()
        raise
    return Store(place, form, reader.connection, snapshot, end=reader.close)


def opened_store(kb: Store | str | Path | None = None) -> AbstractContextManager[Store]:
    """Return the context of a store to read from: one that is open stays open afterwards.

    Args:
        kb: An open store, or what `open_store` opens.
    """
    return nullcontext(kb) if isinstance(kb, Store) else open_store(kb)


def _canonical(name: str) -> str:
    try:
        return metric_named(name).name
    except UnknownNameError:
        return name
