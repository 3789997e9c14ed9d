"""Frames become typed tables; a cell that does not fit names its row."""

from __future__ import annotations

import pandas as pd
import pytest

from metalearn.store.staging import arrow_table, refuse_strange_json
from tests.store.worlds import evaluation, frame

SOURCES = pd.DataFrame({"source_no": [7], "name": ["collect"], "time": ["2026-01-01T00:00:00Z"]})


@pytest.mark.parametrize("tasks", [["a", "b", "a", None], ["a", "\ud800", "a", None], [None] * 4])
def test_categories_are_staged_like_texts(tasks: list[str | None]) -> None:
    rows = frame("evaluations", [evaluation()] * 4).assign(source_no=7, vanished=False, engine=0)
    plain = rows.assign(task=pd.Series(tasks, dtype=object))
    codes, texts = pd.factorize(pd.Series(tasks, dtype=object))
    coded = plain.assign(task=pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object)))
    expected, got = (arrow_table("evaluations", rows, SOURCES) for rows in (plain, coded))
    assert got.column("task").to_pylist() == expected.column("task").to_pylist()
    assert got.column("refused").to_pylist() == expected.column("refused").to_pylist()


def test_rows_carry_their_origin_and_those_of_no_source_are_left_out() -> None:
    rows = frame("algorithms", [("a", "x", "1", None), ("b", "x", "1", None)])
    got = arrow_table("algorithms", rows.assign(source_no=[3, 7]), SOURCES)
    assert got.column("algorithm").to_pylist() == ["b"]
    assert got.column("source_name").to_pylist() == ["collect"]


def test_json_that_is_not_canonical_is_refused() -> None:
    texts = ['{"a":1}', '{"a": 1}', "[]"]
    rows = frame("configurations", [(f"key {n}", "a", text) for n, text in enumerate(texts)])
    staged = arrow_table("configurations", rows.assign(source_no=7), SOURCES)
    reasons = refuse_strange_json(staged, enumerate(texts)).column("refused").to_pylist()
    assert reasons == [
        None,
        "configuration whose JSON is not canonical",
        "configuration whose hyperparameters are not a JSON object",
    ]
