"""Raw columns become numbers or levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.metafeatures.columns import levels_of, numbers_and_levels, numbers_of

NUMBERS = {
    "integers": ([1, 2, 3], [1, 2, 3]),
    "nullable": (pd.array([1, None, 3], dtype="Int64"), [1, np.nan, 3]),
    "infinite": ([1.0, np.inf, -np.inf], [1, np.nan, np.nan]),
    "objects": (np.array([1, 2.5, None], dtype=object), [1, 2.5, np.nan]),
    "beyond floats": (np.array([10**400, 1, 2], dtype=object), [np.nan, 1, 2]),
    "dates": (pd.to_datetime(["1970-01-02", None, "1970-01-01"]), [86400, np.nan, 0]),
    "zone": (pd.to_datetime(["1970-01-02"] * 3).tz_localize("UTC"), [86400] * 3),
    "spans": (pd.to_timedelta([1, 2, None], unit="min"), [60, 120, np.nan]),
    "nothing": (np.array([None] * 3, dtype=object), [np.nan] * 3),
}
TEXTS = {
    "text": (["b", "a", None], [1, 0, -1]),
    "digits": (["10", "9", "10"], [0, 1, 0]),
    "booleans": ([True, False, True], [1, 0, 1]),
    "nullable booleans": (pd.array([True, None, False], dtype="boolean"), [1, -1, 0]),
    "categories": (pd.Categorical(["z", "y", "z"], categories=["z", "unused", "y"]), [1, 0, 1]),
    "lists": (np.array([[1], [2], [1]], dtype=object).ravel(), [0, 1, 0]),
    "complex": (np.array([1j, 2j, 1j]), [0, 1, 0]),
    "any": (np.array([1, "a", None], dtype=object), [0, 1, -1]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name):
    given, expected = NUMBERS[name]
    found = numbers_of(pd.Series(given))
    np.testing.assert_array_equal(found, np.array(expected, dtype=float))


@pytest.mark.parametrize("name", TEXTS)
def test_levels(name):
    given, expected = TEXTS[name]
    if name == "lists":  # numpy makes numbers of nested lists of equal length
        given = [[1], [2], [1]]
    numbers, (column,) = numbers_and_levels(pd.DataFrame({"a": pd.Series(given)}))
    assert numbers.shape == (0, len(given))
    np.testing.assert_array_equal(column.codes, expected)
    assert column.counts.sum() == (np.array(expected) >= 0).sum()


def test_classes_that_are_numbers_keep_their_order():
    assert levels_of(pd.Series([10, 9, 10, 2])).codes.tolist() == [2, 1, 2, 0]


@pytest.mark.parametrize("scale", [1.0, 0.5, 1e300])
def test_codes_are_the_ranks_of_the_distinct_values(scale):
    values = scale * np.array([7.0, -3.0, np.nan, 7.0, 2.0, 0.0, -0.0, 6.0, 6.0, 2.0])
    levels = levels_of(pd.Series(values))
    expected = [4, 0, -1, 4, 2, 1, 1, 3, 3, 2]
    assert levels.codes.tolist() == expected
    assert levels.counts.tolist() == [1, 2, 2, 2, 2]


def test_taking_rows_drops_levels_that_are_gone():
    taken = levels_of(pd.Series(["a", "b", "c", None])).take(np.array([2, 3, 0]))
    assert taken.codes.tolist() == [1, -1, 0]
    assert taken.counts.tolist() == [1, 1]
