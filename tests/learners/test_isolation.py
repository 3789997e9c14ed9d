"""Whatever a learner does, its evaluation ends with a status and a reason, and the next works."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.learners import CATALOGUE, isolation
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.learners.tables import as_table

from .misbehaving import LEARNERS, KilledOnce, Plugged

LIMIT_S = 0.8
N = 40
GOOD = Configuration("good", {})


@pytest.fixture(scope="module")
def prepared() -> PreparedTask:
    x = np.linspace(-1.0, 1.0, N)
    table = as_table(pd.DataFrame({"x": x}), pd.Series(np.where(x > -0.5, "a", "b")))
    return Plugged(table, Procedure(n_folds=3))


@pytest.fixture(scope="module")
def worker():
    isolated = Isolated(LIMIT_S)
    yield isolated
    isolated.close()


def check_next_one_works(worker: Isolated, prepared: PreparedTask) -> None:
    outcome = worker.evaluate(prepared, GOOD)
    assert (outcome.status, outcome.reason) == ("ok", "")
    assert [fold.fold for fold in outcome.folds] == [0, 1, 2]
    assert all(fold.scores["balanced_accuracy"] == 0.5 for fold in outcome.folds)
    assert all(fold.scores["roc_auc"] == 0.5 for fold in outcome.folds)


@pytest.mark.parametrize(
    ("learner", "status", "reason"),
    [
        ("raises", "failed", "ValueError: the learner does not like it"),
        ("out_of_memory", "failed", "MemoryError: Unable to allocate"),
        ("predicts_nan", "failed", "ValueError: the model predicts values that are not finite"),
        ("exits", "crashed", "the process ended with exit code 3 in fold 0"),
        ("killed", "crashed", "the process ended with exit code -9 in fold 0"),
        ("segfaults", "crashed", "the process ended with exit code -11 in fold 0"),
        ("interrupts", "crashed", "the process ended with exit code 1 in fold 0"),
        ("burns_in_compiled_code", "timeout", f"stopped after {LIMIT_S} s in fold 0"),
        ("burns_in_python", "timeout", f"stopped after {LIMIT_S} s in fold 0"),
    ],
)
def test_ends_with_a_reason(worker, prepared, learner, status, reason):
    outcome = worker.evaluate(prepared, Configuration(learner, {}))
    assert outcome.status == status
    assert outcome.reason.startswith(reason)
    assert outcome.folds == ()
    check_next_one_works(worker, prepared)


def test_a_sleeping_process_is_stopped_by_the_clock(worker, prepared, monkeypatch):
    check_next_one_works(worker, prepared)  # the process is there
    monkeypatch.setattr(isolation, "_WALL_SLACK_S", 1.0 - isolation._WALL_FACTOR * LIMIT_S)
    outcome = worker.evaluate(prepared, Configuration("sleeps", {}))
    assert outcome.status == "timeout"
    assert outcome.reason == f"stopped by the clock; the limit is {LIMIT_S} processor seconds"
    monkeypatch.undo()
    check_next_one_works(worker, prepared)


def test_what_cannot_finish_in_time_is_not_begun(worker, prepared):
    """Three folds of 0.4 s: after the first it is clear that 0.8 s are too few."""
    outcome = worker.evaluate(prepared, Configuration("slow_folds", {}))
    assert outcome.status == "timeout"
    assert outcome.reason.startswith("1 of 3 folds took 0.4")
    assert len(outcome.folds) == 1


TREE = Configuration("k_nearest_neighbors", {"n_neighbors": 3, "weights": "uniform", "p": 2})


def test_an_evaluation_killed_from_outside_is_repeated_once(prepared, tmp_path):
    marker = tmp_path / "killed"
    once = KilledOnce(prepared.table, prepared.procedure, marker=str(marker))
    isolated = Isolated(20.0)
    outcome = isolated.evaluate(once, TREE)
    isolated.close()
    assert marker.exists()
    assert outcome.status == "ok"
    here = PreparedTask(prepared.table, prepared.procedure)
    assert [f.scores for f in outcome.folds] == [f.scores for f in here.evaluate(TREE)]


def test_an_idle_process_ends_by_itself_and_is_started_again(prepared):
    isolated = Isolated(20.0, idle_s=0.0)
    isolated.start(prepared)
    isolated._process.join()
    assert isolated.evaluate(prepared, TREE).status == "ok"
    isolated.close()


def test_an_interrupted_evaluation_does_not_answer_for_the_next(prepared, monkeypatch):
    isolated = Isolated(20.0)
    isolated.start(prepared)
    with monkeypatch.context() as patch:
        pipe = isolated._pipe

        class Interrupted:
            def send(self, message):
                pipe.send(message)

            def poll(self, timeout):
                raise KeyboardInterrupt

            def close(self):
                pipe.close()

        patch.setattr(isolated, "_pipe", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            isolated.evaluate(prepared, TREE)
    check_next_one_works(isolated, prepared)
    isolated.close()


def test_an_evaluation_whose_parent_has_gone_ends_quietly(prepared, capfd):
    isolated = Isolated(20.0)
    isolated.start(prepared)
    process = isolated._process
    isolated._pipe.send((Configuration("slow_folds", {}), 1.0))
    isolated._pipe.close()
    process.join()
    assert process.exitcode == 0
    assert capfd.readouterr().err == ""


def test_a_daemonic_process_evaluates_too(prepared):
    """Workers of Dask are daemonic, which `multiprocessing` lets have no children."""
    context = isolation.worker_context()
    near, far = context.Pipe()
    process = context.Process(target=_evaluate_in_daemon, args=(far, prepared), daemon=True)
    process.start()
    assert near.poll(60)
    assert near.recv() == ("ok", True)
    process.join()


def _evaluate_in_daemon(pipe, prepared):
    isolated = Isolated(20.0)
    outcome = isolated.evaluate(prepared, TREE)
    isolated.close()
    pipe.send((outcome.status, multiprocessing.current_process().daemon))


def test_memory_is_limited(prepared):
    isolated = Isolated(20.0, memory_mb=700.0)
    outcome = isolated.evaluate(prepared, Configuration("takes_a_gigabyte", {}))
    assert outcome.status == "failed"
    assert outcome.reason.startswith("MemoryError")
    check_next_one_works(isolated, prepared)
    isolated.close()


def test_an_unknown_learner_fails(worker, prepared):
    outcome = worker.evaluate(prepared, Configuration("nobody", {}))
    assert outcome.status == "failed"
    assert outcome.reason.startswith("UnknownNameError: unknown learner 'nobody'")


def test_scores_are_those_of_the_calling_process(prepared):
    here = PreparedTask(prepared.table, prepared.procedure)
    isolated = Isolated(20.0)
    outcome = isolated.evaluate(here, TREE)
    isolated.close()
    assert [fold.scores for fold in outcome.folds] == [f.scores for f in here.evaluate(TREE)]


def test_a_task_that_cannot_be_split_fails():
    classes = pd.Series([f"c{i // 2}" for i in range(N)])
    table = as_table(pd.DataFrame({"x": np.arange(N)}), classes)
    isolated = Isolated(20.0)
    outcome = isolated.evaluate(PreparedTask(table, Procedure(max_rows=20)), GOOD)
    isolated.close()
    assert outcome.status == "failed"
    assert "each class has one row only" in outcome.reason


def test_the_catalogue_here_is_untouched():
    assert not set(LEARNERS) & set(CATALOGUE.names())


SCRIPT = """
import pandas as pd
from metalearn.core.configuration import Configuration
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.learners.tables import as_table

print("the script runs")
frame = pd.DataFrame({"x": range(20)})
prepared = PreparedTask(as_table(frame, pd.Series(["a", "b"] * 10)), Procedure(n_folds=2))
outcome = Isolated(20.0).evaluate(prepared, Configuration("naive_bayes", {"var_smoothing": 1e-9}))
print(outcome.status, outcome.reason)
"""


def test_a_script_without_a_guard_is_not_run_again_by_the_worker(tmp_path):
    (tmp_path / "search.py").write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, "search.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["the", "script", "runs", "ok"]
    assert run.stderr == ""
