"""Ranks, Friedman, Nemenyi: against SciPy, published tables, and a small example by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare

from metalearn.errors import ShapeError, UsageError
from metalearn.numerics.statistics.critical_difference import (
    average_ranks,
    friedman,
    nemenyi_cd,
    not_distinct,
    task_ranks,
)

# Demsar 2006, table 6: AUC of C4.5, with m, with cf, with both, on 14 data sets.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967], [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875], [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
    ]
)  # fmt: skip


def test_demsar_2006_example():
    # The paper: average ranks 3.143, 2.000, 2.893, 1.964; chi-square 9.28, F 3.69 (no tie
    # correction there, so ours is a little larger); CD at alpha 0.10 = 1.12, at 0.05 = 1.25.
    assert average_ranks(-DEMSAR) == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=1e-3)
    ranks = task_ranks(-DEMSAR)
    r = ranks.mean(axis=0)
    plain = 12 * 14 / (4 * 5) * ((r**2).sum() - 4 * 25 / 4)
    assert plain == pytest.approx(9.28, abs=0.01)
    ties = sum(
        float((counts**3 - counts).sum())
        for row in DEMSAR
        for counts in [np.unique(row, return_counts=True)[1]]
    )
    test = friedman(ranks)
    assert test.statistic == pytest.approx(plain / (1 - ties / (14 * 4 * 15)), rel=1e-9)
    assert (test.n_tasks, test.n_items) == (14, 4)
    assert nemenyi_cd(4, 14, 0.05) == pytest.approx(1.25, abs=0.01)
    assert nemenyi_cd(4, 14, 0.10) == pytest.approx(1.12, abs=0.01)


@pytest.mark.parametrize(
    ("k", "q"),
    [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (7, 2.949), (8, 3.031),
     (9, 3.102), (10, 3.164)],
)  # fmt: skip
def test_published_quantiles(k, q):
    # Demsar 2006, table 5a.
    assert nemenyi_cd(k, 1) / math.sqrt(k * (k + 1) / 6) == pytest.approx(q, abs=1.1e-3)


def test_reference_differences():
    # METHODS: 9 methods over 86 tasks and over 430 "instances".
    assert nemenyi_cd(9, 86) == pytest.approx(1.295, abs=1e-3)
    assert nemenyi_cd(9, 430) == pytest.approx(0.579, abs=1e-3)


@given(st.integers(3, 6), st.integers(3, 12), st.integers(0, 999), st.booleans())
def test_friedman_equals_scipy(k, n, seed, with_ties):
    rng = np.random.default_rng(seed)
    losses = rng.integers(0, 4, (n, k)).astype(float) if with_ties else rng.random((n, k))
    test = friedman(task_ranks(losses))
    if all(len(set(row)) == 1 for row in losses):
        assert math.isnan(test.p_value)
        return
    expected = friedmanchisquare(*losses.T)
    assert test.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert test.p_value == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)


def test_agreement_and_degenerate():
    same = np.tile([1.0, 2.0, 3.0], (5, 1))
    assert friedman(same).f_p_value == 0.0
    assert math.isinf(friedman(same).f_statistic)
    assert math.isnan(friedman(same[:1]).p_value)
    assert math.isnan(friedman(np.full((4, 3), 2.0)).p_value)
    with pytest.raises(ShapeError):
        task_ranks(np.zeros(3))
    with pytest.raises(UsageError, match="k >= 2"):
        nemenyi_cd(1, 5)


def test_incomplete_tasks_are_left_out():
    losses = np.array([[0.1, 0.2], [np.nan, 0.3], [0.5, 0.4], [0.1, 0.2]])
    assert average_ranks(losses) == pytest.approx([4 / 3, 5 / 3])
    assert friedman(task_ranks(losses)).n_tasks == 3
    assert np.isnan(average_ranks(losses[1:2])).all()


def test_groups_are_maximal():
    ranks = np.array([1.0, 1.2, 1.4, 3.0, 3.1])
    assert not_distinct(ranks, 0.5) == [(0, 1, 2), (3, 4)]
    assert not_distinct(ranks, 0.05) == []
    assert not_distinct(ranks, 5.0) == [(0, 1, 2, 3, 4)]
