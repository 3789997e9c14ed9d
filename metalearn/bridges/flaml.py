"""FLAML: the arguments of `flaml.tune.run` that start CFO from our configurations.

Known results come first among the points, with their rewards; FLAML does not run them again.
"""

from __future__ import annotations

from typing import Any

from metalearn.bridges.bridge import Bridge, configuration_of, loaded
from metalearn.bridges.domains import complete, read_domains, space_for
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["BRIDGE", "to_flaml", "trials"]


def to_flaml(
    warm: WarmStart, *, metric: str = "loss", seed: int | None = None, **options: Any
) -> dict[str, Any]:
    """Return arguments: `flaml.tune.run(evaluate, num_samples=30, **warm.to_flaml())`.

    `evaluate(config)` returns `{metric: loss}`.

    Args:
        warm: The warm start.
        metric: Name of the loss.
        seed: Seed of the search.
        **options: Further options of FLAML's `CFO`, for instance `low_cost_partial_config`.
    """
    tune = loaded("flaml", "flaml", "flaml.tune")
    space = space_for(warm, "flaml", tune, open_end=True)
    told = [trial for trial in warm.observations if trial.status == "ok"]
    points = [complete(warm, t.configuration) for t in told]
    points += [complete(warm, c) for c in warm.configurations]
    search = loaded("flaml", "flaml").CFO(
        metric=metric,
        mode="min",
        space=space,
        points_to_evaluate=points,
        evaluated_rewards=[trial.loss for trial in told] or None,
        **({} if seed is None else {"seed": seed}),
        **options,
    )
    return {"config": space, "metric": metric, "mode": "min", "search_alg": search}


def trials(warm: WarmStart, analysis: Any) -> list[Trial]:
    """Return what `flaml.tune.run` evaluated."""
    found = []
    for result in analysis.results.values():
        loss = result.get(analysis.default_metric)
        pending = Trial(configuration_of(warm, result["config"].items()))
        found.append(pending.failed() if loss is None else pending.finished(float(loss)))
    return found


def read_space(foreign: dict[str, Any]) -> Any:
    """Return a dict of FLAML's domains as a ConfigSpace."""
    return read_domains(foreign, open_end=True)


BRIDGE = Bridge(
    name="flaml",
    package="flaml",
    extra="flaml",
    honours=frozenset({"seeds", "observations"}),
    start=to_flaml,
    read_space=read_space,
    trials=trials,
)
