"""The fast averaging of folds and repetitions equals the slow, obvious one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.store import cell_parts, export_parquet, open_store, writing
from metalearn.store.matrix import CellValues, are_single, averaged, joined, single_cells
from tests.store.worlds import batch

Row = tuple[int, int, int, int, float, int, float]


def slow(rows: list[Row]) -> dict[tuple[int, int], tuple[float, bool, float]]:
    frame = pd.DataFrame(rows, columns=["t", "c", "rep", "fold", "value", "status", "s"])
    found: dict[tuple[int, int], tuple[float, bool, float]] = {}
    for (t, c), cell in frame.groupby(["t", "c"]):
        values, good_seconds, bad_seconds = [], [], []
        for _, repetition in cell.groupby("rep"):
            folds = repetition[repetition["fold"] >= 0]
            part = folds if len(folds) else repetition
            mean_s = part["s"].mean()  # NaN is left out
            if (part["status"] == 0).all():
                values.append(part["value"].mean())
                good_seconds.append(mean_s)
            else:
                bad_seconds.append(mean_s)
        seconds = pd.Series(good_seconds if values else bad_seconds, dtype=float).median()
        value = float(np.median(values)) if values else np.nan
        found[int(t), int(c)] = (value, not values, float(seconds))  # type: ignore[call-overload]  # group keys
    return found


row = st.tuples(
    st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(-1, 2),
    st.floats(-10, 10), st.sampled_from([0, 0, 0, 1, 2]),
    st.one_of(st.floats(0, 100), st.just(float("nan"))),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(row, max_size=40, unique_by=lambda r: r[:4]))
def test_equals_the_slow_way(rows: list[Row]) -> None:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    t, c, rep, fold, status = (np.array(columns[i], dtype=np.int64) for i in (0, 1, 2, 3, 5))
    value, seconds = (np.array(columns[i], dtype=np.float64) for i in (4, 6))
    value = np.where(status > 0, np.nan, value)
    cells = averaged(
        t, c, repetition=rep, fold=fold, value=value, status=status, runtime_s=seconds
    )
    expected = slow(rows)
    assert list(zip(cells.row.tolist(), cells.column.tolist(), strict=True)) == sorted(expected)
    for i, key in enumerate(sorted(expected)):
        wanted_value, wanted_failed, wanted_seconds = expected[key]
        assert cells.value[i] == pytest.approx(wanted_value, abs=1e-9, nan_ok=True)
        assert cells.failed[i] == wanted_failed
        assert cells.runtime_s[i] == pytest.approx(wanted_seconds, abs=1e-9, nan_ok=True)


def test_parts_are_joined_in_the_order_of_tasks_and_configurations() -> None:
    def part(task: int) -> CellValues:
        columns = np.array([1, 0])
        return averaged(
            np.full(2, task), columns, repetition=np.zeros(2, np.int64),
            fold=np.zeros(2, np.int64), value=task + 0.1 * columns,
            status=np.zeros(2, np.int64), runtime_s=np.ones(2),
        )  # fmt: skip

    whole = joined([part(2), part(0), part(1)])
    assert whole.row.tolist() == [0, 0, 1, 1, 2, 2]
    assert whole.column.tolist() == [0, 1] * 3
    assert whole.value.tolist() == [0.0, 0.1, 1.0, 1.1, 2.0, 2.1]
    assert len(joined([]).row) == 0


def test_a_store_read_in_parts_gives_the_same_meta_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = tmp_path / "kb.duckdb"
    with writing(kb) as writer:
        writer.load(batch(n_tasks=7, n_configurations=5, n_folds=3))
        writer.load(batch(n_tasks=7, n_configurations=5, n_folds=2, seed=1))
    export_parquet(kb, tmp_path / "lake")
    for place in (kb, tmp_path / "lake"):
        with open_store(place) as store:
            whole = store.meta_dataset("accuracy")
            with monkeypatch.context() as patch:
                patch.setattr(cell_parts, "_ROWS_AT_ONCE", 40)
                parts = store.meta_dataset("accuracy")
        assert whole.tasks == parts.tasks
        assert whole.configurations == parts.configurations
        for name in ("losses", "runtimes_s", "failed"):
            assert getattr(whole, name).tobytes() == getattr(parts, name).tobytes()


@pytest.mark.parametrize("n_folds", [1, 3])
def test_single_evaluations_are_read_with_fewer_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_folds: int
) -> None:
    """The answer is the same where they are not recognized, or taken for single ones in error."""
    kb = tmp_path / "kb.duckdb"
    with writing(kb) as writer:
        writer.load(batch(n_tasks=3, n_configurations=4, n_folds=n_folds))
    export_parquet(kb, tmp_path / "lake")
    for place in (kb, tmp_path / "lake"):
        with open_store(place) as store:
            found = [store.meta_dataset("accuracy")]
            for answer in (False, True):
                with monkeypatch.context() as patch:
                    patch.setattr(cell_parts.Asked, "are_once", lambda *_, is_once=answer: is_once)
                    found.append(store.meta_dataset("accuracy"))
        assert found[0].n_evaluations > 0
        for name in ("losses", "runtimes_s", "failed"):
            assert len({getattr(meta, name).tobytes() for meta in found}) == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(3, 5), st.integers(0, 3)), max_size=12))
def test_single_evaluations_are_recognized(pairs: list[tuple[int, int]]) -> None:
    rows, columns = (np.array([p[i] for p in pairs], dtype=np.int64) for i in (0, 1))
    if len(set(pairs)) < len(pairs):
        assert not are_single(rows, columns)
    elif len(pairs) > 1:
        assert are_single(rows, columns)


def test_single_evaluations_far_apart_are_not_looked_for() -> None:
    assert not are_single(np.array([0, 9]), np.array([0, 9]))


def test_single_evaluations_are_cells_as_they_are() -> None:
    rows, columns, status = np.array([1, 0]), np.array([0, 1]), np.array([0, 2])
    value, runtime_s = np.array([0.5, np.nan]), np.array([1.0, 2.0])
    cells = single_cells(rows, columns, value=value, status=status, runtime_s=runtime_s)
    whole, none = joined([cells]), np.zeros(2, np.int64)
    expected = averaged(
        rows, columns, repetition=none, fold=none, value=value, status=status, runtime_s=runtime_s
    )
    for name in ("row", "column", "value", "failed", "runtime_s", "status"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(expected, name))
