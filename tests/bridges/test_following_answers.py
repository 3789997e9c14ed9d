"""Where the library lets it, the initial design follows what its first trials have given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metalearn.bridges.bridge import configuration_of
from metalearn.core.trial import Trial
from metalearn.testing.two_kinds import kind_loss, two_kinds
from tests.bridges.cases.smac import with_small_trees

WARM = two_kinds()
FIXED = replace(WARM, ranking=None)


def followed(asked):
    """Return what the warm start wants after each of the trials."""
    trials, found = [], []
    for configuration in asked:
        found.append(WARM.next_of_design(trials))
        trials.append(Trial(configuration).finished(kind_loss(configuration, "large")))
    return found


class TestOptuna:
    optuna = pytest.importorskip("optuna")
    suggesting = pytest.importorskip("metalearn.bridges.optuna")

    def run(self, study, n, warm=WARM):
        def objective(trial):
            loss = kind_loss(self.suggesting.suggest(trial, warm.space), "large")
            return float(warm.metric.score(loss))

        study.optimize(objective, n_trials=n)
        return [t.configuration for t in self.suggesting.trials(warm, study)]

    @pytest.mark.parametrize("sampler", ["tpe", "gp"])
    def test_each_trial_follows_those_before(self, sampler):
        asked = self.run(WARM.to_optuna(sampler=sampler, seed=0), 8)
        assert asked[:6] == followed(asked[:6])
        assert asked[:6] != list(WARM.configurations)

    def test_a_list_on_request_and_where_nothing_can_be_followed(self):
        assert self.run(WARM.to_optuna(seed=0, n_guided=0), 6) == list(WARM.configurations)
        study = FIXED.to_optuna(seed=0)
        assert self.run(study, 6, FIXED) == list(WARM.configurations)
        assert isinstance(study.sampler, self.optuna.samplers.TPESampler)

    def test_samplers_that_breed_from_their_own_trials_get_a_list(self):
        study = WARM.to_optuna(sampler=self.optuna.samplers.NSGAIISampler(seed=0))
        assert self.run(study, 6) == list(WARM.configurations)

    def test_a_study_that_went_on_without_us_gets_a_list(self):
        study = self.optuna.create_study(direction="maximize")
        self.run(study, 3)
        asked = self.run(WARM.to_optuna(study=study, seed=0), 6)
        assert asked[3:] == list(WARM.configurations)

    def test_a_study_of_ours_goes_on_where_it_was(self):
        study = WARM.to_optuna(seed=0)
        self.run(study, 3)
        asked = self.run(WARM.to_optuna(study=study, seed=0), 3)
        assert asked == followed(asked)


class TestSMAC:
    pytestmark = pytest.mark.filterwarnings("ignore:Please use `:DeprecationWarning")

    def run(self, warm, n, folder):
        asked = []

        def loss(config):
            asked.append(configuration_of(warm, dict(config).items()))
            return kind_loss(asked[-1], "large")

        chosen = with_small_trees()
        warm.to_smac(loss, n_trials=n, seed=0, output_directory=folder, facade=chosen).optimize()
        return asked

    def test_each_trial_follows_those_before(self, tmp_path):
        pytest.importorskip("smac")
        asked = self.run(WARM, 8, tmp_path)
        assert asked[:6] == followed(asked[:6])
        assert asked[:6] != list(WARM.configurations)
        assert len(asked) == 8

    def test_a_design_longer_than_the_budget_is_cut(self, tmp_path):
        pytest.importorskip("smac")
        asked = self.run(WARM, 3, tmp_path)
        assert asked == followed(asked)
        assert len(asked) == 3

    @pytest.mark.slow
    def test_digits_of_smac_do_not_make_it_ask_forever(self, tmp_path):
        pytest.importorskip("smac")
        warm = two_kinds(gamma=5.48367989932e-05)  # SMAC's prior keeps 13 decimals
        asked = self.run(warm, 7, tmp_path)
        assert len({c.hyperparameters["C"] for c in asked[:6]}) == 6
        assert len(asked) == 7

    def test_a_list_where_nothing_can_be_followed(self, tmp_path):
        pytest.importorskip("smac")
        assert self.run(FIXED, 6, tmp_path) == list(WARM.configurations)
