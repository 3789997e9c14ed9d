"""Frames become typed tables; a cell that does not fit names its row."""

from __future__ import annotations

import pandas as pd
import pytest

from metalearn.store.staging import arrow_table
from tests.store.worlds import evaluation, frame


@pytest.mark.parametrize("tasks", [["a", "b", "a", None], ["a", "\ud800", "a", None], [None] * 4])
def test_categories_are_staged_like_texts(tasks: list[str | None]) -> None:
    plain = frame("evaluations", [evaluation()] * 4).assign(task=pd.Series(tasks, dtype=object))
    codes, texts = pd.factorize(pd.Series(tasks, dtype=object))
    coded = plain.assign(task=pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object)))
    expected, got = (arrow_table("evaluations", rows, {}) for rows in (plain, coded))
    assert got.column("task").to_pylist() == expected.column("task").to_pylist()
    assert got.column("refused").to_pylist() == expected.column("refused").to_pylist()
