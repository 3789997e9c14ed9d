"""Features and targets as people hold them: the same content is the same frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from metalearn.errors import InputError, UsageError
from metalearn.learners.frames import as_frame, as_target

N = 12
NUMBERS = np.arange(2.0 * N).reshape(N, 2)
PLAIN = pd.DataFrame(NUMBERS, columns=["0", "1"])
NAMED = pd.DataFrame({"a": NUMBERS[:, 0], "b": list("uvw") * 4})
CLASSES = list("xy") * 6


@pytest.mark.parametrize(
    "X",
    [
        NUMBERS,
        NUMBERS.tolist(),
        [tuple(row) for row in NUMBERS],
        PLAIN.set_axis(range(3, 3 + N)),
        PLAIN.set_axis([0, 1], axis=1),
        sp.csr_matrix(NUMBERS),
        sp.coo_array(NUMBERS),
        pd.DataFrame.sparse.from_spmatrix(sp.csc_matrix(NUMBERS)),
        np.ma.masked_array(NUMBERS, mask=False),
        NUMBERS.astype(object),
    ],
)
def test_numbers_without_names(X):
    pd.testing.assert_frame_equal(as_frame(X), PLAIN)


@pytest.mark.parametrize(
    "X",
    [
        NAMED,
        {name: NAMED[name].tolist() for name in NAMED},
        NAMED.to_dict("records"),
        pl.DataFrame(NAMED.to_dict("list")),
        pl.DataFrame(NAMED.to_dict("list")).lazy(),
        pa.table(NAMED),
        pa.RecordBatch.from_pandas(NAMED),
        np.array(list(NAMED.itertuples(index=False)), dtype=[("a", float), ("b", object)]),
    ],
)
def test_named_columns_of_mixed_types(X):
    """Numbers beside text stay numbers, whatever holds them."""
    pd.testing.assert_frame_equal(as_frame(X), NAMED, check_dtype=False)
    assert as_frame(X)["a"].dtype == np.float64


def test_masked_values_are_missing():
    masked = np.ma.masked_array(NUMBERS, mask=NUMBERS == 3.0)
    assert as_frame(masked).isna().to_numpy().nonzero() == (1, 1)
    assert as_target(np.ma.masked_array([1.0, 2.0], mask=[True, False])).isna().tolist() == [
        True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (NUMBERS[None], "3 axes"),
        (None, "0 axes"),
        ([[1, 2], [3]], "rows of 1 to 2 values"),
        ({"a": [1, 2], "b": [1]}, "equal length"),
        (sp.csr_matrix((10**6, 10**4)), "1,000,000 rows x 10,000 columns"),
    ],
)
def test_what_is_no_table(X, message):
    with pytest.raises(InputError, match=message):
        as_frame(X)


@pytest.mark.parametrize(
    "y",
    [
        CLASSES,
        tuple(CLASSES),
        np.array(CLASSES),
        np.array(CLASSES)[:, None],
        pd.Series(CLASSES, index=range(5, 5 + N)),
        pd.Index(CLASSES),
        pd.Categorical(CLASSES),
        pd.array(CLASSES, dtype="string"),
        pd.DataFrame({0: CLASSES}),
        pl.Series(CLASSES),
        pl.DataFrame({"0": CLASSES}),
        pa.array(CLASSES),
        pa.chunked_array([CLASSES[:4], CLASSES[4:]]),
        pa.table({"0": CLASSES}),
    ],
)
def test_one_value_a_row(y):
    found = as_target(y)
    assert found.astype(str).tolist() == CLASSES
    assert found.index.tolist() == list(range(N))


def test_names_of_targets_are_kept():
    for y in (pd.Series(CLASSES, name="t"), pl.Series("t", CLASSES), pl.DataFrame({"t": CLASSES})):
        assert as_target(y).name == "t"


@pytest.mark.parametrize("y", [{"a": 1}, set("xy"), (v for v in CLASSES), 3, b"xy", True])
def test_what_is_no_target(y):
    with pytest.raises(UsageError, match="target y must be"):
        as_target(y)


@pytest.mark.parametrize("y", [NUMBERS, pd.DataFrame(NUMBERS), pl.DataFrame(NUMBERS)])
def test_several_targets_are_refused(y):
    with pytest.raises(InputError, match="2 columns; expected one value a row"):
        as_target(y)
