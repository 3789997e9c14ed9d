"""Scores and losses are never taken for each other, in any library, whichever way it searches.

Right values follow from the definition of the loss: optimum - score for a metric that is
maximised (1 - score for shares), the score itself for one that is minimised.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC, SVR

from metalearn.bridges import get
from metalearn.bridges.direction import Reading, reading_of
from metalearn.core.metric import METRICS, metric_named
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.testing.warm_worlds import planted_warm
from metalearn.workflows.warm_start.build import _trials
from metalearn.workflows.warm_start.user_space import in_user_space, space_mapping

X, Y = load_iris(return_X_y=True)
WARM = planted_warm(n_seeds=2)
DEFAULT = WARM.space.default()
SEEN = replace(WARM, observations=(Trial(DEFAULT).finished(0.05),))  # a score of 0.95


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
@pytest.mark.parametrize("maximised", [True, False])
def test_reading_and_its_inverse_agree_for_every_metric(metric, maximised):
    reading = Reading(metric, maximised)
    for loss in (0.0, 0.25, 1.0):
        assert reading.loss(reading.value(loss)) == pytest.approx(loss)
    best, worse = sorted([0.1, 0.7], reverse=maximised)
    assert reading.loss(best) < reading.loss(worse)


@pytest.mark.parametrize(
    ("name", "maximised"),
    [("loss", False), ("accuracy", True), ("balanced_accuracy", True), ("val_accuracy", True),
     ("score", True), ("log_loss", False), ("neg_log_loss", True), ("rmse", False),
     ("neg_mean_squared_error", True), ("val_loss", False), ("anything", False)],
)  # fmt: skip
def test_a_name_says_which_way_is_better(name, maximised):
    assert reading_of(WARM, name).maximised is maximised


@pytest.mark.parametrize(
    ("name", "mode"), [("accuracy", "min"), ("loss", "max"), ("neg_log_loss", "min")]
)
def test_a_mode_that_contradicts_the_name_is_refused(name, mode):
    with pytest.raises(UsageError, match="direction"):
        reading_of(WARM, name, mode=mode)


def test_observations_of_another_metric_are_refused():
    with pytest.raises(UsageError, match="log_loss"):
        reading_of(SEEN, "log_loss")


class TestOptuna:
    optuna = pytest.importorskip("optuna")

    @pytest.mark.parametrize("how", ["study", "direction"])
    def test_observations_in_a_study_of_the_other_direction_are_turned(self, how):
        other = (
            {"study": self.optuna.create_study(direction="minimize")}
            if how == "study"
            else {"direction": self.optuna.study.StudyDirection.MINIMIZE}
        )
        with pytest.warns(UserWarning, match="direction"):
            study = SEEN.to_optuna(seed=0, **other)
        assert study.best_value == pytest.approx(0.05)

    def test_a_metric_that_is_minimised_in_a_study_that_maximises(self):
        warm = replace(SEEN, metric=metric_named("log_loss"))
        with pytest.warns(UserWarning, match="direction"):
            study = warm.to_optuna(seed=0, direction="maximize")
        assert study.best_value == pytest.approx(-0.05)
        (trial,) = get("optuna").trials(warm, _done(self.optuna, warm, -0.2, "maximize"))
        assert trial.loss == pytest.approx(0.2)

    @pytest.mark.parametrize(("direction", "loss"), [("minimize", 0.2), ("maximize", 0.8)])
    def test_values_are_read_by_the_direction_of_the_study(self, direction, loss):
        (trial,) = get("optuna").trials(WARM, _done(self.optuna, WARM, 0.2, direction))
        assert trial.loss == pytest.approx(loss)


def _done(optuna, warm, value, direction):
    from metalearn.bridges.optuna import distributions

    study = optuna.create_study(direction=direction)
    kinds = distributions(warm.space)
    values = dict(DEFAULT.hyperparameters)
    study.add_trial(optuna.trial.create_trial(
        params=values, distributions={n: kinds[n] for n in values}, value=value))  # fmt: skip
    return study


class TestFLAML:
    def test_mode_and_rewards_go_by_the_name(self):
        pytest.importorskip("flaml")
        arguments = SEEN.to_flaml(metric="balanced_accuracy", seed=0)
        assert arguments["mode"] == "max"
        assert SEEN.to_flaml(seed=0)["mode"] == "min"
        with pytest.raises(UsageError, match="direction"):
            SEEN.to_flaml(metric="balanced_accuracy", mode="min")

    @pytest.mark.parametrize(("metric", "mode"), [("loss", "min"), ("balanced_accuracy", "max")])
    def test_results_are_read_by_the_mode(self, metric, mode):
        flaml = pytest.importorskip("flaml")
        score = 0.9 if mode == "max" else 0.1
        analysis = flaml.tune.run(lambda _: {metric: score}, num_samples=2, verbose=0,
                                  **WARM.to_flaml(metric=metric, seed=0))  # fmt: skip
        trials = get("flaml").trials(WARM, analysis)
        assert [trial.loss for trial in trials] == pytest.approx([0.1] * len(trials))

    def test_what_is_no_analysis_is_refused(self):
        with pytest.raises(InputError, match=r"flaml\.tune\.run"):
            get("flaml").trials(WARM, object())


GRID = {"C": [0.1, 1.0, 10.0]}


class TestScikitLearn:
    def searched(self, scoring):
        return GridSearchCV(SVC(), GRID, scoring=scoring, refit=False, cv=2).fit(X, Y)

    @pytest.mark.parametrize(
        "scoring", [["accuracy", "balanced_accuracy"], {"a": "balanced_accuracy", "b": "accuracy"}]
    )
    def test_of_several_scorers_the_one_of_the_warm_start_is_read(self, scoring):
        mapping = space_mapping(GRID, estimator=SVC(), n_features=4)
        warm = in_user_space(WARM, mapping, 1)
        wanted = self.searched("balanced_accuracy").cv_results_["mean_test_score"]
        losses = [t.loss for t in get("sklearn_search").trials(warm, self.searched(scoring))]
        np.testing.assert_allclose(losses, 1.0 - wanted)

    def test_scorers_with_their_sign_turned_are_turned_back(self):
        mapping = space_mapping(GRID, estimator=SVR(), n_features=4)
        warm = in_user_space(WarmStart(mapping.ours, (mapping.ours.default(),)), mapping, 1)
        warm = replace(warm, metric=metric_named("mse"))
        search = GridSearchCV(SVR(), GRID, scoring="neg_mean_squared_error", cv=2)
        trials = get("sklearn_search").trials(warm, search.fit(X, Y.astype(float)))
        assert [t.loss for t in trials] == pytest.approx(
            list(-search.cv_results_["mean_test_score"])
        )


def test_pairs_with_several_losses_are_refused():
    for name in ("raytune", "nevergrad"):
        told = [(dict(DEFAULT.hyperparameters), [0.1, 0.2])]
        if name == "nevergrad":
            told = [(type("Asked", (), {"kwargs": told[0][0]}), [0.1, 0.2])]
        with pytest.raises(UsageError, match="2 objectives"):
            get(name).trials(WARM, told)


@pytest.mark.parametrize(
    "name", ["neg_log_loss", "neg_root_mean_squared_error", "neg_brier_score"]
)
def test_names_of_scorers_with_their_sign_turned_are_refused(name):
    with pytest.raises(UnknownNameError, match="sign turned"):
        metric_named(name)


@pytest.mark.parametrize(
    ("metric", "score"),
    [("balanced_accuracy", 70.0), ("balanced_accuracy", -0.9), ("log_loss", -0.3), ("rmse", -1.0),
     ("r2", 1.5)],
)  # fmt: skip
def test_observed_scores_that_the_metric_cannot_have_are_refused(metric, score):
    with pytest.raises(InputError, match="sign turned"):
        _trials({DEFAULT: score}, metric_named(metric))


def test_observed_scores_become_losses_and_nan_a_failure():
    (good,) = _trials({DEFAULT: 0.9}, metric_named("roc_auc"))
    (failed,) = _trials({DEFAULT: float("nan")}, metric_named("r2"))
    assert good.loss == pytest.approx(0.1)
    assert failed.status == "failed"
