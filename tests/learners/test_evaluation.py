"""The estimation procedure: rows, folds and keys are what they are said to be."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, StratifiedKFold

from metalearn import learners
from metalearn.core.configuration import Configuration
from metalearn.errors import EvaluationError, InputError
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.tables import as_table


def prepared(y: np.ndarray, kind: str = "classification", **options: object) -> PreparedTask:
    X = pd.DataFrame({"x": np.arange(len(y))})
    table = as_table(X, pd.Series(y), kind=kind)
    return PreparedTask(table, Procedure(**options))


def classes(*counts: int) -> np.ndarray:
    y = np.repeat([f"c{i}" for i in range(len(counts))], counts)
    return np.random.default_rng(0).permutation(y)


def test_folds_are_scikit_learns():
    task = prepared(classes(30, 20, 10))
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    want = list(splitter.split(np.zeros(60), task.codes))
    assert len(task.splits) == 5
    for (train, test), (their_train, their_test) in zip(task.splits, want, strict=True):
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(test, their_test)


def test_folds_of_regression_are_scikit_learns():
    task = prepared(np.random.default_rng(0).normal(size=40), "regression", seed=3)
    want = KFold(5, shuffle=True, random_state=3).split(np.zeros(40))
    for (_, test), (_, their_test) in zip(task.splits, want, strict=True):
        np.testing.assert_array_equal(test, their_test)


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_every_used_row_is_tested_once(kind):
    y = classes(400, 300, 20, 1) if kind == "classification" else np.arange(721.0)
    task = prepared(y, kind, max_rows=600)
    tested = np.concatenate([test for _, test in task.splits])
    np.testing.assert_array_equal(np.sort(tested), task.rows)
    assert len(task.rows) == 600
    assert len(task.splits) == 3  # a large table
    for train, test in task.splits:
        assert not set(train) & set(test)


def test_a_subsample_keeps_the_proportions_of_classes():
    y = classes(4000, 900, 100)
    task = prepared(y, max_rows=1000)
    used = pd.Series(y[task.rows]).value_counts()
    assert (used - pd.Series({"c0": 800, "c1": 180, "c2": 20})).abs().max() <= 1
    np.testing.assert_array_equal(task.rows, prepared(y, max_rows=1000).rows)
    assert not np.array_equal(task.rows, prepared(y, max_rows=1000, seed=1).rows)


def test_a_subsample_of_a_rare_class_still_has_two_classes():
    """One row in a thousand would be lost otherwise, and nothing could be learned."""
    task = prepared(classes(5000, 3), max_rows=50)
    assert np.bincount(task.codes[task.rows]).tolist() == [47, 3]


def test_small_tables_are_used_whole():
    np.testing.assert_array_equal(prepared(classes(10, 10)).rows, np.arange(20))


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "used", "folds"),
    [(100, 5, 100, 5), (501, 5, 501, 3), (9999, 5, 2000, 3), (9999, 100, 1000, 3),
     (9999, 10_000, 500, 5), (300, 10_000, 300, 5)],
)  # fmt: skip
def test_size_of_the_problem(n_rows, n_columns, used, folds):
    procedure = Procedure()
    assert procedure.rows_of(n_rows, n_columns) == used
    assert procedure.folds_of(used) == folds


def test_rare_classes_are_no_trouble():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(prepared(classes(20, 3, 1)).splits) == 5
        assert len(prepared(classes(*[3] * 10)).splits) == 3  # no class has five rows


def test_classes_of_one_row_each():
    with pytest.raises(InputError, match="each class has one row only among the 20 rows used"):
        _ = prepared(classes(*[2] * 20), max_rows=20).splits


def test_key_tells_content_and_procedure_apart():
    y = classes(30, 30)
    keys = {
        prepared(y).task.key,
        prepared(y, seed=1).task.key,
        prepared(y, n_folds=4).task.key,
        prepared(y[::-1]).task.key,
    }
    assert len(keys) == 4
    assert prepared(y).task.key in keys


def test_a_tree_that_knows_the_answer_is_perfect():
    y = np.where(np.arange(60) < 30, "a", "b")
    tree = Configuration(
        "decision_tree",
        {"max_depth": 3, "min_samples_leaf": 1, "max_features": 1.0, "criterion": "gini",
         "class_weight": "none"},
    )  # fmt: skip
    folds = list(prepared(y, n_folds=2).evaluate(tree))
    assert np.mean([fold.scores["accuracy"] for fold in folds]) > 0.95


def test_warnings_of_the_caller_are_left_alone():
    folds = prepared(classes(20, 20), n_folds=2).evaluate(
        Configuration("k_nearest_neighbors", {"n_neighbors": 3, "weights": "uniform", "p": 2})
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(folds)
        with pytest.raises(UserWarning, match="still heard"):
            warnings.warn("still heard", stacklevel=1)


@pytest.mark.parametrize("values", [{"C": 1.0}, {}])
def test_an_incomplete_configuration_is_refused_by_the_name_of_what_it_lacks(values):
    with pytest.raises(EvaluationError, match="lacks the hyperparameter"):
        learners.get("svc").estimator("classification", Configuration("svc", values))
