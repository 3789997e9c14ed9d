"""In a search with several objectives the design comes first; what needs one is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from metalearn.bridges import get
from metalearn.core.trial import Trial
from metalearn.errors import MetalearnError, UsageError
from metalearn.testing.two_kinds import two_kinds
from metalearn.testing.warm_worlds import planted_warm

WARM = planted_warm(n_seeds=3)
SEEN = replace(WARM, observations=(Trial(WARM.space.default()).finished(0.2),))


@dataclass
class _Noted:
    """A memory that keeps what it is told."""

    told: list[Trial] = field(default_factory=list)

    def tell(self, _warm, trials):
        self.told += trials


REMEMBERING = replace(WARM, memory=_Noted())


class TestOptuna:
    optuna = pytest.importorskip("optuna")
    both = ("maximize", "minimize")

    def objective(self, trial):
        from metalearn.bridges.optuna import suggest

        suggest(trial, WARM.space)
        return 0.9, 1.0

    @pytest.mark.parametrize("warm", [WARM, two_kinds()], ids=["a list", "one that follows"])
    @pytest.mark.parametrize("sampler", [None, "TPESampler", "NSGAIISampler", "RandomSampler"])
    def test_the_design_comes_first(self, warm, sampler):
        made = None if sampler is None else getattr(self.optuna.samplers, sampler)(seed=0)
        study = warm.to_optuna(sampler=made, seed=0, directions=self.both)
        study.optimize(self.objective, len(warm.configurations))
        assert [t.params for t in study.trials] == [
            dict(c.hyperparameters) for c in warm.configurations
        ]
        with pytest.raises(UsageError, match="2 objectives"):
            get("optuna").trials(warm, study)

    @pytest.mark.parametrize(
        ("warm", "options", "why"),
        [(SEEN, {}, "observations"), (REMEMBERING, {}, "remember"),
         (WARM, {"n_guided": 5}, "n_guided"), (WARM, {"sampler": "cmaes"}, "one objective")],
    )  # fmt: skip
    def test_what_needs_one_objective_is_refused(self, warm, options, why):
        with pytest.raises(UsageError, match=why):
            warm.to_optuna(seed=0, directions=self.both, **options)

    def test_our_sampler_refuses_such_a_study(self):
        from metalearn.bridges.optuna_sampler import WarmSampler

        study = self.optuna.create_study(directions=self.both, sampler=WarmSampler(WARM))
        with pytest.raises(MetalearnError, match="2 objectives"):
            study.optimize(self.objective, 1)


def test_nevergrad_asks_for_the_design_first_and_remembers_nothing():
    pytest.importorskip("nevergrad")
    warm = planted_warm(n_seeds=3)
    optimizer = warm.to_nevergrad(budget=6, optimizer="DE", seed=0)
    for configuration in warm.configurations:
        asked = optimizer.ask()
        assert asked.kwargs["kernel"] == configuration.hyperparameters["kernel"]
        assert asked.kwargs["C"] == pytest.approx(configuration.hyperparameters["C"])
        optimizer.tell(asked, [0.1, 2.0])
    optimizer = REMEMBERING.to_nevergrad(budget=6, optimizer="DE", seed=0)
    with pytest.raises(UsageError, match="2 objectives"):
        optimizer.tell(optimizer.ask(), [0.1, 2.0])


def test_hyperopt_and_pairs_with_several_losses_are_refused():
    hyperopt = pytest.importorskip("hyperopt")
    start = WARM.to_hyperopt()
    assert isinstance(start.trials, hyperopt.Trials)
    doc = start.trials.trials[0]
    doc["result"] = {"status": "ok", "loss": [0.1, 0.2]}
    with pytest.raises(UsageError, match="2 objectives"):
        get("hyperopt").trials(WARM, start.trials)
    doc["result"] = {"status": "fail", "loss": 0.1}
    assert [t.status for t in get("hyperopt").trials(WARM, start.trials)] == ["failed"]
