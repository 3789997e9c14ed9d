"""Chooses the next trial: a default, a quick list, recommendations by rank per second, search.

Recommendations are ranked again after every result; the best of earlier fits come before them. Of
the first ones, the one with the best rank per expected second is next; seconds weigh more as time
runs out. On large tables a trial starts on a share of the rows, and the best third continues on
more (ASHA; Li et al. 2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from metalearn.automl.advice import Advice
from metalearn.automl.earlier_fits import Remembered
from metalearn.automl.forms import learner_of, of_learner
from metalearn.automl.initial_designs import Scene
from metalearn.automl.joint_search import JointSearch
from metalearn.automl.library import Library, Source
from metalearn.automl.proposals import Proposals
from metalearn.automl.searched import searched_space, usable_learners
from metalearn.automl.strategies.default import STRATEGY as DEFAULT
from metalearn.automl.strategy import Rungs, Strategy
from metalearn.automl.time_ratios import TimeRatios
from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind

__all__ = ["PlannedTrial", "TrialSchedule"]

_WINDOW = 12
_OVERHEAD_S = 0.06
_CAUTION = 1.6
"""A job starts only if at least this many times its expected seconds are left."""
_FIRST_ROWS = 30_000
"""Largest number of rows that a trial starts on, where there are rungs."""
_FIRST_RUNGS = Rungs()
"""Rungs of the first trial of strategies without: whatever the table, a model is there soon."""
_OPENING: dict[str, tuple[str, ...]] = {
    "classification": (
        "logistic_regression", "additive_splines", "nystroem", "discriminant_analysis",
        "elastic_net", "lightgbm", "gradient_boosting", "extra_trees",
    ),
    "regression": (
        "ridge", "additive_splines", "nystroem", "elastic_net", "lightgbm", "gradient_boosting",
        "extra_trees",
    ),
}  # fmt: skip
"""Defaults to open with, until the store is read."""
_COSTLY = frozenset({"lightgbm", "gradient_boosting", "extra_trees"})
"""Of these, the ones that take longer: they wait for the quick list, but not for long."""
_PATIENCE_SHARE = 0.1
"""Share of the time after which they no longer wait."""
_UNKNOWN_AFTER = 2
_DEFAULTS_AFTER = 8
"""After so many recommendations the remaining defaults to open with have their turn: boosting and
extra trees of the list may be few."""
_REMEMBERED_SHARE = 0.4
"""The best of earlier fits come first if they take at most this share of the time left."""
_QUICK_SHARE = 0.1
"""A configuration of the quick list takes at most this share of the time left."""
_BORROWED_AT = (3, 7, 12, 18)
_SEARCH_EVERY = 2
_SEARCH_FROM = 12


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """A trial to run.

    Attributes:
        configuration: What to try.
        source: Where it comes from.
        fidelity: Share of the training rows.
        expected_s: Seconds on the clock that all folds are expected to take.
        known_s: The same before any correction by observed seconds.
    """

    configuration: Configuration
    source: Source
    fidelity: float
    expected_s: float
    known_s: float


class TrialSchedule:
    """Proposes jobs.

    Attributes:
        advice: The ranking of the store; None while there is none.
        remembered: The best configurations of earlier fits, tried after the first default.
        quick: Configurations to try until there is advice, in order, and their expected seconds.

    Args:
        library: The trials so far.
        algorithms: Only these algorithms; None for those of the strategy.
        rng: Draws of the search.
        strategy: What is proposed.
        elapsed_s: Returns the seconds since the fit began.

    Raises:
        UsageError: If no algorithm of the strategy can be used.
        MissingPackageError: If that is for want of a package.
    """

    def __init__(
        self,
        library: Library,
        algorithms: tuple[str, ...] | None,
        rng: np.random.Generator,
        strategy: Strategy = DEFAULT,
        elapsed_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.library, self.ratios, self.strategy = library, TimeRatios(), strategy
        self.advice: Advice | None = None
        self.remembered: tuple[Remembered, ...] = ()
        self.quick: Mapping[Configuration, float] = {}
        self._rng, self._elapsed_s = rng, elapsed_s
        self._started: dict[Configuration, float] = {}
        self._n_listed = 0
        self._usable = {a.name: a for a in usable_learners(strategy, algorithms, self._kind)}
        self._search = JointSearch(library, lambda: self.advice, tuple(self._usable))
        self._defaults = [name for name in _OPENING[library.task.kind] if name in self._usable]
        if "lightgbm" in self._usable and "gradient_boosting" in self._defaults:
            self._defaults.remove("gradient_boosting")
        self._proposals: Proposals | None = None
        if not strategy.is_guided:
            self._defaults = (self._defaults or list(self._usable))[:1]
            scene = self._scene(elapsed_s)
            self._proposals = Proposals(strategy, library, scene, self._near)

    def opening(self, left_s: float = math.inf) -> PlannedTrial | None:
        """Return a job that needs no advice and is expected to end in time, or None.

        The first one is a default; quick ones of earlier fits, and the quick list, come before
        the other defaults.
        """
        jobs = self._default_jobs()
        if self._started:
            if self._awaits_quick_list(left_s):
                jobs = [job for job in jobs if job.configuration.algorithm not in _COSTLY]
            jobs = [*self._affordable(left_s), *self._quick_jobs(left_s), *jobs]
        return next((self._started_now(job) for job in jobs if job.expected_s <= left_s), None)

    def next(self, left_s: float) -> PlannedTrial | None:
        """Return the next job that is expected to end within the seconds left, or None."""
        promoted = self._promotion()
        if promoted is not None and promoted.expected_s * _CAUTION <= left_s:
            return self._started_now(promoted)
        for job in self._candidates(left_s):
            if job.expected_s * _CAUTION <= left_s:
                return self._started_now(job)
        return None

    def skip(self, configuration: Configuration, fidelity: float = 1.0) -> None:
        """Do not propose a configuration again: it was tried before."""
        self._started[configuration] = fidelity

    def observe(self, job: PlannedTrial, seconds: float) -> None:
        """Take the seconds of a finished job into account."""
        self.ratios.observe(learner_of(job.configuration), job.known_s, seconds)

    def cheapest_s(self) -> float:
        """Return the expected seconds of the cheapest job; NaN if there is none."""
        jobs = self._candidates(math.inf)
        return min((job.expected_s for job in jobs), default=math.nan)

    @property
    def _kind(self) -> Kind:
        return self.library.task.kind

    def _started_now(self, job: PlannedTrial) -> PlannedTrial:
        if job.source == "recommended" and job.configuration not in self._started:
            self._n_listed += 1
        self._started[job.configuration] = job.fidelity
        return job

    def _candidates(self, left_s: float) -> Iterator[PlannedTrial]:
        """Yield jobs to choose from, the best first."""
        if self._proposals is not None:
            for found in self._proposals.candidates(self._started, left_s):
                yield self._job(found.configuration, found.source, found.fidelity)
        elif self.advice is None:
            jobs = [self._job(c, "opening") for c in self._all_defaults()]
            yield from self._by_rate([*self._remembered(), *jobs], left_s)
        else:
            yield from self._affordable(left_s)
            yield from self._extra()
            n_tried = len(self.library.trials)
            if n_tried >= _SEARCH_FROM and n_tried % _SEARCH_EVERY == 0:
                yield from self._searched(2)
            yield from self._by_rate([*self._remembered(), *self._listed()], left_s)
        if self._proposals is None:
            yield from self._searched(3)

    def _default_jobs(self) -> list[PlannedTrial]:
        """Return the defaults to open with that were not started."""
        spaces = [self._usable[name].space(self._kind) for name in self._defaults]
        found = [space.default() for space in spaces]
        if self._proposals is not None:
            found = [self._proposals.inside(c) or c for c in found]
        fidelity = self._first_fidelity(self.strategy.fidelity or _FIRST_RUNGS)
        return [self._job(c, "opening", fidelity) for c in found if c not in self._started]

    def _listed(self) -> list[PlannedTrial]:
        """Return the list of the store but for what earlier fits did, best rank first."""
        assert self.advice is not None
        seen = {*self._started, *(r.configuration for r in self.remembered)}
        return [
            self._job(c, "recommended")
            for c in self.advice.order()
            if c not in seen and c.algorithm in self._usable
        ]

    def _extra(self) -> list[PlannedTrial]:
        """Return unknown and borrowed configurations and defaults whose turn has come."""
        assert self.advice is not None
        jobs = []
        if self._n_listed >= _UNKNOWN_AFTER:
            known = {c.algorithm for c in self.advice.meta.configurations}
            known |= {c.algorithm for c in self.advice.borrowed}
            jobs += [
                self._job(c, "opening") for c in self._all_defaults() if c.algorithm not in known
            ]
        if self._n_listed >= _DEFAULTS_AFTER:
            jobs += self._default_jobs()
        for at, c in zip(_BORROWED_AT, self.advice.borrowed, strict=False):
            if self._n_listed >= at and c not in self._started and c.algorithm in self._usable:
                jobs.append(self._job(c, "recommended"))
        return jobs

    def _remembered(self) -> list[PlannedTrial]:
        """Return the best of earlier fits that were not started, best first."""
        if self._proposals is not None:
            return []
        return [
            self._job(r.configuration, "remembered")
            for r in self.remembered
            if r.configuration not in self._started and r.configuration.algorithm in self._usable
        ]

    def _affordable(self, left_s: float) -> list[PlannedTrial]:
        """Return those of earlier fits that take a small share of the time left, by rate."""
        jobs = [j for j in self._remembered() if j.expected_s <= _REMEMBERED_SHARE * left_s]
        return _fast_first(jobs, 1.0)

    def _awaits_quick_list(self, left_s: float) -> bool:
        """Whether the store may be read soon: a processor is then better left to that."""
        gone_s = self._elapsed_s()
        return not self.quick and gone_s < _PATIENCE_SHARE * (gone_s + left_s)

    def _quick_jobs(self, left_s: float) -> list[PlannedTrial]:
        """Return those of the quick list that take a small share of the time left."""
        if self._proposals is not None:
            return []
        jobs = [
            self._job(c, "recommended")
            for c in self.quick
            if c not in self._started and c.algorithm in self._usable
        ]
        return [job for job in jobs if job.expected_s <= _QUICK_SHARE * left_s]

    def _all_defaults(self) -> list[Configuration]:
        found = [algorithm.space(self.library.task.kind).default()
                 for algorithm in self._usable.values()]  # fmt: skip
        return [c for c in found if c not in self._started]

    def _by_rate(self, jobs: list[PlannedTrial], left_s: float) -> list[PlannedTrial]:
        """Return ranked jobs with the first ones ordered by rank per expected second."""
        window = jobs[:_WINDOW]
        total = sum(job.expected_s for job in window)
        pressure = min(1.0, total / max(left_s, 1e-9)) if math.isfinite(left_s) else 0.0
        return [*_fast_first(window, pressure), *jobs[_WINDOW:]]

    def _searched(self, n: int) -> Iterator[PlannedTrial]:
        for _ in range(n):
            found = self._near(self._started)
            if found is not None:
                yield self._job(found, "search")

    def _near(self, started: Mapping[Configuration, float]) -> Configuration | None:
        """Return what the joint search proposes besides those started before, or None."""
        ranked = [self.library.trials[i].configuration for i in self.library.finished]
        ranked = [c for c in ranked if c.algorithm in self._usable]
        return self._search(ranked, set(started), self._kind, self._rng)

    def _scene(self, elapsed_s: Callable[[], float]) -> Scene:
        space = searched_space(self.strategy, tuple(self._usable), self.library.task)
        return Scene(
            space,
            lambda: self.advice,
            lambda configuration: self._job(configuration, "search").expected_s,
            elapsed_s,
            self._rng,
        )

    def _promotion(self) -> PlannedTrial | None:
        """Return a partial trial among the best of its rung, at the next fidelity."""
        if self.strategy.fidelity is None:
            return None
        eta = self.strategy.fidelity.eta
        rungs: dict[float, list[tuple[float, Configuration, Source]]] = {}
        for trial in self.library.trials:
            if trial.status in ("partial", "ok") and trial.fidelity < 1.0:
                rungs.setdefault(trial.fidelity, []).append(
                    (trial.loss, trial.configuration, trial.source)
                )
        for fidelity in sorted(rungs, reverse=True):
            rung = sorted(rungs[fidelity], key=lambda entry: entry[0])
            for _, configuration, source in rung[: max(len(rung) // eta, 0)]:
                if self._started[configuration] == fidelity:
                    return self._job(configuration, source, min(1.0, fidelity * eta))
        return None

    def _job(
        self, configuration: Configuration, source: Source, fidelity: float | None = None
    ) -> PlannedTrial:
        task = self.library.task
        if fidelity is None:
            fidelity = self._first_fidelity(self.strategy.fidelity)
        n_folds = task.n_folds if fidelity >= 1.0 else 1
        share = len(task.validation.splits[0][0]) / task.n_rows
        known = self._fit_s(configuration) * share * fidelity * n_folds + _OVERHEAD_S * n_folds
        expected = known * self.ratios.of(learner_of(configuration))
        return PlannedTrial(configuration, source, fidelity, expected, known)

    def _first_fidelity(self, rungs: Rungs | None) -> float:
        """Return the share of the rows that a trial starts on."""
        n_rows = self.library.task.n_rows
        if rungs is None or n_rows <= rungs.above_rows:
            return 1.0
        fidelity = 1.0 / rungs.eta**2
        while fidelity * n_rows > _FIRST_ROWS:
            fidelity /= rungs.eta
        return fidelity

    def _fit_s(self, configuration: Configuration) -> float:
        """Return expected seconds of one fit on all rows, as well as they are known."""
        alone = of_learner(configuration)
        for found in self.remembered:
            if found.configuration == alone and math.isfinite(found.fit_s):
                return found.fit_s
        if self.advice is not None:
            for seconds in (self.advice.fit_s(alone), self.advice.algorithm_s(alone.algorithm)):
                if math.isfinite(seconds):
                    return seconds
            similar = self.advice.algorithm_s("gradient_boosting")
            if math.isfinite(similar):
                return 3.0 * similar
        elif alone in self.quick:
            return self.quick[alone]
        rows, columns = self.library.task.X.shape
        return 0.1 + 1e-5 * rows * math.sqrt(columns)


def _fast_first(jobs: list[PlannedTrial], pressure: float) -> list[PlannedTrial]:
    """Return ranked jobs by rank per expected second; seconds weigh more under pressure."""
    costs = np.array([job.expected_s + _OVERHEAD_S for job in jobs])
    rates = 1.0 / (np.arange(len(jobs)) + 2.0) / costs ** (0.5 * pressure + 0.1)
    return [jobs[i] for i in np.argsort(-rates, kind="stable")]
