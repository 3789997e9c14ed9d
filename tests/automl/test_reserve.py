from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.fit_task import FitTask
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.objective import objective_of
from metalearn.automl.reserve import Reserve
from metalearn.automl.settings import Settings
from metalearn.automl.validation import validation_of
from metalearn.core.configuration import Configuration


@pytest.fixture
def library(monkeypatch):
    monkeypatch.setattr("metalearn.automl.reserve.slowness_of", lambda pid: 1.0)  # no other work
    y = np.arange(60.0)
    task = FitTask("regression", pd.DataFrame({"a": y}), y, None, validation_of(y, "regression"))
    return Library(task, objective_of("rmse", "regression"))


def reserve(library, budget_s=100.0):
    return Reserve(library, Settings(time_budget_s=budget_s), 0.0, 1, lambda: 0.0)


def test_without_trials_the_least_share_is_kept(library):
    # 0.15 s and 1 % for the end, 0.3 s and 5 % for weights and refits.
    assert reserve(library).seconds == pytest.approx(0.15 + 1.0 + 0.3 + 5.0)


def test_refits_are_kept_time_for_as_long_as_they_take_on_this_machine(library):
    library.trials = [
        FitTrial(Configuration("ridge", {"alpha": 1.0}), "opening", "ok", fit_s=40.0)
    ]
    found = reserve(library)
    found.plan()
    # Five folds of 48 rows took 40 s: all 60 rows take 10, times 1.3 for caution.
    assert found.seconds == pytest.approx(0.15 + 1.0 + 0.2 + 13.0)
    found.observe(40.0, 80.0)
    assert found.slowness == 2.0
    assert found.seconds == pytest.approx(0.15 + 1.0 + 0.2 + 26.0)


def test_no_more_than_a_share_of_the_budget_is_kept(library):
    library.trials = [
        FitTrial(Configuration("ridge", {"alpha": 1.0}), "opening", "ok", fit_s=900.0)
    ]
    found = reserve(library)
    found.plan()
    assert found.seconds == pytest.approx(0.15 + 1.0 + 35.0)


def test_a_preparation_is_shared_by_its_trials(library):
    library.trials = [
        FitTrial(Configuration("ridge", {"alpha": a}), "opening", "ok", prepare_s=s, fit_s=4.0)
        for a, s in ((1.0, 20.0), (2.0, 0.0))
    ]
    found = reserve(library)
    found.plan()
    # A quarter of the 20 s for the rows of five folds, once, and of 4 s for each member.
    assert found.seconds == pytest.approx(0.15 + 1.0 + 0.2 + 1.3 * (5.0 + 1.0 + 1.0))
