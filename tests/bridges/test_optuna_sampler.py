"""The sampler that starts from runs on other tasks: ours first, then the other's own."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace

import numpy as np
import pytest

from metalearn.core.trial import Trial
from metalearn.errors import UsageError
from metalearn.optimizers import get
from metalearn.testing.warm_worlds import planted_loss, planted_warm

optuna = pytest.importorskip("optuna")
suggesting = pytest.importorskip("metalearn.bridges.optuna")
sampling = pytest.importorskip("metalearn.bridges.optuna_sampler")
optuna.logging.set_verbosity(optuna.logging.ERROR)
WARM = planted_warm(n_seeds=2)


class Counting(optuna.samplers.RandomSampler):
    """Random search that counts how often it was asked for a whole trial."""

    def __init__(self):
        super().__init__(seed=0)
        self.n_asked = 0

    def sample_relative(self, study, trial, search_space):
        self.n_asked += 1
        return super().sample_relative(study, trial, search_space)


def objective(trial):
    return float(WARM.metric.score(planted_loss(suggesting.suggest(trial, WARM.space))))


def losses(study):
    return [float(WARM.metric.loss(trial.value)) for trial in study.trials]


def test_guided_trials_are_those_of_our_optimizer():
    study = WARM.to_optuna(seed=3, n_guided=6)
    study.optimize(objective, n_trials=6)
    begin = replace(WARM, configurations=())
    ours = get("bayesian")(WARM.space, initial=begin, rng=np.random.default_rng(3))
    ours.tell([Trial(c).finished(planted_loss(c)) for c in WARM.configurations])
    found = [trial.configuration for trial in suggesting.trials(WARM, study)]
    assert found[:2] == list(WARM.configurations)
    for configuration in found[2:]:
        (wanted,) = ours.ask()
        np.testing.assert_allclose(
            WARM.space.encode([configuration]), WARM.space.encode([wanted.configuration])
        )
        ours.tell(wanted.finished(planted_loss(configuration)))


def test_the_other_sampler_takes_over():
    other = Counting()
    study = WARM.to_optuna(sampler=other, seed=0, n_guided=5)
    study.optimize(objective, n_trials=8)
    assert other.n_asked == 3


def test_guided_trials_are_better_than_drawn_ones():
    guided, drawn = (
        WARM.to_optuna(sampler=optuna.samplers.RandomSampler(seed=0), seed=0, n_guided=n)
        for n in (10, 0)
    )
    for study in (guided, drawn):
        study.optimize(objective, n_trials=10)
    assert np.mean(losses(guided)[2:]) < np.mean(losses(drawn)[2:]) - 0.1


def test_zero_guided_trials_leave_the_sampler_alone():
    assert isinstance(WARM.to_optuna(n_guided=0).sampler, optuna.samplers.TPESampler)
    with pytest.raises(UsageError, match="n_guided"):
        sampling.WarmSampler(WARM, n_guided=-1)


def test_a_parameter_that_we_do_not_know_is_left_to_the_other_sampler():
    study = WARM.to_optuna(seed=0, n_guided=4)

    def wider(trial):
        trial.suggest_float("own", 0.0, 1.0)
        return objective(trial)

    study.optimize(wider, n_trials=4)
    assert all(0.0 <= trial.params["own"] <= 1.0 for trial in study.trials)


def test_failed_and_pruned_trials_are_learned_from():
    study = WARM.to_optuna(seed=0, n_guided=8)

    def sometimes(trial):
        value = objective(trial)
        if trial.number == 3:
            raise ValueError("no")
        if trial.number == 4:
            raise optuna.TrialPruned
        return value

    study.optimize(sometimes, n_trials=8, catch=ValueError)
    assert sum(trial.state.name == "COMPLETE" for trial in study.trials) == 6


def test_a_trial_that_ended_before_it_suggested_anything():
    study = WARM.to_optuna(seed=0, n_guided=6)

    def early(trial):
        if trial.number in (0, 3):
            raise optuna.TrialPruned
        return objective(trial)

    study.optimize(early, n_trials=6)
    assert sum(trial.state.name == "COMPLETE" for trial in study.trials) == 4


def test_threads():
    study = WARM.to_optuna(seed=0, n_guided=8)
    study.optimize(objective, n_trials=8, n_jobs=2)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 8


def test_new_seeds_wait_for_a_thread_that_is_asking(monkeypatch):
    """Optuna takes new seeds at the start of every thread, while others are at work."""
    study = WARM.to_optuna(seed=0, n_guided=8)
    study.optimize(objective, n_trials=len(WARM.configurations))  # those need not be asked for
    sampler, asking, reseeded = study.sampler, threading.Event(), threading.Event()
    learned = type(sampler)._learned

    def slowly(self, every):
        guide = learned(self, every)
        asking.set()
        assert not reseeded.wait(0.2)
        return guide

    def reseed():
        asking.wait(10.0)
        sampler.reseed_rng()
        reseeded.set()

    monkeypatch.setattr(type(sampler), "_learned", slowly)
    thread = threading.Thread(target=reseed)
    thread.start()
    study.optimize(objective, n_trials=1)
    thread.join()
    assert asking.is_set()
    assert reseeded.is_set()


def test_it_can_be_saved_and_goes_on():
    study = WARM.to_optuna(seed=0, n_guided=6)
    study.optimize(objective, n_trials=3)
    study.sampler = pickle.loads(pickle.dumps(study.sampler))
    study.optimize(objective, n_trials=3)
    assert len(set(losses(study))) == 6
    study.sampler.reseed_rng()
    study.optimize(objective, n_trials=1)
