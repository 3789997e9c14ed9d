"""1, 1.0 and True in one list are three choices, in each library and on the way back."""

from __future__ import annotations

from dataclasses import dataclass, field

import ConfigSpace
import numpy as np
import pytest

from metalearn import bridges
from metalearn.core.choices import choice_axis, identity
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

CHOICES = [1, 1.0, True, "1"]
NAME = "max_features"


def space():
    made = ConfigSpace.ConfigurationSpace()
    made.add(choice_axis(NAME, CHOICES), ConfigSpace.Float("c", (0.0, 1.0)))
    return Space("toy", made)


def warm_start(**options):
    made = space()
    design = tuple(made.configuration({NAME: choice, "c": 0.5}) for choice in CHOICES)
    return WarmStart(made, design, **options)


def of(trials):
    return [identity(trial.configuration.hyperparameters[NAME]) for trial in trials]


WANTED = [identity(choice) for choice in CHOICES]


@dataclass
class Noted:
    told: list[Trial] = field(default_factory=list)

    def tell(self, warm, trials):
        self.told += trials


def run(study, warm, n):
    """Return what the objective was given, as the user's own code gets it."""
    seen = []

    def objective(trial):
        seen.append(identity(trial.suggest_categorical(NAME, CHOICES)))
        return trial.suggest_float("c", 0.0, 1.0)

    study.optimize(objective, n_trials=n)
    return seen


@pytest.mark.parametrize("remembers", [False, True])
@pytest.mark.parametrize("storage", ["memory", "journal"])
def test_optuna_reads_back_what_was_evaluated(tmp_path, remembers, storage):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    memory = Noted() if remembers else None
    warm = warm_start(memory=memory)
    options = {}
    if storage == "journal":
        file = optuna.storages.journal.JournalFileBackend(str(tmp_path / "log"))
        options["storage"] = optuna.storages.JournalStorage(file)
    study = warm.to_optuna(sampler=optuna.samplers.RandomSampler(seed=0), **options)
    seen = run(study, warm, 20)  # four of the design, then the sampler's own
    assert seen[:4] == WANTED
    assert set(seen[4:]) == set(WANTED)
    assert of(bridges.get("optuna").trials(warm, study)) == seen
    if memory is not None:
        assert of(memory.told) == seen


def test_optuna_with_tpe_and_a_second_call():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warm = warm_start()
    study = warm.to_optuna(sampler=optuna.samplers.TPESampler(seed=0, multivariate=True))
    warm.to_optuna(study=study)  # the design is enqueued once
    seen = run(study, warm, 16)
    assert seen[:4] == WANTED
    assert seen.count('"1"') < 16
    assert of(bridges.get("optuna").trials(warm, study)) == seen


def test_optuna_trials_that_nobody_noted_are_left_out():
    """Optuna stores 1 for 1.0 and True: which one was evaluated cannot be found out."""
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warm = warm_start()
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = run(study, warm, 20)
    assert of(bridges.get("optuna").trials(warm, study)) == [s for s in seen if s == '"1"']


@pytest.mark.parametrize("optimizer", ["RandomSearch", "OnePlusOne", "NGOpt"])
def test_nevergrad_suggests_and_reads_each(optimizer):
    pytest.importorskip("nevergrad")
    warm = warm_start()
    made = warm.to_nevergrad(budget=12, optimizer=optimizer, seed=0)
    seen, told = [], []
    for _ in range(12):
        candidate = made.ask()
        seen.append(identity(candidate.kwargs[NAME]))
        made.tell(candidate, candidate.kwargs["c"])
        told.append((candidate, candidate.kwargs["c"]))
    assert seen[:4] == WANTED
    assert of(bridges.get("nevergrad").trials(warm, told)) == seen


def test_nevergrad_is_given_each_observation():
    pytest.importorskip("nevergrad")
    warm = warm_start()
    trials = tuple(Trial(c).finished(0.1 * i) for i, c in enumerate(warm.configurations))
    warm = WarmStart(warm.space, (), observations=trials)
    made = warm.to_nevergrad(budget=12, optimizer="OnePlusOne", seed=0)
    found = {identity(v.parameter.kwargs[NAME]) for v in made.archive.values()}
    assert found == set(WANTED)


def test_skopt_reads_each_back():
    pytest.importorskip("skopt")
    warm = warm_start()
    made = warm.to_skopt(random_state=0, n_initial_points=30)
    at, seen = warm.space.names.index(NAME), []
    for _ in range(12):
        point = made.ask()
        seen.append(identity(point[at]))
        made.tell(point, float(point[1 - at]))
    assert seen[:4] == WANTED
    assert of(bridges.get("skopt").trials(warm, made)) == seen


def test_hyperopt_reads_each_back():
    hyperopt = pytest.importorskip("hyperopt")
    warm = warm_start()
    start, seen = warm.to_hyperopt(), []

    def objective(point):
        seen.append(identity(start.configuration(point).hyperparameters[NAME]))
        return float(point["c"])

    hyperopt.fmin(objective, start.space, algo=hyperopt.rand.suggest, max_evals=12,
                  trials=start.trials, rstate=np.random.default_rng(0),
                  show_progressbar=False)  # fmt: skip
    assert seen[:4] == WANTED
    assert of(bridges.get("hyperopt").trials(warm, start.trials)) == seen
