"""Frozen values: shapes are checked once, arrays inside are copies that nobody can change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metalearn.core.arrays import frozen_array
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import METRICS
from metalearn.core.records import COLUMNS, Batch, LoadReport, Source
from metalearn.core.seams import Prediction
from metalearn.core.task import TargetTask, Task
from metalearn.errors import InputError, ShapeError


class TestFrozenArray:
    def test_is_a_read_only_copy(self):
        values = np.asfortranarray(np.arange(6).reshape(2, 3))
        array = frozen_array("a", values, (2, None))
        values[0, 0] = 99
        assert array[0, 0] == 0.0
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0

    def test_one_that_is_frozen_already_is_not_copied(self):
        frozen = frozen_array("a", np.arange(6.0).reshape(2, 3).copy(), (2, 3))
        assert frozen_array("a", frozen, (2, 3)) is frozen
        assert not np.shares_memory(frozen_array("a", frozen[:1], (1, 3)), frozen)

    @pytest.mark.parametrize("shape", [(3,), (2, 4), (None, None, None), ()])
    def test_names_what_differs(self, shape):
        with pytest.raises(ShapeError, match=r"a: expected shape .*, got \(2, 3\)"):
            frozen_array("a", np.zeros((2, 3)), shape)


def meta_dataset(losses: np.ndarray, **parts: object) -> MetaDataset:
    n, m = losses.shape
    tasks = tuple(Task(f"t{i}", f"t{i}") for i in range(n))
    configurations = tuple(Configuration("a", {"x": j}) for j in range(m))
    return MetaDataset(METRICS["log_loss"], tasks, configurations, losses, **parts)


cells = arrays(
    np.float64,
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    elements=st.floats(-9, 9) | st.just(np.nan),
)


class TestMetaDataset:
    @given(cells, st.data())
    def test_take_keeps_rows_and_columns_together(self, losses, data):
        n, m = losses.shape
        meta = meta_dataset(
            losses,
            runtimes_s=losses + 1,
            failed=np.isnan(losses),
            meta_features=np.arange(n)[:, None],
            meta_feature_names=("f",),
            groups=np.arange(n) * 10,
        )
        rows = data.draw(st.lists(st.sampled_from(range(n)), unique=True) if n else st.just([]))
        columns = data.draw(st.lists(st.sampled_from(range(m)), unique=True) if m else st.just([]))
        rows, columns = np.array(rows, dtype=int), np.array(columns, dtype=int)
        part = meta.take(rows, columns)
        np.testing.assert_array_equal(part.losses, losses[np.ix_(rows, columns)])
        np.testing.assert_array_equal(part.runtimes_s, part.losses + 1)
        np.testing.assert_array_equal(part.failed, np.isnan(part.losses))
        assert [task.key for task in part.tasks] == [f"t{i}" for i in rows]
        assert [c.hyperparameters["x"] for c in part.configurations] == list(columns)
        np.testing.assert_array_equal(part.meta_features[:, 0], rows)
        np.testing.assert_array_equal(part.groups, rows * 10)

    def test_take_by_mask_and_all(self):
        meta = meta_dataset(np.arange(6.0).reshape(2, 3), snapshot="s")
        np.testing.assert_array_equal(meta.take().losses, meta.losses)
        part = meta.take(tasks=[False, True], configurations=np.array([True, False, True]))
        np.testing.assert_array_equal(part.losses, [[3.0, 5.0]])
        assert part.snapshot == "s"

    @given(cells, st.data())
    def test_failures_get_the_worst_observed_loss_of_their_task(self, losses, data):
        """METHODS D3; a slow and obvious second computation."""
        failed = data.draw(arrays(np.bool_, losses.shape))
        meta = meta_dataset(losses, failed=failed)
        got = meta.with_failures_imputed().losses
        want = losses.copy()
        for i in range(losses.shape[0]):
            seen = [v for v in losses[i] if not np.isnan(v)]
            for j in range(losses.shape[1]):
                if np.isnan(losses[i, j]) and failed[i, j] and seen:
                    want[i, j] = max(seen)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_array_equal(meta.losses, losses)

    def test_far_outliers_are_cut_where_the_metric_has_no_worst_value(self):
        row = [0.1, 0.2, 0.3, 0.4, 0.5, np.nan, 1e6]
        meta = meta_dataset(np.array([row, [np.nan] * 7, [1.0] * 7]))
        got = dataclasses.replace(meta, metric=METRICS["r2"]).with_outliers_clipped().losses
        lower, upper = np.quantile([0.1, 0.2, 0.3, 0.4, 0.5, 1e6], [0.25, 0.75])
        np.testing.assert_array_equal(got[0, :6], row[:6])
        assert got[0, 6] == pytest.approx(upper + 3 * (upper - lower))
        assert np.isnan(got[1]).all()
        np.testing.assert_array_equal(got[2], 1.0)
        bounded = dataclasses.replace(meta, metric=METRICS["accuracy"])
        assert bounded.with_outliers_clipped() is bounded

    def test_what_is_not_known(self):
        meta = meta_dataset(np.array([[1.0, np.nan]]))
        assert np.isnan(meta.runtimes_s).all()
        assert not meta.failed.any()
        assert meta.meta_features.shape == (1, 0)
        assert (meta.n_tasks, meta.n_configurations, meta.n_evaluations) == (1, 2, 1)

    @pytest.mark.parametrize("name", ["losses", "runtimes_s", "failed", "meta_features", "groups"])
    def test_arrays_are_read_only(self, name):
        array = getattr(meta_dataset(np.zeros((2, 2))), name)
        assert not array.flags.writeable

    @pytest.mark.parametrize(
        "parts",
        [
            {"runtimes_s": np.zeros((1, 2))},
            {"failed": np.zeros(2)},
            {"groups": np.zeros(3)},
            {"meta_features": np.zeros((2, 1))},
            {"meta_feature_names": ("f",)},
        ],
    )
    def test_shapes_are_checked(self, parts):
        with pytest.raises(ShapeError, match="expected shape"):
            meta_dataset(np.zeros((2, 2)), **parts)

    def test_no_configuration_twice(self):
        same = (Configuration("a", {"x": 1.0}), Configuration("a", {"x": 1.0 + 1e-15}))
        with pytest.raises(ShapeError, match="a key occurs twice; merge equal configurations"):
            MetaDataset(METRICS["r2"], (Task("t", "t"),), same, np.zeros((1, 2)))

    def test_is_frozen(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            meta_dataset(np.zeros((1, 1))).losses = np.ones((1, 1))


class TestTargetTask:
    def test_told_step_by_step(self):
        target = TargetTask(np.array([1.0, np.nan])).tell(3, 0.5, 2.0).tell(0, np.nan)
        np.testing.assert_array_equal(target.observed, [3, 0])
        np.testing.assert_array_equal(target.observed_losses, [0.5, np.nan])
        np.testing.assert_array_equal(target.observed_runtimes_s, [2.0, np.nan])
        assert target.n_observed == 2
        assert TargetTask().n_observed == 0

    def test_no_configuration_twice(self):
        with pytest.raises(InputError, match="listed twice; average its losses first"):
            TargetTask().tell(1, 0.1).tell(1, 0.2)

    def test_lengths_agree(self):
        with pytest.raises(ShapeError, match="observed_losses"):
            TargetTask(observed=np.array([1]), observed_losses=np.zeros(2))
        with pytest.raises(ShapeError, match="observed: expected shape"):
            TargetTask(observed=np.array([[1]]), observed_losses=np.zeros(1))

    def test_arrays_are_read_only_copies(self):
        observed = np.array([1])
        target = TargetTask(observed=observed, observed_losses=np.zeros(1))
        observed[0] = 7
        assert target.observed[0] == 1
        assert not target.observed.flags.writeable


class TestHistory:
    def test_one_loss_a_point(self):
        history = History(np.zeros((3, 2)), np.array([1.0, np.nan, 2.0]), "t")
        assert len(history) == 3
        assert not history.X.flags.writeable
        with pytest.raises(ShapeError, match=r"y: expected shape \(3,\), got \(2,\)"):
            History(np.zeros((3, 2)), np.zeros(2))

    def test_predictions_have_one_shape(self):
        with pytest.raises(ShapeError, match="differ in shape"):
            Prediction(np.zeros(2), np.zeros(3))


class TestBatch:
    def test_empty_tables_have_their_columns(self):
        batch = Batch(Source("test"))
        for table, columns in COLUMNS.items():
            assert tuple(getattr(batch, table).columns) == columns
            assert len(getattr(batch, table)) == 0

    @pytest.mark.parametrize("table", COLUMNS)
    def test_columns_are_checked(self, table):
        short = getattr(Batch(Source("test")), table).iloc[:, 1:]
        with pytest.raises(ShapeError, match=f"batch table '{table}': expected columns"):
            Batch(Source("test"), **{table: short})

    counts = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9))

    @given(counts, counts)
    def test_reports_add_up(self, a, b):
        total = LoadReport(new=a, rejected=b) + LoadReport(new=b, changed=a)
        assert total.new == {key: a.get(key, 0) + b.get(key, 0) for key in {**a, **b}}
        assert total.changed == a
        assert total.unchanged == {}
        assert total.rejected == b


def test_a_meta_dataset_of_all_tasks_and_configurations_is_itself():
    meta = meta_dataset(np.arange(6.0).reshape(2, 3))
    assert meta.take([0, 1], np.ones(3, dtype=bool)) is meta
    np.testing.assert_array_equal(meta.take([1, 0]).losses, meta.losses[::-1])
