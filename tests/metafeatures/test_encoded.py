"""The encoded block: which columns it has, and what its shared intermediates are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.metafeatures import DatasetView, Limits, view_of
from metalearn.metafeatures.encoded import (
    encoded,
    five_numbers,
    imputed,
    kth_deviation,
    moments,
    sorted_columns,
)


def _view(columns, limits=None) -> DatasetView:
    X = pd.DataFrame(columns)
    return view_of(X, pd.Series(np.arange(len(X)) % 2), "classification", limits=limits)


def test_indicators_are_all_levels_first_and_all_but_one_later():
    block = encoded(_view({"x": [1.0, 2, 3, 4], "a": list("pqpr"), "b": list("uvvu")}))
    expected = [[1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0]]
    np.testing.assert_array_equal(block, expected)


def test_a_missing_category_is_a_level_and_a_missing_number_the_mean():
    view = _view({"x": [1.0, None, 3.0, 2.0], "a": ["p", None, "q", "p"]})
    np.testing.assert_array_equal(imputed(view)[0], [1, 2, 3, 2])
    np.testing.assert_array_equal(encoded(view)[-1], [0, 1, 0, 0])


def test_many_levels_keep_the_most_frequent():
    rng = np.random.default_rng(0)
    levels = rng.choice(["common", "usual", *[f"rare {i}" for i in range(60)]], 400,
                        p=[0.3, 0.2, *[0.5 / 60] * 60])  # fmt: skip
    block = encoded(_view({"a": levels}, Limits(indicators=2)))
    counts = pd.Series(levels).value_counts()
    assert sorted(block.sum(axis=1)) == sorted(counts[["common", "usual"]])


def test_identifiers_have_no_indicators():
    x = np.arange(100.0)
    block = encoded(_view({"id": [f"u{i}" for i in range(100)], "x": x}))
    np.testing.assert_array_equal(block, x[None, :])


def test_shared_intermediates_equal_numpy():
    rng = np.random.default_rng(1)
    x = rng.normal(1e6, 1.0, size=57)
    x[::5] = np.nan
    view = _view({"x": x, "a": rng.choice(["p", "q"], 57)})
    seen = x[~np.isnan(x)]
    found = moments(view)
    np.testing.assert_allclose(found.mean[0], seen.mean(), rtol=1e-14)
    np.testing.assert_allclose(found.m2[0], seen.var(), rtol=1e-9)
    np.testing.assert_allclose(found.m4[0], ((seen - seen.mean()) ** 4).mean(), rtol=1e-8)
    np.testing.assert_array_equal(five_numbers(view)[:, 0], np.percentile(seen, range(0, 101, 25)))
    np.testing.assert_array_equal(sorted_columns(view), np.sort(encoded(view), axis=1))


@pytest.mark.parametrize("n_levels", [3, 20, 10**9])
def test_kth_deviations_are_those_of_a_sort(n_levels):
    rng = np.random.default_rng(0)
    n = np.array([1, 2, 5, 64, 300])
    ascending = np.full((5, 300), np.nan)
    for row, length in zip(ascending, n, strict=True):
        row[:length] = np.sort(rng.integers(0, n_levels, length))
    centre = np.nanmedian(ascending, axis=1) + np.array([0.0, 0.3, -1.0, 0.0, 0.0])
    k = np.stack([np.zeros_like(n), (n - 1) // 2, n // 2, n - 1])
    expected = np.sort(np.abs(ascending - centre[:, None]), axis=1)  # NaN last
    found = kth_deviation(ascending, n, centre, k)
    np.testing.assert_array_equal(found, expected[np.arange(5), k])
    np.testing.assert_array_equal(kth_deviation(ascending, n, centre, k[1]), found[1])
