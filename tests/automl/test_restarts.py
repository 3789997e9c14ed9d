from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.bench import Bench, quiet
from metalearn.automl.fit_task import FitTask
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.objective import objective_of
from metalearn.automl.predictor import Member
from metalearn.automl.restarts import n_models, with_restarts
from metalearn.automl.validation import validation_of
from metalearn.automl.worker import Worker
from metalearn.core.configuration import Configuration

NETWORK = Configuration(
    "mlp",
    {"activation": "relu", "alpha": 1e-4, "layer_size": 8, "learning_rate_init": 0.01,
     "max_iter": 20, "n_layers": 1},
)  # fmt: skip
RIDGE = Configuration("ridge", {"alpha": 1.0})


@pytest.fixture
def library():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    y = X["a"].to_numpy() * 3
    task = FitTask("regression", X, y, None, validation_of(y, "regression"))
    found = Library(task, objective_of("rmse", "regression"))
    found.trials = [FitTrial(c, "recommended", "ok", loss=1.0) for c in (NETWORK, RIDGE)]
    return found


def restarted(library, deadline, weights=(0.5, 0.5)):
    bench = Bench(library.task)
    with quiet():
        built = {
            i: Member(trial.configuration, (bench.pipeline(trial.configuration, seed=0)[0],))
            for i, trial in enumerate(library.trials)
        }
    worker = Worker(library.task, clock=lambda: 0.0)
    try:
        return with_restarts(
            library, [worker], built, dict(enumerate(weights)), lambda _: 1.0, deadline, lambda: 0
        )
    finally:
        worker.close()


def test_networks_are_averaged_over_starting_weights(library):
    found = restarted(library, deadline=60.0)
    assert [len(found[i].pipelines) for i in (0, 1)] == [4, 1]
    X = library.task.X
    single = [p.predict(X) for p in found[0].pipelines]
    assert not np.allclose(single[0], single[1])
    assert found[0].predictions(X, None, {}) == pytest.approx(np.mean(single, axis=0))


def test_without_time_or_weight_there_is_one_model(library):
    assert len(restarted(library, deadline=0.5)[0].pipelines) == 1
    assert len(restarted(library, deadline=60.0, weights=(0.01, 0.99))[0].pipelines) == 1


def test_only_networks_count_as_several_models(library):
    assert [n_models(trial, 0.5) for trial in library.trials] == [4, 1]
    assert n_models(library.trials[0], 0.01) == 1
