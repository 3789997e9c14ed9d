"""Columns for boosting: categories known from fitting, missing and unseen values as NaN."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from metalearn.learners.native_columns import NativeColumns, category_columns
from metalearn.learners.preparation import preparation_pipeline
from tests.learners.test_preparation import COLUMNS, N, X


def prepared(seen: pd.DataFrame, later: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    pipeline = preparation_pipeline("native")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # skrub says what it guessed
        return pipeline.fit_transform(seen), pipeline.transform(later)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("part", [slice(0, 25), slice(15, N)])
def test_numbers_and_fixed_categories_of_every_kind_of_column(name, part):
    frame = pd.DataFrame({"column": COLUMNS[name], "x": X})
    A, B = prepared(frame[part], frame.drop(frame.index[part]))
    assert list(A.columns) == list(B.columns)
    assert list(A.dtypes) == list(B.dtypes)  # categories in the same order, too
    numbers = A.select_dtypes("number").to_numpy()
    assert numbers.dtype == np.float64
    assert not np.isinf(numbers).any()
    assert len(numbers.T) + len(category_columns(A)) == A.shape[1]


def test_missing_numbers_stay_missing_and_unseen_categories_become_so():
    seen = pd.DataFrame({"c": ["b", "a", None, "b"] * 3, "x": [1.0, np.nan, np.inf, 2.0] * 3})
    later = pd.DataFrame({"c": ["new", "a", None], "x": [np.nan, 3.0, -np.inf]})
    A, B = prepared(seen, later)
    assert list(A["c"].cat.categories) == ["a", "b"]
    assert B["c"].isna().tolist() == [True, False, True]
    np.testing.assert_array_equal(A["x"][:4], [1.0, np.nan, np.nan, 2.0])
    np.testing.assert_array_equal(B["x"], [np.nan, 3.0, np.nan])


def test_names_that_the_libraries_refuse_become_plain_and_stay_different():
    frame = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a[1]", "a<1>", "b: c"])
    step = NativeColumns().fit(frame)
    names = list(step.transform(frame).columns)
    assert names == list(step.get_feature_names_out()) == ["0_a_1_", "1_a_1_", "b_ c"]
