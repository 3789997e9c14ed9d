"""Evaluations in threads share nothing: each gives what it gives alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolated_pool import IsolatedPool
from metalearn.learners.tables import Table, as_table

NEAREST = [Configuration("k_nearest_neighbors", {"n_neighbors": k, "weights": "uniform", "p": 2})
           for k in (1, 3)]  # fmt: skip
LIMIT_S = 30.0


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """Two tables with other columns, classes and numbers of folds."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(40, 1)), rng.normal(size=(60, 3))
    return {
        "a": as_table(pd.DataFrame(a), pd.Series(np.where(a[:, 0] > 0.3, "x", "y"))),
        "b": as_table(pd.DataFrame(b), pd.Series(np.where(b.sum(axis=1) > 0, "u", "v"))),
    }


def prepared(tables: dict[str, Table], name: str) -> PreparedTask:
    return PreparedTask(tables[name], Procedure(n_folds=2 if name == "a" else 3))


def scores(pool: IsolatedPool, tables: dict[str, Table], name: str, which: int) -> list:
    outcome = pool.evaluate(name, lambda: prepared(tables, name), NEAREST[which], LIMIT_S)
    assert outcome.status == "ok", outcome.reason
    return [fold.scores for fold in outcome.folds]


UNITS = [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("b", 0), ("a", 0)]


def check_same_as_alone(pool: IsolatedPool, tables: dict[str, Table]) -> None:
    """Evaluate in four threads; each outcome must equal that of the same evaluation alone."""
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda unit: scores(pool, tables, *unit), UNITS))
    for (name, which), together in zip(UNITS, found, strict=True):
        alone = [f.scores for f in prepared(tables, name).evaluate(NEAREST[which])]
        assert together == alone


def test_threads_share_nothing(tables: dict[str, Table]) -> None:
    pool = IsolatedPool()
    check_same_as_alone(pool, tables)
    assert 1 <= len(pool._idle) <= 4
    pool.close()


class Racy(IsolatedPool):
    """The planted fault: one task for the whole process, which another thread may replace."""

    task: PreparedTask

    def __init__(self) -> None:
        super().__init__()
        self.both_are_here = threading.Barrier(2)

    def evaluate(self, key, prepare, configuration, time_limit_s):
        self.task = prepare()
        self.both_are_here.wait(60)
        task = self.task
        return super().evaluate(id(task), lambda: task, configuration, time_limit_s)


def test_a_planted_race_is_caught(tables: dict[str, Table]) -> None:
    pool = Racy()
    with pytest.raises(AssertionError):
        check_same_as_alone(pool, tables)
    pool.close()


def test_a_process_is_used_again(tables: dict[str, Table]) -> None:
    pool = IsolatedPool()
    scores(pool, tables, "a", 0)
    (owned,) = pool._idle
    process = owned.isolated._process
    scores(pool, tables, "a", 1)
    scores(pool, tables, "b", 0)
    assert pool._idle == [owned]
    assert owned.isolated._process is process
    pool.evaluate("b", lambda: prepared(tables, "b"), NEAREST[0], LIMIT_S + 1)
    (other,) = pool._idle  # of another limit
    assert other is not owned
    assert not process.is_alive()
    pool.close()


def test_processes_of_before_a_fork_are_left_alone(tables: dict[str, Table]) -> None:
    pool = IsolatedPool()
    scores(pool, tables, "a", 0)
    (owned,) = pool._idle
    owned.pid += 1
    scores(pool, tables, "a", 0)
    assert owned not in pool._idle
    owned.isolated.close()
    pool.close()
