"""What a SMAC facade evaluated, as trials of ours: shares of the budget, instances and seeds.

A run at less than the full budget, or on some of the instances only, is a partial result: it
carries its share of the whole. Several seeds or instances of one configuration are one trial with
their mean cost.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np

from metalearn.bridges.configspace import from_own
from metalearn.bridges.direction import several
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["OBSERVED", "answered", "share_of_budget", "trials"]

OBSERVED = {"metalearn": "observed"}


def trials(warm: WarmStart, facade: Any) -> list[Trial]:
    """Return what the facade evaluated; observations and runs that have not ended are left out.

    Raises:
        UsageError: If it has several objectives.
    """
    scenario, history = facade.scenario, facade.runhistory
    if scenario.count_objectives() > 1:
        raise several(scenario.count_objectives())
    runs: dict[tuple[Any, Any], list[tuple[Any, Any]]] = defaultdict(list)
    for key, value in history.items():
        if value.additional_info != OBSERVED and value.status.name != "RUNNING":
            runs[key.config_id, key.budget].append((key.instance, value))
    found = []
    for (config_id, budget), values in runs.items():
        n_instances = len({instance for instance, _ in values})
        share = share_of_budget(scenario, budget) * n_instances / len(scenario.instances or [0])
        trial = Trial(from_own(warm, history.get_config(config_id)), fidelity=min(share, 1.0))
        found.append(_joined([answered(trial, value) for _, value in values]))
    return found


def answered(trial: Trial, value: Any) -> Trial:
    """Return a trial with its result in SMAC's run history."""
    status = value.status.name
    if status == "SUCCESS" and np.isfinite(value.cost):
        return trial.finished(value.cost, value.time)
    return trial.failed(value.time, "timeout" if status == "TIMEOUT" else "failed")


def share_of_budget(scenario: Any, budget: float | None) -> float:
    """Return the share of the largest budget; 1 without budgets.

    With instances a budget is a number of them, which are counted elsewhere.
    """
    if budget is None or scenario.max_budget is None or scenario.instances is not None:
        return 1.0
    return float(budget / scenario.max_budget)


def _joined(done: list[Trial]) -> Trial:
    """Return the trials of one configuration as one: their mean loss, or a failure if one is."""
    seconds = float(np.sum([trial.runtime_s for trial in done]))
    failed = [trial for trial in done if trial.status != "ok"]
    if failed:
        return replace(failed[0], runtime_s=seconds)
    return done[0].finished(float(np.mean([trial.loss for trial in done])), seconds)
