"""The formulas of tunability, against numbers worked out by hand and published means."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metalearn.importance.tuning_gain import (
    gains,
    interaction,
    joint_gain,
    mean_interval,
    numeric_range,
    stays_at_default,
    usual_levels,
)


def test_gains_and_pairs_by_hand():
    found = gains(np.array([0.7, 0.8]), np.array([[0.8, 0.75], [0.8, 0.9]]))
    assert found == pytest.approx(np.array([[0.1, 0.05], [0.0, 0.1]]))
    assert joint_gain(np.array([0.3]), np.array([0.1]), np.array([0.15])) == pytest.approx([0.15])
    assert interaction(np.array([0.3]), np.array([0.1]), np.array([0.15])) == pytest.approx([0.05])


def test_mean_interval_is_the_t_interval():
    found = mean_interval(np.array([1.0, 2.0, 3.0, np.nan]))
    assert found.n_tasks == 3
    assert found.mean == 2.0
    assert found.high - 2.0 == pytest.approx(4.3027 / math.sqrt(3), abs=1e-4)
    assert math.isnan(mean_interval(np.array([1.0])).low)
    assert math.isnan(mean_interval(np.array([np.nan])).mean)


def test_non_inferiority_needs_a_bound_below_the_margin():
    small = np.array([0.001, 0.002, 0.0, 0.001, 0.001])
    assert stays_at_default(small, 0.01)
    assert not stays_at_default(small + 0.01, 0.01)
    assert not stays_at_default(np.array([0.0, 0.1, 0.0]), 0.05)
    assert not stays_at_default(np.array([0.0]), 0.05)


def test_ranges():
    assert numeric_range(np.linspace(0, 1, 101)) == pytest.approx((0.05, 0.95))
    assert all(math.isnan(end) for end in numeric_range(np.r_[np.ones(9), np.nan]))
    assert usual_levels(["a"] * 19 + ["b"] + [None]) == [("a", 0.95)]


@pytest.mark.parametrize(
    ("algorithm", "optimal", "package"),
    [("glmnet", 0.024, 0.069), ("rpart", 0.012, 0.038), ("kknn", 0.006, 0.031),
     ("svm", 0.042, 0.056), ("ranger", 0.006, 0.010), ("xgboost", 0.014, 0.043)],
)  # fmt: skip
def test_published_means(shared_data, algorithm, optimal, package):
    # Probst et al. 2019, table 3 (AUC), from the published predictions per data set.
    folder = shared_data / "metadatasets" / "tunability"
    overall = pd.read_csv(folder / "overall.csv.gz")
    auc = overall[(overall["measure"] == "auc") & (overall["algorithm"] == algorithm)]
    for reference, mean in (("computed_default", optimal), ("package_default", package)):
        part = auc[auc["reference"] == reference]
        found = gains(part["default_score"].to_numpy(), part["optimum_score"].to_numpy())
        assert found == pytest.approx(part["tunability"].to_numpy(), abs=2e-8)
        assert mean_interval(found).mean == pytest.approx(mean, abs=6e-4)
