"""Estimators with a penalty per group of columns: planted noise, groups, conventions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeCV
from sklearn.utils.estimator_checks import check_estimator

from metalearn.errors import InputError
from metalearn.learners.group_penalty import GroupPenaltyLogistic, GroupPenaltyRidge


def table(n: int = 120, n_noise: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3 + n_noise)) * rng.uniform(0.1, 10, 3 + n_noise)
    return X, X[:, :3] / X[:, :3].std(axis=0) @ [1.0, -2.0, 0.5] + 0.5 * rng.normal(size=n)


def test_columns_of_noise_get_larger_penalties_and_the_model_predicts_better() -> None:
    X, y = table()
    model = GroupPenaltyRidge().fit(X[:60], 1000 * y[:60])
    assert np.median(model.penalties_[3:]) > 10 * model.penalties_[:2].max()
    plain = RidgeCV(np.logspace(-4, 4, 30)).fit(X[:60] / X[:60].std(axis=0), y[:60])
    ours = np.mean((model.predict(X[60:]) / 1000 - y[60:]) ** 2)
    theirs = np.mean((plain.predict(X[60:] / X[:60].std(axis=0)) - y[60:]) ** 2)
    assert ours < 0.8 * theirs
    assert model.losses_.min() < model.losses_[0]


def test_penalties_stay_common_where_each_of_its_own_does_not_pay() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 12))
    y = X @ np.ones(12) + 4.0 * rng.normal(size=80)  # all columns matter equally
    model = GroupPenaltyRidge().fit(X, y)
    assert int(np.argmin(model.held_out_losses_)) == 0
    np.testing.assert_array_equal(model.penalties_, np.full(12, model.common_penalty_))


def test_a_penalty_per_group() -> None:
    X, y = table(n_noise=6)
    groups = ["signal"] * 3 + ["noise"] * 6
    model = GroupPenaltyLogistic(groups).fit(X, np.where(y > 0, "up", "down"))
    assert model.groups_.tolist() == ["noise", "signal"]
    assert model.penalties_[0] > model.penalties_[1]
    assert model.score(X, np.where(y > 0, "up", "down")) > 0.8
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(1.0)
    again = clone(model).fit(X, np.where(y > 0, "up", "down"))
    np.testing.assert_array_equal(again.penalties_, model.penalties_)


def test_wrong_groups_and_single_classes_are_refused() -> None:
    X, y = table(n_noise=0)
    with pytest.raises(InputError, match="one label per column"):
        GroupPenaltyRidge([0, 1]).fit(X, y)
    with pytest.raises(InputError, match="two classes"):
        GroupPenaltyLogistic().fit(X, np.zeros(len(X)))


@pytest.mark.parametrize("estimator", [GroupPenaltyRidge, GroupPenaltyLogistic])
def test_conventions_of_scikit_learn(estimator: type) -> None:
    check_estimator(estimator(n_folds=2, max_steps=2), on_skip=None)
