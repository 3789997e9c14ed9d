"""A planted world of two kinds of task that all evaluated one list of configurations.

Small `C` is good on one kind, large `C` on the other. The first evaluation of a task reveals its
kind; a list fixed in advance cannot use that.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.task import Task
from metalearn.core.warm_start import WarmStart
from metalearn.learners import get
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from
from metalearn.workflows.warm_start.stored_runs import StoredRuns

__all__ = ["kind_loss", "two_kinds"]

_METRIC = metric_named("balanced_accuracy")
_EXPONENTS = np.linspace(-1.4, 3.0, 16)
KindOfTask = Literal["small", "large"]


def kind_loss(configuration: Configuration, kind: KindOfTask) -> float:
    """Return the loss of a configuration on a task that prefers small, or large, `C`."""
    at = (np.log10(float(configuration.hyperparameters["C"])) + 1.4) / 4.4  # type: ignore[arg-type]  # C is a number
    return 0.1 + 0.6 * float((at - (0.1 if kind == "small" else 0.9)) ** 2)


def two_kinds(*, k: int = 6, n_large: int = 2, n_small: int = 6, gamma: float = 0.05) -> WarmStart:
    """Return the warm start of a task without evaluations.

    Args:
        k: Length of the initial design.
        n_large: Source tasks that prefer large `C`; few, so that the list begins with small ones.
        n_small: Source tasks that prefer small `C`.
        gamma: Value of `gamma` of all configurations.
    """
    space = get("svc").space("classification")
    fixed = {"kernel": "rbf", "gamma": gamma, "class_weight": "none"}
    every = [space.configuration({"C": float(10.0**e), **fixed}) for e in _EXPONENTS]
    small: list[KindOfTask] = ["small"] * n_small
    large: list[KindOfTask] = ["large"] * n_large
    points = space.encode(every)
    histories = tuple(
        History(points, np.array([kind_loss(c, kind) for c in every]) + 0.01 * i, f"task-{i}")
        for i, kind in enumerate(small + large)
    )
    tasks = tuple(Task(h.task, h.task) for h in histories)
    described = MetaDataset(_METRIC, tasks, (), np.empty((len(tasks), 0)))
    sources = StoredRuns(space, described, histories)
    return warm_start_from(sources, np.empty(0), WarmStartRequest(k=k))
