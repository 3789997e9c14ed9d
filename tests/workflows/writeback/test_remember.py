"""What an optimizer of the user's found is stored as runs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.svm import SVC

import metalearn
from metalearn.core.trial import Trial
from metalearn.errors import InputError, UsageError
from metalearn.learners.tables import table_of
from metalearn.store import open_store
from metalearn.store.exporting import export_parquet
from metalearn.testing.warm_worlds import planted_loss, planted_warm
from metalearn.workflows.warm_start.user_space import in_user_space, space_mapping
from metalearn.workflows.writeback.records import journal_of
from metalearn.workflows.writeback.remember import TrialMemory

X, Y = load_iris(return_X_y=True)


def test_trials_are_stored_once_under_a_task_of_their_own(tmp_path):
    kb, warm = tmp_path / "mine.duckdb", planted_warm()
    trials = [Trial(c).finished(planted_loss(c)) for c in warm.configurations]
    trials.append(Trial(warm.space.default()).failed())
    metalearn.remember(warm, trials, X, Y, kb=kb)
    again = metalearn.remember(warm, trials, X, Y, kb=kb)
    assert not again.new.get("evaluations")
    with open_store(kb) as store:
        found = store.evaluations("balanced_accuracy", algorithm="svc")
    assert len(found) == len(trials)
    assert sorted(found["status"]) == ["failed", *["ok"] * (len(trials) - 1)]
    best = 1.0 - min(planted_loss(c) for c in warm.configurations)
    assert np.nanmax(found["value"].to_numpy(float)) == pytest.approx(best)


def test_a_search_in_the_users_words_is_stored_in_ours(tmp_path):
    kb = tmp_path / "mine.duckdb"
    search = planted_warm().to_sklearn_search(
        SVC(), n_iter=4, cv=2, random_state=0, scoring="balanced_accuracy"
    )
    search.fit(X, Y)
    metalearn.remember(search.warm_start_, search, X, Y, kb=kb)
    with open_store(kb) as store:
        found = store.evaluations("balanced_accuracy", algorithm="svc")
    assert len(found) == 4
    assert all('"class_weight":"' in text for text in found["hyperparameters"])


def test_what_is_not_of_our_space_is_refused(tmp_path):
    mapping = space_mapping({"C": [1.0, 2.0], "tol": [1e-3, 0.5]}, estimator=SVC(), n_features=4)
    warm = in_user_space(planted_warm(), mapping, 1)
    strange = Trial(warm.space.configuration({"C": 1.0, "tol": 0.5})).finished(0.1)
    with pytest.raises(InputError, match="tol is unknown"):
        metalearn.remember(warm, [strange], X, Y, kb=tmp_path / "mine.duckdb")


def _study(warm, *extras, **options):
    """Return a study whose objective suggests a parameter that the warm start does not know."""
    optuna = pytest.importorskip("optuna")
    from metalearn.bridges.optuna import suggest

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = warm.to_optuna(seed=0, **options)
    for extra in extras:
        trial = study.ask()
        loss = planted_loss(suggest(trial, warm.space))
        if extra is not None:
            trial.suggest_float("smoothing", *extra)
        study.tell(trial, float(warm.metric.score(loss)))
    return study


def test_a_search_of_an_unknown_parameter_is_not_stored_as_the_plain_configuration(tmp_path):
    kb, warm = tmp_path / "mine.duckdb", planted_warm(n_seeds=2)
    study = _study(warm, (0, 1), (0, 1), (0, 1))
    with (pytest.warns(UserWarning, match="3 of 3 trials are not remembered.*smoothing"),
          pytest.raises(InputError, match="smoothing is searched")):  # fmt: skip
        metalearn.remember(warm, study, X, Y, kb=kb)
    # Trials without the parameter are plain configurations.
    with pytest.warns(UserWarning, match="2 of 4 trials are not remembered"):
        metalearn.remember(warm, _study(warm, None, (0, 1), None, (0, 1)), X, Y, kb=kb)
    with open_store(kb) as store:
        assert len(store.evaluations("balanced_accuracy", algorithm="svc")) == 2


def test_an_unknown_parameter_that_is_constant_changes_nothing(tmp_path):
    kb, warm = tmp_path / "mine.duckdb", planted_warm(n_seeds=2)
    metalearn.remember(warm, _study(warm, (1, 1), (1, 1), (1, 1)), X, Y, kb=kb)
    with open_store(kb) as store:
        assert len(store.evaluations("balanced_accuracy", algorithm="svc")) == 3


def test_a_trial_of_an_unknown_parameter_is_not_remembered_while_it_runs(tmp_path):
    kb = tmp_path / "mine.duckdb"
    memory = TrialMemory(table_of(X, Y), kb)
    warm = replace(planted_warm(n_seeds=2), memory=memory)
    with pytest.warns(UserWarning, match="not remembered"):
        _study(warm, (0, 1), None, (0, 1))
    memory.publish()
    with open_store(kb) as store:
        assert len(store.evaluations("balanced_accuracy", algorithm="svc")) == 1


@pytest.mark.parametrize("bridge", ["raytune", "nevergrad", "hyperopt"])
def test_unknown_parameters_in_other_libraries(tmp_path, bridge):
    """Pairs of Ray Tune need no Ray; constants of the user's own space are no parameters."""
    warm = planted_warm(n_seeds=2)
    values = dict(warm.configurations[0].hyperparameters)
    varied = [{**values, "smoothing": s} for s in (0.1, 0.2)]
    if bridge == "nevergrad":
        ng = pytest.importorskip("nevergrad")
        loose = ng.p.Instrumentation(
            smoothing=ng.p.Scalar(lower=0, upper=1), kept="constant",
            **{name: ng.p.Choice([value, "other"]) for name, value in values.items()},
        )  # fmt: skip
        result = [(loose.spawn_child(new_value=((), {**v, "kept": "constant"})), 0.3)
                  for v in varied]  # fmt: skip
    elif bridge == "raytune":
        result = [(v, 0.3) for v in varied]
    else:
        hyperopt = pytest.importorskip("hyperopt")
        start = warm.to_hyperopt()
        space = {"ours": start.space, "smoothing": hyperopt.hp.uniform("smoothing", 0, 1)}
        result = hyperopt.Trials()
        hyperopt.fmin(lambda point: point["smoothing"], space, algo=hyperopt.rand.suggest,
                      max_evals=3, trials=result, rstate=np.random.default_rng(0),
                      show_progressbar=False)  # fmt: skip
    with (pytest.warns(UserWarning, match="not remembered: they searched smoothing,"),
          pytest.raises(InputError, match="smoothing is searched")):  # fmt: skip
        metalearn.remember(warm, result, X, Y, kb=tmp_path / "mine.duckdb", bridge=bridge)


@pytest.fixture(params=["some tasks", pytest.param("all tasks", marks=pytest.mark.slow)])
def bundled(request, some_tasks_file, tmp_path, monkeypatch):
    """A folder of some bundled tasks in the place of all, or these."""
    if request.param == "some tasks":
        folder = export_parquet(some_tasks_file, tmp_path / "bundled")
        monkeypatch.setattr("metalearn.store.locations.bundled_store", lambda: folder)


@pytest.mark.usefixtures("bundled")
def test_the_users_own_store_starts_as_a_copy_of_the_bundled_data(tmp_path, monkeypatch):
    monkeypatch.delenv("METALEARN_KB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    warm = planted_warm()
    trials = [Trial(c).finished(planted_loss(c)) for c in warm.configurations]
    with open_store() as store:
        n_known = len(store.tasks())
    metalearn.remember(warm, trials, X, Y)
    with open_store() as store:
        assert store.path.is_relative_to(tmp_path)
        assert len(store.tasks()) == n_known + 1
    known = metalearn.warm_start(X, Y, space="svc", k=1)  # the same table, under another procedure
    assert known.configurations


def test_a_folder_that_only_reads_is_refused(tmp_path, monkeypatch):
    from metalearn.store.locations import bundled_store

    monkeypatch.setenv("METALEARN_KB", str(bundled_store()))
    with pytest.raises(UsageError, match="only reads"):
        metalearn.remember(planted_warm(), [Trial(planted_warm().space.default()).failed()], X, Y)


def test_trials_told_one_by_one_wait_in_the_journal_and_reach_the_store(tmp_path):
    kb = tmp_path / "mine.duckdb"
    memory = TrialMemory(table_of(X, Y), kb, "3-fold")
    warm = replace(planted_warm(), memory=memory)
    for configuration in warm.configurations:
        warm.tell(Trial(configuration).finished(planted_loss(configuration)))
    assert not kb.exists()
    memory.publish()
    memory.publish()
    with open_store(kb) as store:
        found = store.evaluations("balanced_accuracy", algorithm="svc")
    assert len(found) == len(warm.configurations)


def test_trials_wait_while_another_process_writes(tmp_path):
    kb, warm = tmp_path / "mine.duckdb", planted_warm()
    memory = TrialMemory(table_of(X, Y), kb)
    first, second = warm.configurations[:2]
    with journal_of(kb):
        memory.tell(warm, [Trial(first).finished(0.1)])
    memory.tell(warm, [Trial(second).finished(0.2)])
    memory.publish()
    with open_store(kb) as store:
        assert len(store.evaluations("balanced_accuracy", algorithm="svc")) == 2


def test_what_was_told_is_published_when_the_program_ends(tmp_path):
    program = f"""
import numpy as np
from metalearn.core.trial import Trial
from metalearn.learners.tables import table_of
from metalearn.testing.warm_worlds import planted_warm
from metalearn.workflows.writeback.remember import TrialMemory
table = table_of(np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2)
memory = TrialMemory(table, {str(tmp_path / "mine.duckdb")!r})
memory.tell(planted_warm(), [Trial(planted_warm().space.default()).finished(0.1)])
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    with open_store(tmp_path / "mine.duckdb") as store:
        assert len(store.evaluations("balanced_accuracy", algorithm="svc")) == 1


def test_a_warm_start_remembers_if_it_is_asked_to(tmp_path):
    kb = tmp_path / "mine.duckdb"
    trials = [Trial(c).finished(planted_loss(c)) for c in planted_warm(n_seeds=3).configurations]
    metalearn.remember(planted_warm(), trials, X, Y, kb=kb)
    rng = np.random.default_rng(0)
    other, target = rng.normal(size=(60, 3)), np.arange(60) % 2
    warm = metalearn.warm_start(
        other, target, space="svc", k=2, kb=kb, remember=True, procedure="5-fold"
    )
    assert isinstance(warm.memory, TrialMemory)
    warm.tell(Trial(warm.configurations[0]).finished(0.3))
    warm.memory.publish()
    with open_store(kb) as store:
        assert len(store.tasks()) == 2


def test_a_search_remembers_its_candidates(tmp_path):
    kb, warm = tmp_path / "mine.duckdb", planted_warm()
    memory = TrialMemory(table_of(X, Y), kb)
    search = replace(warm, memory=memory).to_sklearn_search(
        SVC(), n_iter=3, cv=2, random_state=0, scoring="balanced_accuracy"
    )
    search.fit(X, Y)
    memory.publish()
    with open_store(kb) as store:
        assert len(store.evaluations("balanced_accuracy", algorithm="svc")) == 3


def test_scores_of_another_metric_are_not_remembered(tmp_path):
    search = planted_warm().to_sklearn_search(SVC(), n_iter=2, cv=2, random_state=0).fit(X, Y)
    with pytest.raises(UsageError, match="accuracy"):
        metalearn.remember(search.warm_start_, search, X, Y, kb=tmp_path / "mine.duckdb")


def test_a_loss_that_no_score_has_is_refused(tmp_path):
    wrong = [Trial(planted_warm().space.default()).finished(-0.9)]  # the score, turned round
    with pytest.raises(InputError, match="no balanced_accuracy has a loss"):
        metalearn.remember(planted_warm(), wrong, X, Y, kb=tmp_path / "mine.duckdb")
