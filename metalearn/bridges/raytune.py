"""Ray Tune: a searcher whose first suggestions are ours.

Every searcher takes `points_to_evaluate`. Results on the same task go to Optuna's searcher, the
only one that takes them; the others get a warning.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from metalearn.bridges.bridge import Bridge, loaded, pending
from metalearn.bridges.direction import check_same, reading_of, refuse_several, several, single
from metalearn.bridges.domains import complete, read_domains, space_for
from metalearn.bridges.resources import shares_of
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UsageError

__all__ = ["BRIDGE", "param_space", "to_raytune", "trials"]


def to_raytune(
    warm: WarmStart,
    *,
    searcher: str = "optuna",
    metric: str = "loss",
    mode: str | None = None,
    **options: Any,
) -> Any:
    """Return a searcher for `tune.TuneConfig(search_alg=...)`; the trainable reports a loss.

    Args:
        warm: The warm start.
        searcher: `optuna`, `hyperopt`, or `basic` (random search). The last one takes the space
            from the tuner: give it `param_space(warm)`.
        metric: Name under which the trainable reports its loss (see `warm.metric.loss`), or a
            score if the name or `mode` implies one.
        mode: `min` or `max`; None derives it from the name.
        **options: Of the searcher.

    Raises:
        UsageError: If the searcher is unknown, the mode contradicts the name of the metric, or
            there are several metrics beside observations.
    """
    space = param_space(warm)
    points = [complete(warm, c) for c in warm.configurations]
    if searcher == "basic":
        _warn_of_unused(warm, searcher)
        module = loaded("ray", "raytune", "ray.tune.search.basic_variant")
        return module.BasicVariantGenerator(points_to_evaluate=points, **options)
    if searcher not in ("optuna", "hyperopt"):
        raise UsageError(f"unknown searcher {searcher!r}; known: optuna, hyperopt, basic")
    wanted = _wanted(warm, metric, mode)
    if searcher == "optuna":
        kind = loaded("ray", "raytune", "ray.tune.search.optuna").OptunaSearch
    else:
        _warn_of_unused(warm, searcher)
        kind = loaded("ray", "raytune", "ray.tune.search.hyperopt").HyperOptSearch
    converted = kind.convert_search_space(space)
    made = kind(converted, points_to_evaluate=points, **wanted, **options)
    if searcher == "optuna" and warm.known_results:
        reading = reading_of(warm, metric, mode=mode)
        for trial in warm.known_results:
            value = reading.value(trial.loss)
            made.add_evaluated_point(complete(warm, trial.configuration), value)
    return made


def _wanted(warm: WarmStart, metric: Any, mode: Any) -> dict[str, Any]:
    """Return metric and mode as a searcher takes them; Optuna's takes lists of both."""
    if not isinstance(metric, list | tuple):
        return {"metric": metric, "mode": reading_of(warm, metric, mode=mode).mode}
    refuse_several(warm, len(metric))
    modes = mode if isinstance(mode, list | tuple) else [mode] * len(metric)
    read = [reading_of(warm, m, mode=way).mode for m, way in zip(metric, modes, strict=True)]
    return {"metric": list(metric), "mode": read}


def _warn_of_unused(warm: WarmStart, searcher: str) -> None:
    if warm.observations:
        warnings.warn(
            f"the searcher {searcher!r} takes no known results: they are left out; searcher="
            "'optuna' uses them", UserWarning, stacklevel=3,
        )  # fmt: skip


def param_space(warm: WarmStart) -> dict[str, Any]:
    """Return the search space in Ray's domains."""
    return space_for(warm, "raytune", loaded("ray", "raytune", "ray.tune"), open_end=True)


def trials(warm: WarmStart, results: Any) -> list[Trial]:
    """Return trials from a `ResultGrid`, or from pairs of a config and its loss.

    A result grid holds its metric and mode. A trial that was stopped (by ASHA and its like) after
    fewer iterations than others is partial; one with an error has failed. Of pairs, a third value
    is the share of the full resource.

    Raises:
        InputError: If it is neither.
        UsageError: If there are several objectives, or the metric is not that of the warm start.
    """
    if hasattr(results, "get_dataframe") or hasattr(results, "_experiment_analysis"):
        return _of_grid(warm, results)
    if not isinstance(results, Sequence):
        raise InputError(
            f"expected a ResultGrid of Ray Tune's or pairs of a config and its loss, got "
            f"{type(results).__name__}"
        )
    found = []
    for config, value, *share in results:
        trial, loss = pending(warm, config.items(), *share), single(value)
        found.append(trial.failed() if loss is None else trial.finished(loss))
    return found


def _of_grid(warm: WarmStart, grid: Any) -> list[Trial]:
    analysis = getattr(grid, "_experiment_analysis", None)
    name = getattr(analysis, "default_metric", None) or "loss"
    if isinstance(name, list | tuple):
        raise several(len(name))
    reading = reading_of(warm, name, mode=getattr(analysis, "default_mode", None))
    check_same(warm, name)
    results = [result for result in grid if result.config]
    values = [result.metrics or {} for result in results]
    if not any(name in metrics for metrics in values):
        raise InputError(
            f"no result has the metric {name!r}; name it in tune.TuneConfig(metric=, mode=), or "
            "give pairs of a config and its loss"
        )
    shares = shares_of(metrics.get("training_iteration") for metrics in values)
    found = []
    for result, metrics, share in zip(results, values, shares, strict=True):
        trial, value = pending(warm, result.config.items(), share), single(metrics.get(name))
        if value is None or result.error is not None:
            found.append(trial.failed())
        else:
            found.append(trial.finished(reading.loss(value)))
    return found


def read_space(foreign: dict[str, Any]) -> Any:
    """Return a dict of Ray's domains as a ConfigSpace."""
    return read_domains(foreign, open_end=True)


BRIDGE = Bridge(
    name="raytune",
    package="ray",
    extra="raytune",
    honours=frozenset({"seeds", "observations"}),
    start=to_raytune,
    read_space=read_space,
    trials=trials,
    title="Ray Tune",
    modules=("ray",),
    space="a Ray Tune dict",
)
