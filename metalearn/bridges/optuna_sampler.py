"""A sampler for Optuna: a transfer optimizer suggests the first trials, your sampler all others.

Optuna's samplers take first configurations, and no results of other tasks. Until a sampler's own
model has enough trials, it draws at random. Here a transfer optimizer suggests these trials, from
the runs of the source tasks and from the finished trials of the study. The sampler that you chose
suggests all later ones.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.samplers import BaseSampler, TPESampler

from metalearn.bridges.bridge import values_of
from metalearn.bridges.direction import several
from metalearn.bridges.optuna_choices import note_choices
from metalearn.bridges.optuna_distributions import given_distributions
from metalearn.bridges.optuna_trials import StudyTerms, is_observed, terms_of, trial_of
from metalearn.core.configuration import Configuration
from metalearn.core.seams import Optimizer
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import SpaceExhaustedError, UsageError

__all__ = ["WarmSampler"]


class WarmSampler(BaseSampler):
    """Suggests the first trials from runs of other tasks; another sampler suggests the rest.

    Trials that are enqueued count as first trials, as the initial design of `to_optuna` does. A
    parameter that is not in the warm start is suggested by the other sampler throughout. The
    study may run in threads and be resumed; trials of other processes are learned from when they
    have finished.

    Args:
        warm: The warm start, with sources.
        then: The sampler for everything else; TPE if None.
        n_guided: Number of trials, the initial design included, before `then` takes over.
        optimizer: Name of the optimizer that suggests (`metalearn.optimizers.names()`).
        seed: Seed of the suggestions, and of TPE if it is not given.
    """

    def __init__(
        self,
        warm: WarmStart,
        then: BaseSampler | None = None,
        *,
        n_guided: int = 20,
        optimizer: str = "bayesian",
        seed: int | None = None,
    ) -> None:
        if n_guided < 0:
            raise UsageError(f"n_guided must be at least 0, got {n_guided}")
        self.warm, self.n_guided, self.optimizer = warm, n_guided, optimizer
        self.then = TPESampler(seed=seed) if then is None else then
        self._seed = seed
        self._kinds = given_distributions(warm)
        self._guide: Optimizer | None = None
        self._terms: StudyTerms | None = None  # how its trials were read last
        self._asked: dict[int, Trial] = {}  # number of the study's trial -> ours
        self._told: set[int] = set()
        self._suggested: dict[int, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without what is built anew: the model and the lock."""
        fresh: dict[str, Any] = {"_guide": None, "_asked": {}, "_told": set(), "_suggested": {}}
        return {k: v for k, v in {**self.__dict__, **fresh}.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a state over."""
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def reseed_rng(self) -> None:
        """Take new seeds, as every process and thread that shares a study does."""
        with self._lock:  # another thread may be suggesting
            self._seed, self._guide = None, None
            self._asked, self._told = {}, set()
        self.then.reseed_rng()

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        """Return the distributions of what is suggested together."""
        configuration = self._suggestion(study, trial)
        if configuration is None:
            found: dict[str, Any] = self.then.infer_relative_search_space(study, trial)
            return found
        self._suggested[trial.number] = values_of(self.warm, configuration)
        return {name: self._kinds[name] for name in self.warm.space.values_of(configuration)}

    def sample_relative(self, study: Any, trial: Any, search_space: dict[str, Any]) -> Any:
        """Return the values suggested together."""
        values = self._suggested.pop(trial.number, None)
        if values is None:
            values = self.then.sample_relative(study, trial, search_space)
        note_choices(study, trial, values, search_space)
        return dict(values)

    def sample_independent(
        self, study: Any, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        """Return the value of a parameter that nothing else was suggested for."""
        value = self.then.sample_independent(study, trial, param_name, param_distribution)
        note_choices(study, trial, {param_name: value}, {param_name: param_distribution})
        return value

    def before_trial(self, study: Any, trial: Any) -> None:
        """Notify the other sampler that a trial begins.

        Raises:
            UsageError: If the study has several objectives.
        """
        if len(study.directions) > 1:
            raise several(len(study.directions))
        self.then.before_trial(study, trial)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        """Notify the other sampler that a trial has ended; remember it if requested."""
        self.then.after_trial(study, trial, state, values)
        if self.warm.memory is None or not trial.params:
            return
        terms = terms_of(self.warm, study)
        found = trial_of(terms, trial, state=state.name, values=values)
        if found is not None:
            self.warm.tell(found)

    def _suggestion(self, study: Any, trial: Any) -> Configuration | None:
        """Return the next configuration; None if the other sampler suggests it."""
        if not self.warm.sources or "fixed_params" in trial.system_attrs:
            return None
        every = study.get_trials(deepcopy=False)
        brought = [t.number for t in every if is_observed(t)]
        if trial.number - sum(n < trial.number for n in brought) >= self.n_guided:
            return None
        with self._lock:
            self._terms = terms_of(self.warm, study)
            guide = self._learned(every)
            try:
                (ours,) = guide.ask()
            except SpaceExhaustedError:
                return None
            self._asked[trial.number] = ours
            return ours.configuration

    def _learned(self, every: list[Any]) -> Optimizer:
        """Return the optimizer, with all finished trials passed to it."""
        if self._guide is None:
            from dataclasses import replace

            from metalearn.optimizers import get

            # A design that cannot follow the results is enqueued by `to_optuna`.
            design = () if self.warm.ranking is None else self.warm.configurations
            begin = replace(self.warm, configurations=design, observations=())
            rng = np.random.default_rng(self._seed)
            self._guide = get(self.optimizer)(begin.space, initial=begin, rng=rng)
        assert self._terms is not None
        for trial in every:
            if not trial.state.is_finished() or trial.number in self._told:
                continue
            self._told.add(trial.number)
            pending = self._asked.get(trial.number)
            if trial.state.name == "FAIL" and pending is not None:
                self._guide.tell(pending.failed())  # perhaps before it suggested anything
            elif trial.params and (found := trial_of(self._terms, trial, pending)) is not None:
                self._guide.tell(found)
            else:
                continue  # its share of the resource is unknown: it stays pending
            self._asked.pop(trial.number, None)
        return self._guide
