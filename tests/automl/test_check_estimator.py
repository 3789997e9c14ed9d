"""scikit-learn's own checks of the contract; most of them take minutes, hence slow."""

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


QUICK = (
    "check_no_attributes_set_in_init",
    "check_get_params_invariance",
    "check_set_params",
    "check_estimator_cloneable",
    "check_estimators_unfitted",
    "check_parameters_default_constructible",
    "check_dict_unchanged",
    "check_n_features_in",
)


def name_of(value):
    return getattr(getattr(value, "func", value), "__name__", type(value).__name__)


PAIRS = [
    pair
    for made in MODELS
    for pair in estimator_checks_generator(made, expected_failed_checks=EXPECTED, mark="xfail")
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model", "check"),
    [
        pair if isinstance(pair, tuple) and name_of(pair[1]) in QUICK
        else pytest.param(*getattr(pair, "values", pair),
                          marks=[*getattr(pair, "marks", ()), pytest.mark.slow])
        for pair in PAIRS
    ],
    ids=name_of,
)  # fmt: skip
def test_contract(model, check, monkeypatch):
    monkeypatch.setattr(type(model), "_clock", SteppingClock(0.1))
    check(model)
