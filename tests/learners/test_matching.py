"""A user's own space is matched to ours by names, ranges and values, and says so."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from metalearn import learners
from metalearn.core.configuration import Configuration
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.learners.matching import meant_by
from metalearn.workflows.warm_start.user_space import natural_mapping, space_mapping


def _svc(**values):
    space = learners.get("svc").space("classification")
    return space.configuration({"kernel": "rbf", "C": 1.0, "gamma": 0.1, **values})


def _rows(mapping):
    return {row[0]: row[1] for row in mapping.rows() if row[0] != "-"}


@pytest.mark.parametrize("name", ["C", "svc__C", "svc_C", "svc.c", "model__C"])
def test_names_are_told_by_their_ending(name):
    assert _rows(space_mapping({name: [0.1, 1.0]}, algorithm="svc")) == {name: "C"}


def test_a_pipeline_tells_its_prefix_and_leaves_other_steps_alone():
    pipeline = Pipeline([("scale", StandardScaler()), ("model", SVC(kernel="poly"))])
    grid = {"model__C": [0.1, 1.0], "scale__with_mean": [True, False], "model__tol": [1e-3, 1e-2]}
    mapping = space_mapping(grid, estimator=pipeline)
    assert _rows(mapping)["model__C"] == "C"
    assert _rows(mapping)["scale__with_mean"] == _rows(mapping)["model__tol"] == "-"
    assert "fixed at 'poly'" in str(mapping)
    assert not mapping.notes  # it scales


def test_an_unscaled_svc_is_told_so():
    assert "StandardScaler" in str(space_mapping({"C": [0.1, 1.0]}, estimator=SVC()))


def test_a_number_moves_to_the_nearest_end_and_is_dropped_if_far():
    mapping = space_mapping({"C": [0.5, 2.0, 8.0]}, estimator=SVC())
    assert mapping.to_theirs(_svc(C=12.0)).hyperparameters["C"] == 8.0
    assert "far from" in mapping.to_theirs(_svc(C=1000.0))


def test_another_kernel_is_dropped_and_another_class_weight_is_not():
    mapping = space_mapping({"C": [0.5, 2.0, 8.0]}, estimator=SVC())
    kept, notes = mapping.initial_design(
        [_svc(kernel="poly"), _svc(C=0.5, class_weight="balanced"), _svc(C=2.0)]
    )
    assert [c.hyperparameters["C"] for c in kept] == [0.5, 2.0]
    assert any("kernel is fixed at 'rbf'" in note for note in notes)
    assert any("another class_weight" in note for note in notes)


def test_a_category_that_is_not_offered_drops_the_configuration():
    mapping = space_mapping({"C": [1.0, 2.0], "kernel": ["rbf", "linear"]}, estimator=SVC())
    assert isinstance(mapping.to_theirs(_svc()), Configuration)
    assert "kernel" in mapping.to_theirs(_svc(kernel="poly"))


def test_words_and_counts_of_columns_are_shares():
    grid = {"max_features": ["sqrt", None, 0.5], "class_weight": [None, "balanced"]}
    mapping = space_mapping(grid, estimator=RandomForestClassifier(), n_features=25)
    space = learners.get("random_forest").space("classification")
    near_sqrt = space.configuration({"max_features": 0.25, "class_weight": "none"})
    found = mapping.to_theirs(near_sqrt).hyperparameters
    assert found["max_features"] == "sqrt"
    assert found["class_weight"] is None
    back = mapping.to_ours({"max_features": "sqrt", "class_weight": None})
    assert back.hyperparameters["max_features"] == 0.2
    assert back.hyperparameters["class_weight"] == "none"


def test_unlimited_depth_and_inner_estimators():
    assert _rows(space_mapping({"estimator__max_depth": [1, 2, 3]},
                               estimator=AdaBoostClassifier()))  # fmt: skip
    mapping = space_mapping({"max_depth": [3, None], "n_estimators": [10, 100]},
                            estimator=RandomForestClassifier())  # fmt: skip
    assert "left to you, starting at None" in str(mapping)


def test_every_value_survives_the_way_there_and_back():
    mapping = natural_mapping(make_pipeline(StandardScaler(), SVC()))
    rng = np.random.default_rng(0)
    for ours in learners.get("svc").space("classification").sample(40, rng):
        theirs = mapping.to_theirs(ours)
        assert mapping.to_ours(theirs.hyperparameters) == ours


@pytest.mark.parametrize(
    ("space", "options", "error", "words"),
    [
        ({"C": [1.0, 2.0]}, {}, UsageError, "which learner"),
        ({"gama": [1.0, 2.0]}, {"estimator": SVC()}, InputError, "gamma"),
        ({"tol": [1e-3, 1e-2]}, {"estimator": SVC()}, InputError, "with stored runs"),
        ({"a__C": [1.0], "b__C": [2.0]}, {"algorithm": "svc"}, InputError, "both look like"),
        ({"C": [1.0]}, {"algorithm": "svcc"}, UnknownNameError, "svc"),
        ({"C": [1.0]}, {"estimator": SVC(), "kind": "regression"}, UsageError, "regression"),
        ({"kernel": ["linear"]}, {"estimator": SVC()}, InputError, "rbf"),
        ({"max_features": range(1, 9)}, {"estimator": object()}, UnknownNameError, "SVC"),
    ],
)
def test_what_cannot_be_understood_is_refused(space, options, error, words):
    with pytest.raises(error, match=words):
        space_mapping(space, **options)


def test_names_can_be_told():
    mapping = space_mapping({"cost": [1.0, 2.0], "odd": [1, 2]}, estimator=LogisticRegression(),
                            names={"cost": "C", "odd": None})  # fmt: skip
    assert _rows(mapping) == {"cost": "C", "odd": "-"}


@pytest.mark.parametrize(
    ("algorithm", "kind", "near"),
    [("svm", None, "svc"), ("random_forrest", "classification", "random_forest"),
     ("svr", "classification", "svc"), ("ridge", "classification", "elastic_net"),
     ("svc", "regression", "svr"), ("", None, "svc")],
)  # fmt: skip
def test_the_error_names_what_is_known(algorithm, kind, near):
    with pytest.raises(UnknownNameError, match=f"algorithm.*{near}"):
        meant_by(None, algorithm, kind)


def test_a_known_one_is_found():
    assert meant_by(None, "svc", None).known.name == "SVC"


def _boosting(name: str, kind: str = "Classifier", **options):
    package, prefix = {"xgboost": ("xgboost", "XGB"), "catboost": ("catboost", "CatBoost")}[name]
    return getattr(pytest.importorskip(package), prefix + kind)(**options)


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("xgboost", "eta", "learning_rate"),
        ("xgboost", "model__n_estimators", "n_estimators"),
        ("xgboost", "num_boost_round", "n_estimators"),
        ("xgboost", "lambda", "reg_lambda"),
        ("xgboost", "alpha", "reg_alpha"),
        ("xgboost", "xgb_max_depth", "max_depth"),
        ("catboost", "depth", "depth"),
        ("catboost", "max_depth", "depth"),
        ("catboost", "n_estimators", "iterations"),
        ("catboost", "reg_lambda", "l2_leaf_reg"),
        ("catboost", "colsample_bylevel", "rsm"),
    ],
)
@pytest.mark.parametrize("by_estimator", [True, False])
def test_names_of_boosting_libraries_and_their_aliases(name, theirs, ours, by_estimator):
    estimator = _boosting(name)
    words = {"estimator": estimator} if by_estimator else {"algorithm": name}
    lower = 0.1 if ours in ("learning_rate", "reg_alpha", "rsm") else 3
    assert _rows(space_mapping({theirs: [lower, lower * 2]}, **words))[theirs] == ours


def test_what_a_library_leaves_unset_is_its_own_default():
    """Defaults of XGBoost 3 and CatBoost 1.2 as their documentation gives them."""
    text = str(space_mapping({"eta": [0.1, 0.3]}, estimator=_boosting("xgboost", max_depth=4)))
    assert "fixed at 4" in text
    assert "fixed at 100" in text
    text = str(space_mapping({"depth": [3, 6]}, estimator=_boosting("catboost", iterations=300)))
    assert "fixed at 300" in text
    assert "fixed at 3.0" in text


def test_words_of_catboost_and_parameters_that_it_does_not_report():
    grid = {"auto_class_weights": [None, "Balanced"], "bagging_temperature": [0.0, 1.0]}
    mapping = space_mapping(grid, estimator=_boosting("catboost", iterations=300))
    assert _rows(mapping) == {"auto_class_weights": "class_weight", "bagging_temperature": "-"}
    space = learners.get("catboost").space("classification")
    balanced = space.configuration({**space.default().hyperparameters, "class_weight": "balanced"})
    assert mapping.to_theirs(balanced).hyperparameters["auto_class_weights"] == "Balanced"
    back = mapping.to_ours({"auto_class_weights": None, "bagging_temperature": 1.0})
    assert back.hyperparameters["class_weight"] == "none"
    with pytest.raises(InputError, match="none of"):
        space_mapping({"auto_class_weights": ["SqrtBalanced"]}, estimator=_boosting("catboost"))


@pytest.mark.parametrize("name", ["xgboost", "catboost"])
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_every_configuration_survives_the_natural_space(name, kind):
    mapping = natural_mapping(_boosting(name, {"classification": "Classifier",
                                               "regression": "Regressor"}[kind]))  # fmt: skip
    rng = np.random.default_rng(0)
    for ours in learners.get(name).space(kind).sample(40, rng):
        if ours.hyperparameters.get("class_weight") == "balanced" and name == "xgboost":
            continue  # XGBoost has no argument for it
        theirs = mapping.to_theirs(ours)
        assert mapping.to_ours(theirs.hyperparameters) == ours


COMPOSED = ("additive_splines", "nystroem")
"""Learners of several steps, which are no class of a library."""


@pytest.mark.parametrize("name", [name for name in learners.names() if name not in COMPOSED])
def test_a_learner_names_its_own_estimators_and_arguments(name):
    learner = learners.get(name)
    assert {known.kind for known in learner.estimators} == set(learner.kinds)
    axes = {axis for kind in learner.kinds for axis in learner.space(kind).names}
    assert set(learner.arguments) <= axes
    for known in learner.estimators:
        if learner.is_installed:
            assert known.load().__name__ == known.name
        assert {*known.fixed, *known.unset} <= axes
