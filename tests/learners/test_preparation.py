"""The preparation makes a finite matrix of whatever columns hold, and of what comes later."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from metalearn.learners.plain_columns import LARGEST, PlainColumns, plain_columns
from metalearn.learners.preparation import preparation_pipeline

N = 40
X = np.linspace(-1.0, 1.0, N)
DAYS = [dt.date(2020, 1, 1 + i % 28) for i in range(N)]


def repeated(values: list[object], dtype: object = object) -> pd.Series:
    return pd.Series((values * N)[:N], dtype=dtype)


COLUMNS = {
    "spans": pd.Series(pd.to_timedelta(np.arange(N), unit="h")).where(X > -0.9),
    "numbers and strings": repeated([1, "a", None, 2.5, True]),
    "python integers beyond 64 bits": pd.Series([10**30 + i for i in range(N)], dtype=object),
    "decimals": pd.Series([Decimal(i) / 3 for i in range(N)]),
    "all missing text": repeated([None], "str"),
    "all missing dates": repeated([pd.NaT], "datetime64[ns]"),
    "empty strings": repeated(["", "x", " "]),
    "Int64": repeated([1, None, 3], "Int64"),
    "boolean": repeated([True, None, False], "boolean"),
    "Float64": repeated([1.5, None], "Float64"),
    "unused categories": pd.Series(pd.Categorical(repeated(["a", "b"]), categories=list("abc"))),
    "sparse": pd.Series(pd.arrays.SparseArray(np.where(X > 0, X, 0.0))),
    "dates": pd.Series(pd.date_range("2020", periods=N, tz="Europe/Paris")),
    "arrow dates": pd.Series(DAYS, dtype="date32[day][pyarrow]"),
    "periods": pd.Series(pd.period_range("2020", periods=N)),
    "intervals": pd.Series(pd.cut(X, 5)),
    "large": pd.Series(np.where(X > 0, 1e308, X)),
    "tiny": pd.Series(np.where(X > 0, 1e-308, 0.0)),
    "percentages": pd.Series([f"{i}%" for i in range(N)]),
}  # fmt: skip


def both_ways(frame: pd.DataFrame) -> None:
    for kind in ("scaled", "ordinal"):
        for part in (slice(0, 25), slice(15, N)):
            seen, later = frame[part], frame.drop(frame.index[part])
            pipeline = preparation_pipeline(kind)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # skrub says what it guessed
                A = np.asarray(pipeline.fit_transform(seen))
                B = np.asarray(pipeline.transform(later))
            assert A.shape == (len(seen), B.shape[1])
            assert np.isfinite(A).all()
            assert np.isfinite(B).all()


@pytest.mark.parametrize("name", COLUMNS)
def test_a_finite_matrix(name):
    both_ways(pd.DataFrame({"column": COLUMNS[name], "x": X}))


def test_numbers_first_and_strings_later():
    column = pd.Series([*range(25), *["late"] * (N - 25)], dtype=object)
    both_ways(pd.DataFrame({"column": column, "x": X}))


@pytest.mark.parametrize("n", [3_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_an_identifier_in_every_row(n):
    frame = pd.DataFrame({"id": [f"user {i}" for i in range(n)], "x": np.arange(n)})
    assert np.asarray(preparation_pipeline("scaled").fit_transform(frame)).shape == (n, 17)


def test_names_need_not_be_text():
    both_ways(pd.DataFrame({0: X, "a": X**2, 1.5: X**3}))


def test_ordinary_columns_are_passed_on_untouched():
    frame = pd.DataFrame({"a": X, "b": repeated(["u", None]), "c": np.arange(N)})
    assert plain_columns(frame) is frame
    array = np.zeros((3, 2))
    assert plain_columns(array) is array


def test_only_what_is_too_large_is_cut():
    column = pd.Series([1e300, -1e300, np.nan, 1.25, np.inf, LARGEST])
    got = plain_columns(pd.DataFrame({"a": column}))["a"]
    np.testing.assert_array_equal(got, [LARGEST, -LARGEST, np.nan, 1.25, np.inf, LARGEST])


def test_first_step_knows_the_names():
    step = PlainColumns().fit(pd.DataFrame({"a": X, 1: X}))
    assert list(step.feature_names_in_) == ["a", "1"]
    assert step.n_features_in_ == 2
