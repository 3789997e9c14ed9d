"""Quick configurations that are good on the known tasks, to begin with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.automl.quick_list import quick_list
from metalearn.errors import MetalearnError
from metalearn.learners import get
from metalearn.learners.tables import Table


def table(n_rows):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n_rows, 5)))
    return Table("table", "classification", X, pd.Series(rng.integers(0, 2, n_rows)), "y")


@pytest.fixture(scope="module")
def store():
    with metalearn.open() as found:
        yield found


def test_different_learners_none_of_them_slow(store):
    found = quick_list(store, table(500), "log_loss")
    assert len(found) == 8
    assert len({c.algorithm for c in found}) >= 4
    assert max(found.values()) < 1.0
    assert min(found.values()) > 0


def test_better_than_single_defaults_on_the_known_tasks(store):
    """Of the best of the list and the first defaults, the list has less regret on most tasks."""
    meta = store.meta_dataset("log_loss", kind="classification")
    position = {c.key: j for j, c in enumerate(meta.configurations)}
    listed = [position[c.key] for c in quick_list(store, table(500), "log_loss")]
    defaults = [
        position[get(name).space("classification").default().key]
        for name in ("logistic_regression", "lightgbm", "extra_trees")
    ]
    best = [np.nanmin(meta.losses[:, which], axis=1) for which in (listed, defaults)]
    assert np.mean(best[0] < best[1]) > 0.7


def test_of_the_learners_asked_for_and_without_excluded_tasks(store):
    found = quick_list(store, table(500), "log_loss", algorithms=("mlp", "lightgbm"))
    assert {c.algorithm for c in found} == {"mlp", "lightgbm"}
    names = tuple(store.tasks().query("kind == 'classification'")["name"])
    with pytest.raises(MetalearnError, match="task"):
        quick_list(store, table(500), "log_loss", exclude=names)


def test_larger_tables_take_longer(store):
    small, large = (sum(quick_list(store, table(n), "log_loss").values()) for n in (300, 10_000))
    assert small < large
