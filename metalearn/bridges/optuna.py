"""Optuna: a study whose first trials are ours, with results on the same task as finished trials.

The initial design comes first. Where known tasks share configurations, each next one depends on
the results so far (`WarmSampler`); otherwise the design is enqueued as a list. Finished trials on
the target task are added as such; samplers that ignore them (random, QMC, ...) cause a warning;
NSGA takes them as its first generation. CMA-ES learns from other tasks by `source_trials`
(WS-CMA-ES, Nomura et al. 2021), which use only the order within each task; for any other sampler,
runs of other tasks can guide the first trials (`n_guided`). No score of another task becomes a
trial of the study.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import ConfigSpace

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, loaded, values_of
from metalearn.bridges.direction import Reading, refuse_several
from metalearn.bridges.optuna_choices import has_equal_choices, is_in_study
from metalearn.bridges.optuna_distributions import distributions, given_distributions
from metalearn.bridges.optuna_trials import MARK as _MARK
from metalearn.bridges.optuna_trials import trials
from metalearn.bridges.pooling import pooled_sources
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["BRIDGE", "distributions", "suggest", "to_optuna", "trials"]

_LEARNING = {"TPESampler", "GPSampler", "NSGAIISampler", "NSGAIIISampler"}
_MIN_SOURCE_TRIALS = 10
SamplerName = Literal["tpe", "gp", "cmaes"]


def to_optuna(
    warm: WarmStart,
    *,
    sampler: Any | SamplerName = "tpe",
    seed: int | None = None,
    study: Any = None,
    n_guided: int | None = None,
    **options: Any,
) -> Any:
    """Return a study that starts from the warm start; `study.optimize(objective, n)` runs it.

    The objective returns the score of `warm.metric` (the study maximises where larger is better)
    and suggests from `warm.space`: `suggest(trial, warm.space)` does so for all axes at once. In
    a study of the other direction it returns `warm.metric.loss(score)`, or for a metric that is
    minimised the score with its sign turned, with a warning. A study with several objectives
    gets the initial design as a list.

    Args:
        warm: The warm start.
        sampler: `tpe`, `gp`, `cmaes`, or a sampler of Optuna's.
        seed: Seed of a sampler that is given by name, and of the guided trials.
        study: A study to add to, instead of a new one.
        n_guided: Number of first trials, the initial design included, that we suggest from
            source tasks and the study's results (see `WarmSampler`), before the sampler goes on.
            None: as many as the initial design has, where its order can follow the results (of a
            design longer than ten, the rest is left to our transfer optimizer); a study that has
            other trials already, and samplers that breed from their own trials alone (NSGA), get
            it as a list. 0: always as a list.
        **options: Of `optuna.create_study`.

    Raises:
        UsageError: If the study has several objectives, and there is something in the warm start
            that needs one: observations, a memory, guided trials.
    """
    optuna = loaded("optuna", "optuna")
    if study is None:
        study = _new_study(optuna, warm, sampler, seed, options)
    _check_objectives(warm, study, n_guided)
    n = _n_guided(warm, study) if n_guided is None else n_guided
    is_guided = bool(n and warm.sources)
    equal = len(study.directions) == 1 and any(
        has_equal_choices(kind) for kind in given_distributions(warm).values()
    )
    if is_guided or warm.memory is not None or equal:
        # It is a subclass of a class of Optuna, so that it needs Optuna when it is imported.
        from metalearn.bridges.optuna_sampler import WarmSampler

        study.sampler = WarmSampler(warm, study.sampler, n_guided=n, seed=seed)
    if is_guided:
        study.set_user_attr(_MARK, "guided")
    listed = () if is_guided and warm.ranking is not None else warm.configurations
    for configuration in listed:
        values = values_of(warm, configuration)
        if not is_in_study(study, values):  # Optuna's own test takes 1 and True for one
            study.enqueue_trial(values, user_attrs={_MARK: "initial"})
    if warm.observations:
        _check_listens(_inner(study))
        full = [t for t in warm.observations if t.is_full_result or t.status != "ok"]
        study.add_trials([_observed(optuna, warm, t, study) for t in full])
    return study


def suggest(trial: Any, space: Space) -> Configuration:
    """Return the configuration that a trial suggests, with active axes only.

    Raises:
        optuna.TrialPruned: If a sampler of Optuna's, which ignores forbidden clauses, suggests
            what the space forbids.
    """
    kinds = distributions(space)
    values: dict[str, Any] = {}
    for j, axis in enumerate(space.axes):
        unit = space.encode([values])
        if space.active(unit)[0, j]:
            values[axis.name] = trial._suggest(axis.name, kinds[axis.name])
    found = space.configuration(values)
    if not space.is_allowed(found):
        raise loaded("optuna", "optuna").TrialPruned(f"the space forbids {found}")
    return found


def read_space(foreign: dict[str, Any]) -> ConfigSpace.ConfigurationSpace:
    """Return a dict of distributions as a ConfigSpace."""
    found = []
    for name, distribution in foreign.items():
        if hasattr(distribution, "choices"):
            found.append(axes.category(name, distribution.choices))
            continue
        whole, step = isinstance(distribution.low, int), distribution.step
        low, high = distribution.low, distribution.high
        if step is None or (whole and step == 1):
            found.append(axes.number(name, low, high, integer=whole, log=distribution.log))
            continue
        n = round((high - low) / step)  # Optuna has moved the upper end to a multiple of the step
        found.append(axes.grid(name, 0, n, step, origin=low, top=high, integer=whole))
    return axes.space_of(found)


def _n_guided(warm: WarmStart, study: Any) -> int:
    """Return how many trials of a study we suggest, if the user does not set it."""
    is_ours = study.user_attrs.get(_MARK) == "guided" or not study.trials
    breeds = hasattr(_inner(study), "_get_generation_key")
    can_order = warm.ranking is not None and is_ours and not breeds and len(study.directions) == 1
    return len(warm.configurations) if can_order else 0


def _inner(study: Any) -> Any:
    """Return a study's sampler, without ours around it."""
    return getattr(study.sampler, "then", study.sampler)


def _new_study(
    optuna: Any, warm: WarmStart, sampler: Any, seed: int | None, options: dict[str, Any]
) -> Any:
    if options.get("directions") is None:
        options = {"direction": "maximize" if _is_score(warm) else "minimize", **options}
    wanted = options.get("direction") or "minimize"
    maximised = str(getattr(wanted, "name", wanted)).lower() == "maximize"
    if isinstance(sampler, str):
        if sampler == "cmaes" and len(options.get("directions") or ()) > 1:
            raise UsageError("CMA-ES takes one objective; use sampler='tpe' or an NSGA sampler")
        sampler = _sampler(optuna, sampler, warm, seed, maximised=maximised)
    return optuna.create_study(**{"sampler": sampler, **options})


def _is_score(warm: WarmStart) -> bool:
    return warm.metric is not None and warm.metric.greater_is_better


def _check_objectives(warm: WarmStart, study: Any, n_guided: int | None) -> None:
    """Refuse what needs one objective in a study with several; warn of a turned direction."""
    refuse_several(warm, len(study.directions))
    if len(study.directions) > 1:
        if n_guided:
            raise UsageError(
                f"n_guided={n_guided} needs a study with one objective, this one has "
                f"{len(study.directions)}; leave it out to get the initial design as a list"
            )
        return
    maximised = study.direction.name == "MAXIMIZE"
    if warm.metric is not None and maximised != warm.metric.greater_is_better:
        value = "-score" if maximised else "warm.metric.loss(score)"
        better = "maximised" if warm.metric.greater_is_better else "minimised"
        warnings.warn(
            f"the direction of the study is {study.direction.name.lower()}, but "
            f"{warm.metric.name} is {better}: its values are read as {value}, so the objective "
            "must return that",
            UserWarning,
            stacklevel=4,
        )


def _sampler(optuna: Any, name: str, warm: WarmStart, seed: int | None, *, maximised: bool) -> Any:
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    if name == "gp":
        return optuna.samplers.GPSampler(seed=seed)
    if name == "cmaes":
        return optuna.samplers.CmaEsSampler(
            seed=seed, source_trials=_source_trials(optuna, warm, maximised)
        )
    raise UsageError(f"unknown sampler {name!r}; known: tpe, gp, cmaes, or an object of Optuna's")


def _source_trials(optuna: Any, warm: WarmStart, maximised: bool) -> list[Any] | None:
    """Return pooled runs of other tasks, with ranks within tasks as values; None if too few."""
    pooled = pooled_sources(warm, n_best=4)
    if len(pooled.loss) < _MIN_SOURCE_TRIALS:
        return None
    kinds = given_distributions(warm)
    sign = -1.0 if maximised else 1.0
    return [
        optuna.trial.create_trial(
            params=values_of(warm, c),
            distributions={n: kinds[n] for n in warm.space.values_of(c)},
            value=sign * float(loss),
        )
        for c, loss in zip(warm.space.decode(pooled.points), pooled.loss, strict=True)
    ]


def _check_listens(sampler: Any) -> None:
    name = type(sampler).__name__
    if name not in _LEARNING:
        warnings.warn(
            f"{name} ignores results of configurations that it did not suggest: the observations "
            "are in the study, but have no influence. TPESampler and GPSampler use them",
            UserWarning,
            stacklevel=3,
        )


def _observed(optuna: Any, warm: WarmStart, trial: Trial, study: Any) -> Any:
    kinds = given_distributions(warm)
    states = optuna.trial.TrialState
    failed = trial.status != "ok"
    value = Reading(warm.metric, study.direction.name == "MAXIMIZE").value(trial.loss)
    # NSGA breeds only from trials that carry its generation; there is no public way to set it.
    sampler = _inner(study)
    generation = getattr(sampler, "_get_generation_key", None)
    return optuna.trial.create_trial(
        params=values_of(warm, trial.configuration),
        distributions={n: kinds[n] for n in warm.space.values_of(trial.configuration)},
        value=None if failed else value,
        state=states.FAIL if failed else states.COMPLETE,
        user_attrs={_MARK: "observed"},
        system_attrs={generation(): 0} if generation is not None else None,
    )


BRIDGE = Bridge(
    name="optuna",
    package="optuna",
    extra="optuna",
    honours=frozenset({"seeds", "observations", "sources", "memory"}),
    start=to_optuna,
    read_space=read_space,
    trials=trials,
    title="Optuna",
    modules=("optuna",),
    space="an Optuna distribution dict",
    forbidden="pruned by `suggest`",
    joint="conditional",
)
