"""The space that `optimize` searches: the named one, or that of the first recommendation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import MissingPackageError, NotEnoughMetaDataError, UnknownNameError
from metalearn.learners import CATALOGUE
from metalearn.learners.tables import Table
from metalearn.workflows.describe import Description
from metalearn.workflows.optimize.options import OptimizeOptions
from metalearn.workflows.recommend.ask import RecommendRequest, recommend_for
from metalearn.workflows.recommend.result import Recommendations

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["chosen_space"]


def chosen_space(
    table: Table, store: Store, options: OptimizeOptions, described: Description
) -> tuple[Space, list[str]]:
    """Return the space to search: the named one, or that of the algorithm recommended first."""
    wanted, notes = options.space, []
    if wanted is None:
        request = RecommendRequest(
            metric=options.metric, exclude=options.exclude, seed=options.seed
        )
        found = recommend_for(table, store, request, described.features)
        listed = [item.configuration.algorithm for item in found]
        wanted = next((name for name in listed if _is_searchable(name, table.kind)), None)
        if wanted is None:
            raise NotEnoughMetaDataError(_why_no_space(found, listed, CATALOGUE.names()))
        notes.append(f"no space was named: {wanted}, the algorithm recommended first")
    name = wanted if isinstance(wanted, str) else wanted.algorithm
    if name not in CATALOGUE.names():
        raise UnknownNameError("space", name, CATALOGUE.names())
    learner = CATALOGUE.get(name)
    if not learner.is_installed:
        raise MissingPackageError(learner.package, learner.extra, f"searching {name!r}")
    declared = learner.space(table.kind)
    return (declared if isinstance(wanted, str) else wanted), notes


def _why_no_space(found: Recommendations, listed: list[str], names: Sequence[str]) -> str:
    """Return the message for a list without an algorithm that has a space to search."""
    next_step = f"name a space with --space (space=): {', '.join(names)}"
    if listed:
        algorithms = ", ".join(dict.fromkeys(listed))
        return (
            f"none of the recommended algorithms ({algorithms}) has a space to search; {next_step}"
        )
    why = "; ".join(found.notes) or "no configuration is expected to beat a dummy"
    return f"no algorithm is recommended for {found.task.name} ({why}); {next_step}"


def _is_searchable(algorithm: str, kind: Kind) -> bool:
    if algorithm not in CATALOGUE.names() or not CATALOGUE.get(algorithm).is_installed:
        return False
    axes = CATALOGUE.get(algorithm).space(kind).axes
    return sum(axis.n_cells != 1 for axis in axes) >= 2
