from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.pipeline import Pipeline

import metalearn
from metalearn.automl.estimators import AutoMLClassifier, AutoMLLearner, AutoMLRegressor
from metalearn.automl.worker import Failed, Worker
from metalearn.errors import EvaluationError, InputError, UsageError

from .clocks import SteppingClock
from .in_process import InProcessWorker, fits_in_process

QUICK = {"time_budget": 6.0, "remember": False, "random_state": 0}
CHEAP = ["ridge", "decision_tree", "naive_bayes"]
SIMPLE = [*CHEAP, "logistic_regression", "linear_svm"]


def quick(cls, **changed):
    model = cls(**{**QUICK, "algorithms": list(CHEAP), **changed})
    model._clock = SteppingClock(0.1)
    return model


@pytest.fixture(scope="module", autouse=True)
def in_process():
    with fits_in_process() as patch:
        yield patch


@pytest.fixture(scope="module")
def classes():
    X, y = make_classification(240, 6, n_informative=4, n_classes=3, random_state=0)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)])
    frame["kind"] = np.where(X[:, 0] > 0, "up", "down")
    frame.loc[::7, "x1"] = np.nan
    return frame, np.array(["low", "mid", "high"])[y]


@pytest.fixture(scope="module")
def fitted(classes):
    return quick(AutoMLClassifier, algorithms=SIMPLE).fit(*classes)


def test_classifier_keeps_the_contract(fitted, classes):
    X, y = classes
    assert list(fitted.classes_) == ["high", "low", "mid"]
    assert fitted.n_features_in_ == 7
    assert list(fitted.feature_names_in_) == list(X.columns)
    p = fitted.predict_proba(X)
    assert p.shape == (240, 3)
    assert p.sum(axis=1) == pytest.approx(np.ones(240))
    assert np.mean(fitted.predict(X) == y) > 0.6
    assert fitted.score(X, y) > 0.6


def test_what_a_fit_leaves(fitted):
    board = fitted.leaderboard_
    assert board["weight"].sum() == pytest.approx(1.0)
    assert board["score"].is_monotonic_increasing
    assert set(board.loc[board["weight"] > 0, "stage"]) <= {"refitted", "fold models"}
    assert set(fitted.trials_["status"]) <= {"ok", "dropped", "failed", "timeout"}
    assert isinstance(fitted.best_pipeline_, Pipeline)
    assert fitted.metric_ == "log_loss"
    assert 0.0 < fitted.score_ < np.log(3)


def test_best_pipeline_predicts_the_labels(fitted, classes):
    assert set(fitted.best_pipeline_.predict(classes[0])) <= {"low", "mid", "high"}


def test_pickles_predict_the_same(fitted, classes):
    again = pickle.loads(pickle.dumps(fitted))
    assert again.predict_proba(classes[0]) == pytest.approx(fitted.predict_proba(classes[0]))


def test_refit_keeps_members_and_learns_new_rows(classes):
    X, y = classes
    model = quick(AutoMLClassifier).fit(X[:120], y[:120])
    members = [m.configuration for m in model.ensemble_.members]
    n_trials = len(model.trials_)
    model.refit(X, y)
    assert [m.configuration for m in model.ensemble_.members] == members
    assert len(model.trials_) == n_trials
    assert np.mean(model.predict(X) == y) > 0.6


def test_fitting_again_goes_on(classes):
    model = quick(AutoMLClassifier).fit(*classes)
    before = len(model.trials_)
    model._clock = SteppingClock(0.1)
    model.fit(*classes)
    assert len(model.trials_) > before
    model._clock = SteppingClock(0.1)
    model.fit(classes[0][:200], classes[1][:200])  # other rows: from the beginning
    assert model.trials_["ended_s"].is_monotonic_increasing


def test_regressor_beats_the_mean(monkeypatch):
    monkeypatch.setattr("metalearn.automl.crew.Worker", Worker)  # in a process of its own
    X, y = make_regression(200, 5, noise=5.0, random_state=0)
    model = quick(AutoMLRegressor).fit(X, y)
    assert model.score(X, y) > 0.9
    assert not hasattr(model, "feature_names_in_")
    assert model.predict(X).shape == (200,)


def test_learner_takes_the_kind_of_the_target(classes):
    X, y = classes
    learner = quick(AutoMLLearner).fit(X, y)
    assert learner.predict_proba(X).shape == (240, 3)
    numbers = quick(AutoMLLearner).fit(X, X["x0"] * 2.5)
    assert numbers.task_kind_ == "regression"
    assert not hasattr(numbers, "predict_proba")
    assert metalearn.AutoML_Learner is AutoMLLearner


def test_rows_without_a_target_are_left_out(classes):
    X, y = classes
    holes = pd.Series(y).where(np.arange(240) % 5 > 0)
    model = quick(AutoMLClassifier).fit(X, holes)
    assert list(model.classes_) == ["high", "low", "mid"]


def test_a_target_of_one_value_is_predicted(classes):
    X, _ = classes
    model = quick(AutoMLClassifier).fit(X, ["same"] * 240)
    assert set(model.predict(X)) == {"same"}
    assert "one value" in model.notes_[0]


def test_target_by_name(classes):
    X, y = classes
    model = quick(AutoMLClassifier).fit(X.assign(label=y), "label")
    assert list(model.feature_names_in_) == list(X.columns)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_handful_of_rows(n):
    X = pd.DataFrame({"a": np.arange(n, dtype=float)})
    model = quick(AutoMLClassifier).fit(X, [str(i % 2) for i in range(n)])
    assert model.predict_proba(X).shape == (n, 2)


def test_weights_move_the_prediction():
    X = pd.DataFrame({"a": np.zeros(60) + np.arange(60) % 3})
    y = np.arange(60) % 2
    weight = np.where(y == 1, 9.0, 1.0)
    model = quick(AutoMLClassifier).fit(X, y, sample_weight=weight)
    assert model.predict_proba(X)[:, 1].mean() > 0.75  # 9 to 1 is 0.9


def test_groups_and_cv(classes):
    X, y = classes
    model = quick(AutoMLClassifier).fit(X, y, groups=np.arange(240) // 4)
    assert len(model.leaderboard_)
    assert len(quick(AutoMLClassifier, cv=4).fit(X, y).leaderboard_)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"time_budget": 0}, "time_budget"),
        ({"memory_limit": -1}, "memory_limit"),
        ({"memory_limit": 1}, "uses"),
        ({"final_refit": "sometimes"}, "refit"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"preset": "brilliant"}, "preset"),
    ],
)
def test_meaningless_parameters_are_refused(changed, said, classes):
    with pytest.raises(UsageError, match=said):
        quick(AutoMLClassifier, **changed).fit(*classes)


def test_bad_input_is_refused(classes):
    X, y = classes
    with pytest.raises(InputError, match="same number of rows"):
        quick(AutoMLClassifier).fit(X, y[:10])
    with pytest.raises(InputError, match="no column"):
        quick(AutoMLClassifier).fit(X, "labell")
    with pytest.raises(InputError, match="missing in all"):
        quick(AutoMLClassifier).fit(X, [None] * 240)


def test_other_columns_at_predict_are_refused(fitted, classes):
    X, _ = classes
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(X[X.columns[::-1]])
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(X.drop(columns="x0"))


def test_unseen_categories_and_missing_values_at_predict(fitted, classes):
    X = classes[0].head(10).copy()
    X["kind"] = "sideways"
    X["x0"] = np.nan
    assert np.isfinite(fitted.predict_proba(X)).all()


def test_plot_shows_course_and_members(fitted):
    pytest.importorskip("matplotlib")
    course, members = fitted.plot()
    assert course.get_xlabel() == "seconds"
    assert len(members.patches) == int((fitted.leaderboard_["weight"] > 0).sum())


def test_splits_of_the_user_count_all_rows_given(classes):
    X, y = classes
    weight = np.where(np.arange(240) < 40, 0.0, 1.0)
    folds = [(np.arange(0, 160), np.arange(160, 240)), (np.arange(80, 240), np.arange(0, 80))]
    model = quick(AutoMLClassifier, cv=folds).fit(X, y, sample_weight=weight)
    assert len(model.leaderboard_)


def test_nothing_within_the_budget_says_what_is_needed(classes, monkeypatch):
    def late(worker):
        worker.close()
        return Failed("timeout", "stopped")

    monkeypatch.setattr(InProcessWorker, "receive", late)
    model = quick(AutoMLClassifier)
    model._clock = SteppingClock(0.5)
    with pytest.raises(EvaluationError, match="raise time_budget"):
        model.fit(*classes)


def test_an_interrupt_leaves_the_best_so_far_fitted(classes):
    def interrupt(gone_s, budget_s, library):
        if library.finished:
            raise KeyboardInterrupt

    model = quick(AutoMLClassifier)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metalearn.automl.fitting.progress_for", lambda verbose: interrupt)
        model.fit(*classes)
    assert len(model.leaderboard_) == 1
    assert len(model.ensemble_.members) == 1
    assert any("interrupted" in note for note in model.notes_)


def test_fold_models_where_nothing_is_refitted(classes):
    model = quick(AutoMLClassifier, final_refit="never").fit(*classes)
    assert set(model.leaderboard_.query("weight > 0")["stage"]) == {"fold models"}
    assert len(model.ensemble_.members[0].pipelines) == 5
    assert model.predict_proba(classes[0]).shape == (240, 3)


def test_members_keep_the_limit_of_inference(classes):
    X, y = classes
    model = quick(AutoMLClassifier, infer_limit=1e-12).fit(X, y)
    assert len(model.ensemble_.members) == 1


def test_progress_line(fitted, classes, capsys):
    quick(AutoMLClassifier, verbose=1).fit(*classes)
    assert "best log_loss" in capsys.readouterr().err
