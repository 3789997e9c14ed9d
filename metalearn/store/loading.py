"""Loading a batch in one transaction: stage, check, compare with the stored rows, write.

Rows that violate a rule are counted by reason and left out; the others are loaded. Rows with
unchanged content are not touched, so loading a batch twice leaves every table unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from metalearn.core.metric import METRICS
from metalearn.core.records import COLUMNS, Batch, LoadReport, Source
from metalearn.store.added import Added
from metalearn.store.sql import only_row, query, statements
from metalearn.store.staging import arrow_table, refuse_strange_json

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Rows", "added_to", "joined_rows", "load_rows", "rows_of"]

_METRIC_COLUMNS = ("metric", "greater_is_better", "optimum", "worst")
_KEYS: Mapping[str, list[str]] = {
    "tasks": ["task"],
    "algorithms": ["algorithm"],
    "configurations": ["configuration"],
    "metrics": ["metric"],
    "evaluations": ["task", "configuration", "metric", "fold", "fidelity", "seed", "engine"],
    "meta_features": ["task", "name", "extractor"],
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Tables to load, whose rows may come from several sources.

    Attributes:
        sources: Columns `source_no, name, location, digest, time`.
        tables: By name; the columns of `COLUMNS` and `source_no`, evaluations also
            `vanished` and `engine`.
        newest: Whether the later of two contents of a row wins (merging); otherwise the incoming
            one wins (loading).
    """

    sources: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    newest: bool = False
    rejected: dict[str, int] = field(default_factory=dict)


def rows_of(batch: Batch) -> Rows:
    """Return the rows of a batch with its single source."""
    tables = {}
    for name in COLUMNS:
        frame: pd.DataFrame = getattr(batch, name)
        if frame.empty:
            tables[name] = frame
            continue
        if name == "evaluations":
            frame = frame.assign(vanished=False, engine=frame.get("engine", 0))
        tables[name] = frame.assign(source_no=0)
    return Rows(_source_frame([batch.source]), tables, rejected=dict(batch.rejected))


def joined_rows(batches: Sequence[Batch]) -> Rows | None:
    """Return the rows of batches whose order does not matter; None if it does.

    It matters if two batches have different contents for one key: the later one wins. Some
    statements for each table take as long as thousands of rows, so one load of many small batches
    is much cheaper than many loads.
    """
    sources = list(dict.fromkeys(batch.source for batch in batches))
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in COLUMNS}
    rejected: Counter[str] = Counter()
    for batch in batches:
        rejected.update(batch.rejected)
        for name, frame in rows_of(batch).tables.items():
            if len(frame):
                parts[name].append(frame.assign(source_no=sources.index(batch.source)))
    tables = {name: _joined(name, frames) for name, frames in parts.items()}
    if any(_contradicts_itself(name, frame) for name, frame in tables.items()):
        return None
    return Rows(_source_frame(sources), tables, rejected=dict(rejected))


def added_to(connection: duckdb.DuckDBPyConnection) -> Added:
    """Return the record of evaluations that will be added to the attached store."""
    return Added(int(only_row(connection, query("load_evaluations", "next_row"))[0]))


def load_rows(connection: duckdb.DuckDBPyConnection, rows: Rows, added: Added) -> LoadReport:
    """Load all tables, parents before children, in the caller's transaction.

    Args:
        connection: Where the store is attached.
        rows: What to load.
        added: The evaluations that this connection has added; they may have been rolled back.
    """
    _create(connection, "stage_source", rows.sources)
    _run(connection, "load", "no_sources")
    tables = dict(rows.tables)
    tables["metrics"] = _with_known_metrics(connection, tables["metrics"], tables["evaluations"])
    report = LoadReport(rejected=rows.rejected)
    for name in COLUMNS:
        if len(tables[name]):
            report += _load_table(connection, name, tables[name], rows, added)
    _run(connection, "load", "clear")
    return report


def _joined(name: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames below each other; numbers of different types stay what they are."""
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS[name]))
    if any(not frame.dtypes.equals(frames[0].dtypes) for frame in frames):
        frames = [frame.astype(object) for frame in frames]
    return pd.concat(frames, ignore_index=True)


def _contradicts_itself(name: str, frame: pd.DataFrame) -> bool:
    if len(frame) < 2:
        return False
    try:
        once = frame.drop_duplicates([column for column in frame if column != "source_no"])
        return bool(once.duplicated(_KEYS[name]).any())
    except TypeError:  # a cell that is no plain value
        return True


def _source_frame(sources: Iterable[Source]) -> pd.DataFrame:
    records = [(n, s.name, s.location, s.digest, s.time) for n, s in enumerate(sources)]
    return pd.DataFrame(records, columns=["source_no", "name", "location", "digest", "time"])


def _create(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    connection.register("incoming_sources", frame)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM incoming_sources")
    connection.unregister("incoming_sources")


def _load_table(
    connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame, rows: Rows, added: Added
) -> LoadReport:
    n_rows = _check(connection, name, arrow_table(name, frame, rows.sources))
    hashes = _identities(connection, name)
    end = added.end_of_rivals(hashes)
    _compare(connection, name, newest=rows.newest, end=end)
    states = Counter(dict(connection.execute(query("load", "states")).fetchall()))
    n_mapped = states.pop("mapped")
    keeps_older = bool(states["older"]) and name == "evaluations"
    if states["new"] or states["changed"] or keeps_older:
        if n_mapped < len(rows.sources):
            _run(connection, "load", "sources", also="older" if keeps_older else "new")
        if name == "tasks":
            _run(connection, "load_tasks", "datasets")
    if keeps_older:
        _run(connection, "load_evaluations", "older")
    if states["changed"]:
        _run(connection, f"load_{name}", "change")
    if states["new"]:
        _run(connection, f"load_{name}", "add")
    if states["new"] or states["changed"]:  # an update may give a row another id
        added.add(hashes)
    refused: dict[str, int] = {}
    if states.total() < n_rows:
        refused = dict(connection.execute(query("load", "refused")).fetchall())
    new, changed = states["new"], states["changed"]
    unchanged = n_rows - new - changed - sum(refused.values())  # repeated ones as well
    return LoadReport({name: new}, {name: changed}, {name: unchanged}, refused)


def _check(connection: duckdb.DuckDBPyConnection, name: str, incoming: pa.Table) -> int:
    """Write the rows, with what is wrong with each, to `checked`; return how many came.

    Of rows with the same content one is kept; rows that contradict each other are refused.
    """
    connection.register("incoming", incoming)
    if name == "configurations":
        unknown = connection.execute(query("load_configurations", "unknown")).fetchall()
        connection.register("incoming", refuse_strange_json(incoming, unknown))
    _run(connection, f"load_{name}", "check")
    connection.unregister("incoming")
    if only_row(connection, query("load", "doubled"))[0]:
        _run(connection, "load", "settle")
    return len(incoming)


def _identities(connection: duckdb.DuckDBPyConnection, name: str) -> npt.NDArray[np.uint64]:
    """Return the hashes of the evaluations in `checked`, ascending; none for another table."""
    if name != "evaluations":
        return np.empty(0, dtype=np.uint64)
    found = connection.execute(query("load_evaluations", "identities")).fetchnumpy()
    return np.sort(np.asarray(found["identity"], dtype=np.uint64))


def _compare(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> None:
    """Write the rows of `checked` that were not refused, with their states, to `compared`.

    The section `joined` of a table gives each row its `time` and `content`, and `old_id`,
    `old_time` and `old_content` of the stored row with the same key.
    """
    text = query("load", "compare", joined=query(f"load_{name}", "joined"))
    _execute(connection, text, values)


def _run(connection: duckdb.DuckDBPyConnection, name: str, section: str, **values: object) -> None:
    for statement in statements(name, section):
        _execute(connection, statement, values)


def _execute(
    connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, object]
) -> None:
    """Run a statement with those of the values that it names."""
    used = {key: value for key, value in values.items() if f"${key}" in statement}
    connection.execute(statement, used or None)


def _with_known_metrics(
    connection: duckdb.DuckDBPyConnection, metrics: pd.DataFrame, evaluations: pd.DataFrame
) -> pd.DataFrame:
    """Add the built-in metrics that evaluations refer to."""
    if evaluations.empty:
        return metrics
    stored = {name for (name,) in connection.execute("SELECT metric FROM metric").fetchall()}
    pairs = evaluations[["metric", "source_no"]].drop_duplicates("metric")
    listed = set(metrics["metric"])
    missing = [
        (name, m.greater_is_better, m.optimum, m.worst, source_no)
        for name, source_no in zip(pairs["metric"], pairs["source_no"], strict=True)
        if name not in stored and name not in listed and (m := METRICS.get(name)) is not None
    ]
    if not missing:
        return metrics
    added = pd.DataFrame(missing, columns=[*_METRIC_COLUMNS, "source_no"], dtype=object)
    return pd.concat([metrics.astype(object), added]) if len(metrics) else added
