"""FLAML: the arguments of `flaml.tune.run` that start CFO from our configurations.

Known results come first among the points, with their rewards; FLAML does not run them again.
"""

from __future__ import annotations

from typing import Any

from metalearn.bridges.bridge import Bridge, loaded, pending
from metalearn.bridges.direction import check_same, reading_of, several, single
from metalearn.bridges.domains import complete, read_domains, space_for
from metalearn.bridges.resources import extra_resource, shares_of
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UsageError

__all__ = ["BRIDGE", "to_flaml", "trials"]


def to_flaml(
    warm: WarmStart,
    *,
    metric: str = "loss",
    mode: str | None = None,
    seed: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Return arguments: `flaml.tune.run(evaluate, num_samples=30, **warm.to_flaml())`.

    `evaluate(config)` returns `{metric: loss}`, or a score if its name or `mode` implies that
    more is better.

    Args:
        warm: The warm start.
        metric: Name of what is reported: a loss, unless the name is that of a score.
        mode: `min` or `max`; None derives it from the name.
        seed: Seed of the search.
        **options: Further options of FLAML's `CFO`, for instance `low_cost_partial_config`.

    Raises:
        UsageError: If the mode contradicts the name of the metric, or there are several
            objectives beside observations.
    """
    reading = reading_of(warm, metric, mode=mode)
    if options.get("lexico_objectives") and warm.observations:
        raise UsageError(
            "observations have one value each: leave lexico_objectives or the observations out"
        )
    tune = loaded("flaml", "flaml", "flaml.tune")
    space = space_for(warm, "flaml", tune, open_end=True)
    known_results = warm.known_results
    points = [complete(warm, t.configuration) for t in known_results]
    points += [complete(warm, c) for c in warm.configurations]
    search = loaded("flaml", "flaml").CFO(
        metric=metric,
        mode=reading.mode,
        space=space,
        points_to_evaluate=points,
        evaluated_rewards=[reading.value(trial.loss) for trial in known_results] or None,
        **({} if seed is None else {"seed": seed}),
        **options,
    )
    return {"config": space, "metric": metric, "mode": reading.mode, "search_alg": search}


def trials(warm: WarmStart, analysis: Any) -> list[Trial]:
    """Return what `flaml.tune.run` evaluated.

    A trial with less of the resource than another (`resource_attr`, reports) is partial.

    Raises:
        InputError: If it is no result of `flaml.tune.run`.
        UsageError: If it had several objectives, or another metric than the warm start.
    """
    if not hasattr(analysis, "results") or not hasattr(analysis, "default_metric"):
        raise InputError(
            f"expected the analysis that flaml.tune.run returns, got {type(analysis).__name__}; "
            "its results have to be given as trials: Trial(configuration).finished(loss)"
        )
    objectives = getattr(analysis, "lexico_objectives", None)
    if objectives:
        raise several(len(objectives["metrics"]))
    name = analysis.default_metric
    reading = reading_of(warm, name, mode=analysis.default_mode)
    check_same(warm, name)
    results = [result for result in analysis.results.values() if result.get("config")]
    found = []
    for result, share in zip(results, _shares(warm, results), strict=True):
        trial = pending(warm, result["config"].items(), share)
        value = single(result.get(name))
        found.append(trial.failed() if value is None else trial.finished(reading.loss(value)))
    return found


def _shares(warm: WarmStart, results: list[dict[str, Any]]) -> list[float]:
    known = set(warm.space.names)
    if warm.mapping is not None and isinstance(warm.mapping.original, dict):
        known |= set(warm.mapping.original)  # constants
    name = extra_resource([result["config"] for result in results], known)
    if name is not None:
        return shares_of(result["config"].get(name) for result in results)
    return shares_of(result.get("training_iteration") for result in results)


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
    title="FLAML",
    modules=("flaml",),
    space="a FLAML dict",
)
