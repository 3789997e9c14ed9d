"""SMAC3: a facade that evaluates the initial design first and lets the prior fade (piBO).

Where known tasks share configurations, each next one of the design is chosen by what those before
it have given; while the first ones are still running, the list counts.

The prior multiplies the acquisition function with an exponent that falls as `decay_beta / n`
(Hvarfner et al. 2022). Results on the same task are told before the run and, as SMAC counts them,
raise `n_trials`. Conditional axes keep the uniform prior, which is all that SMAC can take there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.bridges.bridge import Bridge, loaded
from metalearn.bridges.configspace import from_own, own, to_configspace
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["BRIDGE", "to_smac", "trials"]

_DETERMINISTIC = 0  # the seed under which SMAC keeps trials of a deterministic objective
_OBSERVED = {"metalearn": "observed"}


def to_smac(
    warm: WarmStart,
    objective: Callable[[Any], float],
    *,
    n_trials: int,
    prior: bool = True,
    facade: Any = None,
    seed: int = 0,
    logging_level: int | bool = False,
    **scenario: Any,
) -> Any:
    """Return a facade, ready for `.optimize()`.

    Args:
        warm: The warm start.
        objective: From one of ConfigSpace's configurations (a mapping) to a *loss*:
            `warm.metric.loss(score)` turns a score into one.
        n_trials: Evaluations of the objective; a longer initial design is cut to it.
        prior: Whether the prior steers the acquisition function. Without it, a ConfigSpace of the
            user's is used as it is.
        facade: Class of SMAC's; the hyperparameter optimization facade if None.
        seed: Seed of SMAC.
        logging_level: As SMAC takes it.
        **scenario: Further options of `smac.Scenario`, for instance `output_directory`.
    """
    smac = loaded("smac", "smac")
    chosen = facade or smac.HyperparameterOptimizationFacade
    uses_prior = prior and warm.prior is not None
    space = _space(warm) if uses_prior else warm.space.config_space
    space.seed(seed)
    told = [trial for trial in warm.observations if trial.status == "ok"]
    plan = {"deterministic": True, "seed": seed, "n_trials": n_trials + len(told), **scenario}
    made = smac.Scenario(space, **plan)
    seeds = [own(space, c) for c in warm.configurations[:n_trials]]
    kinds = {"n_configs": 0} if seeds else {}
    options: dict[str, Any] = {
        "initial_design": chosen.get_initial_design(made, additional_configs=seeds, **kinds),
        "overwrite": True,
        "logging_level": logging_level,
    }
    selector = chosen.get_config_selector(made)
    plain = loaded("smac", "smac", "smac.main.config_selector").ConfigSelector
    is_plain = type(selector) is plain and made.min_budget is None
    if seeds and warm.ranking is not None and is_plain:
        # It subclasses a class of SMAC's, so that it cannot be imported without it.
        kind = import_module("metalearn.bridges.smac_selector").WarmSelector
        as_made = {name: value for name, value in selector.meta.items() if name != "name"}
        cut = replace(warm, configurations=warm.configurations[:n_trials])
        options["config_selector"] = kind(made, cut, space, **as_made)
    if uses_prior:
        options["acquisition_function"] = _acquisition(chosen, made, n_trials)

    def evaluate(config: Any, seed: int = 0) -> float:  # noqa: ARG001  # SMAC passes it by name
        begun = time.perf_counter()
        loss = float(objective(config))
        if warm.memory is not None:
            warm.tell(Trial(from_own(warm, config)).finished(loss, time.perf_counter() - begun))
        return loss

    started = chosen(made, evaluate, **options)
    history = loaded("smac", "smac", "smac.runhistory.dataclasses")
    for trial in told:
        info = history.TrialInfo(own(space, trial.configuration), seed=_DETERMINISTIC)
        started.tell(info, history.TrialValue(cost=trial.loss, additional_info=_OBSERVED))
    return started


def trials(warm: WarmStart, facade: Any) -> list[Trial]:
    """Return what the facade evaluated; observations that were told are left out."""
    found = []
    for key, value in facade.runhistory.items():
        if value.additional_info == _OBSERVED:
            continue
        trial = Trial(from_own(warm, facade.runhistory.get_config(key.config_id)))
        found.append(answered(trial, value))
    return found


def answered(trial: Trial, value: Any) -> Trial:
    """Return a trial with what SMAC's run history holds of it."""
    ok = value.status.name == "SUCCESS" and np.isfinite(value.cost)
    return trial.finished(value.cost, value.time) if ok else trial.failed(value.time)


def _space(warm: WarmStart) -> ConfigSpace.ConfigurationSpace:
    """Return the space with the prior on all axes but conditional ones, which SMAC cannot take."""
    plain = {e["name"]: e for e in _document(warm.space.config_space)["hyperparameters"]}
    document = _document(to_configspace(warm).space)
    children = {condition["child"] for condition in document["conditions"]}
    document["hyperparameters"] = [
        plain[e["name"]] if e["name"] in children else e for e in document["hyperparameters"]
    ]
    return ConfigSpace.ConfigurationSpace.from_serialized_dict(document)


def _document(space: ConfigSpace.ConfigurationSpace) -> dict[str, Any]:
    found: dict[str, Any] = space.to_serialized_dict()
    return found


def _acquisition(facade: Any, scenario: Any, n_trials: int) -> Any:
    functions = loaded("smac", "smac", "smac.acquisition.function")
    return functions.PriorAcquisitionFunction(
        acquisition_function=facade.get_acquisition_function(scenario),
        decay_beta=n_trials / 10,
    )


BRIDGE = Bridge(
    name="smac",
    package="smac",
    extra="smac",
    honours=frozenset({"seeds", "observations", "prior", "memory"}),
    start=to_smac,
    trials=trials,
)
