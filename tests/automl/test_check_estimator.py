"""scikit-learn's own checks of the contract; minutes, hence slow."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from metalearn.automl.estimators import AutoMLClassifier, AutoMLRegressor

from .clocks import SteppingClock

EXPECTED = {
    **dict.fromkeys(
        (
            "check_sample_weight_equivalence_on_dense_data",
            "check_sample_weight_equivalence_on_sparse_data",
        ),
        "the preparation and the folds do not repeat rows by their weight",
    ),
    **dict.fromkeys(
        ("check_supervised_y_2d", "check_regressors_int", "check_fit_idempotent"),
        "how far a search gets depends on the machine, so two fits may differ",
    ),
}
MODELS = (
    AutoMLClassifier(
        3, remember=False, random_state=0, algorithms=["logistic_regression", "decision_tree"]
    ),
    AutoMLRegressor(3, remember=False, random_state=0, algorithms=["ridge", "decision_tree"]),
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model", "check"),
    [
        pair
        for made in MODELS
        for pair in estimator_checks_generator(made, expected_failed_checks=EXPECTED, mark="xfail")
    ],
    ids=lambda value: getattr(getattr(value, "func", value), "__name__", type(value).__name__),
)
def test_contract(model, check, monkeypatch):
    monkeypatch.setattr(type(model), "_clock", SteppingClock(0.1))
    check(model)
