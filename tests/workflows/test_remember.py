"""What an optimizer of the user's found comes back as experience."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.svm import SVC

import metalearn
from metalearn.core.trial import Trial
from metalearn.errors import InputError
from metalearn.store import open_store
from metalearn.testing.warm_worlds import planted_loss, planted_warm
from metalearn.workflows.user_space import in_user_space, space_mapping

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
