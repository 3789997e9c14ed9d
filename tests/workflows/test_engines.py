"""`collect`, `evaluate`, `describe` and `optimize` give the same on every engine."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.engines import EngineOptions
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolated_pool import Unit, evaluate_unit
from metalearn.learners.tables import as_table
from metalearn.store import open_store
from metalearn.workflows.collect import CollectOptions, collect
from metalearn.workflows.describe import DescribeRequest, describe_many
from metalearn.workflows.optimize.engine_workers import EngineTrials
from metalearn.workflows.tables.index import table_entries

OPTIONS = CollectOptions(
    n_configurations=2, time_limit_s=60.0, procedure=Procedure(n_folds=2),
    algorithms=("k_nearest_neighbors", "decision_tree"),
)  # fmt: skip
N = 8  # two tables, two configurations of each algorithm


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one classification and one regression table."""
    folder = tmp_path_factory.mktemp("tables")
    x = np.random.default_rng(0).normal(size=(60, 2))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1]})
    frame.assign(y=np.where(x[:, 0] > 0, "yes", "no")).to_csv(folder / "first.csv", index=False)
    frame.assign(y=2.0 * x[:, 0] + 0.3).to_csv(folder / "second.csv", index=False)
    return folder


def silent(done: int, total: int) -> None:
    assert done <= total == N


def digest(kb: Path) -> pd.DataFrame:
    """Return all that was collected, times aside."""
    with open_store(kb) as store:
        rows = store.sql(
            "SELECT task, configuration, metric, fold, fidelity, value, status, reason "
            "FROM evaluation ORDER BY ALL"
        )
        features = store.sql("SELECT task, name, value FROM meta_feature ORDER BY ALL")
        assert store.verify() == []
    return pd.concat([rows, features])


@pytest.fixture(scope="module")
def here(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What this process alone collects."""
    kb = tmp_path_factory.mktemp("here") / "my.duckdb"
    report = collect(table_entries(tables), kb, OPTIONS, silent)
    assert report.by_status == {"ok": N}
    return digest(kb)


def check_same(here, tables, kb, options, progress=silent) -> None:
    report = collect(table_entries(tables), kb, options, progress)
    assert report.by_status == {"ok": N}
    pd.testing.assert_frame_equal(digest(kb), here)


def kill_a_worker(done: int, total: int) -> None:
    silent(done, total)
    if done == 1:
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)


@pytest.mark.parametrize("progress", [pytest.param(silent, marks=pytest.mark.slow), kill_a_worker])
def test_local_processes(here, tables, tmp_path, progress) -> None:
    check_same(here, tables, tmp_path / "my.duckdb", replace(OPTIONS, jobs=2), progress)


@contextmanager
def dask_cluster(*, processes: bool):
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not here")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=processes, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster


def test_dask_threads(here, tables, tmp_path) -> None:
    with dask_cluster(processes=False) as cluster:
        options = replace(OPTIONS, engine="dask", address=cluster.scheduler_address, jobs=None)
        check_same(here, tables, tmp_path / "my.duckdb", options)


@pytest.mark.slow
def test_dask_processes_of_which_one_is_killed(here, tables, tmp_path) -> None:
    with dask_cluster(processes=True) as cluster:

        def kill(done: int, total: int) -> None:
            silent(done, total)
            if done == 1:
                os.kill(cluster.workers[0].process.pid, signal.SIGKILL)

        options = replace(OPTIONS, engine="dask", address=cluster.scheduler_address, jobs=None)
        check_same(here, tables, tmp_path / "my.duckdb", options)
        check_same(here, tables, tmp_path / "killed.duckdb", options, kill)


@pytest.mark.slow
def test_dask_workers_started_here(here, tables, tmp_path) -> None:
    pytest.importorskip("distributed", reason="dask[distributed] is not installed here")
    options = replace(OPTIONS, engine="dask", jobs=2)
    check_same(here, tables, tmp_path / "my.duckdb", options)


@pytest.mark.slow
def test_ray(here, tables, tmp_path) -> None:
    pytest.importorskip("ray", reason="ray is not installed here")
    check_same(here, tables, tmp_path / "my.duckdb", replace(OPTIONS, engine="ray", jobs=2))


@pytest.fixture
def two_tasks() -> list:
    rng = np.random.default_rng(1)
    found = []
    for n_columns in (1, 3):
        X = pd.DataFrame(rng.normal(size=(40, n_columns)))
        table = as_table(X, pd.Series(np.where(X[0] > 0.2, "u", "v")), name=str(n_columns))
        found.append((table, Procedure(n_folds=n_columns + 1)))
    return found


def test_evaluations_in_threads_give_what_each_gives_alone(two_tasks) -> None:
    """As joblib's threading backend and Dask's threads run them."""
    from metalearn.learners.common_list import algorithm_list

    listed = algorithm_list("k_nearest_neighbors", "classification", 3)
    work = [(table, Unit(table.name, procedure, c, 60.0))
            for c in listed for table, procedure in two_tasks]  # fmt: skip
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(lambda pair: evaluate_unit(*pair), work))
    for (table, unit), outcome in zip(work, together, strict=True):
        alone = PreparedTask(table, unit.procedure).evaluate(unit.configuration)
        assert outcome.status == "ok"
        assert [f.scores for f in outcome.folds] == [f.scores for f in alone]


def test_descriptions(two_tasks) -> None:
    tables = [table for table, _ in two_tasks]
    request = DescribeRequest(("simple", "statistical"))
    alone = describe_many(tables, request)
    done: list[int] = []
    found = describe_many(tables, request, engine=EngineOptions(jobs=2), progress=done.append)
    for one, other in zip(found, alone, strict=True):
        pd.testing.assert_series_equal(
            pd.Series(one.features.values), pd.Series(other.features.values), check_exact=True
        )
    assert done == [1, 2]


def test_trials_on_an_engine(two_tasks) -> None:
    from metalearn.core.trial import Trial
    from metalearn.learners.common_list import algorithm_list

    table, procedure = two_tasks[0]
    prepared = PreparedTask(table, procedure)
    trials = [Trial(c, number=n) for n, c in
              enumerate(algorithm_list("k_nearest_neighbors", "classification", 3))]  # fmt: skip
    with EngineTrials(prepared, EngineOptions(jobs=2), 60.0) as pool:
        found = {}
        for trial in trials:
            if pool.is_full:
                found.update(dict(pool.finished(None)))
            pool.submit(trial)
        while pool.n_running:
            found.update(dict(pool.finished(None)))
    assert len(found) == len(trials)
    for trial, outcome in found.items():
        assert [f.scores for f in outcome.folds] == [
            f.scores for f in prepared.evaluate(trial.configuration)
        ]
