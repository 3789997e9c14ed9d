"""Merging: no doubles, and the same content whatever the order."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from metalearn.core.records import Batch, Source
from metalearn.errors import StoreError
from metalearn.store import Cursor, Page, export_parquet, merge, merging, open_store, writing
from tests.store.worlds import batch, evaluation, frame


def correction(value: float, time: str) -> Batch:
    return Batch(
        Source("collect", "tables.csv", "", time),
        evaluations=frame("evaluations", [evaluation(value=value)]),
    )


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    contents = {
        "a": [batch(n_tasks=2), correction(0.125, "2026-03-01")],
        "b": [batch(n_tasks=2, n_configurations=4), correction(0.25, "2026-05-01")],
        "c": [batch(n_tasks=3), correction(0.5, "2026-04-01")],
    }
    for name, batches in contents.items():
        with writing(folder / name) as writer:
            for each in batches:
                writer.load(each)
            page = Page("h", f"u{name}", name.encode(), "2026")
            writer.load(
                Batch(Source("h")),
                pages=[page],
                cursors=[Cursor("h", "same", f'"{name}"', f"2026-0{'bca'.index(name)}")],
            )
    return [folder / name for name in contents]


@pytest.mark.slow
def test_the_order_of_merging_does_not_matter(parts: list[Path], tmp_path: Path) -> None:
    digests, values, states = set(), set(), set()
    a, b, c = parts
    for i, order in enumerate([(a, b, c), (c, b, a), (b, a, c)]):
        target = tmp_path / f"{i}.duckdb"
        for part in order:
            merge(part, target)
        with open_store(target) as store:
            digests.add(store.snapshot)
            assert store.verify() == []
            row = store.sql(
                "SELECT value, time FROM evaluation WHERE task = 'table:t0000' AND fold = 0 "
                f"AND metric = 'accuracy' AND configuration = '{evaluation()[1]}'"
            )
            values.add((len(row), row["value"][0], row["time"][0]))
            old = store.sql("SELECT DISTINCT value FROM evaluation_history ORDER BY value")[
                "value"
            ]
            assert {0.125, 0.5} <= set(old)
            states.add(store.cursors("h")["same"].state)
            assert len(store.pages("h")) == 3
    assert len(digests) == 1
    assert values == {(1, 0.25, "2026-05-01")}
    assert states == {'"a"'}


def test_merging_is_associative_and_idempotent(parts: list[Path], tmp_path: Path) -> None:
    a, b, c = parts
    left, right, inner = (tmp_path / name for name in ("left", "right", "inner"))
    for part in (a, b, c):
        merge(part, left)
    for part in (b, c):
        merge(part, inner)
    for part in (a, inner):
        merge(part, right)
    assert open_store(left).snapshot == open_store(right).snapshot
    before = left.read_bytes()
    report = merge(right, left)
    assert sum(report.new.values()) == sum(report.changed.values()) == 0
    assert sum(report.rejected.values()) == 0
    assert left.read_bytes() == before


def test_an_older_schema_is_brought_up_to_date_by_merging_with_itself(tmp_path: Path) -> None:
    kb = tmp_path / "kb.duckdb"
    with duckdb.connect(str(kb)) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER, name VARCHAR)")
        connection.execute("INSERT INTO schema_version VALUES (0, 'before the first')")
    with pytest.raises(StoreError, match=r"empty database"):
        open_store(kb)
    merge(kb, kb)
    with open_store(kb) as store:
        assert store.info().schema_version == 2


@pytest.mark.parametrize("form", ["database", "lake"])
def test_merging_in_parts_gives_the_same_store(
    parts: list[Path], form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, _ = parts
    if form == "lake":
        b = export_parquet(b, tmp_path / "lake")
    found = []
    for n_rows in (1_000_000, 7):
        target = tmp_path / f"{n_rows}.duckdb"
        merge(a, target)
        with monkeypatch.context() as patch:
            patch.setattr(merging, "_ROWS_AT_ONCE", n_rows)
            report = merge(b, target)
        with open_store(target) as store:
            assert store.verify() == []
            found.append((report, store.snapshot, store.configuration_order, store.info().rows))
    assert found[0] == found[1]
