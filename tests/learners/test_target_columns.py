"""Target encoding gives means of the target, of other rows for the rows that it learns from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.learners.target_columns import TargetColumns


def frame(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    groups = pd.Categorical(rng.choice(["u", "v", "w"], n))
    return pd.DataFrame({"x": rng.normal(size=n), "g": groups})


def test_other_rows_get_the_shrunken_means_of_their_category() -> None:
    X = frame()
    y = np.where(X["g"] == "u", 3.0, 1.0)
    encoder = TargetColumns(is_regression=True).fit(X, y)
    found = encoder.transform(pd.DataFrame({"x": [0.0] * 2, "g": pd.Categorical(["u", "zzz"])}))
    np.testing.assert_allclose(found[:, 1], [3.0, y.mean()])


def test_rows_do_not_see_their_own_target() -> None:
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"g": pd.Categorical([str(i) for i in range(100)])})
    y = rng.choice([0, 1], 100)
    found = TargetColumns().fit_transform(X, y)
    assert found.shape == (100, 1)
    assert len(np.unique(found)) <= 5  # every category is unseen: the mean of the other folds


@pytest.mark.parametrize(("n_classes", "n_outputs"), [(1, 1), (2, 1), (3, 3)])
def test_there_is_one_column_per_class_beyond_two(n_classes: int, n_outputs: int) -> None:
    X = frame()
    y = np.arange(len(X)) % n_classes
    found = TargetColumns().fit_transform(X, y)
    assert found.shape == (len(X), 1 + n_outputs)
    assert np.isfinite(found).all()


def test_missing_categories_are_a_category_and_missing_numbers_stay() -> None:
    X = frame()
    X.loc[::3, "g"] = np.nan
    X.loc[0, "x"] = np.nan
    y = X["g"].isna().to_numpy().astype(np.float64)
    found = TargetColumns(is_regression=True).fit(X, y).transform(X)
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(1.0)


def test_a_table_of_numbers_passes() -> None:
    X = frame()[["x"]]
    found = TargetColumns().fit_transform(X, np.arange(len(X)) % 2)
    np.testing.assert_array_equal(found, X.to_numpy())
