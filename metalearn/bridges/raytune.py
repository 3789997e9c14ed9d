"""Ray Tune: a searcher whose first suggestions are ours.

Every searcher takes `points_to_evaluate`. Results on the same task go to Optuna's searcher, the
only one that takes them; the others get a warning.
"""

from __future__ import annotations

import warnings
from typing import Any

from metalearn.bridges.bridge import Bridge, configuration_of, loaded
from metalearn.bridges.domains import complete, read_domains, space_for
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["BRIDGE", "param_space", "to_raytune", "trials"]


def to_raytune(
    warm: WarmStart, *, searcher: str = "optuna", metric: str = "loss", **options: Any
) -> Any:
    """Return a searcher for `tune.TuneConfig(search_alg=...)`; the trainable reports a loss.

    Args:
        warm: The warm start.
        searcher: `optuna`, `hyperopt`, or `basic` (random search). The last one takes the space
            from the tuner: give it `param_space(warm)`.
        metric: Name under which the trainable reports its loss (see `warm.metric.loss`).
        **options: Of the searcher.
    """
    space = param_space(warm)
    points = [complete(warm, c) for c in warm.configurations]
    if searcher == "optuna":
        kind = loaded("ray", "raytune", "ray.tune.search.optuna").OptunaSearch
        made = kind(
            kind.convert_search_space(space),
            metric=metric,
            mode="min",
            points_to_evaluate=points,
            **options,
        )
        for trial in warm.observations:
            if trial.status == "ok":
                made.add_evaluated_point(complete(warm, trial.configuration), trial.loss)
        return made
    if warm.observations:
        warnings.warn(
            f"the searcher {searcher!r} takes no known results: they are left out; searcher="
            "'optuna' uses them", UserWarning, stacklevel=2,
        )  # fmt: skip
    if searcher == "hyperopt":
        kind = loaded("ray", "raytune", "ray.tune.search.hyperopt").HyperOptSearch
        return kind(
            kind.convert_search_space(space),
            metric=metric,
            mode="min",
            points_to_evaluate=points,
            **options,
        )
    if searcher == "basic":
        module = loaded("ray", "raytune", "ray.tune.search.basic_variant")
        return module.BasicVariantGenerator(points_to_evaluate=points, **options)
    raise UsageError(f"unknown searcher {searcher!r}; known: optuna, hyperopt, basic")


def param_space(warm: WarmStart) -> dict[str, Any]:
    """Return the search space in Ray's domains."""
    return space_for(warm, "raytune", loaded("ray", "raytune", "ray.tune"), open_end=True)


def trials(warm: WarmStart, results: Any) -> list[Trial]:
    """Return the trials of a `ResultGrid` that `Tuner.fit` returned."""
    metric = results._experiment_analysis.default_metric or "loss"
    found = []
    for result in results:
        pending = Trial(configuration_of(warm, result.config.items()))
        failed = result.error is not None or metric not in result.metrics
        found.append(pending.failed() if failed else pending.finished(result.metrics[metric]))
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
)
