"""Parameter texts, names of flows, and the way from setups to our spaces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metalearn.core.configuration import Configuration
from metalearn.harvesters.openml.configurations import Converter, bare_component
from metalearn.harvesters.openml.pages import Component, Parameter, SetupRow
from metalearn.harvesters.openml.parameters import Reference, canonical_name, typed_value
from metalearn.harvesters.openml.spaces import Mapped
from metalearn.learners import CATALOGUE


@pytest.mark.parametrize(
    ("text", "dialect", "data_type", "value"),
    [
        ('"rbf"', "sklearn", "", "rbf"),
        ("rbf", "sklearn", "", "rbf"),
        ("1.0", "sklearn", "", 1.0),
        ("1", "sklearn", "", 1),
        ("true", "sklearn", "", True),
        ("True", "sklearn", "", True),
        ("null", "sklearn", "", None),
        ("None", "sklearn", "", None),
        ("NaN", "sklearn", "", "nan"),
        ("nan", "sklearn", "", "nan"),
        ("[100, 50]", "sklearn", "", "[100,50]"),
        ("(100, 50)", "sklearn", "", "[100,50]"),
        ("1e999", "sklearn", "", "inf"),
        (
            '{"oml-python:serialized_object": "type", "value": "np.float64"}',
            "sklearn",
            "",
            "np.float64",
        ),
        ("TRUE", "mlr", "logical", True),
        ("0.25", "mlr", "numeric", 0.25),
        ("5", "mlr", "numeric", 5.0),
        ("5", "mlr", "integer", 5),
        ("radial", "mlr", "", "radial"),
        ("5e-04", "mlr", "numeric", 0.0005),
        ("true", "weka", "flag", True),
        ("", "weka", "", True),
        ("weka.core.X -R", "weka", "option", "weka.core.X -R"),
        ("__import__('os')", "sklearn", "", "__import__('os')"),
    ],
)
def test_typed_values(text: str, dialect: Any, data_type: str, value: object) -> None:
    found = typed_value(text, dialect, data_type)
    assert found == value
    assert type(found) is type(value)


def test_references_are_no_values() -> None:
    reference = {"oml-python:serialized_object": "component_reference", "value": {"key": "svc"}}
    assert isinstance(typed_value(json.dumps(reference), "sklearn"), Reference)
    assert isinstance(typed_value(json.dumps([reference]), "sklearn"), Reference)


def test_moved_modules_and_versions_meet_in_one_name() -> None:
    old = canonical_name("sklearn.pipeline.Pipeline(svc=sklearn.svm.classes.SVC)(12)")
    assert old == canonical_name("sklearn.pipeline.Pipeline(svc=sklearn.svm._classes.SVC)(3)")


def in_space(mapped: Mapped) -> Configuration:
    return CATALOGUE.get(mapped.algorithm).space(mapped.kind).configuration(mapped.values)


def pipeline(learner: str, defaults: dict[str, str], version: str = "0.20") -> Component:
    inner = Component(2, learner, learner, "1", f"sklearn=={version}", "est", defaults, ())
    imputer = Component(
        3, "sklearn.impute.SimpleImputer", "", "1", "", "imp", {"strategy": '"mean"'}, ()
    )
    name = f"sklearn.pipeline.Pipeline(imp=sklearn.impute.SimpleImputer,est={learner})"
    return Component(
        1,
        name,
        "sklearn.pipeline.Pipeline",
        "1",
        f"sklearn=={version}",
        "",
        {"memory": "null"},
        (imputer, inner),
    )


def setup(values: dict[str, str], flow: int = 2, number: int = 9) -> SetupRow:
    rows = tuple(Parameter(flow, k, v, "", f"x(1)_{k}", "") for k, v in sorted(values.items()))
    return SetupRow(number, 1, rows)


SVC = {
    "C": "1.0",
    "kernel": '"rbf"',
    "gamma": '"auto"',
    "degree": "3",
    "coef0": "0.0",
    "class_weight": "null",
    "random_state": "null",
    "tol": "0.001",
}


def test_setups_that_differ_in_what_does_not_matter_meet_in_one_key() -> None:
    new = Converter(pipeline("sklearn.svm._classes.SVC", SVC, "0.24"), in_space)
    old = Converter(pipeline("sklearn.svm.classes.SVC", SVC, "0.18"), in_space)
    a = new.convert(
        setup({"C": "2.0", "gamma": "0.125", "random_state": "1"}), "classification", 8
    )
    b = old.convert(setup({"C": "2", "gamma": '"auto"', "degree": "5"}), "classification", 8)
    assert a.reason == b.reason == ""
    assert a.configuration == b.configuration
    assert dict(a.configuration.hyperparameters) == {
        "C": 2.0,
        "kernel": "rbf",
        "gamma": 0.125,
        "class_weight": "none",
    }


@pytest.mark.parametrize(
    ("text", "share"), [("0.5", 0.5), ("4", 0.25), ('"sqrt"', 0.25), ('"log2"', 0.25)]
)
def test_max_features_becomes_a_share_of_the_columns(text: str, share: float) -> None:
    forest = Converter(
        pipeline(
            "sklearn.ensemble.RandomForestClassifier",
            {"n_estimators": "100", "criterion": '"gini"'},
        ),
        in_space,
    )
    found = forest.convert(setup({"max_features": text}), "classification", 16)
    assert found.configuration.algorithm == "random_forest"
    assert found.configuration.hyperparameters["max_features"] == share
    assert found.depends_on_columns == (text != "0.5")


@pytest.mark.parametrize(
    "values", [{"kernel": '"linear"'}, {"C": "1e9"}, {"class_weight": '{"a": 2}'}, {"nu": "0.5"}]
)
def test_what_has_no_place_keeps_its_own_name_and_values(values: dict[str, str]) -> None:
    flow = pipeline("sklearn.svm.SVC", {**SVC, "nu": "0.1"})
    found = Converter(flow, in_space).convert(setup(values), "classification", 8)
    assert found.reason
    assert found.configuration.algorithm == canonical_name(flow.name)
    name = next(iter(values))
    assert f"est__{name}" in found.configuration.hyperparameters
    assert found.configuration.hyperparameters["imp__strategy"] == "mean"


def test_mlr_svm_is_our_svc_with_its_defaults() -> None:
    flow = Component(
        1, "mlr.classif.svm", "", "6", "R_3.4", "", {"cost": "1", "kernel": "radial"}, ()
    )
    row = SetupRow(
        5,
        1,
        (
            Parameter(1, "cost", "0.25", "1", "mlr.classif.svm(6)_cost", "numeric"),
            Parameter(1, "gamma", "2", "", "mlr.classif.svm(6)_gamma", "numeric"),
        ),
    )
    found = Converter(flow, in_space).convert(row, "classification", 8)
    assert found.configuration.algorithm == "svc"
    assert found.configuration.hyperparameters["C"] == 0.25
    assert found.configuration.hyperparameters["kernel"] == "rbf"


def test_adaboost_takes_the_depth_of_the_tree_inside() -> None:
    tree = Component(
        4,
        "sklearn.tree.DecisionTreeClassifier",
        "",
        "1",
        "",
        "base_estimator",
        {"max_depth": "null"},
        (),
    )
    boost = Component(
        2,
        "sklearn.ensemble.AdaBoostClassifier",
        "",
        "1",
        "sklearn==0.20",
        "",
        {"n_estimators": "50", "learning_rate": "1.0"},
        (tree,),
    )
    row = SetupRow(
        5,
        2,
        (
            Parameter(2, "learning_rate", "0.5", "", "", ""),
            Parameter(4, "max_depth", "4", "", "", ""),
        ),
    )
    found = Converter(boost, in_space).convert(row, "classification", 8)
    assert dict(found.configuration.hyperparameters) == {
        "n_estimators": 50,
        "learning_rate": 0.5,
        "max_depth": 4,
    }


KNN = {"n_neighbors": "5", "p": "2", "weights": '"uniform"', "metric": '"minkowski"'}
LEARNERS: dict[str, tuple[str, dict[str, str]]] = {
    "svc": ("sklearn.svm.classes.SVC", {**SVC, "max_iter": "-1"}),
    "knn": ("sklearn.neighbors.classification.KNeighborsClassifier", KNN),
    "boosting": (
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        {"max_iter": "100", "max_leaf_nodes": "31", "max_depth": "null", "max_bins": "255",
         "min_samples_leaf": "20", "l2_regularization": "0.0", "learning_rate": "0.1"},
    ),
    "classic": ("sklearn.ensemble.gradient_boosting.GradientBoostingClassifier", {}),
}  # fmt: skip


def converted(learner: str, values: dict[str, str]) -> Any:
    flow = pipeline(*LEARNERS[learner])
    return Converter(flow, in_space).convert(setup(values), "classification", 10)


@pytest.mark.parametrize(
    ("learner", "values", "reason"),
    [
        ("svc", {"C": "4096.5"}, "svc: C lies outside [0.03125, 1024]"),
        ("svc", {"C": "32768.0"}, "svc: C lies outside [0.03125, 1024]"),
        ("svc", {"max_iter": "100"}, "SVC: max_iter is not -1"),
        ("svc", {"kernel": '"linear"'}, "SVC: kernel is neither rbf, poly nor sigmoid"),
        ("svc", {"gamma": '"wide"'}, "SVC: gamma is not a number"),
        ("boosting", {"max_leaf_nodes": "null"},
         "HistGradientBoostingClassifier: max_leaf_nodes is not a whole number"),
        ("boosting", {"max_bins": "16"},
         "HistGradientBoostingClassifier: max_bins is not 255 or 256"),
        ("classic", {}, "no space of ours for GradientBoostingClassifier"),
        ("knn", {"metric": '"chebyshev"'},
         "KNeighbors: metric is not one of Minkowski's with p = 1 or 2"),
    ],
)  # fmt: skip
def test_reasons_name_the_parameter_and_not_each_value(
    learner: str, values: dict[str, str], reason: str
) -> None:
    assert converted(learner, values).reason == reason


@pytest.mark.parametrize(
    ("values", "p"),
    [({}, 2), ({"metric": '"manhattan"'}, 1), ({"metric": '"euclidean"', "p": "1"}, 2)],
)
def test_distances_of_many_names_meet(values: dict[str, str], p: int) -> None:
    found = converted("knn", values)
    assert not found.reason
    assert dict(found.configuration.hyperparameters) == {
        "n_neighbors": 5, "p": p, "weights": "uniform",
    }  # fmt: skip


def test_the_defaults_of_all_versions_for_gamma_are_one() -> None:
    found = {converted("svc", {"gamma": f'"{name}"'}).configuration
             for name in ("auto", "auto_deprecated", "scale")}  # fmt: skip
    assert {c.algorithm for c in found} == {"svc"}
    assert len(found) == 1


def boosted(inner: Component, values: dict[str, str], name: str = "AdaBoostClassifier") -> Any:
    boost = Component(
        2, f"sklearn.ensemble.weight_boosting.{name}", "", "1", "sklearn==0.20", "est",
        {"n_estimators": "50", "learning_rate": "1.0", "algorithm": '"SAMME"'}, (inner,),
    )  # fmt: skip
    whole = "sklearn.pipeline.Pipeline(sel=sklearn.feature_selection.SelectFromModel,est=x)"
    chooser = Component(6, "sklearn.ensemble.forest.ExtraTreesClassifier", "", "1", "",
                        "estimator", {"n_estimators": "100"}, ())  # fmt: skip
    selection = Component(5, "sklearn.feature_selection.from_model.SelectFromModel", "", "1", "",
                          "sel", {}, (chooser,))  # fmt: skip
    flow = Component(1, whole, "", "1", "sklearn==0.20", "", {}, (selection, boost))
    rows = [Parameter(inner.flow, k, v, "", f"y_{k}", "") for k, v in values.items()]
    return Converter(flow, in_space).convert(SetupRow(9, 1, tuple(rows)), "classification", 10)


def inner(name: str, **defaults: str) -> Component:
    return Component(4, name, "", "1", "", "base_estimator", defaults, ())


TREE = inner("sklearn.tree.tree.DecisionTreeClassifier", max_depth="null", criterion='"gini"')


def test_the_learner_is_a_step_and_not_what_another_step_uses() -> None:
    found = boosted(TREE, {"max_depth": "3"})
    assert (found.configuration.algorithm, found.reason) == ("adaboost", "")
    assert found.configuration.hyperparameters["max_depth"] == 3


@pytest.mark.parametrize(
    ("inside", "values", "name", "reason"),
    [
        (TREE, {}, "AdaBoostClassifier", "AdaBoostClassifier around a tree without max_depth"),
        (TREE, {"max_depth": "3", "criterion": '"entropy"'}, "AdaBoostClassifier",
         "AdaBoostClassifier around a tree whose criterion is not 'gini' or 'mse' or "
         "'squared_error'"),
        (inner("sklearn.naive_bayes.GaussianNB"), {}, "AdaBoostClassifier",
         "AdaBoostClassifier around a GaussianNB"),
        (TREE, {"max_depth": "3"}, "BaggingClassifier",
         "BaggingClassifier around the learner"),
        (TREE, {"max_depth": "3"}, "CalibratedClassifierCV",
         "CalibratedClassifierCV around the learner"),
    ],
)  # fmt: skip
def test_what_is_inside_must_be_what_our_space_has(
    inside: Component, values: dict[str, str], name: str, reason: str
) -> None:
    found = boosted(inside, values, name)
    assert found.reason == reason
    assert found.configuration.algorithm.startswith("sklearn.pipeline.Pipeline")


def test_a_setup_alone_tells_a_booster_from_its_tree_and_guesses_nothing_else() -> None:
    names = {2: "sklearn.ensemble.AdaBoostClassifier", 4: "sklearn.tree.DecisionTreeClassifier"}
    rows = [Parameter(2, "n_estimators", "60", "", f"{names[2]}(1)_n_estimators", ""),
            Parameter(4, "max_depth", "2", "", f"{names[4]}(1)_max_depth", "")]  # fmt: skip
    title = "sklearn.pipeline.Pipeline(est=sklearn.ensemble.AdaBoostClassifier)"
    row = SetupRow(9, 1, tuple(rows))
    found = Converter(bare_component(row, title), in_space).convert(row, "classification", 10)
    assert found.configuration.algorithm == "adaboost"
    assert found.configuration.hyperparameters["max_depth"] == 2
    other = Parameter(5, "C", "1.0", "", "sklearn.svm.SVC(1)_C", "")
    row = SetupRow(9, 1, (*rows, other))
    found = Converter(bare_component(row, title), in_space).convert(row, "classification", 10)
    assert "several learners" in found.reason


def test_names_are_cut_at_the_known_end_only() -> None:
    row = SetupRow(
        5, 1, (Parameter(7, "min_samples_leaf", "3", "", "a_b.C_d(2)_min_samples_leaf", ""),)
    )
    (part,) = bare_component(row, "whole").parts
    assert part.name == "a_b.C_d(2)"
    assert part.defaults == {"min_samples_leaf": ""}
