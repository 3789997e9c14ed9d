from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.fit_task import FitTask
from metalearn.automl.predictor import Ensemble, Member
from metalearn.automl.validation import Validation
from metalearn.core.configuration import Configuration


def task(y):
    X = pd.DataFrame({"a": np.arange(len(y), dtype=float)})
    return FitTask("regression", X, np.asarray(y, dtype=float), None, Validation((), ""))


@pytest.mark.parametrize(
    ("y", "limits"),
    [
        ([2.0, 12.0], (1.0, 13.0)),
        ([0.5, 10.5], (0.5, 11.5)),  # no negative number where there was none
        ([-4.0, 6.0], (-5.0, 7.0)),
    ],
)
def test_limits(y, limits):
    assert task(y).limits == pytest.approx(limits)


class Step:
    def __init__(self, number):
        self.number = number

    def transform(self, X):
        return X

    def predict(self, X):
        return np.full(len(X), self.number)


class Pipeline:
    def __init__(self, number):
        self.named_steps = {"prepare": Step(number), "model": Step(number)}


def test_a_member_far_off_cannot_carry_the_others_away():
    X = pd.DataFrame({"a": [1.0]})
    members = tuple(
        Member(Configuration("ridge", {"alpha": a}), (Pipeline(number),))
        for a, number in ((1.0, 1e6), (2.0, 4.0))
    )
    ensemble = Ensemble(
        "regression", None, members, np.array([0.5, 0.5]), np.asarray(0.0), low=0.0, high=10.0
    )
    assert ensemble.values(X) == pytest.approx([7.0])
