"""A search for several objectives: which ones, which optimizer, and what it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.objective import COSTS, Objective, chosen_objectives
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError
from metalearn.learners.scores import METRICS_OF
from metalearn.optimizers import OptimizerFactory
from metalearn.workflows.objectives import IN_STORE, STAND_INS, first_metric
from metalearn.workflows.optimize.options import OptimizeOptions
from metalearn.workflows.optimize.result import SearchTrial
from metalearn.workflows.recommend.floor import degenerate_configurations, known_floor
from metalearn.workflows.recommend.metric_choice import chosen_metric
from metalearn.workflows.warm_start.front_design import front_design

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["metric_and_objectives", "require_several", "warm_for_several"]


def metric_and_objectives(
    kind: Kind, options: OptimizeOptions
) -> tuple[Metric, tuple[Objective, ...]]:
    """Return the metric of a search, and its objectives; none if it has one only.

    Raises:
        UnknownNameError: If a metric or an objective is unknown.
        UsageError: If the objectives cannot be searched together, or the metric is another one.
    """
    if not options.objectives:
        return chosen_metric(kind, options.metric), ()

    def named(name: str) -> Metric:
        return chosen_metric(kind, name)

    objectives = chosen_objectives(options.objectives, named, METRICS_OF[kind])
    return first_metric(objectives, options.metric, named), objectives


def require_several(factory: OptimizerFactory, name: str) -> None:
    """Raise an error if an optimizer handles a single objective only.

    Raises:
        UsageError: If it does.
    """
    from metalearn.optimizers import CATALOGUE, get

    if getattr(factory, "several_objectives", False):
        return
    able = [n for n in CATALOGUE.names() if getattr(get(n), "several_objectives", False)]
    raise UsageError(
        f"optimizer {name!r} searches for one objective; for several choose one of "
        f"{', '.join(able)}"
    )


def warm_for_several(
    warm: WarmStart,
    known: tuple[SearchTrial, ...],
    store: Store,
    space: Space,
    objectives: tuple[Objective, ...],
    k: int,
) -> tuple[WarmStart, tuple[SearchTrial, ...]]:
    """Return a warm start for several objectives, and the known trials that it uses.

    The initial design consists of fronts of similar tasks, by the costs that the store knows or
    by those that stand in for them. Known trials without a value of each
    objective are left out, so those configurations may be evaluated again.

    Args:
        warm: The warm start for the first objective.
        known: Stored trials of the table.
        store: The store.
        space: The space of the search.
        objectives: All objectives.
        k: Length of the initial design.
    """
    complete = [t for t in known if set(t.values) >= {o.name for o in objectives}]
    observations = tuple(
        Trial(t.configuration).finished(
            objectives[0].loss(t.values[objectives[0].name]),
            losses={o.name: o.loss(t.values[o.name]) for o in objectives},
        )
        for t in complete
    )
    notes = list(warm.notes)
    if len(known) > len(complete):
        notes.append(
            f"{len(known) - len(complete)} stored trials of this table have no value of every "
            "objective and do not count"
        )
    stored = _in_store(objectives)
    design = warm.configurations
    if warm.sources and k and len(stored) > 1:
        degenerate = _degenerate(store, space, stored)
        design = front_design(store, space, stored, warm, k, degenerate=degenerate) or design
        notes += _unknown(objectives, stored)
    found = replace(
        warm, configurations=design, observations=observations, ranking=None, notes=tuple(notes)
    )
    return found, tuple(complete)


def _in_store(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Return the objectives that the store knows, with stand-ins for those that it does not."""
    known = [o for o in objectives if not o.is_cost or o.name in IN_STORE]
    stand_ins = [COSTS[STAND_INS[o.name]] for o in objectives if o.name in STAND_INS]
    return (*known, *(cost for cost in stand_ins if cost not in known))


def _unknown(objectives: Sequence[Objective], stored: Sequence[Objective]) -> list[str]:
    """Return notes about the objectives that the store does not know."""
    lacking = [o.name for o in objectives if o not in stored]
    notes = [f"{STAND_INS[name]} of other tasks stand in for {name} in the initial design"
             for name in lacking if name in STAND_INS]  # fmt: skip
    unknown = [name for name in lacking if name not in STAND_INS]
    if unknown:
        notes.append(f"the initial design does not know {', '.join(unknown)} of other tasks")
    return notes


def _degenerate(
    store: Store, space: Space, objectives: Sequence[Objective]
) -> frozenset[Configuration]:
    """Return the stored configurations that are worse than the dummy under the first metric."""
    stored = set(store.libraries())
    algorithms = [name for name in space.algorithms if name in stored]
    metric = next((o.metric for o in objectives if o.metric is not None), None)
    if metric is None or not algorithms:
        return frozenset()
    meta = store.meta_dataset(metric.name, algorithms=algorithms)
    return degenerate_configurations(meta, known_floor(store, meta))
