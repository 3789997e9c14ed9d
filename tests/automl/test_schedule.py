"""What a fit tries first: the best of earlier fits, a quick list, and defaults."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.earlier_fits import Remembered
from metalearn.automl.fit_task import FitTask
from metalearn.automl.library import Library
from metalearn.automl.objective import objective_of
from metalearn.automl.schedule import TrialSchedule
from metalearn.automl.validation import validation_of
from metalearn.core.configuration import Configuration

COSTLY = Configuration("svr", {"C": 2.0})
CHEAP = Configuration("ridge", {"alpha": 2.0})


@pytest.fixture
def schedule():
    y = np.arange(40.0)
    task = FitTask("regression", pd.DataFrame({"x": y}), y, None, validation_of(y, "regression"))
    library = Library(task, objective_of(None, "regression"))
    found = TrialSchedule(library, None, np.random.default_rng(0))
    assert found.opening().source == "opening"
    found.remembered = Remembered(COSTLY, 2.0), Remembered(CHEAP, 0.01)
    return found


def test_best_of_earlier_fits_come_before_other_defaults(schedule):
    jobs = [schedule.opening(left_s=1e6) for _ in range(3)]
    assert [job.configuration for job in jobs[:2]] == [CHEAP, COSTLY]
    assert [job.source for job in jobs] == ["remembered", "remembered", "opening"]


def test_costly_ones_wait_when_time_is_short(schedule):
    first, *others = iter(lambda: schedule.opening(left_s=10.0), None)
    assert first.configuration == CHEAP
    assert {job.source for job in others} == {"opening"}
    assert schedule.next(left_s=600.0).configuration == COSTLY


def test_quick_list_comes_before_other_defaults(schedule):
    schedule.remembered = ()
    schedule.quick = {COSTLY: 1.0, CHEAP: 0.01}
    jobs = [schedule.opening(left_s=20.0) for _ in range(2)]
    assert jobs[0].configuration == CHEAP  # the other takes more than a tenth of the time left
    assert jobs[0].known_s < 1.0  # its own seconds, not those of an unknown learner
    assert [job.source for job in jobs] == ["recommended", "opening"]
    assert schedule.opening(left_s=600.0).configuration == COSTLY


def test_quick_list_has_the_learners_that_may_be_used():
    y = np.arange(40.0)
    task = FitTask("regression", pd.DataFrame({"x": y}), y, None, validation_of(y, "regression"))
    library = Library(task, objective_of(None, "regression"))
    schedule = TrialSchedule(library, ("ridge",), np.random.default_rng(0))
    schedule.quick = {COSTLY: 0.1, CHEAP: 0.1}
    jobs = list(iter(lambda: schedule.opening(left_s=600.0), None))
    assert {job.configuration.algorithm for job in jobs} == {"ridge"}


def test_costly_defaults_wait_for_the_quick_list_but_not_for_long():
    y = np.arange(40.0)
    task = FitTask("regression", pd.DataFrame({"x": y}), y, None, validation_of(y, "regression"))
    gone_s = [0.5]
    schedule = TrialSchedule(
        Library(task, objective_of(None, "regression")), None, np.random.default_rng(0),
        elapsed_s=lambda: gone_s[0],
    )  # fmt: skip
    costly = {"lightgbm", "extra_trees"}
    cheap = list(iter(lambda: schedule.opening(left_s=20.0), None))
    assert costly.isdisjoint(job.configuration.algorithm for job in cheap)
    gone_s[0] = 2.5
    late = list(iter(lambda: schedule.opening(left_s=18.0), None))
    assert [job.configuration.algorithm for job in late] == ["lightgbm", "extra_trees"]


class Listing:
    """An advice that lists penalties of ridge regression, and knows a learner of each name."""

    borrowed = ()

    def __init__(self, names):
        self.listed = [Configuration("ridge", {"alpha": 3.0 + i}) for i in range(20)]
        known = [Configuration(name, {}) for name in names]
        self.meta = SimpleNamespace(configurations=[*self.listed, *known])

    def order(self):
        return self.listed

    def fit_s(self, configuration):
        return 0.1

    def algorithm_s(self, algorithm):
        return 0.1


def test_defaults_of_trees_have_their_turn_within_the_list(schedule):
    schedule.remembered = ()
    schedule.advice = Listing(schedule._usable)
    tried = [schedule.next(left_s=1e6) for _ in range(13)]
    sources = [job.source for job in tried]
    assert sources[:8] == ["recommended"] * 8
    assert {"lightgbm", "extra_trees"} <= {job.configuration.algorithm for job in tried}
