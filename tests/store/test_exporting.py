"""The Parquet lake holds what the store holds, and any engine reads it; backups are whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.records import COLUMNS
from metalearn.errors import InputError, StoreError
from metalearn.store import backup, export_parquet, merge, open_store, writing
from tests.store.worlds import batch, evaluation, frame


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kb.duckdb"
    given = batch()
    bad = frame("evaluations", [
        evaluation(seed=7, status="crashed", value=None, reason="signal 9", fit_s=1234.56789)
    ])  # fmt: skip
    both = pd.concat([given.evaluations.astype(object), bad])
    with writing(path) as writer:
        writer.load(replace(given, evaluations=both))
    return path


@pytest.fixture(scope="module")
def lake(kb: Path) -> Path:
    return export_parquet(kb, kb.with_name("lake"), built="by a test")


def test_a_lake_answers_as_its_store_does(kb: Path, lake: Path) -> None:
    with open_store(kb) as store, open_store(lake) as flat:
        assert flat.snapshot == store.snapshot
        assert flat.verify() == store.verify() == []
        for metric in ("accuracy", "log_loss"):
            a, b = store.meta_dataset(metric), flat.meta_dataset(metric)
            np.testing.assert_array_equal(a.losses, b.losses)
            np.testing.assert_array_equal(a.runtimes_s, b.runtimes_s)
            np.testing.assert_array_equal(a.meta_features, b.meta_features)
            assert (a.tasks, a.configurations) == (b.tasks, b.configurations)
            pd.testing.assert_frame_equal(store.evaluations(metric), flat.evaluations(metric))
        assert flat.info().rows == store.info().rows
        question = "SELECT * FROM evaluation ORDER BY ALL"
        pd.testing.assert_frame_equal(store.sql(question), flat.sql(question), check_dtype=False)
        pd.testing.assert_frame_equal(store.tasks(), flat.tasks())


def test_other_engines_read_it(lake: Path) -> None:
    table = pd.read_parquet(lake / "evaluation")
    assert len(table) == 4 * 3 * 2 * 2 + 1
    assert set(table["metric"]) == {"accuracy", "log_loss"}
    assert set(COLUMNS["evaluations"]) <= set(table.columns)
    about = json.loads((lake / "provenance.json").read_text())
    assert about["built"] == "by a test"
    assert about["rows"]["evaluation"] == len(table)


def test_exporting_again_gives_equal_files(kb: Path, lake: Path, tmp_path: Path) -> None:
    again = export_parquet(kb, tmp_path / "again", built="by a test")
    names = sorted(p.relative_to(lake) for p in lake.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for name in names:
        assert (lake / name).read_bytes() == (again / name).read_bytes(), name
    export_parquet(kb, again)  # in place of the first
    assert [p.name for p in tmp_path.iterdir()] == ["again"]


def test_there_and_back_is_the_same(lake: Path, tmp_path: Path) -> None:
    merge(lake, tmp_path / "back.duckdb")
    with open_store(lake) as flat, open_store(tmp_path / "back.duckdb") as back:
        assert back.snapshot == flat.snapshot
        assert back.verify() == []


def test_a_store_without_evaluations_can_be_exported(tmp_path: Path) -> None:
    with writing(tmp_path / "kb.duckdb") as writer:
        writer.load(batch(n_folds=0))
    with open_store(export_parquet(tmp_path / "kb.duckdb", tmp_path / "lake")) as flat:
        assert flat.info().rows["evaluation"] == 0
        assert flat.verify() == []


def test_nothing_is_overwritten_by_mistake(kb: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="not an export"):
        export_parquet(kb, tmp_path)
    with pytest.raises(InputError, match="exists"):
        backup(kb, tmp_path / "mine.txt")
    with pytest.raises(InputError, match="no folder"):
        backup(kb, tmp_path / "a" / "b.duckdb")
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_backup(kb: Path, lake: Path, tmp_path: Path) -> None:
    copy = backup(kb, tmp_path / "copy.duckdb")
    assert copy.read_bytes() == kb.read_bytes()
    flat = backup(lake, tmp_path / "flat")
    assert open_store(flat).snapshot == open_store(copy).snapshot


def test_a_lake_is_read_only(lake: Path) -> None:
    with pytest.raises(InputError, match="kb merge"), writing(lake):
        pass


@pytest.mark.parametrize("damage", ["{", "{}", '{"schema_version": 99, "snapshot": ""}'])
def test_a_damaged_lake_is_named(lake: Path, tmp_path: Path, damage: str) -> None:
    broken = backup(lake, tmp_path / "broken")
    (broken / "provenance.json").write_text(damage)
    with pytest.raises(StoreError, match=r"export the folder again|upgrade with"):
        open_store(broken)


def test_a_missing_file_of_a_lake_is_named(lake: Path, tmp_path: Path) -> None:
    broken = backup(lake, tmp_path / "broken")
    (broken / "task.parquet").unlink()
    with pytest.raises(StoreError, match=r"task\.parquet"):
        open_store(broken)
    with pytest.raises(InputError, match=r"provenance\.json"):
        open_store(tmp_path)
