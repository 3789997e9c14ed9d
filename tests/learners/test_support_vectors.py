"""Support vector machines predict by matrix products what libsvm predicts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC, SVR, LinearSVC

from metalearn.learners import support_vectors
from metalearn.learners.predictions import class_predictions, number_predictions
from metalearn.learners.scaled_target import scaled_target
from metalearn.learners.support_vectors import has_kernel, kernel_margins

KERNELS = ("rbf", "poly", "sigmoid")


@pytest.fixture
def rows(rng):
    return rng.normal(size=(90, 4))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_classes", [2, 5])
def test_margins_of_classes(rng, rows, kernel, n_classes):
    model = SVC(C=3.0, kernel=kernel, gamma=0.2, coef0=-0.3, degree=3)
    y = np.digitize(rows[:, 0] + 0.3 * rng.normal(size=90), np.linspace(-1, 1, n_classes - 1))
    model.fit(rows, y)
    at = rng.normal(size=(40, 4))
    expected = model.decision_function(at)
    assert kernel_margins(model, at) == pytest.approx(expected, abs=1e-10)
    values = class_predictions(model, at, np.arange(n_classes)).values
    assert (values[:, 1] if n_classes == 2 else values) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
def test_numbers(rng, rows, kernel):
    model = scaled_target(SVR(kernel=kernel, gamma=0.2, coef0=0.4, degree=2, epsilon=0.1))
    model.fit(rows, 50 + 9 * rows[:, 1])
    at = rng.normal(size=(40, 4))
    assert number_predictions(model, at).values == pytest.approx(model.predict(at), rel=1e-10)


def test_rows_in_parts(monkeypatch, rng, rows):
    model = SVC(gamma=0.2).fit(rows, rows[:, 0] > 0)
    whole = kernel_margins(model, rows)
    monkeypatch.setattr(support_vectors, "_MOST_VALUES", 200)
    assert kernel_margins(model, rows) == pytest.approx(whole, abs=1e-12)


def test_a_machine_without_support_vectors(rows):
    model = scaled_target(SVR(epsilon=9.0, gamma=0.1)).fit(rows, rows[:, 0])
    assert len(model.regressor_.support_vectors_) == 0
    assert number_predictions(model, rows).values == pytest.approx(model.predict(rows))


def test_other_machines_are_left_alone(rows):
    y = rows[:, 0] > 0
    assert not has_kernel(LinearSVC().fit(rows, y), "SVC")
    assert not has_kernel(SVC().fit(rows, y), "SVC")  # gamma is a rule, not a number
    assert not has_kernel(SVC(kernel=np.dot, gamma=0.1), "SVC")
