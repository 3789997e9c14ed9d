"""Scores equal scikit-learn's own metrics, classes that a fold lacks included."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from metalearn.learners.scores import classification_scores, regression_scores

N_CLASSES = 4


class Fixed:
    """A fitted classifier whose probabilities or decisions are given."""

    def __init__(self, classes: list[int], output: np.ndarray, *, probability: bool) -> None:
        self.classes_ = np.array(classes)
        self.output = output
        if probability:
            self.predict_proba = lambda X: self.output
        else:
            self.decision_function = lambda X: self.output

    def predict(self, X: object) -> np.ndarray:
        if self.output.ndim == 1:
            return self.classes_[(self.output > 0).astype(int)]
        return self.classes_[self.output.argmax(axis=1)]


def drawn(classes: list[int], n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return codes over these classes and informative probabilities over all classes."""
    rng = np.random.default_rng(len(classes))
    codes = rng.choice(classes, n)
    weights = rng.random((n, N_CLASSES)) + 0.05 + 0.7 * np.eye(N_CLASSES)[codes]
    return codes, np.round(weights / weights.sum(axis=1, keepdims=True), 2) + 0.01


@pytest.mark.parametrize("present", [[0, 1, 2, 3], [0, 2, 3], [1, 3]])
@pytest.mark.parametrize("probability", [True, False])
def test_many_classes(present, probability):
    codes, output = drawn(present)
    output /= output.sum(axis=1, keepdims=True)
    model = Fixed([0, 1, 2, 3], output, probability=probability)
    scores = classification_scores(model, None, codes, N_CLASSES)
    predicted = model.predict(None)
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(codes, predicted))
    recalls = metrics.recall_score(codes, predicted, labels=present, average=None)
    assert scores["balanced_accuracy"] == pytest.approx(recalls.mean())
    areas = [metrics.roc_auc_score(codes == c, output[:, c]) for c in present]
    assert scores["roc_auc"] == pytest.approx(np.mean(areas))
    if len(present) == N_CLASSES:
        balanced = metrics.balanced_accuracy_score(codes, predicted)
        assert scores["balanced_accuracy"] == pytest.approx(balanced)
        area = metrics.roc_auc_score(codes, output, multi_class="ovr", average="macro")
        assert scores["roc_auc"] == pytest.approx(area)
    if probability:
        loss = metrics.log_loss(codes, output, labels=range(N_CLASSES))
        assert scores["log_loss"] == pytest.approx(loss)
    assert ("log_loss" in scores) == probability


@pytest.mark.parametrize("probability", [True, False])
def test_two_classes_with_ties(probability):
    codes = np.random.default_rng(0).integers(0, 2, 80)
    positive = np.clip(np.round(0.5 + 0.3 * (codes - 0.5), 1), 0.1, 0.9)
    output = np.column_stack([1 - positive, positive]) if probability else positive - 0.5
    model = Fixed([0, 1], output, probability=probability)
    scores = classification_scores(model, None, codes, 2)
    predicted = model.predict(None)
    balanced = metrics.balanced_accuracy_score(codes, predicted)
    assert scores["balanced_accuracy"] == pytest.approx(balanced)
    assert scores["roc_auc"] == pytest.approx(metrics.roc_auc_score(codes, positive))
    if probability:
        assert scores["log_loss"] == pytest.approx(metrics.log_loss(codes, positive))


@pytest.mark.parametrize("probability", [True, False])
def test_a_class_that_training_lacked(probability):
    """It is never predicted: recall 0, likelihood 0 cut to 1e-15, and its area is one half."""
    codes = np.array([0, 1, 1, 2, 0])
    output = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5], [0.7, 0.3]])
    model = Fixed([0, 1], output, probability=probability)
    if not probability:
        model.output = output[:, 1] - output[:, 0]
    scores = classification_scores(model, None, codes, 3)
    assert scores["balanced_accuracy"] == pytest.approx((1.0 + 0.5 + 0.0) / 3)
    assert scores["accuracy"] == pytest.approx(3 / 5)
    if probability:
        likelihoods = np.array([0.9, 0.8, 0.4, 1e-15, 0.7])
        assert scores["log_loss"] == pytest.approx(-np.log(likelihoods).mean())
    areas = [metrics.roc_auc_score(codes == c, output[:, c]) for c in (0, 1)]
    assert scores["roc_auc"] == pytest.approx((sum(areas) + 0.5) / 3)


def test_one_class_in_the_fold_leaves_the_area_out():
    model = Fixed([0, 1], np.full((3, 2), 0.5), probability=True)
    scores = classification_scores(model, None, np.zeros(3, dtype=int), 2)
    assert "roc_auc" not in scores
    assert scores["log_loss"] == pytest.approx(np.log(2))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_predictions_must_be_finite(value):
    model = Fixed([0, 1], np.array([[value, 0.5]]), probability=True)
    with pytest.raises(ValueError, match="not finite"):
        classification_scores(model, None, np.array([0]), 2)
    with pytest.raises(ValueError, match="not finite"):
        regression_scores([value], np.zeros(1), 1.0)


@pytest.mark.parametrize("column", [False, True])
def test_regression(column):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=50)
    predicted = truth + rng.normal(size=50)
    scores = regression_scores(predicted[:, None] if column else predicted, truth, 1.0)
    assert scores["r2"] == pytest.approx(metrics.r2_score(truth, predicted))
    assert scores["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, predicted))
    assert scores["mae"] == pytest.approx(metrics.mean_absolute_error(truth, predicted))


def test_a_constant_fold_is_compared_with_the_whole_target():
    scores = regression_scores([1.0, 3.0], np.array([2.0, 2.0]), baseline=4.0)
    assert scores == {"r2": pytest.approx(1 - 1 / 4), "rmse": 1.0, "mae": 1.0}
