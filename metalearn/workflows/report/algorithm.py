"""What is known about one algorithm: importance, tunability, priors, and defaults to paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.errors import MetalearnError
from metalearn.histories.runs import runs_of
from metalearn.importance import (
    FanovaSettings,
    ImportanceTable,
    TunabilityTable,
    fanova,
    ped_anova,
    tunability,
)
from metalearn.importance.forest import ForestSettings
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.priors import KDEPrior, kde

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.core.metric import Metric
    from metalearn.core.space import Space
    from metalearn.store import Store
    from metalearn.workflows.report.memory import KindMemory

__all__ = ["AlgorithmReport", "StoredDefault", "algorithm_report"]

_N_DEFAULTS = 6
_TREES = 16


@dataclass(frozen=True, slots=True)
class StoredDefault:
    """A stored configuration that complements those before it.

    Attributes:
        configuration: The configuration.
        regret: Mean normalized regret of the best of the list so far, among the configurations
            of this algorithm; 0 is the best known on every task.
    """

    configuration: Configuration
    regret: float


@dataclass(frozen=True, slots=True, eq=False)
class AlgorithmReport:
    """An algorithm on tasks of one kind.

    Attributes:
        algorithm: Its name.
        memory: What is known of the kind.
        importance: Importance of hyperparameters; None if there are too few runs.
        prior: Densities of good values; None likewise.
        tunability: Gains of tuning; None unless requested.
        defaults: Stored configurations, a complementary list.
        notes: Why something is missing.
    """

    algorithm: str
    memory: KindMemory
    importance: ImportanceTable | None
    prior: KDEPrior | None
    tunability: TunabilityTable | None
    defaults: tuple[StoredDefault, ...]
    notes: tuple[str, ...]


def algorithm_report(
    store: Store, algorithm: str, memory: KindMemory, *, slow: bool = False, seed: int = 0
) -> AlgorithmReport | None:
    """Return what is known about an algorithm on one kind of task; None if it has no runs there.

    Args:
        store: The store.
        algorithm: Its name.
        memory: What the store knows of the kind.
        slow: Whether to fit surrogates: functional ANOVA instead of PED-ANOVA, and tunability.
        seed: Seed of everything random.
    """
    if algorithm not in memory.by_algorithm:
        return None
    notes: list[str] = []
    importance, prior, gains = None, None, None
    try:
        read = _Read(store, memory)
        runs = runs_of(read, algorithm, memory.metric.name, fences=memory.fences)
        prior = kde(runs, seed=seed)
        prior = None if prior.is_uniform else prior
        if slow:
            settings = FanovaSettings(order=2, forest=ForestSettings(_TREES))
            importance = fanova(runs, settings=settings, seed=seed)
        else:
            importance = ped_anova(runs)
        if slow:
            gains = tunability(runs, seed=seed)
            gains = None if gains.default is None else gains
    except MetalearnError as error:
        notes.append(str(error))
    if importance is not None and not importance.valid:
        importance = None
        notes.append("importance: no task has enough runs for a statement")
    return AlgorithmReport(
        algorithm, memory, importance, prior, gains, _defaults(algorithm, memory), tuple(notes)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A store whose evaluations have been read already, as a source of runs."""

    store: Store
    memory: KindMemory

    def evaluations(self, metric: str, *, algorithm: str | None = None) -> pd.DataFrame:
        if metric != self.memory.metric.name:
            return self.store.evaluations(metric, algorithm=algorithm)
        if algorithm is None:
            return self.memory.evaluations
        return self.memory.by_algorithm[algorithm]

    def space(self, algorithm: str) -> Space | None:
        return self.store.space(algorithm)

    def metrics(self) -> dict[str, Metric]:
        return {self.memory.metric.name: self.memory.metric}


def _defaults(algorithm: str, memory: KindMemory) -> tuple[StoredDefault, ...]:
    """Return a greedy list over the tasks on which every configuration was evaluated."""
    meta = memory.meta
    columns = np.array([c.algorithm == algorithm for c in meta.configurations], dtype=np.bool_)
    losses = meta.losses[:, columns]
    regret = normalized_regret(losses[np.isfinite(losses).all(axis=1)])
    if regret.size == 0:
        return ()
    listed = [c for c, here in zip(meta.configurations, columns, strict=True) if here]
    utility = np.ascontiguousarray(1.0 - regret.T)
    order = greedy_order(utility, np.ones(len(regret)), fallback=regret.mean(axis=0))
    chosen = order[:_N_DEFAULTS]
    best = np.minimum.accumulate(regret[:, chosen], axis=1).mean(axis=0)
    return tuple(
        StoredDefault(listed[j], float(value)) for j, value in zip(chosen, best, strict=True)
    )
