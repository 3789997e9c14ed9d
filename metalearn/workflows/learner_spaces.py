"""The runs of a store with the spaces of our own learners, where the store declares none.

A learner's space depends on the kind of task, and the metric tells which kind is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.core.task import Kind
from metalearn.errors import UnknownNameError
from metalearn.learners import CATALOGUE
from metalearn.learners.scores import METRICS_OF

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.core.space import Space
    from metalearn.store import Store

__all__ = ["LearnerSpaces", "with_learner_spaces"]


@dataclass(frozen=True, slots=True)
class LearnerSpaces:
    """A source of runs (`metalearn.core.runs.RunSource`): a store, and the learners' spaces.

    Attributes:
        store: Where the runs are.
        kind: Kind of task whose spaces are meant.
    """

    store: Store
    kind: Kind

    def evaluations(self, metric: str, *, algorithm: str) -> pd.DataFrame:
        """Return the store's runs; see `Store.evaluations`."""
        return self.store.evaluations(metric, algorithm=algorithm)

    def metrics(self) -> dict[str, Metric]:
        """Return the store's metrics by name."""
        return self.store.metrics()

    def space(self, algorithm: str) -> Space | None:
        """Return the stored space of an algorithm, else the learner's, else None."""
        declared = self.store.space(algorithm)
        if declared is not None or algorithm not in CATALOGUE.names():
            return declared
        learner = CATALOGUE.get(algorithm)
        return learner.space(self.kind) if self.kind in learner.kinds else None


def with_learner_spaces(store: Store, algorithm: str, metric: str | None) -> LearnerSpaces:
    """Return a store's runs with the spaces of the kind of task that a metric is for.

    Args:
        store: Where the runs are.
        algorithm: Name of the algorithm to be analysed.
        metric: Name of the metric; None is the first one under which the algorithm has runs.
    """
    if metric is None:
        for name in METRICS:
            if name in store.metrics() and len(store.evaluations(name, algorithm=algorithm)):
                return with_learner_spaces(store, algorithm, name)
    try:
        name = metric_named(metric).name if metric else ""
    except UnknownNameError:  # a metric of the store's own
        name = ""
    is_regression = name in METRICS_OF["regression"]
    return LearnerSpaces(store, "regression" if is_regression else "classification")
