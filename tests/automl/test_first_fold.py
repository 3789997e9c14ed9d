"""Poor configurations end after their first fold; a hard first fold alone makes none poor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.first_fold import FirstFold
from metalearn.automl.fit_task import FitTask
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.objective import objective_of
from metalearn.automl.validation import Validation
from metalearn.core.configuration import Configuration

N = 150


def judge(rng, n_first: int, best: float) -> FirstFold:
    """A target whose first fold varies ten times as much, and one trial with a loss there."""
    y = rng.normal(size=N)
    y[:n_first] *= 10 / y[:n_first].std()
    first, rest = np.arange(n_first), np.arange(n_first, N)
    folds = Validation(((rest, first), (first, rest)), "two parts")
    task = FitTask("regression", pd.DataFrame({"x": y}), y, None, folds)
    library = Library(task, objective_of("rmse", "regression"))
    ridge = Configuration("ridge", {"alpha": 1.0})
    library.trials = [FitTrial(ridge, "search", "ok", loss=1.0, fold_losses=(best, 0.5))]
    return FirstFold(library)


def test_between_the_best_and_a_constant_on_the_same_rows(rng):
    judged = judge(rng, 60, best=5.0)  # a constant has 10 there, and 7 on all rows
    assert not judged.is_poor(7.5)
    assert judged.is_poor(8.5)


def test_few_rows_do_not_tell(rng):
    assert not judge(rng, 40, best=5.0).is_poor(99.0)


def test_nothing_is_poor_before_a_trial_has_finished(rng):
    judged = judge(rng, 60, best=5.0)
    trials = judged._library.trials
    trials[0] = replace(trials[0], status="failed")
    assert not judged.is_poor(99.0)
    assert pytest.approx(10.0, abs=0.5) == judged._constant_loss
