"""Ranks over tasks: a planted order, ties, and tables without an answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metalearn.importance import importance_summary, rank_summary, top_items
from metalearn.importance.table import ImportanceTable


def table_of(share, items):
    share = np.asarray(share, dtype=np.float64)
    n_tasks, n_items = share.shape
    return ImportanceTable(
        "fanova", "planted", "accuracy", tuple(items), tuple(f"t{i}" for i in range(n_tasks)),
        share, np.full(share.shape, np.nan), np.ones(n_items), np.ones(n_tasks),
        np.full(n_tasks, 100.0), ("",) * n_tasks,
    )  # fmt: skip


def test_summary_ranks_main_effects_and_pairs_apart():
    items = [("a",), ("b",), ("a", "b")]
    found = importance_summary(
        table_of([[0.1, 0.6, 0.2], [0.3, 0.5, 0.1], [0.4, 0.2, 0.3], [np.nan] * 3], items)
    ).set_index("item")
    assert list(found.index) == ["b", "a", "a / b"]
    assert found.loc["b", "median"] == 0.5
    assert found.loc["b", "mean_rank"] == pytest.approx(4 / 3)
    assert found.loc["b", "top_on"] == 2
    assert found.loc["a / b", "mean_rank"] == 1.0
    assert set(found["n_tasks"]) == {3}


def test_rank_summary_finds_the_planted_order():
    rng = np.random.default_rng(0)
    share = np.array([0.5, 0.3, 0.05, 0.0]) + 0.02 * rng.random((40, 4))
    found = rank_summary(("w", "x", "y", "z"), share)
    assert found.names == ("w", "x", "y", "z")
    assert found.mean_ranks == pytest.approx([1, 2, 3, 4])
    assert found.test.f_p_value == 0.0
    assert found.groups == ()
    same = rank_summary(("w", "x", "y", "z"), rng.random((40, 4)))
    assert same.test.p_value > 0.01
    assert len(same.groups[0]) >= 3


def test_no_answer_stays_no_answer():
    found = rank_summary(("a", "b"), np.full((3, 2), np.nan))
    assert math.isnan(found.critical_difference)
    assert found.groups == ()
    nothing = table_of(np.full((3, 2), np.nan), [("a",), ("b",)])
    summary = importance_summary(nothing)
    assert summary["median"].isna().all()
    assert (summary["n_tasks"] == 0).all()
    assert top_items(nothing) == {}


def test_top_items():
    items = [("a",), ("b",), ("a", "b")]
    table = table_of([[0.1, 0.2, 0.6], [0.3, 0.1, 0.2]], items)
    assert top_items(table) == {"t0": "a / b", "t1": "a"}
    assert top_items(table, size=1) == {"t0": "b", "t1": "a"}
    assert list(table.of_size(2).names) == ["a / b"]
    assert len(table.to_frame()) == 6
