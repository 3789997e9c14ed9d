"""Slow members of little weight are left out of an ensemble."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.prediction_cost import seconds_per_row, without_slow_ones


class Slow:
    """A member that moves the clock."""

    def __init__(self, clock, call_s, row_s):
        self.clock, self.call_s, self.row_s = clock, call_s, row_s

    def predictions(self, X, classes, prepared):
        self.clock[0] += self.call_s + self.row_s * len(X)
        return np.zeros(len(X))


def harmless(positions):
    return 1.0


def test_seconds_without_those_of_a_call():
    clock = [0.0]
    members = {3: Slow(clock, 0.5, 0.001), 7: Slow(clock, 0.0, 0.02)}
    found = seconds_per_row(members, pd.DataFrame({"x": range(7)}), None, lambda: clock[0])
    assert found == pytest.approx({3: 0.001, 7: 0.02})


def test_slow_ones_of_little_weight_go():
    weights = {1: 0.5, 2: 0.42, 3: 0.03, 4: 0.05}
    assert without_slow_ones(weights, {1: 2e-5, 2: 2e-5, 3: 1e-3, 4: 1e-5}, harmless) == [1, 2, 4]


def test_quick_ensembles_stay_whole():
    weights = {1: 0.97, 2: 0.03}
    assert without_slow_ones(weights, {1: 2e-5, 2: 4e-5}, harmless) == [1, 2]


def test_most_of_the_weight_stays():
    weights = {1: 0.33, 2: 0.2, 3: 0.15, 4: 0.07, 5: 0.25}
    row_s = {1: 1e-3, 2: 1e-5, 3: 1e-3, 4: 1e-3, 5: 1e-3}
    assert without_slow_ones(weights, row_s, harmless) == [1, 2, 5]  # with 5 it would be .47
    assert without_slow_ones({1: 1.0}, {1: 1.0}, harmless) == [1]


def test_those_that_lower_the_loss_stay():
    weights, row_s = {1: 0.8, 2: 0.1, 3: 0.05, 4: 0.05}, {1: 1e-5, 2: 1e-3, 3: 1e-4, 4: 1e-3}

    def loss_of(positions):
        return 1.0 if 4 in positions else 1.01

    assert without_slow_ones(weights, row_s, loss_of) == [1, 4]
