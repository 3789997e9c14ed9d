"""The journal loses nothing that was written, whatever happens to the process or the disk."""

from __future__ import annotations

import os

import pytest

from metalearn.errors import BusyError, StoreError
from metalearn.workflows.writeback.journal import Journal

RECORDS = [{"n": i, "text": "é\n", "value": i / 3} for i in range(5)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "kb.duckdb.journal"


def written(path) -> None:
    with Journal(path) as journal:
        for record in RECORDS:
            journal.append(record)


def test_records_come_back_in_order(path):
    written(path)
    with Journal(path) as journal:
        assert list(journal.records()) == RECORDS
        journal.append({"n": 5})
        assert list(journal.records()) == [*RECORDS, {"n": 5}]


@pytest.mark.parametrize("n_bytes", [1, 2, 20])
def test_a_torn_last_line_is_cut_off(path, n_bytes):
    written(path)
    os.truncate(path, path.stat().st_size - n_bytes)
    with Journal(path) as journal:
        assert list(journal.records()) == RECORDS[:-1]
        journal.append(RECORDS[-1])
        assert list(journal.records()) == RECORDS


def test_nothing_but_a_torn_line(path):
    path.parent.mkdir()
    path.write_bytes(b'{"n":')
    with Journal(path) as journal:
        assert list(journal.records()) == []
    assert not path.exists()


def test_one_process_at_a_time(path):
    who = r"process \d+ on .* is collecting into 'kb.duckdb'; wait until"
    with Journal(path), pytest.raises(BusyError, match=who):
        Journal(path)
    written(path)  # the first one let go


def test_cleared_and_closed_it_leaves_no_file(path):
    written(path)
    with Journal(path) as journal:
        journal.clear()
        assert list(journal.records()) == []
        journal.append({"n": 1})
        assert list(journal.records()) == [{"n": 1}]
        journal.clear()
    assert not path.exists()


def test_a_full_disk_keeps_what_was_there(path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    written(path)
    with Journal(path) as journal:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left on device; everything before is kept"):
            journal.append({"n": 5})
        monkeypatch.undo()
        assert list(journal.records()) == RECORDS
        journal.append({"n": 6})
        assert list(journal.records()) == [*RECORDS, {"n": 6}]


def test_values_that_are_not_numbers_are_refused(path):
    with Journal(path) as journal:
        with pytest.raises(ValueError, match="not JSON compliant"):
            journal.append({"value": float("nan")})
        assert list(journal.records()) == []


def test_the_lock_of_a_dead_process_heals(path):
    written(path)
    lock = path.with_name(path.name + ".lock")
    lock.write_text('{"pid": 1, "host": "elsewhere", "since": 0}')
    with Journal(path) as journal:
        assert list(journal.records()) == RECORDS
    assert not lock.exists()
