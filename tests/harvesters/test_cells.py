"""Coded columns: the rules on texts, once for each distinct text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.harvesters.cells import Cells, joint
from metalearn.harvesters.values import MISSING

_ODD = ["", "nan", "NaN", "nan(1)", "inf", "1e999", "1_0", " 1 ", "+1", "0x1", "1.", "\u0663", "?"]
numbers_like = st.sampled_from(_ODD) | st.floats().map(repr) | st.integers().map(str) | st.text()


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


@settings(max_examples=60, deadline=None)
@given(st.lists(numbers_like.filter(lambda t: t.isprintable()), max_size=8))
def test_numbers_are_those_that_python_reads(texts: list[str]) -> None:
    for part in (texts, *([text] for text in texts)):
        cells = Cells(pa.array(part, pa.string()))
        np.testing.assert_array_equal(cells.numbers(), [_float(text) for text in part])
        missing = [text.strip().lower() in MISSING for text in part]
        np.testing.assert_array_equal(cells.is_missing(), missing)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), max_size=12))
def test_joint_columns_are_coded_in_order_of_appearance(rows: list[tuple[str, str]]) -> None:
    columns = [Cells(pa.array([row[j] for row in rows], pa.string())).coded for j in (0, 1)]
    pairs = joint(columns, len(rows))
    assert [pairs.distinct[code] for code in pairs.codes] == rows
    assert list(pairs.distinct) == list(dict.fromkeys(rows))
    assert list(pairs.first_rows) == [rows.index(pair) for pair in pairs.distinct]


def test_no_column_is_one_value_for_all_rows() -> None:
    assert joint([], 3).distinct == [()]
    assert joint([], 0).distinct == []


def test_categories_of_equal_texts_are_one() -> None:
    column = Cells(pa.array([" a", "a", "b", ""])).coded.map(lambda text: text.strip() or None)
    found = column.categorical(np.array([0, 1, 3]))
    assert list(found.categories) == ["a", "b"]
    assert found.codes.tolist() == [0, 0, -1]
