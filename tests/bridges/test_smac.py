"""What is particular to SMAC3: its facades, budgets, instances, and several objectives."""

from __future__ import annotations

import inspect
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from metalearn.bridges import get
from metalearn.bridges.bridge import configuration_of
from metalearn.bridges.smac import FACADES
from metalearn.core.trial import Trial
from metalearn.errors import UsageError
from metalearn.testing.warm_worlds import planted_loss, planted_warm
from tests.bridges.cases.smac import drive

pytestmark = [
    pytest.mark.filterwarnings("ignore:Please use `:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*has no model:UserWarning"),
]
BUDGETS = {"min_budget": 1, "max_budget": 9}
INSTANCES = {"instances": ["a", "b"], "instance_features": {"a": [0], "b": [1]}}
WARM = planted_warm(n_seeds=3, branch=True)
OPTIONS = {
    "HyperparameterOptimizationFacade": {},
    "BlackBoxFacade": {},
    "MultiFidelityFacade": BUDGETS,
    "AlgorithmConfigurationFacade": INSTANCES,
    "HyperbandFacade": BUDGETS,
    "RandomFacade": {},
}


@pytest.fixture(autouse=True, scope="module")
def smac():
    return pytest.importorskip("smac")


def run(folder, facade, warm=WARM, n=6, **options):
    asked = []

    def objective(config, seed=0, budget=None, instance=None):
        asked.append((configuration_of(warm, dict(config).items()), budget, instance))
        loss = planted_loss(asked[-1][0])
        return [loss, 1.0] if "objectives" in options else loss

    found = warm.to_smac(objective, n_trials=n, facade=getattr(import_module("smac"), facade),
                         output_directory=folder, **options)  # fmt: skip
    found.optimize()
    return asked, found


def first_are_the_design(asked):
    found = list(dict.fromkeys(c for c, *_ in asked))[: len(WARM.configurations)]
    np.testing.assert_allclose(
        WARM.space.encode(found), WARM.space.encode(WARM.configurations), atol=1e-9
    )


def test_an_initial_design_longer_than_the_budget_is_cut():
    warm = planted_warm(n_seeds=5)
    asked, _ = drive(warm, planted_loss, 3)
    assert asked == list(warm.configurations[:3])


def test_every_facade_of_smac_is_known(smac):
    every = {n for n, kind in vars(smac).items() if inspect.isclass(kind) and "Facade" in n}
    assert every == set(FACADES) == set(OPTIONS)


@pytest.mark.slow
@pytest.mark.parametrize("facade", FACADES)
def test_every_facade_evaluates_the_design_first(facade, tmp_path):
    asked, found = run(tmp_path, facade, **OPTIONS[facade])
    first_are_the_design(asked)
    trials = get("smac").trials(WARM, found)
    if facade == "AlgorithmConfigurationFacade":
        assert {trial.fidelity for trial in trials} <= {0.5, 1.0}  # one or both instances
        assert {instance for *_, instance in asked} == {"a", "b"}
    else:
        smallest = {budget for _, budget, _ in asked}
        shares = {1.0} if smallest == {None} else {budget / 9 for budget in smallest}
        assert {trial.fidelity for trial in trials} == shares


@pytest.mark.parametrize("facade", ["HyperparameterOptimizationFacade", "RandomFacade"])
def test_several_objectives(facade, tmp_path):
    asked, found = run(tmp_path, facade, objectives=["error", "seconds"])
    first_are_the_design(asked)
    with pytest.raises(UsageError, match="2 objectives"):
        get("smac").trials(WARM, found)
    seen = replace(WARM, observations=(Trial(WARM.space.default()).finished(0.2),))
    with pytest.raises(UsageError, match="observations"):
        run(tmp_path, facade, seen, objectives=["error", "seconds"])


def test_others_are_refused_by_name(tmp_path):
    class Other:
        """No facade of SMAC's."""

    for facade, name in ((Other, "Other"), ("HyperbandFacade", "HyperbandFacade")):
        with pytest.raises(UsageError, match=f"{name}.*smac.MultiFidelityFacade"):
            WARM.to_smac(planted_loss, n_trials=3, facade=facade, output_directory=tmp_path)


def test_what_a_facade_needs_is_said_before_the_first_evaluation(smac, tmp_path):
    options = {"n_trials": 3, "output_directory": tmp_path}
    with pytest.raises(UsageError, match="max_budget"):
        WARM.to_smac(planted_loss, facade=smac.HyperbandFacade, **options)
    with pytest.raises(UsageError, match="budget=None"):
        WARM.to_smac(planted_loss, facade=smac.HyperbandFacade, **options, **BUDGETS)


def test_observations_are_not_evaluated_again_at_a_small_budget(tmp_path):
    seen = planted_warm(n_seeds=3, n_observed=4, branch=True)
    with pytest.warns(UserWarning, match="evaluate known results again"):
        asked, _ = run(tmp_path, "HyperbandFacade", seen, **BUDGETS)
    assert not {c for c, *_ in asked} & {trial.configuration for trial in seen.observations}
