"""SMAC3: a facade that evaluates the initial design first and lets the prior fade (piBO).

Where known tasks share configurations, each next one of the design is chosen from the results of
those before it. While the first ones are still running, and with budgets, instances, several seeds
or several objectives, the design keeps its order.

The prior multiplies the acquisition function with an exponent that falls as `decay_beta / n`
(Hvarfner et al. 2022). Results on the same task are passed to `tell` before the run; they
raise `n_trials`. Conditional axes keep the uniform prior, the only one that SMAC accepts there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ConfigSpace

from metalearn.bridges.bridge import Bridge, loaded
from metalearn.bridges.configspace import own, to_configspace
from metalearn.bridges.direction import refuse_several
from metalearn.bridges.smac_objective import for_smac
from metalearn.bridges.smac_results import OBSERVED, trials
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["BRIDGE", "FACADES", "to_smac", "trials"]

_DETERMINISTIC = 0  # the seed under which SMAC keeps trials of a deterministic objective
FACADES = (
    "HyperparameterOptimizationFacade",
    "BlackBoxFacade",
    "MultiFidelityFacade",
    "AlgorithmConfigurationFacade",
    "HyperbandFacade",
    "RandomFacade",
)
_WITH_BUDGETS = ("MultiFidelityFacade", "HyperbandFacade")
_WITHOUT_MODEL = ("HyperbandFacade", "RandomFacade")


def to_smac(
    warm: WarmStart,
    objective: Callable[..., Any],
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
            `warm.metric.loss(score)` turns a score into one. It may take `seed`, and takes
            `budget` or `instance` where the facade uses them. With several objectives, whatever
            SMAC takes.
        n_trials: Evaluations of the objective; a longer initial design is cut to it.
        prior: Whether the prior steers the acquisition function. Without it, a ConfigSpace of the
            user's is used as it is. Facades without a model use none.
        facade: Class of SMAC's, one of `FACADES` or derived from one; the hyperparameter
            optimization facade if None.
        seed: Seed of SMAC.
        logging_level: As SMAC takes it.
        **scenario: Further options of `smac.Scenario`, for instance `output_directory`.

    Raises:
        UsageError: If the facade is another one, or the scenario cannot use a part of the warm
            start: observations or a memory with instances or several objectives.
    """
    smac = loaded("smac", "smac")
    chosen = facade or smac.HyperparameterOptimizationFacade
    kind = _known(smac, chosen)
    uses_prior = prior and warm.prior is not None and kind not in _WITHOUT_MODEL
    space = _space(warm) if uses_prior else warm.space.config_space
    space.seed(seed)
    results = _usable_results(warm, kind)
    plan = {"deterministic": True, "seed": seed, "n_trials": n_trials + len(results), **scenario}
    made = smac.Scenario(space, **plan)
    _check_scenario(warm, made)
    seeds = [own(warm, c, space) for c in warm.configurations[:n_trials]]
    intensifier = chosen.get_intensifier(made)
    options: dict[str, Any] = {
        "intensifier": intensifier,
        "overwrite": True,
        "logging_level": logging_level,
    }
    if seeds:
        design = loaded("smac", "smac", "smac.initial_design").DefaultInitialDesign
        options["initial_design"] = design(made, n_configs=0, additional_configs=seeds)
        options["config_selector"] = _selector(warm, chosen, made, space, n_trials)
    if uses_prior:
        options["acquisition_function"] = _acquisition(chosen, made, n_trials)
    target = for_smac(warm, objective, made, _wanted(intensifier, made))
    started = chosen(made, target, **options)
    _tell_known(started, warm, results, space)
    return started


def _tell_known(
    facade: Any, warm: WarmStart, results: Sequence[Trial], space: ConfigSpace.ConfigurationSpace
) -> None:
    """Add observations to the facade's history, marked so that they are not read back."""
    history = loaded("smac", "smac", "smac.runhistory.dataclasses")
    for trial in results:
        info = history.TrialInfo(own(warm, trial.configuration, space), seed=_DETERMINISTIC)
        facade.tell(info, history.TrialValue(cost=trial.loss, additional_info=OBSERVED))


def _known(smac: Any, chosen: Any) -> str:
    """Return which of the facades a class is, or is derived from.

    Raises:
        UsageError: If it is none of them.
    """
    for name in sorted(FACADES, key=lambda name: -len(getattr(smac, name).__mro__)):
        if isinstance(chosen, type) and issubclass(chosen, getattr(smac, name)):
            return name
    found = chosen.__name__ if isinstance(chosen, type) else repr(chosen)
    raise UsageError(
        f"facade {found} is unknown to this bridge; give one of the classes "
        f"{', '.join(f'smac.{name}' for name in FACADES)}, or one derived from them"
    )


def _usable_results(warm: WarmStart, kind: str) -> tuple[Trial, ...]:
    """Return the observations for a facade; warn where it cannot use them."""
    results = warm.known_results
    if not results or kind not in (*_WITHOUT_MODEL, *_WITH_BUDGETS):
        return results
    why = "has no model"
    if kind in _WITH_BUDGETS:
        results, why = (), "would evaluate known results again, at its smallest budget"
    warnings.warn(
        f"{kind} {why}: the observations have no influence; HyperparameterOptimizationFacade "
        "uses them", UserWarning, stacklevel=4,
    )  # fmt: skip
    return results


def _check_scenario(warm: WarmStart, scenario: Any) -> None:
    refuse_several(warm, scenario.count_objectives())
    several = scenario.instances is not None or not scenario.deterministic
    what = "instances" if scenario.instances is not None else "deterministic=False"
    if several and warm.observations:
        raise UsageError(
            f"observations cannot be passed to a scenario with {what}, whose results are many for "
            "one configuration; leave observed= out of the warm start"
        )
    if several and warm.memory is not None:
        raise UsageError(
            f"trials of a scenario with {what} have many results each, and cannot be remembered "
            "one by one: use warm_start(remember=False), and metalearn.remember(warm, facade, X, "
            "y) at the end"
        )


def _wanted(intensifier: Any, scenario: Any) -> list[str]:
    """Return the arguments that SMAC passes to the target function.

    Raises:
        UsageError: If the facade needs budgets and there are none.
    """
    has_budgets = scenario.min_budget is not None and scenario.max_budget is not None
    if hasattr(intensifier, "_max_budget") and scenario.instances is None and not has_budgets:
        raise UsageError(
            "a facade with budgets needs min_budget= and max_budget=, for instance 1 and 9"
        )
    uses = {
        "seed": intensifier.uses_seeds,
        "budget": intensifier.uses_budgets,
        "instance": intensifier.uses_instances,
        "cutoff": intensifier.uses_cutoffs,
    }
    return [name for name, is_used in uses.items() if is_used]


def _selector(warm: WarmStart, chosen: Any, scenario: Any, space: Any, n_trials: int) -> Any:
    """Return a selector whose design follows the results, where one result is one trial."""
    selector = chosen.get_config_selector(scenario)
    plain = loaded("smac", "smac", "smac.main.config_selector").ConfigSelector
    is_plain = type(selector) is plain and scenario.deterministic
    has_parts = scenario.min_budget is not None or scenario.instances is not None
    if warm.ranking is None or not is_plain or has_parts or scenario.count_objectives() > 1:
        return selector
    # Its class derives from a class of SMAC, so it is imported on use only.
    from metalearn.bridges.smac_selector import WarmSelector

    as_made = {name: value for name, value in selector.meta.items() if name != "name"}
    cut = replace(warm, configurations=warm.configurations[:n_trials])
    return WarmSelector(scenario, cut, space, **as_made)


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
    title="SMAC3",
    modules=("smac",),
    forbidden="kept",
    joint="conditional",
)
