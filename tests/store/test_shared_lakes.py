"""A lake is attached once a process, and again after any of its files changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from metalearn.errors import StoreError
from metalearn.store import export_parquet, open_store, shared_lakes, writing
from tests.store.worlds import batch


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    with writing(tmp_path / "kb.duckdb") as writer:
        writer.load(batch(n_tasks=2))
    export_parquet(tmp_path / "kb.duckdb", tmp_path / "lake")
    return tmp_path / "lake"


def attachments(lake: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    made: list[Path] = []
    attach = shared_lakes.attach_lake

    def counted(connection, folder):  # type: ignore[no-untyped-def]
        made.append(folder)
        return attach(connection, folder)

    monkeypatch.setattr(shared_lakes, "attach_lake", counted)
    return made


def test_a_second_reader_shares_the_first_ones_views(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = attachments(lake, monkeypatch)
    with open_store(lake) as first:
        n_rows = len(first.tasks())
        with open_store(lake) as second:
            assert len(second.tasks()) == n_rows
        assert len(first.tasks()) == n_rows, "closing one leaves the other open"
    with open_store(lake) as third:
        assert third.snapshot == first.snapshot
        assert third.sql("SELECT count(*) AS n FROM task")["n"][0] == n_rows
    assert len(made) == 1


def test_a_replaced_lake_is_read_anew(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = attachments(lake, monkeypatch)
    with open_store(lake) as store:
        before = store.snapshot
    with writing(tmp_path / "kb.duckdb") as writer:
        writer.load(batch(n_tasks=3))
    shutil.rmtree(lake)
    export_parquet(tmp_path / "kb.duckdb", lake)
    with open_store(lake) as store:
        assert store.snapshot != before
        assert len(store.tasks()) == 3
    assert len(made) == 2


def test_a_damaged_file_is_found_although_the_lake_was_open(lake: Path) -> None:
    with open_store(lake):
        pass
    (lake / "task.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(StoreError):
        open_store(lake)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_reads_and_ends(lake: Path) -> None:
    code = (
        "import os, sys\nfrom metalearn.store import open_store\n"
        "open_store(sys.argv[1]).close()\n"
        "child = os.fork()\n"
        "n = len(open_store(sys.argv[1]).tasks())\n"
        "sys.exit(n - 2 if child == 0 else os.waitpid(child, 0)[1])\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(lake)]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
