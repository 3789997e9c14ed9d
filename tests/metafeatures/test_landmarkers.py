"""Landmarkers equal the slow definition: scikit-learn's models, fitted fold by fold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from metalearn.metafeatures import GROUPS, Limits, extract, view_of
from metalearn.metafeatures.encoded import imputed
from metalearn.metafeatures.folds import folded, stratified_folds
from metalearn.metafeatures.gaussian import _discriminants
from metalearn.metafeatures.neighbours import nearest_by_column
from metalearn.metafeatures.stumps import stumps
from metalearn.testing.tables import TABLES

LANDMARKERS = GROUPS.get("landmarkers").features


def _view(table, kind="classification"):
    X, y = TABLES[table]()
    if kind == "regression":
        rng = np.random.default_rng(5)
        y = pd.Series(rng.normal(size=len(X)) + (y == y.iloc[0]) * 2.0)
    return view_of(X, y, kind)


def _scores(model, X, y, fold):
    found = []
    for f in range(fold.max() + 1):
        test = fold == f
        predicted = clone(model).fit(X[~test], y[~test]).predict(X[test])
        right = (predicted == y[test]).mean() if y.dtype == np.int64 else None
        found.append(max(r2_score(y[test], predicted), -1.0) if right is None else right)
    return np.array(found)


@pytest.mark.parametrize("seed", range(4))
def test_folds_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    y = np.sort(rng.integers(0, 4, 137)) if seed % 2 else rng.integers(0, 4, 137)
    fold = stratified_folds(y, 10)
    for f, (_, test) in enumerate(StratifiedKFold(10).split(y, y)):
        np.testing.assert_array_equal(np.flatnonzero(fold == f), test)


CLASSIFIERS = {
    "naive_bayes": GaussianNB(),
    "linear_discr": LinearDiscriminantAnalysis(),
    "one_nn": KNeighborsClassifier(1, algorithm="kd_tree"),
    "best_node": DecisionTreeClassifier(max_depth=1, random_state=0),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("table", TABLES)
def test_classifiers_equal_scikit_learn(table, name):
    view = _view(table)
    X, y, fold = imputed(view).T.copy(), view.y.astype(np.int64), folded(view).fold
    expected = _scores(CLASSIFIERS[name], X, y, fold)
    np.testing.assert_allclose(LANDMARKERS[name].compute(view), expected, atol=1e-12)


@pytest.mark.parametrize("table", ["iris", "wine", "gaussian", "breast_cancer"])
def test_discriminants_equal_scikit_learn(table):
    view = _view(table)
    data = folded(view)
    rows, y = data.block.T, data.y.astype(np.int64)
    expected = LinearDiscriminantAnalysis().fit(rows, y).decision_function(rows)
    classes = np.arange(data.n_classes) == y[:, None]
    centred = (rows - rows.mean(axis=0)).T
    coefficients, offset = _discriminants(
        classes.sum(axis=0).astype(float), (centred @ classes).T, centred @ centred.T
    )
    found = (coefficients @ centred + offset[:, None]).T
    if data.n_classes == 2:
        found = found[:, 1] - found[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_level_that_the_training_rows_lack_does_not_matter_to_naive_bayes():
    """Its variance is only the smoothing, which rounding must not hide."""
    rng = np.random.default_rng(1)
    levels = rng.choice(["a", "b", *[f"rare {i}" for i in range(25)]], 200,
                        p=[0.4, 0.35, *[0.01] * 25])  # fmt: skip
    X = pd.DataFrame({"level": levels, "x": 1e6 + rng.normal(size=200)})
    view = view_of(X, pd.Series(np.arange(200) % 3), "classification")
    data = folded(view)
    expected = _scores(GaussianNB(), data.block.T.copy(), data.y.astype(np.int64), data.fold)
    np.testing.assert_allclose(LANDMARKERS["naive_bayes"].compute(view), expected, atol=1e-12)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_stumps_of_single_columns_equal_scikit_learn(table, kind):
    view = _view(table, kind)
    data, found = folded(view), stumps(view)
    model = DecisionTreeClassifier if data.n_classes else DecisionTreeRegressor
    for j in range(0, len(data.block), 3):
        column = data.block[j][:, None]
        expected = _scores(model(max_depth=1), column, data.y, data.fold)
        np.testing.assert_allclose(found.score[:, j], expected, atol=1e-6)


@pytest.mark.parametrize("table", ["iris", "wine", "mixed"])
def test_regressors_equal_scikit_learn(table):
    view = _view(table, "regression")
    data = folded(view)
    X = data.block.T.copy()
    expected = _scores(KNeighborsRegressor(1), X, data.y, data.fold)
    if table != "iris":  # iris has rows that are equally near
        np.testing.assert_allclose(LANDMARKERS["one_nn"].compute(view), expected, atol=1e-9)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = _scores(Ridge(1.0), scaled, data.y, data.fold)
    np.testing.assert_allclose(LANDMARKERS["ridge"].compute(view), expected, atol=1e-9)
    expected = _scores(DecisionTreeRegressor(max_depth=1), X, data.y, data.fold)
    np.testing.assert_allclose(LANDMARKERS["best_node"].compute(view), expected, atol=1e-6)


def test_equally_near_neighbours_have_equal_say():
    column = np.array([0.0, 0.0, 0.0, 2.0, 1.0, 0.0, 5.0])
    y = np.array([0, 0, 1, 1, 1, 0, 1])
    test = np.array([False, False, False, False, True, True, True])
    # 1.0 lies between three zeros and a two; 0.0 meets the zeros; 5.0 is nearest to the two
    expected = [2 / 4, 2 / 3, 1.0]
    np.testing.assert_allclose(nearest_by_column(column, y, test, classify=True), expected)
    means = nearest_by_column(column, y.astype(float), test, classify=False)
    np.testing.assert_allclose(means, [2 / 4, 1 / 3, 1.0])


def test_relative_landmarkers_are_ranks():
    X, y = TABLES["wine"]()
    found = extract(X, y, kind="classification", groups=["landmarkers", "relative"]).values
    means = {name: found[f"{name}.mean"] for name in LANDMARKERS if f"{name}.mean" in found}
    ranks = pd.Series(means).rank()
    for name, rank in ranks.items():
        assert found[f"{name}.mean.relative"] == rank


def test_subsamples_are_smaller_and_stratified():
    X, y = TABLES["breast_cancer"]()
    found = extract(X, y, kind="classification", groups=["landmarkers", "subsampling"]).values
    assert 0.5 < found["naive_bayes_sub.mean"] <= 1.0
    assert found["naive_bayes_sub.mean"] != found["naive_bayes.mean"]
    view = view_of(X, y, "classification")
    part = view.sample(100, "subsampling")
    assert part.n_rows == 100
    assert abs((part.y == 1).mean() - (view.y == 1).mean()) <= 0.01


def test_large_tables_are_sampled_within_the_stated_error():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 6000)
    X = pd.DataFrame(rng.normal(size=(6000, 4)) + y[:, None] * 0.8)
    full = extract(X, pd.Series(y), kind="classification", groups=["landmarkers"]).values
    limits = Limits(landmarker_rows=1500)
    part = extract(
        X, pd.Series(y), kind="classification", groups=["landmarkers"], limits=limits
    ).values
    for name in ("naive_bayes.mean", "linear_discr.mean", "best_node.mean"):
        # the accuracy of a fixed rule on 1,500 rows has a standard error of at most 0.013
        assert part[name] == pytest.approx(full[name], abs=0.04)
    assert part != full
