"""The trials of an Optuna study as ours: direction, share of the resource, one objective.

A complete trial is a full result. A pruned one holds its last intermediate value: it is a partial
result, whose share of the full resource follows from the steps that complete trials (or the
pruner) went up to; where neither is known, it is no result. A study may maximise or
minimise: the values of one that minimises are losses, whatever the metric.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from metalearn.bridges.bridge import pending
from metalearn.bridges.direction import Reading, several
from metalearn.bridges.optuna_choices import params_of
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["MARK", "StudyTerms", "is_observed", "terms_of", "trial_of", "trials"]

MARK = "metalearn"
_RUNS_UNORDERED = "WilcoxonPruner"  # its steps are numbers of instances, in any order


@dataclass(frozen=True)
class StudyTerms:
    """How the trials of one study are read.

    Attributes:
        warm: The warm start.
        reading: How its values become losses.
        full: Resource of a full trial, in steps, or in reports where steps have no order; 0 if
            it is unknown.
        begins_at_zero: Whether its first step is number 0.
        is_unordered: Whether steps have no order, so that reports are counted.
    """

    warm: WarmStart
    reading: Reading
    full: int = 0
    begins_at_zero: bool = False
    is_unordered: bool = False

    def resource(self, trial: Any) -> int:
        """Return the resource that a trial went up to; 0 if it reported nothing."""
        steps = trial.intermediate_values
        if not steps:
            return 0
        return len(steps) if self.is_unordered else max(steps) + self.begins_at_zero


def terms_of(warm: WarmStart, study: Any) -> StudyTerms:
    """Return how the trials of a study are read.

    Raises:
        UsageError: If it has several objectives.
    """
    if len(study.directions) > 1:
        raise several(len(study.directions))
    maximised = study.direction.name == "MAXIMIZE"
    pruner = getattr(study.pruner, "_wrapped_pruner", study.pruner)
    every = study.get_trials(deepcopy=False)
    from_zero = any(min(t.intermediate_values, default=1) == 0 for t in every)
    terms = StudyTerms(warm, Reading(warm.metric, maximised), 0, from_zero,
                       type(pruner).__name__ == _RUNS_UNORDERED)  # fmt: skip
    limit = getattr(pruner, "_max_resource", None)  # Hyperband's; "auto" until it is known
    ends = [terms.resource(t) for t in every if t.state.name == "COMPLETE"]
    full = max(ends, default=0) or (limit if isinstance(limit, int) else 0)
    return StudyTerms(warm, terms.reading, full, from_zero, terms.is_unordered)


def trials(warm: WarmStart, study: Any) -> list[Trial]:
    """Return the study's own finished trials; added observations are left out.

    Pruned trials carry their share of the full resource; those whose share is unknown are left
    out.

    Raises:
        UsageError: If the study has several objectives.
    """
    terms = terms_of(warm, study)
    done = [t for t in study.trials if t.state.is_finished() and not is_observed(t)]
    # One that failed before it suggested anything has no configuration.
    found = (trial_of(terms, t) for t in done if t.params or t.state.name != "FAIL")
    return [trial for trial in found if trial is not None]


def is_observed(trial: Any) -> bool:
    """Return whether a trial of a study was added as an observation."""
    return bool(trial.user_attrs.get(MARK) == "observed")


def trial_of(
    terms: StudyTerms,
    done: Any,
    proposed: Trial | None = None,
    *,
    state: str = "",
    values: Sequence[float] | None = None,
) -> Trial | None:
    """Return a finished trial of a study as one of ours; None if what it evaluated is unknown.

    Unknown are the share of the full resource of some pruned trials, and which of several equal
    choices (1, 1.0, True) a trial had that no sampler of ours has noted.

    Args:
        terms: How the study is read.
        done: The study's trial.
        proposed: The pending trial that it belongs to, if it is known.
        state: Name of its state, if the study's trial does not have it yet.
        values: Its values, likewise.
    """
    params = params_of(done)
    if params is None:
        return None
    kinds, names = done.distributions, terms.warm.space.names
    searched = [(n, v) for n, v in params.items() if n in names or not kinds[n].single()]
    number = None if proposed is None else proposed.number
    waiting = replace(pending(terms.warm, searched), number=number)
    begun, ended = done.datetime_start, done.datetime_complete or datetime.now()
    seconds = (ended - begun).total_seconds() if begun else math.nan
    state = state or done.state.name
    if state == "PRUNED":
        return _pruned(terms, waiting, done, seconds)
    found = (values or done.values or [None])[0] if state == "COMPLETE" else None
    if found is None:
        return waiting.failed(seconds)
    if terms.is_unordered and 0 < terms.resource(done) < terms.full:
        share = terms.resource(done) / terms.full
        waiting = replace(waiting, fidelity=share)
    return waiting.finished(terms.reading.loss(float(found)), seconds)


def _pruned(terms: StudyTerms, waiting: Trial, done: Any, seconds: float) -> Trial | None:
    resource = terms.resource(done)
    if not 0 < resource < terms.full:
        return None
    steps = done.intermediate_values
    reached = list(steps.values()) if terms.is_unordered else [steps[max(steps)]]
    value = sum(reached) / len(reached)
    if not math.isfinite(value):
        return None
    partial = replace(waiting, fidelity=resource / terms.full)
    return partial.finished(terms.reading.loss(value), seconds)
