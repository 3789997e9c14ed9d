from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyRegressor

from metalearn.automl.losses import MEASURES
from metalearn.automl.objective import Truth, objective_of
from metalearn.core.metric import METRICS
from metalearn.errors import UnknownNameError, UsageError
from metalearn.learners.scores import METRICS_OF

CLASSES = np.array(["a", "b", "c"])


@pytest.fixture
def made(rng):
    truth = Truth(rng.integers(0, 3, 80), classes=CLASSES)
    return truth, rng.dirichlet(np.ones(3), size=(4, 80))


ORACLES = {
    "log_loss": lambda y, p: metrics.log_loss(y, p),
    "accuracy": lambda y, p: 1 - metrics.accuracy_score(y, p.argmax(1)),
    "balanced_accuracy": lambda y, p: 1 - metrics.balanced_accuracy_score(y, p.argmax(1)),
    "f1_macro": lambda y, p: 1 - metrics.f1_score(y, p.argmax(1), average="macro"),
    "roc_auc": lambda y, p: 1 - metrics.roc_auc_score(y, p, multi_class="ovr"),
}


@pytest.mark.parametrize("name", ORACLES)
def test_vectorised_losses_equal_scikit_learn(name, made):
    truth, candidates = made
    found = objective_of(name, "classification").losses(truth, candidates)
    assert found == pytest.approx([ORACLES[name](truth.y, p) for p in candidates])


@pytest.mark.parametrize("name", ["log_loss", "accuracy", "balanced_accuracy", "f1_macro"])
def test_weights_equal_scikit_learn(name, made, rng):
    truth, candidates = made
    weight = rng.uniform(0.1, 3.0, 80)
    weighted = Truth(truth.y, weight, CLASSES)
    y, p = truth.y, candidates[0]
    oracle = {
        "log_loss": lambda: metrics.log_loss(y, p, sample_weight=weight),
        "accuracy": lambda: 1 - metrics.accuracy_score(y, p.argmax(1), sample_weight=weight),
        "balanced_accuracy": lambda: 1 - metrics.balanced_accuracy_score(
            y, p.argmax(1), sample_weight=weight
        ),
        "f1_macro": lambda: 1 - metrics.f1_score(
            y, p.argmax(1), average="macro", sample_weight=weight
        ),
    }[name]()  # fmt: skip
    assert objective_of(name, "classification").loss(weighted, p) == pytest.approx(oracle)


@pytest.mark.parametrize("name", ["rmse", "mse", "mae", "medae", "r2"])
def test_regression_losses_equal_scikit_learn(name, rng):
    y, p = rng.normal(size=50), rng.normal(size=50)
    oracle = {
        "rmse": metrics.root_mean_squared_error(y, p),
        "mse": metrics.mean_squared_error(y, p),
        "mae": metrics.mean_absolute_error(y, p),
        "medae": metrics.median_absolute_error(y, p),
        "r2": 1 - metrics.r2_score(y, p),
    }[name]
    assert objective_of(name, "regression").loss(Truth(y), p) == pytest.approx(oracle)


@pytest.mark.parametrize(
    "name", ["f1_weighted", "neg_log_loss", "average_precision", "d2_log_loss_score"]
)
def test_names_of_scikit_learn(name, made):
    truth, candidates = made
    assert np.isfinite(objective_of(name, "classification").losses(truth, candidates)).all()


def test_scorers_of_the_user(rng):
    scorer = metrics.make_scorer(metrics.max_error, greater_is_better=False)
    y, p = rng.normal(size=30), rng.normal(size=30)
    found = objective_of(scorer, "regression")
    assert found.loss(Truth(y), p) == pytest.approx(metrics.max_error(y, p))


def test_scorers_see_the_labels(made):
    truth, candidates = made

    def share_of_a(estimator, X, y):
        assert set(y) <= set(CLASSES)
        return float(np.mean(estimator.predict(X) == "a"))

    expected = -(candidates[0].argmax(1) == 0).mean()
    assert objective_of(share_of_a, "classification").loss(truth, candidates[0]) == pytest.approx(
        expected
    )


def test_reduced_library_has_the_same_log_loss(made):
    truth, candidates = made
    objective = objective_of("log_loss", "classification")
    small, losses = objective.reduced(truth, candidates)
    assert small.shape == (4, 80)
    assert losses(small) == pytest.approx(objective.losses(truth, candidates))


def test_unknown_and_foreign_metrics_are_refused():
    with pytest.raises(UnknownNameError, match="scikit-learn scorer"):
        objective_of("brilliance", "classification")
    with pytest.raises(UsageError, match="not a metric for classification"):
        objective_of("rmse", "classification")


def test_predictions_that_are_not_finite_have_infinite_loss():
    assert (
        objective_of(None, "regression").loss(Truth(np.zeros(2)), np.array([np.nan, 0])) == np.inf
    )


def test_every_metric_of_the_catalogue_has_a_loss_and_a_stored_neighbour():
    assert set(MEASURES) == set(METRICS)
    for name, metric in METRICS.items():
        objective = objective_of(name, metric.kind)
        assert objective.stored in METRICS_OF[metric.kind]
        assert objective.score(objective.optimum) == pytest.approx(0.0, abs=1.0)
        assert objective.greater_is_better == metric.greater_is_better


@pytest.mark.parametrize("name", ["neg_log_loss", "neg_brier_score"])
def test_negated_names_are_our_losses_with_the_score_of_scikit_learn(name, made):
    truth, candidates = made
    objective = objective_of(name, "classification")
    ours = objective_of(name.removeprefix("neg_"), "classification")
    assert objective.losses(truth, candidates) == pytest.approx(ours.losses(truth, candidates))
    assert objective.name == name
    assert objective.score(0.25) == -0.25


def test_scores_of_all_regression_scorers_equal_scikit_learn(rng):
    y, p = rng.uniform(1, 2, 50), rng.uniform(1, 2, 50)

    class Fixed(DummyRegressor):
        def predict(self, X):
            return p

    names = ["neg_root_mean_squared_error", "neg_mean_absolute_percentage_error", "max_error",
             "neg_max_error", "explained_variance", "d2_absolute_error_score"]  # fmt: skip
    for name in set(names) & set(metrics.get_scorer_names()):
        objective = objective_of(name, "regression")
        score = objective.score(objective.loss(Truth(y), p))
        dummy = Fixed().fit(y[:, None], y)
        assert score == pytest.approx(metrics.get_scorer(name)(dummy, y[:, None], y)), name


def test_a_fold_without_a_class_has_the_log_loss_of_the_others():
    truth = Truth(np.array([0, 0, 1]), classes=CLASSES)
    p = np.full((3, 3), 1 / 3)
    assert objective_of("neg_log_loss", "classification").loss(truth, p) == pytest.approx(
        np.log(3)  # three equally likely classes
    )


def test_a_scorer_that_does_not_suit_the_target_is_refused(made):
    truth, _ = made
    with pytest.raises(UsageError, match=r"'f1'.*3 classes.*log_loss"):
        objective_of("f1", "classification").check(truth)
    objective_of("f1_macro", "classification").check(truth)
    objective_of("f1_weighted", "classification").check(truth)


def test_a_scorer_that_fails_on_some_rows_has_an_infinite_loss(made):
    def fails(estimator, X, y):
        raise ZeroDivisionError

    truth, candidates = made
    assert objective_of(fails, "classification").loss(truth, candidates[0]) == np.inf


def test_scorers_of_decisions_use_class_weights():
    assert objective_of("f1_weighted", "classification").uses_labels
    assert objective_of("matthews_corrcoef", "classification").uses_labels
    assert not objective_of("average_precision", "classification").uses_labels


def test_weights_reach_scorers(made, rng):
    truth, candidates = made
    weight = rng.uniform(0.1, 3.0, 80)
    found = objective_of("f1_weighted", "classification").loss(
        Truth(truth.y, weight, CLASSES), candidates[0]
    )
    labels = candidates[0].argmax(1)
    expected = metrics.f1_score(truth.y, labels, average="weighted", sample_weight=weight)
    assert found == pytest.approx(-expected)
