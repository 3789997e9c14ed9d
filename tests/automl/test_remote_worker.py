"""Workers on an engine answer as workers of this machine do."""

from __future__ import annotations

import pickle
import time
from concurrent.futures import Future
from multiprocessing.connection import wait

import numpy as np
import pandas as pd
import pytest

from metalearn.automl import remote_worker
from metalearn.automl.bench import Bench, FoldResult, Refitted
from metalearn.automl.fit_task import FitTask
from metalearn.automl.remote_worker import RemoteWorker
from metalearn.automl.validation import validation_of
from metalearn.automl.worker import Failed, Folds, GetFoldModels, Refit
from metalearn.core.configuration import Configuration
from metalearn.engines import EngineOptions, WorkerLostError, open_engine

RIDGE = Configuration("ridge", {"alpha": 1.0})


@pytest.fixture(scope="module")
def task() -> FitTask:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc"))
    y = X["a"].to_numpy() * 3
    return FitTask("regression", X, y, None, validation_of(y, "regression"))


@pytest.fixture(scope="module")
def engine():
    with open_engine(EngineOptions(jobs=1)) as engine:
        yield engine


@pytest.fixture
def worker(engine, task):
    worker = RemoteWorker(engine, engine.share(task), task, None, time.monotonic)
    yield worker
    worker.close()


def answers(worker, request, seconds=600.0):
    worker.submit(request, time.monotonic() + seconds)
    found = []
    while worker.is_busy:
        wait([worker.pipe], timeout=5.0)
        message = worker.receive()
        if message is not None:
            found.append(message)
    assert not worker.pipe.poll(0)
    return found


def test_folds_and_their_models(worker, task):
    here = Bench(task)
    found = answers(worker, Folds(RIDGE, (0,)))
    found += answers(worker, Folds(RIDGE, tuple(range(1, task.n_folds))))
    assert [type(message) for message in found] == [FoldResult] * task.n_folds
    for fold, message in enumerate(found):
        alone = here.fold(RIDGE, fold, 1.0)
        np.testing.assert_array_equal(message.predictions.values, alone.predictions.values)
    (models,) = answers(worker, GetFoldModels())
    rows = task.X
    for found, alone in zip(models.models, here.fold_models(), strict=True):
        (prepare, model), (same_prepare, same_model) = pickle.loads(found), pickle.loads(alone)
        np.testing.assert_array_equal(
            model.predict(prepare.transform(rows)),
            same_model.predict(same_prepare.transform(rows)),
        )


def test_a_refit(worker):
    (found,) = answers(worker, Refit(RIDGE, 0, True))
    assert isinstance(found, Refitted)
    assert found.preparation is not None


def test_a_failure_is_that_of_the_learner(worker):
    (found,) = answers(worker, Folds(Configuration("nobody", {}), (0, 1)))
    assert found.status == "failed"
    assert "unknown learner 'nobody'" in found.reason


def test_models_that_are_too_large_are_not_sent(worker, task, monkeypatch):
    class Here:
        def submit(self, function, handle, item):
            future = Future()
            future.set_result(function(handle, item))
            return future

    monkeypatch.setattr(remote_worker, "_MOST_BYTES", 0)
    here = RemoteWorker(Here(), task, task, None, time.monotonic)
    found = answers(here, Folds(RIDGE, tuple(range(task.n_folds))))
    assert len(found) == task.n_folds
    (failure,) = answers(here, GetFoldModels())
    assert failure == Failed("memory", "the models of the folds are too large to be sent")
    remote_worker._POOL.take(task, None).close()


class Lossy:
    """An engine that loses its worker so many times, and answers then."""

    def __init__(self, n_lost):
        self.n_lost, self.n_sent = n_lost, 0

    def submit(self, function, handle, item):
        self.n_sent += 1
        future = Future()
        if self.n_sent <= self.n_lost:
            future.set_exception(WorkerLostError("gone"))
        else:
            future.set_result(remote_worker._Answer(["message"]))
        return future


@pytest.mark.parametrize(
    ("n_lost", "n_sent", "expected"),
    [(1, 2, ["message"]), (2, 2, [Failed("crashed", "gone")])],
)
def test_a_lost_worker_is_tried_once_more(task, n_lost, n_sent, expected):
    engine = Lossy(n_lost)
    worker = RemoteWorker(engine, None, task, None, time.monotonic)
    assert answers(worker, Refit(RIDGE, 0, True)) == expected
    assert engine.n_sent == n_sent


def test_no_answer_in_time(task):
    class Silent:
        future = Future()

        def submit(self, function, handle, item):
            return self.future

    now = [0.0]
    worker = RemoteWorker(Silent(), None, task, None, lambda: now[0])
    worker.submit(Refit(RIDGE, 0, True), 10.0)
    now[0] = 11.0
    assert worker.receive() is None
    now[0] = 12.5
    assert worker.receive().status == "timeout"
    assert Silent.future.cancelled()
    assert not worker.is_busy
