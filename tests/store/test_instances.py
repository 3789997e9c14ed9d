"""Readers and writers leave their instance of DuckDB to the next one, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from metalearn.errors import StoreError
from metalearn.store import connecting, instances, open_store, writing
from tests.store.worlds import batch


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    path = tmp_path / "kb.duckdb"
    with writing(path) as writer:
        writer.load(batch(n_tasks=2))
    return path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[duckdb.DuckDBPyConnection]:
    """Every instance that is started."""
    found: list[duckdb.DuckDBPyConnection] = []
    real = connecting.in_memory

    def in_memory() -> duckdb.DuckDBPyConnection:
        found.append(real())
        return found[-1]

    monkeypatch.setattr(connecting, "in_memory", in_memory)
    return found


def test_one_after_the_other_shares_an_instance(tmp_path: Path, started: list[object]) -> None:
    kb = tmp_path / "kb.duckdb"
    for n_tasks in (2, 3):
        with writing(kb) as writer:
            writer.load(batch(n_tasks=n_tasks))
        for _ in range(2):
            with open_store(kb) as store:
                assert len(store.tasks()) == n_tasks
    with writing(kb):
        pass
    assert len(started) == 1


def interrupted_writer(kb: Path) -> None:
    with writing(kb) as writer:
        writer.load(batch(n_tasks=5))
        raise KeyboardInterrupt


def test_a_writer_that_fails_leaves_no_instance(kb: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted_writer(kb)
    assert kb not in instances._IDLE
    with open_store(kb) as store:
        assert len(store.tasks()) == 2


def test_readers_at_once_keep_their_snapshots(kb: Path, started: list[object]) -> None:
    first = open_store(kb)
    with writing(kb) as writer:
        writer.load(batch(n_tasks=5))
    second = open_store(kb)
    assert (len(first.tasks()), len(second.tasks())) == (2, 5)
    assert len(started) == 1  # the writer's, beside that of the first writer
    first.close()
    second.close()
    with open_store(kb) as third:
        assert len(third.tasks()) == 5
    assert len(started) == 1


def test_closing_twice_takes_nothing_from_the_next_reader(kb: Path) -> None:
    first = open_store(kb)
    first.close()
    second = open_store(kb)
    first.close()
    assert len(second.tasks()) == 2
    with pytest.raises(StoreError):
        first.tasks()
    second.close()


def test_what_waits_holds_no_file_and_survives_no_fork(kb: Path) -> None:
    open_store(kb).close()
    with duckdb.connect(str(kb)) as connection:  # would be refused while a reader had the file
        connection.execute("CREATE VIEW notes AS SELECT 1 AS x")
    with pytest.raises(StoreError, match="another store"):
        open_store(kb)
    assert kb not in instances._IDLE
    with writing(kb.with_name("other.duckdb")):
        pass
    open_store(kb.with_name("other.duckdb")).close()
    assert instances._IDLE
    child = os.fork()
    if not child:
        os._exit(len(instances._IDLE))
    assert os.waitpid(child, 0)[1] == 0
    assert not instances._IDLE


def test_few_instances_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "_MOST", 1)
    for name in ("a.duckdb", "b.duckdb"):
        with writing(tmp_path / name) as writer:
            writer.load(batch(n_tasks=1))
        open_store(tmp_path / name).close()
    assert list(instances._IDLE) == [tmp_path / "b.duckdb"]
