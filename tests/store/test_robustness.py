"""Killed, full, read-only, damaged, busy: the published snapshot stays, and the error says so."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from metalearn.core.records import Batch
from metalearn.errors import BusyError, InputError, StoreError
from metalearn.store import files, open_store, writing
from tests.store.worlds import batch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:  # Any: their JSON
    """Return what each scenario found, all played by one process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.processes", str(tmp_path_factory.mktemp("scenarios"))],
        capture_output=True, text=True, cwd=ROOT, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    with writing(path) as writer:
        writer.load(batch(n_tasks=1))
    return path


@pytest.fixture
def kb(healthy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(healthy, tmp_path / "kb.duckdb"))


def test_kill_9_leaves_a_whole_snapshot_and_no_growing_garbage(scenarios: dict[str, Any]) -> None:
    *seen, last = scenarios["killed"]
    counts = [about["n"] for about in seen]
    assert counts == sorted(counts)
    assert counts[-1] > counts[-2] or counts[-1] > 1
    assert all(about["whole"] and about["problems"] == 0 for about in seen)
    name = "kb.duckdb"
    ends = (".lock", ".writing", ".writing.wal", ".publishing", ".publishing.wal")
    allowed = {name, *(name + end for end in ends)}
    assert all(set(about["left"]) <= allowed for about in seen[:-1])
    assert last["left"] == [name]


def test_a_second_process_is_told_who_writes(scenarios: dict[str, Any]) -> None:
    about = scenarios["busy"]
    assert f"process {about['child']} on " in about["message"]
    assert "readers are not disturbed" in about["message"]
    assert about["n"] == 1
    assert about["ended"]


def test_a_folder_where_we_may_not_write(scenarios: dict[str, Any]) -> None:
    assert "make the folder writable" in scenarios["readonly"]


def test_a_read_only_file(kb: Path) -> None:
    kb.chmod(0o444)
    with pytest.raises(StoreError, match="chmod u\\+w"), writing(kb):
        pass
    assert len(open_store(kb).tasks()) == 1


@contextmanager
def at_most(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def big() -> Batch:
    return batch(n_tasks=200, n_configurations=20)


@pytest.mark.parametrize("room", [-4096, 0, 40_000, 400_000])
def test_a_full_disk_leaves_the_old_snapshot(kb: Path, big: Batch, room: int) -> None:
    before = kb.read_bytes()
    with (
        pytest.raises(StoreError, match=r"free space"),
        at_most(len(before) + room),
        writing(kb) as writer,
    ):
        writer.load(big)
    assert kb.read_bytes() == before
    assert [file.name for file in kb.parent.iterdir()] == [kb.name]
    with open_store(kb) as store:
        assert store.verify() == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"task,value\n" * 99), ("png", b"\x89PNG" * 9)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a DuckDB file"):
            open_store(path)
        with pytest.raises(InputError, match="not a DuckDB file"), writing(path):
            pass
        assert path.read_bytes() == content
    with pytest.raises(InputError, match="metalearn collect"):
        open_store(tmp_path / "nothing")


def test_a_database_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    for attempt in (lambda: open_store(path), lambda: writing(path).__enter__()):
        with pytest.raises(InputError, match="not a store of metalearn"):
            attempt()


def injuries(kb: Path) -> list[str]:
    """What somebody who opens and verifies a store is told."""
    try:
        with open_store(kb) as store:
            return [f"{problem.kind}: {problem.detail}" for problem in store.verify()]
    except (StoreError, InputError) as error:
        return [str(error)]


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_truncated_file(kb: Path, share: float) -> None:
    whole = kb.read_bytes()
    kb.write_bytes(whole[: int(len(whole) * share)])
    (told,) = injuries(kb)
    assert "damaged" in told or "not a DuckDB file" in told or "cannot be read" in told
    with pytest.raises((StoreError, InputError)), writing(kb) as writer:
        writer.load(batch(n_tasks=3))


def test_a_flipped_byte_is_found(kb: Path) -> None:
    content = bytearray(kb.read_bytes())
    key = content.find(b"table:t0000")
    assert key > 0
    content[key + 6] ^= 1
    kb.write_bytes(content)
    assert any("damaged" in told or "cannot be read" in told for told in injuries(kb))


def test_a_newer_schema(kb: Path) -> None:
    with duckdb.connect(str(kb)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (999, 'future')")
    before = kb.read_bytes()
    with pytest.raises(StoreError, match=r"999.*pip install --upgrade"):
        open_store(kb)
    with pytest.raises(StoreError, match="999"), writing(kb):
        pass
    assert kb.read_bytes() == before


def test_open_for_writing_in_another_program(kb: Path) -> None:
    code = f"import duckdb; c = duckdb.connect({str(kb)!r}); print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            with pytest.raises(BusyError, match="another program"):
                open_store(kb)
        finally:
            other.communicate(b"\n")


def test_an_unreadable_copy_is_never_published(kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kb.read_bytes()
    real = files.copy

    def injure(source: Path, target: Path) -> None:
        real(source, target)
        if target.name.endswith(".publishing"):
            target.write_bytes(target.read_bytes()[:9000])

    monkeypatch.setattr(files, "copy", injure)
    with pytest.raises(StoreError, match="damaged"), writing(kb) as writer:
        print(writer.load(batch(n_tasks=3)), writer.publish())
    assert kb.read_bytes() == before
