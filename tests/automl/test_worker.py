from __future__ import annotations

import os
import signal
import time

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.bench import FoldResult, Refitted
from metalearn.automl.fit_task import FitTask
from metalearn.automl.validation import validation_of
from metalearn.automl.worker import Failed, Folds, Refit, Worker
from metalearn.core.configuration import Configuration
from metalearn.learners import get
from metalearn.learners.algorithm import Algorithm

REAL_TIME = True


class Misbehaving:
    """A learner that does what its hyperparameter says instead of fitting."""

    def __init__(self, how):
        self.how = how

    def fit(self, A, y):
        if self.how == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "exit":
            os._exit(3)
        if self.how == "hang":
            for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(600)
        if self.how == "leak":
            self.kept = [np.ones(4_000_000) for _ in range(200)]
            time.sleep(600)
        raise ValueError("no such luck")


BAD = Algorithm(
    "bad", ("regression",), "ordinal", lambda kind: [], lambda k, v, s: Misbehaving(v["how"])
)


@pytest.fixture
def task(monkeypatch):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    y = X["a"].to_numpy() * 3
    monkeypatch.setattr(
        "metalearn.automl.bench.get", lambda name: BAD if name == "bad" else get(name)
    )
    return FitTask("regression", X, y, None, validation_of(y, "regression"))


def answers(worker, n):
    found = []
    while len(found) < n:
        message = worker.receive()
        if message is None:
            time.sleep(0.01)
            continue
        found.append(message)
        if isinstance(message, Failed):
            break
    return found


@pytest.fixture
def worker(task):
    made = Worker(task)
    yield made
    made.close()


GOOD = get("ridge").space("regression").default()
LATER = 300.0


def after(seconds):
    return time.monotonic() + seconds


def test_folds_and_refit(worker, task):
    worker.submit(Folds(GOOD, (0, 1)), after(LATER))
    first, second = answers(worker, 2)
    assert isinstance(first, FoldResult)
    assert second.fold == 1
    test = task.validation.splits[0][1]
    assert first.predictions.values == pytest.approx(task.y[test], abs=0.5)
    worker.submit(Refit(GOOD, 0, True), after(LATER))
    (model,) = answers(worker, 1)
    assert isinstance(model, Refitted)
    assert model.preparation is not None
    assert not worker.is_busy


@pytest.mark.parametrize(
    ("how", "status"), [("crash", "crashed"), ("exit", "crashed"), ("raise", "failed")]
)
def test_what_a_learner_does_is_reported_and_the_next_one_works(worker, how, status):
    worker.submit(Folds(Configuration("bad", {"how": how}), (0, 1)), after(LATER))
    (failure,) = answers(worker, 1)
    assert failure.status == status
    worker.submit(Folds(GOOD, (0,)), after(LATER))
    assert isinstance(answers(worker, 1)[0], FoldResult)


def test_a_learner_that_ignores_signals_is_killed_at_its_deadline(worker):
    worker.submit(Folds(Configuration("bad", {"how": "hang"}), (0,)), after(0.3))
    pid = worker._process.pid
    (failure,) = answers(worker, 1)
    assert failure.status == "timeout"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_learner_that_leaks_is_stopped(task):
    worker = Worker(task, memory_mb=300)
    worker.submit(Folds(Configuration("bad", {"how": "leak"}), (0,)), after(LATER))
    (failure,) = answers(worker, 1)
    worker.close()
    assert failure.status == "memory"
