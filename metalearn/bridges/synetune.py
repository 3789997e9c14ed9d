"""Syne Tune: an ask/tell scheduler whose first suggestions are ours.

Results on the same task are passed to `tell`. With `transfer="bounding-box"` the search is
confined to the box of the best configurations of the source tasks (Perrone et al. 2019),
from their own evaluations; configurations and results outside the box are left out.
"""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from metalearn.bridges.bridge import Bridge, loaded, pending
from metalearn.bridges.direction import check_same, reading_of, refuse_several, several, single
from metalearn.bridges.domains import complete, read_domains, space_for
from metalearn.bridges.resources import shares_of
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["BRIDGE", "to_synetune", "transfer_evaluations", "trials"]

_RESOURCES = ("epoch", "epochs", "training_iteration", "step", "resource", "budget")
_FOREIGN_IDS = 1_000_000  # of observations; larger than any number of a scheduler


def to_synetune(
    warm: WarmStart,
    *,
    scheduler: Any = None,
    metric: str = "loss",
    do_minimize: bool | None = None,
    transfer: str | None = None,
    seed: int | None = None,
    **options: Any,
) -> Any:
    """Return an `AskTellScheduler`; `tell` takes `{metric: loss}`, or a score if the name is one.

    Args:
        warm: The warm start.
        scheduler: Class of a scheduler of Syne Tune's; CQR if None. With several `metrics=` it
            gets the initial design, and refuses observations.
        metric: Name of the reported value: a loss, unless the name is that of a score.
        do_minimize: Whether it is minimised; None goes by the name.
        transfer: None, or `bounding-box`.
        seed: Seed of the scheduler.
        **options: Of the scheduler.

    Raises:
        UsageError: If the direction contradicts the name of the metric, or there are several
            objectives beside observations.
    """
    reading = reading_of(warm, metric, maximised=None if do_minimize is None else not do_minimize)
    module = "syne_tune.optimizer"
    chosen = scheduler or loaded("syne_tune", "synetune", f"{module}.baselines").CQR
    space = _space(warm)
    points = [complete(warm, c) for c in warm.configurations]
    keywords = {"do_minimize": not reading.maximised, "random_seed": seed,
                **_named(warm, chosen, metric, options)}  # fmt: skip
    inside = space
    if transfer is None:
        made = chosen(space, points_to_evaluate=points, **keywords)
    elif transfer == "bounding-box":
        made, inside = _in_box(warm, chosen, space, points, keywords)
    else:
        raise UsageError(f"unknown transfer {transfer!r}; known: bounding-box")
    schedulers = loaded("syne_tune", "synetune", f"{module}.schedulers.ask_tell_scheduler")
    found = schedulers.AskTellScheduler(made)
    own_trial = loaded("syne_tune", "synetune", "syne_tune.backend.trial_status").Trial
    for i, trial in enumerate(warm.known_results):
        config = complete(warm, trial.configuration)
        if _is_inside(inside, config):
            observed = own_trial(_FOREIGN_IDS + i, config, datetime.datetime.now())
            found.tell(observed, {metric: reading.value(trial.loss)})
    return found


def _named(warm: WarmStart, chosen: Any, metric: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the metric, or a list of metrics, as the scheduler takes it."""
    if "metrics" not in inspect.signature(chosen).parameters:
        return {"metric": metric, **options}
    named = {"metrics": [metric], **options}
    refuse_several(warm, len(named["metrics"]))
    return named


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


def trials(warm: WarmStart, results: Sequence[tuple[Any, ...]]) -> list[Trial]:
    """Return trials from pairs of a Syne Tune trial and its results: `{"loss": ...}`.

    An `epoch` (or another resource) beside the loss makes trials that went less far than others
    partial; so does a third value, the share of the full resource.

    Raises:
        UsageError: If several values were reported and none is named `loss`.
    """
    reached = [[v[name] for name in _RESOURCES if name in v][:1] for _, v, *_ in results]
    shares = shares_of(found[0] if found else None for found in reached)
    found = []
    for (trial, values, *given), share in zip(results, shares, strict=True):
        name = _metric_in(warm, values)
        check_same(warm, name)
        made = pending(warm, trial.config.items(), *(given or [share]))
        value = single(values[name])
        loss = None if value is None else reading_of(warm, name).loss(value)
        found.append(made.failed() if loss is None else made.finished(loss))
    return found


def _metric_in(warm: WarmStart, values: dict[str, Any]) -> str:
    names = [name for name in values if name not in _RESOURCES]
    wanted = ["loss"] if warm.metric is None else ["loss", warm.metric.name]
    chosen = names if len(names) == 1 else [name for name in wanted if name in names]
    if not chosen:
        raise several(len(names))
    return chosen[0]


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
    metric = keywords["metric"] if "metric" in keywords else keywords["metrics"][0]
    confined: dict[str, Any] = {}

    def make(config_space: Any, *_: Any) -> Any:
        confined.update(config_space)
        inside = [p for p in points if _is_inside(config_space, p)]
        return chosen(config_space, points_to_evaluate=inside, **keywords)

    # The box is made from losses, whether the search minimises or maximises.
    made = box(
        make, space, metric, transfer_evaluations(warm, metric),
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
    title="Syne Tune",
    modules=("syne_tune",),
    space="a Syne Tune dict",
)
