"""What a strategy searches on one table: learners, or pipelines that end in one of them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from metalearn.automl.fit_task import FitTask
from metalearn.automl.strategy import Pipelines, Strategy
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import MissingPackageError, UsageError
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm
from metalearn.learners.joint import named_space
from metalearn.learners.tables import Table
from metalearn.pipelines import Grammar, PipelineSpace

__all__ = ["searched_space", "usable_learners"]


def usable_learners(
    strategy: Strategy, algorithms: tuple[str, ...] | None, kind: Kind
) -> list[Algorithm]:
    """Return the learners of a kind that are installed, of the user's or the strategy's choice.

    Raises:
        UsageError: If there are none.
        MissingPackageError: If there would be one with another package.
    """
    chosen = algorithms if algorithms is not None else strategy.space.names
    every = [CATALOGUE.get(name) for name in CATALOGUE.names()]
    found = [a for a in every if kind in a.kinds and a.is_installed
             and (chosen is None or a.name in chosen)]  # fmt: skip
    if found or strategy.is_guided:
        return found
    for a in every:
        if kind in a.kinds and a.name in (chosen or ()):
            raise MissingPackageError(a.package, a.extra, f"preset {strategy.name!r}")
    here = ", ".join(a.name for a in every if kind in a.kinds and a.is_installed)
    raise UsageError(
        f"preset {strategy.name!r} searches {', '.join(chosen or ())}, none of which can do {kind}"
        f"; choose among {here} (algorithms=, --algorithm)"
    )


def searched_space(strategy: Strategy, names: tuple[str, ...], task: FitTask) -> Space:
    """Return the space of a strategy on a table.

    Args:
        strategy: The strategy.
        names: Its learners that can be used.
        task: The table.
    """
    if not isinstance(strategy.space, Pipelines):
        space, _ = named_space(names, task.kind)
        return space
    table = Table("table", task.kind, task.X, pd.Series(task.y), "target")
    grammar = replace(Grammar.for_table(table), learners=names)
    if not strategy.space.has_unions:
        grammar = replace(grammar, max_branch=0)
    return PipelineSpace(task.kind, grammar)
