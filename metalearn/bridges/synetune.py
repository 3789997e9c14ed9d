"""Syne Tune: an ask/tell scheduler whose first suggestions are ours.

Results on the same task are told. With `transfer="bounding-box"` the search is confined to the box
of the best configurations of the source tasks (Perrone et al. 2019), from their own evaluations;
configurations and results outside the box are left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from metalearn.bridges.bridge import Bridge, configuration_of, loaded
from metalearn.bridges.domains import complete, read_domains, space_for
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["BRIDGE", "to_synetune", "transfer_evaluations", "trials"]

_FOREIGN_IDS = 1_000_000  # of told trials, beyond any that a scheduler counts to


def to_synetune(
    warm: WarmStart,
    *,
    scheduler: Any = None,
    metric: str = "loss",
    transfer: str | None = None,
    seed: int | None = None,
    **options: Any,
) -> Any:
    """Return an `AskTellScheduler`; tell it `{metric: loss}`.

    Args:
        warm: The warm start.
        scheduler: Class of a single-fidelity scheduler of Syne Tune's; CQR if None.
        metric: Name of the loss.
        transfer: None, or `bounding-box`.
        seed: Seed of the scheduler.
        **options: Of the scheduler.
    """
    module = "syne_tune.optimizer"
    chosen = scheduler or loaded("syne_tune", "synetune", f"{module}.baselines").CQR
    space = _space(warm)
    points = [complete(warm, c) for c in warm.configurations]
    keywords = {"metric": metric, "do_minimize": True, "random_seed": seed, **options}
    inside = space
    if transfer is None:
        made = chosen(space, points_to_evaluate=points, **keywords)
    elif transfer == "bounding-box":
        made, inside = _in_box(warm, chosen, space, points, keywords)
    else:
        raise UsageError(f"unknown transfer {transfer!r}; known: bounding-box")
    asked = loaded("syne_tune", "synetune", f"{module}.schedulers.ask_tell_scheduler")
    found = asked.AskTellScheduler(made)
    own_trial = loaded("syne_tune", "synetune", "syne_tune.backend.trial_status").Trial
    for i, trial in enumerate(warm.observations):
        config = complete(warm, trial.configuration)
        if trial.status == "ok" and _is_inside(inside, config):
            told = own_trial(_FOREIGN_IDS + i, config, datetime.datetime.now())
            found.tell(told, {metric: trial.loss})
    return found


def transfer_evaluations(warm: WarmStart, metric: str = "loss") -> dict[str, Any]:
    """Return the source tasks as Syne Tune's `TransferLearningTaskEvaluations`, by task.

    Each task keeps its own losses and configurations; nothing is mixed.
    """
    module = "syne_tune.optimizer.schedulers.transfer_learning.transfer_learning_task_evaluation"
    kind = loaded("syne_tune", "synetune", module).TransferLearningTaskEvaluations
    space, found = _space(warm), {}
    for i, history in enumerate(warm.sources):
        ok = np.isfinite(history.y)
        if ok.any():
            rows = [complete(warm, c) for c in warm.space.decode(history.X[ok])]
            losses = history.y[ok].reshape(-1, 1, 1, 1)
            found[history.task or f"source-{i}"] = kind(
                space, pd.DataFrame(rows), [metric], losses
            )
    return found


def trials(warm: WarmStart, told: Sequence[tuple[Any, dict[str, float]]]) -> list[Trial]:
    """Return trials from pairs of a Syne Tune trial and what was told about it: `{"loss": ...}`."""
    return [
        Trial(configuration_of(warm, trial.config.items())).finished(next(iter(values.values())))
        for trial, values in told
    ]


def read_space(foreign: dict[str, Any]) -> Any:
    """Return a dict of Syne Tune's domains as a ConfigSpace."""
    return read_domains(foreign, open_end=False)


def _space(warm: WarmStart) -> dict[str, Any]:
    module = loaded("syne_tune", "synetune", "syne_tune.config_space")
    return space_for(warm, "synetune", module, open_end=False)


def _in_box(
    warm: WarmStart, chosen: Any, space: Any, points: list[dict[str, Any]], keywords: Any
) -> tuple[Any, dict[str, Any]]:
    """Return the scheduler and the space that it confines itself to."""
    module = "syne_tune.optimizer.schedulers.transfer_learning.bounding_box"
    box = loaded("syne_tune", "synetune", module).BoundingBox
    inner = {
        k: v for k, v in keywords.items() if k not in ("metric", "do_minimize", "random_seed")
    }

    confined: dict[str, Any] = {}

    def make(config_space: Any, metric: str, do_minimize: bool, random_seed: int | None) -> Any:
        confined.update(config_space)
        inside = [p for p in points if _is_inside(config_space, p)]
        return chosen(config_space, metric=metric, do_minimize=do_minimize,
                      random_seed=random_seed, points_to_evaluate=inside, **inner)  # fmt: skip

    made = box(
        make, space, keywords["metric"], transfer_evaluations(warm, keywords["metric"]),
        do_minimize=True, num_hyperparameters_per_task=3, random_seed=keywords["random_seed"],
    )  # fmt: skip
    return made, confined


def _is_inside(config_space: dict[str, Any], point: dict[str, Any]) -> bool:
    return all(not hasattr(d, "is_valid") or d.is_valid(point[n]) for n, d in config_space.items())


BRIDGE = Bridge(
    name="synetune",
    package="syne_tune",
    extra="synetune",
    honours=frozenset({"seeds", "observations", "sources"}),
    start=to_synetune,
    read_space=read_space,
    trials=trials,
)
