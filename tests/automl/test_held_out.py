from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.held_out import column_importance, held_out

from .fitted_models import fitted_model, mixed_table

pytestmark = pytest.mark.filterwarnings("ignore")


class _OneColumn:
    """Predicts the column that is the target, and looks at nothing else."""

    metric, metric_ = None, "rmse"

    class ensemble_:  # an attribute of the estimator
        kind, classes, members, class_weights = "regression", None, (1,), None

        @staticmethod
        def values(X):
            return X["used"].to_numpy()


def test_importance_is_that_of_the_column_that_is_used():
    """Shuffling a column that decides alone: RMSE rises from 0 to about sqrt(2) deviations."""
    y = np.random.default_rng(0).normal(size=1000)
    X = pd.DataFrame({"unused": y, "used": y, "other": 1.0})
    found = column_importance(_OneColumn(), X, y)
    assert found.names[0] == "used"
    assert found.loss == 0.0
    assert found.means[0] == pytest.approx(np.sqrt(2.0), rel=0.15)
    assert (found.means[1:] == 0.0).all()
    assert (found.n_rows, found.n_shuffles, found.is_complete) == (400, 3, True)


def test_importance_ends_in_time():
    ticks = itertools.count()
    X = pd.DataFrame(dict.fromkeys([f"c{i}" for i in range(9)], 0.0) | {"used": [1.0, 2.0, 3.0]})
    found = column_importance(
        _OneColumn(), X, X["used"].to_numpy(), time_limit_s=4.5, clock=lambda: float(next(ticks))
    )
    assert len(found.names) == 4
    assert not found.is_complete


def test_a_model_without_its_search_has_no_held_out_predictions():
    model = fitted_model("regression", "ridge")
    assert held_out(model) is None
    X, _, y = mixed_table()
    found = column_importance(model, X, y, n_rows=40, n_shuffles=1, clock=lambda: 0.0)
    assert found.is_complete
    assert "number" in found.names[:2]  # the target is number + count / 2
