"""Exporting again writes the changed parts only, and never leaves half a lake."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from metalearn.core.records import Batch, Source
from metalearn.store import backup, export_parquet, files, lake_parts, open_store, writing
from tests.store.worlds import batch

N_TASKS = 8


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_parts, "_ROWS", 6)
    monkeypatch.setattr(lake_parts, "_ALONE", 3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    with writing(path) as writer:
        writer.load(batch(n_tasks=N_TASKS, n_folds=1))
    return path


@pytest.fixture
def kb(made: Path, tmp_path: Path) -> Path:
    return backup(made, tmp_path / "kb.duckdb")


def contents(lake: Path) -> dict[str, bytes]:
    return {
        path.relative_to(lake).as_posix(): path.read_bytes()
        for path in lake.rglob("*") if path.is_file()
    }  # fmt: skip


def inodes(lake: Path) -> dict[str, int]:
    return {
        path.relative_to(lake).as_posix(): path.stat().st_ino
        for path in (lake / "evaluation").rglob("*.parquet")
    }


def exported_twice(kb: Path, change: Callable[[Path], None]) -> tuple[set[str], set[str]]:
    """Return the parts after a change of the store, and those of them that were kept."""
    lake = export_parquet(kb, kb.with_name("lake"))
    before = inodes(lake)
    change(kb)
    export_parquet(kb, lake)
    fresh = export_parquet(kb, kb.with_name("fresh"))
    assert contents(lake) == contents(fresh)
    after = inodes(lake)
    return set(after), {name for name, inode in after.items() if inode in before.values()}


def test_a_new_task_changes_few_parts(kb: Path) -> None:
    def add(path: Path) -> None:
        with writing(path) as writer:
            writer.load(batch(n_tasks=N_TASKS + 1, n_folds=1))

    parts, kept = exported_twice(kb, add)
    assert len(parts) >= 6
    assert len(parts) - len(kept) <= 4  # one or two of each of two metrics


def test_vanished_rows_change_their_parts(kb: Path) -> None:
    def vanish(path: Path) -> None:
        with open_store(path) as store:
            gone = store.sql("SELECT * EXCLUDE (run, engine) FROM evaluation LIMIT 1")
        source = Source(gone["source"][0], "later", "", "2030-01-01T00:00:00Z")
        with writing(path) as writer:
            writer.load(Batch(source), vanished=gone)

    parts, kept = exported_twice(kb, vanish)
    assert len(parts - kept) == 1


def test_rows_that_are_gone_leave_no_part(kb: Path) -> None:
    def shrink(path: Path) -> None:
        path.unlink()
        with writing(path) as writer:
            writer.load(batch(n_tasks=3, n_folds=1))

    parts, kept = exported_twice(kb, shrink)
    assert len(parts) < 6
    assert kept <= parts


def test_a_part_that_was_changed_on_disk_is_written_anew(kb: Path) -> None:
    lake = export_parquet(kb, kb.with_name("lake"))
    whole = contents(lake)
    victim = next(iter(sorted((lake / "evaluation").rglob("*.parquet"))))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    assert contents(export_parquet(kb, lake)) == whole


@pytest.mark.parametrize("about", ["[]", '{"parts": 3}', '{"parts": [{"metric": 1}]}', "{"])
def test_an_odd_list_of_parts_is_not_used(tmp_path: Path, about: str) -> None:
    (tmp_path / files.PROVENANCE).write_text(about)
    assert lake_parts.earlier_parts(tmp_path) == {}


def test_a_part_outside_the_lake_is_not_used(kb: Path) -> None:
    lake = export_parquet(kb, kb.with_name("lake"))
    about = json.loads((lake / files.PROVENANCE).read_text())
    for part in about["parts"]:
        part["file"] = "evaluation/../../kb.duckdb"
        part["sha256"] = lake_parts.file_digest(kb)
    (lake / files.PROVENANCE).write_text(json.dumps(about))
    assert lake_parts.earlier_parts(lake) == {}


@pytest.mark.parametrize(
    ("call", "has_exchange"),
    [(3, True), ("first rename", False), ("second rename", False)],
)
def test_an_end_in_between_leaves_the_earlier_lake_or_the_new_one(
    kb: Path, monkeypatch: pytest.MonkeyPatch, call: int | str, has_exchange: bool
) -> None:
    lake = export_parquet(kb, kb.with_name("lake"))
    before = open_store(lake).snapshot
    with writing(kb) as writer:
        writer.load(batch(n_tasks=N_TASKS + 2, n_folds=1))
    with monkeypatch.context() as broken:
        broken.setattr(shutil, "rmtree", lambda *_, **__: None)  # a killed process tidies nothing
        if not has_exchange:
            broken.setattr(files, "_exchange", lambda *_: False)
        _end_at(call, broken)
        with pytest.raises(KeyboardInterrupt):
            export_parquet(kb, lake)
    if lake.exists():
        assert open_store(lake).verify() == []
        assert open_store(lake).snapshot in (before, open_store(kb).snapshot)
    export_parquet(kb, lake)
    assert sorted(path.name for path in kb.parent.iterdir()) == ["kb.duckdb", "lake"]
    assert open_store(lake).snapshot == open_store(kb).snapshot


def _end_at(call: int | str, patch: pytest.MonkeyPatch) -> None:
    """End the process at the n-th file that is synced, or around the first or second rename."""
    n = 0
    if isinstance(call, int):
        whole, most = files.sync, call
    else:
        whole, most = Path.rename, {"first rename": 1, "second rename": 2}[call]

    def ends(*arguments: Path) -> object:
        nonlocal n
        is_folder = isinstance(call, int) or arguments[0].is_dir()
        n += is_folder
        if n == most and is_folder:
            raise KeyboardInterrupt
        return whole(*arguments)

    if isinstance(call, int):
        patch.setattr(files, "sync", ends)
    else:
        patch.setattr(Path, "rename", ends)
