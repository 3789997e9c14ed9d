"""Stores of older schemas keep every row when they are brought up to date."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.errors import StoreError
from metalearn.store import open_store, writing
from metalearn.store.sql import migrations
from metalearn.workflows.harvest.known_rows import KnownRows, ListedRows

CONFIGURATION = Configuration("svc", {"C": 1.0})
PACKED = 3 * 10**12 + 17  # how schema 1 kept run 17 of engine 3


def old_store(path: Path) -> None:
    """Write a store of schema 1: two engines' rows of one run, and one row of another source."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL, name VARCHAR)")
        number, name, text = migrations()[0]
        connection.execute(text)
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", [number, name])
        connection.execute("INSERT INTO source VALUES (0, 'openml', 'p', 'd', '2026'), "
                           "(1, 'collect', '', '', '2026')")  # fmt: skip
        connection.execute("INSERT INTO task VALUES (0, 'openml:3', 't', 'classification', "
                           "'openml:3', 'y', '', '', 10, 2, 2, 0)")  # fmt: skip
        connection.execute("INSERT INTO algorithm VALUES ('svc', NULL, NULL, NULL, 0)")
        connection.execute("INSERT INTO metric VALUES (0, 'accuracy', true, 1, 0, 0)")
        connection.execute("INSERT INTO configuration VALUES (0, ?, 'svc', ?, 0)",
                           [CONFIGURATION.key, CONFIGURATION.canonical])  # fmt: skip
        rows = [(17, "openml", 0.5), (PACKED, "openml", 0.25), (PACKED, "collect", 0.75)]
        for seed, source, value in rows:
            connection.execute(
                "INSERT INTO evaluation_row VALUES "
                "(0, 0, 0, -1, 1, ?, ?, ?, 'ok', NULL, NULL, NULL, false, ?)",
                [seed, source, value, int(source != "openml")],
            )
        connection.execute(
            "INSERT INTO evaluation_history_row VALUES "
            "(0, 0, 0, -1, 1, ?, 'openml', 0.125, 'ok', NULL, NULL, NULL, false, 0, 0)", [PACKED],
        )  # fmt: skip
        connection.execute("INSERT INTO cursor VALUES ('openml', 'cell/f/1/3', ?, '')",
                           [json.dumps({"rows": [17, PACKED - 17]})])  # fmt: skip


def test_run_and_engine_are_taken_apart(tmp_path: Path) -> None:
    kb = tmp_path / "kb"
    old_store(kb)
    with pytest.raises(StoreError, match="schema version 1"):
        open_store(kb)
    with writing(kb):
        pass
    with open_store(kb) as store:
        assert store.info().schema_version == 2
        rows = store.sql("SELECT source, seed, run, engine, value FROM evaluation ORDER BY value")
        history = store.sql("SELECT run, engine, value FROM evaluation_history")
        assert store.verify() == []
    assert rows.astype(object).where(rows.notna(), None).to_numpy().tolist() == [
        ["openml", 17, 17, 3, 0.25], ["openml", 17, 17, 1, 0.5],
        ["collect", PACKED, None, None, 0.75],
    ]  # fmt: skip
    assert history.to_numpy().tolist() == [[17, 3, 0.125]]
    assert KnownRows(kb).cells["f"][1, 3].stored == {(17, 1), (17, 3)}


def test_ids_of_any_size_stay_what_they_are(tmp_path: Path) -> None:
    kb, runs = tmp_path / "kb", [2**53 + 1, 2**62 + 3, 10**12 + 5]
    task = ("openml:3", "t", "classification", "openml:3", "y", "", "", 10, 2, 2)
    batch = Batch(
        Source("openml", "p", "d", "2026"),
        tasks=pd.DataFrame([task], columns=list(COLUMNS["tasks"])),
        algorithms=pd.DataFrame([("svc", None, None, None)], columns=list(COLUMNS["algorithms"])),
        configurations=pd.DataFrame(
            [(CONFIGURATION.key, "svc", CONFIGURATION.canonical)],
            columns=list(COLUMNS["configurations"]),
        ),
        evaluations=pd.DataFrame(
            [("openml:3", CONFIGURATION.key, "accuracy", -1, 1.0, run, 0.5, "ok", None, None, None,
              engine) for run in runs for engine in (1, 2)],
            columns=[*COLUMNS["evaluations"], "engine"],
        ),
    )  # fmt: skip
    with writing(kb) as writer:
        report = writer.load(batch)
        assert report.new["evaluations"] == 6, report
    with writing(kb) as writer:
        assert writer.load(batch).unchanged["evaluations"] == 6
    with open_store(kb) as store:
        rows = store.sql("SELECT run, engine FROM evaluation ORDER BY run, engine")
        assert len(store.meta_dataset("accuracy").configurations) == 1
    expected = [[run, engine] for run in sorted(runs) for engine in (1, 2)]
    assert rows.to_numpy().tolist() == expected
    cell = ListedRows({(run, engine) for run, engine in expected})
    assert ListedRows.from_state(cell.state()) == cell
