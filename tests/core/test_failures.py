"""A failed evaluation has the worst measured loss of its task, wherever one is imputed."""

import numpy as np
import pytest

from metalearn.core import Configuration, History, MetaDataset, TargetTask, Task, metric_named
from metalearn.core.failures import failures_imputed
from metalearn.recommenders.prepared_meta import measured
from metalearn.surrogates.losses import cleaned

ROW = np.array([0.25, np.nan, 0.75, 0.5, np.nan])
WORST = [0.25, 0.75, 0.75, 0.5, 0.75]


def test_recommenders_surrogates_and_meta_datasets_agree() -> None:
    index = np.arange(5)
    np.testing.assert_array_equal(measured(TargetTask(np.empty(0), index, ROW)).losses, WORST)
    np.testing.assert_array_equal(cleaned(History(index[:, None] / 5, ROW))[1], WORST)
    columns = tuple(Configuration("a", {"x": float(i)}) for i in index)
    meta = MetaDataset(
        metric_named("log_loss"), (Task("t", "t"),), columns, ROW[None], failed=np.isnan(ROW)[None]
    )
    np.testing.assert_array_equal(meta.with_failures_imputed().losses, [WORST])


def test_a_missing_cell_is_no_failure() -> None:
    failed = np.array([False, True, False, True, False])  # a finite loss stays, marked or not
    found = failures_imputed(ROW, failed)
    np.testing.assert_array_equal(found, [0.25, 0.75, 0.75, 0.5, np.nan])


@pytest.mark.parametrize("unmeasured", [0.0, np.nan, 3.0])
def test_a_task_without_any_loss(unmeasured: float) -> None:
    losses = np.array([[np.nan, np.inf], [1.0, -np.inf]])
    found = failures_imputed(losses, unmeasured=unmeasured)
    np.testing.assert_array_equal(found, [[unmeasured] * 2, [1.0, 1.0]])
    assert failures_imputed(np.empty((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_any_unit(unit: float) -> None:
    np.testing.assert_array_equal(failures_imputed(unit * ROW), unit * failures_imputed(ROW))
