"""Features of linear models: splines of columns, kernels, and columns left as they are."""

from typing import Any

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge

from metalearn.core.configuration import Configuration
from metalearn.learners import get
from metalearn.learners.feature_steps import SplineColumns, Unchanged


def _model(name: str, values: dict[str, Any]) -> Any:
    return get(name).estimator("regression", Configuration(name, values))


def test_only_columns_of_many_values_are_curved() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=50), np.arange(50) % 2, np.zeros(50)])
    step = SplineColumns(n_knots=5, degree=3).fit(X)
    assert [len(knots) for knots in step.knots_] == [5, 0, 0]
    found = step.transform(X)
    assert found.shape == (50, 2 + 5 + 3 - 2)  # splines without one that the intercept replaces
    np.testing.assert_array_equal(found[:, :2], X[:, 1:])


def test_many_equal_values_leave_finite_features() -> None:
    X = np.concatenate([np.zeros(40), np.arange(10.0)])[:, None]
    found = SplineColumns(n_knots=8).fit(X).transform(np.linspace(-20, 30, 11)[:, None])
    assert np.isfinite(found).all()


def test_functions_are_linear_outside_the_knots() -> None:
    X = np.linspace(0, 1, 30)[:, None]
    step = SplineColumns(n_knots=4).fit(X)
    beyond = step.transform(np.array([[2.0], [3.0], [4.0]]))
    np.testing.assert_allclose(beyond[0] - beyond[1], beyond[1] - beyond[2])


def test_wide_tables_get_fewer_knots_then_none() -> None:
    rng = np.random.default_rng(0)
    wide, wider = rng.normal(size=(60, 400)), rng.normal(size=(60, 900))
    assert SplineColumns(n_knots=20).fit(wide).transform(wide).shape[1] <= 2000
    np.testing.assert_array_equal(SplineColumns().fit(wider).transform(wider), wider)


def test_unchanged_passes_its_input_on() -> None:
    X = np.arange(6.0).reshape(3, 2)
    assert Unchanged().fit(X).transform(X) is X


def test_an_additive_function_is_found() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, size=(400, 3))
    y = np.sin(3 * X[:, 0]) + X[:, 1] ** 2 + 0.01 * rng.normal(size=400)
    values = {"n_knots": 12, "degree": 3, "alpha": 1e-4}
    model = get("additive_splines").estimator(
        "regression", Configuration("additive_splines", values)
    )
    assert model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.99


@pytest.mark.parametrize("kernel", ["rbf", "laplacian"])
def test_with_all_rows_as_components_it_is_kernel_ridge(kernel: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    half = np.sin(X[:30].sum(axis=1))
    y = np.concatenate([half, -half])  # mean 0, so that no intercept is needed
    X[30:] = -X[:30]
    y = (y - y.mean()) / y.std()
    values = {
        "kernel": kernel,
        "gamma": 0.3,
        "n_components": 60,
        "linear_part": "no",
        "alpha": 0.1,
    }
    ours = get("nystroem").estimator("regression", Configuration("nystroem", values)).fit(X, y)
    reference = KernelRidge(alpha=0.1, kernel=kernel, gamma=0.3).fit(X, y)
    new = rng.normal(size=(20, 2))
    np.testing.assert_allclose(ours.predict(new), reference.predict(new), atol=1e-6)
