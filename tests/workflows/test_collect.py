"""Collecting: what is stored, what is repeated, and what a kill loses."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from metalearn import metafeatures
from metalearn.core.task import Kind
from metalearn.errors import BusyError, InputError
from metalearn.learners.common_list import algorithm_list
from metalearn.learners.evaluation import Procedure
from metalearn.metafeatures import EXTRACTOR, MetaFeatures, extract
from metalearn.store import open_store
from metalearn.workflows.collect import CollectOptions, CollectReport, collect
from metalearn.workflows.tables.index import table_entries
from metalearn.workflows.writeback.journal import Journal

QUICK = CollectOptions(n_configurations=2, time_limit_s=30.0, procedure=Procedure(n_folds=2))


def silent(done: int, total: int) -> None:
    assert done <= total


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one classification and one regression table, and one that cannot be used."""
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    frame = pd.DataFrame({"a": x[:, 0], "b": np.where(x[:, 1] > 0, "u", None)})
    frame.assign(y=np.where(x[:, 0] > 0, "yes", "no")).to_csv(folder / "first.csv", index=False)
    frame.assign(y=2.0 * x[:, 0] + 0.3).to_csv(folder / "second.csv", index=False)
    (folder / "third.csv").write_text("a,y\n1,2\n")
    return folder


@pytest.fixture(scope="module")
def collected(
    tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CollectReport, Path]:
    """What `QUICK` collects, and the store; copy it to write it."""
    kb = tmp_path_factory.mktemp("collected") / "my.duckdb"
    return collect(table_entries(tables), kb, QUICK, silent), kb


@pytest.fixture
def kb(collected: tuple[CollectReport, Path], tmp_path: Path) -> Path:
    return Path(shutil.copy(collected[1], tmp_path))


def content(kb: Path) -> pd.DataFrame:
    columns = "task, configuration, metric, fold, value, status, fit_s"
    with open_store(kb) as store:
        return store.sql(f"SELECT {columns} FROM evaluation ORDER BY ALL")


def test_one_algorithm_alone(tables: Path, tmp_path: Path) -> None:
    kb = tmp_path / "my.duckdb"
    only = replace(QUICK, n_configurations=3, algorithms=("svc", "decision_tree"))
    report = collect(table_entries(tables), kb, only, silent)
    assert report.n_evaluations == 3 + 3 + 3  # svc does not do regression
    with open_store(kb) as store:
        found = store.sql("SELECT DISTINCT algorithm FROM evaluation ORDER BY ALL")
        listed = {c.algorithm for c in store.meta_dataset("accuracy").configurations}
    assert list(found["algorithm"]) == ["decision_tree", "dummy", "svc"]
    assert listed == {"decision_tree", "svc"}


def test_exactly_the_named_configurations(tables: Path, tmp_path: Path) -> None:
    kb = tmp_path / "my.duckdb"
    tree, machine = (
        algorithm_list(name, "classification", 2)[1] for name in ("decision_tree", "svc")
    )
    report = collect(
        table_entries(tables), kb, replace(QUICK, configurations=(tree, machine)), silent
    )
    assert report.n_evaluations == 2 + 1  # svc does not do regression
    with open_store(kb) as store:
        found = store.sql("SELECT DISTINCT configuration FROM evaluation e JOIN configuration c "
                          "USING (configuration) WHERE c.algorithm <> 'dummy'")  # fmt: skip
    assert {*found["configuration"]} == {tree.key, machine.key}


def test_everything_is_stored_once(collected: tuple[CollectReport, Path]) -> None:
    report, kb = collected
    assert report.n_tasks == 2
    assert report.n_evaluations == 4
    assert report.by_status == {"ok": 4}
    assert list(report.unreadable) == ["third"]
    assert "at least 10" in report.unreadable["third"]
    with open_store(kb) as store:
        classes = store.meta_dataset("balanced_accuracy")
        numbers = store.meta_dataset("r2")
        assert store.verify() == []
    assert classes.losses.shape == numbers.losses.shape == (1, 2)
    assert np.isfinite(classes.losses).all()
    assert classes.losses.max() < 0.2  # the sign of one column: every learner finds it
    assert numbers.losses[0, 0] < 0.05  # ridge on a line
    assert np.isfinite(classes.meta_features).any()
    assert not kb.with_name("my.duckdb.journal").exists()


def test_again_changes_nothing_and_more_only_adds(tables: Path, kb: Path) -> None:
    before = content(kb)
    again = collect(table_entries(tables), kb, QUICK, silent)
    assert (again.n_evaluations, again.n_known) == (0, 4)
    pd.testing.assert_frame_equal(content(kb), before)
    longer = CollectOptions(n_configurations=3, time_limit_s=30.0, procedure=QUICK.procedure)
    more = collect(table_entries(tables), kb, longer, silent)
    assert (more.n_evaluations, more.n_known) == (2, 4)
    both = content(kb).merge(before, how="left", indicator=True)
    assert (both["_merge"] == "both").sum() == len(before)


def test_only_meta_features_of_an_older_extractor_are_computed_again(
    tables: Path, kb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(kb) as connection:
        connection.execute(
            "UPDATE meta_feature SET extractor = 'metalearn-1' "
            "WHERE task = (SELECT min(task) FROM meta_feature)"
        )
    kinds: list[str] = []

    def counted(*given: Any, kind: Kind) -> MetaFeatures:
        kinds.append(kind)
        return extract(*given, kind=kind)

    monkeypatch.setattr(metafeatures, "extract", counted)
    collect(table_entries(tables), kb, QUICK, silent)
    assert len(kinds) == 1
    with open_store(kb) as store:
        found = store.sql("SELECT task, extractor FROM meta_feature GROUP BY ALL ORDER BY ALL")
    assert sorted(found["extractor"]) == ["metalearn-1", EXTRACTOR, EXTRACTOR]
    collect(table_entries(tables), kb, QUICK, silent)
    assert len(kinds) == 1


def test_a_journal_left_by_a_kill_is_taken_over(
    tables: Path, collected: tuple[CollectReport, Path], tmp_path: Path
) -> None:
    whole, cut = collected[1], tmp_path / "cut.duckdb"
    script = (
        "import sys; from pathlib import Path\n"
        "from metalearn.workflows.collect import CollectOptions, collect\n"
        "from metalearn.workflows.tables.index import table_entries\n"
        "from metalearn.learners.evaluation import Procedure\n"
        "o = CollectOptions(2, 30.0, procedure=Procedure(n_folds=2))\n"
        "collect(table_entries(Path(sys.argv[1])), Path(sys.argv[2]), o, lambda *_: None)\n"
    )
    victim = subprocess.Popen([sys.executable, "-c", script, str(tables), str(cut)])
    journal = cut.with_name("cut.duckdb.journal")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if journal.exists() and b'"status"' in journal.read_bytes():
            break
        time.sleep(0.02)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    finished = journal.read_bytes().count(b'"status"')
    assert finished >= 1
    with journal.open("ab") as file:
        file.write(b'{"task": "torn')  # as a kill in the middle of a line leaves it
    report = collect(table_entries(tables), cut, QUICK, silent)
    assert report.n_known == finished
    assert report.n_evaluations == 4 - finished
    columns = ["task", "configuration", "metric", "fold", "value", "status"]
    pd.testing.assert_frame_equal(content(cut)[columns], content(whole)[columns])


def test_a_second_collector_is_refused(tables: Path, tmp_path: Path) -> None:
    kb = tmp_path / "my.duckdb"
    with Journal(kb.with_name("my.duckdb.journal")), pytest.raises(BusyError, match="another"):
        collect(table_entries(tables), kb, QUICK, silent)


def test_timeouts_are_recorded_with_their_reason(tables: Path, tmp_path: Path) -> None:
    kb = tmp_path / "my.duckdb"
    # Boosting takes many ticks of the system's clock, which counts processor time in such steps.
    slow = ("gradient_boosting",)
    hasty = replace(QUICK, n_configurations=1, time_limit_s=1e-3, algorithms=slow)
    report = collect(table_entries(tables), kb, hasty, silent)
    assert report.by_status == {"timeout": 2}
    with open_store(kb) as store:
        rows = store.sql("SELECT DISTINCT status, reason FROM evaluation WHERE value IS NULL")
        assert store.meta_dataset("accuracy").failed.all()
    assert set(rows["status"]) == {"timeout"}
    assert rows["reason"].str.contains("0.001 s").all()


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    folder.mkdir()
    (folder / "bad.csv").write_text("a,y\n1,2\n")
    with pytest.raises(InputError, match="no table can be used"):
        collect(table_entries(folder), tmp_path / "kb.duckdb", QUICK, silent)
    assert not (tmp_path / "kb.duckdb").exists()
