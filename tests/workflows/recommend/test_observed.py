"""Scores that users measured: every form they have, every configuration of a known algorithm."""

from __future__ import annotations

import json

import numpy as np
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.task import Task
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.learners import get
from metalearn.workflows.recommend.observed import placed, read_observed, scores_of

SPACE = get("svc").space("classification")
STORED = (*SPACE.sample(12, np.random.default_rng(0)), Configuration("ridge", {"alpha": 0.25}))
META = MetaDataset(
    metric=metric_named("accuracy"),
    tasks=(Task("t", "t", "classification", 100, 4, 2),),
    configurations=STORED,
    losses=np.full((1, len(STORED)), 0.1),
)


def test_a_stored_configuration_counts_as_itself():
    found = placed({STORED[3]: 0.8, STORED[5]: float("nan")}, META, "classification")
    assert found.losses[3] == pytest.approx(0.2)
    assert np.isnan(found.losses[5])
    assert found.notes == ()


def test_numbers_of_three_digits_mean_the_stored_ones():
    for j, c in enumerate(STORED):
        short = {n: float(f"{v:.3g}") if isinstance(v, float) else v
                 for n, v in c.hyperparameters.items()}  # fmt: skip
        found = placed({Configuration(c.algorithm, short): 0.8}, META, "classification")
        assert (list(found.losses), found.notes) == ([j], ())


def test_any_configuration_counts_as_the_nearest_stored_one():
    c = STORED[4]
    near = {n: 1.2 * v if isinstance(v, float) and n == "C" else v
            for n, v in c.hyperparameters.items()}  # fmt: skip
    found = placed({Configuration("svc", near): 0.8}, META, "classification")
    assert len(found.losses) == 1
    (note,) = found.notes
    assert "is not in the store: its score counts for the nearest one there, svc(" in note
    few = placed({Configuration("svc", {"C": 3.0}): 0.8}, META, "classification")
    assert len(few.losses) == len(few.notes) == 1


def test_a_learner_without_stored_runs_is_said_to_be_unused():
    given = {Configuration("random_forest", {"n_estimators": 100}): 0.8}
    found = placed(given, META, "classification")
    assert found.losses == {}
    assert "no evaluation of 'random_forest'" in found.notes[0]


@pytest.mark.parametrize(
    ("configuration", "error", "message"),
    [
        (Configuration("svm", {}), UnknownNameError, "did you mean 'svc'"),
        (Configuration("svc", {"gama": 1.0}), InputError, "did you mean 'gamma'"),
    ],
)
def test_unknown_names(configuration, error, message):
    with pytest.raises(error, match=message):
        placed({configuration: 0.5}, META, "classification")


@pytest.mark.parametrize("score", [70.0, -0.2, float("inf")])
def test_scores_outside_the_range(score):
    with pytest.raises(InputError, match="is no accuracy"):
        placed({STORED[0]: score}, META, "classification")


ROWS = [{"algorithm": "svc", "hyperparameters": {"C": 1.0}, "score": 0.9}]


@pytest.mark.parametrize(
    "given",
    [
        {Configuration("svc", {"C": 1.0}): 0.9},
        [(Configuration("svc", {"C": 1.0}), 0.9)],
        ROWS,
        {"configurations": ROWS, "metric": "accuracy"},
        ROWS[0],
        read_observed(json.dumps(ROWS), "f"),
        read_observed(json.dumps({"configurations": ROWS}), "f"),
        read_observed("1  svc   0.812  0.7 to 0.9  0.3  C=1.0  adult (0.8) score=0.9\n", "f"),
        read_observed("svc C=1.0 score=0.9", "f"),
    ],
)
def test_forms(given):
    assert scores_of(given) == ({Configuration("svc", {"C": 1.0}): 0.9}, 0)


def test_entries_without_a_score_are_counted():
    document = {"configurations": [*ROWS, {**ROWS[0], "score": None, "expected_score": 0.8}]}
    assert scores_of(document)[1] == 1


@pytest.mark.parametrize(
    "given",
    [3, "svc", {"a": 1}, [3], [{"algorithm": "svc"}], [("svc", 0.5)],
     [{"algorithm": "svc", "hyperparameters": {}, "score": "good"}],
     [{"algorithm": "svc", "hyperparameters": {}, "score": True}]],
)  # fmt: skip
def test_other_forms_are_refused(given):
    with pytest.raises(UsageError, match="observed"):
        scores_of(given)


def test_a_file_that_is_neither():
    with pytest.raises(UsageError, match=r"expected .*algorithm"):
        read_observed("hello, world\n", "f")
