"""Data beside charts as CSV: what pandas writes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.pages.csv_text import csv_text

FRAMES = {
    "numbers": {"x": [1.0, np.nan, 1e-9, 123456789.0, -np.inf], "n": [1, 2, 3, 4, 5]},
    "texts": {'a "b"': ['q"uote', "com,ma", "li\nne", None, ""], "t": [True, False] * 2 + [True]},
    "nullable": {"n": pd.array([1, None, 3], dtype="Int64"), "f": pd.array([1.5, None, 2])},
    "categories": {"c": pd.Categorical(["u", None])},
    "objects": {"o": pd.Series([None, np.nan, {"k": 1}, "x"], dtype=object)},
    "empty": {"x": pd.Series([], dtype=np.float64)},
    "one column": {"t": ["a", None, "", "b,c"]},
}


def test_columns_are_written_as_a_frame_of_them():
    columns = {
        "x": np.array([0.1234567, np.nan, 1e-9]), "n": np.arange(3),
        "t": np.array(["a,b", None, np.nan], dtype=object),
    }  # fmt: skip
    assert csv_text(columns) == csv_text(pd.DataFrame(columns))


@pytest.mark.parametrize("name", FRAMES)
def test_it_is_what_pandas_writes(name):
    frame = pd.DataFrame(FRAMES[name])
    assert csv_text(frame) == frame.to_csv(index=False, float_format="%.6g")
