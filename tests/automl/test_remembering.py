from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification

import metalearn
from metalearn.automl.estimators import AutoMLClassifier

from .clocks import SteppingClock
from .in_process import fits_in_process


def fitted(kb, X, y, **changed):
    model = AutoMLClassifier(
        **{
            "time_budget": 60.0,
            "kb": kb,
            "random_state": 0,
            "algorithms": ["logistic_regression", "naive_bayes", "linear_svm"],
            **changed,
        }
    )
    model._clock = SteppingClock(1.0)
    return model.fit(X, y)


@pytest.fixture(scope="module", autouse=True)
def in_process():
    with fits_in_process() as patch:
        yield patch


@pytest.fixture(autouse=True)
def own_store(some_tasks_file, tmp_path_factory, monkeypatch):
    """The user's own store, which new stores are copied from."""
    home = tmp_path_factory.mktemp("home")
    (home / "metalearn").mkdir()
    shutil.copy(some_tasks_file, home / "metalearn" / "metalearn.duckdb")
    monkeypatch.setenv("XDG_DATA_HOME", str(home))


@pytest.fixture(scope="module")
def data():
    X, y = make_classification(150, 5, random_state=0)
    return pd.DataFrame(X, columns=list("abcde")), y


def test_the_second_fit_starts_from_what_the_first_one_learned(tmp_path, data):
    kb = tmp_path / "mine.duckdb"
    first = fitted(kb, *data)
    with metalearn.open(kb) as store:
        tasks = store.tasks()
        (own,) = tasks.loc[(tasks["n_rows"] == 150) & (tasks["n_features"] == 5), "task"]
        known = store.evaluations("log_loss")
        known = known[known["task"] == own]
        finished = first.leaderboard_["configuration"]
        assert set(known["configuration"]) == {
            c.key for c in finished if c.algorithm != "linear_svm"
        }
        assert np.isfinite(known.loc[known["status"] == "ok", "value"]).all()
        assert (known["runtime_s"].dropna() >= 0).all()
        assert store.meta_dataset("accuracy").meta_feature_names
    second = fitted(kb, *data)
    assert list(second.trials_["source"])[:2] == ["opening", "remembered"]
    with metalearn.open(kb) as store:
        assert len(store.tasks()) == len(tasks)


def test_a_fit_starts_from_one_on_other_rows_of_the_same_source(tmp_path, data):
    X, y = data
    kb = tmp_path / "mine.duckdb"
    first = fitted(kb, X.iloc[:100], y[:100], time_budget=45.0)
    assert not kb.exists()  # a short budget leaves the evaluations in the journal
    second = fitted(kb, X.iloc[60:], y[60:], time_budget=45.0)
    remembered = second.trials_.query("source == 'remembered'")["configuration"]
    assert 1 <= len(remembered) <= 4
    assert set(remembered) <= set(first.trials_["configuration"])


def test_nothing_of_the_table_is_stored(tmp_path, data, some_tasks_file):
    X, y = data
    kb = Path(shutil.copy(some_tasks_file, tmp_path))
    fitted(kb, X.assign(a=[f"secret-{i % 7}" for i in range(150)]), y)
    assert b"secret-" not in kb.read_bytes()


def test_remember_false_writes_nothing(tmp_path, data):
    kb = tmp_path / "mine.duckdb"
    model = fitted(kb, *data, remember=False)
    assert not list(tmp_path.iterdir())
    assert len(model.leaderboard_)


def test_a_store_held_by_another_process_does_not_stop_a_fit(tmp_path, data, some_tasks_file):
    from metalearn.workflows.writeback.records import journal_of

    kb = Path(shutil.copy(some_tasks_file, tmp_path))
    with journal_of(kb):
        model = fitted(kb, *data)
    assert any("nothing is remembered" in note for note in model.notes_)
    assert len(model.leaderboard_)
