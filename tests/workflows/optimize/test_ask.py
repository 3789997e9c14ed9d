"""A search on a small table: what it finds, keeps, remembers, and refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.core.configuration import Configuration
from metalearn.core.metric import METRICS, metric_named
from metalearn.core.task import Task
from metalearn.core.trial import Trial
from metalearn.errors import EvaluationError, NotEnoughMetaDataError, UnknownNameError, UsageError
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.tables import Table, as_table
from metalearn.store import open_store
from metalearn.workflows.optimize.result import Optimization, SearchTrial
from metalearn.workflows.optimize.workers import TrialPool
from metalearn.workflows.recommend.result import Recommendations
from metalearn.workflows.writeback.records import evaluation_record

BUNDLED = Path(__file__).resolve().parents[3] / "data"
SEARCH = {"space": "decision_tree", "optimizer": "random", "procedure": Procedure(n_folds=2)}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(90, 3)), columns=list("abc"))
    found["y"] = np.where(found["a"] * found["b"] > 0, "yes", "no")
    return found


@pytest.fixture(scope="module")
def kb(some_tasks_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(some_tasks_file, tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame, kb: Path) -> Optimization:
    return metalearn.optimize(frame, "y", kb=kb, trials=6, warm_start=3, jobs=2, **SEARCH)


def test_the_warm_start_comes_first_and_the_best_is_the_best(found: Optimization) -> None:
    assert [t.number for t in found.trials] == [1, 2, 3, 4, 5, 6]
    assert sum(t.origin == "warm start" for t in found.trials) == 3
    assert all(t.origin == "warm start" for t in found.trials[:2])  # two run side by side
    assert found.best.score == max(t.score for t in found.trials if t.status == "ok")
    assert found.stopped == "trials"
    assert np.all(np.diff(found.curve()["incumbent"]) >= 0)
    assert found.curve()["incumbent"].iloc[-1] == found.best.score


def test_the_best_is_ready_to_fit(found: Optimization, frame: pd.DataFrame) -> None:
    model = found.best.build().fit(frame[list("abc")], frame["y"])
    assert set(model.predict(frame[list("abc")])) <= {"yes", "no"}


def test_the_document_holds_every_trial(found: Optimization) -> None:
    document = json.loads(found.to_json())
    assert document["space"] == "decision_tree"
    assert len(document["trials"]) == len(document["curve"]) == 6
    assert document["best"]["score"] == found.best.score
    assert document["task"]["n_rows"] == 90


def test_every_trial_is_in_the_store_and_known_the_next_time(
    found: Optimization, frame: pd.DataFrame, kb: Path
) -> None:
    with open_store(kb) as store:
        rows = store.evaluations("balanced_accuracy", algorithm="decision_tree")
        assert store.verify() == []
        assert len(store.meta_features(found.task.key)) > 100
    stored = rows[rows["task"] == found.task.key]
    assert set(stored["configuration"]) == {t.configuration.key for t in found.trials}
    again = metalearn.optimize(frame, "y", kb=kb, trials=1, warm_start=2, seed=1, **SEARCH)
    assert len(again.remembered) == 6
    assert again.best.score >= found.best.score - 1e-6  # stored at six digits
    assert not {t.configuration for t in again.trials} & {t.configuration for t in found.trials}


def test_what_is_excluded_is_not_known(found: Optimization, frame: pd.DataFrame, kb: Path) -> None:
    again = metalearn.optimize(
        frame, "y", kb=kb, trials=1, exclude=(found.task.name,), remember=False, **SEARCH
    )
    assert again.remembered == ()
    assert again.store == ""


def test_a_cold_search_takes_nothing(frame: pd.DataFrame, kb: Path) -> None:
    cold = metalearn.optimize(frame, "y", kb=kb, trials=2, warm_start=0, remember=False, **SEARCH)
    assert {t.origin for t in cold.trials} == {"search"}
    assert cold.remembered == ()
    assert cold.snapshot == ""


def test_an_interrupted_search_keeps_what_it_found(
    frame: pd.DataFrame, some_tasks_file: Path, tmp_path: Path
) -> None:
    def stop(trial: SearchTrial, best: SearchTrial | None) -> None:
        if trial.number == 2:
            raise KeyboardInterrupt

    kb = Path(shutil.copy(some_tasks_file, tmp_path))
    half = metalearn.optimize(frame, "y", kb=kb, trials=50, progress=stop, **SEARCH)
    assert half.stopped == "interrupted"
    assert len(half.trials) == 2
    with open_store(kb) as store:
        rows = store.evaluations("balanced_accuracy", algorithm="decision_tree")
    assert (rows["task"] == half.task.key).sum() == 2


def test_the_bundled_store_is_never_written_but_copied(
    frame: pd.DataFrame, some_tasks_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []

    def copy(other: Path, kb: Path) -> None:  # fewer tasks; `test_remember` copies all
        copied.append(other)
        shutil.copy(some_tasks_file, kb)

    monkeypatch.delenv("METALEARN_KB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("metalearn.store.merge", copy)
    named = metalearn.optimize(frame, "y", kb=BUNDLED, trials=1, **SEARCH)
    assert named.store == ""
    assert any("nothing is remembered" in note for note in named.notes)
    assert copied == []
    own = metalearn.optimize(frame, "y", trials=1, **SEARCH)
    assert own.store == str(tmp_path / "metalearn" / "metalearn.duckdb")
    assert copied == [BUNDLED]
    with open_store(some_tasks_file) as store:
        n_known = len(store.tasks())
    with open_store() as store:
        assert str(store.path) == own.store
        assert len(store.tasks()) == n_known + 1


def test_no_space_takes_the_algorithm_recommended_first(frame: pd.DataFrame, kb: Path) -> None:
    search = {**SEARCH, "space": None}
    one = metalearn.optimize(frame, "y", kb=kb, trials=1, remember=False, **search)
    first = metalearn.recommend(frame, "y", kb=kb, k=1)[0]
    assert one.algorithm == first.configuration.algorithm
    assert any(note.startswith("no space was named") for note in one.notes)


def test_a_time_budget_ends_the_search(frame: pd.DataFrame, kb: Path) -> None:
    short = metalearn.optimize(frame, "y", kb=kb, time_budget=0.1, remember=False, **SEARCH)
    assert short.stopped == "time"
    assert len(short.trials) == 1  # one is always finished


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"space": "svcc"}, UnknownNameError, "unknown space 'svcc'"),
        ({"optimizer": "magic"}, UnknownNameError, "unknown optimizer 'magic'"),
        ({"space": "svr"}, UsageError, "'svr' does not do classification"),
        ({"metric": "r2"}, UsageError, "metric for regression"),
        ({"trials": 0}, UsageError, "trials must be positive"),
        ({"warm_start": -1}, UsageError, "warm_start must be at least 0"),
    ],
)
def test_what_makes_no_sense_is_refused(
    frame: pd.DataFrame, kb: Path, options: dict[str, object], error: type, match: str
) -> None:
    with pytest.raises(error, match=match):
        metalearn.optimize(frame, "y", kb=kb, **{**SEARCH, **options})


def test_trials_at_low_fidelity_learn_from_fewer_rows(frame: pd.DataFrame) -> None:
    prepared = PreparedTask(as_table(frame, "y"), Procedure(n_folds=2))
    whole, few, fewer = (prepared.training_rows(0, share) for share in (1.0, 0.5, 0.25))
    assert (len(whole), len(few), len(fewer)) == (45, 22, 11)
    assert set(fewer) < set(few) < set(whole)
    shares = [np.mean(prepared.codes[rows]) for rows in (whole, few, fewer)]
    assert np.ptp(shares) < 0.06
    with TrialPool(prepared, 1, 20.0) as pool:
        pool.submit(Trial(_default("decision_tree"), 0, 0.25))
        ((trial, outcome),) = list(pool.finished(None))
    record = evaluation_record("t", trial.configuration, outcome, trial.fidelity)
    assert outcome.status == "ok"
    assert record["fidelity"] == 0.25


def _default(algorithm: str) -> Configuration:
    return metalearn.learners.get(algorithm).space("classification").default()


def _search(*scores: float, fidelity: float = 1.0) -> Optimization:
    task = Task("t", "t")
    trials = tuple(
        SearchTrial(
            i, Configuration("a", {"x": i}), score, "ok" if np.isfinite(score) else "failed",
            "" if np.isfinite(score) else "it broke", fidelity, 0.1, float(i), "search", task,
        )
        for i, score in enumerate(scores, start=1)
    )  # fmt: skip
    metric = METRICS["accuracy"]
    return Optimization(task, metric, "a", "random", 0, 0, "", (), trials, "trials", 1.0, 0.0)


def test_only_whole_successful_trials_are_incumbents() -> None:
    curve = _search(np.nan, 0.5, 0.4, 0.7).curve()["incumbent"]
    assert np.isnan(curve[0])
    assert curve[1:].tolist() == [0.5, 0.5, 0.7]
    with pytest.raises(EvaluationError, match="none of 2 trials succeeded; failed: it broke"):
        _search(np.nan, np.nan).require_best()
    with pytest.raises(EvaluationError, match="none of 1 trials"):
        _search(0.9, fidelity=0.5).require_best()
    with pytest.raises(EvaluationError, match="give more time"):
        _search().require_best()


def test_without_a_recommended_algorithm_the_next_step_is_named(
    frame: pd.DataFrame, kb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing beats the dummy: the list is empty, so no space can be chosen."""

    def empty(table: Table, *_: object) -> Recommendations:
        notes = ("0 configurations instead of 10: no other one is expected to beat a dummy",)
        return Recommendations(table.task(), metric_named("accuracy"), "default", "s", (), notes)

    monkeypatch.setattr("metalearn.workflows.optimize.space_choice.recommend_for", empty)
    with pytest.raises(NotEnoughMetaDataError, match="no algorithm is recommended for") as caught:
        metalearn.optimize(frame, "y", kb=kb, trials=1, **{**SEARCH, "space": None})
    assert "beat a dummy" in str(caught.value)
    assert "--space (space=): " in str(caught.value)


def test_a_learner_without_the_metric_fails_and_the_search_goes_on(
    frame: pd.DataFrame, kb: Path
) -> None:
    """A support vector machine has margins, not probabilities, so no log loss."""
    found = metalearn.optimize(
        frame, "y", kb=kb, space=["svc", "naive_bayes"], optimizer="random", trials=6,
        warm_start=0, metric="log_loss", remember=False, procedure=Procedure(n_folds=2),
    )  # fmt: skip
    failed = [t for t in found.trials if t.status == "failed"]
    assert {t.configuration.algorithm for t in failed} == {"svc"}
    assert all("svc gives no probabilities" in t.reason for t in failed)
    assert found.best.configuration.algorithm == "naive_bayes"
    assert found.best.score > 0.0
